"""Keys on a real database: one try at a time, one answer, one id, for a day."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.idempotency import PostgresIdempotencyKeys
from halobestie_adapters.postgres.pool import make_pool
from halobestie_core.ports.idempotency import (
    KEPT,
    Attempt,
    Claim,
    Claimed,
    Different,
    FirstAnswer,
    KeyOf,
    Running,
)
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.tapped import tapped

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

AYU = User(UserType.CUSTOMER, uuid7())
MINE = KeyOf(AYU, "my key")
WISH, OTHER = b"1" * 32, b"2" * 32
LONG, OVER = timedelta(seconds=60), timedelta(0)
YES = FirstAnswer(201, '{"id":"1","note":"\\u0000 é"}', {"content-type": "application/json"})
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


async def test_the_first_try(keys: PostgresIdempotencyKeys) -> None:
    """A new key begins, with the id that was offered, and is nobody's repeat."""
    mine = uuid7()
    found = await keys.claim(MINE, [WISH], mine, LONG)
    assert found == Claim(MINE, mine, 1)
    assert found.attempt == Attempt(mine, again=False)


async def test_answered_to_the_letter(keys: PostgresIdempotencyKeys) -> None:
    """Once there is an answer, every repeat gets it as it was; another request does not."""
    await keys.keep(await begun(keys), YES)
    assert [await claim(keys) for _ in range(2)] == [YES, YES]
    assert await claim(keys, wish=OTHER) == Different()


async def test_while_it_runs(keys: PostgresIdempotencyKeys) -> None:
    """Before there is one, a repeat hears that it runs, and another request that it is another."""
    await begun(keys)
    assert await claim(keys) == Running()
    assert await claim(keys, wish=OTHER) == Different()


async def test_released(keys: PostgresIdempotencyKeys) -> None:
    """After a release the next try begins at once, with the same id, and knows that it is not the first."""
    first = await begun(keys)
    await keys.release(first)
    assert await claim(keys, wish=OTHER) == Different(), "the key stays this request's"
    second = await begun(keys)
    assert second == evolve(first, tries=2)
    assert second.attempt == Attempt(first.effect_id, again=True)


async def test_taken_over(keys: PostgresIdempotencyKeys) -> None:
    """A try that never ended is taken over after its lease; what it says later counts for nothing."""
    first = await begun(keys, lease=OVER)
    second = await begun(keys)
    assert second == evolve(first, tries=2)
    await keys.release(first)
    await keys.keep(first, YES)
    assert await claim(keys) == Running(), "the second is still at it"
    said = evolve(YES, body="second")
    await keys.keep(second, said)
    await keys.keep(second, YES)
    await keys.release(second)
    assert await claim(keys) == said


async def test_whose_key(keys: PostgresIdempotencyKeys) -> None:
    """The same key of somebody else, or of the same id in another role, is another key."""
    await keys.keep(await begun(keys), YES)
    await begun(keys, KeyOf(User(UserType.CUSTOMER, uuid7()), MINE.key))
    await begun(keys, KeyOf(User(UserType.OPERATOR, AYU.id), MINE.key))
    await begun(keys, KeyOf(AYU, MINE.key.upper()))


async def test_hashes_turned_over(keys: PostgresIdempotencyKeys) -> None:
    """While the secret is turned over a request is known by any of its hashes."""
    await keys.keep(await begun(keys), YES)
    assert await keys.claim(MINE, [OTHER, WISH], uuid7(), LONG) == YES
    released = await begun(keys, KeyOf(AYU, "another"))
    await keys.release(released)
    again = await keys.claim(released.of, [OTHER, WISH], uuid7(), OVER)
    assert again == evolve(released, tries=2)
    assert isinstance(await claim(keys, released.of, OTHER), Claim), "the new one is remembered from then on"


async def test_after_a_day(keys: PostgresIdempotencyKeys, conn: Connection) -> None:
    """A key is known for a day from its first try; then it is as good as new, whatever it is used for."""
    await keys.keep(await begun(keys), YES)
    await ages(conn, KEPT - timedelta(minutes=1))
    assert await claim(keys) == YES
    await ages(conn, timedelta(minutes=1))
    fresh = uuid7()
    assert await keys.claim(MINE, [OTHER], fresh, LONG) == Claim(MINE, fresh, 1)
    assert await claim(keys) == Different()
    assert await claim(keys, wish=OTHER) == Running()


async def test_running_past_its_day(keys: PostgresIdempotencyKeys, conn: Connection) -> None:
    """Whoever is at it is left in peace, and not swept away either."""
    first = await begun(keys)
    await ages(conn, 2 * KEPT)
    assert await claim(keys) == Running()
    assert await keys.purge(10) == 0
    await keys.keep(first, YES)
    assert await keys.purge(10) == 1


async def test_purge(keys: PostgresIdempotencyKeys, conn: Connection) -> None:
    """The oldest go first, a batch at a time; what is younger than a day stays."""
    for number in range(5):
        await keys.keep(await begun(keys, KeyOf(AYU, str(number))), YES)
        await ages(conn, timedelta(hours=6))
    counts = [await keys.purge(1), await keys.purge(10), await keys.purge(10)]
    assert counts == [1, 1, 0]
    cursor = await conn.execute("SELECT key FROM idempotency_keys ORDER BY key")
    assert [row[0] for row in await cursor.fetchall()] == ["2", "3", "4"]


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
