"""A gateway with invoices, in memory: what it has of each, and what it delivers. Knows no payment of ours.

It stands where the real one does: outside. Its books are its own, and what it delivers may come twice, late,
out of order or never; that is for whoever carries its deliveries.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Final, final
from uuid import UUID

import orjson
from attrs import define, evolve, field

from halobestie_adapters.memory.clock import Clock
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.gateway import GatewayAway, GatewayRefused, Invoice, InvoiceStatus, InvoiceWish
from halobestie_core.words import CURRENCY, Provider

_WORDS: Final = {
    InvoiceStatus.PENDING: "PENDING",
    InvoiceStatus.EXPIRED: "EXPIRED",
    InvoiceStatus.PAID: "PAID",
}
_SETTLED: Final = "SETTLED"
_INVALID: Final = 400
_UNKNOWN: Final = 404
MINIMUM: Final = 1000
"""Whole rupiah; for less nobody makes an invoice."""
LONGEST_SECONDS: Final = 366 * 24 * 3600


@define
class _Kept:
    """An invoice, and until when it can be paid."""

    invoice: Invoice
    until: datetime


@final
@define
class MemoryInvoices:
    """`Invoices` and `Gateway`. ``deliveries`` are bodies of webhooks, in the order in which they arose.

    ``is_away``: nothing is done and nobody answered. ``is_unheard``: what is to be made or closed is, but
    whoever asked for it hears nothing.
    """

    clock: Clock
    is_away: bool = False
    is_unheard: bool = False
    deliveries: list[bytes] = field(factory=list)
    _kept: dict[str, _Kept] = field(factory=dict)
    _numbers: count[int] = field(factory=lambda: count(1))

    @property
    def provider(self) -> Provider:
        """The provider of its payments."""
        return Provider.XENDIT

    async def paid(self, payment: PaymentSession) -> None:
        """Have nothing at a confirmation: one asks for the invoice."""

    # -- what the server asks --------------------------------------------------------------------------------

    async def create(self, wish: InvoiceWish) -> Invoice:
        """Make an invoice; twice makes two. Too small a sum, or no sensible time to pay it, is refused."""
        self._answer()
        if wish.amount < MINIMUM:
            raise GatewayRefused(_INVALID, "AMOUNT_BELOW_MINIMUM_LIMIT", f"the minimum is {MINIMUM}")
        if not 1 <= wish.seconds <= LONGEST_SECONDS:
            raise GatewayRefused(_INVALID, "API_VALIDATION_ERROR", "no such duration: invoice_duration")
        invoice_id = f"inv-{next(self._numbers):06}"
        invoice = Invoice(
            id=invoice_id,
            external_id=str(wish.payment_id),
            status=InvoiceStatus.PENDING,
            said=_WORDS[InvoiceStatus.PENDING],
            amount=wish.amount,
            currency=CURRENCY,
            url=f"https://invoices.example/{invoice_id}",
        )
        self._kept[invoice_id] = _Kept(invoice, self.clock.now + timedelta(seconds=wish.seconds))
        self._tell()
        return invoice

    async def get(self, invoice_id: str) -> Invoice | None:
        """One invoice as it stands."""
        self._answer()
        kept = self._stands(invoice_id)
        return None if kept is None else kept.invoice

    async def of_payment(self, payment_id: UUID) -> Sequence[Invoice]:
        """Every invoice of a payment, the newest first."""
        self._answer()
        return [one for one in reversed(self.invoices) if one.external_id == str(payment_id)]

    async def expire(self, invoice_id: str) -> Invoice:
        """Close an invoice, unless the money was first."""
        self._answer()
        kept = self._stands(invoice_id)
        if kept is None:
            raise GatewayRefused(_UNKNOWN, "INVOICE_NOT_FOUND_ERROR", "no such invoice")
        if kept.invoice.status is InvoiceStatus.PENDING:
            self._becomes(kept, InvoiceStatus.EXPIRED)
        self._tell()
        return kept.invoice

    # -- what happens outside --------------------------------------------------------------------------------

    @property
    def invoices(self) -> Sequence[Invoice]:
        """Every invoice as it stands now, the newest last."""
        kept = (self._stands(invoice_id) for invoice_id in list(self._kept))
        return [one.invoice for one in kept if one is not None]

    def pay(
        self,
        invoice_id: str,
        *,
        amount: int | None = None,
        currency: str | None = None,
        after_all: bool = False,
    ) -> bool:
        """Let somebody pay; ``after_all``: money that arrives though the invoice has expired.

        Returns whether there is money now that was not there before. ``amount`` and ``currency``: where they
        are others than asked.
        """
        kept = self._stands(invoice_id)
        if kept is None or kept.invoice.status is InvoiceStatus.PAID:
            return False
        if kept.invoice.status is InvoiceStatus.EXPIRED and not after_all:
            return False
        taken = kept.invoice.amount if amount is None else amount
        kept.invoice = evolve(
            kept.invoice,
            currency=currency or kept.invoice.currency,
            paid_amount=taken,
            paid_at=self.clock.now,
        )
        self._becomes(kept, InvoiceStatus.PAID)
        return True

    def settle(self, invoice_id: str) -> bool:
        """Let the money of a paid one reach whom it is for. Returns whether there is any."""
        kept = self._stands(invoice_id)
        if kept is None or kept.invoice.status is not InvoiceStatus.PAID:
            return False
        self._becomes(kept, InvoiceStatus.PAID, _SETTLED)
        return True

    def look(self) -> None:
        """Close what is past its time, and tell."""
        for invoice_id in self._kept:
            self._stands(invoice_id)

    def _becomes(self, kept: _Kept, status: InvoiceStatus, said: str | None = None) -> None:
        kept.invoice = evolve(kept.invoice, status=status, said=said or _WORDS[status])
        self.deliveries.append(body(kept.invoice))

    def _stands(self, invoice_id: str) -> _Kept | None:
        kept = self._kept.get(invoice_id)
        over = kept is not None and self.clock.now >= kept.until
        if kept is not None and over and kept.invoice.status is InvoiceStatus.PENDING:
            self._becomes(kept, InvoiceStatus.EXPIRED)
        return kept

    def _answer(self) -> None:
        if self.is_away:
            raise GatewayAway("nobody answers")

    def _tell(self) -> None:
        if self.is_unheard:
            raise GatewayAway("it is done, and nobody hears of it")


def body(invoice: Invoice, **instead: object) -> bytes:
    """Return the webhook that tells of an invoice; ``instead``: members that are wrong."""
    said: dict[str, object] = {
        "id": invoice.id,
        "external_id": invoice.external_id,
        "status": invoice.said,
        "amount": invoice.amount,
        "currency": invoice.currency,
    }
    if invoice.paid_amount is not None:
        said["paid_amount"] = invoice.paid_amount
    return orjson.dumps(said | instead)


__all__ = ["MemoryInvoices", "body"]
