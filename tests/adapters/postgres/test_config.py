"""Settings as they are kept: one writer at a time, one history row each, all or nothing."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import RuleBroken
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.pool import make_pool
from halobestie_core.ports.config import ConfigStore

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

GRACE, WAVES = "closure_grace_seconds", "pairing_wave_size"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A pool of one connection: what a change leaves behind is seen by the next."""
    async with make_pool(database_url, 1) as opened:
        yield opened


@pytest.fixture
def store(pool: AsyncConnectionPool) -> ConfigStore:
    """The store."""
    return PostgresConfigStore(pool)


@pytest.fixture
async def boss(conn: Connection) -> UUID:
    """An operator."""
    operator = uuid4()
    await conn.execute(
        "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, 'boss@example.org', '')", [operator]
    )
    return operator


async def counted(conn: Connection, statement: bytes) -> int:
    """The number that a statement gives."""
    row = await (await conn.execute(statement)).fetchone()
    assert row is not None
    return int(row[0])


async def test_seeded(store: ConfigStore) -> None:
    """A new database has every key, with values in JSON's terms."""
    stored = {row.key: row.value for row in await store.stored()}
    assert stored[GRACE] == 60
    assert stored["mitra_require_ping"] is True
    assert stored["support_handles_json"] == {}


async def test_save(store: ConfigStore, conn: Connection, boss: UUID) -> None:
    """What was saved is returned as it stands, later than before, with its history."""
    async with store.unit() as unit:
        before = unit.stored[GRACE]
        written = await unit.save({GRACE: 5, "speed": {"a": [1]}}, boss, house_changed=True)
    assert [(row.key, row.value) for row in written] == [(GRACE, 5), ("speed", {"a": [1]})]
    assert written[0].updated_at > before.updated_at
    assert {row.key: row for row in await store.stored()}[GRACE] == written[0]
    history = await conn.execute(
        "SELECT key, change_kind, before, after, at FROM app_config_history"
        " WHERE changed_by = %s ORDER BY id",
        [boss],
    )
    assert await history.fetchall() == [
        (GRACE, "updated", 60, 5, written[0].updated_at),
        ("speed", "created", None, {"a": [1]}, written[1].updated_at),
    ]
    assert await counted(conn, b"SELECT count(*) FROM outbox WHERE stream = 'house'") == 1


async def test_the_instant_always_grows(store: ConfigStore, conn: Connection, boss: UUID) -> None:
    """Also when the clock went back since the last change."""
    await conn.execute("UPDATE app_config SET updated_at = now() + interval '1 hour' WHERE key = %s", [GRACE])
    async with store.unit() as unit:
        before = unit.stored[GRACE]
        [written] = await unit.save({GRACE: 5}, boss, house_changed=False)
    assert written.updated_at > before.updated_at


async def test_left_without_saving(store: ConfigStore, conn: Connection, boss: UUID) -> None:
    """Nothing is changed and nothing stays locked."""
    with pytest.raises(LookupError):
        async with store.unit():
            raise LookupError
    async with store.unit():
        pass
    async with store.unit() as unit:
        assert unit.stored[GRACE].value == 60


async def test_all_or_nothing(store: ConfigStore, conn: Connection) -> None:
    """With an author who does not exist neither value nor history nor command is written."""
    with pytest.raises(RuleBroken):
        async with store.unit() as unit:
            await unit.save({GRACE: 5, WAVES: 7}, uuid4(), house_changed=True)
    stored = {row.key: row.value for row in await store.stored()}
    assert (stored[GRACE], stored[WAVES]) == (60, 0)
    assert await counted(conn, b"SELECT count(*) FROM outbox") == 0
