"""Asks about invoices that may still bring money, whoever said nothing of them. Knows no webhook.

Any number of instances may run it: an invoice is leased to one for the time of a look.
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
from halobestie_core.ports.invoices import Watched

POLL_SECONDS: Final = 0.5
AT_ONCE: Final = 6
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
    _hands: Hands = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._loop = Loop("reconciler", self.take, POLL_SECONDS)
        self._hands = Hands("reconciler", AT_ONCE, self._loop.nudge)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; what is in hand is finished, if it ends soon."""
        await self._loop.run(stop)
        await self._hands.ended()

    async def take(self) -> int:
        """Begin with what is due; return how many. Raises StoreUnavailable."""
        if not (free := self._hands.free):
            return 0
        due = await self.till.book.due(free, LEASE)
        for seen in due:
            self._hands.begin(self._look(seen))
        return len(due)

    async def finished(self) -> None:
        """Wait until everything in hand is done."""
        await self._hands.finished()

    async def _look(self, seen: Watched) -> None:
        self.looked(await reconciling.look_at(self.desk, self.till, seen))


__all__ = ["Reconciler"]
