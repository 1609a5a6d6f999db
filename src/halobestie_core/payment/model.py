"""A payment session: one intent to pay for one block of minutes. Knows no request, no chat and no gateway."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.words import Mode, Provider

# A failure near the deadline still leaves the customer this long to take *Chat dengan bestie lain*.
FALLBACK_FLOOR = timedelta(seconds=120)


class PaymentStatus(StrEnum):
    """Where the money stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CONSUMED = "consumed"
    FAILED_PAIRING = "failed_pairing"
    ABANDONED = "abandoned"
    EXPIRED = "expired"


@frozen
class PaymentSession:
    """One payment as it stands at ``version``.

    ``amount`` is whole rupiah. ``held_by`` is the open request or pending extension that uses this payment
    now: while it is set, the holder's own deadline decides and ``expires_at`` does not. ``fallback_until`` is
    set by the first failure that allows a fallback and never moves again; ``fallback_open`` says whether one
    is possible.
    """

    id: UUID
    customer_id: UUID
    amount: int
    mode: Mode
    duration_minutes: int
    is_extension: bool
    is_first_session_discount: bool
    created_at: datetime
    expires_at: datetime
    price_source_id: UUID | None = None
    targeted_mitra_id: UUID | None = None
    provider: Provider = Provider.NONE
    provider_invoice_id: str | None = None
    xendit_invoice_url: str | None = None
    status: PaymentStatus = PaymentStatus.PENDING
    held_by: UUID | None = None
    cause_tag: Cause | None = None
    cause_detail: str | None = None
    confirmed_at: datetime | None = None
    consumed_at: datetime | None = None
    fallback_until: datetime | None = None
    fallback_open: bool = False
    version: int = 1

    @property
    def is_free_trial(self) -> bool:
        """Whether a promotion made it cost nothing."""
        return self.amount == 0 and self.is_first_session_discount

    @property
    def is_open(self) -> bool:
        """Whether it may still lead to a chat: at most one such non-extension payment per customer."""
        return self.status in {PaymentStatus.PENDING, PaymentStatus.CONFIRMED} or self.fallback_open

    @property
    def wake_at(self) -> datetime | None:
        """When the clock must look at it; ``None`` while nothing waits (or its holder's deadline decides)."""
        if self.status is PaymentStatus.PENDING:
            return self.expires_at
        if self.status is PaymentStatus.CONFIRMED and self.held_by is None:
            return self.expires_at
        return self.fallback_until if self.fallback_open else None
