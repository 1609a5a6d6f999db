"""Runs errands at the gateway that nobody runs: invoices to be made after all, and those to be closed.

Whoever begins a payment makes its invoice; this looks after what is left of that five seconds later, after a
crash, a silence, a deadline. Knows no webhook.
"""

import asyncio
from typing import Final

from attrs import define, field

from halobestie_app import log
from halobestie_app.usecases import billing, webhooks
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.till import Till
from halobestie_app.workers.hands import Hands
from halobestie_app.workers.loop import Loop
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import AskGateway, InvoiceStep
from halobestie_core.ports.gateway import GatewayAway
from halobestie_core.ports.invoices import Errand

POLL_SECONDS: Final = 0.5
AT_ONCE: Final = 6
FIRST_WAIT: Final = 5.0
"""Seconds after the gateway was away once: an invoice that it may still be making should be there by then."""

_log = log.get(__name__)


@define
class InvoiceErrands:
    """The loop of one instance."""

    desk: Desk
    till: Till
    _loop: Loop = field(init=False)
    _hands: Hands = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._loop = Loop("invoices", self.take, POLL_SECONDS)
        self._hands = Hands("invoices", AT_ONCE, self._loop.nudge)

    def saved(self, moved: Moved) -> None:
        """Look now, if an invoice is to be closed."""
        if any(isinstance(one, AskGateway) and one.step is InvoiceStep.EXPIRE for one in moved.effects):
            self._loop.nudge()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is in hand is finished, if it ends soon."""
        await self._loop.run(stop)
        await self._hands.ended()

    async def take(self) -> int:
        """Begin with what is due; return how many. Raises StoreUnavailable."""
        if not (free := self._hands.free):
            return 0
        errands = await self.till.book.errands(free)
        for errand in errands:
            self._hands.begin(self.work(errand))
        return len(errands)

    async def finished(self) -> None:
        """Wait until everything in hand is done."""
        await self._hands.finished()

    async def work(self, errand: Errand) -> None:
        """Run one errand. Raises the store's errors: then it is taken again."""
        try:
            await billing.run(self.desk, self.till, errand)
        except GatewayAway as away:
            _log.warning(
                "an errand waits for the gateway",
                payment_session_id=errand.payment_id,
                kind=errand.step.value,
                attempt=errand.attempt,
                detail=str(away),
            )
            await self.till.book.again(errand.id, webhooks.wait(errand.attempt, FIRST_WAIT))


__all__ = ["InvoiceErrands"]
