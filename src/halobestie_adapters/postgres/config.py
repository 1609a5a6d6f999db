"""The `ConfigStore` port on PostgreSQL: settings, their history, and the command that a change leaves behind.

It does not know which keys there are, what they may hold, nor who was first: it locks, shows, and writes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.config import Stored

Q: Final = load("config")


@final
class PostgresConfigUnit:
    """One change, under the lock."""

    def __init__(self, conn: AsyncConnection[TupleRow], stored: Mapping[str, Stored]) -> None:
        self._conn = conn
        self._stored = stored

    @property
    def stored(self) -> Mapping[str, Stored]:
        """What stands, by key."""
        return self._stored

    async def save(
        self, values: Mapping[str, object], author: UUID, *, house_changed: bool
    ) -> Sequence[Stored]:
        """Write everything or nothing, in one round trip."""
        cursors = []
        async with self._conn.pipeline():
            for key, value in values.items():
                cursor = self._conn.cursor(row_factory=class_row(Stored))
                await cursor.execute(Q.write, {"key": key, "value": Jsonb(value), "author": author})
                cursors.append(cursor)
            if house_changed:
                await self._conn.execute(Q.house_changed)
            await self._conn.execute(Q.commit)
        return [row for cursor in cursors for row in await cursor.fetchall()]


@final
class PostgresConfigStore:
    """Where settings are kept."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def stored(self) -> Sequence[Stored]:
        """Every setting there is. Raises StoreUnavailable."""
        async with connection(self._pool) as conn:
            return await _stored(conn)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[PostgresConfigUnit]:
        """Lock, read, and let the caller decide. Raises Busy, StoreUnavailable."""
        async with connection(self._pool) as conn:
            try:
                await conn.execute(Q.begin)
                await conn.execute(Q.lock)
                yield PostgresConfigUnit(conn, {row.key: row for row in await _stored(conn)})
            finally:
                if conn.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                    await conn.execute(Q.rollback)


async def _stored(conn: AsyncConnection[TupleRow]) -> Sequence[Stored]:
    cursor = conn.cursor(row_factory=class_row(Stored))
    await cursor.execute(Q.stored)
    return await cursor.fetchall()
