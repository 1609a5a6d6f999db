"""So many things at the same time, and no more. Knows no particular work.

A mistake in one thing is logged and never stops the others; what was claimed with it is claimed again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from halobestie_adapters.errors import StoreError
from halobestie_app import log

AT_THE_END_SECONDS: Final = 3.0

_log = log.get(__name__)


class Hands:
    """``most`` things at once; ``freed`` is called whenever one of them is over."""

    def __init__(self, name: str, most: int, freed: Callable[[], None]) -> None:
        self._name = name
        self._most = most
        self._freed = freed
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def free(self) -> int:
        """How many more may begin."""
        return max(0, self._most - len(self._tasks))

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Begin something."""
        task = asyncio.create_task(self._done(work))
        self._tasks.add(task)
        task.add_done_callback(self._over)

    async def finished(self) -> None:
        """Wait until nothing is in hand."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def ended(self) -> None:
        """Wait a moment for what is in hand, then drop it: it is claimed again by whoever goes on."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=AT_THE_END_SECONDS)
        for task in self._tasks:
            task.cancel()
        await self.finished()

    async def _done(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except StoreError as failed:
            _log.warning("something waits", worker=self._name, error=type(failed).__name__)
        except Exception:  # noqa: BLE001 - logged: one bad row must not stop the rest
            _log.exception("something failed", worker=self._name)

    def _over(self, task: asyncio.Task[None]) -> None:
        full = not self.free
        self._tasks.discard(task)
        if full:
            self._freed()


__all__ = ["Hands"]
