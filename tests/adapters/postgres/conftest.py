"""What the tests of the PostgreSQL adapter share."""

from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_adapters.postgres.pool import conninfo


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """A connection to this test's migrated database, with the settings of the pool."""
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as opened:
        yield opened
