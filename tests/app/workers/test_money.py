"""The loops of money: they come by, one bad row stops no other, and they end when they are told to."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
import pytest
from attrs import evolve
from psycopg.sql import SQL

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.xendit import notices
from halobestie_app.fakes.xendit_books import as_webhook
from halobestie_app.fakes.xendit_troubles import Mode
from halobestie_app.usecases import payments
from halobestie_app.usecases.till import RHYTHM, Rhythm
from halobestie_app.workers import hands as hands_module
from halobestie_app.workers.hands import Hands
from halobestie_app.workers.inbox import InboxWorker
from halobestie_app.workers.invoices import InvoiceErrands
from halobestie_app.workers.pace import Pace
from halobestie_app.workers.reconciler import OVER_AT_ONCE, Reconciler
from halobestie_core.ports.webhooks import Notice, Unreadable
from support.billing import Bank, bank
from support.waiting import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Bank]:
    """A desk with a till, whose invoices are looked at every few milliseconds."""
    soon = timedelta(milliseconds=50)
    async with bank(database_url) as opened:
        opened.rhythm = Rhythm(first=soon, every=soon, sparsely=soon, rarely=soon)
        yield opened


@asynccontextmanager
async def running(run: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    """Run a loop for as long as the block lasts."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


def applying(house: Bank, **parts: object) -> InboxWorker:
    """A worker on the inbox."""
    made = InboxWorker(house.desk, house.till, house.inbox, notices.read, house.counted.append)
    return evolve(made, **parts) if parts else made  # type: ignore[arg-type] # whatever a test replaces


async def becomes(house: Bank, seen: object, status: str) -> None:
    """Wait until a payment stands so."""

    async def so() -> bool:
        return await house.status(seen) == status  # type: ignore[arg-type] # a payment

    await eventually(so, seconds=5, what=f"not {status}")


async def test_a_nudge_is_enough(house: Bank) -> None:
    """What comes in at the door is applied by the same instance without waiting for its turn."""
    worker = applying(house)
    door = evolve(house.door, kept=worker.nudge)
    async with running(worker.run):
        for _ in range(5):
            seen = await house.begins()
            bill = house.fake.pay(house.bill_of(seen).id)
            await door.keep(orjson.dumps(dict(as_webhook(bill))))
            await becomes(house, seen, "confirmed")


async def test_one_bad_row(house: Bank) -> None:
    """A delivery that cannot even be judged is left for later, and the others are applied."""
    poison = house.bill_of(await house.begins())

    def read(body: bytes) -> Notice | Unreadable:
        if poison.id.encode() in body:
            raise RuntimeError("nobody expects this")
        return notices.read(body)

    seen = await house.begins()
    await house.delivered(poison)
    await house.delivered(house.fake.pay(house.bill_of(seen).id))
    async with running(applying(house, read=read).run):
        await becomes(house, seen, "confirmed")
    assert sorted(state for _, state in await house.kept()) == ["applied", "waiting"]


async def test_waiting_for_the_gateway(house: Bank) -> None:
    """With the gateway away a delivery is tried again after two seconds, then after ever longer."""
    seen = await house.begins()
    await house.delivered(house.fake.pay(house.bill_of(seen).id))
    house.fake.trouble(Mode.REFUSE, status=401, code="INVALID_API_KEY")
    worker = applying(house)
    waits = []
    for _ in range(3):
        await house.sql(SQL("UPDATE webhook_inbox SET next_attempt_at = now() - interval '1 second'"))
        await worker.take()
        await worker.finished()
        left = SQL(
            "SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 FROM webhook_inbox"
        )
        [[seconds]] = await house.sql(left)
        waits.append(round(seconds))
    assert waits == [2, 4, 8]


async def test_a_crash_before_the_mark(house: Bank) -> None:
    """Who dies after the books and before the mark leaves a delivery that finds all done."""
    seen = await house.begins()
    await house.delivered(house.fake.pay(house.bill_of(seen).id))

    class Dying:
        """An inbox that is gone when something is to be marked."""

        async def applied(self, _delivery_id: object) -> None:
            """Nothing is marked."""
            raise StoreUnavailable("killed")

    [delivery] = await house.inbox.due(10)
    with pytest.raises(StoreUnavailable):
        await applying(house, inbox=Dying()).apply(delivery)
    assert await house.status(seen) == "confirmed"
    await house.applied()
    assert await house.kept() == [(None, "applied")]
    assert len(await house.captures()) == 1


async def test_more_than_hands(house: Bank) -> None:
    """However many wait, all are applied, a few at a time."""
    begun = [await house.begins() for _ in range(20)]
    for seen in begun:
        await house.delivered(house.fake.pay(house.bill_of(seen).id))
    async with running(applying(house).run):
        for seen in begun:
            await becomes(house, seen, "confirmed")


async def test_closing_is_nudged(house: Bank) -> None:
    """Going back closes the invoice at once, on the instance where it was said."""
    errands = InvoiceErrands(house.desk, house.till)
    seen = await house.begins()
    async with running(errands.run):
        await asyncio.sleep(0)
        began = time.monotonic()
        await payments.cancel(house.desk, seen.payment.customer_id, seen.payment.id)
        errands.saved(house.saved[-1])

        async def closed() -> bool:
            return house.bill_of(seen).status == "EXPIRED"

        await eventually(closed, seconds=5, what="still open")
    assert time.monotonic() - began < 2


async def test_the_reconciler_comes_by(house: Bank) -> None:
    """Without a webhook and without anybody who looks, money is found, also after the end."""
    found: list[str] = []
    seen, late = await house.begins(), await house.begins()
    await house.overdue(late, timedelta(minutes=21))
    async with running(Reconciler(house.desk, house.till, found.append).run):
        house.fake.pay(house.bill_of(seen).id)
        await becomes(house, seen, "confirmed")
        house.fake.pay(house.bill_of(late).id, late=True)
        await becomes(house, late, "failed_pairing")
    assert {"confirmed", "late"} <= set(found)


async def test_what_is_over_keeps_nobody_waiting(house: Bank) -> None:
    """However long what is over has waited, what is being paid is looked at in the same round."""
    dead = [await house.begins() for _ in range(12)]
    for seen in dead:
        await house.overdue(seen, timedelta(minutes=21))
    await house.errands_run()
    alive = await house.begins()
    house.fake.pay(house.bill_of(alive).id)
    await house.sql(
        SQL(
            "UPDATE payment_invoices SET next_look_at = now() - interval '1 s'"
            " * (CASE WHEN status = 'expired' THEN 3600 ELSE 1 END)"
        )
    )
    house.rhythm = RHYTHM
    found: list[str] = []
    worker = Reconciler(house.desk, house.till, found.append)
    assert await worker.take() == 1 + OVER_AT_ONCE
    await worker.finished()
    assert sorted(found) == ["confirmed"] + ["not_paid"] * OVER_AT_ONCE


async def test_what_is_over_has_its_pace(house: Bank) -> None:
    """No more of it are looked at in a second than the rhythm says; what can be paid is not counted."""
    for _ in range(6):
        await house.overdue(await house.begins(), timedelta(minutes=21))
    await house.errands_run()
    for _ in range(4):
        await house.begins()
    await house.sql(SQL("UPDATE payment_invoices SET next_look_at = now() - interval '1 s'"))
    house.rhythm = evolve(RHYTHM, over_per_second=2)
    found: list[str] = []
    worker = Reconciler(house.desk, house.till, found.append)
    began = time.monotonic()
    assert await worker.take() == 4 + 2
    await worker.finished()
    async with running(worker.run):

        async def all_seen() -> bool:
            return len(found) == 10

        await eventually(all_seen, seconds=10, what="some are not looked at")
    assert time.monotonic() - began > 1.5  # two at once, the other four at two a second


def test_pace() -> None:
    """So many at once, then so many a second; a long rest saves no more than one second's worth."""
    pace = Pace(4)
    assert pace.allowed(100.0) == 4
    pace.used(3)
    assert pace.allowed(100.0) == 1
    pace.used(1)
    assert pace.allowed(100.2) == 0
    assert pace.allowed(100.5) == 2
    assert pace.allowed(900.0) == 4


async def test_hands_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not end soon is dropped when it is time to go; what does is waited for."""
    monkeypatch.setattr(hands_module, "AT_THE_END_SECONDS", 0.1)
    freed: list[None] = []
    some = Hands("test", 2, lambda: freed.append(None))
    ended: list[str] = []

    async def work(seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append("well")

    some.begin(work(0.01))
    some.begin(work(60))
    assert some.free == 0
    await some.ended()
    assert (some.free, ended, len(freed)) == (2, ["well"], 1)
