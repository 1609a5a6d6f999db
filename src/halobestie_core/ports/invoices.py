"""Our own book of invoices, as a port: which there are, who is at work on one, when to ask the gateway again.

Knows no gateway. Everything here is a claim for a while or a note of what was said; what money means is
decided elsewhere.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.flow.effects import InvoiceStep
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.gateway import Invoice, InvoiceStatus


@frozen
class Errand:
    """Something to do at the gateway for a payment, taken for a while; whoever dies with it leaves it.

    ``attempt`` counts from 1. ``now`` is the store's clock.
    """

    id: int
    step: InvoiceStep
    payment_id: UUID
    attempt: int
    now: datetime


@frozen
class Watched:
    """An invoice that may still bring money, and how its payment stands. ``now``: the store's clock."""

    invoice_id: str
    payment_id: UUID
    status: InvoiceStatus
    payment_status: PaymentStatus
    expires_at: datetime
    now: datetime


@frozen
class Known:
    """An invoice that is in the book, as it was last seen. ``payment_id`` ``None``: it is nobody's."""

    invoice_id: str
    payment_id: UUID | None
    status: InvoiceStatus


class InvoiceBook(Protocol):
    """The book, of one gateway's invoices. Every call is a short transaction; raises the store's errors."""

    async def begin(self, payment_id: UUID) -> Errand | None:
        """Take the errand of making this payment's invoice, if nobody ever did."""
        ...

    async def errands(self, limit: int) -> Sequence[Errand]:
        """Take errands that are due, the oldest first; nobody else gets them for a third of a minute."""
        ...

    async def done(self, errand_id: int) -> None:
        """End an errand."""
        ...

    async def again(self, errand_id: int, seconds: float) -> None:
        """Leave an errand for later, sooner than if its taker had died."""
        ...

    async def hand_out(
        self, payment_id: UUID, invoice: Invoice, *, first_look: timedelta, late: bool
    ) -> bool:
        """Write an invoice down as the one on which this payment is paid, and end the errand of making it.

        Its page is shown only while the payment is pending, and the customer hears of it if it comes
        ``late``. A payment that is over by now leaves the errand of closing the invoice. Returns whether the
        payment is pending.
        """
        ...

    async def seen(
        self, invoice: Invoice, payment_id: UUID | None, *, settled: bool, first_look: timedelta
    ) -> None:
        """Note what the gateway says of an invoice; one that is not in the book is written down.

        ``settled``: its money is in our books, so there is nothing more to look for. A status never goes
        back.
        """
        ...

    async def known(self, invoice_id: str) -> Known | None:
        """Return what the book says of an invoice."""
        ...

    async def of_payment(self, payment_id: UUID) -> Sequence[Known]:
        """Return every invoice that the book has for a payment."""
        ...

    async def may_ask(self, payment_id: UUID, every: timedelta) -> Sequence[str]:
        """Take the right to ask about this payment's open invoices; nobody else gets it within ``every``."""
        ...

    async def due(self, limit: int, lease: timedelta, *, over: bool = False) -> Sequence[Watched]:
        """Take invoices whose next look is due, the longest due first, and put it off by ``lease``.

        Those that can still be paid, as far as the book knows; ``over``: the others, of which there are ever
        more. Neither kind ever stands before the other.
        """
        ...

    async def put_off(self, invoice_id: str, until: datetime | None) -> None:
        """Say when to look next, unless the invoice was settled meanwhile; ``None``: never again."""
        ...

    async def soon(self, invoice_id: str) -> None:
        """Have an invoice looked at now, unless it is settled."""
        ...

    async def watched(self, after: str, limit: int) -> Sequence[Watched]:
        """Return invoices that are not settled, due or not, in the order of their ids beyond ``after``."""
        ...

    async def begun(self, after: UUID, limit: int, within: timedelta) -> Sequence[UUID]:
        """Return payments of this gateway whose time ended ``within`` that, or did not, after that id."""
        ...

    async def how_many(self, within: timedelta) -> int:
        """Return how many `watched` and `begun` have in all."""
        ...
