"""Webhooks: what is let in and kept, and what each delivery comes to once the gateway was asked."""

import asyncio
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.sql import SQL

from halobestie_app.fakes.xendit_books import as_webhook
from halobestie_app.fakes.xendit_troubles import Mode, Step
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import payments, quarantine
from halobestie_core.ports.inbox import InboxState
from support.billing import TOKENS, Bank

pytestmark = pytest.mark.anyio


async def aged(bank: Bank, seconds: int = 200) -> None:
    """Let so many seconds go by since everything was received."""
    by = timedelta(seconds=seconds)
    await bank.sql(SQL("UPDATE webhook_inbox SET received_at = received_at - %s"), by)


# ---------------------------------------------------------------------------------------------- letting in


async def test_tokens(bank: Bank) -> None:
    """Every valid token opens, nothing else does, whatever its length."""
    for token in TOKENS:
        assert bank.door.admits(token.encode())
    for wrong in (None, b"", b"x", TOKENS[0][:-1].encode(), (TOKENS[0] + "x").encode(), b"\xff" * 100):
        assert not bank.door.admits(wrong)
    assert bank.answered == ["wrong_token"] * 6


async def test_the_same_news_is_kept_once(bank: Bank) -> None:
    """One row per invoice and status, however often it comes in; another status is another row."""
    begun = await bank.begins()
    bill = bank.bill_of(begun)
    await asyncio.gather(*(bank.delivered(bill) for _ in range(10)))
    bank.fake.pay(bill.id)
    await asyncio.gather(*(bank.delivered(bill) for _ in range(10)))
    assert sorted(bank.answered) == ["kept"] * 2 + ["known"] * 18
    assert len(await bank.kept()) == 2


async def test_whatever_it_is_it_is_kept(bank: Bank) -> None:
    """What nobody can read is kept each time, and put aside."""
    for body in (b"", b"\xff\x00", b"[]", b"{", b'{"id": "x"}', b"null", b'{"id": "a\\u0000b"}'):
        await bank.door.keep(body)
        await bank.door.keep(body)
    await bank.applied()
    kept = await bank.kept()
    assert len(kept) == 14
    assert {state for _, state in kept} == {"quarantined"}
    assert {reason for reason, _ in kept} == {"not_json", "not_an_invoice"}
    assert len(bank.counted) == 14


# ------------------------------------------------------------------------------------------------- applying


async def test_paid(bank: Bank) -> None:
    """PAID, and the gateway says so too: confirmed, once, whatever comes after."""
    begun = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(begun).id)
    await bank.delivered(bill)
    await bank.applied()
    assert await bank.status(begun) == "confirmed"
    bank.fake.settle(bill.id)
    await bank.delivered(bill)
    await bank.applied()
    assert await bank.kept() == [(None, "applied")] * 2
    assert await bank.captures() == [(bill.id, begun.payment.amount)]
    assert await bank.reconciled() == []


async def test_a_body_is_no_money(bank: Bank) -> None:
    """PAID, and the gateway knows of no money: nothing moves, it is asked again, and then put aside."""
    begun = await bank.begins()
    await bank.delivered(bank.bill_of(begun), status="PAID", paid_amount=begun.payment.amount)
    for _ in range(3):
        await bank.applied()
    assert await bank.status(begun) == "pending"
    assert await bank.kept() == [(None, "waiting")]
    await aged(bank)
    await bank.applied()
    assert await bank.kept() == [("gateway_disagrees", "quarantined")]
    assert await bank.captures() == []
    assert bank.counted == ["gateway_disagrees"]


async def test_money_that_the_gateway_sees_later(bank: Bank) -> None:
    """PAID before the gateway's own books say so: confirmed as soon as they do."""
    begun = await bank.begins()
    bill = bank.bill_of(begun)
    await bank.delivered(bill, status="PAID", paid_amount=begun.payment.amount)
    await bank.applied()
    bank.fake.pay(bill.id)
    await bank.applied()
    assert await bank.status(begun) == "confirmed"
    assert await bank.kept() == [(None, "applied")]


ALTERED: list[tuple[Mapping[str, object], str]] = [
    ({"amount": 9_999}, "amount_mismatch"),
    ({"amount": 10_000_000_000_000_000}, "sum_not_whole"),
    ({"paid_amount": 9_999}, "amount_mismatch"),
    ({"amount": 10_000.5}, "sum_not_whole"),
    ({"amount": "10000"}, "sum_not_whole"),
    ({"amount": None}, "sum_not_whole"),
    ({"amount": True}, "sum_not_whole"),
    ({"currency": "USD"}, "currency_mismatch"),
    ({"currency": ""}, "currency_mismatch"),
    ({"external_id": "demo_1475801962607"}, "external_id_mismatch"),
    ({"external_id": "01890000-0000-7000-8000-000000000001"}, "external_id_mismatch"),
    ({"status": "REFUNDED"}, "unknown_status"),
    ({"status": "paid"}, "unknown_status"),
    ({"status": 1}, "not_an_invoice"),
    ({"id": "nobody-knows-it"}, "unknown_invoice"),
    ({"id": "../../v2/invoices"}, "unknown_invoice"),
    ({"id": ["x"]}, "not_an_invoice"),
]


@pytest.mark.parametrize("altered, reason", ALTERED, ids=[f"{a} {r}" for a, r in ALTERED])
async def test_what_disagrees_is_put_aside(bank: Bank, altered: Mapping[str, object], reason: str) -> None:
    """A body that is not about our invoice as it is moves nothing, and is there for somebody to look at."""
    begun = await bank.begins()
    bill = bank.bill_of(begun)
    said = {**as_webhook(bill), "status": "PAID", "paid_amount": begun.payment.amount}
    await bank.delivered(bill, **{**said, **altered})
    await bank.applied()
    assert await bank.kept() == [(reason, "quarantined")]
    assert bank.counted == [reason]
    assert await bank.status(begun) == "pending"
    assert await bank.captures() == []


@pytest.mark.parametrize("altered", [{"amount": 9_999}, {"currency": "USD"}, {"external_id": "x"}])
async def test_a_wrong_body_hides_no_money(bank: Bank, altered: Mapping[str, object]) -> None:
    """The body is wrong, the money is right: this moves nothing, and the next look does."""
    begun = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(begun).id)
    await bank.delivered(bill, **altered)
    await bank.applied()
    assert await bank.status(begun) == "pending"
    assert await bank.reconciled() == ["confirmed"]
    assert await bank.status(begun) == "confirmed"


async def test_other_money_than_was_asked_for(bank: Bank) -> None:
    """Less was paid, says the gateway as well: written down as a mismatch and owed back, and put aside."""
    begun = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(begun).id, amount=4_000)
    await bank.delivered(bill, paid_amount=begun.payment.amount)
    await bank.applied()
    assert await bank.kept() == [("payment_mismatch", "quarantined")]
    assert await bank.status(begun) == "pending"
    assert await bank.failures(begun) == ["payment_mismatch"]
    details = SQL("SELECT cause_detail FROM pairing_failures")
    assert await bank.sql(details) == [("amount",)]
    assert await bank.captures() == [(bill.id, 4_000)]


async def test_money_for_nobody(bank: Bank) -> None:
    """Money at the gateway that bears no payment's name is written down, and put aside: once."""
    bill = bank.fake.books.create({"external_id": "somebody else's", "amount": 7_000})
    await bank.delivered(bill)
    bank.fake.pay(bill.id)
    await bank.delivered(bill)
    await bank.applied()
    assert sorted(await bank.kept(), key=str) == [("unknown_payment", "quarantined"), (None, "applied")]
    assert await bank.captures() == [(bill.id, 7_000)]


async def test_an_invoice_that_nobody_wrote_down(bank: Bank) -> None:
    """Paid on an invoice of ours whose making nobody heard of: it is ours by its name."""
    begun = await bank.begins(billed=False)
    wanted = {"external_id": str(begun.payment.id), "amount": begun.payment.amount}
    bill = bank.fake.books.create(wanted)
    bank.fake.pay(bill.id)
    await bank.delivered(bill)
    await bank.applied()
    assert await bank.status(begun) == "confirmed"
    assert [one.invoice_id for one in await bank.till.book.of_payment(begun.payment.id)] == [bill.id]
    await bank.errands_run()
    assert bank.bills_of(begun) == [bill]


async def test_after_its_time(bank: Bank) -> None:
    """Money that comes when the payment is over is owed back; a second invoice's is a duplicate."""
    begun = await bank.begins()
    await bank.overdue(begun)
    bill = bank.fake.pay(bank.bill_of(begun).id, late=True)
    await bank.delivered(bill)
    await bank.applied()
    assert await bank.failures(begun) == ["late_payment"]
    second = bank.fake.books.create({"external_id": str(begun.payment.id), "amount": begun.payment.amount})
    bank.fake.pay(second.id)
    await bank.delivered(second)
    await bank.applied()
    assert await bank.failures(begun) == ["late_payment", "duplicate_payment"]
    assert await bank.kept() == [(None, "applied")] * 2


async def test_expired_then_paid(bank: Bank) -> None:
    """EXPIRED moves nothing; PAID after it, in whatever order they come, is money all the same."""
    begun = await bank.begins()
    bill = bank.fake.expire(bank.bill_of(begun).id)
    await bank.delivered(bill)
    await bank.applied()
    assert await bank.status(begun) == "pending"
    bank.fake.pay(bill.id, late=True)
    await bank.delivered(bill)
    await bank.delivered(bill, status="PENDING")
    await bank.applied()
    assert await bank.status(begun) == "confirmed"
    assert {state for _, state in await bank.kept()} == {"applied"}


async def test_a_gateway_that_refuses(bank: Bank) -> None:
    """What it will not be asked for is put aside; while it refuses us, everything waits."""
    begun = await bank.begins()
    bill = bank.bill_of(begun)
    bank.fake.trouble(Mode.REFUSE, Step.GET, status=401, code="INVALID_API_KEY")
    await bank.delivered(bill)
    await bank.applied()
    assert await bank.kept() == [(None, "waiting")]
    bank.fake.well()
    bank.fake.trouble(Mode.REFUSE, Step.GET, status=400, code="API_VALIDATION_ERROR")
    await bank.applied()
    assert await bank.kept() == [("gateway_refuses", "quarantined")]
    assert bank.counted == ["gateway_refuses"]


async def test_the_gateway_is_away_and_back(bank: Bank) -> None:
    """What cannot be asked waits, and is applied when the gateway is back."""
    begun = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(begun).id)
    bank.fake.trouble(Mode.DOWN)
    await bank.delivered(bill)
    await bank.applied()
    assert await bank.kept() == [(None, "waiting")]
    assert await bank.status(begun) == "pending"
    bank.fake.well()
    await bank.applied()
    assert await bank.status(begun) == "confirmed"


async def test_any_order(bank: Bank) -> None:
    """Shuffled, doubled, altered: the books say the same in the end."""
    begun = [await bank.begins() for _ in range(5)]
    for seen in begun:
        bill = bank.bill_of(seen)
        news = [dict(as_webhook(bill)), {**as_webhook(bill), "status": "EXPIRED"}]
        bank.fake.pay(bill.id)
        news += [dict(as_webhook(bill))] * 3 + [{**as_webhook(bill), "status": "SETTLED"}]
        random.shuffle(news)
        for one in news:
            await bank.delivered(bill, **one)
    await asyncio.gather(bank.applied(), bank.applied())
    for seen in begun:
        assert await bank.status(seen) == "confirmed"
    assert len(await bank.captures()) == 5
    assert {state for _, state in await bank.kept()} == {"applied"}


# ------------------------------------------------------------------------------------------------ resolving


async def operator(bank: Bank) -> Any:  # noqa: ANN401 - an id
    """A new operator."""
    [[found]] = await bank.sql(
        SQL(
            "INSERT INTO cc_users (id, email, password_hash)"
            " VALUES (gen_random_uuid(), gen_random_uuid() || '@example.org', '') RETURNING id"
        )
    )
    return found


async def test_resolving(bank: Bank) -> None:
    """An operator's word is written once, with its author; a repeat is the same, another's is refused."""
    await bank.door.keep(b"{")
    await bank.applied()
    [row], total = await bank.inbox.page((InboxState.QUARANTINED,), 10, 0)
    assert total == 1
    who, other = await operator(bank), await operator(bank)
    done = await quarantine.resolve(bank.inbox, row.id, "a test of theirs", who)
    assert (done.state, done.note) == (InboxState.RESOLVED, "a test of theirs")
    assert done.resolved_by is not None
    assert done.resolved_by.id == who
    assert done.resolved_at is not None
    assert await quarantine.resolve(bank.inbox, row.id, "a test of theirs", who) == done
    for note, by in (("another note", who), ("a test of theirs", other)):
        with pytest.raises(Problem) as refused:
            await quarantine.resolve(bank.inbox, row.id, note, by)
        assert refused.value.code is Code.ALREADY_ACTIONED
    assert await bank.inbox.page((InboxState.QUARANTINED,), 10, 0) == ([], 0)


async def test_only_what_is_put_aside_is_resolved(bank: Bank) -> None:
    """What waits or was applied needs nobody; what is not there is not found."""
    begun = await bank.begins()
    await bank.delivered(bank.bill_of(begun))
    who = await operator(bank)
    [row], _ = await bank.inbox.page((), 10, 0)
    with pytest.raises(Problem) as waiting:
        await quarantine.resolve(bank.inbox, row.id, "why not", who)
    assert (waiting.value.code, waiting.value.members["state"]) == (Code.INVALID_STATE, "waiting")
    with pytest.raises(Problem) as missing:
        await quarantine.resolve(bank.inbox, uuid4(), "why not", who)
    assert missing.value.code is Code.NOT_FOUND
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
