"""What is in force in one process: nudged, polled, never turned back, whatever the store holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from structlog.testing import capture_logs

from halobestie_adapters.errors import Busy, StoreUnavailable
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.pool import conninfo, make_pool
from halobestie_app.problems import Problem
from halobestie_app.usecases.settings import LiveSettings, Wish, read
from halobestie_core.ports.config import Stored
from halobestie_core.settings import Settings
from support.waiting import eventually

pytestmark = pytest.mark.anyio

GRACE = "closure_grace_seconds"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A pool on this test's database."""
    async with make_pool(database_url, 2) as opened:
        yield opened


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """Somebody else's connection."""
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as opened:
        yield opened


@pytest.fixture
async def boss(conn: AsyncConnection[TupleRow]) -> UUID:
    """An operator."""
    operator = uuid4()
    await conn.execute(
        "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, 'boss@example.org', '')", [operator]
    )
    return operator


async def nobody() -> None:
    """There is nobody to nudge."""


def live(pool: AsyncConnectionPool, cadence: int = 30) -> LiveSettings:
    """Settings of one process."""
    return LiveSettings(PostgresConfigStore(pool), cadence, nobody)


@pytest.mark.unsound("changes settings by hand", "a4_settings_are_their_history")
async def test_defaults_until_read(pool: AsyncConnectionPool, conn: AsyncConnection[TupleRow]) -> None:
    """Before the first look the defaults are in force, then what is stored."""
    settings = live(pool)
    await conn.execute("UPDATE app_config SET value = '7', updated_at = now() WHERE key = %s", [GRACE])
    assert settings() == Settings()
    await settings.refresh()
    assert settings().closure_grace_seconds == 7


async def test_change_reaches_the_other_process(pool: AsyncConnectionPool, boss: UUID) -> None:
    """A nudge makes another process look at once; without one it looks by itself."""
    here, nudged, alone = live(pool), live(pool), live(pool)
    followers = [asyncio.create_task(nudged.follow(3600)), asyncio.create_task(alone.follow(0.05))]
    try:
        await here.change([Wish(GRACE, 7, "$")], boss)
        assert here().closure_grace_seconds == 7

        async def arrived() -> bool:
            return alone().closure_grace_seconds == 7

        await eventually(arrived)
        assert nudged().closure_grace_seconds == 60
        nudged.look_soon()

        async def arrived_there() -> bool:
            return nudged().closure_grace_seconds == 7

        await eventually(arrived_there)
    finally:
        for follower in followers:
            follower.cancel()
            with suppress(asyncio.CancelledError):
                await follower


async def test_a_late_reading_turns_nothing_back(pool: AsyncConnectionPool, boss: UUID) -> None:
    """Rows read before a change and taken after it do not undo it."""
    settings, store = live(pool), PostgresConfigStore(pool)

    class Slow:
        """The store, whose answer is on its way while somebody changes something."""

        def __init__(self) -> None:
            self.unit = store.unit

        async def stored(self) -> object:
            old = await store.stored()
            await settings.change([Wish(GRACE, 7, "$")], boss)
            return old

    await settings.refresh()
    settings._store = Slow()  # type: ignore[assignment]  # noqa: SLF001  a store with a delay in a chosen place
    await settings.refresh()
    assert settings().closure_grace_seconds == 7


async def test_unreachable_store(pool: AsyncConnectionPool) -> None:
    """What was in force stays in force when the store is away, and the loop goes on."""
    settings = live(pool)
    await settings.refresh()
    before = settings()
    await pool.close()
    with pytest.raises(StoreUnavailable):
        await settings.refresh()
    follower = asyncio.create_task(settings.follow(0.01))
    await asyncio.sleep(0.05)
    assert not follower.done()
    follower.cancel()
    with suppress(asyncio.CancelledError):
        await follower
    assert settings() == before


@pytest.mark.unsound("changes settings by hand", "a4_settings_are_their_history")
async def test_unknown_rows_are_no_error(pool: AsyncConnectionPool, conn: AsyncConnection[TupleRow]) -> None:
    """A newer version's key is passed over, and its value of a key of ours counts as the default."""
    await conn.execute("INSERT INTO app_config VALUES ('speed', '1', now())")
    await conn.execute(
        "UPDATE app_config SET value = '\"perhaps\"', updated_at = now()"
        " WHERE key = 'extension_default_action_on_timeout'"
    )
    settings = live(pool)
    await settings.refresh()
    assert settings() == Settings()
    assert "speed" not in {row.key for row in settings.stored}


@pytest.mark.unsound("changes settings by hand", "a4_settings_are_their_history")
async def test_threshold_below_the_cadence_of_the_day(
    pool: AsyncConnectionPool, conn: AsyncConnection[TupleRow]
) -> None:
    """A stored threshold below the cadence counts as the cadence, with a warning, once."""
    await conn.execute(
        "UPDATE app_config SET value = '20', updated_at = now() WHERE key = 'mitra_stale_after_seconds'"
    )
    settings = live(pool, cadence=60)
    with capture_logs() as lines:
        await settings.refresh()
        await settings.refresh()
    assert settings().stale_after(60) == 60
    assert [line["log_level"] for line in lines if "little time" in line["event"]] == ["warning"]


@pytest.mark.unsound("changes settings by hand", "a4_settings_are_their_history")
async def test_little_time_is_told_at_the_first_look(
    pool: AsyncConnectionPool, conn: AsyncConnection[TupleRow]
) -> None:
    """The cadence may be new; then once per change, and never of enough, nor of the two defaults together."""

    async def told(*seconds: int) -> list[int]:
        with capture_logs() as lines:
            await settings.refresh()
            for count in seconds:
                await conn.execute(
                    "UPDATE app_config SET value = to_jsonb(%s::int), updated_at = clock_timestamp()"
                    " WHERE key = 'mitra_stale_after_seconds'",
                    [count],
                )
                await settings.refresh()
                await settings.refresh()
        return [line["count"] for line in lines if "little time" in line["event"]]

    for cadence, first in ((30, []), (60, [45])):
        settings = live(pool, cadence)
        assert await told() == first
        assert await told(44, 44, 120, 44, 45) == [44, 44, 45]
    settings = live(pool, 22)
    assert await told() == []


async def test_two_changes_at_once(pool: AsyncConnectionPool, boss: UUID) -> None:
    """Of two operators who saw the same row one wins, and the other hears that it is stale."""
    settings = live(pool)
    await settings.refresh()
    seen = {row.key: row.updated_at for row in settings.stored}[GRACE]
    outcomes = await asyncio.gather(
        *(settings.change([Wish(GRACE, value, "$", seen)], boss) for value in (7, 8)), return_exceptions=True
    )
    lost = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    assert [problem.code for problem in lost] == ["STALE_WRITE"]
    assert outcomes.count(None) == 1


async def test_a_lock_that_is_held(
    pool: AsyncConnectionPool, conn: AsyncConnection[TupleRow], boss: UUID
) -> None:
    """A change that waits too long for another is Busy; afterwards the connection serves again."""
    settings = live(pool)
    async with conn.transaction():
        await conn.execute("LOCK TABLE app_config IN SHARE ROW EXCLUSIVE MODE")
        with pytest.raises(Busy):
            await settings.change([Wish(GRACE, 7, "$")], boss)
        await settings.refresh()  # reading goes on
    await settings.change([Wish(GRACE, 7, "$")], boss)
    assert settings().closure_grace_seconds == 7


def test_rows_become_settings() -> None:
    """Rows in any order, with what is missing at its default."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    settings = read([Stored("mitra_require_ping", False, at), Stored(GRACE, 5, at)])  # noqa: FBT003
    assert (settings.mitra_require_ping, settings.closure_grace_seconds) == (False, 5)
    assert settings.max_customers_per_mitra == 3
