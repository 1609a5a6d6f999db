"""What a decision leaves behind besides moves: records to write, people to tell, commands for later."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import field, frozen

from halobestie_core.causes import Cause
from halobestie_core.words import OperatorAction, Provider


class EntryKind(StrEnum):
    """What a ledger row says of the money."""

    SESSION = "session"
    EXTENSION = "extension"
    REFUND_DUE = "refund_due"
    REFUND_REVERSED = "refund_reversed"
    REFUNDED = "refunded"
    CREDITED = "credited"
    RETAINED = "retained"


# -- records: rows of the same transaction -------------------------------------------------------------------


@frozen
class Capture:
    """Money the gateway is known to have taken; once per invoice. No payment: it is for none of ours."""

    provider: Provider
    invoice_id: str
    payment_session_id: UUID | None
    amount: int
    currency: str
    paid_at: datetime


@frozen
class LedgerEntry:
    """One line of ``customer_transactions``; ``amount`` in whole rupiah, never negative.

    ``invoice_id`` names the capture for surplus money; without it the entry is the payment's own. Surplus
    money that matches nobody has neither payment nor customer.
    """

    kind: EntryKind
    payment_session_id: UUID | None
    customer_id: UUID | None
    amount: int
    session_id: UUID | None = None
    extension_id: UUID | None = None
    invoice_id: str | None = None


@frozen
class Failure:
    """A new row for the operators; with ``invoice_id`` it is of surplus money, not of the payment's own.

    ``cause_detail`` of money that does not match says what differs: ``currency:USD`` (``currency``, where the
    code is none; ``amount`` is then not rupiah), ``unknown_payment``, ``amount``, ``invoice`` (not its own).
    """

    payment_session_id: UUID | None
    customer_id: UUID | None
    cause_tag: Cause
    amount: int
    cause_detail: str | None = None
    targeted_mitra_id: UUID | None = None
    pairing_request_id: UUID | None = None
    extension_id: UUID | None = None
    invoice_id: str | None = None


@frozen
class FailureSuperseded:
    """The payment's open failure row leaves the queue: the same money is in use again."""

    payment_session_id: UUID


@frozen
class FailureActioned:
    """An operator's action on a failure row, set once: the payment's own, or that of a surplus capture."""

    failure_id: UUID
    action: OperatorAction
    note: str | None


@frozen
class DiscountClaimed:
    """The promotion is reserved by a payment, and with it the phone of whoever makes it, if they have one."""

    payment_session_id: UUID
    customer_id: UUID


@frozen
class DiscountReturned:
    """The promotion that this payment had reserved is free again."""

    payment_session_id: UUID


@frozen
class LiveChats:
    """One place of this mitra is taken (+1) or free (-1)."""

    mitra_id: UUID
    change: int


Record = (
    Capture
    | LedgerEntry
    | Failure
    | FailureSuperseded
    | FailureActioned
    | DiscountClaimed
    | DiscountReturned
    | LiveChats
)


# -- effects: requests to the outside, through the outbox ----------------------------------------------------


@frozen
class ToCustomer:
    """One customer."""

    customer_id: UUID


@frozen
class ToMitra:
    """One mitra."""

    mitra_id: UUID


@frozen
class ToOffered:
    """Every mitra of one wave (or of all, without a number), but for one: one row, however many they are."""

    request_id: UUID
    wave: int | None = None
    but: UUID | None = None


Audience = ToCustomer | ToMitra | ToOffered


@frozen
class Tell:
    """A frame for an audience: its type and ids; the object itself is read when the frame is written."""

    audience: Audience
    frame: str
    ids: dict[str, str] = field(factory=dict)


class PushType(StrEnum):
    """What a push is about; the frame of the same name says more."""

    CHAT_REQUEST = "chat_request"
    EXTENSION_REQUEST = "extension_request"
    PAIRED = "paired"
    EXTENSION_RESPONSE = "extension_response"
    MESSAGE = "message"


@frozen
class Push:
    """A push to an audience's devices, for whoever does not see the frame.

    Only ids; the words are chosen when it is sent, which is never after ``until``. Without ``until`` it has
    no window of its own.
    """

    audience: Audience
    type: PushType
    ids: dict[str, str]
    until: datetime | None


class InvoiceStep(StrEnum):
    """What the gateway is asked for."""

    CREATE = "create"
    EXPIRE = "expire"


@frozen
class AskGateway:
    """Create or expire the hosted invoice of a payment."""

    step: InvoiceStep
    payment_session_id: UUID


Effect = Tell | Push | AskGateway


# -- later: durable commands that cross customers ------------------------------------------------------------


@frozen
class MitraBecameEligible:
    """Offer this mitra to every open general request, one command per customer concerned."""

    mitra_id: UUID


@frozen
class MitraWentAway:
    """Withdraw this mitra's offers and fail the returning requests that wait for them."""

    mitra_id: UUID
    detail: str | None


@frozen
class MitraShutOut:
    """End this mitra's live chats, as an operator's doing."""

    mitra_id: UUID


@frozen
class LookAgain:
    """Offer one open request to whoever became eligible while it was being opened.

    The opening reads who is eligible before it commits, and a mitra may come online in that very gap,
    unseen by it and not seeing it. Both sides look again after their own commit, so at least one sees the
    other.
    """

    request_id: UUID


Later = MitraBecameEligible | MitraWentAway | MitraShutOut | LookAgain
