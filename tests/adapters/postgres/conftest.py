"""What the tests of the PostgreSQL adapter share."""

from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from halobestie_adapters.postgres.pool import conninfo


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """A connection to this test's migrated database, with the settings of the pool."""
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as opened:
        yield opened


@pytest.fixture
async def empty_url(database_url: str, conn: AsyncConnection[TupleRow]) -> AsyncIterator[str]:
    """A database without a single table."""
    name = f"{conninfo_to_dict(database_url)['dbname']}_empty"
    await conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    yield make_conninfo(database_url, dbname=name)
    await conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
