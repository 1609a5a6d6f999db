"""A connection survives statements that failed while they were being prepared."""

import psycopg
import pytest
from psycopg.errors import InvalidSqlStatementName

from halobestie_adapters.errors import Busy
from halobestie_adapters.postgres.pool import connection, make_pool
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.trip import compiled, forget, travel

pytestmark = pytest.mark.anyio

LOOK = "SELECT key FROM app_config WHERE key = %s"


@pytest.mark.parametrize("good_uses", [0, 1, 2])
async def test_a_statement_fails_while_it_is_prepared(database_url: str, good_uses: int) -> None:
    """Whichever use of it runs into a lock, later ones work on the same connection."""
    connect = psycopg.AsyncConnection.connect
    async with make_pool(database_url, 1) as pool, await connect(database_url) as other:

        async def look() -> int:
            async with connection(pool) as conn:
                await conn.execute("SET lock_timeout = '50ms'")
                async with conn.pipeline():
                    first = await conn.execute(LOOK, ["mitra_require_ping"])
                    second = await conn.execute("SELECT count(*) FROM app_config")
                return len(await first.fetchall()) + len(await second.fetchall())

        for _ in range(good_uses):
            assert await look() == 2
        await other.execute("LOCK TABLE app_config IN ACCESS EXCLUSIVE MODE")
        for _ in range(2):
            with pytest.raises(Busy):
                await look()
        await other.rollback()
        assert await look() == 2


async def test_what_was_lost_and_what_was_prepared_since(database_url: str) -> None:
    """A driver that drops every statement is got over, also when some were prepared again meanwhile."""
    first, second = (compiled(load("unit"))[name] for name in ("clock", "begin"))
    async with make_pool(database_url, 1) as pool, connection(pool) as conn:
        await travel(conn, [(first, {})])
        await conn.execute("DEALLOCATE ALL")
        await travel(conn, [(second, {})])
        with pytest.raises(InvalidSqlStatementName):
            await travel(conn, [(first, {})])
        await conn.execute("ROLLBACK")
        for _ in range(2):
            forget(conn)
            assert len(await travel(conn, [(second, {}), (first, {})])) == 2
            await conn.execute("ROLLBACK")
