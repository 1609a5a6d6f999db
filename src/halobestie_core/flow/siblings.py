"""Sibling commands: what a move asks of another machine of the same evening, and of which aggregate.

Each builder takes the evening as it stands after the move, and the move; ``None`` means: nothing, this time.
"""

from typing import Any, cast

from halobestie_core import chat, extension, payment
from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession, EndReason, SessionStatus
from halobestie_core.extension import Extension
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.moves import ChatMove, ExtensionMove, PairingMove, present
from halobestie_core.machine import Moved
from halobestie_core.payment import PaymentSession


def start_chat(evening: Evening, move: PairingMove) -> chat.Start:
    """The accepted request becomes a conversation of the minutes that were paid."""
    request, paid = move.after, present(evening.payment)
    return chat.Start(
        id=present(request.session_id),
        customer_id=request.customer_id,
        mitra_id=present(request.winner_mitra_id),
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
    return payment.Fail(present(move.after.cause_tag), detail)


def prolong_chat(_evening: Evening, move: ExtensionMove) -> chat.ExtensionAccepted:
    """The chat goes on, longer."""
    return chat.ExtensionAccepted(move.after.requested_duration_minutes)


def resume_chat(_evening: Evening, move: ExtensionMove) -> chat.ExtensionRefused:
    """The chat goes on with what was left, or closes."""
    silence = cast("extension.Silence", move.command)  # whatever refuses an extension is one
    return chat.ExtensionRefused(silence.grace_seconds)


_CANCEL_CAUSES = {
    EndReason.CUSTOMER_ENDED: Cause.CUSTOMER_CANCELLED,
    EndReason.OPERATOR_ENDED: Cause.OPERATOR_ENDED,
}


def cancel_extension(_evening: Evening, move: ChatMove) -> extension.Cancel | None:
    """A chat that ends while extending takes its pending extension with it."""
    if move.before is None or move.before.status is not SessionStatus.EXTENDING:
        return None
    return extension.Cancel(_CANCEL_CAUSES[present(move.after.end_reason)])


def is_its_payment(paid: PaymentSession, move: PairingMove | ExtensionMove) -> bool:
    """The payment that this request or extension holds."""
    return paid.id == move.after.payment_session_id


def is_its_chat(session: ChatSession, move: ExtensionMove) -> bool:
    """The chat that this extension is to prolong."""
    return session.id == move.after.session_id


def is_its_extension(asked: Extension, move: ChatMove) -> bool:
    """The extension that this chat waited for."""
    return asked.session_id == move.after.id
