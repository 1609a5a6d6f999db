"""Nudges and frames between instances."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.flow.effects import ToCustomer, ToMitra, ToOffered
from halobestie_core.ports.notify import OutboxFrame, Topic, Whisper, WhisperKind
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.killing import killed, paused
from support.waiting import eventually

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def frame(number: int, stream: str = "customer:1") -> OutboxFrame:
    """Some frame."""
    return OutboxFrame(number, stream, ToCustomer(uuid4()), "paired", {"session_id": str(uuid4())}, NOW)


@asynccontextmanager
async def listening(link: RedisLink) -> AsyncIterator[tuple[RedisBus, list[OutboxFrame], list[bool]]]:
    """A bus that runs and is up, what it hears, and its ups and downs."""
    bus, heard, changes = RedisBus(link), list[OutboxFrame](), list[bool]()
    bus.on_frames(heard.extend)
    bus.on_change(changes.append)
    stop = asyncio.Event()
    task = asyncio.create_task(bus.run(stop))
    try:
        await becomes(bus, up=True)
        yield bus, heard, changes
    finally:
        stop.set()
        await task


async def becomes(bus: RedisBus, *, up: bool) -> None:
    """Wait until the bus is up, or down."""

    async def so() -> bool:
        return bus.is_up is up

    await eventually(so, what=f"the bus does not become {'up' if up else 'down'}")


async def length(heard: list[OutboxFrame], count: int) -> None:
    """Wait until so many frames were heard."""

    async def so() -> bool:
        return len(heard) >= count

    await eventually(so, what=f"{count} frames were expected, {len(heard)} heard")


async def test_frames_reach_every_instance(link: RedisLink) -> None:
    """What one instance sends, all of them hear, itself included, just as it was."""
    frames = [
        frame(1),
        OutboxFrame(2, "mitra:1", ToMitra(uuid4()), "presence", {"why": "stale"}, NOW),
        OutboxFrame(3, "request:1", ToOffered(uuid4(), 2, uuid4()), "chat_request", {}, NOW),
        OutboxFrame(4, "request:2", ToOffered(uuid4()), "chat_request_closed", {"reason": "taken"}, NOW),
    ]
    async with listening(link) as (one, mine, _), listening(link) as (_, theirs, _):
        await one.send(frames)
        await length(mine, 4)
        await length(theirs, 4)
        assert mine == theirs == frames


async def test_a_stream_keeps_its_order(link: RedisLink) -> None:
    """Frames arrive in the order in which they were sent, whatever their streams."""
    frames = [frame(number, f"customer:{number % 7}") for number in range(500)]
    async with listening(link) as (bus, heard, _):
        for begin in range(0, 500, 100):
            await bus.send(frames[begin : begin + 100])
        await length(heard, 500)
        assert [one.id for one in heard] == list(range(500))


async def test_nudges(link: RedisLink) -> None:
    """A nudge reaches everybody who asked for its topic, and nobody else."""
    async with listening(link) as (one, _, _), listening(link) as (other, _, _):
        heard: list[str] = []
        one.subscribe(Topic.CONFIG, lambda: heard.append("one"))
        other.subscribe(Topic.CONFIG, lambda: heard.append("other"))
        other.subscribe(Topic.DEADLINE, lambda: heard.append("wrong"))
        one.publish(Topic.CONFIG)

        async def both() -> bool:
            return sorted(heard) == ["one", "other"]

        await eventually(both)


async def test_what_cannot_be_read_is_dropped(link: RedisLink) -> None:
    """A message that is not ours is no frame, and the next one is heard."""
    async with listening(link) as (bus, heard, changes):
        await link.ask("PUBLISH", link.channel("frames", "{00}"), "[[1]]")
        await link.ask("PUBLISH", link.channel("frames", "{00}"), "nonsense")
        await bus.send([frame(7)])
        await length(heard, 1)
        assert [one.id for one in heard] == [7]
        assert changes == [True]


async def test_deployments_do_not_hear_each_other(link: RedisLink, valkey_url: str) -> None:
    """Another namespace is another world, although channels belong to no database."""
    elsewhere = RedisLink(valkey_url, namespace=uuid4().hex, seconds=5)
    async with listening(link) as (bus, heard, _), listening(elsewhere) as (_, theirs, _):
        await bus.send([frame(1)])
        await length(heard, 1)
        assert theirs == []
    await elsewhere.aclose()


@pytest.mark.faults
async def test_a_restart_is_noticed(own_stores: EmbeddedStores) -> None:
    """A gap is told, and afterwards frames flow again."""
    link = RedisLink(own_stores.valkey_url, seconds=5)
    async with listening(link) as (bus, heard, changes):
        killed(own_stores)

        async def again() -> bool:
            return changes == [True, False, True]

        await eventually(again, what=f"expected a gap: {changes}")
        await bus.send([frame(1)])
        await length(heard, 1)
    await link.aclose()


@pytest.mark.faults
async def test_silence_is_noticed(own_stores: EmbeddedStores) -> None:
    """A server that only stands still counts as down: sending says so, nudging does not mind."""
    link = RedisLink(own_stores.valkey_url, seconds=0.5)
    async with listening(link) as (bus, heard, _):
        with paused(own_stores):
            await becomes(bus, up=False)
            bus.publish(Topic.PRESENCE)
            with pytest.raises(StoreUnavailable):
                await bus.send([frame(1)])

            async def lost() -> bool:
                return bus.lost_nudges == 1

            await eventually(lost)
        await becomes(bus, up=True)
        await eventually(bus.is_reachable)
        await bus.send([frame(2)])

        async def second() -> bool:
            return any(one.id == 2 for one in heard)

        await eventually(second)
    await link.aclose()


async def test_absent_from_the_start() -> None:
    """Without a server the bus runs, is down, and stops when told."""
    link = RedisLink("unix:///nowhere/at/all")
    bus = RedisBus(link)
    stop = asyncio.Event()
    task = asyncio.create_task(bus.run(stop))
    bus.publish(Topic.CONFIG)

    async def lost() -> bool:
        return bus.lost_nudges == 1

    await eventually(lost)
    assert not bus.is_up
    stop.set()
    await task
    await link.aclose()


WHISPERS = [
    Whisper(WhisperKind.TYPING, User(UserType.CUSTOMER, uuid4()), User(UserType.MITRA, uuid4()), uuid4()),
    Whisper(
        WhisperKind.READ, User(UserType.MITRA, uuid4()), User(UserType.CUSTOMER, uuid4()), uuid4(), seq=7
    ),
    Whisper(
        WhisperKind.PEER,
        User(UserType.MITRA, uuid4()),
        User(UserType.CUSTOMER, uuid4()),
        uuid4(),
        state="here",
        ask=True,
    ),
]


async def test_whispers_reach_every_instance(link: RedisLink) -> None:
    """What is whispered comes to all, the sender too, as it was; frames and nudges are not disturbed."""
    async with listening(link) as (one, _, _), listening(link) as (other, frames, _):
        first, second = list[Whisper](), list[Whisper]()
        one.on_whispers(first.extend)
        other.on_whispers(second.extend)
        for whisper in WHISPERS:
            one.whisper(whisper)
        await one.send([frame(1)])
        await length(frames, 1)

        async def so() -> bool:
            return first == WHISPERS == second

        await eventually(so, what="whispers are lost")


async def test_whispers_without_redis_stay_here(link: RedisLink) -> None:
    """Before Redis is reached a whisper is heard by this instance alone, and never at once."""
    bus, heard = RedisBus(link), list[Whisper]()
    bus.on_whispers(heard.extend)
    bus.whisper(WHISPERS[0])
    assert heard == []

    async def so() -> bool:
        return heard == WHISPERS[:1]

    await eventually(so, what="not heard")
