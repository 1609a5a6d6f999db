"""Webhooks: let in, kept raw, and later judged. A body is a hint: the gateway is asked before money moves.

Knows no HTTP and no gateway's spelling (``read`` is handed in).
"""

from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final
from uuid import UUID

from attrs import field, frozen

from halobestie_app.usecases import setting_aside
from halobestie_app.usecases.collecting import Collected
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.looking import settle
from halobestie_app.usecases.till import Till
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.gateway import GatewayRefused, Invoice, InvoiceStatus
from halobestie_core.ports.inbox import Delivery, Inbox
from halobestie_core.ports.invoices import Known
from halobestie_core.ports.webhooks import Notice, ReadNotice, Unreadable
from halobestie_core.words import CURRENCY, Provider

DOUBTS: Final = 4
"""So often a delivery that speaks of money is held against a gateway that knows of none,"""
DOUBT_SECONDS: Final = 120.0
"""and at least for so long, before somebody has to look."""
LONGEST_WAIT: Final = 60.0


class Reason(StrEnum):
    """Why a delivery is put aside; what cannot be read has reasons of its own."""

    SUM_NOT_WHOLE = setting_aside.SUM_NOT_WHOLE
    UNKNOWN_STATUS = "unknown_status"
    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    EXTERNAL_ID_MISMATCH = "external_id_mismatch"
    UNKNOWN_INVOICE = "unknown_invoice"
    UNKNOWN_PAYMENT = "unknown_payment"
    PAYMENT_MISMATCH = "payment_mismatch"
    GATEWAY_DISAGREES = "gateway_disagrees"
    GATEWAY_REFUSES = "gateway_refuses"


# ---------------------------------------------------------------------------------------------- letting in


def digests(tokens: tuple[str, ...]) -> tuple[bytes, ...]:
    """Return what tokens are compared by: of one length, so that comparing tells nothing of theirs."""
    return tuple(sha256(token.encode()).digest() for token in tokens)


@frozen
class Door:
    """Where deliveries come in. ``tokens`` are `digests` of all that are valid now.

    ``kept`` is called after each one that is new, ``count`` with how each was answered.
    """

    inbox: Inbox
    read: ReadNotice
    tokens: tuple[bytes, ...] = field(repr=False)
    new_id: Callable[[], UUID]
    kept: Callable[[], None]
    count: Callable[[str], None]

    def admits(self, token: bytes | None) -> bool:
        """Whether this is one of the tokens; which one, or how near, takes no time to say."""
        given = sha256(token or b"").digest()
        found = [compare_digest(given, valid) for valid in self.tokens]
        admitted = token is not None and any(found)
        if not admitted:
            self.count("wrong_token")
        return admitted

    async def keep(self, body: bytes) -> None:
        """Keep a body, whatever it is. Raises the store's errors: then it is not kept."""
        notice = self.read(body)
        new = await self.inbox.keep(self.new_id(), body, notice if isinstance(notice, Notice) else None)
        self.count("kept" if new else "known")
        if new:
            self.kept()


# ------------------------------------------------------------------------------------------------- judging


@frozen
class Applied:
    """There is nothing left to do."""


@frozen
class Doubtful:
    """Somebody has to look; ``reason`` is a closed word."""

    reason: str


@frozen
class TryAgain:
    """It may become true: in ``seconds``."""

    seconds: float


Verdict = Applied | Doubtful | TryAgain


async def apply(desk: Desk, till: Till, read: ReadNotice, delivery: Delivery) -> Verdict:
    """Judge one delivery, ask the gateway, and let its answer have its effect.

    Raises `GatewayError` and the store's errors, after which it is to be tried again.
    """
    notice = read(delivery.body)
    if isinstance(notice, Unreadable):
        return Doubtful(notice.reason.value)
    if not notice.exact:
        return Doubtful(Reason.SUM_NOT_WHOLE)
    if notice.status is InvoiceStatus.UNKNOWN:
        return Doubtful(Reason.UNKNOWN_STATUS)
    known = await till.book.known(notice.invoice_id)
    payment = await _payment(desk, known, notice.external_id)
    wrong = None if payment is None else _against(notice, payment)
    if wrong is not None and known is not None:
        await till.book.soon(known.invoice_id)  # what is true of it is found out without this body
        return Doubtful(wrong)
    try:
        truth = await till.invoices.get(notice.invoice_id)
    except GatewayRefused as refused:
        if refused.is_of_us:
            raise
        return Doubtful(wrong or Reason.GATEWAY_REFUSES)
    till.count("get", "unknown" if truth is None else truth.status.value)
    if truth is None:
        return Doubtful(wrong or Reason.UNKNOWN_INVOICE)
    ours = await _payment(desk, known, truth.external_id)
    if wrong is not None and ours is not None and _asks_for(truth, ours):
        await till.book.seen(truth, ours.id, settled=False, first_look=till.rhythm.first)
        return Doubtful(wrong)
    outcome = await settle(desk, till, truth, None if ours is None else ours.id, delivered=True)
    return _judged(outcome, notice, truth, delivery, known=ours is not None, wrong=wrong)


def _judged(
    outcome: Collected,
    notice: Notice,
    truth: Invoice,
    delivery: Delivery,
    *,
    known: bool,
    wrong: Reason | None,
) -> Verdict:
    match outcome:
        case Collected.UNREADABLE:
            return Doubtful(Reason.SUM_NOT_WHOLE)
        case Collected.MISMATCH:
            return Doubtful(wrong or Reason.PAYMENT_MISMATCH)
        case Collected.FOREIGN:
            return Doubtful(Reason.UNKNOWN_PAYMENT)
        case Collected.NOT_PAID if truth.status is InvoiceStatus.UNKNOWN:
            return Doubtful(Reason.UNKNOWN_STATUS)
        case Collected.NOT_PAID if not known:
            return Doubtful(Reason.UNKNOWN_PAYMENT)
        case Collected.NOT_PAID if notice.status is InvoiceStatus.PAID:
            return _in_doubt(delivery)
    return Applied() if wrong is None else Doubtful(wrong)


def _in_doubt(delivery: Delivery) -> Verdict:
    """Money is spoken of, and the gateway knows of none (yet)."""
    age = (delivery.now - delivery.received_at).total_seconds()
    if delivery.attempt >= DOUBTS and age >= DOUBT_SECONDS:
        return Doubtful(Reason.GATEWAY_DISAGREES)
    return TryAgain(wait(delivery.attempt, 5.0))


def wait(attempt: int, first: float) -> float:
    """Return how many seconds to wait after so many attempts: twice as long each time, a minute at most."""
    return float(min(LONGEST_WAIT, first * 2.0 ** min(attempt - 1, 10)))


async def _payment(desk: Desk, known: Known | None, external_id: str) -> PaymentSession | None:
    """Return the payment whose invoice it is: by our book, else by the name that it bears."""
    payment_id = _id(external_id) if known is None else known.payment_id
    seen = None if payment_id is None else await desk.reads.payment(payment_id)
    return seen.payment if seen is not None and seen.payment.provider is Provider.XENDIT else None


def _id(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def _against(notice: Notice, payment: PaymentSession) -> Reason | None:
    """Return in what a body disagrees with our payment."""
    paid = notice.paid_amount if notice.status is InvoiceStatus.PAID else None
    if notice.external_id != str(payment.id):
        return Reason.EXTERNAL_ID_MISMATCH
    if notice.currency != CURRENCY:
        return Reason.CURRENCY_MISMATCH
    if notice.amount != payment.amount or paid not in (None, payment.amount):
        return Reason.AMOUNT_MISMATCH
    return None


def _asks_for(truth: Invoice, payment: PaymentSession) -> bool:
    """Whether the gateway's own word is what our payment asks for: then only the body was wrong."""
    ours = (str(payment.id), payment.amount, CURRENCY)
    return truth.exact and (truth.external_id, truth.amount, truth.currency) == ours


__all__ = ["Applied", "Door", "Doubtful", "Reason", "TryAgain", "Verdict", "apply", "digests", "wait"]
