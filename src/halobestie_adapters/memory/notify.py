"""Telling others, in memory: nudges, the bus of frames, and the outbox they come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, final
from uuid import UUID

from halobestie_adapters import framing
from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.memory.rows import OutboxRow
from halobestie_adapters.memory.tables import Tables
from halobestie_core.flow.effects import ToCustomer, ToMitra, ToOffered
from halobestie_core.ports.notify import Claim, OutboxFrame, Topic


@final
class MemoryNudges:
    """`Nudges`: whoever shares this is nudged at once."""

    def __init__(self) -> None:
        self._callbacks: defaultdict[Topic, list[Callable[[], None]]] = defaultdict(list)

    def publish(self, topic: Topic) -> None:
        """Nudge all."""
        for callback in self._callbacks[topic]:
            callback()

    def subscribe(self, topic: Topic, callback: Callable[[], None]) -> None:
        """Call ``callback`` at every nudge."""
        self._callbacks[topic].append(callback)


@final
class MemoryFrameBus:
    """`FrameBus`: whoever shares this hears every frame, while it is up. ``is_up`` may be switched off."""

    def __init__(self) -> None:
        self._up = True
        self._hearing: list[Callable[[Sequence[OutboxFrame]], None]] = []
        self._watching: list[Callable[[bool], None]] = []

    @property
    def is_up(self) -> bool:
        """Whether frames reach anybody now."""
        return self._up

    @is_up.setter
    def is_up(self, up: bool) -> None:
        changed, self._up = up is not self._up, up
        for callback in self._watching if changed else ():
            callback(up)

    async def is_reachable(self) -> bool:
        """Whether sending has a chance."""
        return self._up

    async def send(self, frames: Sequence[OutboxFrame]) -> None:
        """Hand frames to all. Raises StoreUnavailable while it is down."""
        if not self._up:
            raise StoreUnavailable("the bus is down")
        for callback in self._hearing:
            callback(frames)

    def on_frames(self, callback: Callable[[Sequence[OutboxFrame]], None]) -> None:
        """Call ``callback`` with what arrives."""
        self._hearing.append(callback)

    def on_change(self, callback: Callable[[bool], None]) -> None:
        """Call ``callback`` when the bus goes up or down."""
        self._watching.append(callback)


@final
class MemoryFrameOutbox:
    """`FrameOutbox` on the tables' outbox."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._claimed: set[int] = set()

    @asynccontextmanager
    async def claimed(self, limit: int) -> AsyncIterator[Claim]:
        """Take unsent frames; they count as sent when the block ends well."""
        now = self._tables.clock.now
        unsent = self._tables.unsent("frame")
        held_streams = {row.out.stream for row in unsent if row.id in self._claimed}
        ready = [row for row in unsent if row.id not in self._claimed and row.next_attempt_at <= now][:limit]
        mine = [row for row in ready if row.out.stream not in held_streams]
        self._claimed.update(row.id for row in mine)
        try:
            yield Claim([_frame(row) for row in mine], more=len(ready) == limit or len(mine) < len(ready))
            for row in mine:
                row.sent_at, row.attempts = self._tables.clock.now, row.attempts + 1
        finally:
            self._claimed.difference_update(row.id for row in mine)

    async def recent(
        self, seconds: float, customers: Collection[UUID], mitras: Collection[UUID]
    ) -> Sequence[OutboxFrame]:
        """The frames of the last ``seconds`` for these people."""
        since = self._tables.clock.now - timedelta(seconds=seconds)
        young = (_frame(row) for row in self._frames() if row.created_at > since)
        return [frame for frame in young if _is_for(frame, customers, mitras)]

    def _frames(self) -> list[OutboxRow]:
        return [row for row in self._tables.outbox.values() if row.out.kind == "frame"]


def _frame(row: OutboxRow) -> OutboxFrame:
    payload: dict[str, Any] = dict(row.out.payload)
    return framing.frame(row.id, row.out.stream, row.out.audience, payload, row.created_at)


def _is_for(frame: OutboxFrame, customers: Collection[UUID], mitras: Collection[UUID]) -> bool:
    match frame.audience:
        case ToCustomer(customer_id=person):
            return person in customers
        case ToMitra(mitra_id=person):
            return person in mitras
        case ToOffered():
            return bool(mitras)


__all__ = ["MemoryFrameBus", "MemoryFrameOutbox", "MemoryNudges"]
