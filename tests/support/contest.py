"""Contests on a real database without a server: all at once behind a barrier, or two in a forced order.

An order can be forced in three ways. *In turn*: the second begins when the first is done. *Queued*: somebody
holds a row that both want, and lets go when they wait for it, one behind the other. *Paused*: the first has
done everything but commit when the second begins. Knows no race.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any, Final, LiteralString, Protocol
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import Busy
from halobestie_app.problems import Problem
from support.waiting import eventually

CONTENDERS: Final = 8
PAUSED_AT: Final = 4711
"""The advisory lock before which a paused transaction waits."""
Side = Callable[[], Awaitable[object]]

_WAITING = SQL(
    "SELECT count(*)::int FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_PAUSE = SQL(
    "CREATE FUNCTION pause_before_commit() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN PERFORM pg_advisory_xact_lock_shared({}); RETURN NULL; END $$"
).format(PAUSED_AT)
_AT = SQL(
    "CREATE CONSTRAINT TRIGGER pause_before_commit AFTER {} ON {}"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pause_before_commit()"
)


class Place(Protocol):
    """Where a contest is held."""

    @property
    def pool(self) -> AsyncConnectionPool:
        """Connections, one more than there are sides."""
        ...


async def said(doing: Awaitable[object]) -> str:
    """``OK``, or why not."""
    try:
        await doing
    except Problem as refused:
        return refused.code.value
    except Busy:
        return "BUSY"
    return "OK"


async def behind_a_barrier(*doing: Side) -> list[str]:
    """Let all begin at once; what each heard."""
    barrier = asyncio.Barrier(len(doing))

    async def one(do: Side) -> str:
        await barrier.wait()
        return await said(do())

    return await asyncio.gather(*map(one, doing))


async def mixed(chance: random.Random, sides: dict[str, Side]) -> list[tuple[str, str]]:
    """Every side as often as eight connections allow; who did what, and what they heard.

    One of the sides is held up a little, so that the shorter way to the lock does not always win.
    """
    slower, delay = chance.choice([*sides]), chance.uniform(0, 0.01)

    def of(side: str) -> Side:
        async def does() -> object:
            await asyncio.sleep(delay if side == slower else 0)
            return await sides[side]()

        return does

    names = [side for side, _ in zip(cycle(sides), range(CONTENDERS), strict=False)]
    return list(zip(names, await behind_a_barrier(*map(of, names)), strict=True))


def was_a_race(outcomes: Counter[Any]) -> None:
    """A race in which one side always wins is none."""
    print(dict(outcomes))  # noqa: T201  shown by `pytest -rP`
    assert len(outcomes) > 1, outcomes


async def in_turn(*doing: Side) -> list[str]:
    """One after the other; what each heard."""
    return [await said(do()) for do in doing]


async def queued(place: Place, table: str, row: UUID, *doing: Side) -> list[str]:
    """Hold a row until all wait for it, one behind the other; what each heard."""
    lock = SQL("SELECT FROM {} WHERE id = %s FOR NO KEY UPDATE").format(Identifier(table))
    tasks: list[asyncio.Task[str]] = []
    async with place.pool.connection() as holder, holder.transaction():
        await holder.execute(lock, [row])
        for number, do in enumerate(doing, 1):
            tasks.append(asyncio.create_task(said(do())))
            await _waiting(place, number, tasks[-1])
    return await asyncio.gather(*tasks)


async def paused(
    place: Place, first: Side, second: Side, tables: Sequence[str] = ("transitions",)
) -> list[str]:
    """Let the first do everything but commit, then the second begin; what each heard.

    The first has to write to one of the tables. The second waits for the first, or does not need to.
    """
    async with pausing(place, tables) as goes_on:
        one = asyncio.create_task(said(first()))
        await _waiting(place, 1, one)
        assert not one.done(), f"it was over before it could be paused: {await one}"
        other = asyncio.create_task(said(second()))
        await _waiting(place, 2, other)
        await goes_on()
        return [await one, await other]


@asynccontextmanager
async def pausing(
    place: Place, tables: Sequence[str] = ("transitions",), event: LiteralString = "INSERT OR UPDATE"
) -> Any:  # noqa: ANN401  a context manager of a function
    """Nobody who wrote so to these tables commits before the function that this gives is called."""
    async with place.pool.connection() as holder:
        await holder.execute(_PAUSE)
        for table in tables:
            await holder.execute(_AT.format(SQL(event), Identifier(table)))
        await holder.execute(SQL("SELECT pg_advisory_lock({})").format(PAUSED_AT))

        async def goes_on() -> None:
            await holder.execute(SQL("SELECT pg_advisory_unlock_all()"))

        try:
            yield goes_on
        finally:
            await goes_on()
            await holder.execute(SQL("DROP FUNCTION pause_before_commit CASCADE"))


async def waits(place: Place, count: int) -> None:
    """Wait until so many wait for a lock."""
    await _waiting(place, count, None)


async def _waiting(place: Place, count: int, task: "asyncio.Task[str] | None") -> None:
    async def so() -> bool:
        return (task is not None and task.done()) or await _found(place, _WAITING) >= count

    await eventually(so, seconds=5, what=f"nobody waits as number {count}")


async def _found(place: Place, query: SQL | Composed) -> int:
    async with place.pool.connection() as conn:
        row = await (await conn.execute(query)).fetchone()
    assert row is not None
    return int(row[0])
