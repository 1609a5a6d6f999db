"""Heartbeats on their way into PostgreSQL: one statement for many. Does not know who collected them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime
from typing import Final, final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.presence_reads import Q
from halobestie_core.flow.availability import House
from halobestie_core.ports.presence import BeatsWritten

BATCH: Final = 1000
"""Rows of one statement: they are held until it ends, and an accept may want one of them."""


@final
class PostgresHeartbeats:
    """`HeartbeatStore` on a pool."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def write(self, beats: Mapping[UUID, datetime], house: House) -> BeatsWritten:
        """Write them, a thousand at a time. Raises StoreUnavailable; then some may have been written."""
        revived, busy = 0, set[UUID]()
        rest = iter(beats.items())
        while some := dict(itertools.islice(rest, BATCH)):
            given = {
                "ids": list(some),
                "ats": list(some.values()),
                "require_ping": house.require_ping,
                "stale_after": house.stale_after_seconds,
            }
            async with connection(self._pool) as conn:
                found = await (await conn.execute(Q.write_heartbeats, given)).fetchone()
            if found is not None:
                revived += found[0]
                busy.update(found[1])
        return BeatsWritten(frozenset(busy), revived)
