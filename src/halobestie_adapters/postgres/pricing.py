"""The `Prices` port on PostgreSQL: what is for sale, under a lock that payments being priced hold too.

It does not know what may be changed into what: it locks, shows, and writes. Looking is done under a lock that
lets everybody else read; only the writing, one round trip from lock to commit, keeps them waiting.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, final
from uuid import UUID

import attrs
from attrs import evolve
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, kwargs_row, scalar_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.catalogue import Catalogue, Change, PromotionRow, Row, TierRow
from halobestie_core.words import Mode

Q: Final = load("pricing")


def _tier(*, mode: str, **columns: Any) -> TierRow:  # noqa: ANN401 - passed on by name, checked there
    return TierRow(mode=Mode(mode), **columns)


def _promotion(*, mode: str, **columns: Any) -> PromotionRow:  # noqa: ANN401 - as above
    return PromotionRow(mode=Mode(mode), **columns)


@final
class PostgresCatalogueUnit:
    """One change, under the lock."""

    def __init__(self, conn: AsyncConnection[TupleRow], seen: Catalogue, new_id: Callable[[], UUID]) -> None:
        self._conn = conn
        self._seen = seen
        self._new_id = new_id

    @property
    def seen(self) -> Catalogue:
        """What stands."""
        return self._seen

    async def save(self, changes: Sequence[Change], author: UUID) -> Sequence[Row]:
        """Shut the tables, write everything and commit, in one round trip. Raises Busy."""
        cursors = []
        async with self._conn.pipeline():
            await self._conn.execute(Q.brief)
            await self._conn.execute(Q.shut)
            for change in changes:
                cursor = self._conn.cursor(row_factory=scalar_row)
                query = Q.write_tier if isinstance(change.after, TierRow) else Q.write_promotion
                await cursor.execute(query, self._given(change, author))
                cursors.append(cursor)
            await self._conn.execute(Q.commit)
        written = [await cursor.fetchone() for cursor in cursors]
        return [_now(change, at) for change, at in zip(changes, written, strict=True)]

    def _given(self, change: Change, author: UUID) -> Mapping[str, object]:
        row = attrs.asdict(change.after, recurse=False)
        return {**row, "version_id": self._new_id(), "kind": change.kind, "author": author}


def _now(change: Change, at: datetime | None) -> Row:
    if at is None:
        raise StoreUnavailable("a statement that always answers gave nothing")
    earlier = None if change.before is None else change.before.updated_at
    return evolve(change.after, updated_at=at, earlier_at=earlier)


@final
class PostgresPrices:
    """Where what is for sale is kept."""

    def __init__(self, pool: AsyncConnectionPool, new_id: Callable[[], UUID] = uuid7) -> None:
        self._pool = pool
        self._new_id = new_id

    async def catalogue(self) -> Catalogue:
        """Everything there is. Raises StoreUnavailable."""
        async with connection(self._pool) as conn, conn.transaction():
            return await _seen(conn)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[PostgresCatalogueUnit]:
        """Lock, read, and let the caller decide. Raises Busy, StoreUnavailable."""
        async with connection(self._pool) as conn:
            try:
                await conn.execute(Q.begin)
                await conn.execute(Q.lock)
                yield PostgresCatalogueUnit(conn, await _seen(conn), self._new_id)
            finally:
                if conn.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                    await conn.execute(Q.rollback)


async def _seen(conn: AsyncConnection[TupleRow]) -> Catalogue:
    async with conn.pipeline():
        tiers = conn.cursor(row_factory=kwargs_row(_tier))
        await tiers.execute(Q.tiers)
        promotion = conn.cursor(row_factory=kwargs_row(_promotion))
        await promotion.execute(Q.promotion)
    found = await promotion.fetchone()
    if found is None:
        raise StoreUnavailable("there is no first-session discount in this database")
    return Catalogue(tuple(await tiers.fetchall()), found)


__all__ = ["PostgresCatalogueUnit", "PostgresPrices"]
