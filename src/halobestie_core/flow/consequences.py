"""The builders that the reactions table names: each makes one sibling command, record, frame or later command.

Each takes the evening as it stands after the move, and the move; ``None`` means: nothing, this time.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from halobestie_core import chat, extension, payment
from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession, EndReason, SessionStatus
from halobestie_core.extension import Extension
from halobestie_core.flow.effects import (
    AskGateway,
    DiscountReturned,
    EntryKind,
    Failure,
    FailureSuperseded,
    InvoiceStep,
    LedgerEntry,
    LiveChats,
    LookAgain,
    MitraBecameEligible,
    MitraShutOut,
    MitraWentAway,
    Tell,
    ToCustomer,
    ToMitra,
    ToOffered,
)
from halobestie_core.flow.evening import Evening
from halobestie_core.machine import Moved
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.presence import MitraPresence
from halobestie_core.words import Provider, RequestKind

T = TypeVar("T")

PaymentMove = Moved[PaymentSession]
PairingMove = Moved[PairingRequest]
ChatMove = Moved[ChatSession]
ExtensionMove = Moved[Extension]
PresenceMove = Moved[MitraPresence]


# -- sibling commands --------------------------------------------------------------------------------------------------


def start_chat(evening: Evening, move: PairingMove) -> chat.Start:
    """The accepted request becomes a conversation of the minutes that were paid."""
    request, paid = move.after, _present(evening.payment)
    return chat.Start(
        id=_present(request.session_id),
        customer_id=request.customer_id,
        mitra_id=_present(request.winner_mitra_id),
        payment_session_id=request.payment_session_id,
        pairing_request_id=request.id,
        mode=request.mode,
        topic_sensitivity=request.topic_sensitivity,
        duration_minutes=paid.duration_minutes,
    )


def consume(_evening: Evening, _move: Moved[Any]) -> payment.Consume:
    """The money became minutes."""
    return payment.Consume()


def fail_payment(_evening: Evening, move: PairingMove | ExtensionMove) -> payment.Fail:
    """The holder failed, so its payment fails with the same cause."""
    detail = getattr(move.after, "cause_detail", None)
    return payment.Fail(_present(move.after.cause_tag), detail)


def prolong_chat(_evening: Evening, move: ExtensionMove) -> chat.ExtensionAccepted:
    """The chat goes on, longer."""
    return chat.ExtensionAccepted(move.after.requested_duration_minutes)


def resume_chat(_evening: Evening, move: ExtensionMove) -> chat.ExtensionRefused:
    """The chat goes on with what was left, or closes."""
    if not isinstance(move.command, extension.Silence):  # pragma: no cover - every refusing command is one
        raise TypeError(move.command)
    return chat.ExtensionRefused(move.command.grace_seconds)


_CANCEL_CAUSES = {
    EndReason.CUSTOMER_ENDED: Cause.CUSTOMER_CANCELLED,
    EndReason.OPERATOR_ENDED: Cause.OPERATOR_ENDED,
}


def cancel_extension(_evening: Evening, move: ChatMove) -> extension.Cancel | None:
    """A chat that ends while extending takes its pending extension with it."""
    if move.before is None or move.before.status is not SessionStatus.EXTENDING:
        return None
    return extension.Cancel(_CANCEL_CAUSES[_present(move.after.end_reason)])


# -- records -----------------------------------------------------------------------------------------------------------


def failure_row(evening: Evening, move: PaymentMove) -> Failure:
    """The operators' row, with what held the payment when it failed."""
    paid = move.after
    holder = None if move.before is None else move.before.held_by
    request = evening.request if evening.request is not None and evening.request.id == holder else None
    return Failure(
        payment_session_id=paid.id,
        customer_id=paid.customer_id,
        cause_tag=_present(paid.cause_tag),
        cause_detail=paid.cause_detail,
        amount=paid.amount,
        targeted_mitra_id=paid.targeted_mitra_id if request is None else request.targeted_mitra_id,
        pairing_request_id=None if paid.is_extension else holder,
        extension_id=holder if paid.is_extension else None,
    )


def refund_due(_evening: Evening, move: PaymentMove) -> LedgerEntry | None:
    """Money that bought nothing is owed back."""
    return _entry(EntryKind.REFUND_DUE, move.after) if move.after.amount > 0 else None


def refund_reversed(_evening: Evening, move: PaymentMove) -> LedgerEntry | None:
    """The money is in use again."""
    return _entry(EntryKind.REFUND_REVERSED, move.after) if move.after.amount > 0 else None


def charge(evening: Evening, move: PaymentMove) -> LedgerEntry:
    """The one charge of a payment, 0 included."""
    session_id = _present(evening.chat).id
    if move.after.is_extension:
        return _entry(EntryKind.EXTENSION, move.after, session_id, _present(evening.extension).id)
    return _entry(EntryKind.SESSION, move.after, session_id)


def supersede_failure(_evening: Evening, move: PaymentMove) -> FailureSuperseded:
    """The failure that was fallen back from leaves the queue."""
    return FailureSuperseded(move.after.id)


def return_discount(_evening: Evening, move: PaymentMove) -> DiscountReturned | None:
    """The promotion is free again, unless a fallback may still use it."""
    paid = move.after
    return DiscountReturned(paid.id) if paid.is_first_session_discount and not paid.fallback_open else None


def take_place(_evening: Evening, move: ChatMove) -> LiveChats:
    """One of the mitra's places is taken."""
    return LiveChats(move.after.mitra_id, +1)


def free_place(_evening: Evening, move: ChatMove) -> LiveChats:
    """One of the mitra's places is free."""
    return LiveChats(move.after.mitra_id, -1)


# -- the gateway -------------------------------------------------------------------------------------------------------


def create_invoice(_evening: Evening, move: PaymentMove) -> AskGateway | None:
    """A hosted invoice, where the provider has them."""
    return _ask_gateway(InvoiceStep.CREATE, move.after)


def expire_invoice(_evening: Evening, move: PaymentMove) -> AskGateway | None:
    """Nobody should pay any more."""
    return _ask_gateway(InvoiceStep.EXPIRE, move.after)


def _ask_gateway(step: InvoiceStep, paid: PaymentSession) -> AskGateway | None:
    return AskGateway(step, paid.id) if paid.provider is Provider.XENDIT else None


# -- people ------------------------------------------------------------------------------------------------------------


def customer_hears(frame: str) -> Callable[[Evening, Any], Tell]:
    """Tell the customer of a payment with this frame."""

    def tell(_evening: Evening, move: PaymentMove) -> Tell:
        return Tell(ToCustomer(move.after.customer_id), frame, {"payment_session_id": str(move.after.id)})

    tell.__name__ = f"customer: {frame}"
    return tell


def customer_hears_of_unused_failure(_evening: Evening, move: PaymentMove) -> Tell | None:
    """A payment cancelled while nothing held it has no request to speak for it."""
    if move.before is not None and move.before.held_by is not None:
        return None
    return Tell(ToCustomer(move.after.customer_id), "payment_updated", {"payment_session_id": str(move.after.id)})


def offered_hear_request(_evening: Evening, move: PairingMove) -> Tell | None:
    """Show the request to its newest wave: one row for all of them."""
    before = 0 if move.before is None else len(move.before.waves)
    request = move.after
    if len(request.waves) == before:
        return None
    return Tell(ToOffered(request.id, request.waves[-1].number), "chat_request", _request_ids(request))


def one_mitra_loses_request(_evening: Evening, move: PairingMove) -> Tell:
    """The card of the mitra who went away closes."""
    mitra_id: UUID = getattr(move.command, "mitra_id")  # noqa: B009 - Withdraw alone leads here
    return Tell(ToMitra(mitra_id), "chat_request_closed", _request_ids(move.after) | {"reason": "withdrawn"})


def customer_hears_paired(_evening: Evening, move: PairingMove) -> Tell:
    """Somebody is there."""
    return Tell(ToCustomer(move.after.customer_id), "paired", _paired_ids(move.after))


def winner_hears_paired(_evening: Evening, move: PairingMove) -> Tell:
    """The accept stood."""
    return Tell(ToMitra(_present(move.after.winner_mitra_id)), "paired", _paired_ids(move.after))


def losers_hear_taken(_evening: Evening, move: PairingMove) -> Tell | None:
    """The others' cards close."""
    return _offered_hear_closed(move.after, "taken", but=move.after.winner_mitra_id)


_CLOSED_REASONS = {
    Cause.CUSTOMER_CANCELLED: "cancelled",
    Cause.NO_MITRA_AVAILABLE: "timeout",
    Cause.TARGETED_MITRA_TIMEOUT: "timeout",
}
_RETURNING_FRAMES = {
    Cause.TARGETED_MITRA_TIMEOUT: "returning_chat_timeout",
    Cause.TARGETED_MITRA_OFFLINE: "returning_chat_rejected",
    Cause.TARGETED_MITRA_REJECTED: "returning_chat_rejected",
}


def customer_hears_failure(_evening: Evening, move: PairingMove) -> Tell:
    """The search failed; a returning request says so in its own frame (a cancel, for other tabs, in the common one)."""
    frame = _RETURNING_FRAMES.get(_present(move.after.cause_tag), "pairing_failed")
    return Tell(ToCustomer(move.after.customer_id), frame, _request_ids(move.after))


def offered_hear_closed(_evening: Evening, move: PairingMove) -> Tell | None:
    """Every card of this request closes."""
    return _offered_hear_closed(move.after, _CLOSED_REASONS.get(_present(move.after.cause_tag), "withdrawn"))


def _offered_hear_closed(request: PairingRequest, reason: str, but: UUID | None = None) -> Tell | None:
    if not request.waves:
        return None
    return Tell(ToOffered(request.id, but=but), "chat_request_closed", _request_ids(request) | {"reason": reason})


def customer_side(frame: str) -> Callable[[Evening, Any], Tell]:
    """Tell the chat's customer."""

    def tell(_evening: Evening, move: ChatMove) -> Tell:
        return Tell(ToCustomer(move.after.customer_id), frame, {"session_id": str(move.after.id)})

    tell.__name__ = f"customer: {frame}"
    return tell


def mitra_side(frame: str) -> Callable[[Evening, Any], Tell]:
    """Tell the chat's mitra."""

    def tell(_evening: Evening, move: ChatMove) -> Tell:
        return Tell(ToMitra(move.after.mitra_id), frame, {"session_id": str(move.after.id)})

    tell.__name__ = f"mitra: {frame}"
    return tell


def mitra_hears_extension(evening: Evening, move: ExtensionMove) -> Tell:
    """The question, with its window."""
    return Tell(ToMitra(_present(evening.chat).mitra_id), "extension_request", _extension_ids(move.after))


def customer_hears_answer(evening: Evening, move: ExtensionMove) -> Tell:
    """The answer, whoever or whatever gave it."""
    return Tell(ToCustomer(_present(evening.chat).customer_id), "extension_response", _extension_ids(move.after))


def mitra_hears_presence(why: str) -> Callable[[Evening, Any], Tell]:
    """Tell a mitra that the server took them offline."""

    def tell(_evening: Evening, move: PresenceMove) -> Tell:
        return Tell(ToMitra(move.after.id), "presence", {"why": why})

    tell.__name__ = f"mitra: presence ({why})"
    return tell


# -- later -------------------------------------------------------------------------------------------------------------


def look_again(_evening: Evening, move: PairingMove) -> LookAgain | None:
    """A blast looks once more for those who came while it opened (with waves, the next wave does)."""
    request = move.after
    return LookAgain(request.id) if request.kind is RequestKind.GENERAL and request.wave_size == 0 else None


def chat_mitra_eligible(_evening: Evening, move: ChatMove) -> MitraBecameEligible:
    """A place is free."""
    return MitraBecameEligible(move.after.mitra_id)


def mitra_eligible(_evening: Evening, move: PresenceMove) -> MitraBecameEligible:
    """Came online."""
    return MitraBecameEligible(move.after.id)


def mitra_away(detail: str | None) -> Callable[[Evening, Any], MitraWentAway | None]:
    """Somebody who may hold offers went away."""

    def away(_evening: Evening, move: PresenceMove) -> MitraWentAway | None:
        was_online = move.before is not None and move.before.is_online
        return MitraWentAway(move.after.id, detail) if was_online else None

    away.__name__ = "mitra_went_away"
    return away


def mitra_shut_out(_evening: Evening, move: PresenceMove) -> MitraShutOut:
    """Live chats are ended by the operator's block."""
    return MitraShutOut(move.after.id)


# -- small helpers -----------------------------------------------------------------------------------------------------


def _entry(
    kind: EntryKind, paid: PaymentSession, session_id: UUID | None = None, extension_id: UUID | None = None
) -> LedgerEntry:
    return LedgerEntry(kind, paid.id, paid.customer_id, paid.amount, session_id, extension_id)


def _request_ids(request: PairingRequest) -> dict[str, str]:
    return {"pairing_request_id": str(request.id)}


def _paired_ids(request: PairingRequest) -> dict[str, str]:
    return _request_ids(request) | {"session_id": str(request.session_id)}


def _extension_ids(asked: Extension) -> dict[str, str]:
    return {"extension_id": str(asked.id), "session_id": str(asked.session_id)}


def _present(value: T | None) -> T:
    """Unwrap what the tables guarantee; a hole here is a defect, and nothing has been saved yet."""
    if value is None:
        msg = "the evening lacks what this reaction needs; load every slot that the wish concerns"
        raise LookupError(msg)
    return value
