"""Who is connected to any instance."""

from uuid import uuid4

import pytest

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.registry import LEASE_SECONDS, RedisConnections
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.waiting import eventually

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


async def test_which_of_many(link: RedisLink) -> None:
    """Of a whole wave, those who are connected; of thousands as well."""
    registry = RedisConnections(link)
    users = [User(UserType.MITRA, uuid4()) for _ in range(1200)]
    await registry.hold(users[::3])
    assert await registry.which_connected(users) == frozenset(users[::3])
    assert await registry.which_connected([]) == frozenset()


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


async def test_the_word_of_the_dead(link: RedisLink) -> None:
    """A lease ends by itself, though another instance went on speaking for the same user."""
    dead, alive = RedisConnections(link, lease=0.05), RedisConnections(link)
    await dead.hold([ANI])
    await alive.hold([ANI])
    await alive.drop([ANI])

    async def gone() -> bool:
        return await alive.is_connected(ANI) is False

    await eventually(gone, seconds=2)


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
    assert await registry.which_connected([ANI]) is None
    with pytest.raises(StoreUnavailable):
        await registry.hold([ANI])
    await registry.hold([])
    await link.aclose()
