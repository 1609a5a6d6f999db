"""Collecting: what the gateway says of one invoice goes into the books. The one function for all who ask it.

A webhook, a customer who confirms or looks, the reconciler, an invoice that would not be closed: whoever
learned of an invoice asks the gateway and comes here with its answer. Knows no webhook and no HTTP.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final
from uuid import UUID

from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.perform import Done, perform
from halobestie_core.causes import Cause
from halobestie_core.flow import RecordCapture
from halobestie_core.flow.effects import Capture, Failure
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from halobestie_core.ports.store import GATEWAY, Actor, Loaded, Scope
from halobestie_core.words import CURRENCY, Provider


class Collected(Enum):
    """What became of an invoice's money."""

    NOT_PAID = "not_paid"
    """There is none (yet)."""
    UNREADABLE = "unreadable"
    """There is some, but the gateway's sum is no whole number: a person has to look at it."""
    CONFIRMED = "confirmed"
    """It paid for its payment."""
    LATE = "late"
    """Its payment was over: it is owed back."""
    ALREADY = "already"
    """It was written down before."""
    DUPLICATE = "duplicate"
    """Its payment was paid by another invoice: it is owed back."""
    MISMATCH = "mismatch"
    """It is not what its payment asked for: it is owed back."""
    FOREIGN = "foreign"
    """It is for none of our payments: it is owed back to whoever can be found."""


async def collect(
    desk: Desk, invoice: Invoice, *, payment_id: UUID | None, actor: Actor = GATEWAY
) -> Collected:
    """Write down an invoice's money, once, and let it do what it was paid for.

    ``invoice``: what the gateway has just answered, never what a webhook said. ``payment_id``: whose invoice
    it is by our own books; ``None``: nobody's. Raises the store's errors, and then nothing was written.
    """
    if invoice.status is not InvoiceStatus.PAID:
        return Collected.NOT_PAID
    if not invoice.exact or invoice.taken <= 0:
        return Collected.UNREADABLE
    scope = Scope(payment_id=payment_id, invoice=(Provider.XENDIT, invoice.id))
    outcome = await perform(desk, scope, _recording(desk, invoice), actor)
    return _became(outcome)


def _recording(desk: Desk, invoice: Invoice) -> Callable[[Loaded], RecordCapture]:
    window = desk.settings().payment_session_timeout_minutes

    def record(loaded: Loaded) -> RecordCapture:
        paid = loaded.evening.payment
        money = Capture(
            Provider.XENDIT,
            invoice.id,
            None if paid is None else paid.id,
            invoice.taken,
            invoice.currency,
            invoice.paid_at or loaded.now,
        )
        return RecordCapture(
            money,
            first=not loaded.captured,
            matches=paid is not None and _is_its_invoice(paid, invoice),
            timeout_minutes=window,
            known=loaded.recorded,
        )

    return record


def _is_its_invoice(paid: PaymentSession, invoice: Invoice) -> bool:
    """Whether it bears the payment's name and asks for its price; the core compares what was taken."""
    asked_for = (Provider.XENDIT, str(paid.id), paid.amount, CURRENCY)
    return (paid.provider, invoice.external_id, invoice.amount, invoice.currency) == asked_for


_SURPLUS: Final = {
    Cause.DUPLICATE_PAYMENT: Collected.DUPLICATE,
    Cause.PAYMENT_MISMATCH: Collected.MISMATCH,
}


def _became(outcome: Done) -> Collected:
    if outcome.moved is None:
        return Collected.ALREADY
    paid = outcome.evening.payment
    if paid is None:
        return Collected.FOREIGN
    for record in outcome.moved.records:
        if isinstance(record, Failure) and record.invoice_id is not None:
            return _SURPLUS[record.cause_tag]
    return Collected.CONFIRMED if paid.status is PaymentStatus.CONFIRMED else Collected.LATE


__all__ = ["Collected", "collect"]
