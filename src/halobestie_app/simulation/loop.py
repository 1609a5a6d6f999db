"""An event loop whose clock is virtual and whose order is chance: it waits for nothing. Knows no server.

When nothing is ready, time jumps to the next timer. Of all that is ready any may run next, chosen by the
seeded chance that is handed in; so whatever relies on the order of callbacks is found out, and the same seed
is the same run.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from itertools import count
from random import Random
from typing import Any, Final, TypeVar

T = TypeVar("T")


class Stuck(Exception):
    """Nothing is ready and nothing will be: somebody waits for ever."""


class NumberedTask(asyncio.Task[T]):
    """A task that has a number for a hash: a set of tasks is then in the same order in every process."""

    def __init__(
        self, number: int, coro: Coroutine[Any, Any, T] | Generator[Any, None, T], **more: object
    ) -> None:
        self.number: Final = number  # first: being made, a task is put into a set
        super().__init__(coro, **more)  # type: ignore[arg-type] # whatever this Python gives to a task

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks; ``passed`` hears of every jump of the clock, ``made`` of every task."""

    # What the base class keeps; it offers no other way to choose what runs next.
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _stopping: bool

    def __init__(
        self,
        chance: Random,
        passed: Callable[[float], None],
        made: Callable[["NumberedTask[Any]"], None],
    ) -> None:
        super().__init__()
        self._chance = chance
        self._passed = passed
        self._made = made
        self._now = 0.0
        self._numbers = count(1)
        self.turns = 0
        self.set_task_factory(self._task)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def _task(
        self,
        _loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        context: Context | None = None,
        **more: object,
    ) -> NumberedTask[T]:
        task = NumberedTask(next(self._numbers), coro, loop=self, context=context, **more)
        self._made(task)
        return task

    def _run_once(self) -> None:
        ready, timers = self._ready, self._scheduled
        while timers and timers[0].cancelled():
            self._forget(heapq.heappop(timers))
        if not ready and not self._stopping:
            if not timers:
                raise Stuck("everybody waits, and nothing is going to happen")
            if timers[0].when() > self._now:
                self._now = timers[0].when()
                self._passed(self._now)
        while timers and (timers[0].cancelled() or timers[0].when() <= self._now):
            timer = heapq.heappop(timers)
            self._forget(timer)
            if not timer.cancelled():
                ready.append(timer)
        if ready:
            if len(ready) > 1:
                ready.rotate(-self._chance.randrange(len(ready)))
            handle = ready.popleft()
            if not handle.cancelled():
                self.turns += 1
                handle._run()  # noqa: SLF001 - what a loop is there for; there is no public name for it

    @staticmethod
    def _forget(timer: asyncio.TimerHandle) -> None:
        timer._scheduled = False  # type: ignore[attr-defined] # noqa: SLF001 - as the base class's own loop does

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is dropped when its turn comes."""

    def _write_to_self(self) -> None:
        """There is no other thread that could wake this one."""


__all__ = ["NumberedTask", "Stuck", "VirtualLoop"]
