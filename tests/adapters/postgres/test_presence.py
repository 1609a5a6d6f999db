"""The picture of who is eligible, and heartbeats written many at once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_adapters.postgres.pool import connection, make_pool
from halobestie_adapters.postgres.presence_reads import PostgresPictures, Q
from halobestie_core.flow.availability import House
from support.house import Conn, mitra

pytestmark = pytest.mark.anyio

HOUSE = House(cap=3, stale_after_seconds=45, require_ping=True)
RELAXED = House(cap=3, stale_after_seconds=45, require_ping=False)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A small pool on this test's database."""
    async with make_pool(database_url, 3) as opened:
        yield opened


async def now(conn: Conn) -> datetime:
    """The store's clock."""
    row = await (await conn.execute("SELECT clock_timestamp()")).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return] # the query says what it is


async def heard(conn: Conn, mitra_id: UUID) -> datetime:
    """When a mitra was last heard of."""
    row = await (
        await conn.execute("SELECT last_heartbeat_at FROM mitras WHERE id = %s", [mitra_id])
    ).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return] # the column says what it is


# ------------------------------------------------------------------------------------------ the picture


@pytest.mark.unsound("makes up counts of chats", "p6_live_chats_counted")
async def test_who_is_eligible(conn: Conn, pool: AsyncConnectionPool) -> None:
    """Online, fresh, below the cap and not blocked; nobody else."""
    able = {await mitra(conn), await mitra(conn, live_chats=2, heard_ago=40)}
    others = [
        await mitra(conn, online=False),
        await mitra(conn, live_chats=3),
        await mitra(conn, heard_ago=50),
        await mitra(conn, online=False, blocked=True),
    ]
    picture = await PostgresPictures(pool).picture(HOUSE)
    assert len(picture) == 2
    assert all(one in picture for one in able)
    assert not any(one in picture for one in others)
    assert uuid4() not in picture


@pytest.mark.unsound("makes up counts of chats", "p6_live_chats_counted")
async def test_other_rules(conn: Conn, pool: AsyncConnectionPool) -> None:
    """The rules are those of the moment: the cap, the threshold, whether pings are required."""
    stale, busy = await mitra(conn, heard_ago=100), await mitra(conn, live_chats=3)
    pictures = PostgresPictures(pool)
    assert stale in await pictures.picture(RELAXED)
    assert stale in await pictures.picture(House(cap=3, stale_after_seconds=120, require_ping=True))
    assert busy in await pictures.picture(House(cap=4, stale_after_seconds=45, require_ping=True))


async def test_an_empty_house(conn: Conn, pool: AsyncConnectionPool) -> None:
    """Nobody there is a picture, with the store's time on it."""
    before = await now(conn)
    picture = await PostgresPictures(pool).picture(HOUSE)
    assert len(picture) == 0
    assert before <= picture.as_of <= await now(conn)


async def test_the_offline_cost_nothing(conn: Conn) -> None:
    """Those who are offline are not even looked at."""
    await conn.execute(
        "INSERT INTO mitras (id, phone, display_name)"
        " SELECT gen_random_uuid(), 'o' || n, 'x' FROM generate_series(1, 20000) n"
    )
    await conn.execute(
        "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)"
        " SELECT gen_random_uuid(), 'n' || n, 'x', true, now() FROM generate_series(1, 100) n"
    )
    await conn.execute("ANALYZE mitras")
    given = {"cap": 3, "require_ping": True, "stale_after": 45}
    rows = await (await conn.execute(b"EXPLAIN " + Q.picture.encode(), given)).fetchall()
    assert any("mitras_online" in row[0] for row in rows), rows


# --------------------------------------------------------------------------------------------- heartbeats


async def test_written_together(conn: Conn, pool: AsyncConnectionPool) -> None:
    """Many are written at once, and never turn a clock back."""
    several = [await mitra(conn, heard_ago=20) for _ in range(5)]
    fresh = await mitra(conn)
    known = await heard(conn, fresh)
    at = await now(conn)
    beats = dict.fromkeys(several, at) | {fresh: at - timedelta(hours=1)}
    written = await PostgresHeartbeats(pool).write(beats, HOUSE)
    assert (written.busy, written.revived) == (frozenset(), 0)
    assert [await heard(conn, one) for one in several] == [at] * 5
    assert await heard(conn, fresh) == known


async def test_only_those_online(conn: Conn, pool: AsyncConnectionPool) -> None:
    """A heartbeat of somebody who is offline, or of nobody, changes nothing."""
    offline = await mitra(conn, online=False, heard_ago=100)
    before = await heard(conn, offline)
    beats = {offline: datetime.now(UTC), uuid4(): datetime.now(UTC)}
    written = await PostgresHeartbeats(pool).write(beats, HOUSE)
    assert (written.busy, written.revived) == (frozenset(), 0)
    assert await heard(conn, offline) == before


async def test_busy_ones_are_not_waited_for(conn: Conn, pool: AsyncConnectionPool) -> None:
    """A mitra whose row somebody holds is reported; the others are written."""
    held, free = await mitra(conn, heard_ago=20), await mitra(conn, heard_ago=20)
    at = await now(conn)
    async with connection(pool) as holder, holder.transaction():
        await holder.execute("SELECT FROM mitras WHERE id = %s FOR NO KEY UPDATE", [held])
        written = await PostgresHeartbeats(pool).write({held: at, free: at}, HOUSE)
    assert written.busy == {held}
    assert await heard(conn, free) == at
    assert await heard(conn, held) < at


async def test_back_from_silence(conn: Conn, pool: AsyncConnectionPool) -> None:
    """Whoever was stale and is heard of is offered what is open, by a command of the same transaction."""
    stale = await mitra(conn, heard_ago=50)
    written = await PostgresHeartbeats(pool).write({stale: await now(conn)}, HOUSE)
    assert written.revived == 1
    rows = await (await conn.execute("SELECT kind, payload FROM outbox")).fetchall()
    assert rows == [("later", {"command": "mitra_became_eligible", "mitra_id": str(stale)})]


async def test_silence_that_does_not_matter(conn: Conn, pool: AsyncConnectionPool) -> None:
    """Where pings are not required nobody is stale, so nobody comes back."""
    silent = await mitra(conn, heard_ago=500)
    assert (await PostgresHeartbeats(pool).write({silent: await now(conn)}, RELAXED)).revived == 0


async def test_many(conn: Conn, pool: AsyncConnectionPool) -> None:
    """Thousands go in several statements."""
    await conn.execute(
        "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)"
        " SELECT gen_random_uuid(), 'p' || n, 'x', true, now() FROM generate_series(1, 2500) n"
    )
    ids = [row[0] for row in await (await conn.execute("SELECT id FROM mitras")).fetchall()]
    at = await now(conn) + timedelta(seconds=1)
    await PostgresHeartbeats(pool).write(dict.fromkeys(ids, at), HOUSE)
    rows = await (await conn.execute("SELECT DISTINCT last_heartbeat_at FROM mitras")).fetchall()
    assert rows == [(at,)]
