"""The frames of the outbox: claimed by whoever sends them, and read by whoever cannot hear them otherwise.

It does not know how a frame travels. Claims are by SKIP LOCKED, which is right here and nowhere else: these
rows are locked by nobody but relays, so there is no order of locks to break.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final, final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters import framing
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.notify import Claim, OutboxFrame

Q: Final = load("outbox", "claim_frames", "looked_at", "frames_sent", "recent_frames")

MARGIN: Final = timedelta(seconds=30)
"""No transaction lives so long that a row shows up this late."""
FROM_THE_START_SECONDS: Final = 10.0
"""How often the whole index is walked all the same: a row whose next attempt was set by hand is found too."""

BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)


@final
class PostgresFrameOutbox:
    """`FrameOutbox` on a pool."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._floor = BEGINNING
        self._walked_at = monotonic()

    @asynccontextmanager
    async def claimed(self, limit: int) -> AsyncIterator[Claim]:
        """Take unsent frames in one transaction, and mark them when the block ends: two round trips.

        Raises StoreUnavailable.
        """
        async with connection(self._pool) as conn:
            try:
                claim, looked_at = await self._claim(conn, limit)
                yield claim
                async with conn.pipeline():
                    if claim.frames:
                        await conn.execute(Q.frames_sent, {"ids": [one.id for one in claim.frames]})
                    await conn.execute("COMMIT")
            finally:
                if conn.info.transaction_status is not TransactionStatus.IDLE and not conn.closed:
                    await conn.execute("ROLLBACK")
        if not claim.more:
            self._floor = looked_at - MARGIN

    async def _claim(self, conn: AsyncConnection[TupleRow], limit: int) -> tuple[Claim, datetime]:
        if monotonic() - self._walked_at >= FROM_THE_START_SECONDS:
            self._floor, self._walked_at = BEGINNING, monotonic()
        async with conn.pipeline():
            await conn.execute("BEGIN")
            clock = await conn.execute(Q.looked_at)
            cursor = conn.cursor(row_factory=dict_row)
            await cursor.execute(Q.claim_frames, {"floor": self._floor, "limit": limit})
        rows = await cursor.fetchall()
        frames = [_frame(row) for row in rows if not row["waits"]]
        [looked_at] = await clock.fetchone() or [self._floor + MARGIN]
        return Claim(frames, more=len(rows) == limit or len(frames) < len(rows)), looked_at

    async def recent(
        self, seconds: float, customers: Collection[UUID], mitras: Collection[UUID]
    ) -> Sequence[OutboxFrame]:
        """The frames of the last `seconds` for these people. Raises StoreUnavailable."""
        given = {"seconds": seconds, "customers": [*map(str, customers)], "mitras": [*map(str, mitras)]}
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=dict_row)
            await cursor.execute(Q.recent_frames, given)
            return [_frame(row) async for row in cursor]


def _frame(row: dict[str, object]) -> OutboxFrame:
    return framing.frame(row["id"], row["stream"], row["audience"], row["payload"], row["created_at"])  # type: ignore[arg-type] # dict_row knows no columns; the query does
