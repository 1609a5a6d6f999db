"""Work that is done again and again: when somebody nudges, else every so often. Knows no particular work.

Failures are logged, once per streak, and end nothing: every loop here looks after something that may be away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from halobestie_adapters.errors import StoreError
from halobestie_app import log

AFTER_FAILURE_SECONDS: Final = 0.1
"""Nudges do not shorten this pause, or a stream of them would be a stream of failures."""

_log = log.get(__name__)


class Loop:
    """One piece of work. ``least`` is the shortest pause between two rounds, however often it is nudged."""

    def __init__(
        self, name: str, work: Callable[[], Awaitable[object]], seconds: float, *, least: float = 0.0
    ) -> None:
        self.least = least
        self._name = name
        self._work = work
        self._seconds = seconds
        self._wanted = asyncio.Event()
        self._failing = False

    def nudge(self) -> None:
        """Let it work now, or once more if it is working."""
        self._wanted.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; a round that has begun is finished."""
        loop = asyncio.get_running_loop()
        stopping = loop.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._wanted.set())
        try:
            while not stop.is_set():
                self._wanted.clear()
                began = loop.time()
                least = self.least if await self._round() else AFTER_FAILURE_SECONDS
                await self._pause(stopping, began, least)
        finally:
            stopping.cancel()

    async def _round(self) -> bool:
        """Work once; whether it went well."""
        try:
            await self._work()
        except StoreError as failure:
            if not self._failing:
                _log.warning("a store is away", worker=self._name, error=type(failure).__name__)
        except Exception:  # noqa: BLE001  a mistake in one round must not end the rounds after it
            _log.exception("a round of work failed", worker=self._name)
        else:
            self._failing = False
            return True
        self._failing = True
        return False

    async def _pause(self, stopping: "asyncio.Task[bool]", began: float, least: float) -> None:
        """Wait for a nudge or for the next turn."""
        if least:
            await asyncio.wait({stopping}, timeout=least)
        left = began + self._seconds - asyncio.get_running_loop().time()
        if left > 0 and not self._wanted.is_set():
            try:
                async with asyncio.timeout(left):
                    await self._wanted.wait()
            except TimeoutError:
                pass
