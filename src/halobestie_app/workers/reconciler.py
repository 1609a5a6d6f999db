"""Asks about invoices that may still bring money, whoever said nothing of them. Knows no webhook.

Any number of instances may run it: an invoice is leased to one for the time of a look. What can still be paid
has hands of its own, so that what is over, of which there are ever more, keeps nobody waiting.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from attrs import define, field

from halobestie_app.usecases import reconciling
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.till import Till
from halobestie_app.workers.hands import Hands
from halobestie_app.workers.loop import Loop
from halobestie_app.workers.pace import Pace
from halobestie_core.ports.invoices import Watched

POLL_SECONDS: Final = 0.5
AT_ONCE: Final = 6
OVER_AT_ONCE: Final = 3
"""So many of what is over: enough for its pace at a gateway that answers within 150 ms."""
LEASE: Final = timedelta(seconds=20)


def _nobody_counts(_finding: str) -> None:
    """Where nothing is measured."""


@define
class Reconciler:
    """The loop of one instance. ``looked`` counts looks by what they came to."""

    desk: Desk
    till: Till
    looked: Callable[[str], None] = _nobody_counts
    _loop: Loop = field(init=False)
    _open: Hands = field(init=False)
    _over: Hands = field(init=False)
    _pace: Pace = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._loop = Loop("reconciler", self.take, POLL_SECONDS)
        self._open = Hands("reconciler", AT_ONCE, self._loop.nudge)
        self._over = Hands("reconciler", OVER_AT_ONCE, self._loop.nudge)
        self._pace = Pace(self.till.rhythm.over_per_second)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; what is in hand is finished, if it ends soon."""
        await self._loop.run(stop)
        await asyncio.gather(self._open.ended(), self._over.ended())

    async def take(self) -> int:
        """Begin with what is due; return how many. Raises StoreUnavailable."""
        begun = await self._take(self._open, self._open.free, over=False)
        allowed = self._pace.allowed(asyncio.get_running_loop().time())
        background = await self._take(self._over, min(self._over.free, allowed), over=True)
        self._pace.used(background)
        return begun + background

    async def finished(self) -> None:
        """Wait until everything in hand is done."""
        await asyncio.gather(self._open.finished(), self._over.finished())

    async def _take(self, hands: Hands, limit: int, *, over: bool) -> int:
        if not limit:
            return 0
        due = await self.till.book.due(limit, LEASE, over=over)
        for seen in due:
            hands.begin(self._look(seen))
        return len(due)

    async def _look(self, seen: Watched) -> None:
        self.looked(await reconciling.look_at(self.desk, self.till, seen))


__all__ = ["Reconciler"]
