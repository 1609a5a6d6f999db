"""Collects heartbeats and writes them together once a second. Knows neither who sent them nor where they go.

A heartbeat that waits here when the process dies is lost, and the next one comes: the threshold allows it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from halobestie_adapters.errors import StoreError
from halobestie_app.workers.loop import Loop
from halobestie_core.flow.availability import House
from halobestie_core.ports.notify import Nudges, Topic
from halobestie_core.ports.presence import HeartbeatStore

EVERY_SECONDS: Final = 1.0


class CollectedBeats:
    """The port ``Beats``, and the work behind it. One per instance."""

    def __init__(self, store: HeartbeatStore, nudges: Nudges, house: Callable[[], House]) -> None:
        """Judge who was stale by the rules that ``house`` gives at that moment."""
        self._store = store
        self._nudges = nudges
        self._house = house
        self._waiting: dict[UUID, datetime] = {}
        self._loop = Loop("heartbeats", self.write, EVERY_SECONDS)

    def add(self, mitra_id: UUID, at: datetime) -> None:
        """Take one; the youngest of a mitra counts."""
        known = self._waiting.get(mitra_id)
        self._waiting[mitra_id] = at if known is None else max(known, at)

    async def run(self, stop: asyncio.Event) -> None:
        """Write once a second until ``stop`` is set, and then what is left."""
        await self._loop.run(stop)
        with contextlib.suppress(StoreError):
            await self.write()

    async def write(self) -> None:
        """Write what waits. Raises StoreUnavailable, after which it still waits."""
        taken, self._waiting = self._waiting, {}
        if not taken:
            return
        try:
            written = await self._store.write(taken, self._house())
        except BaseException:
            self._back(taken)
            raise
        self._back({mitra_id: taken[mitra_id] for mitra_id in written.busy})
        if written.revived:
            self._nudges.publish(Topic.PRESENCE)
            self._nudges.publish(Topic.DEADLINE)

    def _back(self, beats: dict[UUID, datetime]) -> None:
        for mitra_id, at in beats.items():
            self.add(mitra_id, at)
