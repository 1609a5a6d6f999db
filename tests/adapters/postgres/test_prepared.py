"""A connection survives statements that failed while they were being prepared."""

import psycopg
import pytest

from halobestie_adapters.errors import Busy
from halobestie_adapters.postgres.pool import connection, make_pool

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
