"""Erases those whose last chat or payment is over. Knows nothing of how, nor of whom.

Every instance may do it: each takes people whom no other is looking at.
"""

import asyncio
from typing import Final

from halobestie_app.usecases.erasing import Erasing
from halobestie_app.workers.loop import Loop

SECONDS: Final = 5.0
BATCH: Final = 20


class Erasures:
    """The loop of one instance."""

    def __init__(self, erasing: Erasing, *, seconds: float = SECONDS) -> None:
        self._erasing = erasing
        self._loop = Loop("erasures", self.look, seconds)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        await self._loop.run(stop)

    async def look(self) -> None:
        """Look once. Raises the store's errors."""
        if await self._erasing.sweep(BATCH) >= BATCH:
            self._loop.nudge()
