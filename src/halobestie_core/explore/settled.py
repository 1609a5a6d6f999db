"""The canonical form of what lies in a night's slots: one name per slot, instants over or ahead.

Nothing is forgotten here that a guard or a setter could tell apart; where that is argued and not obvious,
it is said beside the line.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from attrs import evolve

from halobestie_core.chat import ChatSession, SessionStatus
from halobestie_core.chat.model import NO_TIME
from halobestie_core.explore.night import (
    AHEAD,
    BEFORE,
    CHAT,
    EXTENSION,
    LEFT,
    MITRAS,
    NOBODY,
    NOW,
    OVER,
    PAYMENT,
    REQUEST,
    THIRD,
)
from halobestie_core.extension import Extension
from halobestie_core.pairing import Answer, AnswerKind, PairingRequest, Wave
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.words import RequestKind, TopicSensitivity

Names = Mapping[UUID, UUID]


def due(at: datetime) -> datetime:
    """Say of an instant only whether it is over."""
    return OVER if at <= NOW else AHEAD


def due_if_any(at: datetime | None) -> datetime | None:
    """Say so where there is an instant at all."""
    return None if at is None else due(at)


def past(at: datetime | None) -> datetime | None:
    """Say of an instant of the past only that it was."""
    return None if at is None else BEFORE


def payment(paid: PaymentSession, names: Names, slot: UUID = PAYMENT) -> PaymentSession:
    """Return a payment as it is told apart.

    Its own deadline no longer matters once it is over, nor that of a fallback once it is consumed.
    """
    waits = paid.is_open
    return evolve(
        paid,
        id=slot,
        created_at=BEFORE,
        expires_at=due(paid.expires_at) if waits else OVER,
        targeted_mitra_id=None,
        held_by=None if paid.held_by is None else names.get(paid.held_by, paid.held_by),
        cause_detail=None,
        confirmed_at=past(paid.confirmed_at),
        consumed_at=past(paid.consumed_at),
        fallback_until=None if paid.status is PaymentStatus.CONSUMED else due_if_any(paid.fallback_until),
        version=1,
    )


def request(asked: PairingRequest, names: Names) -> PairingRequest:
    """Return a search as it is told apart: the latest entry of each mitra, in waves and answers that say so.

    Of a closed one only its outcome and the winner's entry stay: nothing moves it any more.
    """
    shown = frozenset[UUID]().union(*(wave.mitra_ids for wave in asked.waves))
    if not asked.is_open:
        shown &= {asked.winner_mitra_id}
    ordered = [one for one in MITRAS if one in shown]
    answers = tuple(
        Answer(one, kind, BEFORE + THIRD)
        for one in ordered
        if isinstance(kind := asked.latest(one), AnswerKind)
    )
    return evolve(
        asked,
        id=REQUEST,
        payment_session_id=names.get(asked.payment_session_id, asked.payment_session_id),
        topic_sensitivity=TopicSensitivity.NORMAL,
        kind=asked.kind if asked.is_open else RequestKind.GENERAL,
        targeted_mitra_id=asked.targeted_mitra_id if asked.is_open else None,
        wave_size=asked.wave_size if asked.is_open else 0,
        created_at=BEFORE,
        deadline_at=_deadline(asked),
        next_wave_at=_next_wave(asked.next_wave_at),
        waves=(Wave(1, shown, BEFORE),) if shown else (),
        answers=answers,
        cause_detail=None,
        session_id=None if asked.session_id is None else CHAT,
        version=1,
    )


def _deadline(asked: PairingRequest) -> datetime:
    """With a wave still to come it matters how many more there is time for."""
    if asked.deadline_at <= NOW or not asked.is_open:
        return OVER
    return asked.deadline_at if asked.next_wave_at is not None else NOW + 3 * THIRD


def _next_wave(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return OVER if at <= NOW else NOW + THIRD


def chat(session: ChatSession, names: Names) -> ChatSession:
    """Return a chat as it is told apart; whose an ended one was matters to nobody."""
    left = session.remaining
    rest = AHEAD if left else OVER
    return evolve(
        session,
        id=CHAT,
        mitra_id=session.mitra_id if session.is_live else NOBODY,
        payment_session_id=names.get(session.payment_session_id, session.payment_session_id),
        pairing_request_id=REQUEST,
        topic_sensitivity=TopicSensitivity.NORMAL,
        started_at=BEFORE,
        expires_at=due(session.expires_at) if session.status is SessionStatus.ACTIVE else rest,
        remaining=LEFT if left else left,
        paused=NO_TIME,
        closing_until=due_if_any(session.closing_until),
        ended_at=past(session.ended_at),
        version=1,
    )


def extension(asked: Extension, names: Names) -> Extension:
    """Return an extension as it is told apart."""
    return evolve(
        asked,
        id=EXTENSION,
        session_id=names.get(asked.session_id, asked.session_id),
        payment_session_id=names.get(asked.payment_session_id, asked.payment_session_id),
        requested_at=BEFORE,
        deadline_at=due(asked.deadline_at) if asked.is_pending else OVER,
        responded_at=None,
        version=1,
    )


def renamed(asked: PairingRequest, who: Callable[[UUID], UUID]) -> PairingRequest:
    """Return a canonical search with its mitras renamed, in canonical form again."""
    shown = frozenset(who(one) for wave in asked.waves for one in wave.mitra_ids)
    answers = [evolve(answer, mitra_id=who(answer.mitra_id)) for answer in asked.answers]
    return evolve(
        asked,
        waves=(Wave(1, shown, BEFORE),) if shown else (),
        answers=tuple(sorted(answers, key=lambda answer: answer.mitra_id)),
        targeted_mitra_id=None if asked.targeted_mitra_id is None else who(asked.targeted_mitra_id),
        winner_mitra_id=None if asked.winner_mitra_id is None else who(asked.winner_mitra_id),
    )
