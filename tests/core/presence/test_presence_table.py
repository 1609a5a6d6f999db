"""The presence table, row by row: heartbeats against staleness, and the operator's block."""

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from halobestie_core.machine import Ignored, Moved, Refused
from halobestie_core.presence import (
    PRESENCE,
    Block,
    GoOffline,
    GoOnline,
    Heartbeat,
    MitraPresence,
    PresenceStatus,
    Stale,
    Unblock,
)
from halobestie_core.presence.messages import WentStale
from halobestie_core.reasons import Reason
from support.witnesses import NOW, a_mitra, seconds

OFFLINE, ONLINE = PresenceStatus
STALE = Stale(require_ping=True, stale_after_seconds=60)
LATER, TOO_LONG = NOW + seconds(60), NOW + seconds(60.001)

offline = a_mitra()
online = PRESENCE.decide(offline, GoOnline(), NOW).moved()
blocked = PRESENCE.decide(online, Block(), NOW).moved()


@pytest.mark.parametrize(
    "mitra, command, at, to, sets",
    [
        (offline, GoOnline(), NOW, ONLINE, {"last_heartbeat_at": NOW, "version": 2}),
        (online, Heartbeat(LATER), LATER, ONLINE, {"last_heartbeat_at": LATER}),
        (online, Heartbeat(NOW - seconds(5)), LATER, ONLINE, {}),
        (evolve(online, last_heartbeat_at=None), Heartbeat(NOW), NOW, ONLINE, {"last_heartbeat_at": NOW}),
        (online, GoOffline(), LATER, OFFLINE, {"version": 3}),
        (online, STALE, TOO_LONG, OFFLINE, {"version": 3}),
        (evolve(online, last_heartbeat_at=None), STALE, NOW, OFFLINE, {"version": 3}),
        (online, Block(), LATER, OFFLINE, {"blocked_at": LATER, "version": 3}),
        (offline, Block(), LATER, OFFLINE, {"blocked_at": LATER, "version": 2}),
        (blocked, Unblock(), LATER, OFFLINE, {"blocked_at": None, "version": 4}),
    ],
)
def test_row(
    mitra: MitraPresence, command: object, at: datetime, to: PresenceStatus, sets: dict[str, Any]
) -> None:
    """Each row of the table ends where it says and writes what it says; a heartbeat changes no version."""
    verdict = PRESENCE.decide(mitra, command, at)
    assert isinstance(verdict, Moved)
    assert verdict.after == evolve(mitra, status=to, **sets)


@pytest.mark.parametrize(
    "mitra, command, at",
    [
        (online, GoOnline(), LATER),
        (offline, GoOffline(), LATER),
        (offline, STALE, TOO_LONG),
        (online, STALE, LATER),
        (online, evolve(STALE, require_ping=False), TOO_LONG),
        (blocked, Block(), LATER),
        (offline, Unblock(), LATER),
        (online, Unblock(), LATER),
    ],
)
def test_harmless_repeat_is_ignored(mitra: MitraPresence, command: object, at: datetime) -> None:
    """What is so already stays so."""
    verdict = PRESENCE.decide(mitra, command, at)
    assert isinstance(verdict, Ignored)
    assert verdict.snapshot is mitra


@pytest.mark.parametrize(
    "mitra, command, reason",
    [(offline, Heartbeat(NOW), Reason.MITRA_OFFLINE), (blocked, GoOnline(), Reason.MITRA_BLOCKED)],
)
def test_refused(mitra: MitraPresence, command: object, reason: Reason) -> None:
    """A heartbeat does not switch on, and who is blocked stays out."""
    verdict = PRESENCE.decide(mitra, command, NOW)
    assert isinstance(verdict, Refused)
    assert (verdict.snapshot, verdict.reason) == (mitra, reason)


def test_heartbeat_that_lands_first_wins() -> None:
    """The sweep judges the mitra as they are now, not as they were when it set out."""
    heard = PRESENCE.decide(online, Heartbeat(LATER), LATER).moved()
    assert isinstance(PRESENCE.decide(heard, STALE, TOO_LONG), Ignored)
    verdict = PRESENCE.decide(online, STALE, TOO_LONG)
    assert isinstance(verdict, Moved)
    assert verdict.events == (WentStale(online.id, TOO_LONG),)


def test_threshold_is_that_of_the_moment() -> None:
    """A shorter threshold counts at once, also for heartbeats of before."""
    assert isinstance(
        PRESENCE.decide(online, evolve(STALE, stale_after_seconds=30), NOW + seconds(31)), Moved
    )


def test_what_a_mitra_is() -> None:
    """Online and blocked are read from the snapshot."""
    assert (online.is_online, offline.is_online) == (True, False)
    assert (blocked.is_blocked, blocked.is_online) == (True, False)
