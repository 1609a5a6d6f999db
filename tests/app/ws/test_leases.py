"""What other instances know of who is connected here."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.registry import RedisConnections
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.leases import Leases
from halobestie_app.ws.session import Session
from halobestie_app.ws.socket import Socket
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.waiting import eventually

pytestmark = pytest.mark.anyio

ANI, SARI = User(UserType.CUSTOMER, UUID(int=1)), User(UserType.MITRA, UUID(int=2))


@pytest.fixture
async def link(valkey_url: str) -> AsyncIterator[RedisLink]:
    """A way to this test's Valkey."""
    opened = RedisLink(valkey_url, namespace=uuid4().hex, seconds=5)
    yield opened
    await opened.aclose()


def joined(hub: Hub, user: User) -> Socket:
    """A socket of this user."""

    async def nothing(*_: object) -> None:
        pass

    socket = Socket(Session(lambda _, __: None, 0), nothing, nothing)
    hub.opened(socket)
    hub.joined(socket, user)
    return socket


async def known(link: RedisLink, user: User, *, expected: bool) -> None:
    """Wait until another instance knows whether this user is connected."""
    other = RedisConnections(link)

    async def so() -> bool:
        return await other.is_connected(user) is expected

    await eventually(so, what=f"{user} should be connected: {expected}")


async def test_told_at_once(link: RedisLink) -> None:
    """Who comes and who goes is known everywhere at once, and nobody is left when the instance ends."""
    hub = Hub()
    leases, stop = Leases(hub, RedisConnections(link)), asyncio.Event()
    task = asyncio.create_task(leases.run(stop))
    one, other = joined(hub, ANI), joined(hub, ANI)
    joined(hub, SARI)
    await known(link, ANI, expected=True)
    await known(link, SARI, expected=True)
    hub.left(one)
    await known(link, ANI, expected=True)
    hub.left(other)
    await known(link, ANI, expected=False)
    await known(link, SARI, expected=True)
    stop.set()
    await task
    await known(link, SARI, expected=False)


async def test_renewed(link: RedisLink) -> None:
    """A registry that forgot everything knows again with the next round."""
    hub = Hub()
    leases, stop = Leases(hub, RedisConnections(link), every=0.1), asyncio.Event()
    task = asyncio.create_task(leases.run(stop))
    joined(hub, ANI)
    for _ in range(3):
        await known(link, ANI, expected=True)
        await link.ask("FLUSHDB")
    await known(link, ANI, expected=True)
    stop.set()
    await task


async def test_told_later() -> None:
    """While Redis is away nothing breaks, and nothing is forgotten that is still to be told."""
    hub = Hub()
    link = RedisLink("unix:///nowhere/at/all", seconds=0.3)
    leases, stop = Leases(hub, RedisConnections(link)), asyncio.Event()
    task = asyncio.create_task(leases.run(stop))
    hub.left(joined(hub, ANI))
    stop.set()
    await task
    await link.aclose()
