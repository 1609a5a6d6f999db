"""A payment session as its customer sees it, with what became of the money. Knows no gateway."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.reads import PaymentSeen
from halobestie_core.words import Mode, OperatorAction, Provider

CURRENCY: Final = "IDR"


class Refund(StrEnum):
    """What became of money that was taken and not used."""

    DUE = "due"
    REFUNDED = "refunded"
    CREDITED = "credited"
    RETAINED = "retained"


@frozen
class PaymentSession:
    """One intent to pay for one block of minutes; ``amount`` in whole rupiah.

    ``fallback_until``: while the money may be used for another search, and only then.
    """

    id: UUID
    status: PaymentStatus
    amount: int
    currency: str
    mode: Mode
    duration_minutes: int
    is_extension: bool
    is_free_trial: bool
    is_first_session_discount: bool
    targeted_mitra_id: UUID | None
    cause_tag: Cause | None
    cause_detail: str | None
    created_at: datetime
    confirmed_at: datetime | None
    consumed_at: datetime | None
    expires_at: datetime
    fallback_until: datetime | None
    refund: Refund | None
    provider: Provider
    xendit_invoice_url: str | None
    version: int


@frozen
class PaymentSessions:
    """A page of a customer's payments."""

    rows: tuple[PaymentSession, ...]
    total: int


_REFUNDS: Final[Mapping[OperatorAction | None, Refund]] = {
    None: Refund.DUE,
    OperatorAction.REFUNDED: Refund.REFUNDED,
    OperatorAction.CREDITED: Refund.CREDITED,
    OperatorAction.NO_ACTION: Refund.RETAINED,
}


def payment_session(seen: PaymentSeen) -> PaymentSession:
    """Show a payment."""
    payment = seen.payment
    owed = payment.status is PaymentStatus.FAILED_PAIRING and payment.amount > 0
    return PaymentSession(
        id=payment.id,
        status=payment.status,
        amount=payment.amount,
        currency=CURRENCY,
        mode=payment.mode,
        duration_minutes=payment.duration_minutes,
        is_extension=payment.is_extension,
        is_free_trial=payment.is_free_trial,
        is_first_session_discount=payment.is_first_session_discount,
        targeted_mitra_id=payment.targeted_mitra_id,
        cause_tag=payment.cause_tag,
        cause_detail=payment.cause_detail,
        created_at=payment.created_at,
        confirmed_at=payment.confirmed_at,
        consumed_at=payment.consumed_at,
        expires_at=payment.expires_at,
        fallback_until=payment.fallback_until if payment.fallback_open else None,
        refund=_REFUNDS[seen.operator_action] if owed else None,
        provider=payment.provider,
        xendit_invoice_url=payment.xendit_invoice_url,
        version=payment.version,
    )
