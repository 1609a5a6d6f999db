"""The pairing table, row by row, and its hard edges."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core.causes import Cause
from halobestie_core.machine import Ignored, Moved, Refused
from halobestie_core.pairing import (
    PAIRING,
    Accept,
    Answer,
    AnswerKind,
    Cancel,
    Decline,
    NextWave,
    Offer,
    OfferStatus,
    Open,
    PairingRequest,
    RequestStatus,
    TargetUnavailable,
    TimeUp,
    Wave,
    Withdraw,
)
from halobestie_core.pairing.messages import OfferDeclined, PairingFailed
from halobestie_core.reasons import Reason
from halobestie_core.words import Mode, RequestKind, TopicSensitivity
from support.witnesses import MITRA, NOW, OTHER_MITRA, a_request, an_id, seconds

PENDING, ACCEPTED, REJECTED, AUTO_REJECTED, EXPIRED, CANCELLED = RequestStatus
IN_TIME, DEADLINE = NOW + seconds(5), NOW + seconds(60)
STRANGER, CHAT = an_id(9), an_id(30)

general = a_request(MITRA, OTHER_MITRA)
returning = a_request(MITRA, kind=RequestKind.RETURNING, targeted_mitra_id=MITRA)


def accept(mitra: UUID = MITRA, **facts: Any) -> Accept:  # noqa: ANN401 - whatever fact the test is about
    """Return an accept by a mitra who is online and free, but for the facts given."""
    return Accept(mitra, CHAT, **{"online": True, "live_chats": 0, "cap": 3, **facts})


def decline(mitra: UUID = MITRA, eligible_left: bool = False) -> Decline:  # noqa: FBT002 - terse on purpose
    """Return a decline; by default nobody else is left to be asked."""
    return Decline(mitra, eligible_left)


GONE = TargetUnavailable(gone=True, at_capacity=False, at_start=False, detail="offline")


def moved(request: PairingRequest, command: object, at: datetime = IN_TIME) -> Moved[PairingRequest]:
    """Return the move, or fail."""
    verdict = PAIRING.decide(request, command, at)
    assert isinstance(verdict, Moved), verdict
    return verdict


def answered(mitra: UUID, kind: AnswerKind) -> dict[str, Any]:
    """Return what a first answer in time writes."""
    return {"answers": (Answer(mitra, kind, IN_TIME),)}


last_declined = moved(moved(general, decline()).after, decline(OTHER_MITRA)).after
accepted = moved(general, accept()).after
cancelled = moved(general, Cancel()).after


@pytest.mark.parametrize("command", [TimeUp(), accept(), accept(STRANGER), decline(), Cancel(), GONE])
@pytest.mark.parametrize(
    "request_, to, cause",
    [
        (general, EXPIRED, Cause.NO_MITRA_AVAILABLE),
        (returning, AUTO_REJECTED, Cause.TARGETED_MITRA_TIMEOUT),
    ],
    ids=["general", "returning"],
)
def test_whatever_comes_overdue_is_the_time_out(
    request_: PairingRequest, to: RequestStatus, cause: Cause, command: object
) -> None:
    """At the deadline every answer finds the time-out applied first, so no cause is a race."""
    verdict = moved(request_, command, DEADLINE)
    assert verdict.after == evolve(request_, status=to, cause_tag=cause, version=2)
    assert verdict.events == (PairingFailed(request_.id, DEADLINE, cause),)
    said = {TimeUp: None, Cancel: Reason.NOT_POSSIBLE}
    assert verdict.told is said.get(type(command), Reason.REQUEST_CLOSED)


@pytest.mark.parametrize(
    "request_, command, to, sets",
    [
        (
            general,
            Offer(frozenset({STRANGER})),
            PENDING,
            {"waves": (*general.waves, Wave(2, frozenset({STRANGER}), IN_TIME))},
        ),
        (general, Withdraw(MITRA, gone=True), PENDING, answered(MITRA, AnswerKind.WITHDRAWN)),
        (
            general,
            accept(),
            ACCEPTED,
            {"winner_mitra_id": MITRA, "session_id": CHAT, **answered(MITRA, AnswerKind.ACCEPTED)},
        ),
        (
            returning,
            accept(),
            ACCEPTED,
            {"winner_mitra_id": MITRA, "session_id": CHAT, **answered(MITRA, AnswerKind.ACCEPTED)},
        ),
        (general, decline(), PENDING, answered(MITRA, AnswerKind.DECLINED)),
        (a_request(MITRA), decline(eligible_left=True), PENDING, answered(MITRA, AnswerKind.DECLINED)),
        (
            a_request(MITRA),
            decline(),
            REJECTED,
            {"cause_tag": Cause.ALL_MITRAS_REJECTED, **answered(MITRA, AnswerKind.DECLINED)},
        ),
        (
            returning,
            decline(eligible_left=True),
            REJECTED,
            {"cause_tag": Cause.TARGETED_MITRA_REJECTED, **answered(MITRA, AnswerKind.DECLINED)},
        ),
        (
            returning,
            GONE,
            AUTO_REJECTED,
            {"cause_tag": Cause.TARGETED_MITRA_OFFLINE, "cause_detail": "offline"},
        ),
        (
            returning,
            TargetUnavailable(gone=False, at_capacity=True, at_start=True, detail="at_capacity"),
            AUTO_REJECTED,
            {"cause_tag": Cause.TARGETED_MITRA_OFFLINE, "cause_detail": "at_capacity"},
        ),
        (general, Cancel(), CANCELLED, {"cause_tag": Cause.CUSTOMER_CANCELLED}),
        (returning, Cancel(), CANCELLED, {"cause_tag": Cause.CUSTOMER_CANCELLED}),
    ],
)
def test_row(request_: PairingRequest, command: object, to: RequestStatus, sets: dict[str, Any]) -> None:
    """Each row in time ends where it says and writes what it says, and nothing else."""
    verdict = moved(request_, command)
    assert verdict.after == evolve(request_, status=to, version=2, **sets)
    assert verdict.told is None


@pytest.mark.parametrize("status", [status for status in RequestStatus if status is not PENDING])
def test_a_no_said_twice_is_one_no(status: RequestStatus) -> None:
    """Who has declined hears the same again however the search went on without them."""
    over = evolve(moved(general, decline()).after, status=status)
    assert isinstance(PAIRING.decide(over, decline(), IN_TIME), Ignored)
    assert isinstance(PAIRING.decide(over, decline(OTHER_MITRA), IN_TIME), Refused)


@pytest.mark.parametrize(
    "request_, command",
    [
        (general, TimeUp()),
        (general, Offer(frozenset({MITRA}))),
        (returning, Offer(frozenset({STRANGER}))),
        (general, NextWave(frozenset({STRANGER}))),
        (general, Withdraw(MITRA, gone=False)),
        (general, Withdraw(STRANGER, gone=True)),
        (returning, Withdraw(MITRA, gone=True)),
        (general, GONE),
        (returning, TargetUnavailable(gone=False, at_capacity=True, at_start=False)),
        (moved(general, decline()).after, decline()),
        (moved(general, decline()).after, Withdraw(MITRA, gone=True)),
        (last_declined, decline()),
        (accepted, accept()),
        (cancelled, Cancel()),
        (accepted, TimeUp()),
        (cancelled, Offer(frozenset({STRANGER}))),
    ],
)
def test_harmless_repeat_is_ignored(request_: PairingRequest, command: object) -> None:
    """A repeat, a look too early and a *later* command that is no longer true change nothing."""
    verdict = PAIRING.decide(request_, command, IN_TIME)
    assert isinstance(verdict, Ignored)
    assert verdict.snapshot is request_


@pytest.mark.parametrize(
    "request_, command, reason",
    [
        (accepted, accept(OTHER_MITRA), Reason.ALREADY_TAKEN),
        (accepted, accept(STRANGER, online=False), Reason.ALREADY_TAKEN),
        (cancelled, accept(), Reason.REQUEST_CLOSED),
        (moved(general, decline()).after, accept(online=False), Reason.REQUEST_CLOSED),
        (moved(general, Withdraw(MITRA, gone=True)).after, accept(online=False), Reason.REQUEST_CLOSED),
        (general, accept(STRANGER, online=False), Reason.NOT_OFFERED),
        (general, accept(online=False, live_chats=3), Reason.MITRA_OFFLINE),
        (general, accept(live_chats=3), Reason.AT_CAPACITY),
        (accepted, decline(), Reason.REQUEST_CLOSED),
        (accepted, decline(OTHER_MITRA), Reason.ALREADY_TAKEN),
        (cancelled, decline(), Reason.REQUEST_CLOSED),
        (general, decline(STRANGER), Reason.NOT_OFFERED),
        (moved(general, Withdraw(MITRA, gone=True)).after, decline(), Reason.REQUEST_CLOSED),
        (accepted, Cancel(), Reason.NOT_POSSIBLE),
        (last_declined, Cancel(), Reason.NOT_POSSIBLE),
    ],
)
def test_refused_in_order(request_: PairingRequest, command: object, reason: Reason) -> None:
    """Taken, closed, not offered, offline, at capacity: the first that applies is heard; nothing changes."""
    verdict = PAIRING.decide(request_, command, IN_TIME)
    assert isinstance(verdict, Refused)
    assert (verdict.snapshot, verdict.reason) == (request_, reason)


def test_last_decline_closes_at_once() -> None:
    """While others may answer a decline only counts; the last one ends the search without waiting."""
    first = moved(general, decline(OTHER_MITRA, eligible_left=False))
    assert first.events == (OfferDeclined(general.id, IN_TIME),)
    last = moved(first.after, decline(), IN_TIME + seconds(1)).after
    assert (last.status, last.cause_tag) == (REJECTED, Cause.ALL_MITRAS_REJECTED)


def test_withdrawn_offer_keeps_the_search_open() -> None:
    """A mitra who left may come back, so the last decline of the others does not end the search."""
    without = moved(general, Withdraw(OTHER_MITRA, gone=True)).after
    assert moved(without, decline()).after.status is PENDING


def test_late_joiner_keeps_the_search_open() -> None:
    """Who joined after the first wave counts among those who may still answer."""
    joined = moved(a_request(MITRA), Offer(frozenset({STRANGER}))).after
    assert moved(joined, decline()).after.status is PENDING


def test_withdrawn_mitra_may_be_offered_again() -> None:
    """Offered, withdrawn, offered again: the latest entry counts."""
    gone = moved(general, Withdraw(MITRA, gone=True)).after
    assert gone.offer_to(MITRA) is OfferStatus.WITHDRAWN
    back = moved(gone, Offer(frozenset({MITRA, OTHER_MITRA})), IN_TIME + seconds(1)).after
    assert back.waves[-1] == Wave(2, frozenset({MITRA}), IN_TIME + seconds(1))
    assert moved(back, accept(), IN_TIME + seconds(2)).after.winner_mitra_id == MITRA


def test_blast_to_nobody_stays_open() -> None:
    """With nobody eligible at the start the search waits: money was taken."""
    empty = a_request()
    assert (empty.status, empty.waves) == (PENDING, ())
    assert moved(empty, Offer(frozenset({MITRA}))).after.waves == (Wave(1, frozenset({MITRA}), IN_TIME),)


def in_waves(kind: RequestKind = RequestKind.GENERAL) -> PairingRequest:
    """Return a request that is shown to one mitra at a time."""
    command = Open(
        id=an_id(20),
        customer_id=an_id(1),
        payment_session_id=an_id(10),
        kind=kind,
        mode=Mode.CHAT,
        duration_minutes=12,
        topic_sensitivity=TopicSensitivity.SENSITIVE,
        timeout_seconds=60,
        mitra_ids=frozenset({MITRA}),
        wave_size=1,
    )
    return PAIRING.open(command, NOW).after


def test_waves_go_out_by_thirds_of_the_window() -> None:
    """The next wave is due a third of the window after the last, and none is planned beyond the deadline."""
    first = in_waves()
    assert (first.next_wave_at, first.wake_at) == (NOW + seconds(20), NOW + seconds(20))
    second = moved(first, NextWave(frozenset({OTHER_MITRA})), NOW + seconds(20)).after
    assert (second.waves[-1].mitra_ids, second.next_wave_at) == (frozenset({OTHER_MITRA}), NOW + seconds(40))
    empty = moved(second, NextWave(frozenset({MITRA})), NOW + seconds(45)).after
    assert (empty.waves, empty.next_wave_at, empty.wake_at) == (second.waves, None, DEADLINE)
    assert moved(first, Cancel()).after.next_wave_at is None


@pytest.mark.parametrize(
    "command, at",
    [
        (accept(), IN_TIME),
        (decline(), IN_TIME),
        (Cancel(), IN_TIME),
        *((command, DEADLINE) for command in (TimeUp(), accept(), decline(), Cancel(), GONE)),
    ],
)
def test_what_is_over_plans_no_wave(command: object, at: datetime) -> None:
    """However a search in waves ends, in time or by the clock, no further wave is due."""
    after = moved(in_waves(), command, at).after
    assert (after.status is PENDING, after.next_wave_at) == (False, None)


def test_returning_request_has_no_waves() -> None:
    """One target needs no waves."""
    assert in_waves(RequestKind.RETURNING).next_wave_at is None


@pytest.mark.parametrize(
    "request_, mitra, offer",
    [
        (general, STRANGER, None),
        (general, MITRA, OfferStatus.OFFERED),
        (accepted, MITRA, OfferStatus.ACCEPTED),
        (accepted, OTHER_MITRA, OfferStatus.RESCINDED),
        (last_declined, MITRA, OfferStatus.DECLINED),
        (cancelled, MITRA, OfferStatus.WITHDRAWN),
        (moved(general, TimeUp(), DEADLINE).after, MITRA, OfferStatus.MISSED),
        (moved(returning, TimeUp(), DEADLINE).after, MITRA, OfferStatus.MISSED),
        (moved(returning, GONE).after, MITRA, OfferStatus.WITHDRAWN),
    ],
)
def test_what_became_of_an_offer(request_: PairingRequest, mitra: UUID, offer: OfferStatus | None) -> None:
    """Each mitra sees what became of the offer, from waves and answers alone."""
    assert request_.offer_to(mitra) is offer


def test_entries_of_one_instant() -> None:
    """At one instant an answer follows its offer, but a withdrawal came before a new wave."""
    declined = evolve(general, answers=(Answer(MITRA, AnswerKind.DECLINED, NOW),))
    assert declined.latest(MITRA) is AnswerKind.DECLINED
    withdrawn = evolve(general, answers=(Answer(MITRA, AnswerKind.WITHDRAWN, NOW),))
    assert withdrawn.latest(MITRA) is OfferStatus.OFFERED


@pytest.mark.parametrize("request_, wake_at", [(general, DEADLINE), (returning, DEADLINE), (accepted, None)])
def test_only_what_waits_is_woken(request_: PairingRequest, wake_at: datetime | None) -> None:
    """A closed request has no deadline."""
    assert request_.wake_at == wake_at
