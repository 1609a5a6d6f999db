"""Collecting an invoice's money: what each answer of the gateway does, once, whoever asks and how often."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from itertools import cycle

import pytest
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_app.problems import Problem
from halobestie_app.usecases import clock, payments
from halobestie_app.usecases.collecting import Collected, collect
from halobestie_core.causes import Cause
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from support.collecting import OVER, PRICE, Billed, Elsewhere, billed
from support.desk import Office

pytestmark = pytest.mark.anyio

RACERS = 8


@pytest.fixture(autouse=True)
async def prepared_desk(desk: Office) -> None:
    """Money is taken elsewhere."""
    desk.gateway = Elsewhere()


async def status(desk: Office, one: Billed) -> PaymentStatus:
    """Where the payment stands."""
    return (await payments.owned(desk.desk, one.customer, one.payment.id)).payment.status


async def causes(desk: Office) -> list[tuple[str, int, bool]]:
    """Each failure row's cause and amount, and whether it is of surplus money."""
    rows = await desk.sql(
        SQL("SELECT cause_tag, amount, capture_id IS NOT NULL FROM pairing_failures ORDER BY created_at")
    )
    return [(cause, amount, surplus) for cause, amount, surplus in rows]


async def told(desk: Office, frame: str) -> int:
    """How often somebody is told so."""
    ((count,),) = await desk.sql(SQL("SELECT count(*) FROM outbox WHERE payload ->> 'frame' = %s"), frame)
    return int(count)


async def overdue(desk: Office, one: Billed) -> None:
    """Let the payment's time be over, with no clock looking."""
    await desk.age("payment", one.payment.id, OVER)


@pytest.mark.parametrize("said", [InvoiceStatus.PENDING, InvoiceStatus.EXPIRED, InvoiceStatus.UNKNOWN])
async def test_no_money_moves_nothing(desk: Office, said: InvoiceStatus) -> None:
    """An invoice that is not paid is no reason to do anything."""
    one = await billed(desk)
    done = await collect(desk.desk, one.invoice(status=said), payment_id=one.payment.id)
    assert done is Collected.NOT_PAID
    assert await status(desk, one) is PaymentStatus.PENDING


async def test_money_confirms_once(desk: Office) -> None:
    """The first answer confirms; the same invoice heard of again writes nothing."""
    one = await billed(desk)
    assert await collect(desk.desk, one.invoice(), payment_id=one.payment.id) is Collected.CONFIRMED
    assert await collect(desk.desk, one.invoice(), payment_id=one.payment.id) is Collected.ALREADY
    assert await status(desk, one) is PaymentStatus.CONFIRMED
    assert await told(desk, "payment_confirmed") == 1
    assert await causes(desk) == []


async def test_money_for_an_expired_payment_is_owed_back(desk: Office) -> None:
    """One late_payment row, one refund due, the customer told; also when it comes a second time."""
    one = await billed(desk)
    await overdue(desk, one)
    await clock.fire(desk.desk, Due("payment", one.payment.id))
    assert await status(desk, one) is PaymentStatus.EXPIRED
    assert await collect(desk.desk, one.invoice(), payment_id=one.payment.id) is Collected.LATE
    assert await collect(desk.desk, one.invoice(), payment_id=one.payment.id) is Collected.ALREADY
    assert await causes(desk) == [(Cause.LATE_PAYMENT, PRICE, False)]
    assert await told(desk, "payment_late") == 1


async def test_money_that_comes_before_the_clock_but_too_late(desk: Office) -> None:
    """Overdue is overdue, whether or not the clock has looked."""
    one = await billed(desk)
    await overdue(desk, one)
    assert await collect(desk.desk, one.invoice(), payment_id=one.payment.id) is Collected.LATE
    assert await status(desk, one) is PaymentStatus.FAILED_PAIRING


async def test_money_for_an_abandoned_payment_is_owed_back(desk: Office) -> None:
    """Who went back and paid all the same is owed the money."""
    one = await billed(desk)
    await payments.cancel(desk.desk, one.customer, one.payment.id)
    assert await collect(desk.desk, one.invoice(), payment_id=one.payment.id) is Collected.LATE
    assert await causes(desk) == [(Cause.LATE_PAYMENT, PRICE, False)]


async def test_a_second_invoice_is_owed_back(desk: Office) -> None:
    """Two invoices of one payment, both paid: one buys, the other is a duplicate."""
    one = await billed(desk)
    await collect(desk.desk, one.invoice(1), payment_id=one.payment.id)
    assert await collect(desk.desk, one.invoice(2), payment_id=one.payment.id) is Collected.DUPLICATE
    assert await collect(desk.desk, one.invoice(2), payment_id=one.payment.id) is Collected.ALREADY
    assert await status(desk, one) is PaymentStatus.CONFIRMED
    assert await causes(desk) == [(Cause.DUPLICATE_PAYMENT, PRICE, True)]


async def test_what_does_not_match_moves_nothing(desk: Office) -> None:
    """Another amount, currency or name: written down, owed back, and the payment waits on."""
    for number, wrong in enumerate(
        [
            {"amount": PRICE - 1},
            {"amount": PRICE + 1},
            {"paid_amount": PRICE - 1},
            {"currency": "USD"},
            {"external_id": str(uuid7())},
            {"external_id": "somebody else's"},
        ]
    ):
        one = await billed(desk)
        invoice = one.invoice(number, **wrong)  # type: ignore[arg-type] # names and values of the list above
        assert await collect(desk.desk, invoice, payment_id=one.payment.id) is Collected.MISMATCH
        assert await status(desk, one) is PaymentStatus.PENDING
        assert await collect(desk.desk, one.invoice(99), payment_id=one.payment.id) is Collected.CONFIRMED
    assert {(cause, surplus) for cause, _, surplus in await causes(desk)} == {(Cause.PAYMENT_MISMATCH, True)}


async def test_money_for_nobody_is_owed_back(desk: Office) -> None:
    """What is for none of our payments has a failure row without a customer, once."""
    one = await billed(desk)
    foreign = one.invoice(external_id="no payment of ours")
    assert await collect(desk.desk, foreign, payment_id=None) is Collected.FOREIGN
    assert await collect(desk.desk, foreign, payment_id=None) is Collected.ALREADY
    assert await causes(desk) == [(Cause.PAYMENT_MISMATCH, PRICE, True)]
    assert await status(desk, one) is PaymentStatus.PENDING


async def test_a_sum_that_cannot_be_written_down_is_left_to_people(desk: Office) -> None:
    """No half rupiah and no empty payment gets into the books."""
    one = await billed(desk)
    for odd in (one.invoice(exact=False), one.invoice(paid_amount=0)):
        assert await collect(desk.desk, odd, payment_id=one.payment.id) is Collected.UNREADABLE
    assert await desk.sql(SQL("SELECT FROM payment_captures")) == []


# -- races ---------------------------------------------------------------------------------------------------


async def at_once(*doing: Awaitable[Collected | str]) -> list[Collected | str]:
    """Let all begin together."""
    ready = asyncio.Barrier(len(doing))

    async def one(work: Awaitable[Collected | str]) -> Collected | str:
        await ready.wait()
        return await work

    return await asyncio.gather(*(one(work) for work in doing))


async def said(doing: Awaitable[object]) -> str:
    """``OK``, or why not."""
    try:
        await doing
    except Problem as refused:
        return refused.code.value
    return "OK"


@pytest.mark.race
async def test_one_invoice_heard_of_by_many(desk: Office, rounds: int) -> None:
    """Webhooks, a confirming customer and the reconciler learn of one invoice at once: it is booked once."""
    for _ in range(rounds // RACERS + 1):
        one = await billed(desk)
        asked = [collect(desk.desk, one.invoice(), payment_id=one.payment.id) for _ in range(RACERS)]
        heard = Counter(await at_once(*asked))
        assert heard == {Collected.CONFIRMED: 1, Collected.ALREADY: RACERS - 1}


@pytest.mark.race
async def test_nobodys_invoice_heard_of_by_many(desk: Office, rounds: int) -> None:
    """There is no customer whose lock would order them, and still it is written down once."""
    for number in range(rounds // RACERS + 1):
        one = Invoice(f"n{number}", "nobody", InvoiceStatus.PAID, "PAID", PRICE, "IDR")
        heard = Counter(await at_once(*(collect(desk.desk, one, payment_id=None) for _ in range(RACERS))))
        assert heard == {Collected.FOREIGN: 1, Collected.ALREADY: RACERS - 1}


@pytest.mark.race
async def test_two_invoices_paid_at_once(desk: Office, rounds: int) -> None:
    """One buys, the other is owed back, whichever was first."""
    for _ in range(rounds):
        one = await billed(desk)
        heard = await at_once(
            *(collect(desk.desk, one.invoice(n), payment_id=one.payment.id) for n in (1, 2))
        )
        assert sorted(map(str, heard)) == [str(Collected.CONFIRMED), str(Collected.DUPLICATE)]


@pytest.mark.race
async def test_money_against_the_clock(desk: Office, rounds: int) -> None:
    """Money and expiry at the same moment: confirmed, or late with one row; never lost."""
    outcomes: Counter[object] = Counter()
    ends = cycle(range(-4, 5))  # ms around the start of the race
    for _ in range(rounds):
        one = await billed(desk)
        await desk.sql(
            SQL(
                "UPDATE payment_sessions SET expires_at = d, wake_at = d"
                " FROM (SELECT clock_timestamp() + %s AS d) AS soon WHERE id = %s"
            ),
            timedelta(milliseconds=next(ends)),
            one.payment.id,
        )
        ticks = [said(clock.fire(desk.desk, Due("payment", one.payment.id))) for _ in range(3)]
        asked = [collect(desk.desk, one.invoice(), payment_id=one.payment.id) for _ in range(3)]
        heard = [answer for answer in await at_once(*ticks, *asked) if isinstance(answer, Collected)]
        (became,) = [answer for answer in heard if answer is not Collected.ALREADY]
        stands = await status(desk, one)
        assert (became, stands) in {
            (Collected.CONFIRMED, PaymentStatus.CONFIRMED),
            (Collected.LATE, PaymentStatus.FAILED_PAIRING),
        }
        outcomes[became] += 1
    print(f"{rounds} rounds: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    assert len(outcomes) == 2


@pytest.mark.race
async def test_money_against_going_back(desk: Office, rounds: int) -> None:
    """Money while the customer goes back: confirmed (and going back is refused), or owed back."""
    outcomes: Counter[object] = Counter()
    for number in range(rounds):
        one = await billed(desk)
        back = said(payments.cancel(desk.desk, one.customer, one.payment.id))
        money = collect(desk.desk, one.invoice(), payment_id=one.payment.id)
        became = tuple(await (at_once(back, money) if number % 2 else at_once(money, back)))
        stands = await status(desk, one)
        pair = became if number % 2 else became[::-1]
        assert (*pair, stands) in {
            ("OK", Collected.LATE, PaymentStatus.FAILED_PAIRING),
            ("INVALID_STATE", Collected.CONFIRMED, PaymentStatus.CONFIRMED),
        }
        outcomes[stands] += 1
    print(f"{rounds} rounds: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    assert len(outcomes) == 2
