"""Heartbeats on their way: collected, written together, never lost to a busy row or an absent store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_adapters.postgres.pool import connection, make_pool
from halobestie_app.workers.heartbeats import CollectedBeats
from halobestie_core.flow.availability import House
from halobestie_core.ports.notify import Topic
from support.house import Conn, connected, mitra
from support.waiting import eventually

pytestmark = pytest.mark.anyio

HOUSE = House(cap=3, stale_after_seconds=45, require_ping=True)


class Nudged:
    """Nudges that a test may look at."""

    def __init__(self) -> None:
        self.topics: list[Topic] = []

    def publish(self, topic: Topic) -> None:
        """Note one."""
        self.topics.append(topic)

    def subscribe(self, topic: Topic, callback: Callable[[], None]) -> None:
        """Nobody is told."""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A small pool on this test's database."""
    async with make_pool(database_url, 3) as opened:
        yield opened


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    """A connection of the test's own."""
    async with connected(database_url) as opened:
        yield opened


@pytest.fixture
def nudged() -> Nudged:
    """What was nudged."""
    return Nudged()


@pytest.fixture
def beats(pool: AsyncConnectionPool, nudged: Nudged) -> CollectedBeats:
    """The beats of one instance."""
    return CollectedBeats(PostgresHeartbeats(pool), nudged, lambda: HOUSE)


async def heard(conn: Conn, mitra_id: UUID) -> datetime:
    """When a mitra was last heard of."""
    row = await (
        await conn.execute("SELECT last_heartbeat_at FROM mitras WHERE id = %s", [mitra_id])
    ).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return] # the column says what it is


async def test_the_youngest_counts(conn: Conn, beats: CollectedBeats, nudged: Nudged) -> None:
    """Of several heartbeats the youngest is written, in whatever order they came."""
    sari = await mitra(conn, heard_ago=30)
    last = await heard(conn, sari) + timedelta(seconds=20)
    for seconds in (10, 0, 15):
        beats.add(sari, last - timedelta(seconds=seconds))
    await beats.write()
    assert await heard(conn, sari) == last
    assert nudged.topics == []


async def test_somebody_is_back(conn: Conn, beats: CollectedBeats, nudged: Nudged) -> None:
    """When somebody who was stale is heard of, whoever cares is nudged."""
    sari = await mitra(conn, heard_ago=60)
    beats.add(sari, await heard(conn, sari) + timedelta(seconds=60))
    await beats.write()
    assert nudged.topics == [Topic.PRESENCE, Topic.DEADLINE]


async def test_a_busy_row_waits(conn: Conn, pool: AsyncConnectionPool, beats: CollectedBeats) -> None:
    """A heartbeat of a mitra whose row is held is written with the next batch."""
    sari = await mitra(conn, heard_ago=20)
    at = await heard(conn, sari) + timedelta(seconds=20)
    beats.add(sari, at)
    async with connection(pool) as holder, holder.transaction():
        await holder.execute("SELECT FROM mitras FOR NO KEY UPDATE")
        await beats.write()
    assert await heard(conn, sari) < at
    await beats.write()
    assert await heard(conn, sari) == at


async def test_an_absent_store(conn: Conn, database_url: str, nudged: Nudged) -> None:
    """What could not be written is written when the store is back."""
    sari = await mitra(conn, heard_ago=20)
    at = await heard(conn, sari) + timedelta(seconds=20)
    closed = make_pool(database_url, 1)
    beats = CollectedBeats(PostgresHeartbeats(closed), nudged, lambda: HOUSE)
    beats.add(sari, at)
    with pytest.raises(StoreUnavailable):
        await beats.write()
    async with closed:
        await beats.write()
    assert await heard(conn, sari) == at


async def test_runs(conn: Conn, beats: CollectedBeats) -> None:
    """It writes by itself, and at its end what is left."""
    sari = await mitra(conn, heard_ago=30)
    first = await heard(conn, sari) + timedelta(seconds=10)
    stop = asyncio.Event()
    task = asyncio.create_task(beats.run(stop))
    beats.add(sari, first)

    async def written() -> bool:
        return await heard(conn, sari) == first

    await eventually(written)
    beats.add(sari, first + timedelta(seconds=10))
    stop.set()
    await task
    assert await heard(conn, sari) == first + timedelta(seconds=10)
