"""Races of relays on a real database: many at once, and crashes between commit, publishing and marking.

A frame that was committed is heard: once where nobody dies, at least once where somebody does, and of
one stream always in order, whatever comes twice.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import pytest
from attrs import define, field
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.memory.notify import MemoryFrameBus
from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.postgres.pool import make_pool
from halobestie_app.workers.relay import Relay
from halobestie_core.ports.notify import OutboxFrame
from support.contest import CONTENDERS, behind_a_barrier, was_a_race
from support.house import Conn, connected, frame_row, unsent

pytestmark = pytest.mark.anyio

STREAMS, FRAMES = 3, 9


class Crash(Exception):
    """The instance is gone."""


@define
class Line:
    """The bus of one instance, which may die just before or just after it publishes."""

    heard: list[OutboxFrame]
    dies: str = ""
    bus: MemoryFrameBus = field(factory=MemoryFrameBus)

    def __attrs_post_init__(self) -> None:
        self.bus.on_frames(self.heard.extend)

    @property
    def is_up(self) -> bool:
        """As the bus."""
        return self.bus.is_up

    async def is_reachable(self) -> bool:
        """As the bus."""
        return await self.bus.is_reachable()

    async def send(self, frames: Sequence[OutboxFrame]) -> None:
        """Publish, and die where it was said."""
        if self.dies == "before publishing":
            raise Crash
        await asyncio.sleep(0)
        await self.bus.send(frames)
        if self.dies == "before marking":
            raise Crash

    def on_frames(self, callback: Callable[[Sequence[OutboxFrame]], None]) -> None:
        """As the bus."""
        self.bus.on_frames(callback)

    def on_change(self, callback: Callable[[bool], None]) -> None:
        """As the bus."""
        self.bus.on_change(callback)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A connection for each of eight relays."""
    async with make_pool(database_url, CONTENDERS) as opened:
        yield opened


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    """A connection that commits frames."""
    async with connected(database_url) as opened:
        yield opened


async def committed(conn: Conn, streams: Sequence[UUID]) -> dict[str, list[int]]:
    """Frames of several streams in one transaction; the ids of each stream, in order."""
    rows: dict[str, list[int]] = {f"customer:{stream}": [] for stream in streams}
    async with conn.transaction():
        for number in range(FRAMES):
            stream = streams[number % len(streams)]
            rows[f"customer:{stream}"].append(await frame_row(conn, {"customer": str(stream)}))
    return rows


def by_stream(heard: Sequence[OutboxFrame]) -> dict[str, list[int]]:
    """What was heard of each stream, each frame where it was heard first."""
    rows: dict[str, list[int]] = {}
    for frame in heard:
        ids = rows.setdefault(frame.stream, [])
        if frame.id not in ids:
            ids.append(frame.id)
    return rows


@asynccontextmanager
async def crashing() -> AsyncIterator[None]:
    """Whoever is inside may crash."""
    with suppress(Crash):
        yield


@pytest.mark.parametrize("dies", ["before publishing", "before marking"])
async def test_a_crash_at_a_named_point(conn: Conn, pool: AsyncConnectionPool, dies: str) -> None:
    """After the commit and before it was published, nobody heard it; before it was marked, it comes again."""
    heard: list[OutboxFrame] = []
    rows = await committed(conn, [uuid4() for _ in range(STREAMS)])
    async with crashing():
        await Relay(PostgresFrameOutbox(pool), Line(heard, dies)).drain()
    assert len(heard) == (0 if dies == "before publishing" else FRAMES)
    assert len(await unsent(conn)) == FRAMES
    await Relay(PostgresFrameOutbox(pool), Line(heard)).drain()
    assert by_stream(heard) == rows
    assert len(heard) == (FRAMES if dies == "before publishing" else 2 * FRAMES)
    assert await unsent(conn) == []


async def test_a_relay_that_holds_frames_while_another_looks(conn: Conn, pool: AsyncConnectionPool) -> None:
    """The first has published and not marked yet: the second leaves those frames alone."""
    heard: list[OutboxFrame] = []
    rows = await committed(conn, [uuid4()])
    async with PostgresFrameOutbox(pool).claimed(FRAMES) as first:
        heard.extend(first.frames)
        async with PostgresFrameOutbox(pool).claimed(FRAMES) as second:
            assert second.frames == []
    assert by_stream(heard) == rows
    assert await unsent(conn) == []


async def test_many_relays(conn: Conn, pool: AsyncConnectionPool, rounds: int) -> None:
    """Eight relays, a few frames at a time: each frame is published once, each stream in order."""
    shares: Counter[int] = Counter()
    for _ in range(rounds):
        heard: list[OutboxFrame] = []
        rows = await committed(conn, [uuid4() for _ in range(STREAMS)])
        relays = [Relay(PostgresFrameOutbox(pool), Line(heard), batch=2) for _ in range(CONTENDERS)]
        sent: list[int] = []

        async def drains(relay: Relay, into: list[int]) -> None:
            into.append(await relay.drain())

        assert set(await behind_a_barrier(*[lambda r=one, s=sent: drains(r, s) for one in relays])) == {"OK"}
        assert by_stream(heard) == rows
        assert len(heard) == sum(sent) == FRAMES
        assert await unsent(conn) == []
        shares[max(sent)] += 1
    was_a_race(shares)


@pytest.mark.parametrize("dies", ["before publishing", "before marking"])
async def test_relays_that_die(conn: Conn, pool: AsyncConnectionPool, rounds: int, dies: str) -> None:
    """Four of eight die at that point: nothing is lost, no stream is out of order, the rest goes on."""
    twice: Counter[int] = Counter()
    chance = random.Random(6)
    for _ in range(rounds):
        heard: list[OutboxFrame] = []
        rows = await committed(conn, [uuid4() for _ in range(STREAMS)])
        fates = [dies, ""] * (CONTENDERS // 2)
        chance.shuffle(fates)

        async def drains(fate: str, into: list[OutboxFrame]) -> None:
            async with crashing():
                await Relay(PostgresFrameOutbox(pool), Line(into, fate), batch=2).drain()

        await behind_a_barrier(*[lambda f=fate, h=heard: drains(f, h) for fate in fates])
        await Relay(PostgresFrameOutbox(pool), Line(heard)).drain()
        assert by_stream(heard) == rows
        assert await unsent(conn) == []
        if dies == "before publishing":
            assert len(heard) == FRAMES
        twice[len(heard) - FRAMES] += 1
    assert dies == "before publishing" or len(twice) > 1, twice


async def test_relays_that_are_cut_off_anywhere(conn: Conn, pool: AsyncConnectionPool, rounds: int) -> None:
    """A relay is cancelled at any moment: what it held is free again at once, and all is heard in order."""
    chance = random.Random(8)
    for _ in range(rounds // 3):  # connections are made anew: that is what takes long
        heard: list[OutboxFrame] = []
        rows = await committed(conn, [uuid4() for _ in range(STREAMS)])
        relays = [Relay(PostgresFrameOutbox(pool), Line(heard), batch=3) for _ in range(CONTENDERS)]
        tasks = [asyncio.create_task(relay.drain()) for relay in relays]
        await asyncio.sleep(chance.uniform(0, 0.02))
        for task in tasks:
            task.cancel()
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(end, int | asyncio.CancelledError | StoreUnavailable), end
        await Relay(PostgresFrameOutbox(pool), Line(heard)).drain()
        assert by_stream(heard) == rows
        assert await unsent(conn) == []
