"""The chat table, row by row, and the arithmetic of paused time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from halobestie_core.chat import (
    CHAT,
    ChatSession,
    End,
    EndReason,
    ExtensionAccepted,
    ExtensionRefused,
    RequestExtension,
    SessionStatus,
    TimeUp,
)
from halobestie_core.machine import Ignored, Refused
from halobestie_core.reasons import Reason
from halobestie_core.words import Party
from support.witnesses import NOW, a_chat, minutes, seconds

ACTIVE, EXTENDING, CLOSING, ENDED = SessionStatus
HALFWAY, EXPIRY, GRACE_END = NOW + minutes(6), NOW + minutes(12), NOW + minutes(13)
TIME_UP, REFUSED, ACCEPTED = (
    TimeUp(grace_seconds=60),
    ExtensionRefused(grace_seconds=60),
    ExtensionAccepted(minutes=5),
)


def moved(chat: ChatSession, command: object, at: datetime) -> ChatSession:
    """Return the chat after the command."""
    return CHAT.decide(chat, command, at).moved()


active = a_chat()
extending = moved(active, RequestExtension(), HALFWAY)
closing = moved(active, TIME_UP, EXPIRY)
pleading = moved(closing, RequestExtension(), EXPIRY + seconds(20))
ended = moved(closing, TIME_UP, GRACE_END)


def over(reason: EndReason, at: datetime) -> dict[str, Any]:
    """Return what every end writes."""
    return {"ended_at": at, "end_reason": reason, "closing_until": None, "remaining": None}


@pytest.mark.parametrize(
    "chat, command, at, to, sets",
    [
        (active, RequestExtension(), HALFWAY, EXTENDING, {"remaining": minutes(6)}),
        (active, RequestExtension(), GRACE_END, EXTENDING, {"remaining": minutes(0)}),
        (closing, RequestExtension(), GRACE_END, EXTENDING, {"remaining": minutes(0), "closing_until": None}),
        (
            extending,
            ACCEPTED,
            HALFWAY + seconds(8),
            ACTIVE,
            {"expires_at": EXPIRY + minutes(5) + seconds(8), "paused": seconds(8), "remaining": None},
        ),
        (
            extending,
            REFUSED,
            HALFWAY + seconds(8),
            ACTIVE,
            {"expires_at": EXPIRY + seconds(8), "paused": seconds(8), "remaining": None},
        ),
        (
            pleading,
            REFUSED,
            EXPIRY + seconds(30),
            CLOSING,
            {"closing_until": EXPIRY + seconds(90), "remaining": None},
        ),
        (active, TIME_UP, EXPIRY, CLOSING, {"closing_until": GRACE_END}),
        (closing, TIME_UP, GRACE_END, ENDED, over(EndReason.TIME_UP, GRACE_END)),
        (active, End(Party.CUSTOMER), HALFWAY, ENDED, over(EndReason.CUSTOMER_ENDED, HALFWAY)),
        (extending, End(Party.CUSTOMER), HALFWAY, ENDED, over(EndReason.CUSTOMER_ENDED, HALFWAY)),
        (closing, End(Party.CUSTOMER), EXPIRY, ENDED, over(EndReason.CUSTOMER_ENDED, EXPIRY)),
        (closing, End(Party.MITRA), EXPIRY, ENDED, over(EndReason.MITRA_ENDED, EXPIRY)),
        (active, End(Party.OPERATOR, "abuse"), HALFWAY, ENDED, over(EndReason.OPERATOR_ENDED, HALFWAY)),
        (extending, End(Party.OPERATOR, "abuse"), HALFWAY, ENDED, over(EndReason.OPERATOR_ENDED, HALFWAY)),
        (closing, End(Party.OPERATOR, "abuse"), EXPIRY, ENDED, over(EndReason.OPERATOR_ENDED, EXPIRY)),
    ],
)
def test_row(
    chat: ChatSession, command: object, at: datetime, to: SessionStatus, sets: dict[str, Any]
) -> None:
    """Each row of the table ends where it says and writes what it says, and nothing else."""
    assert moved(chat, command, at) == evolve(chat, status=to, version=chat.version + 1, **sets)


@pytest.mark.parametrize(
    "chat, command, at",
    [
        (active, TIME_UP, HALFWAY),
        (closing, TIME_UP, EXPIRY + seconds(59)),
        (extending, TIME_UP, GRACE_END),
        (ended, TIME_UP, GRACE_END),
        (moved(active, End(Party.CUSTOMER), HALFWAY), End(Party.CUSTOMER), HALFWAY),
    ],
)
def test_harmless_repeat_is_ignored(chat: ChatSession, command: object, at: datetime) -> None:
    """A clock that looks too early, and the same side ending twice, change nothing."""
    verdict = CHAT.decide(chat, command, at)
    assert isinstance(verdict, Ignored)
    assert verdict.snapshot is chat


@pytest.mark.parametrize(
    "chat, command, reason",
    [
        (extending, RequestExtension(), Reason.EXTENSION_PENDING),
        (ended, RequestExtension(), Reason.SESSION_NOT_ACTIVE),
        (active, ACCEPTED, Reason.NOT_POSSIBLE),
        (closing, REFUSED, Reason.NOT_POSSIBLE),
        (active, End(Party.MITRA), Reason.NOT_POSSIBLE),
        (extending, End(Party.MITRA), Reason.NOT_POSSIBLE),
        (ended, End(Party.CUSTOMER), Reason.SESSION_NOT_ACTIVE),
    ],
)
def test_other_wish_is_refused(chat: ChatSession, command: object, reason: Reason) -> None:
    """A mitra cannot leave before closing, and nothing moves an ended chat."""
    verdict = CHAT.decide(chat, command, GRACE_END)
    assert isinstance(verdict, Refused)
    assert (verdict.snapshot, verdict.reason) == (chat, reason)


def test_end_is_start_plus_paid_minutes_plus_pauses() -> None:
    """Through pauses, a refusal, closing time and two accepted extensions, the sum holds."""
    chat = moved(extending, REFUSED, HALFWAY + seconds(10))
    chat = moved(
        moved(chat, RequestExtension(), HALFWAY + minutes(1)), ACCEPTED, HALFWAY + minutes(1) + seconds(7)
    )
    assert chat.expires_at == chat.started_at + minutes(12 + 5) + seconds(10 + 7)
    chat = moved(chat, TIME_UP, chat.expires_at)
    end = chat.expires_at
    chat = moved(moved(chat, RequestExtension(), end + seconds(40)), ACCEPTED, end + seconds(45))
    assert chat.expires_at == end + seconds(45) + minutes(5)
    assert chat.paused == seconds(10 + 7 + 45)
    assert chat.expires_at == chat.started_at + minutes(12 + 5 + 5) + chat.paused


def test_closing_chat_prolonged_gets_whole_minutes() -> None:
    """Closing time before an accepted extension is not taken from the new minutes."""
    again = moved(pleading, ACCEPTED, EXPIRY + seconds(25))
    assert (again.status, again.closing_until) == (ACTIVE, None)
    assert again.time_left(EXPIRY + seconds(25)) == minutes(5)
    assert again.paused == seconds(25)


def test_closing_chat_refused_gets_a_new_grace() -> None:
    """A refused plea leaves a whole grace for the goodbye, and the paid end where it was."""
    again = moved(pleading, REFUSED, EXPIRY + seconds(50))
    assert (again.closing_until, again.expires_at, again.paused) == (
        EXPIRY + seconds(110),
        EXPIRY,
        timedelta(0),
    )


@pytest.mark.parametrize(
    "chat, wake_at, left, live",
    [
        (active, EXPIRY, minutes(2), True),
        (extending, None, minutes(6), True),
        (closing, GRACE_END, minutes(3), True),
        (ended, None, minutes(0), False),
    ],
)
def test_clock_on_the_screen(
    chat: ChatSession, wake_at: datetime | None, left: timedelta, live: bool
) -> None:
    """Time runs while active or closing, stands still while extending, and is nothing at the end."""
    assert (chat.wake_at, chat.time_left(NOW + minutes(10)), chat.is_live) == (wake_at, left, live)
    if wake_at:
        assert chat.time_left(wake_at + minutes(1)) == minutes(0)
