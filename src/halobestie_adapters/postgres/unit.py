"""The unit of work on PostgreSQL: one command, one transaction, two round trips.

The first trip begins, takes the locks in their order (customer, mitra), reads what the command concerns and, last, the
clock. The second writes everything and commits; a compare-and-set that matches no row raises inside the server, so the
COMMIT behind it in the same pipeline cannot take effect. READ COMMITTED is enough: each statement after a lock sees what
the holder before us committed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, final
from uuid import UUID

import psycopg
from attrs import define, field
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres import loading, packed
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.writes import Writes
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.store import Actor, Loaded, Scope

Q: Final = load("unit")


@define
class Cost:
    """What one command cost the store: waits for the network, statements sent, rows written, rows locked by name."""

    round_trips: int = 0
    statements: list[str] = field(factory=list)
    rows_written: int = 0
    locks: list[str] = field(factory=list)


@final
class PostgresUnit:
    """An open transaction. Made by :class:`PostgresStore`; leaving it unsaved rolls back."""

    def __init__(self, conn: AsyncConnection[TupleRow], new_id: Callable[[], UUID], cost: Cost) -> None:
        self._conn = conn
        self._new_id = new_id
        self._cost = cost
        self._loaded: Loaded | None = None

    @property
    def loaded(self) -> Loaded:
        """What was loaded under the locks."""
        if self._loaded is None:
            raise LookupError("nothing is loaded before the unit is entered")
        return self._loaded

    async def load(self, scope: Scope) -> None:
        """Begin, lock, read, look at the clock: one round trip."""
        given = loading.parameters(scope)
        cursors: list[tuple[str, psycopg.AsyncCursor[Any]]] = []
        async with self._conn.pipeline():
            await self._conn.execute(Q.begin)
            for what, query in loading.steps(scope):
                cursor = self._conn.cursor(binary=True, row_factory=loading.FACTORIES[what])
                if what in {"waves", "eligible"}:
                    packed.packed(cursor)
                await cursor.execute(Q[query], given)
                cursors.append((what, cursor))
                self._note(query)
        self._cost.round_trips += 1
        found: dict[str, Any] = {}
        for what, cursor in cursors:
            found[what] = await (cursor.fetchall() if what in loading.MANY else cursor.fetchone())
        self._loaded = loading.assembled(found)

    async def save(self, moved: Moved, actor: Actor, *, done: int | None = None) -> None:
        """Write everything and commit: one round trip. Raises as the port says."""
        writes = Writes(moved, actor, self.loaded.now, self._new_id)
        await self._write([*writes.statements(), *_done(done)])

    async def dismiss(self, done: int) -> None:
        """Mark the outbox row as dealt with and commit."""
        await self._write(_done(done))

    async def _write(self, statements: list[tuple[str, Mapping[str, object]]]) -> None:
        cursors: list[psycopg.AsyncCursor[TupleRow]] = []
        async with self._conn.pipeline():
            for query, given in statements:
                cursors.append(await self._conn.execute(Q[query], given))
                self._note(query)
            await self._conn.execute(Q.commit)
        self._cost.round_trips += 1
        self._cost.rows_written += sum(max(0, cursor.rowcount) for cursor in cursors)

    def _note(self, query: str) -> None:
        self._cost.statements.append(query)
        if query.startswith("lock_"):
            self._cost.locks.append(query.removeprefix("lock_").partition("_of_")[0])


def _done(done: int | None) -> list[tuple[str, Mapping[str, object]]]:
    return [] if done is None else [("outbox_done", {"done": done})]


@final
class PostgresStore:
    """The store on PostgreSQL. ``watch`` is told what each finished command cost, for tests and metrics."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        new_id: Callable[[], UUID] = uuid7,
        watch: Callable[[Cost], None] | None = None,
    ) -> None:
        self._pool = pool
        self._new_id = new_id
        self._watch = watch

    @asynccontextmanager
    async def unit(self, scope: Scope) -> AsyncIterator[PostgresUnit]:
        """Open a transaction, take the locks and load. Raises Busy, StoreUnavailable, and what ``save`` raises."""
        cost = Cost()
        async with connection(self._pool) as conn:
            packed.register(conn)
            unit = PostgresUnit(conn, self._new_id, cost)
            try:
                with translated():
                    await unit.load(scope)
                    yield unit
            finally:
                await _close(conn)
        if self._watch is not None:
            self._watch(cost)


async def _close(conn: AsyncConnection[TupleRow]) -> None:
    """End a transaction that was not committed; a broken connection has ended it by itself."""
    if conn.closed or conn.info.transaction_status is TransactionStatus.IDLE:
        return
    await conn.execute(Q.rollback)


__all__ = ["Cost", "PostgresStore", "PostgresUnit"]
