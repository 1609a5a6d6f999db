"""What lives in Redis, and its twins in memory: nudges, frames, connections, the shared picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from attrs import frozen

from halobestie_adapters.memory import (
    MemoryConnections,
    MemoryFrameBus,
    MemoryNudges,
    MemoryPictureCache,
    Tables,
)
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.picture import RedisPicture
from halobestie_adapters.redis.registry import RedisConnections
from halobestie_core.flow.effects import ToCustomer
from halobestie_core.ports.notify import FrameBus, Nudges, OutboxFrame, Topic
from halobestie_core.ports.presence import Connections, Picture, PictureCache, User
from halobestie_core.words import UserType
from support.waiting import eventually

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
AYU, SARI = User(UserType.CUSTOMER, UUID(int=1)), User(UserType.MITRA, UUID(int=1))


@frozen
class Around:
    """The ports of one instance."""

    nudges: Nudges
    bus: FrameBus
    connections: Connections
    pictures: PictureCache


@asynccontextmanager
async def in_redis(url: str) -> AsyncIterator[Around]:
    """The real ones, with a bus that runs."""
    link, stop = RedisLink(url, namespace=uuid4().hex, seconds=5), asyncio.Event()
    bus = RedisBus(link)
    task = asyncio.create_task(bus.run(stop))
    try:
        yield Around(bus, bus, RedisConnections(link), RedisPicture(link))
    finally:
        stop.set()
        await task
        await link.aclose()


@pytest.fixture
async def redis_around(valkey_url: str) -> AsyncIterator[Around]:
    """The real ones, up."""
    async with in_redis(valkey_url) as around:

        async def up() -> bool:
            return around.bus.is_up

        await eventually(up)
        yield around


@pytest.fixture(params=["memory", "redis"])
def around(request: pytest.FixtureRequest) -> Around:
    """Either kind."""
    if request.param == "redis":
        real: Around = request.getfixturevalue("redis_around")
        return real
    tables = Tables()
    return Around(MemoryNudges(), MemoryFrameBus(), MemoryConnections(tables), MemoryPictureCache(tables))


async def test_nudges_reach_all_who_asked(around: Around) -> None:
    """Every subscriber of a topic is nudged, and of no other."""
    config, picture = list[int](), list[int]()
    around.nudges.subscribe(Topic.CONFIG, lambda: config.append(1))
    around.nudges.subscribe(Topic.CONFIG, lambda: config.append(2))
    around.nudges.subscribe(Topic.PICTURE, lambda: picture.append(3))
    around.nudges.publish(Topic.CONFIG)

    async def nudged() -> bool:
        return config == [1, 2]

    await eventually(nudged)
    assert picture == []


async def test_frames_come_as_they_were_sent(around: Around) -> None:
    """Frames arrive whole and, of one stream, in order."""
    heard = list[OutboxFrame]()
    around.bus.on_frames(heard.extend)
    frames = [
        OutboxFrame(n, "customer:1", ToCustomer(AYU.id), "paired", {"session_id": str(n)}, NOW)
        for n in range(3)
    ]
    assert await around.bus.is_reachable()
    await around.bus.send(frames)

    async def arrived() -> bool:
        return heard == frames

    await eventually(arrived)


async def test_connections_are_per_user_and_kind(around: Around) -> None:
    """Held until dropped; a customer and a mitra of one id are two."""
    assert await around.connections.is_connected(AYU) is False
    await around.connections.hold([AYU])
    assert await around.connections.is_connected(AYU) is True
    assert await around.connections.which_connected([AYU, SARI]) == frozenset({AYU})
    await around.connections.drop([AYU, SARI])
    assert await around.connections.which_connected([AYU, SARI]) == frozenset()


async def test_one_picture_for_all(around: Around) -> None:
    """What was put is got, with an age that is at least what it had; the duty can be had and let go."""
    assert await around.pictures.get(None) is None
    assert await around.pictures.lease()
    picture = Picture(NOW, b"".join(UUID(int=n).bytes for n in range(3)))
    await around.pictures.put(picture, 0.25)
    got = await around.pictures.get(None)
    assert got is not None
    assert got[0] == picture
    assert got[1] >= 0.25
    assert await around.pictures.get(picture) is not None
    await around.pictures.release()
    assert await around.pictures.lease()
