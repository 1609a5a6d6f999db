"""The picture of who is eligible, drawn from PostgreSQL in one query. Knows no cache."""

from __future__ import annotations

from typing import Final, final

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.flow.availability import House
from halobestie_core.ports.presence import Picture

Q: Final = load("presence", "picture", "write_heartbeats")


@final
class PostgresPictures:
    """`PictureSource` on a pool."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def picture(self, house: House) -> Picture:
        """Who is eligible now, under these rules. Raises StoreUnavailable."""
        given = {
            "cap": house.cap,
            "require_ping": house.require_ping,
            "stale_after": house.stale_after_seconds,
        }
        async with connection(self._pool) as conn:
            # Binary: a megabyte of ids comes as it is, and not as two of hexadecimal digits.
            cursor = conn.cursor(row_factory=class_row(Picture), binary=True)
            await cursor.execute(Q.picture, given)
            found = await cursor.fetchone()
        if found is None:
            raise LookupError("an aggregate always has a row")
        return found
