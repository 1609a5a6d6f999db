"""Nudges, frames and whispers between instances, over pub/sub; knows neither what follows nor who gets them.

Pub/sub forgets: whatever is published while an instance is not subscribed never reaches it. So `is_up` is
about being subscribed and hearing the server, and everybody who depends on frames is told of every gap.
Frames have sixteen channels, chosen by stream, so that they can be spread over the shards of a cluster.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, final

from redis.asyncio.client import PubSub

from halobestie_adapters import framing
from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.connection import FAILURES, RedisLink
from halobestie_core.ports.notify import OutboxFrame, Topic, Whisper

SHARDS: Final = 16
MOST_WHISPERS: Final = 10_000
"""That wait to be sent; the oldest are lost first."""
PING_SECONDS: Final = 0.3
SILENCE_SECONDS: Final = 1.0
"""Without a word for so long although asked, the server is away."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 0.5

_log = logging.getLogger(__name__)


@final
class RedisBus:
    """`Nudges`, `FrameBus` and `Whispers`: it listens on one connection. Runs until its event is set."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._up = False
        self._nudged: dict[Topic, list[Callable[[], None]]] = {topic: [] for topic in Topic}
        self._framed: list[Callable[[Sequence[OutboxFrame]], None]] = []
        self._changed: list[Callable[[bool], None]] = []
        self._topics = {link.channel("nudge", topic).encode(): topic for topic in Topic}
        self._shards = [link.channel("frames", f"{{{number:02}}}") for number in range(SHARDS)]
        self._pending: dict[Topic, None] = {}
        self._whispered: list[Callable[[Sequence[Whisper]], None]] = []
        self._whispers: deque[Whisper] = deque(maxlen=MOST_WHISPERS)
        self._lane = link.channel("whispers")
        self._wanted = asyncio.Event()
        self.lost_nudges = 0

    # ------------------------------------------------------------------------------------------- nudges

    def publish(self, topic: Topic) -> None:
        """Nudge every instance, soon; nothing happens while Redis is away."""
        self._pending[topic] = None
        self._wanted.set()

    def subscribe(self, topic: Topic, callback: Callable[[], None]) -> None:
        """Call `callback` at every nudge about `topic`."""
        self._nudged[topic].append(callback)

    # ----------------------------------------------------------------------------------------- whispers

    def whisper(self, whisper: Whisper) -> None:
        """Send one to every instance, soon; while Redis is away only this one hears it."""
        if self._up:
            self._whispers.append(whisper)
            self._wanted.set()
        else:
            asyncio.get_running_loop().call_soon(self._hear, [whisper])

    def on_whispers(self, callback: Callable[[Sequence[Whisper]], None]) -> None:
        """Call `callback` with whispers that arrive."""
        self._whispered.append(callback)

    def _hear(self, whispers: Sequence[Whisper]) -> None:
        for heard in self._whispered:
            heard(whispers)

    # ------------------------------------------------------------------------------------------- frames

    @property
    def is_up(self) -> bool:
        """Whether we are subscribed and hear the server."""
        return self._up

    async def is_reachable(self) -> bool:
        """Whether the server answers."""
        return await self._link.is_reachable()

    async def send(self, frames: Sequence[OutboxFrame]) -> None:
        """Publish frames in their order. Raises StoreUnavailable; then some may have gone out."""
        runs = itertools.groupby(frames, lambda one: self._shard(one.stream))
        await self._link.batch([("PUBLISH", shard, framing.packed(list(run))) for shard, run in runs])

    def on_frames(self, callback: Callable[[Sequence[OutboxFrame]], None]) -> None:
        """Call `callback` with frames that arrive."""
        self._framed.append(callback)

    def on_change(self, callback: Callable[[bool], None]) -> None:
        """Call `callback` whenever `is_up` has changed."""
        self._changed.append(callback)

    def _shard(self, stream: str) -> str:
        return self._shards[zlib.crc32(stream.encode()) % SHARDS]

    # ------------------------------------------------------------------------------------------ running

    async def run(self, stop: asyncio.Event) -> None:
        """Listen, and pass nudges on, until `stop` is set; never raises for Redis' sake."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._listen(stop)), group.create_task(self._pass_on(stop))]
            await stop.wait()
            # The driver has time-outs of its own, and a cancellation that meets one may get lost in it: hence
            # both look at `stop` too.
            for task in tasks:
                task.cancel()

    async def _pass_on(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._wanted.wait()
            self._wanted.clear()
            topics, self._pending = list(self._pending), {}
            whispers, self._whispers = list(self._whispers), deque(maxlen=MOST_WHISPERS)
            commands: list[Sequence[str | bytes | int]] = [
                ("PUBLISH", self._link.channel("nudge", topic), b"") for topic in topics
            ]
            if whispers:
                commands.append(("PUBLISH", self._lane, framing.whispered(whispers)))
            try:
                await self._link.batch(commands)
            except StoreUnavailable:
                self.lost_nudges += len(topics)
                await asyncio.sleep(FIRST_PAUSE_SECONDS)  # else a stream of nudges would be a stream of tries

    async def _listen(self, stop: asyncio.Event) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not stop.is_set():
            try:
                async with self._link.listener.pubsub() as line:
                    await self._follow(line, stop)
            except FAILURES:
                pause = FIRST_PAUSE_SECONDS if self._up else min(2 * pause, LONGEST_PAUSE_SECONDS)
            finally:
                self._note(up=False)
            await asyncio.sleep(pause)

    async def _follow(self, line: PubSub, stop: asyncio.Event) -> None:
        """Subscribe, then hand on what comes, until `stop`, or the connection fails or falls silent."""
        channels = [*self._topics, self._lane.encode(), *(shard.encode() for shard in self._shards)]
        await line.subscribe(*channels)
        unconfirmed = len(channels)
        loop = asyncio.get_running_loop()
        heard = asked = loop.time()
        while not stop.is_set():
            message = await line.get_message(timeout=PING_SECONDS)
            now = loop.time()
            if message is None:
                if now - heard > SILENCE_SECONDS:
                    raise TimeoutError
            else:
                heard = now
                if message["type"] == "subscribe":
                    unconfirmed -= 1
                    if unconfirmed == 0:
                        self._note(up=True)
                elif message["type"] == "message":
                    self._hand_on(message)
            if now - asked >= PING_SECONDS:
                asked = now
                await line.ping()

    def _hand_on(self, message: dict[str, Any]) -> None:
        topic = self._topics.get(message["channel"])
        if topic is not None:
            for nudged in self._nudged[topic]:
                nudged()
            return
        whispers: Sequence[Whisper] = ()
        frames: Sequence[OutboxFrame] = ()
        try:
            if message["channel"] == self._lane.encode():
                whispers = framing.heard(message["data"])
            else:
                frames = framing.unpacked(message["data"])
        except (ValueError, KeyError, TypeError):  # a newer version's, or somebody else's: not ours to die of
            _log.warning("what came over the bus cannot be read")
            return
        if whispers:
            self._hear(whispers)
            return
        for framed in self._framed:
            framed(frames)

    def _note(self, *, up: bool) -> None:
        if up is not self._up:
            self._up = up
            for changed in self._changed:
                changed(up)
