"""Keeps the counts behind reports up to date. Knows neither what is counted nor who reads it.

Every instance may do it: one at a time counts, a bounded batch per round. While much is to be caught up with
(after an upgrade, or a long stop) it rests as long as it worked, so that everybody else goes on.
"""

import asyncio
from time import monotonic
from typing import Final

from halobestie_app.workers.loop import Loop
from halobestie_core.ports.reports import Counting

SECONDS: Final = 2.0
"""Between two rounds; what happened since is read from the log itself, so a report is never late."""


class Counts:
    """The loop of one instance."""

    def __init__(self, counting: Counting, *, seconds: float = SECONDS) -> None:
        self._counting = counting
        self._loop = Loop("counting", self.count, seconds)

    async def run(self, stop: asyncio.Event) -> None:
        """Count until told to stop."""
        await self._loop.run(stop)

    async def count(self) -> None:
        """Do one batch, and another soon if there is more. Raises StoreUnavailable."""
        began = monotonic()
        more = await self._counting.count()
        self._loop.least = monotonic() - began if more else 0.0
        if more:
            self._loop.nudge()
