"""The picture of who is eligible, where all instances find it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.picture import LIFE_MS, RedisPicture
from halobestie_core.ports.presence import Picture

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
IDS = sorted(uuid4().bytes for _ in range(100))
PICTURE = Picture(NOW, b"".join(IDS))


async def test_shown_and_fetched(link: RedisLink) -> None:
    """What one instance shows, another fetches, with its age since it was drawn."""
    await RedisPicture(link).put(PICTURE, 1.5)
    found = await RedisPicture(link).get(None)
    assert found is not None
    picture, age = found
    assert picture == PICTURE
    assert 1.5 <= age < LIFE_MS / 1000


async def test_nothing_shown(link: RedisLink) -> None:
    """Before anything was shown, and after a flush, there is nothing."""
    cache = RedisPicture(link)
    assert await cache.get(None) is None
    await cache.put(PICTURE, 0)
    await link.ask("FLUSHDB")
    assert await cache.get(PICTURE) is None


async def test_the_same_ids_are_not_fetched_again(link: RedisLink) -> None:
    """A newer picture of the same ids costs one small question."""
    cache = RedisPicture(link)
    newer = Picture(NOW.replace(second=1), PICTURE.packed)
    await cache.put(newer, 0)
    await link.ask("HDEL", link.key("picture"), "packed")
    found = await cache.get(PICTURE)
    assert found is not None
    assert found[0] == newer
    assert await cache.get(None) is None
    assert await cache.get(Picture(NOW, b"")) is None


async def test_too_old_to_show(link: RedisLink) -> None:
    """A picture that took longer than it may live is not shown at all."""
    cache = RedisPicture(link)
    await cache.put(PICTURE, LIFE_MS / 1000)
    assert await cache.get(None) is None


async def test_nobody_there_is_a_picture_too(link: RedisLink) -> None:
    """An empty house is known to be empty."""
    cache = RedisPicture(link)
    await cache.put(Picture(NOW, b""), 0)
    found = await cache.get(None)
    assert found is not None
    assert len(found[0]) == 0


async def test_one_has_the_duty(link: RedisLink) -> None:
    """One instance has the duty and keeps it, until it lets go, or is not heard of."""
    one, other = RedisPicture(link), RedisPicture(link)
    assert await one.lease()
    assert not await other.lease()
    assert await one.lease()
    await other.release()
    assert not await other.lease()
    await one.release()
    assert await other.lease()
    assert 0 < await link.ask("PTTL", link.key("picture", "lease")) <= 2500
