"""The dashboard, looked at once for everybody who looks. Knows neither store nor stream.

Nobody looks: nothing is asked. Many look: the store is asked once a second, and less often where it takes its
time, so that reports never take more than a tenth of one connection.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from attrs import frozen

from halobestie_core.ports.reports import Dashboard
from halobestie_core.wire import to_wire

EVERY_SECONDS: Final = 1.0
REST: Final = 10.0
"""Times as long as a look took is waited before the next."""


@frozen
class Shown:
    """A look, written as JSON; ``number`` (milliseconds since 1970) stays the same while nothing changes."""

    number: int
    text: bytes
    figures: bytes
    """The text without its instant, which alone is no change."""


class SharedDashboard:
    """One per instance."""

    def __init__(self, look: Callable[[], Awaitable[Dashboard]], *, every: float = EVERY_SECONDS) -> None:
        self.every = every
        self._look = look
        self._shown: Shown | None = None
        self._good_until = 0.0
        self._looking: asyncio.Task[Shown] | None = None

    async def now(self) -> Shown:
        """Give what was seen within the last second, or look. Raises StoreUnavailable."""
        if self._shown is not None and asyncio.get_running_loop().time() < self._good_until:
            return self._shown
        if self._looking is None:
            self._looking = asyncio.create_task(self._again())
            self._looking.add_done_callback(self._looked)
        return await asyncio.shield(self._looking)

    def _looked(self, task: asyncio.Task[Shown]) -> None:
        self._looking = None
        if not task.cancelled():
            task.exception()  # whoever still waits hears of it

    async def _again(self) -> Shown:
        loop = asyncio.get_running_loop()
        began = loop.time()
        seen = await self._look()
        written = to_wire(seen)
        text = orjson.dumps(written)
        written.pop("at")
        figures = orjson.dumps(written)
        before = self._shown
        if before is not None and before.figures == figures:
            shown = Shown(before.number, text, figures)
        else:
            shown = Shown(int(seen.at.timestamp() * 1000), text, figures)
        self._shown = shown
        self._good_until = began + max(self.every, REST * (loop.time() - began))
        return shown
