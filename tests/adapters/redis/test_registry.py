"""Who is connected to any instance."""

from uuid import uuid4

import pytest

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.registry import LEASE_SECONDS, RedisConnections
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType

pytestmark = pytest.mark.anyio

ANI = User(UserType.CUSTOMER, uuid4())


async def test_held_and_dropped(link: RedisLink) -> None:
    """A user is connected while any instance says so."""
    one, other = RedisConnections(link), RedisConnections(link)
    assert await one.is_connected(ANI) is False
    await one.hold([ANI])
    await other.hold([ANI])
    await one.drop([ANI])
    assert await one.is_connected(ANI) is True
    await other.drop([ANI])
    assert await other.is_connected(ANI) is False


async def test_the_same_id_of_another_kind_is_another_user(link: RedisLink) -> None:
    """A customer and a mitra are never taken for each other."""
    registry = RedisConnections(link)
    await registry.hold([ANI])
    assert await registry.is_connected(User(UserType.MITRA, ANI.id)) is False


async def test_a_lease(link: RedisLink) -> None:
    """Whoever is not renewed is forgotten."""
    await RedisConnections(link).hold([ANI])
    left = await link.ask("TTL", link.key("connected", "customer", str(ANI.id)))
    assert 0 < left <= LEASE_SECONDS == 35


async def test_many(link: RedisLink) -> None:
    """Thousands are told in batches."""
    registry = RedisConnections(link)
    users = [User(UserType.CUSTOMER, uuid4()) for _ in range(1234)]
    await registry.hold(users)
    assert await link.ask("DBSIZE") == 1234
    await registry.drop(users)
    assert await link.ask("DBSIZE") == 0


async def test_unknown() -> None:
    """Without Redis nobody is known to be connected or not, and telling says so."""
    link = RedisLink("unix:///nowhere/at/all")
    registry = RedisConnections(link)
    assert await registry.is_connected(ANI) is None
    with pytest.raises(StoreUnavailable):
        await registry.hold([ANI])
    await registry.hold([])
    await link.aclose()
