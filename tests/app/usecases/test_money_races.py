"""Races of money: each piece of news comes by several ways at once, while the payment's time runs out.

Whatever the order, money is booked once, and every invariant holds afterwards.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta

import orjson
import pytest
from psycopg.sql import SQL

from halobestie_adapters.errors import Busy
from halobestie_adapters.xendit import notices
from halobestie_app.fakes.xendit_books import Bill, as_webhook
from halobestie_app.problems import Problem
from halobestie_app.usecases import billing, clock, payments, reconciling
from halobestie_app.workers.inbox import InboxWorker
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.reads import PaymentSeen
from support.billing import Bank

FEWER = 3
"""Rounds go the whole way, from the door to the books; `test_collecting` plays all, of the books alone."""

pytestmark = [pytest.mark.anyio, pytest.mark.race]


async def said(doing: Awaitable[object]) -> str:
    """``OK``, or why not."""
    try:
        await doing
    except Problem as refused:
        return refused.code.value
    except Busy:
        return "BUSY"
    return "OK"


async def at_once(*doing: Awaitable[object]) -> list[str]:
    """Let all begin together; gives what each was told."""
    ready = asyncio.Barrier(len(doing))

    async def one(work: Awaitable[object]) -> str:
        await ready.wait()
        return await said(work)

    return await asyncio.gather(*(one(work) for work in doing))


async def after(seconds: float, doing: Awaitable[object]) -> object:
    """Do something a moment later."""
    await asyncio.sleep(seconds)
    return await doing


async def span(bank: Bank) -> float:
    """How many seconds a webhook takes from the door to the books on this machine now."""
    seen = await bank.begins()
    bill = bank.fake.pay(bank.bill_of(seen).id)
    began = time.monotonic()
    await told(bank, bill)
    return time.monotonic() - began


async def told(bank: Bank, bill: Bill) -> None:
    """One instance takes a webhook in, and works on what waits."""
    await bank.door.keep(orjson.dumps(dict(as_webhook(bill))))
    worker = InboxWorker(bank.desk, bank.till, bank.inbox, notices.read, bank.counted.append)
    await worker.take()
    await worker.finished()


async def looked(bank: Bank, seen: PaymentSeen) -> None:
    """A reconciler looks at a payment's invoice."""
    for one in await bank.till.book.watched("", 1000):
        if one.payment_id == seen.payment.id:
            await reconciling.look_at(bank.desk, bank.till, one)


async def soon_over(bank: Bank, seen: PaymentSeen, seconds: float) -> None:
    """Let a payment's time be over so soon."""
    await bank.sql(
        SQL(
            "UPDATE payment_sessions SET expires_at = d, wake_at = d"
            " FROM (SELECT clock_timestamp() + %s AS d) AS soon WHERE id = %s"
        ),
        timedelta(seconds=seconds),
        seen.payment.id,
    )


async def settled(bank: Bank) -> None:
    """Apply whatever a race left."""
    await bank.applied()
    await bank.errands_run()


async def test_webhook_against_expiry(bank: Bank, rounds: int) -> None:
    """Confirmed, or late with one row; never expired with money taken."""
    outcomes: Counter[str] = Counter()
    whole = await span(bank)
    for _ in range(rounds // FEWER):
        seen = await bank.begins()
        bill = bank.fake.pay(bank.bill_of(seen).id)
        end = random.uniform(0, 2 * whole)
        await soon_over(bank, seen, end)
        tick = after(end, clock.fire(bank.desk, Due("payment", seen.payment.id)))
        await at_once(told(bank, bill), tick, told(bank, bill))
        await settled(bank)
        outcomes[await bank.status(seen)] += 1
        assert await bank.captures(seen.payment.id) == [(bill.id, bill.amount)]
    print(f"{rounds // FEWER} rounds: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    assert set(outcomes) == {"confirmed", "failed_pairing"}


async def test_webhook_against_going_back(bank: Bank, rounds: int) -> None:
    """Confirmed (and going back is refused), or owed back, and the invoice's errand is run."""
    outcomes: Counter[tuple[str, str]] = Counter()
    whole = await span(bank)
    for _ in range(rounds // FEWER):
        seen = await bank.begins()
        bill = bank.fake.pay(bank.bill_of(seen).id)
        back = payments.cancel(bank.desk, seen.payment.customer_id, seen.payment.id)
        _, answer = await at_once(told(bank, bill), after(random.uniform(0, 2 * whole), back))
        await settled(bank)
        outcomes[(answer, await bank.status(seen))] += 1
        assert await bank.captures(seen.payment.id) == [(bill.id, bill.amount)]
    print(f"{rounds // FEWER} rounds: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    assert set(outcomes) == {("OK", "failed_pairing"), ("INVALID_STATE", "confirmed")}


async def test_the_same_webhook_on_two_instances(bank: Bank, rounds: int) -> None:
    """One row, applied once, confirmed once."""
    for _ in range(rounds):
        seen = await bank.begins()
        bill = bank.fake.pay(bank.bill_of(seen).id)
        assert set(await at_once(*(told(bank, bill) for _ in range(4)))) == {"OK"}
        await bank.applied()
        assert await bank.status(seen) == "confirmed"
    assert len(await bank.captures()) == rounds
    counts = await bank.sql(SQL("SELECT count(*), count(applied_at) FROM webhook_inbox"))
    assert counts == [(rounds, rounds)]


async def test_webhook_confirm_reconciler_and_reading(bank: Bank, rounds: int) -> None:
    """Everybody who can learn of the money does so at the same moment: it is booked once, and all agree."""
    outcomes: Counter[str] = Counter()
    for _ in range(rounds):
        seen = await bank.begins()
        bill = bank.fake.pay(bank.bill_of(seen).id)
        who, which = seen.payment.customer_id, seen.payment.id
        _, confirmed, *_ = await at_once(
            told(bank, bill),
            payments.confirm(bank.desk, who, which),
            payments.read(bank.desk, who, which),
            looked(bank, seen),
        )
        outcomes[confirmed] += 1
        await bank.applied()
        assert await bank.status(seen) == "confirmed"
        assert await bank.captures(which) == [(bill.id, bill.amount)]
    print(f"{rounds} rounds: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    assert set(outcomes) <= {"OK", "PAYMENT_NOT_SETTLED"}


async def test_making_an_invoice_against_going_back(bank: Bank, rounds: int) -> None:
    """Whichever is first, what is abandoned ends without an open invoice, and nothing is left to do."""
    for number in range(rounds // FEWER):
        seen = await bank.begins(billed=False)
        back = payments.cancel(bank.desk, seen.payment.customer_id, seen.payment.id)
        made = billing.bill(bank.desk, seen)
        await at_once(made, after(number % 5 * 0.004, back), bank.till.book.errands(0))
        await bank.errands_run()
        assert {bill.status for bill in bank.bills_of(seen)} <= {"EXPIRED"}
    left = await bank.sql(SQL("SELECT FROM outbox WHERE kind = 'invoice' AND sent_at IS NULL"))
    assert left == []


async def test_an_errand_that_two_run(bank: Bank, rounds: int) -> None:
    """Two workers, and whoever began the payment: one invoice is made."""
    for _ in range(rounds // FEWER):
        seen = await bank.begins(billed=False)
        query = SQL("UPDATE outbox SET next_attempt_at = now() - interval '1 second' WHERE kind = 'invoice'")
        await bank.sql(query)

        async def work() -> None:
            for errand in await bank.till.book.errands(10):
                await billing.run(bank.desk, bank.till, errand)

        await at_once(work(), work(), billing.bill(bank.desk, seen))
        await bank.errands_run()
        assert len(bank.bills_of(seen)) == 1
        assert (await bank.again(seen)).payment.xendit_invoice_url
