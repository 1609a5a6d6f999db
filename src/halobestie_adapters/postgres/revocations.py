"""The list of ended log-ins on PostgreSQL. Ends none, and does not know who keeps the list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres.identity import rows
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.identity import Revoked
from halobestie_core.ports.revocations import Ended, EndedLogIns

Q: Final = load("revocations", "clock", "ended")


@final
class PostgresRevocations:
    """`RevocationList` on a pool."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def ended(self, since: datetime | None, reach: timedelta) -> EndedLogIns:
        """Read the clock, then the list: one round trip. Raises StoreUnavailable."""
        async with connection(self._pool) as conn:
            async with conn.pipeline():
                clock = await conn.execute(Q.clock)
                cursor = conn.cursor(row_factory=rows(_ended))
                await cursor.execute(Q.ended, {"since": since, "reach": reach})
            moment, found = await clock.fetchone(), await cursor.fetchall()
        if moment is None:
            raise StoreUnavailable("the clock gave no answer")
        return EndedLogIns(moment[0], found)


def _ended(*, login: UUID, reason: str, at: datetime) -> Ended:
    return Ended(login, Revoked(reason), at)
