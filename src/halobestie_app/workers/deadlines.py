"""Fires deadlines: peeks at what is due, runs the ordinary command for each, sleeps until the next one.

A deadline is a row; this loop only notices it. Any number of instances may run it: each due row is looked
at again under its locks, so exactly one of them finds something to do. Nothing here has to survive: whoever
starts finds what is overdue.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from attrs import define, field

from halobestie_adapters.errors import Busy, StoreError
from halobestie_app import log
from halobestie_app.usecases import clock
from halobestie_app.usecases.desk import Desk
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.agenda import Agenda, Due

LONGEST_SLEEP: Final = 0.5  # seconds; also how late a deadline made by another instance may be noticed
DEEP_EVERY: Final = 1.0  # seconds between peeks that look however far back
BATCH: Final = 200
AT_ONCE: Final = 6
AT_A_LOOK: Final = 5 * AT_ONCE
"""Of so many that are due, few are taken before the next look: the other instances take others meanwhile."""
SOON: Final = 1.0  # seconds: a deadline nearer than this wakes the loop when it is written

_log = log.get(__name__)


@define
class Deadlines:
    """The loop of one instance.

    ``moved`` is called with every verdict that changed something, for metrics.
    """

    desk: Desk
    agenda: Agenda
    _news: asyncio.Event = field(factory=asyncio.Event, init=False)
    _looked_deep: float = field(default=float("-inf"), init=False)
    _resting: dict[object, float] = field(factory=dict, init=False)

    def saved(self, moved: Moved) -> None:
        """Wake up if what was just written falls due at once (a grace of zero seconds, say)."""
        at = moved.moves[0].at if moved.moves else None
        for move in moved.moves:
            due = getattr(move.after, "wake_at", None)
            if due is not None and at is not None and (due - at).total_seconds() < SOON:
                self._news.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; a store that is away is tried again, never given up."""
        while not stop.is_set():
            try:
                pause = await self.once()
            except StoreError as away:
                _log.warning("deadlines cannot be seen", error=type(away).__name__)
                pause = LONGEST_SLEEP
            except Exception:  # noqa: BLE001 - logged: without this loop nothing would ever end
                _log.exception("a look at the deadlines failed")
                pause = LONGEST_SLEEP
            if pause > 0:
                await first_of(stop, self._news, seconds=pause)
            self._news.clear()

    async def once(self) -> float:
        """Fire what is due; return how many seconds may be slept (0: look again at once)."""
        now = asyncio.get_running_loop().time()
        deep = now - self._looked_deep >= DEEP_EVERY
        peek = await self.agenda.peek(BATCH, deep=deep)
        due: Sequence[Due] = peek.due
        if deep:
            due = [*due, *await self.agenda.stale(self.desk.house, BATCH)]
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        ready = [one for one in due if one.id not in self._resting]
        if deep and len(ready) <= AT_A_LOOK:  # else some of it is left, and only a deep look finds it
            self._looked_deep = now
        if ready:
            await self._fire_all(ready)
            return 0.0
        next_in = LONGEST_SLEEP if peek.next_in is None else peek.next_in.total_seconds()
        return min(LONGEST_SLEEP, max(0.001, next_in))

    async def _fire_all(self, due: Sequence[Due]) -> None:
        # At random, so that instances that peeked at the same rows neither wait for each other all the way
        # down nor try once more what another has done.
        some = random.sample(due, min(len(due), AT_A_LOOK))
        await each(some, self._fire, at_once=AT_ONCE)

    async def _fire(self, due: Due) -> None:
        try:
            done = await clock.fire(self.desk, due)
            if done.moved is None:
                self._rest(due)  # somebody was first, or it is not what it seemed: no reason to look at once
        except Busy:
            return  # somebody is at work on this very row; the next peek shows whether anything is left
        except StoreError as failed:
            self._rest(due)
            _log.warning(
                "a deadline could not be fired",
                machine=due.machine,
                aggregate_id=due.id,
                error=type(failed).__name__,
            )
        except Exception:  # noqa: BLE001 - logged, and the row stays: one bad row must not stop the rest
            self._rest(due)  # one row that cannot be decided must not keep the others waiting
            _log.exception("a deadline failed", machine=due.machine, aggregate_id=due.id)

    def _rest(self, due: Due) -> None:
        self._resting[due.id] = asyncio.get_running_loop().time() + LONGEST_SLEEP


async def each(items: Sequence[Due], work: Callable[[Due], Awaitable[None]], *, at_once: int) -> None:
    """Do all items, a few at a time."""
    waiting = list(reversed(items))

    async def hand() -> None:
        while waiting:
            await work(waiting.pop())

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(items))):
            group.create_task(hand())


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of the events is set, at most so long."""
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
