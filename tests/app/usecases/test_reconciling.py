"""Reconciling: what nobody said is found out, one by one in its time, or all of it at once."""

from collections import Counter
from datetime import timedelta

import pytest
from psycopg.sql import SQL

from halobestie_app.fakes.xendit_troubles import Mode, Step
from halobestie_app.usecases import payments
from halobestie_app.usecases.reconciling import Finding, everything
from support.billing import Bank

pytestmark = pytest.mark.anyio

NEXT = SQL("SELECT extract(epoch FROM next_look_at - clock_timestamp())::float8 FROM payment_invoices")


async def next_look(bank: Bank) -> float | None:
    """In how many seconds the only invoice is looked at."""
    [[seconds]] = await bank.sql(NEXT)
    return None if seconds is None else float(seconds)


async def test_the_rhythm_of_one(bank: Bank) -> None:
    """Ten seconds after it was made, every thirty while pending, and never again once its money is ours."""
    begun = await bank.begins()
    assert 9 < (await next_look(bank) or 0) <= 10
    assert await bank.till.book.due(10, timedelta(seconds=20)) == []
    assert await bank.reconciled() == ["not_paid"]
    assert 29 < (await next_look(bank) or 0) <= 30
    bank.fake.pay(bank.bill_of(begun).id)
    assert await bank.reconciled() == ["confirmed"]
    assert await next_look(bank) is None
    assert await bank.reconciled() == []
    assert await bank.status(begun) == "confirmed"


async def test_money_after_the_end(bank: Bank) -> None:
    """What is over is looked at less and less, and its money is owed back."""
    begun = await bank.begins()
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    await bank.errands_run()
    assert await bank.reconciled() == ["not_paid"]
    assert 59 < (await next_look(bank) or 0) <= 60
    bank.fake.pay(bank.bill_of(begun).id, late=True)
    assert await bank.reconciled() == ["late"]
    assert await bank.failures(begun) == ["late_payment"]


async def test_the_end_of_looking(bank: Bank) -> None:
    """After two days nobody looks any more."""
    begun = await bank.begins()
    await bank.overdue(begun, timedelta(hours=49))
    assert await bank.reconciled() == ["not_paid"]
    assert await next_look(bank) is None


async def test_away_comes_again(bank: Bank) -> None:
    """With the gateway away one looks again soon."""
    await bank.begins()
    bank.fake.trouble(Mode.DOWN)
    assert await bank.reconciled() == ["away"]
    assert 25 < (await next_look(bank) or 0) <= 30


async def test_one_looks(bank: Bank) -> None:
    """Two reconcilers at once look at each invoice once."""
    for _ in range(3):
        await bank.begins()
    await bank.sql(SQL("UPDATE payment_invoices SET next_look_at = now() - interval '1 second'"))
    first = await bank.till.book.due(2, timedelta(seconds=20))
    second = await bank.till.book.due(10, timedelta(seconds=20))
    assert len({seen.invoice_id for seen in (*first, *second)}) == len(first) + len(second) == 3


async def test_an_invoice_that_is_gone(bank: Bank) -> None:
    """One that the gateway does not know any more is somebody's trouble, and looked at further."""
    begun = await bank.begins()
    bank.fake.books.bills.pop(bank.bill_of(begun).id)
    assert await bank.reconciled() == ["unknown"]
    assert await next_look(bank) is not None


async def test_a_sum_that_is_not_whole(bank: Bank) -> None:
    """Paid with half a rupiah, and nobody told us: it is put before operators once, and looked at further."""
    begun = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(begun).id, amount=4_000.5)
    assert await bank.reconciled() == ["unreadable"]
    assert await bank.reconciled() == ["unreadable"]
    await bank.sql(SQL("UPDATE payment_invoices SET looked_at = NULL"))
    await payments.read(bank.desk, begun.payment.customer_id, begun.payment.id)
    assert await bank.kept() == [("sum_not_whole", "quarantined")]
    assert bank.counted == ["sum_not_whole"]
    kept = SQL(
        "SELECT provider_invoice_id, external_id, amount, convert_from(body, 'UTF8')::jsonb"
        " FROM webhook_inbox"
    )
    [[invoice_id, payment_id, amount, body]] = await bank.sql(kept)
    assert (invoice_id, payment_id, amount) == (bill.id, str(begun.payment.id), None)
    assert {key: body[key] for key in ("found_by", "id", "status", "paid_amount")} == {
        "found_by": "look",
        "id": bill.id,
        "status": "PAID",
        "paid_amount": None,
    }
    assert await next_look(bank) is not None


@pytest.mark.parametrize("said", [4_000.5, 10_000], ids=["as it is", "as it should be"])
async def test_a_sum_that_is_not_whole_was_told(bank: Bank, said: float) -> None:
    """Where a webhook said so it is in quarantine already, and no look puts it there again."""
    begun = await bank.begins()
    await bank.delivered(bank.fake.pay(bank.bill_of(begun).id, amount=4_000.5), paid_amount=said)
    await bank.applied()
    assert await bank.reconciled() == ["unreadable"]
    assert await bank.kept() == [("sum_not_whole", "quarantined")]
    assert bank.counted == ["sum_not_whole"]


async def test_everything_at_once(bank: Bank) -> None:
    """One pass over all finds what was paid, whatever was lost: webhooks, answers, looks."""
    paid, unpaid, late, forgotten = [await bank.begins() for _ in range(4)]
    bank.fake.pay(bank.bill_of(paid).id)
    await bank.overdue(late)
    bank.fake.pay(bank.bill_of(late).id, late=True)
    await bank.sql(SQL("DELETE FROM payment_invoices WHERE payment_session_id = %s"), forgotten.payment.id)
    bank.fake.pay(bank.bill_of(forgotten).id)
    assert await bank.till.book.how_many(bank.rhythm.lasting) == 3 + 4
    said: list[Finding | None] = []
    found = await everything(bank.desk, bank.till, said.append)
    assert found == Counter({Finding.CONFIRMED: 2, Finding.NOT_PAID: 1, Finding.LATE: 1})
    assert Counter(said) == found + Counter({None: 3})
    assert [await bank.status(seen) for seen in (paid, unpaid, late, forgotten)] == [
        "confirmed",
        "pending",
        "failed_pairing",
        "confirmed",
    ]
    again = await everything(bank.desk, bank.till, said.append)
    assert again == Counter({Finding.NOT_PAID: 1})


async def test_a_second_invoice_that_nobody_heard_of(bank: Bank) -> None:
    """Paid on an invoice that is in no book: found by its payment, pending, over, or confirmed long ago."""
    pending, over, confirmed = [await bank.begins() for _ in range(3)]
    bank.fake.pay(bank.bill_of(confirmed).id)
    await bank.reconciled()
    await bank.overdue(over)
    for seen in (pending, over, confirmed):
        wanted = {"external_id": str(seen.payment.id), "amount": seen.payment.amount}
        second = bank.fake.books.create(wanted)
        bank.fake.pay(second.id)
    assert sorted(await bank.reconciled()) == ["not_paid", "not_paid"]
    assert await bank.failures(over) == ["late_payment"]
    found = await everything(bank.desk, bank.till, lambda _: None)
    assert found[Finding.CONFIRMED] == found[Finding.DUPLICATE] == 1
    assert await bank.status(pending) == "confirmed"
    assert await bank.failures(confirmed) == ["duplicate_payment"]


async def test_everything_with_the_gateway_away(bank: Bank) -> None:
    """Each that could not be asked about is counted as such."""
    await bank.begins()
    await bank.begins(billed=False)
    bank.fake.trouble(Mode.DOWN, Step.GET, Step.LIST)
    assert await everything(bank.desk, bank.till, lambda _: None) == Counter({Finding.AWAY: 3})


async def test_pages(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass reads page by page, and misses nobody."""
    monkeypatch.setattr("halobestie_app.usecases.reconciling.PAGE", 2)
    for _ in range(5):
        await bank.begins()
    for _ in range(3):
        await bank.begins(billed=False)
    found = await everything(bank.desk, bank.till, lambda _: None)
    assert found == Counter({Finding.NOT_PAID: 5, Finding.NO_INVOICE: 3})
