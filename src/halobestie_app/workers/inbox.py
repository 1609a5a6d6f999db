"""Applies kept webhooks, until each is applied or put aside. Knows no gateway's spelling and no route.

Any instance applies for all: a delivery is leased to one, and applying it twice does nothing twice.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from attrs import define, field

from halobestie_app import log
from halobestie_app.usecases import webhooks
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.till import Till
from halobestie_app.usecases.webhooks import Applied, Doubtful, TryAgain
from halobestie_app.workers.hands import Hands
from halobestie_app.workers.loop import Loop
from halobestie_core.ports.gateway import GatewayError
from halobestie_core.ports.inbox import Delivery, Inbox
from halobestie_core.ports.webhooks import ReadNotice

POLL_SECONDS: Final = 0.5
AT_ONCE: Final = 8
FIRST_WAIT: Final = 2.0
"""Seconds after the gateway was away once; twice as many each time."""

_log = log.get(__name__)


@define
class InboxWorker:
    """The loop of one instance. ``quarantined`` counts what is put aside, by its reason."""

    desk: Desk
    till: Till
    inbox: Inbox
    read: ReadNotice
    quarantined: Callable[[str], None]
    _loop: Loop = field(init=False)
    _hands: Hands = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._loop = Loop("webhooks", self.take, POLL_SECONDS)
        self._hands = Hands("webhooks", AT_ONCE, self._loop.nudge)

    def nudge(self) -> None:
        """Look now."""
        self._loop.nudge()

    async def run(self, stop: asyncio.Event) -> None:
        """Apply until told to stop; what is in hand is finished, if it ends soon."""
        await self._loop.run(stop)
        await self._hands.ended()

    async def take(self) -> int:
        """Begin with what waits; return how many. Raises StoreUnavailable."""
        if not (free := self._hands.free):
            return 0
        waiting = await self.inbox.due(free)
        for delivery in waiting:
            self._hands.begin(self.apply(delivery))
        return len(waiting)

    async def finished(self) -> None:
        """Wait until everything in hand is done."""
        await self._hands.finished()

    async def apply(self, delivery: Delivery) -> None:
        """Apply one delivery, and write down what became of it. Raises the store's errors."""
        try:
            verdict = await webhooks.apply(self.desk, self.till, self.read, delivery)
        except GatewayError as away:
            _log.warning(
                "a webhook waits for the gateway",
                webhook_id=delivery.id,
                attempt=delivery.attempt,
                error=type(away).__name__,
                detail=str(away),
            )
            verdict = TryAgain(webhooks.wait(delivery.attempt, FIRST_WAIT))
        match verdict:
            case Applied():
                await self.inbox.applied(delivery.id)
            case TryAgain(seconds=seconds):
                await self.inbox.put_off(delivery.id, seconds)
            case Doubtful(reason=reason):
                if await self.inbox.quarantine(delivery.id, reason):
                    self.quarantined(reason)
                    _log.error("a webhook is put aside", webhook_id=delivery.id, reason=reason)


__all__ = ["InboxWorker"]
