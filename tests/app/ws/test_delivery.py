"""From a committed row to the sockets it is for, over several instances, with and without Redis."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres.migrations import migrate
from halobestie_adapters.postgres.pool import make_pool
from halobestie_core.flow.effects import ToCustomer
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.house import Conn, connected, frame_row, unsent
from support.killing import killed, paused
from support.relaying import Instance, instance
from support.waiting import eventually

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANI = User(UserType.CUSTOMER, UUID(int=1))
BUDI = User(UserType.CUSTOMER, UUID(int=2))
SARI, TINI, NANI = (User(UserType.MITRA, UUID(int=number)) for number in (3, 4, 5))


def to(user: User) -> dict[str, object]:
    """One person as an audience."""
    return {user.type.value: str(user.id)}


def to_offered(wave: int | None = None, but: User | None = None) -> dict[str, object]:
    """Everybody who was offered a request, as an audience."""
    return {"request": str(uuid4()), "wave": wave, "but": None if but is None else str(but.id)}


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """Connections of both instances."""
    async with make_pool(database_url, 6) as opened:
        yield opened


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    """A connection of the test's own."""
    async with connected(database_url) as opened:
        yield opened


@pytest.fixture
async def two(pool: AsyncConnectionPool, valkey_url: str) -> AsyncIterator[tuple[Instance, Instance]]:
    """Two instances on one database and one Redis; both listen."""
    namespace = uuid4().hex
    async with instance(pool, valkey_url, namespace) as one, instance(pool, valkey_url, namespace) as other:
        await one.up()
        await other.up()
        yield one, other


async def all_sent(conn: Conn) -> None:
    """Wait until nothing waits."""

    async def so() -> bool:
        return await unsent(conn) == []

    await eventually(so, what="frames are left unsent")


async def test_to_whom(conn: Conn, two: tuple[Instance, Instance]) -> None:
    """A frame reaches every socket of its person on any instance, and nobody else's."""
    one, other = two
    for place in two:
        place.joins(ANI)
        place.joins(BUDI)
        place.joins(User(UserType.MITRA, ANI.id))
    row = await frame_row(conn, to(ANI))
    one.relay.nudge()
    await one.hears(ANI, [row])
    await other.hears(ANI, [row])
    await all_sent(conn)
    for place in two:
        await place.hears(BUDI, [])
        await place.hears(User(UserType.MITRA, ANI.id), [])


async def test_two_sockets(conn: Conn, two: tuple[Instance, Instance]) -> None:
    """Each of a person's sockets is told."""
    one, _ = two
    one.joins(ANI)
    one.joins(ANI)
    row = await frame_row(conn, to(ANI))
    await one.hears(ANI, [row, row])


async def test_everybody_offered_but_one(conn: Conn, two: tuple[Instance, Instance]) -> None:
    """One row reaches all who were offered a request, wherever they are, but for the one it leaves out."""
    one, other = two
    for place in two:
        place.offered[:] = [SARI.id, TINI.id]
    one.joins(SARI)
    other.joins(TINI)
    other.joins(NANI)
    shown = await frame_row(conn, to_offered(wave=1))
    closed = await frame_row(conn, to_offered(but=SARI))
    one.relay.nudge()
    await other.hears(TINI, [shown, closed])
    await one.hears(SARI, [shown])
    await other.hears(NANI, [])


async def test_without_a_nudge(conn: Conn, two: tuple[Instance, Instance]) -> None:
    """A commit that nobody nudged for, as after a crash, is found all the same."""
    _, other = two
    other.joins(ANI)
    row = await frame_row(conn, to(ANI))
    await other.hears(ANI, [row], seconds=2)


async def test_order(conn: Conn, two: tuple[Instance, Instance]) -> None:
    """One person's frames come in the order of their commits, though two instances relay at once."""
    one, other = two
    one.joins(ANI)
    other.joins(ANI)
    rows = []
    for _ in range(200):
        rows.append(await frame_row(conn, to(ANI)))
        one.relay.nudge()
        other.relay.nudge()
    await one.hears(ANI, rows)
    await other.hears(ANI, rows)
    await all_sent(conn)


async def test_sent_twice_heard_once(conn: Conn, two: tuple[Instance, Instance]) -> None:
    """A relay that dies between sending and marking sends again; the same row is heard once."""
    one, other = two
    other.joins(ANI)
    row = await frame_row(conn, to(ANI))
    await other.hears(ANI, [row])
    await all_sent(conn)
    await conn.execute("UPDATE outbox SET sent_at = NULL")
    one.relay.nudge()
    await all_sent(conn)
    last = await frame_row(conn, to(ANI))
    await other.hears(ANI, [row, last])


async def test_crash_before_the_mark(conn: Conn, pool: AsyncConnectionPool, valkey_url: str) -> None:
    """What an instance had claimed when it died is sent by another."""
    namespace = uuid4().hex
    row = await frame_row(conn, to(ANI))
    async with pool.connection() as dying:
        await dying.execute("BEGIN")
        await dying.execute("SELECT FROM outbox FOR UPDATE")
        async with instance(pool, valkey_url, namespace) as one:
            await one.up()
            one.joins(ANI)
            assert await one.relay.drain() == 0
            await conn.execute("SELECT pg_terminate_backend(%s)", [dying.info.backend_pid])
            with pytest.raises(psycopg.OperationalError):
                await dying.execute("SELECT 1")
            await one.hears(ANI, [row])


async def test_nobody_here_renders_nothing(two: tuple[Instance, Instance]) -> None:
    """A row for somebody who is not connected here is taken and dropped."""
    one, _ = two
    row = OutboxFrame(1, "customer:1", ToCustomer(ANI.id), "paired", {}, NOW)
    one.delivery.take([row])
    await one.delivery.deliver()
    one.joins(ANI)
    one.delivery.take([row])
    await one.hears(ANI, [])


# ------------------------------------------------------------------------------------------ without Redis


@pytest.fixture
async def away(own_stores: EmbeddedStores) -> AsyncIterator[tuple[Instance, Instance, Conn, EmbeddedStores]]:
    """Two instances on stores of their own, of which the test may take one away."""
    await migrate(own_stores.database_url)
    async with (
        make_pool(own_stores.database_url, 6) as pool,
        connected(own_stores.database_url) as conn,
        instance(pool, own_stores.valkey_url, "hb", seconds=0.6) as one,
        instance(pool, own_stores.valkey_url, "hb", seconds=0.6) as other,
    ):
        await one.up()
        await other.up()
        yield one, other, conn, own_stores


Away = tuple[Instance, Instance, Conn, EmbeddedStores]


@pytest.mark.faults
async def test_redis_stands_still(away: Away) -> None:
    """With Redis paused frames still arrive, from PostgreSQL; when it goes on, nothing is left or lost."""
    one, other, conn, stores = away
    one.joins(ANI)
    other.joins(SARI)
    before = await frame_row(conn, to(ANI))
    await one.hears(ANI, [before])
    with paused(stores):
        first = await frame_row(conn, to(ANI))
        second = await frame_row(conn, to(SARI))
        one.relay.nudge()
        await one.hears(ANI, [before, first], seconds=6)
        await other.hears(SARI, [second], seconds=6)
        assert await unsent(conn) != []
        third = await frame_row(conn, to(ANI))
        await one.hears(ANI, [before, first, third], seconds=6)
    await one.up()
    await other.up()
    await all_sent(conn)
    last = await frame_row(conn, to(ANI))
    await one.hears(ANI, [before, first, third, last])
    await other.hears(SARI, [second])


@pytest.mark.faults
async def test_redis_starts_again(away: Away) -> None:
    """Frames committed and sent around a restart reach everybody, once."""
    one, other, conn, stores = away
    one.joins(ANI)
    other.joins(ANI)
    rows = [await frame_row(conn, to(ANI))]
    for _ in range(2):
        killed(stores)
        rows += [await frame_row(conn, to(ANI)) for _ in range(5)]
        one.relay.nudge()
        await one.up()
        await other.up()
        await all_sent(conn)
    rows.append(await frame_row(conn, to(ANI)))
    await one.hears(ANI, rows)
    await other.hears(ANI, rows)


@pytest.mark.faults
async def test_a_gap_of_one_instance(away: Away) -> None:
    """What was sent while one instance alone was not listening reaches it when it listens again."""
    one, other, conn, _ = away
    one.joins(ANI)
    other.joins(ANI)
    own = await one.link.ask("CLIENT", "LIST", "TYPE", "pubsub")
    assert own.count(b"name=halobestie") == 2
    await one.link.ask("CLIENT", "KILL", "TYPE", "pubsub")
    row = await frame_row(conn, to(ANI))
    one.relay.nudge()
    await one.hears(ANI, [row])
    await other.hears(ANI, [row])


async def test_without_redis_from_the_start(pool: AsyncConnectionPool, conn: Conn) -> None:
    """An instance that never saw Redis delivers from PostgreSQL."""
    async with instance(pool, "unix:///nowhere/at/all", "hb", seconds=0.3) as one:
        one.joins(ANI)
        row = await frame_row(conn, to(ANI))
        await one.hears(ANI, [row], seconds=3)
        assert await unsent(conn) == [row]
