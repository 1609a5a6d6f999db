"""Keys on a real database: many at once, what a key costs, and a database that is away."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.idempotency import PostgresIdempotencyKeys
from halobestie_adapters.postgres.pool import make_pool
from halobestie_core.ports.idempotency import KEPT, Claim, Claimed, FirstAnswer, KeyOf
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.tapped import tapped

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

AYU = User(UserType.CUSTOMER, uuid7())
MINE = KeyOf(AYU, "my key")
WISH = b"1" * 32
LONG, OVER = timedelta(seconds=60), timedelta(0)
YES = FirstAnswer(201, "{}")
ROUNDS = 300


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A pool on a fresh database."""
    async with make_pool(database_url, 8) as opened:
        yield opened


@pytest.fixture
def keys(pool: AsyncConnectionPool) -> PostgresIdempotencyKeys:
    """Keys on it."""
    return PostgresIdempotencyKeys(pool)


async def claim(
    keys: PostgresIdempotencyKeys, of: KeyOf = MINE, wish: bytes = WISH, lease: timedelta = LONG
) -> Claimed:
    """Ask for a try."""
    return await keys.claim(of, [wish], uuid7(), lease)


async def begun(keys: PostgresIdempotencyKeys, of: KeyOf = MINE, **options: Any) -> Claim:  # noqa: ANN401
    """Have one."""
    found = await claim(keys, of, **options)
    assert isinstance(found, Claim), found
    return found


async def ages(conn: Connection, by: timedelta) -> None:
    """Let every key be older."""
    await conn.execute("UPDATE idempotency_keys SET created_at = created_at - %s", [by])


async def test_two_sweepers(keys: PostgresIdempotencyKeys, conn: Connection) -> None:
    """What one is sweeping the other leaves alone, and nobody waits."""
    for number in range(4):
        await begun(keys, KeyOf(AYU, str(number)), lease=OVER)
    await ages(conn, KEPT)
    async with conn.transaction():
        await conn.execute("SELECT FROM idempotency_keys WHERE key = '0' FOR UPDATE")
        assert await keys.purge(10) == 3
    assert await keys.purge(10) == 1


async def test_one_of_many_begins(keys: PostgresIdempotencyKeys) -> None:
    """Of eight at once one begins a try, new or taken over, and the others hear that it runs."""
    outcomes: Counter[tuple[str, ...]] = Counter()
    for number in range(ROUNDS):
        of = KeyOf(AYU, str(number))
        if number % 2:
            await begun(keys, of, lease=OVER)
        found = await asyncio.gather(*[claim(keys, of) for _ in range(8)])
        outcomes[tuple(sorted(type(one).__name__ for one in found))] += 1
    assert outcomes == {("Claim", *["Running"] * 7): ROUNDS}


async def test_round_trips(database_url: str) -> None:
    """A first try costs two: claim, keep. A repeat costs two: no claim, but the answer."""
    async with tapped(database_url) as tap, make_pool(tap.url, 1) as pool:
        keys = PostgresIdempotencyKeys(pool)
        for number in range(2):  # the first prepares the statements
            await keys.keep(await begun(keys, KeyOf(AYU, str(number))), YES)
            await claim(keys, KeyOf(AYU, str(number)))
        before = tap.round_trips
        mine = await begun(keys)
        assert tap.round_trips - before == 1
        await keys.keep(mine, YES)
        assert tap.round_trips - before == 2
        assert await claim(keys) == YES
        assert tap.round_trips - before == 4


async def test_nobody_there(keys: PostgresIdempotencyKeys, pool: AsyncConnectionPool) -> None:
    """Without the store nothing begins."""
    await pool.close()
    with pytest.raises(StoreUnavailable):
        await claim(keys)
