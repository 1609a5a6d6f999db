"""Keys of commands that may come twice: one try at a time, one answer, one id, for a day."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from halobestie_adapters.ids import uuid7
from halobestie_core.ports.idempotency import (
    KEPT,
    Attempt,
    Claim,
    Claimed,
    Different,
    FirstAnswer,
    IdempotencyKeys,
    KeyOf,
    Running,
)
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.places import Place, later

pytestmark = pytest.mark.anyio

AYU = User(UserType.CUSTOMER, uuid7())
MINE = KeyOf(AYU, "my key")
WISH, OTHER = b"1" * 32, b"2" * 32
LEASE = timedelta(seconds=7)
YES = FirstAnswer(201, '{"id":"1","note":"\\u0000 é"}', {"content-type": "application/json"})
DAY = KEPT.total_seconds()


@pytest.fixture
def keys(place: Place) -> IdempotencyKeys:
    """Those of a place."""
    return place.keys


async def claim(keys: IdempotencyKeys, of: KeyOf = MINE, wish: bytes = WISH) -> Claimed:
    """Ask for a try."""
    return await keys.claim(of, [wish], uuid7(), LEASE)


async def begun(keys: IdempotencyKeys, of: KeyOf = MINE, **options: Any) -> Claim:  # noqa: ANN401
    """Have one."""
    found = await claim(keys, of, **options)
    assert isinstance(found, Claim), found
    return found


async def test_the_first_try(keys: IdempotencyKeys) -> None:
    """A new key begins, with the id that was offered, and is nobody's repeat."""
    mine = uuid7()
    found = await keys.claim(MINE, [WISH], mine, LEASE)
    assert found == Claim(MINE, mine, 1)
    assert found.attempt == Attempt(mine, again=False)


async def test_answered_to_the_letter(keys: IdempotencyKeys) -> None:
    """Once there is an answer, every repeat gets it as it was; another request does not."""
    await keys.keep(await begun(keys), YES)
    assert [await claim(keys) for _ in range(2)] == [YES, YES]
    assert await claim(keys, wish=OTHER) == Different()


async def test_while_it_runs(keys: IdempotencyKeys) -> None:
    """Before there is one, a repeat hears that it runs, and another request that it is another."""
    await begun(keys)
    assert await claim(keys) == Running()
    assert await claim(keys, wish=OTHER) == Different()


async def test_released(keys: IdempotencyKeys) -> None:
    """After a release the next try begins at once, with the same id, and knows that it is not the first."""
    first = await begun(keys)
    await keys.release(first)
    assert await claim(keys, wish=OTHER) == Different(), "the key stays this request's"
    second = await begun(keys)
    assert second == evolve(first, tries=2)
    assert second.attempt == Attempt(first.effect_id, again=True)


async def test_taken_over(place: Place, keys: IdempotencyKeys) -> None:
    """A try that never ended is taken over when its lease is over; what it says later counts for nothing."""
    first = await begun(keys)
    await later(place, seconds=6.999)
    assert await claim(keys) == Running()
    await later(place, seconds=0.001)
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


async def test_whose_key(keys: IdempotencyKeys) -> None:
    """The same key of somebody else, or of the same id in another role, is another key."""
    await keys.keep(await begun(keys), YES)
    await begun(keys, KeyOf(User(UserType.CUSTOMER, uuid7()), MINE.key))
    await begun(keys, KeyOf(User(UserType.OPERATOR, AYU.id), MINE.key))
    await begun(keys, KeyOf(AYU, MINE.key.upper()))


async def test_hashes_turned_over(keys: IdempotencyKeys) -> None:
    """While the secret is turned over a request is known by any of its hashes, from then on by the first."""
    await keys.keep(await begun(keys), YES)
    assert await keys.claim(MINE, [OTHER, WISH], uuid7(), LEASE) == YES
    released = await begun(keys, KeyOf(AYU, "another"))
    await keys.release(released)
    again = await keys.claim(released.of, [OTHER, WISH], uuid7(), LEASE)
    assert again == evolve(released, tries=2)
    assert await claim(keys, released.of, OTHER) == Running()
    assert await claim(keys, released.of, WISH) == Different()


async def test_after_a_day(place: Place, keys: IdempotencyKeys) -> None:
    """A key is known for a day from its first try; then it is as good as new, whatever it is used for."""
    await keys.release(await begun(keys))
    await later(place, seconds=DAY / 2)
    await keys.keep(await begun(keys), YES)
    await later(place, seconds=DAY / 2 - 1)
    assert await claim(keys) == YES
    assert await keys.purge(10) == 0
    await later(place, seconds=1)
    fresh = uuid7()
    assert await keys.claim(MINE, [OTHER], fresh, LEASE) == Claim(MINE, fresh, 1)
    assert await claim(keys) == Different()
    assert await claim(keys, wish=OTHER) == Running()
    assert await keys.purge(10) == 0


async def test_running_past_its_day(place: Place, keys: IdempotencyKeys) -> None:
    """Whoever is at it is left in peace, and not swept away either."""
    await keys.release(await begun(keys))
    await later(place, seconds=DAY - 1)
    second = await begun(keys)
    await later(place, seconds=3)
    assert await claim(keys) == Running()
    assert await keys.purge(10) == 0
    await keys.keep(second, YES)
    assert await keys.purge(10) == 1
    assert await begun(keys) != second


async def test_purge(place: Place, keys: IdempotencyKeys) -> None:
    """The oldest go first, a batch at a time; what is younger than a day stays."""
    for number in range(5):
        await keys.keep(await begun(keys, KeyOf(AYU, str(number))), YES)
        await later(place, seconds=DAY / 4)
    assert [await keys.purge(1), await keys.purge(10), await keys.purge(10)] == [1, 1, 0]
    known = [await claim(keys, KeyOf(AYU, str(number))) for number in range(5)]
    assert [isinstance(one, Claim) for one in known] == [True, True, False, False, False]
