"""Forced orders of money and what ends a payment: A before B, B before A, each waiting behind the lock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.sql import SQL

from halobestie_app.problems import Problem
from halobestie_app.usecases import clock, payments
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.reads import PaymentSeen
from support.billing import Bank
from support.waiting import eventually

pytestmark = pytest.mark.anyio

WAITING = SQL(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@asynccontextmanager
async def held(bank: Bank, customer_id: UUID) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Hold a customer's lock; gives a function that waits until so many wait behind it."""
    async with bank.pool.connection() as conn, conn.transaction():
        await conn.execute(SQL("SELECT FROM customers WHERE id = %s FOR NO KEY UPDATE"), [customer_id])

        async def queued(count: int) -> None:
            async def so() -> bool:
                [[found]] = await bank.sql(WAITING)
                return bool(found >= count)

            await eventually(so, seconds=5, what=f"nobody waits as number {count}")

        yield queued


async def in_order(bank: Bank, seen: PaymentSeen, *doing: Callable[[], Awaitable[object]]) -> list[str]:
    """Let all queue up behind the lock in this order, and go; gives what each was told."""

    async def said(work: Callable[[], Awaitable[object]]) -> str:
        try:
            await work()
        except Problem as refused:
            return refused.code.value
        return "OK"

    tasks = []
    async with held(bank, seen.payment.customer_id) as queued:
        for number, work in enumerate(doing, 1):
            tasks.append(asyncio.ensure_future(said(work)))
            await queued(number)
    return await asyncio.gather(*tasks)


async def paid(bank: Bank) -> tuple[PaymentSeen, Callable[[], Awaitable[object]]]:
    """A pending payment that is paid at the gateway, and the work of the webhook that tells of it."""
    seen = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(seen).id)
    await bank.delivered(bill)
    return seen, bank.applied


def back(bank: Bank, seen: PaymentSeen) -> Callable[[], Awaitable[object]]:
    """Going back before paying."""
    return lambda: payments.cancel(bank.desk, seen.payment.customer_id, seen.payment.id)


def tick(bank: Bank, seen: PaymentSeen) -> Callable[[], Awaitable[object]]:
    """The clock's look at it."""
    return lambda: clock.fire(bank.desk, Due("payment", seen.payment.id))


async def test_webhook_then_going_back(bank: Bank) -> None:
    """Confirmed, and going back is refused."""
    seen, webhook = await paid(bank)
    assert await in_order(bank, seen, webhook, back(bank, seen)) == ["OK", "INVALID_STATE"]
    assert await bank.status(seen) == "confirmed"


async def test_going_back_then_webhook(bank: Bank) -> None:
    """Abandoned, and the money is owed back."""
    seen, webhook = await paid(bank)
    assert await in_order(bank, seen, back(bank, seen), webhook) == ["OK", "OK"]
    assert await bank.failures(seen) == ["late_payment"]


@pytest.mark.parametrize("first", ["webhook", "clock"])
async def test_webhook_and_clock_after_the_deadline(bank: Bank, first: str) -> None:
    """Overdue is overdue whoever comes first: the money is owed back, in one row."""
    seen, webhook = await paid(bank)
    await bank.age("payment", seen.payment.id, timedelta(hours=1))
    both = [webhook, tick(bank, seen)]
    await in_order(bank, seen, *(both if first == "webhook" else both[::-1]))
    assert await bank.status(seen) == "failed_pairing"
    assert await bank.failures(seen) == ["late_payment"]
    assert len(await bank.captures(seen.payment.id)) == 1


async def test_webhook_in_time_decided_after_it(bank: Bank) -> None:
    """What waits for the lock beyond the deadline is late: the clock that counts is read under the lock."""
    seen, webhook = await paid(bank)
    await bank.sql(
        SQL(
            "UPDATE payment_sessions SET expires_at = d, wake_at = d"
            " FROM (SELECT clock_timestamp() + interval '300 milliseconds' AS d) AS soon WHERE id = %s"
        ),
        seen.payment.id,
    )
    async with held(bank, seen.payment.customer_id) as queued:
        applying = asyncio.ensure_future(webhook())
        await queued(1)

        async def over() -> bool:
            [[so]] = await bank.sql(
                SQL("SELECT expires_at < clock_timestamp() FROM payment_sessions WHERE id = %s"),
                seen.payment.id,
            )
            return bool(so)

        await eventually(over, seconds=5, what="not over")
    await applying
    assert await bank.failures(seen) == ["late_payment"]


async def test_the_same_webhook_confirm_and_reconciler(bank: Bank) -> None:
    """All three wait with the gateway's word in hand; the first books it, the others find it booked."""
    seen, webhook = await paid(bank)
    who, which = seen.payment.customer_id, seen.payment.id
    answers = await in_order(
        bank, seen, webhook, lambda: payments.confirm(bank.desk, who, which), bank.reconciled
    )
    assert answers == ["OK", "OK", "OK"]
    assert await bank.status(seen) == "confirmed"
    assert len(await bank.captures(which)) == 1


async def test_handed_out_after_the_end(bank: Bank) -> None:
    """The invoice is there, its writing down waits, the payment is abandoned first: it ends closed."""
    seen = await bank.begins(billed=False)
    made = bank.fake.books.create({"external_id": str(seen.payment.id), "amount": seen.payment.amount})
    answers = await in_order(bank, seen, back(bank, seen), bank.errands_run)
    assert answers == ["OK", "OK"]
    await bank.errands_run()
    assert made.status == "EXPIRED"
    assert (await bank.again(seen)).payment.xendit_invoice_url is None
    assert await bank.sql(SQL("SELECT FROM outbox WHERE kind = 'invoice' AND sent_at IS NULL")) == []
