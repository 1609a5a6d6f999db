"""Rounds of a race: many rounds at once, each with its own customer, on several instances. Knows no race."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from psycopg import AsyncConnection

from support.evening import House, at_once
from support.people import Answer, Customer, Json, Mitra
from support.waiting import eventually

HANDS = 6
"""Rounds that are played at the same time."""


class Staff:
    """A few mitras, each of whom plays in one round at a time."""

    def __init__(self, mitras: list[Mitra]) -> None:
        self._free = asyncio.Queue[Mitra]()
        for mitra in mitras:
            self._free.put_nowait(mitra)

    @asynccontextmanager
    async def one(self) -> Any:  # noqa: ANN401  a context manager of a mitra
        """Somebody who is free, until the block ends."""
        mitra = await self._free.get()
        try:
            yield mitra
        finally:
            self._free.put_nowait(mitra)


async def played(house: House, rounds: int, play: Callable[[Customer], Awaitable[Any]]) -> Counter[Any]:
    """Play so many rounds, each with a new customer; count what each came to."""
    outcomes: Counter[Any] = Counter()

    async def one(customer: Customer) -> None:
        outcomes[await play(customer)] += 1

    customers = await house.customers(rounds)
    await at_once([partial(one, customer) for customer in customers], HANDS)
    print(f"{rounds} rounds: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    return outcomes


def no_accidents(answers: Sequence[Answer]) -> None:
    """Nothing broke: whatever was refused was refused for a reason of the domain."""
    assert all(answer.status < 500 for answer in answers), [answer.body for answer in answers]


async def due_in(house: House, request: Json, milliseconds: float) -> None:
    """Let a request's window end so soon."""
    await house.rows(
        """
        UPDATE pairing_requests SET deadline_at = d, wake_at = d
        FROM (SELECT clock_timestamp() + %s * interval '1 millisecond' AS d) AS soon
        WHERE id = %s AND status = 'pending'""",
        milliseconds,
        request["id"],
    )


@asynccontextmanager
async def held(house: House, customer: Customer) -> Any:  # noqa: ANN401  a context manager of a function
    """Hold the lock of a customer, so that whatever is sent queues up behind it in the order it was sent.

    Gives a function that waits until so many commands are waiting.
    """

    async def done() -> bool:
        found = await house.value("SELECT count(*) FROM outbox WHERE kind = 'later' AND sent_at IS NULL")
        return bool(found == 0)

    await eventually(done, seconds=5, what="commands for later would queue up as well")
    async with await AsyncConnection.connect(house.database_url) as connection:
        await connection.execute("SELECT FROM customers WHERE id = %s FOR NO KEY UPDATE", [customer.id])

        async def queued(count: int) -> None:
            async def waiting() -> bool:
                found = await house.value(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'"""
                )
                return bool(found >= count)

            await eventually(waiting, seconds=5, what=f"nobody waits behind the lock as number {count}")

        yield queued
        await connection.rollback()
