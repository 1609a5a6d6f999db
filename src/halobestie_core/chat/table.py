"""The chat machine: server-owned time, pauses for extensions, a grace for goodbyes. Paid time is never lost."""

from datetime import datetime, timedelta
from typing import Final

from halobestie_core.chat.messages import (
    End,
    ExtensionAccepted,
    ExtensionRefused,
    RequestExtension,
    SessionClosing,
    SessionEnded,
    SessionPaused,
    SessionProlonged,
    SessionResumed,
    SessionStarted,
    Start,
    TimeUp,
)
from halobestie_core.chat.model import NO_TIME, ChatSession, EndReason, SessionStatus
from halobestie_core.machine import (
    Ignore,
    Machine,
    Refuse,
    Row,
    always,
    of_command,
    of_snapshot,
    the_time,
    to,
)
from halobestie_core.reasons import Reason
from halobestie_core.words import Party

ACTIVE: Final = SessionStatus.ACTIVE
EXTENDING: Final = SessionStatus.EXTENDING
CLOSING: Final = SessionStatus.CLOSING
ENDED: Final = SessionStatus.ENDED

_REASONS = {
    Party.CUSTOMER: EndReason.CUSTOMER_ENDED,
    Party.MITRA: EndReason.MITRA_ENDED,
    Party.OPERATOR: EndReason.OPERATOR_ENDED,
}


@of_snapshot
def overdue(chat: ChatSession, now: datetime) -> bool:
    """The clock has reached ``expires_at``: the paid time is used up."""
    return now >= chat.expires_at


@of_snapshot
def grace_over(chat: ChatSession, now: datetime) -> bool:
    """The clock has reached ``closing_until``."""
    return chat.closing_until is not None and now >= chat.closing_until


@of_snapshot
def paid_time_remains(chat: ChatSession, _now: datetime) -> bool:
    """Some paid time was left when the pause began."""
    return chat.remaining is not None and chat.remaining > NO_TIME


@of_command
def by_the_mitra(_chat: ChatSession, command: End, _now: datetime) -> bool:
    """The mitra asks, who may end a chat only once it closes."""
    return command.by is Party.MITRA


@of_command
def ended_by_the_same(chat: ChatSession, command: End, _now: datetime) -> bool:
    """The recorded end was by the same side."""
    return chat.end_reason is _REASONS[command.by]


def _frozen_rest(chat: ChatSession, _command: RequestExtension, now: datetime) -> timedelta:
    return max(NO_TIME, chat.expires_at - now)


def _after_rest(chat: ChatSession, now: datetime) -> datetime:
    return now + (chat.remaining or NO_TIME)


def _prolonged(chat: ChatSession, command: ExtensionAccepted, now: datetime) -> datetime:
    """Now + remaining + minutes."""
    return _after_rest(chat, now) + timedelta(minutes=command.minutes)


def _resumed(chat: ChatSession, _command: ExtensionRefused, now: datetime) -> datetime:
    """Now + remaining."""
    return _after_rest(chat, now)


def _pause_added(chat: ChatSession, _command: object, now: datetime) -> timedelta:
    """Record how far the end moved without minutes being paid for it (closing time before an accept included)."""
    return chat.paused + (_after_rest(chat, now) - chat.expires_at)


def _grace_from_now(_chat: ChatSession, command: TimeUp | ExtensionRefused, now: datetime) -> datetime:
    return now + timedelta(seconds=command.grace_seconds)


def _by(_chat: ChatSession, command: End, _now: datetime) -> EndReason:
    return _REASONS[command.by]


def _opens(command: Start, now: datetime) -> ChatSession:
    return ChatSession(
        id=command.id,
        customer_id=command.customer_id,
        mitra_id=command.mitra_id,
        payment_session_id=command.payment_session_id,
        pairing_request_id=command.pairing_request_id,
        mode=command.mode,
        topic_sensitivity=command.topic_sensitivity,
        started_at=now,
        expires_at=now + timedelta(minutes=command.duration_minutes),
    )


_PAUSES = {"remaining": _frozen_rest, "closing_until": to(None)}
_RUNS = {"remaining": to(None), "paused": _pause_added}
_CLOSES = {"remaining": to(None), "closing_until": _grace_from_now}
_ENDS = {"remaining": to(None), "closing_until": to(None), "ended_at": the_time, "end_reason": _by}
_TIME_UP = _ENDS | {"end_reason": to(EndReason.TIME_UP)}
_nothing_left = (~paid_time_remains).called("nothing remains")
_not_by_the_mitra = (~by_the_mitra).called("by customer or operator")

# fmt: off
CHAT: Final = Machine(
    name="chat",
    snapshot=ChatSession,
    states=SessionStatus,
    initial=ACTIVE,
    opening=Start,
    opens=_opens,
    born=SessionStarted,
    about="The timed conversation that an accepted request starts. The server owns its time.",
    rows=(
        #   from       asked to           and it is          becomes    so we say         because, setting
        Row(ACTIVE,    RequestExtension,  always,            EXTENDING, SessionPaused,    None, _PAUSES),
        Row(CLOSING,   RequestExtension,  always,            EXTENDING, SessionPaused,    None, _PAUSES),
        Row(EXTENDING, ExtensionAccepted, always,            ACTIVE,    SessionProlonged, None,
            {"expires_at": _prolonged, **_RUNS}),
        Row(EXTENDING, ExtensionRefused,  paid_time_remains, ACTIVE,    SessionResumed,   None,
            {"expires_at": _resumed, **_RUNS}),
        Row(EXTENDING, ExtensionRefused,  _nothing_left,     CLOSING,   SessionClosing,   None, _CLOSES),
        Row(ACTIVE,    TimeUp,            overdue,           CLOSING,   SessionClosing,   None, _CLOSES),
        Row(CLOSING,   TimeUp,            grace_over,        ENDED,     SessionEnded,     None, _TIME_UP),
        Row(ACTIVE,    End,               _not_by_the_mitra, ENDED,     SessionEnded,     None, _ENDS),
        Row(EXTENDING, End,               _not_by_the_mitra, ENDED,     SessionEnded,     None, _ENDS),
        Row(CLOSING,   End,               always,            ENDED,     SessionEnded,     None, _ENDS),
    ),
    ignored=(
        Ignore((ACTIVE, CLOSING), TimeUp, "its time is not over"),
        Ignore((EXTENDING,), TimeUp, "its time stands still; the extension's own deadline decides"),
        Ignore((ENDED,), TimeUp, "it ended already"),
        Ignore((ENDED,), End, "the same side ended it already", ended_by_the_same),
    ),
    refused=(
        Refuse((EXTENDING,), RequestExtension, Reason.EXTENSION_PENDING),
        Refuse((ENDED,), RequestExtension, Reason.SESSION_NOT_ACTIVE),
        Refuse((ACTIVE, CLOSING, ENDED), ExtensionAccepted, Reason.NOT_POSSIBLE),
        Refuse((ACTIVE, CLOSING, ENDED), ExtensionRefused, Reason.NOT_POSSIBLE),
        Refuse((ACTIVE, EXTENDING), End, Reason.NOT_POSSIBLE),
        Refuse((ENDED,), End, Reason.SESSION_NOT_ACTIVE),
    ),
)
# fmt: on
