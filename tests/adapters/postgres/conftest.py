"""What the tests of the PostgreSQL adapter share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from halobestie_adapters.postgres.pool import conninfo


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """A connection to this test's migrated database, with the settings of the pool."""
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as opened:
        yield opened


@pytest.fixture
async def world(conn: AsyncConnection[TupleRow]) -> AsyncConnection[TupleRow]:
    """A connection to a database that holds a small world in which all is as it should be (world.sql)."""
    script = sql.SQL(Path(__file__).with_name("world.sql").read_text())
    async with conn.transaction():
        await conn.execute(script, prepare=False)
    return conn
