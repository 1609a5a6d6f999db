"""Invoices: made at once or later, never two for want of a look, closed when all is over."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_app.fakes.xendit_books import EXPIRED, PENDING
from halobestie_app.fakes.xendit_troubles import Mode, Step
from halobestie_app.usecases import billing, catalogue, payments
from halobestie_core.words import Provider
from support.billing import Bank
from support.desk import Office
from support.waiting import eventually

pytestmark = pytest.mark.anyio

FRAMES = SQL("SELECT payload ->> 'frame' FROM outbox WHERE kind = 'frame' ORDER BY id")
UNSENT = SQL("SELECT payload ->> 'step' FROM outbox WHERE kind = 'invoice' AND sent_at IS NULL ORDER BY id")
WAITING = SQL(
    "SELECT extract(epoch FROM next_attempt_at - clock_timestamp()) FROM outbox"
    " WHERE kind = 'invoice' AND sent_at IS NULL"
)


async def frames(bank: Bank) -> list[str]:
    """The frames that were left, in their order."""
    return [name for (name,) in await bank.sql(FRAMES)]


async def unsent(bank: Bank) -> list[str]:
    """The errands that are left."""
    return [step for (step,) in await bank.sql(UNSENT)]


async def promoted(bank: Bank) -> None:
    """Let an operator sell first sessions for less than the gateway takes, to everybody."""
    boss, prices = uuid7(), PostgresPrices(bank.pool)
    insert = "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, 'boss@example.org', '')"
    await bank.sql(SQL(insert), boss)
    seen = catalogue.version((await prices.catalogue()).promotion)
    wish = {"is_active": True, "requires_phone": False, "price": 500, "minutes": 5}
    await catalogue.change_promotion(prices, boss, seen, wish)


async def pause(bank: Bank) -> float:
    """Seconds until the errand that is left is taken."""
    [(seconds,)] = await bank.sql(WAITING)
    return float(seconds)


async def test_an_invoice_comes_with_its_payment(bank: Bank) -> None:
    """Whoever begins a payment gets its page; it asks for the payment's price, name and time."""
    begun = await bank.begins()
    bill = bank.bill_of(begun)
    assert (begun.payment.provider, begun.payment.provider_invoice_id) == (Provider.XENDIT, bill.id)
    assert begun.payment.xendit_invoice_url
    assert begun.payment.xendit_invoice_url.endswith(f"/web/{bill.id}")
    assert (bill.amount, bill.currency, bill.status) == (begun.payment.amount, "IDR", PENDING)
    assert 1190 < (bill.expires - bill.created).total_seconds() <= 1200
    assert bill.description == "Sesi Halo Bestie, 5 menit"
    assert await unsent(bank) == []
    assert "payment_updated" not in await frames(bank)


async def test_nothing_for_free_or_without_a_till(bank: Bank, desk: Office) -> None:
    """Where the gateway has no invoices, and where one is there, nothing is made."""
    begun = await bank.begins()
    again = await billing.bill(bank.desk, begun)
    assert again == begun
    customer = await desk.customer()
    plain = await payments.create(desk.desk, customer, payments.NewPayment(5))
    assert await billing.bill(desk.desk, plain) is plain
    assert bank.fake.asked[Step.CREATE] == 1


async def test_the_first_try_is_one(bank: Bank) -> None:
    """The same request sent twice makes one invoice."""
    begun = await bank.begins(billed=False)
    both = await asyncio.gather(billing.bill(bank.desk, begun), billing.bill(bank.desk, begun))
    assert bank.fake.asked[Step.CREATE] == 1
    assert any(seen.payment.xendit_invoice_url for seen in both)
    bank.bill_of(begun)


async def test_away_and_made_later(bank: Bank) -> None:
    """With the gateway away there is no page yet; a worker makes it later, and the customer hears of it."""
    bank.fake.trouble(Mode.DOWN)
    begun = await bank.begins()
    assert begun.payment.xendit_invoice_url is None
    assert await unsent(bank) == ["create"]
    await bank.errands_run()
    assert await unsent(bank) == ["create"]
    bank.fake.well()
    await bank.errands_run()
    seen = await bank.again(begun)
    assert seen.payment.xendit_invoice_url
    assert (await frames(bank)).count("payment_updated") == 1
    assert await unsent(bank) == []


@pytest.mark.parametrize("mode", [Mode.LOST, Mode.LATE])
async def test_an_invoice_that_nobody_heard_of_is_taken_up(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    """After an answer that never came the invoice is looked for, not made a second time."""
    monkeypatch.setattr(billing, "PATIENCE_SECONDS", 0.2)
    bank.fake.trouble(mode, Step.CREATE, times=1)
    begun = await bank.begins()
    assert begun.payment.xendit_invoice_url is None
    bill = bank.bill_of(begun)
    await bank.errands_run()
    seen = await bank.again(begun)
    assert seen.payment.provider_invoice_id == bill.id
    assert bank.fake.asked[Step.CREATE] == 1
    assert (await frames(bank)).count("payment_updated") == 1
    bank.fake.well()


async def test_whoever_is_slow_tells_later(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invoice that takes longer than anybody waits is announced when it is there, by who asked for it."""
    monkeypatch.setattr(billing, "PATIENCE_SECONDS", 0.1)
    bank.fake.trouble(Mode.SLOW, Step.CREATE, seconds=0.4, times=1)
    begun = await bank.begins()
    assert begun.payment.xendit_invoice_url is None

    async def there() -> bool:
        return (await bank.again(begun)).payment.xendit_invoice_url is not None

    await eventually(there, seconds=5, what="no invoice")
    assert (await frames(bank)).count("payment_updated") == 1
    assert bank.fake.asked[Step.CREATE] == 1
    assert await unsent(bank) == []


@pytest.mark.parametrize("later", [False, True])
async def test_a_refusal_is_final(bank: Bank, *, later: bool) -> None:
    """What the gateway refuses for what it is asked ends the payment: nobody waits for a page, or owes."""
    await promoted(bank)
    bank.fake.trouble(Mode.REFUSE, Step.CREATE, code="AMOUNT_BELOW_MINIMUM_LIMIT")
    begun = await bank.begins(billed=not later)
    if later:
        await bank.errands_run()
        begun = await bank.again(begun)
    assert begun.payment.is_first_session_discount
    assert (begun.payment.status.value, begun.payment.xendit_invoice_url) == ("abandoned", None)
    assert bank.fake.asked[Step.CREATE] == 1
    assert (await frames(bank)).count("payment_updated") == 1
    who = SQL("SELECT actor_type FROM transitions WHERE to_state = 'abandoned'")
    assert await bank.sql(who) == [("gateway",)]
    await bank.errands_run()
    assert await unsent(bank) == []
    assert bank.bills_of(begun) == []
    bank.fake.well()
    next_one = await payments.create(bank.desk, begun.payment.customer_id, payments.NewPayment(5))
    assert next_one.payment.is_first_session_discount  # given back


async def test_a_refusal_that_comes_too_late(bank: Bank) -> None:
    """A payment that is over by then stays as it is."""
    bank.fake.trouble(Mode.REFUSE, Step.CREATE, code="AMOUNT_BELOW_MINIMUM_LIMIT")
    begun = await bank.begins(billed=False)
    errand = await bank.till.book.begin(begun.payment.id)
    assert errand is not None
    await bank.overdue(begun)
    await bank.errands_run()
    await billing.run(bank.desk, bank.till, errand)
    assert await bank.status(begun) == "expired"
    assert await unsent(bank) == []


async def test_who_is_refused_asks_again(bank: Bank) -> None:
    """A key that is not valid may be mended: the page comes then, and an invoice is closed then."""
    bank.fake.trouble(Mode.REFUSE, status=401, code="INVALID_API_KEY")
    begun = await bank.begins()
    assert begun.payment.xendit_invoice_url is None
    assert 25 < await pause(bank) <= 30
    await bank.errands_run()
    assert 55 < await pause(bank) <= 60
    assert await unsent(bank) == ["create"]
    bank.fake.well()
    await bank.errands_run()
    assert (await bank.again(begun)).payment.xendit_invoice_url
    assert (await frames(bank)).count("payment_updated") == 1
    bank.fake.trouble(Mode.REFUSE, status=401, code="INVALID_API_KEY")
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    await bank.errands_run()
    assert await unsent(bank) == ["expire"]
    bank.fake.well()
    await bank.errands_run()
    assert bank.bill_of(begun).status == EXPIRED
    assert await unsent(bank) == []


async def test_who_has_waited_waits_no_longer(bank: Bank) -> None:
    """What came before counts: whoever begins a payment waits four seconds for its page, all in all."""
    loop = asyncio.get_running_loop()
    bank.fake.trouble(Mode.SLOW, Step.CREATE, seconds=1.5, times=1)
    begun, now = await bank.begins(billed=False), loop.time()
    seen = await billing.bill(bank.desk, begun, since=now - 3.8)
    assert loop.time() - now < 1.2
    assert seen.payment.xendit_invoice_url is None

    async def there() -> bool:
        return (await bank.again(begun)).payment.xendit_invoice_url is not None

    await eventually(there, seconds=5, what="no invoice")
    assert (await frames(bank)).count("payment_updated") == 1


async def test_going_back_closes_the_invoice(bank: Bank) -> None:
    """Nobody can pay any more for what was abandoned."""
    begun = await bank.begins()
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    await bank.errands_run()
    assert bank.bill_of(begun).status == EXPIRED
    assert (await bank.till.book.of_payment(begun.payment.id))[0].status.value == "expired"
    assert await unsent(bank) == []


async def test_its_end_closes_the_invoice(bank: Bank) -> None:
    """Nor for what expired."""
    begun = await bank.begins()
    await bank.overdue(begun)
    await bank.errands_run()
    assert bank.bill_of(begun).status == EXPIRED


async def test_money_that_is_first_counts(bank: Bank) -> None:
    """An invoice that will not close because it is paid is money that came late."""
    begun = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(begun).id)
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    await bank.errands_run()
    assert await bank.status(begun) == "failed_pairing"
    assert await bank.failures(begun) == ["late_payment"]
    assert await bank.captures(begun.payment.id) == [(bill.id, begun.payment.amount)]


async def test_closing_waits_for_the_gateway(bank: Bank) -> None:
    """With the gateway away the errand stays, and is run when it is back."""
    begun = await bank.begins()
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    bank.fake.trouble(Mode.DOWN)
    await bank.errands_run()
    assert await unsent(bank) == ["expire"]
    bank.fake.well()
    await asyncio.sleep(0)
    await _until_closed(bank, begun_id=str(begun.payment.id))
    assert bank.bill_of(begun).status == EXPIRED


async def _until_closed(bank: Bank, begun_id: str) -> None:
    """The adapter may rest for a moment after so many failures."""

    async def closed() -> bool:
        await bank.errands_run()
        return all(bill.status == EXPIRED for bill in bank.fake.books.named(begun_id))

    await eventually(closed, seconds=10, what="it stays open")


@pytest.mark.parametrize("over", ["abandoned", "expired"])
async def test_over_while_its_invoice_is_made(bank: Bank, monkeypatch: pytest.MonkeyPatch, over: str) -> None:
    """A payment that is over before its invoice is there ends with that invoice closed, and shows no page."""
    monkeypatch.setattr(billing, "PATIENCE_SECONDS", 0.05)
    bank.fake.trouble(Mode.SLOW, Step.CREATE, seconds=0.3, times=1)
    begun = await bank.begins()
    if over == "abandoned":
        await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    else:
        await bank.overdue(begun)
    await bank.sql(SQL("UPDATE outbox SET next_attempt_at = now() WHERE payload ->> 'step' = 'expire'"))
    for errand in await bank.till.book.errands(10):
        if errand.step.value == "expire":  # whoever closes comes before there is anything to close
            await billing.run(bank.desk, bank.till, errand)

    async def made() -> bool:
        return bool(await bank.till.book.of_payment(begun.payment.id))

    await eventually(made, seconds=5, what="no invoice")
    await bank.errands_run()
    assert bank.bill_of(begun).status == EXPIRED
    seen = await bank.again(begun)
    assert (seen.payment.status.value, seen.payment.xendit_invoice_url) == (over, None)
    assert await unsent(bank) == []


async def test_over_before_anybody_looked(bank: Bank) -> None:
    """An invoice that was made and forgotten is found and closed when its payment is over."""
    bank.fake.trouble(Mode.LOST, Step.CREATE, times=1)
    begun = await bank.begins()
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    await bank.errands_run()
    assert bank.bill_of(begun).status == EXPIRED
    assert bank.fake.asked[Step.CREATE] == 1
    assert await unsent(bank) == []


async def test_nothing_is_made_for_what_is_over(bank: Bank) -> None:
    """An errand that comes too late makes nothing."""
    begun = await bank.begins(billed=False)
    await bank.overdue(begun)
    await bank.errands_run()
    assert bank.bills_of(begun) == []
    assert await unsent(bank) == []


async def test_two_invoices_leave_one_page(bank: Bank) -> None:
    """Of two live invoices one is handed out, and the other closed."""
    begun = await bank.begins(billed=False)
    payment = begun.payment
    wanted = {"external_id": str(payment.id), "amount": payment.amount, "currency": "IDR"}
    for _ in range(2):
        bank.fake.books.create(wanted)
    await bank.errands_run()
    seen = await bank.again(begun)
    states = {bill.id: bill.status for bill in bank.bills_of(begun)}
    assert states.pop(seen.payment.provider_invoice_id or "") == PENDING
    assert list(states.values()) == [EXPIRED]
    assert bank.fake.asked[Step.CREATE] == 0


async def test_an_invoice_of_another_price_is_not_handed_out(bank: Bank) -> None:
    """What bears the payment's name and asks for another sum is closed, and a right one made."""
    begun = await bank.begins(billed=False)
    wanted = {"external_id": str(begun.payment.id), "amount": 1500, "currency": "IDR"}
    wrong = bank.fake.books.create(wanted)
    await bank.errands_run()
    seen = await bank.again(begun)
    assert seen.payment.provider_invoice_id not in (None, wrong.id)
    assert wrong.status == EXPIRED


async def test_a_crash_leaves_the_errand_to_others(bank: Bank) -> None:
    """Who dies with an errand in hand leaves it to the next, after its time."""
    begun = await bank.begins(billed=False)
    assert await bank.till.book.begin(begun.payment.id) is not None
    assert await bank.till.book.begin(begun.payment.id) is None
    assert await bank.till.book.errands(10) == []
    await bank.errands_run()
    assert (await bank.again(begun)).payment.xendit_invoice_url
    assert bank.fake.asked[Step.LIST] == 1


async def test_not_enough_time_left(bank: Bank) -> None:
    """With less than a second left nothing is made."""
    begun = await bank.begins(billed=False)
    await bank.age("payment", begun.payment.id, timedelta(minutes=20))
    await bank.errands_run()
    assert bank.bills_of(begun) == []
