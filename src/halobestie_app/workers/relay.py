"""Carries committed frames from the outbox to the bus. Knows neither who is connected nor what a frame says.

Any instance relays for all. A frame is marked as sent after it went out, in the transaction that claimed it:
a crash in between sends it again, and receivers know it by its id.
"""

import asyncio
from typing import Final

from halobestie_app.workers.loop import Loop
from halobestie_core.ports.notify import FrameBus, FrameOutbox

POLL_SECONDS: Final = 0.25
BATCH: Final = 200
IN_THE_WAY_SECONDS: Final = 0.003
"""All that was found must wait for what another relay is sending, which takes about so long."""


class Relay:
    """One per instance: ``nudge`` it after every commit, ``run`` it beside the listeners."""

    def __init__(
        self, outbox: FrameOutbox, bus: FrameBus, *, poll: float = POLL_SECONDS, batch: int = BATCH
    ) -> None:
        self._outbox = outbox
        self._bus = bus
        self._batch = batch
        self._failed = False
        self._loop = Loop("relay", self.drain, poll)

    def nudge(self) -> None:
        """Something was committed."""
        self._loop.nudge()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until ``stop`` is set."""
        self._bus.on_change(lambda up: self.nudge() if up else None)
        await self._loop.run(stop)

    async def drain(self) -> int:
        """Send what waits; return how many. Raises StoreUnavailable, after which all of it still waits."""
        if self._failed and not await self._bus.is_reachable():
            return 0  # rather than lock rows for a try that must fail
        sent = 0
        while True:
            self._failed = True
            async with self._outbox.claimed(self._batch) as claim:
                if claim.frames:
                    await self._bus.send(claim.frames)
            self._failed = False
            sent += len(claim.frames)
            if not claim.more:
                return sent
            if not claim.frames:
                await asyncio.sleep(IN_THE_WAY_SECONDS)
