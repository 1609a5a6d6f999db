"""Looking: whoever reads or confirms a pending payment has the gateway asked, and so heals what was lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from psycopg.sql import SQL

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_app.fakes.xendit_troubles import Mode, Step
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import looking, payments
from halobestie_app.usecases.collecting import Collected
from halobestie_app.usecases.till import RHYTHM
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.gateway import InvoiceStatus, InvoiceWish
from halobestie_core.ports.invoices import Watched
from support.billing import Bank

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


async def test_reading_heals_a_lost_webhook(bank: Bank) -> None:
    """The page that a customer looks at asks, at most once in five seconds whoever looks."""
    begun = await bank.begins()
    who, which = begun.payment.customer_id, begun.payment.id
    assert (await payments.read(bank.desk, who, which)).payment.status is PaymentStatus.PENDING
    bank.fake.pay(bank.bill_of(begun).id)
    several = await asyncio.gather(*(payments.read(bank.desk, who, which) for _ in range(5)))
    assert {seen.payment.status for seen in several} == {PaymentStatus.PENDING}
    assert bank.fake.asked[Step.GET] == 1
    await bank.sql(SQL("UPDATE payment_invoices SET looked_at = now() - interval '5 seconds'"))
    await asyncio.gather(*(payments.read(bank.desk, who, which) for _ in range(5)))
    assert bank.fake.asked[Step.GET] == 2
    assert (await payments.read(bank.desk, who, which)).payment.status is PaymentStatus.CONFIRMED
    assert bank.fake.asked[Step.GET] == 2


async def test_confirming_heals_too(bank: Bank) -> None:
    """A customer's word is worth what the gateway's is."""
    begun = await bank.begins()
    who, which = begun.payment.customer_id, begun.payment.id
    with pytest.raises(Problem) as unpaid:
        await payments.confirm(bank.desk, who, which)
    assert unpaid.value.code is Code.PAYMENT_NOT_SETTLED
    bank.fake.pay(bank.bill_of(begun).id)
    await bank.sql(SQL("UPDATE payment_invoices SET looked_at = NULL"))
    assert (await payments.confirm(bank.desk, who, which)).payment.status is PaymentStatus.CONFIRMED
    assert (await payments.confirm(bank.desk, who, which)).payment.status is PaymentStatus.CONFIRMED


async def test_confirming_what_was_paid_too_late(bank: Bank) -> None:
    """Paid, and looked at after the deadline but before the clock: owed back, and the customer is told."""
    begun = await bank.begins()
    bank.fake.pay(bank.bill_of(begun).id)
    await bank.age("payment", begun.payment.id, timedelta(hours=1))
    with pytest.raises(Problem) as late:
        await payments.confirm(bank.desk, begun.payment.customer_id, begun.payment.id)
    assert late.value.code is Code.PAYMENT_EXPIRED
    assert await bank.failures(begun) == ["late_payment"]


@pytest.mark.parametrize("mode", [Mode.DOWN, Mode.HANG, Mode.BROKEN, Mode.REFUSE])
async def test_a_gateway_away_fails_nobody(bank: Bank, monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    """Nobody waits long for a gateway that is away, and nobody's page breaks."""
    monkeypatch.setattr(looking, "PATIENCE_SECONDS", 0.2)
    begun = await bank.begins()
    bank.fake.trouble(mode)
    seen = await payments.read(bank.desk, begun.payment.customer_id, begun.payment.id)
    assert seen.payment.status is PaymentStatus.PENDING
    await bank.sql(SQL("UPDATE payment_invoices SET looked_at = NULL"))
    assert await looking.look(bank.desk, seen.payment) is None
    bank.fake.well()


async def test_only_what_is_pending_is_asked_about(bank: Bank) -> None:
    """What is over, or has no invoice, costs the gateway nothing."""
    begun = await bank.begins(billed=False)
    assert await looking.look(bank.desk, begun.payment) is None
    await payments.cancel(bank.desk, begun.payment.customer_id, begun.payment.id)
    seen = await bank.again(begun)
    assert await looking.look(bank.desk, seen.payment) is None
    assert bank.fake.asked[Step.GET] == 0


async def test_the_second_of_two_invoices(bank: Bank) -> None:
    """With two invoices both are asked about."""
    begun = await bank.begins()
    wanted = {"external_id": str(begun.payment.id), "amount": begun.payment.amount}
    second = bank.fake.books.create(wanted)
    await bank.delivered(second)
    await bank.applied()
    bank.fake.pay(second.id)
    await bank.sql(SQL("UPDATE payment_invoices SET looked_at = NULL"))
    assert await looking.look(bank.desk, begun.payment) is Collected.CONFIRMED


async def test_two_invoices_of_a_slow_gateway(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many invoices there are, whoever looks waits once."""
    monkeypatch.setattr(looking, "PATIENCE_SECONDS", 1.2)
    loop, begun = asyncio.get_running_loop(), await bank.begins()
    second = await bank.invoices.create(InvoiceWish(begun.payment.id, begun.payment.amount, 600, "again"))
    await bank.till.book.seen(second, begun.payment.id, settled=False, first_look=timedelta(0))
    bank.fake.trouble(Mode.SLOW, Step.GET, seconds=1.0)
    await bank.sql(SQL("UPDATE payment_invoices SET looked_at = NULL"))
    before = loop.time()
    assert await looking.look(bank.desk, begun.payment) is Collected.NOT_PAID
    assert loop.time() - before < 1.9
    bank.fake.well()


async def test_another_gateway_is_chosen(bank: Bank) -> None:
    """Whoever confirms has paid, in development; but not a payment that was to be paid on an invoice."""
    begun = await bank.begins()
    chosen = evolve(bank.desk, gateway=DevelopmentGateway(), till=None)
    with pytest.raises(Problem) as refused:
        await payments.confirm(chosen, begun.payment.customer_id, begun.payment.id)
    assert refused.value.code is Code.PAYMENT_NOT_SETTLED
    assert await bank.captures() == []


# ------------------------------------------------------------------------------------------------- rhythm


def watched(status: PaymentStatus, left: timedelta) -> Watched:
    """An invoice of a payment whose time is over in ``left``."""
    return Watched("i", UUID(int=1), InvoiceStatus.PENDING, status, NOW + left, NOW)


@pytest.mark.parametrize(
    "status, left, wait",
    [
        (PaymentStatus.PENDING, timedelta(minutes=20), timedelta(seconds=30)),
        (PaymentStatus.PENDING, timedelta(seconds=33), timedelta(seconds=30)),
        (PaymentStatus.PENDING, timedelta(seconds=20), timedelta(seconds=17)),
        (PaymentStatus.PENDING, timedelta(seconds=3), timedelta(seconds=30)),
        (PaymentStatus.ABANDONED, timedelta(minutes=10), timedelta(minutes=1)),
        (PaymentStatus.EXPIRED, timedelta(0), timedelta(minutes=1)),
        (PaymentStatus.EXPIRED, -timedelta(minutes=5), timedelta(minutes=5)),
        (PaymentStatus.EXPIRED, -timedelta(hours=5), timedelta(minutes=9)),
        (PaymentStatus.CONSUMED, -timedelta(hours=5), timedelta(minutes=9)),
        (PaymentStatus.EXPIRED, -timedelta(hours=48), timedelta(minutes=9)),
        (PaymentStatus.EXPIRED, -timedelta(hours=48, seconds=1), None),
    ],
)
def test_rhythm(status: PaymentStatus, left: timedelta, wait: timedelta | None) -> None:
    """Often while it is pending, once more before its end, then ever less, at last never."""
    at = RHYTHM.next_look(watched(status, left))
    assert at == (None if wait is None else NOW + wait)


@pytest.mark.parametrize(
    "status, left, wait",
    [
        (PaymentStatus.PENDING, timedelta(minutes=20), timedelta(seconds=30)),
        (PaymentStatus.PENDING, timedelta(seconds=20), timedelta(seconds=17)),
        (PaymentStatus.PENDING, timedelta(seconds=2), timedelta(seconds=30)),
        (PaymentStatus.EXPIRED, -timedelta(hours=5), timedelta(seconds=30)),
        (PaymentStatus.EXPIRED, -timedelta(hours=49), timedelta(seconds=30)),
    ],
)
def test_rhythm_of_silence(status: PaymentStatus, left: timedelta, wait: timedelta) -> None:
    """A look that nobody answered comes again soon, and never skips the one before the end."""
    assert RHYTHM.once_more(watched(status, left)) == NOW + wait


# ----------------------------------------------------------------------------------------------- statuses


async def test_a_status_that_nobody_knows(bank: Bank) -> None:
    """It moves nothing, whoever found it, and is counted; the invoice is looked at further."""
    counted: list[tuple[str, str]] = []
    begun = await bank.begins()
    till = evolve(bank.till, count=lambda call, result: counted.append((call, result)))
    known = await till.invoices.get(bank.bill_of(begun).id)
    assert known is not None
    odd = evolve(known, status=InvoiceStatus.UNKNOWN, said="ON_HOLD")
    assert await looking.settle(bank.desk, till, odd, begun.payment.id) is Collected.NOT_PAID
    assert counted == [("settle", "unknown_status")]
    assert await bank.status(begun) == "pending"
    assert await till.book.may_ask(begun.payment.id, timedelta(0)) == [odd.id]
