"""Chats that go on, as operators page through them: by who can be reached, without reading them all."""

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.back_office import PostgresBackOffice, Q
from halobestie_app.usecases import live_chats, pairings, presence
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.desk import Office

pytestmark = pytest.mark.anyio


async def chatting(desk: Office) -> tuple[UUID, UUID]:
    """A chat of two new people: it, and its mitra."""
    mitra_id = await desk.mitra()
    request = await desk.searching()
    chat, _ = await pairings.accept(desk.desk, mitra_id, request.request.id)
    return chat.session.id, mitra_id


async def pages(desk: Office, reachable: bool | None, size: int = 2) -> list[tuple[UUID, bool | None]]:
    """Every chat of these, page by page, and whether its mitra can be reached."""
    office, found, total = PostgresBackOffice(desk.pool), list[tuple[UUID, bool | None]](), 1
    while len(found) < total:
        page = await live_chats.page(desk.desk, office, size, len(found), mitra_reachable=reachable)
        assert len(page.rows) == min(size, page.total - len(found))
        found += [(row.chat.seen.session.id, row.mitra) for row in page.rows]
        total = page.total
    return found


async def test_pages_of_who_can_be_reached(desk: Office) -> None:
    """Each page is full and has only those of whom it is known; together they are all, the oldest first."""
    chats = [await chatting(desk) for _ in range(7)]
    connected, gone, stale = {0, 2, 5, 6}, {2}, {5}
    await desk.desk.connections.hold({User(UserType.MITRA, chats[number][1]) for number in connected})
    for number in gone:
        await presence.switch(desk.desk, desk.beats, chats[number][1], online=False)
    for number in stale:
        silence = SQL("UPDATE mitras SET last_heartbeat_at = now() - %s WHERE id = %s")
        await desk.sql(silence, timedelta(hours=1), chats[number][1])
    ids = [chat for chat, _ in chats]
    assert await pages(desk, reachable=True) == [(ids[0], True), (ids[6], True)]
    assert await pages(desk, reachable=False) == [(ids[number], False) for number in (1, 2, 3, 4, 5)]
    assert await pages(desk, None) == [(one, number in {0, 6}) for number, one in enumerate(ids)]
    desk.sockets.here = None
    assert await pages(desk, reachable=True) == []
    assert await pages(desk, reachable=False) == [(ids[2], False), (ids[5], False)]
    assert [reached for _, reached in await pages(desk, None)].count(None) == 5


async def test_nobody_talks(desk: Office) -> None:
    """Without a chat there is nothing to show."""
    await desk.mitra()
    assert await pages(desk, reachable=True) == await pages(desk, reachable=False) == []


async def test_found_among_many(desk: Office) -> None:
    """However many chats there were, those that go on, and their people, are found by indexes."""
    await desk.sql(
        SQL(
            "INSERT INTO mitras (id, phone, display_name)"
            " SELECT gen_random_uuid(), '+62' || n, 'Many' FROM generate_series(1, 5000) n"
        )
    )
    chat_id, mitra_id = await chatting(desk)
    await desk.sql(SQL("ANALYZE"))
    given = {"limit": 50, "offset": 0, "mitras": [mitra_id, uuid7()]}
    async with desk.pool.connection() as conn:
        plain: AsyncConnection[TupleRow] = conn
        for name in ("in_chats", "live_chats", "live_chat_count"):
            cursor = AsyncClientCursor(plain)
            await cursor.execute(b"EXPLAIN " + Q[name].encode(), given)
            plan = "\n".join(line for (line,) in await cursor.fetchall())
            assert "Seq Scan on mitras" not in plan, plan
    assert [one for one, _ in await pages(desk, None)] == [chat_id]
