"""The pairing machine, offers included.

Whatever arrives overdue finds the time-out applied first, so that no cause is a race: an accept, a decline or
a cancel after the deadline *is* the time-out, and its sender hears that the request is closed.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from halobestie_core.causes import Cause
from halobestie_core.machine import (
    Ignore,
    Machine,
    Refuse,
    Row,
    Setter,
    asked,
    of_command,
    of_snapshot,
    to,
)
from halobestie_core.pairing.messages import (
    Accept,
    Cancel,
    Decline,
    NextWave,
    Offer,
    OfferDeclined,
    OffersMade,
    OfferWithdrawn,
    Open,
    PairingAccepted,
    PairingFailed,
    PairingOpened,
    TargetUnavailable,
    TimeUp,
    Withdraw,
)
from halobestie_core.pairing.model import (
    Answer,
    AnswerKind,
    OfferStatus,
    PairingRequest,
    RequestStatus,
    Wave,
)
from halobestie_core.reasons import Reason
from halobestie_core.words import RequestKind

PENDING: Final = RequestStatus.PENDING
ACCEPTED: Final = RequestStatus.ACCEPTED
REJECTED: Final = RequestStatus.REJECTED
AUTO_REJECTED: Final = RequestStatus.AUTO_REJECTED
EXPIRED: Final = RequestStatus.EXPIRED
CANCELLED: Final = RequestStatus.CANCELLED
_FAILED: Final = (REJECTED, AUTO_REJECTED, EXPIRED, CANCELLED)
_CLOSED: Final = (ACCEPTED, *_FAILED)

_Answering = Accept | Decline | Withdraw


@of_snapshot
def overdue(request: PairingRequest, now: datetime) -> bool:
    """The clock has reached ``deadline_at``."""
    return now >= request.deadline_at


@of_snapshot
def general(request: PairingRequest, _now: datetime) -> bool:
    """A blast to every eligible mitra, not one targeted mitra."""
    return request.kind is RequestKind.GENERAL


@of_snapshot
def wave_due(request: PairingRequest, now: datetime) -> bool:
    """The blast goes out in waves and the clock has reached ``next_wave_at``."""
    return request.next_wave_at is not None and now >= request.next_wave_at


@of_command
def offered(request: PairingRequest, command: _Answering, _now: datetime) -> bool:
    """The mitra was shown it and has neither declined nor been withdrawn since."""
    return request.latest(command.mitra_id) is OfferStatus.OFFERED


@of_command
def never_offered(request: PairingRequest, command: _Answering, _now: datetime) -> bool:
    """The mitra was never shown it."""
    return request.latest(command.mitra_id) is None


@of_command
def declined_by_this_mitra(request: PairingRequest, command: _Answering, _now: datetime) -> bool:
    """The mitra's latest entry is a decline."""
    return request.latest(command.mitra_id) is AnswerKind.DECLINED


@of_command
def won_by_this_mitra(request: PairingRequest, command: _Answering, _now: datetime) -> bool:
    """The mitra is the winner."""
    return request.winner_mitra_id == command.mitra_id


@of_command
def online(_request: PairingRequest, command: Accept, _now: datetime) -> bool:
    """The switch is on and the mitra is not blocked, read under the locks; accepting is itself a sign of life."""
    return command.online


@of_command
def below_capacity(_request: PairingRequest, command: Accept, _now: datetime) -> bool:
    """Fewer live chats than ``max_customers_per_mitra``, read under the locks."""
    return command.live_chats < command.cap


@of_command
def somebody_left(request: PairingRequest, command: Decline, _now: datetime) -> bool:
    """Another offered mitra has not declined, or an eligible one was not offered it yet."""
    return command.eligible_left or not request.all_others_declined(command.mitra_id)


@of_command
def somebody_new(request: PairingRequest, command: Offer, _now: datetime) -> bool:
    """At least one of these mitras was never offered it, or had the offer withdrawn."""
    return bool(request.offerable(command.mitra_ids))


@of_command
def gone(_request: PairingRequest, command: Withdraw | TargetUnavailable, _now: datetime) -> bool:
    """The mitra is offline, stale or blocked still, read under the locks."""
    return command.gone


@of_command
def full_at_the_start(_request: PairingRequest, command: TargetUnavailable, _now: datetime) -> bool:
    """The target was at capacity when the request opened; later they decide themselves."""
    return command.at_start and command.at_capacity


in_time = (~overdue).called("in time")
nobody_came = (overdue & general).called("overdue, general")
target_silent = (overdue & ~general).called("overdue, returning")
may_accept = (in_time & offered & online & below_capacity).called("in time, offered, online, below capacity")
declines_one = (in_time & offered & general & somebody_left).called(
    "in time, offered, general, somebody left"
)
declines_last = (in_time & offered & general & ~somebody_left).called(
    "in time, offered, general, nobody left"
)
target_declines = (in_time & offered & ~general).called("in time, offered, returning")
may_join = (in_time & general & somebody_new).called("in time, general, somebody new")
next_wave = (in_time & general & wave_due).called("in time, general, wave due")
left_offer = (in_time & general & offered & gone).called("in time, general, offered, gone")
_unavailable = gone | full_at_the_start
target_gone = (in_time & ~general & _unavailable).called("in time, returning, gone or full at the start")


def _wave(request: PairingRequest, mitra_ids: AbstractSet[UUID], now: datetime) -> tuple[Wave, ...]:
    fresh = request.offerable(mitra_ids)
    return (*request.waves, Wave(len(request.waves) + 1, fresh, now)) if fresh else request.waves


def _wave_added(request: PairingRequest, command: Offer | NextWave, now: datetime) -> tuple[Wave, ...]:
    return _wave(request, command.mitra_ids, now)


def _next_wave_at(request: PairingRequest, _command: NextWave, now: datetime) -> datetime | None:
    return _third_after(now, request.timeout_seconds, request.deadline_at)


def _third_after(now: datetime, timeout_seconds: int, deadline_at: datetime) -> datetime | None:
    """Each wave has a third of the window; the last one runs to the deadline.

    A wave that would have less than half its third left is none: nobody could answer it.
    """
    third = timedelta(seconds=timeout_seconds) / 3
    return now + third if deadline_at - now >= 1.5 * third else None


def _answered(kind: AnswerKind) -> Setter:
    def answer_added(request: PairingRequest, command: _Answering, now: datetime) -> tuple[Answer, ...]:
        return (*request.answers, Answer(command.mitra_id, kind, now))

    answer_added.__name__ = f"answer {kind.value}"
    return answer_added


def _opens(command: Open, now: datetime) -> PairingRequest:
    deadline_at = now + timedelta(seconds=command.timeout_seconds)
    waves = (Wave(1, command.mitra_ids, now),) if command.mitra_ids else ()
    in_waves = command.wave_size > 0 and command.kind is RequestKind.GENERAL
    return PairingRequest(
        id=command.id,
        customer_id=command.customer_id,
        payment_session_id=command.payment_session_id,
        kind=command.kind,
        mode=command.mode,
        duration_minutes=command.duration_minutes,
        topic_sensitivity=command.topic_sensitivity,
        created_at=now,
        deadline_at=deadline_at,
        timeout_seconds=command.timeout_seconds,
        targeted_mitra_id=command.targeted_mitra_id,
        wave_size=command.wave_size,
        next_wave_at=_third_after(now, command.timeout_seconds, deadline_at) if in_waves else None,
        waves=waves,
    )


_CLOSES = {"next_wave_at": to(None)}
_DECLINES = {"answers": _answered(AnswerKind.DECLINED)}
_DECLINES_LAST = _DECLINES | _CLOSES
_WINS = _CLOSES | {
    "answers": _answered(AnswerKind.ACCEPTED),
    "winner_mitra_id": asked("mitra_id"),
    "session_id": asked("session_id"),
}
_WITHDRAWS = {"answers": _answered(AnswerKind.WITHDRAWN)}
_NOBODY: Final = Cause.NO_MITRA_AVAILABLE
_SILENT: Final = Cause.TARGETED_MITRA_TIMEOUT
_CLOSED_TOLD: Final = Reason.REQUEST_CLOSED


def _time_up(command: type, told: Reason | None) -> tuple[Row, Row]:
    """The two time-out rows, which every command meets first when it comes overdue."""
    return (
        Row(PENDING, command, nobody_came, EXPIRED, PairingFailed, _NOBODY, _CLOSES, told),
        Row(PENDING, command, target_silent, AUTO_REJECTED, PairingFailed, _SILENT, _CLOSES, told),
    )


# fmt: off
PAIRING: Final = Machine(
    name="pairing",
    snapshot=PairingRequest,
    states=RequestStatus,
    initial=PENDING,
    opening=Open,
    opens=_opens,
    born=PairingOpened,
    about="One attempt to find a mitra for a paid session: a blast to everybody eligible, or one mitra asked again.",
    failures=frozenset(_FAILED),
    rows=(
        *_time_up(TimeUp, None),
        *_time_up(Accept, _CLOSED_TOLD),
        *_time_up(Decline, _CLOSED_TOLD),
        *_time_up(Cancel, Reason.NOT_POSSIBLE),
        *_time_up(TargetUnavailable, _CLOSED_TOLD),
        #   from     asked to           and it is        becomes        so we say        because, setting
        Row(PENDING, Offer,             may_join,        PENDING,       OffersMade,      None, {"waves": _wave_added}),
        Row(PENDING, NextWave,          next_wave,       PENDING,       OffersMade,      None,
            {"waves": _wave_added, "next_wave_at": _next_wave_at}),
        Row(PENDING, Withdraw,          left_offer,      PENDING,       OfferWithdrawn,  None, _WITHDRAWS),
        Row(PENDING, Accept,            may_accept,      ACCEPTED,      PairingAccepted, None, _WINS),
        Row(PENDING, Decline,           declines_one,    PENDING,       OfferDeclined,   None, _DECLINES),
        Row(PENDING, Decline,           declines_last,   REJECTED,      PairingFailed,
            Cause.ALL_MITRAS_REJECTED, _DECLINES_LAST),
        Row(PENDING, Decline,           target_declines, REJECTED,      PairingFailed,
            Cause.TARGETED_MITRA_REJECTED, _DECLINES_LAST),
        Row(PENDING, TargetUnavailable, target_gone,     AUTO_REJECTED, PairingFailed,
            Cause.TARGETED_MITRA_OFFLINE, {"cause_detail": asked("detail"), **_CLOSES}),
        Row(PENDING, Cancel,            in_time,         CANCELLED,     PairingFailed,
            Cause.CUSTOMER_CANCELLED, _CLOSES),
    ),
    ignored=(
        Ignore((PENDING,), TimeUp, "the window is still open"),
        Ignore((PENDING,), Offer, "nobody new, or not a blast in its time"),
        Ignore((PENDING,), NextWave, "no wave is due"),
        Ignore((PENDING,), Withdraw, "nothing to take back: the mitra is here, answered, or was never offered it"),
        Ignore((PENDING,), TargetUnavailable, "the target is there, or it is not a returning request"),
        Ignore((PENDING, *_CLOSED), Decline, "this mitra declined it already", declined_by_this_mitra),
        Ignore((ACCEPTED,), Accept, "this mitra won it already", won_by_this_mitra),
        Ignore((CANCELLED,), Cancel, "it is cancelled already"),
        *(
            Ignore(_CLOSED, late, "it is closed already")
            for late in (TimeUp, Offer, NextWave, Withdraw, TargetUnavailable)
        ),
    ),
    refused=(
        # In this order: taken, closed (also: declined or withdrawn oneself), not offered, offline, at capacity.
        Refuse((ACCEPTED,), Accept, Reason.ALREADY_TAKEN),
        Refuse(_FAILED, Accept, Reason.REQUEST_CLOSED),
        Refuse((PENDING,), Accept, Reason.NOT_OFFERED, never_offered),
        Refuse((PENDING,), Accept, Reason.REQUEST_CLOSED, ~offered),
        Refuse((PENDING,), Accept, Reason.MITRA_OFFLINE, ~online),
        Refuse((PENDING,), Accept, Reason.AT_CAPACITY),
        Refuse((ACCEPTED,), Decline, Reason.REQUEST_CLOSED, won_by_this_mitra),
        Refuse((ACCEPTED,), Decline, Reason.ALREADY_TAKEN),
        Refuse(_FAILED, Decline, Reason.REQUEST_CLOSED),
        Refuse((PENDING,), Decline, Reason.NOT_OFFERED, never_offered),
        Refuse((PENDING,), Decline, Reason.REQUEST_CLOSED),
        Refuse((ACCEPTED, REJECTED, AUTO_REJECTED, EXPIRED), Cancel, Reason.NOT_POSSIBLE),
    ),
)
# fmt: on
