"""Reports on PostgreSQL: counts that are kept, and the log's end that is not counted yet, read as one.

Knows who may look no more than how it is drawn. `report_rows` puts the rows together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, LiteralString, final

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, class_row, dict_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.report_rows import GRAINS, assembled
from halobestie_core.flow.availability import House
from halobestie_core.ports.reports import Dashboard, EdgeCount, Edges

Q: Final = load("reports")

MOST_COUNTED: Final = 20_000
"""Moves counted in one transaction: about a tenth of a second."""
MOST_READ: Final = 100_000
"""Moves that a report reads from the log itself; with more, it says that it is not complete."""


@final
class PostgresReports:
    """`Reports` on a pool."""

    def __init__(self, pool: AsyncConnectionPool, *, most_read: int = MOST_READ) -> None:
        self._pool = pool
        self._most = most_read

    async def dashboard(self, house: House) -> Dashboard:
        """Look now: two round trips."""
        rules = {
            "cap": house.cap,
            "require_ping": house.require_ping,
            "stale_after": house.stale_after_seconds,
        }
        async with connection(self._pool) as conn:
            live = await _one(conn, Q.live, rules)
            given = {
                "at": live["at"],
                "most": self._most,
                "grains": [grain for grain, _ in GRAINS],
                "buckets": [count for _, count in GRAINS],
            }
            async with conn.pipeline():
                cursors = [conn.cursor(row_factory=dict_row) for _ in range(4)]
                for cursor, query in zip(cursors, (Q.moves, Q.surplus, Q.waits, Q.complete), strict=True):
                    await cursor.execute(query, given)
            moves, surplus, waits, complete = [await cursor.fetchall() for cursor in cursors]
        return assembled(
            live, moves, surplus, waits, cap=house.cap, complete=all(row["complete"] for row in complete)
        )

    async def edges(self) -> Edges:
        """Count every edge: one round trip."""
        given = {"most": self._most}
        async with connection(self._pool) as conn, conn.pipeline():
            rows = conn.cursor(row_factory=class_row(EdgeCount))
            await rows.execute(Q.edges, given)
            complete = await conn.execute(Q.complete, given)
            found = await rows.fetchall()
            said = await complete.fetchone()
        return Edges(complete=said is not None and said[0], rows=tuple(found))

    async def outbox_ages(self) -> Mapping[str, float]:
        """Look at the head of each queue."""
        async with connection(self._pool) as conn:
            cursor = await conn.execute(Q.outbox_ages)
            return dict(await cursor.fetchall())


@final
class PostgresCounting:
    """`Counting` on a pool: each call is one short transaction."""

    def __init__(self, pool: AsyncConnectionPool, *, most: int = MOST_COUNTED) -> None:
        self._pool = pool
        self._most = most

    async def count(self) -> bool:
        """Count the next moves if they are closed; else close what was seen, for a later call."""
        async with connection(self._pool) as conn:
            try:
                await conn.execute(Q.begin)
                more = await self._step(conn)
                await conn.execute(Q.commit)
            finally:
                if conn.info.transaction_status is not TransactionStatus.IDLE and not conn.closed:
                    await conn.execute(Q.rollback)
        return more

    async def _step(self, conn: AsyncConnection[TupleRow]) -> bool:
        found = await _maybe(conn, Q.progress)
        if found is None:
            return False  # somebody else is counting
        if found["counted_id"] < found["closed_id"]:
            if found["over"]:
                row = await _one(conn, Q.count_moves, {"most": self._most})
                return bool(row["counted_id"] < found["closed_id"])
            if found["foreign"]:
                await conn.execute(Q.close_anew)
        elif found["closed_id"] < found["last_id"]:
            await conn.execute(Q.close, {"last_id": found["last_id"]})
        return False

    async def prune(self, limit: int) -> int:
        """Delete some of the finer buckets that are older than eight days."""
        async with connection(self._pool) as conn:
            counts = await conn.execute(Q.prune_counts, {"most": limit})
            times = await conn.execute(Q.prune_times, {"most": limit - counts.rowcount})
        return counts.rowcount + times.rowcount


async def _maybe(
    conn: AsyncConnection[TupleRow],
    query: LiteralString,
    given: Mapping[str, object] | None = None,
) -> dict[str, Any] | None:
    cursor = conn.cursor(row_factory=dict_row)
    await cursor.execute(query, given)
    return await cursor.fetchone()


async def _one(
    conn: AsyncConnection[TupleRow], query: LiteralString, given: Mapping[str, object]
) -> dict[str, Any]:
    found = await _maybe(conn, query, given)
    if found is None:
        raise LookupError("this query always has a row")
    return found
