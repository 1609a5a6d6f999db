"""A payment's whole story, as a port: everything that was ever recorded of it, for an operator who asks why.

Reading alone. Nothing that was said in a chat is part of it, and no phone is given whole. Instants are the
store's, amounts whole rupiah, people named (operators by their e-mail). Lists begin with the oldest.
"""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.chat import EndReason, SessionStatus
from halobestie_core.extension import ExtensionStatus
from halobestie_core.flow.effects import EntryKind
from halobestie_core.pairing import AnswerKind, RequestStatus
from halobestie_core.ports.failures import FailureSeen
from halobestie_core.ports.reads import PaymentSeen
from halobestie_core.ports.store import Named
from halobestie_core.words import ActorType, Provider, RequestKind


@frozen
class Payer:
    """Whose payment it is; of the phone only both ends."""

    id: UUID
    display_name: str
    phone: str | None


@frozen
class PriceSource:
    """The version of a tier or a promotion that made the amount; ``version`` is what it said."""

    id: UUID
    kind: str
    at: datetime
    version: object


@frozen
class InvoiceKept:
    """A hosted page, and what the gateway last said of it."""

    provider: Provider
    invoice_id: str
    url: str | None
    amount: int
    status: str
    created_at: datetime
    looked_at: datetime | None
    next_look_at: datetime | None


@frozen
class CaptureKept:
    """Money that was taken."""

    id: UUID
    provider: Provider
    invoice_id: str
    amount: int
    currency: str
    paid_at: datetime
    recorded_at: datetime


@frozen
class EntryKept:
    """A line of the ledger."""

    id: UUID
    kind: EntryKind
    amount: int
    at: datetime
    failure_id: UUID | None
    session_id: UUID | None
    extension_id: UUID | None


@frozen
class AnswerKept:
    """What a mitra said to a request, or that it was taken back."""

    mitra: Named
    answer: AnswerKind
    at: datetime


@frozen
class Search:
    """A request: in how many waves it went to how many mitras, and what they said (the first hundred)."""

    id: UUID
    kind: RequestKind
    status: RequestStatus
    cause_tag: Cause | None
    cause_detail: str | None
    targeted_mitra: Named | None
    session_id: UUID | None
    created_at: datetime
    deadline_at: datetime
    waves: int
    offered: int
    answered: int
    answers: tuple[AnswerKept, ...]


@frozen
class ChatKept:
    """The chat that was paid for, or that was to be prolonged."""

    id: UUID
    mitra: Named
    status: SessionStatus
    pairing_request_id: UUID
    started_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    end_reason: EndReason | None
    messages: int


@frozen
class ExtensionKept:
    """A wish for more minutes; of an extension's payment its own, else all those of the chat."""

    id: UUID
    payment_session_id: UUID
    status: ExtensionStatus
    cause_tag: Cause | None
    via_timeout: bool
    duration_minutes: int
    price: int
    requested_at: datetime
    deadline_at: datetime
    responded_at: datetime | None


@frozen
class WebhookKept:
    """What a gateway sent unasked, without its body."""

    id: UUID
    provider: Provider
    invoice_id: str | None
    status: str | None
    received_at: datetime
    applied_at: datetime | None
    quarantined_at: datetime | None
    quarantine_reason: str | None
    resolved_at: datetime | None
    attempts: int


@frozen
class ActorSeen:
    """Who caused a move; nobody in particular has neither id nor name."""

    type: ActorType
    id: UUID | None
    display_name: str | None


@frozen
class MoveKept:
    """One recorded move of the payment or of what it was used for."""

    at: datetime
    machine: str
    aggregate_id: UUID
    from_state: str | None
    to_state: str
    command: str
    event: str
    cause_tag: Cause | None
    actor: ActorSeen


@frozen
class Story:
    """All of it. ``timeline`` ends after a thousand moves; ``moves`` says how many there are."""

    payment: PaymentSeen
    customer: Payer
    price_source: PriceSource | None
    invoices: tuple[InvoiceKept, ...]
    captures: tuple[CaptureKept, ...]
    ledger: tuple[EntryKept, ...]
    failures: tuple[FailureSeen, ...]
    requests: tuple[Search, ...]
    session: ChatKept | None
    extensions: tuple[ExtensionKept, ...]
    webhooks: tuple[WebhookKept, ...]
    timeline: tuple[MoveKept, ...]
    moves: int


class Stories(Protocol):
    """Where stories are told. Raises the store's errors."""

    async def of_payment(self, payment_id: UUID) -> Story | None:
        """Return what is known of one payment, all of one moment; ``None``: there is none."""
        ...
