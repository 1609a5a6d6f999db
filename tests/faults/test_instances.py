"""Instances are killed at any moment and at named points, and stopped in turn, while people talk."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, LiteralString

import pytest
from attrs import frozen
from psycopg_pool import AsyncConnectionPool

from halobestie_app.fakes.xendit_troubles import Mode
from support.contest import pausing
from support.faults import Row
from support.rig import CONVERGED, Rig
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(14_400)]
Faulted = Callable[[str], Row]

KILLS = 5
"""How many kills one round is."""
ALL = 0.25
"""How often all instances are killed at once."""
EDGES = 20
"""So many different moves are made meanwhile, or the crowd was too well-behaved."""
STANDING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'advisory' AND state = 'active'"""
"""Backends that wait where `pausing` lets them."""


async def test_killed_at_random(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """One of three, or all: what was acknowledged is there, and what is due is done."""
    row, chance = faulted("instance_killed"), random.Random("kills")
    async with rig.crowded(row) as crowd:
        for _ in range(KILLS * fault_rounds):
            doomed = rig.house.instances if chance.random() < ALL else [chance.choice(rig.house.instances)]
            due = await rig.due(chance.uniform(0.05, 0.5))
            await asyncio.sleep(chance.uniform(0, 0.3))  # any moment will do
            await asyncio.gather(*(asyncio.to_thread(one.kill) for one in doomed))
            row.took("ready", await rig.restarted(doomed))
            ready = await rig.now() if len(doomed) > 1 else 0.0
            row.took("overdue deadline", max(0.0, await rig.lateness(due, ready)))
            await rig.drained(row)
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1
    came_to = crowd.came_to()
    assert row.counts["edges"] >= EDGES
    assert came_to["extension accepted"], came_to
    assert came_to["all_mitras_rejected, superseded"] + came_to["targeted_mitra_rejected, superseded"], (
        came_to
    )


async def test_killed_at_named_points(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """All who stand in the midst of something are killed; it is done once, or not at all and then again."""
    row = faulted("killed_at_a_point")
    async with rig.crowded(row):
        for point in POINTS * fault_rounds if fault_rounds > 1 else FEWER:
            async with asyncio.timeout(60):
                await point.reached(rig)
            row.took("ready", await rig.restarted(rig.house.instances))
            await rig.drained(row)
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1


async def test_a_rolling_restart(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """SIGTERM, status 0, and start, one after the other: whoever asks again elsewhere is served."""
    row = faulted("rolling_restart")
    async with rig.crowded(row) as crowd:
        for instance in rig.house.instances * fault_rounds:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            if status := await asyncio.to_thread(instance.stop):
                row.broken.append(f"an instance ended with status {status}")
            row.took("stopped", loop.time() - begun)
            row.took("ready", await rig.restarted([instance]))
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1
    row.took("a command, until it was carried out", *crowd.figures.commands)


async def test_stopped_while_postgres_is_a_black_hole(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """A server that can save nothing more ends all the same."""
    row = faulted("stopped_in_a_black_hole")
    async with rig.crowded(row):
        for _ in range(fault_rounds):
            rig.postgres.stall()
            loop = asyncio.get_running_loop()
            begun = loop.time()
            try:
                await asyncio.to_thread(rig.house.first.stop)
            finally:
                rig.postgres.mend()
            row.took("ended", loop.time() - begun)
            row.took("ready", await rig.restarted([rig.house.first]))
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1


# ------------------------------------------------------------------------------------------ named points


@frozen
class Point:
    """Where somebody is killed; ``reached`` lets it come to that."""

    name: str
    reached: Callable[[Rig], Awaitable[None]]


@frozen
class Pool:
    """What is needed to pause others on a database."""

    pool: AsyncConnectionPool


COMMITS: Final[Mapping[str, tuple[str, LiteralString]]] = {
    "a payment": ("payment_sessions", "INSERT OR UPDATE"),
    "a search": ("pairing_requests", "INSERT OR UPDATE"),
    "a chat": ("chat_sessions", "INSERT OR UPDATE"),
    "a message": ("chat_messages", "INSERT"),
    "an extension": ("session_extensions", "INSERT OR UPDATE"),
    "a failure and its refund due": ("pairing_failures", "INSERT"),
    "a fallback or a refund": ("pairing_failures", "UPDATE"),
    "a webhook that came": ("webhook_inbox", "INSERT"),
    "a webhook that was believed": ("webhook_inbox", "UPDATE"),
    "a key": ("idempotency_keys", "INSERT OR UPDATE"),
    "the mark of what was published": ("outbox", "UPDATE"),
}
"""Whose commit: what is written there, and how."""


async def in_a_commit(whose: str, rig: Rig, *, rolled_back: bool) -> None:
    """In the commit of whoever writes there next; PostgreSQL hears of the death before it, or after."""
    table, event = COMMITS[whose]
    async with (
        AsyncConnectionPool(
            rig.stores.database_url, open=False, min_size=1, kwargs={"autocommit": True}
        ) as pool,
        pausing(Pool(pool), (table,), event),
    ):
        backends: list[int] = []

        async def stands() -> bool:
            backends[:] = [row["pid"] for row in await rig.house.rows(STANDING)]
            return bool(backends)

        await eventually(stands, seconds=CONVERGED, what=f"nobody commits {whose}")
        rig.house.killed()
        if rolled_back:
            await rig.house.rows("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", backends)


async def between_commit_and_publication(rig: Rig) -> None:
    """What was committed was told to nobody."""
    rig.redis.stall()
    unsent = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND kind = 'frame'"

    async def waits() -> bool:
        return bool(await rig.house.value(unsent) > 0)

    await eventually(waits)
    rig.house.killed()
    rig.redis.mend()


async def between_the_invoice_and_its_note(rig: Rig) -> None:
    """The gateway has made an invoice, and nobody wrote down which."""
    books = rig.xendit.fake.books
    before = len(books.bills)
    rig.xendit.fake.trouble(Mode.LATE, seconds=5)

    async def made() -> bool:
        return len(books.bills) > before

    try:
        await eventually(made)
        rig.house.killed()
    finally:
        rig.xendit.fake.well()


POINTS = [
    *(
        Point(
            f"in the commit of {whose}, {'rolled back' if back else 'committed'}",
            partial(in_a_commit, whose, rolled_back=back),
        )
        for whose in COMMITS
        for back in (False, True)
    ),
    Point("between commit and publication", between_commit_and_publication),
    Point("between the invoice and its note", between_the_invoice_and_its_note),
]
FEWER = [*(POINTS[2 * at + at % 2] for at in range(len(COMMITS))), *POINTS[2 * len(COMMITS) :]]
"""Of the commits, every other is rolled back: the short form."""
