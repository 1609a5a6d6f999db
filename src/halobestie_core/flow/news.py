"""Who hears of a move: people by frames, the gateway, and other customers' evenings later.

Each builder takes the evening as it stands after the move, and the move; ``None`` means: nothing, this time.
"""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from halobestie_core import pairing
from halobestie_core.causes import Cause
from halobestie_core.extension import Extension
from halobestie_core.flow.effects import (
    AskGateway,
    InvoiceStep,
    LookAgain,
    MitraBecameEligible,
    MitraShutOut,
    MitraWentAway,
    Push,
    PushType,
    Tell,
    ToCustomer,
    ToMitra,
    ToOffered,
)
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.moves import (
    ChatMove,
    ExtensionMove,
    PairingMove,
    PaymentMove,
    PresenceMove,
    present,
)
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.words import Provider, RequestKind


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
    return Tell(
        ToCustomer(move.after.customer_id), "payment_updated", {"payment_session_id": str(move.after.id)}
    )


def offered_hear_request(_evening: Evening, move: PairingMove) -> Tell | None:
    """Show the request to its newest wave: one row for all of them."""
    before = 0 if move.before is None else len(move.before.waves)
    request = move.after
    if len(request.waves) == before:
        return None
    return Tell(ToOffered(request.id, request.waves[-1].number), "chat_request", _request_ids(request))


def offered_get_push(_evening: Evening, move: PairingMove) -> Push | None:
    """A push to the newest wave; of a returning request to its one mitra, who may acknowledge the frame."""
    request = move.after
    told = offered_hear_request(_evening, move)
    if told is None:
        return None
    target = request.targeted_mitra_id
    audience = told.audience if target is None else ToMitra(target)
    return Push(audience, PushType.CHAT_REQUEST, _request_ids(request), request.deadline_at)


def one_mitra_loses_request(_evening: Evening, move: PairingMove) -> Tell:
    """The card of the mitra who went away closes."""
    left = cast("pairing.Withdraw", move.command)  # nothing else takes one offer back
    return Tell(
        ToMitra(left.mitra_id), "chat_request_closed", _request_ids(move.after) | {"reason": "withdrawn"}
    )


def customer_hears_paired(_evening: Evening, move: PairingMove) -> Tell:
    """Somebody is there."""
    return Tell(ToCustomer(move.after.customer_id), "paired", _paired_ids(move.after))


def customer_gets_paired_push(evening: Evening, move: PairingMove) -> Push:
    """A push to the customer alone: the winner has the app in hand. It is worth something while time runs."""
    until = present(evening.chat).expires_at
    return Push(ToCustomer(move.after.customer_id), PushType.PAIRED, _paired_ids(move.after), until)


def winner_hears_paired(_evening: Evening, move: PairingMove) -> Tell:
    """The accept stood."""
    return Tell(ToMitra(present(move.after.winner_mitra_id)), "paired", _paired_ids(move.after))


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
    """The search failed; a returning request has frames of its own, a cancelled one the common frame."""
    frame = _RETURNING_FRAMES.get(present(move.after.cause_tag), "pairing_failed")
    return Tell(ToCustomer(move.after.customer_id), frame, _request_ids(move.after))


def offered_hear_closed(_evening: Evening, move: PairingMove) -> Tell | None:
    """Every card of this request closes."""
    return _offered_hear_closed(move.after, _CLOSED_REASONS.get(present(move.after.cause_tag), "withdrawn"))


def _offered_hear_closed(request: PairingRequest, reason: str, but: UUID | None = None) -> Tell | None:
    if not request.waves:
        return None
    return Tell(
        ToOffered(request.id, but=but), "chat_request_closed", _request_ids(request) | {"reason": reason}
    )


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
    return Tell(ToMitra(present(evening.chat).mitra_id), "extension_request", _extension_ids(move.after))


def mitra_gets_extension_push(evening: Evening, move: ExtensionMove) -> Push:
    """A push with the question, for as long as it may be answered."""
    asked = move.after
    mitra = ToMitra(present(evening.chat).mitra_id)
    return Push(mitra, PushType.EXTENSION_REQUEST, _extension_ids(asked), asked.deadline_at)


def customer_hears_answer(evening: Evening, move: ExtensionMove) -> Tell:
    """The answer, whoever or whatever gave it."""
    return Tell(
        ToCustomer(present(evening.chat).customer_id), "extension_response", _extension_ids(move.after)
    )


def customer_gets_answer_push(evening: Evening, move: ExtensionMove) -> Push:
    """A push with the answer, for as long as the chat goes on."""
    chat = present(evening.chat)
    until = chat.closing_until or chat.expires_at
    return Push(ToCustomer(chat.customer_id), PushType.EXTENSION_RESPONSE, _extension_ids(move.after), until)


def mitra_hears_presence(why: str) -> Callable[[Evening, Any], Tell]:
    """Tell a mitra that they are offline now."""

    def tell(_evening: Evening, move: PresenceMove) -> Tell:
        return Tell(ToMitra(move.after.id), "presence", {"why": why})

    tell.__name__ = f"mitra: presence ({why})"
    return tell


# -- the gateway ---------------------------------------------------------------------------------------------


def create_invoice(_evening: Evening, move: PaymentMove) -> AskGateway | None:
    """A hosted invoice, where the provider has them."""
    return _ask_gateway(InvoiceStep.CREATE, move.after)


def expire_invoice(_evening: Evening, move: PaymentMove) -> AskGateway | None:
    """Nobody should pay any more."""
    return _ask_gateway(InvoiceStep.EXPIRE, move.after)


def _ask_gateway(step: InvoiceStep, paid: PaymentSession) -> AskGateway | None:
    asks = paid.provider is Provider.XENDIT and paid.amount > 0  # what costs nothing never touches a gateway
    return AskGateway(step, paid.id) if asks else None


# -- later ---------------------------------------------------------------------------------------------------


def look_again(_evening: Evening, move: PairingMove) -> LookAgain | None:
    """A blast looks once more at those who came or left while it was shown to many at once."""
    request = move.after
    return LookAgain(request.id) if request.kind is RequestKind.GENERAL else None


def look_again_at_wave(evening: Evening, move: PairingMove) -> LookAgain | None:
    """A wave does so too; a single late joiner was locked while the request was shown to them."""
    return look_again(evening, move) if isinstance(move.command, pairing.NextWave) else None


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


def _request_ids(request: PairingRequest) -> dict[str, str]:
    return {"pairing_request_id": str(request.id)}


def _paired_ids(request: PairingRequest) -> dict[str, str]:
    return _request_ids(request) | {"session_id": str(request.session_id)}


def _extension_ids(asked: Extension) -> dict[str, str]:
    return {"extension_id": str(asked.id), "session_id": str(asked.session_id)}
