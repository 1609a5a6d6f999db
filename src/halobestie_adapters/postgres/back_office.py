"""The `BackOffice` port on PostgreSQL: each answer one round trip, at one moment. Changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, kwargs_row, scalar_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres import rows
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.reads import extension_row, session_row
from halobestie_core.flow.availability import Listener
from halobestie_core.ports.back_office import LiveChat, LiveChats, MitraKept, MitraSearch
from halobestie_core.ports.reads import SessionSeen
from halobestie_core.ports.store import Named

Q: Final = load("back_office")


def _mitra(*, phone: str, display_name: str, created_at: datetime, **columns: rows.Column) -> MitraKept:
    listener = rows.listener_row(**columns)
    return MitraKept(Named(listener.id, display_name), phone, listener, created_at)


def _live(
    *,
    mitra_id: UUID,
    is_online: bool,
    last_heartbeat_at: datetime | None,
    blocked_at: datetime | None,
    live_chats: int,
    mitra_version: int,
    **columns: rows.Column,
) -> tuple[SessionSeen, Listener]:
    listener = rows.listener_row(
        id=mitra_id,
        is_online=is_online,
        last_heartbeat_at=last_heartbeat_at,
        blocked_at=blocked_at,
        live_chats=live_chats,
        version=mitra_version,
    )
    return session_row(mitra_id=mitra_id, **columns), listener


@final
class PostgresBackOffice:
    """Reads for operators, on a pool."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def mitra(self, mitra_id: UUID) -> MitraKept | None:
        """One mitra. Raises StoreUnavailable."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_mitra))
            await cursor.execute(Q.mitra, {"mitra_id": mitra_id})
            return await cursor.fetchone()

    async def mitras(self, search: MitraSearch, limit: int, offset: int) -> tuple[Sequence[MitraKept], int]:
        """A page of the mitras found, and how many there are. Raises StoreUnavailable."""
        given = {
            "name": search.name,
            "digits": search.digits,
            "standings": [one.value for one in search.standings],
            "limit": limit,
            "offset": offset,
        }
        async with self._at_one_moment() as conn:
            page, count = conn.cursor(row_factory=kwargs_row(_mitra)), conn.cursor(row_factory=scalar_row)
            await page.execute(Q.mitras, given)
            await count.execute(Q.mitra_count, given)
        return await page.fetchall(), await count.fetchone() or 0

    async def in_chats(self) -> tuple[Sequence[Listener], datetime]:
        """The mitras of chats that go on. Raises StoreUnavailable."""
        async with self._at_one_moment() as conn:
            clock = conn.cursor(row_factory=scalar_row)
            mitras = conn.cursor(row_factory=kwargs_row(rows.listener_row))
            await clock.execute(Q.clock)
            await mitras.execute(Q.in_chats)
        now: datetime | None = await clock.fetchone()
        if now is None:
            raise StoreUnavailable("the clock gave no answer")
        return await mitras.fetchall(), now

    async def live_chats(self, limit: int, offset: int, mitras: Collection[UUID] | None = None) -> LiveChats:
        """A page of the chats that go on. Raises StoreUnavailable."""
        given = {"limit": limit, "offset": offset, "mitras": None if mitras is None else list(mitras)}
        async with self._at_one_moment() as conn:
            clock, count = conn.cursor(row_factory=scalar_row), conn.cursor(row_factory=scalar_row)
            page = conn.cursor(row_factory=kwargs_row(_live))
            waiting = conn.cursor(row_factory=kwargs_row(extension_row))
            await clock.execute(Q.clock)
            await page.execute(Q.live_chats, given)
            await count.execute(Q.live_chat_count, given)
            await waiting.execute(Q.pending_extensions)
        now: datetime | None = await clock.fetchone()
        if now is None:
            raise StoreUnavailable("the clock gave no answer")
        asked = {one.extension.session_id: one for one in await waiting.fetchall()}
        found = [
            LiveChat(seen, listener, asked.get(seen.session.id)) for seen, listener in await page.fetchall()
        ]
        return LiveChats(now, found, await count.fetchone() or 0)

    @asynccontextmanager
    async def _at_one_moment(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        async with connection(self._pool) as conn, conn.pipeline():
            await conn.execute(Q.begin)
            yield conn
            await conn.execute(Q.end)
