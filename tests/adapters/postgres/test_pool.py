"""The pool and its settings."""

import asyncio
import time

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres.pool import connection, make_pool
from support.waiting import eventually

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

SIZE = 6
MANY = 12
"""Tries in ten seconds. A driver that takes twice as long each time makes four."""


async def show(conn: Connection, *names: str) -> list[str]:
    """The settings in force on a connection."""
    rows = [await (await conn.execute("SELECT current_setting(%s)", [name])).fetchone() for name in names]
    return [row[0] for row in rows if row is not None]


async def test_settings(database_url: str) -> None:
    """Every connection has our time-outs, speaks UTC, and opens no transaction by itself."""
    async with make_pool(database_url, 1) as pool, connection(pool) as conn:
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "TimeZone")
        assert await show(conn, *names) == ["2s", "5s", "5s", "UTC"]
        assert conn.autocommit


async def test_settings_of_the_url_win(database_url: str) -> None:
    """Options that the operator wrote into the URL are kept, and win over ours."""
    join = "&" if "?" in database_url else "?"
    url = f"{database_url}{join}options=-c%20lock_timeout%3D9s&application_name=mine"
    async with make_pool(url, 1) as pool, connection(pool) as conn:
        names = ("lock_timeout", "statement_timeout", "application_name")
        assert await show(conn, *names) == ["9s", "5s", "mine"]


async def test_repeated_statements_are_prepared(database_url: str) -> None:
    """A statement is prepared by its first use, once."""
    async with make_pool(database_url, 1) as pool, connection(pool) as conn:
        for _ in range(3):
            await conn.execute("SELECT %s::int", [1])
        prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%::int%'"
        row = await (await conn.execute(prepared, prepare=False)).fetchone()
        assert row == (1,)


async def test_nobody_there(tmp_path: object) -> None:
    """A server that is not there is StoreUnavailable, before five seconds are over."""
    pool = make_pool(f"host={tmp_path} dbname=nothing", 1, acquire_seconds=0.2)
    before = time.monotonic()
    async with pool:
        with pytest.raises(StoreUnavailable):
            async with connection(pool):
                pass
    assert time.monotonic() - before < 5


async def test_none_free(database_url: str) -> None:
    """When every connection is taken, waiting ends in StoreUnavailable."""
    async with make_pool(database_url, 1, acquire_seconds=0.1) as pool, connection(pool):
        with pytest.raises(StoreUnavailable):
            async with connection(pool):
                pass


async def test_closed_pool(database_url: str) -> None:
    """A pool that is closed is StoreUnavailable too."""
    pool: AsyncConnectionPool = make_pool(database_url, 1)
    with pytest.raises(StoreUnavailable):
        async with connection(pool):
            pass


async def test_killed_connections_are_replaced(database_url: str, conn: Connection) -> None:
    """After the server has dropped every connection, the next borrower gets a living one."""
    async with make_pool(database_url, 2) as pool:
        async with connection(pool) as borrowed:
            await borrowed.execute("SELECT 1")
        await all_ended(conn)
        async with connection(pool) as borrowed:
            assert await (await borrowed.execute("SELECT 1")).fetchone() == (1,)


async def test_one_dead_connection_has_all_of_them_looked_at(database_url: str, conn: Connection) -> None:
    """Nobody meets a second dead one, which the pool would make them wait a second for."""
    async with make_pool(database_url, SIZE) as pool:
        await pool.wait()
        await all_ended(conn)
        async with connection(pool):
            pass

        async def whole() -> bool:
            return pool.get_stats()["pool_available"] == SIZE

        await eventually(whole)
        assert pool.get_stats()["connections_lost"] == SIZE
        for _ in range(SIZE):
            async with connection(pool) as borrowed:
                await borrowed.execute("SELECT 1")


async def all_ended(conn: Connection) -> None:
    """Have the server hang up on everybody else in this database."""
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    async def all_gone() -> bool:
        return (await conn.execute(end)).rowcount == 0

    await eventually(all_gone)


async def test_a_server_that_is_away_is_tried_steadily(database_url: str) -> None:
    """However long it was away, and whether or not anybody waits for it."""
    tries = 0

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        writer.close()

    async def often() -> bool:
        return tries > MANY

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        async with make_pool(make_conninfo(database_url, host=host, port=port, sslmode="disable"), 1):
            await eventually(often, what=f"{tries} tries")
