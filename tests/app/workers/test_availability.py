"""Who can be asked now: the picture in memory, drawn by one instance for all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString
from uuid import UUID, uuid4

import pytest
from attrs import define, field
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres.migrations import migrate
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.presence_reads import PostgresPictures
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.picture import RedisPicture
from halobestie_app.usecases import pairings, presence
from halobestie_app.workers.availability import AvailabilityBoard, touches
from halobestie_core.flow.availability import House
from halobestie_core.ports.notify import Topic
from support.desk import Office
from support.house import Conn, connected, mitra
from support.killing import killed, paused
from support.waiting import eventually

pytestmark = pytest.mark.anyio


@define
class Rules:
    """The rules in force, which a test may change."""

    now: House = field(default=House(cap=3, stale_after_seconds=45, require_ping=True))


@define
class Watch:
    """One instance's board."""

    board: AvailabilityBoard
    bus: RedisBus
    link: RedisLink
    rules: Rules

    async def shows(self, count: int | None, *, seconds: float = 5) -> None:
        """Wait until the board shows so many."""

        async def so() -> bool:
            return self.board.count() == count

        await eventually(so, seconds=seconds, what=f"expected {count}, shown {self.board.count()}")


@asynccontextmanager
async def watching(
    pool: AsyncConnectionPool, valkey_url: str, namespace: str = "hb", *, seconds: float = 5
) -> AsyncIterator[Watch]:
    """An instance that watches."""
    link, rules = RedisLink(valkey_url, namespace=namespace, seconds=seconds), Rules()
    bus = RedisBus(link)
    board = AvailabilityBoard(PostgresPictures(pool), RedisPicture(link), bus, lambda: rules.now)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(one(stop)) for one in (bus.run, board.run)]
    try:
        yield Watch(board, bus, link, rules)
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await link.aclose()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """Connections of all instances."""
    async with make_pool(database_url, 4) as opened:
        yield opened


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    """A connection of the test's own."""
    async with connected(database_url) as opened:
        yield opened


async def change(conn: Conn, mitra_id: UUID, what: LiteralString) -> None:
    """Change a mitra behind everybody's back."""
    change = SQL("UPDATE mitras SET {}, version = version + 1 WHERE id = %s").format(SQL(what))
    await conn.execute(change, [mitra_id])


@pytest.mark.unsound(
    "takes places and presence by hand", "p6_live_chats_counted", "m1_rows_agree_with_their_moves"
)
async def test_flips(conn: Conn, pool: AsyncConnectionPool, valkey_url: str) -> None:
    """With the last free mitra, with capacity, and with a heartbeat that is too old, on every instance."""
    namespace = uuid4().hex
    async with (
        watching(pool, valkey_url, namespace) as one,
        watching(pool, valkey_url, namespace) as other,
    ):
        await one.shows(0)
        sari = await mitra(conn)
        one.bus.publish(Topic.PRESENCE)
        for watch in (one, other):
            await watch.shows(1)
            assert watch.board.is_eligible(sari) is True
            assert watch.board.is_eligible(uuid4()) is False
        for leaves, returns in (
            ("live_chats = 3", "live_chats = 2"),
            ("last_heartbeat_at = now() - interval '46 s'", "last_heartbeat_at = now()"),
            ("is_online = false", "is_online = true"),
        ):
            await change(conn, sari, leaves)
            other.bus.publish(Topic.PRESENCE)
            await one.shows(0)
            await other.shows(0)
            assert other.board.is_eligible(sari) is False
            await change(conn, sari, returns)
            await one.shows(1)
            await other.shows(1)


@pytest.mark.unsound(
    "takes places and presence by hand", "p6_live_chats_counted", "m1_rows_agree_with_their_moves"
)
async def test_without_a_nudge(conn: Conn, pool: AsyncConnectionPool, valkey_url: str) -> None:
    """What nobody told of is seen within two seconds, and so are other rules."""
    async with watching(pool, valkey_url, uuid4().hex) as watch:
        await watch.shows(0)
        await mitra(conn, live_chats=3)
        await mitra(conn)
        await watch.shows(1, seconds=3)
        watch.rules.now = House(cap=4, stale_after_seconds=45, require_ping=True)
        await watch.shows(2, seconds=3)


async def test_one_draws(pool: AsyncConnectionPool, conn: Conn, valkey_url: str) -> None:
    """When whoever draws leaves, another goes on before the picture is too old."""
    namespace = uuid4().hex
    async with watching(pool, valkey_url, namespace) as first:
        await first.shows(0)
        async with watching(pool, valkey_url, namespace) as second:
            await second.shows(0)
            await mitra(conn)
            await second.shows(1)
        await mitra(conn)
        await first.shows(2, seconds=8)


async def test_flushed(pool: AsyncConnectionPool, conn: Conn, valkey_url: str) -> None:
    """A Redis that forgot everything has the picture again within a moment, and nobody notices."""
    await mitra(conn)
    async with watching(pool, valkey_url, uuid4().hex) as watch:
        await watch.shows(1)
        for _ in range(3):
            await watch.link.ask("FLUSHALL")

            async def drawn() -> bool:
                assert watch.board.count() == 1
                return bool(await watch.link.ask("EXISTS", watch.link.key("picture")))

            await eventually(drawn, seconds=2)


async def test_never_a_guess() -> None:
    """Without Redis nothing is known, whatever was known before."""
    async with (
        make_pool("host=/nowhere dbname=nothing", 1) as nothing,
        watching(nothing, "unix:///nowhere/at/all", seconds=0.3) as watch,
    ):
        assert watch.board.count() is None
        assert watch.board.is_eligible(uuid4()) is None


@pytest.mark.faults
async def test_redis_away(own_stores: EmbeddedStores) -> None:
    """With Redis paused nothing is known within a second, and all is right again soon after a restart."""
    await migrate(own_stores.database_url)
    async with (
        make_pool(own_stores.database_url, 2) as pool,
        connected(own_stores.database_url) as conn,
        watching(pool, own_stores.valkey_url, seconds=0.6) as watch,
    ):
        sari = await mitra(conn)
        await watch.shows(1)
        with paused(own_stores):
            await watch.shows(None, seconds=2)
            assert watch.board.is_eligible(sari) is None
            await change(conn, sari, "is_online = false")
        await watch.shows(0, seconds=5)
        await change(conn, sari, "is_online = true")
        killed(own_stores)
        await watch.shows(1, seconds=5)


@pytest.mark.faults
async def test_postgres_away(own_stores: EmbeddedStores) -> None:
    """A picture that nobody can draw anew grows too old within five seconds."""
    await migrate(own_stores.database_url)
    async with make_pool(own_stores.database_url, 2) as pool, watching(pool, own_stores.valkey_url) as watch:
        await watch.shows(0)
        await pool.close()
        await watch.shows(None, seconds=7)


async def test_what_touches_availability(desk: Office) -> None:
    """Presence and load do, a payment does not."""
    sari = await desk.mitra(online=False)
    await presence.switch(desk.desk, desk.beats, sari, online=True)
    assert [touches(moved) for moved in desk.saved] == [True]
    request = await desk.searching()
    desk.saved.clear()
    await pairings.accept(desk.desk, sari, request.request.id)
    assert [touches(moved) for moved in desk.saved] == [True]
    desk.saved.clear()
    await desk.paid(await desk.customer())
    assert not any(touches(moved) for moved in desk.saved)
