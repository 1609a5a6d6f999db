"""The driver's errors in our own words."""

import asyncio
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_adapters.errors import Busy, Clash, Conflict, RuleBroken, StaleWrite, StoreUnavailable
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.errors import CLASHES, translated
from halobestie_adapters.postgres.pool import conninfo

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

ADD_MITRA = "INSERT INTO mitras (id, phone, display_name) VALUES (%s, %s, 'Sari')"
MOVE_MITRA = (
    "WITH written AS ("
    " UPDATE mitras SET version = version + 1 WHERE id = %s AND version = 7 RETURNING 1"
    ") SELECT must_match(count(*)) FROM written"
)
TOUCH_MITRA = "UPDATE mitras SET last_heartbeat_at = now() WHERE id = %s"


async def add_mitra(conn: Connection, phone: str) -> UUID:
    """One more mitra."""
    mitra = uuid7()
    await conn.execute(ADD_MITRA, [mitra, phone])
    return mitra


async def test_unique_constraint_becomes_a_word(conn: Connection) -> None:
    """A unique constraint's name becomes the domain's word, and the row's values stay out of the sentence."""
    await add_mitra(conn, "+6281234567890")
    with pytest.raises(Conflict) as caught, translated():
        await add_mitra(conn, "+6281234567890")
    assert caught.value.clash is Clash.MITRA_PHONE
    assert str(caught.value) == "refused because of what is there already: mitra_phone (mitras_phone)"


async def test_check_is_a_broken_rule(conn: Connection) -> None:
    """A CHECK that refuses is a mistake of ours and says its name, not the row."""
    mitra = await add_mitra(conn, "+6281234567890")
    with pytest.raises(RuleBroken, match="mitras_live_chats_counted") as caught, translated():
        await conn.execute("UPDATE mitras SET live_chats = -1 WHERE id = %s", [mitra])
    assert caught.value.rule == "mitras_live_chats_counted"
    assert "+62" not in str(caught.value)


async def test_lock_timeout_is_busy(conn: Connection, database_url: str) -> None:
    """A lock that somebody keeps too long is Busy."""
    mitra = await add_mitra(conn, "+6281234567890")
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as other:
        await other.execute("SET lock_timeout = '50ms'")
        async with conn.transaction():
            await conn.execute(TOUCH_MITRA, [mitra])
            with pytest.raises(Busy), translated():
                await other.execute(TOUCH_MITRA, [mitra])


async def test_deadlock_is_busy(conn: Connection, database_url: str) -> None:
    """Of two that wait for each other, one is Busy and the other goes on."""
    one, two = await add_mitra(conn, "+6281"), await add_mitra(conn, "+6282")

    async def take(other: Connection, mitra: UUID) -> str:
        try:
            with translated():
                await other.execute(TOUCH_MITRA, [mitra])
        except Busy:
            await other.rollback()  # lets the survivor have the lock
            return "busy"
        return "done"

    async with (
        await AsyncConnection.connect(conninfo(database_url)) as left,
        await AsyncConnection.connect(conninfo(database_url)) as right,
    ):
        await left.execute(TOUCH_MITRA, [one])
        await right.execute(TOUCH_MITRA, [two])
        outcomes = await asyncio.gather(take(left, two), take(right, one))
        assert sorted(outcomes) == ["busy", "done"]


async def test_must_match_is_a_stale_write(conn: Connection) -> None:
    """A compare-and-set that matched nothing is a StaleWrite and undoes its transaction, piped too."""
    mitra = await add_mitra(conn, "+6281234567890")

    async def move_from_another_version() -> None:
        async with conn.pipeline(), conn.transaction():
            await conn.execute(TOUCH_MITRA, [mitra])
            await conn.execute(MOVE_MITRA, [mitra])

    with pytest.raises(StaleWrite), translated():
        await move_from_another_version()
    row = await (await conn.execute("SELECT last_heartbeat_at FROM mitras WHERE id = %s", [mitra])).fetchone()
    assert row == (None,)


async def test_lost_connection_is_unavailable(conn: Connection, database_url: str) -> None:
    """A connection cut by the server is StoreUnavailable, at once and afterwards."""
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as other:
        await conn.execute("SELECT pg_terminate_backend(%s)", [other.info.backend_pid])
        for _ in range(2):
            with pytest.raises(StoreUnavailable), translated():
                await other.execute("SELECT 1")


async def test_statement_timeout_is_unavailable(conn: Connection) -> None:
    """A statement that runs into its time-out is StoreUnavailable: its caller has waited enough."""
    await conn.execute("SET statement_timeout = '20ms'")
    with pytest.raises(StoreUnavailable), translated():
        await conn.execute("SELECT pg_sleep(5)")


async def test_mistakes_stay_visible(conn: Connection) -> None:
    """A mistake in a statement is not dressed up as anything else."""
    with pytest.raises(psycopg.ProgrammingError), translated():
        await conn.execute("SELECT nothing_of_the_kind")


async def test_every_word_names_a_unique_index(conn: Connection) -> None:
    """Every constraint that has a word is unique, and every unique one beyond the keys has a word."""
    rows = await (
        await conn.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
            " WHERE i.indisunique AND n.nspname = 'public'"
        )
    ).fetchall()
    unique = {name for (name,) in rows}
    assert set(CLASHES) <= unique
    wordless = {name for name in unique - set(CLASHES) if not name.endswith("_pkey")}
    # Under locks that keep these from ever being met by a caller.
    assert wordless == {"transitions_one_per_version", "erasures_done_once"}
