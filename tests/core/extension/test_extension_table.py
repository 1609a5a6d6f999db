"""The extension table, row by row, and its safeguard."""

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from halobestie_core.causes import Cause
from halobestie_core.extension import EXTENSION, Accept, Cancel, Extension, ExtensionStatus, Reject, TimeUp
from halobestie_core.machine import Ignored, Moved, Refused
from halobestie_core.reasons import Reason
from halobestie_core.words import TimeoutPolicy
from support.witnesses import NOW, an_extension, seconds

PENDING, ACCEPTED, REJECTED, TIMEOUT, CANCELLED = ExtensionStatus
IN_TIME, DEADLINE = NOW + seconds(9), NOW + seconds(10)
SAFEGUARD, NO = Cause.EXTENSION_SAFEGUARD_TRIPPED, Cause.EXTENSION_REJECTED
RESOLVED = Reason.EXTENSION_RESOLVED

pending = an_extension()


def silence(kind: Any, policy: str = "auto_approve", socket: bool = True, online: bool = True) -> Any:  # noqa: ANN401, FBT002 - terse on purpose
    """Return a command with what is known of the mitra at that moment."""
    return kind(policy=TimeoutPolicy(policy), ws_connected=socket, online=online, grace_seconds=60)


def moved(command: object, at: datetime) -> Moved[Extension]:
    """Return the move of the pending extension, or fail."""
    verdict = EXTENSION.decide(pending, command, at)
    assert isinstance(verdict, Moved), verdict
    return verdict


accepted = moved(silence(Accept), IN_TIME).after
rejected = moved(silence(Reject), IN_TIME).after
timed_out = moved(silence(TimeUp, "auto_reject"), DEADLINE).after
cancelled = moved(Cancel(Cause.OPERATOR_ENDED), IN_TIME).after


@pytest.mark.parametrize(
    "command, to, sets",
    [
        (silence(Accept), ACCEPTED, {"responded_at": IN_TIME}),
        (silence(Reject), REJECTED, {"responded_at": IN_TIME, "cause_tag": NO}),
        (Cancel(Cause.CUSTOMER_CANCELLED), CANCELLED, {"cause_tag": Cause.CUSTOMER_CANCELLED}),
        (Cancel(Cause.OPERATOR_ENDED), CANCELLED, {"cause_tag": Cause.OPERATOR_ENDED}),
    ],
)
def test_answer_in_time(command: object, to: ExtensionStatus, sets: dict[str, Any]) -> None:
    """An answer in time is what it says, whatever policy and presence are."""
    assert moved(command, IN_TIME).after == evolve(pending, status=to, version=2, **sets)


@pytest.mark.parametrize("kind", [TimeUp, Accept, Reject])
@pytest.mark.parametrize(
    "policy, socket, online, to, cause",
    [
        ("auto_approve", True, True, ACCEPTED, None),
        ("auto_approve", True, False, TIMEOUT, SAFEGUARD),
        ("auto_approve", False, True, TIMEOUT, SAFEGUARD),
        ("auto_approve", False, False, TIMEOUT, SAFEGUARD),
        ("auto_reject", True, True, TIMEOUT, NO),
        ("auto_reject", False, False, TIMEOUT, NO),
    ],
)
def test_silence_is_consent_only_within_reach(
    kind: type, policy: str, socket: bool, online: bool, to: ExtensionStatus, cause: Cause | None
) -> None:
    """At the deadline policy and reachability decide, also when an answer arrives just then."""
    after = moved(silence(kind, policy, socket, online), DEADLINE).after
    assert after == evolve(
        pending, status=to, version=2, cause_tag=cause, via_timeout=to is ExtensionStatus.ACCEPTED
    )


@pytest.mark.parametrize(
    "kind, policy, told",
    [
        (TimeUp, "auto_approve", None),
        (TimeUp, "auto_reject", None),
        (Accept, "auto_approve", None),
        (Accept, "auto_reject", RESOLVED),
        (Reject, "auto_approve", RESOLVED),
        (Reject, "auto_reject", None),
    ],
)
def test_overdue_answer_is_judged_against_the_time_out(kind: type, policy: str, told: Reason | None) -> None:
    """An overdue answer that agrees with what silence became is fine; the other one hears so."""
    assert moved(silence(kind, policy), DEADLINE).told is told


def test_overdue_accept_hears_the_safeguard() -> None:
    """A mitra out of reach who accepts too late is told that it is resolved, and nothing is charged."""
    verdict = moved(silence(Accept, socket=False), DEADLINE)
    assert (verdict.after.status, verdict.told) == (TIMEOUT, RESOLVED)


@pytest.mark.parametrize(
    "extension, command",
    [
        (pending, silence(TimeUp)),
        (accepted, silence(TimeUp)),
        (accepted, silence(Accept)),
        (rejected, silence(Reject)),
        (timed_out, silence(Reject)),
        (timed_out, silence(TimeUp)),
        (accepted, Cancel(Cause.OPERATOR_ENDED)),
        (cancelled, Cancel(Cause.CUSTOMER_CANCELLED)),
    ],
)
def test_harmless_repeat_is_ignored(extension: Extension, command: object) -> None:
    """The same answer again, and a clock that looks too early or too late, change nothing."""
    verdict = EXTENSION.decide(extension, command, IN_TIME)
    assert isinstance(verdict, Ignored)
    assert verdict.snapshot is extension


@pytest.mark.parametrize(
    "extension, kind",
    [(rejected, Accept), (timed_out, Accept), (cancelled, Accept), (accepted, Reject), (cancelled, Reject)],
)
def test_other_answer_is_refused(extension: Extension, kind: type) -> None:
    """Another answer than the recorded one is refused."""
    verdict = EXTENSION.decide(extension, silence(kind), IN_TIME)
    assert isinstance(verdict, Refused)
    assert (verdict.snapshot, verdict.reason) == (extension, RESOLVED)


def test_only_a_pending_one_is_woken() -> None:
    """The window is fixed at the request; an answered extension waits for nothing."""
    assert (pending.is_pending, pending.wake_at) == (True, DEADLINE)
    assert (accepted.is_pending, accepted.wake_at) == (False, None)
