"""PostgreSQL and Redis are killed, emptied, away and paused while people talk."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from support.crowd import Crowd
from support.faults import ROUNDS, Row
from support.killing import killed, paused
from support.people import Answer, Customer
from support.rig import CONVERGED, Rig
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(14_400)]
Faulted = Callable[[str], Row]

SIZE = 5
AWAY = 60.0 if ROUNDS > 1 else 6.0
"""Seconds without Redis."""
BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""


async def test_postgres_killed(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """It comes back on its data; what was acknowledged is there."""
    row, chance = faulted("postgres_killed"), random.Random("postgres")
    async with rig.crowded(row, SIZE) as crowd:
        for _ in range(2 * fault_rounds):
            await asyncio.sleep(chance.uniform(0, 0.5))  # any moment will do
            begun = time.monotonic()
            await asyncio.to_thread(killed, rig.stores, "postgres")
            await rig.answers(crowd.mitras[0])
            row.took("serving again, after", time.monotonic() - begun)
            await goes_on(rig, row, crowd)


async def test_a_backend_killed(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """PostgreSQL then ends all of its connections by itself."""
    row, chance = faulted("backend_killed"), random.Random("backend")
    async with rig.crowded(row, SIZE) as crowd:
        for _ in range(3 * fault_rounds):
            backends = [found["pid"] for found in await rig.house.rows(BACKENDS)]
            begun = time.monotonic()
            os.kill(chance.choice(backends), signal.SIGKILL)
            await rig.answers(crowd.mitras[0])
            row.took("serving again, after", time.monotonic() - begun)
            await goes_on(rig, row, crowd)


async def goes_on(rig: Rig, row: Row, crowd: Crowd) -> None:
    """Look again, and wait until somebody ends an evening."""
    await rig.looks_again()
    await crowd.evenings()
    await rig.drained(row)
    row.broken += await rig.house.complaints(eventual=False)
    row.rounds += 1


# ------------------------------------------------------------------------------------------------- Redis


async def test_redis_flushed(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """Everything in it was a copy."""
    row = faulted("redis_flushed")
    async with rig.crowded(row, SIZE) as crowd:
        [ayu] = await rig.house.customers(1)
        for _ in range(3 * fault_rounds):
            rig.flush()
            row.took("availability right again, after", await is_right(rig, ayu))
            await crowd.evenings()
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1


async def test_redis_killed(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """Another comes in its place, with nothing in it."""
    row = faulted("redis_killed")
    async with rig.crowded(row, SIZE) as crowd:
        [ayu] = await rig.house.customers(1)
        for _ in range(2 * fault_rounds):
            await asyncio.to_thread(killed, rig.stores)
            row.took("availability right again, after", await is_right(rig, ayu))
            await crowd.evenings()
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1


async def test_redis_away(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """For a while nobody reaches it."""

    @contextmanager
    def away() -> Iterator[None]:
        rig.redis.cut()
        try:
            yield
        finally:
            rig.redis.mend()

    await without_redis(rig, faulted("redis_away"), away, fault_rounds)


async def test_redis_paused(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """It takes connections, and says nothing."""
    await without_redis(rig, faulted("redis_paused"), lambda: paused(rig.stores), fault_rounds)


async def without_redis(
    rig: Rig, row: Row, trouble: Callable[[], AbstractContextManager[None]], rounds: int
) -> None:
    """Nobody is told a number that is not known; everything else goes on, as fast as ever."""
    async with rig.crowded(row, SIZE) as crowd:
        [ayu] = await rig.house.customers(1)
        answers = crowd.figures.answers
        for _ in range(rounds if AWAY < CONVERGED else 1):
            at = len(answers)
            await crowd.passes(AWAY / 2)
            row.took("a request before", *answers[at:])
            at = len(answers)
            with trouble():
                begun = time.monotonic()
                await eventually(lambda: says(rig, ayu, 503), seconds=CONVERGED, what="it stays open")
                row.took("availability closed, after", time.monotonic() - begun)
                while time.monotonic() - begun < AWAY:
                    await crowd.evenings()
                    assert await says(rig, ayu, 503), "open again, with nothing to know it from"
                row.took("a request meanwhile", *answers[at:])
            row.took("availability right again, after", await is_right(rig, ayu))
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1


async def says(rig: Rig, ayu: Customer, status: int) -> bool:
    """Whether every instance answers so when asked for availability."""
    heard = [await ayu.via(one).availability() for one in rig.house.instances]
    return all(answer.status == status for answer in heard)


async def is_right(rig: Rig, ayu: Customer) -> float:
    """Wait until every instance knows how many are there; gives how long that took."""
    begun = time.monotonic()
    there = await rig.house.value("SELECT count(*) FROM mitras WHERE is_online")

    def right(answer: Answer) -> bool:
        return answer.status == 200 and bool(answer.body["count"] == there)

    async def all_right() -> bool:
        return all([right(await ayu.via(one).availability()) for one in rig.house.instances])

    await eventually(all_right, seconds=CONVERGED, what="availability does not come right again")
    return time.monotonic() - begun
