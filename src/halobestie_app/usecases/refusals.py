"""From the core's reasons to the API's problems, once and for all. Knows no route."""

from typing import Any, Final

from halobestie_app.problems import Code, Problem
from halobestie_core.causes import Cause
from halobestie_core.machine import Aggregate, Refused
from halobestie_core.ports.messages import NotTheirs, Unwritten
from halobestie_core.reasons import SENTENCES, Reason

CODES: Final[dict[Reason, Code]] = {
    Reason.NOT_POSSIBLE: Code.INVALID_STATE,
    Reason.PAYMENT_EXPIRED: Code.PAYMENT_EXPIRED,
    Reason.PAYMENT_NOT_SETTLED: Code.PAYMENT_NOT_SETTLED,
    Reason.WRONG_TARGET: Code.VALIDATION_ERROR,
    Reason.ALREADY_ACTIVE: Code.ALREADY_ACTIVE,
    Reason.ALREADY_ACTIONED: Code.ALREADY_ACTIONED,
    Reason.ALREADY_TAKEN: Code.ALREADY_TAKEN,
    Reason.REQUEST_CLOSED: Code.REQUEST_CLOSED,
    Reason.NOT_OFFERED: Code.NOT_FOUND,
    Reason.MITRA_OFFLINE: Code.MITRA_OFFLINE,
    Reason.MITRA_BLOCKED: Code.FORBIDDEN,
    Reason.AT_CAPACITY: Code.AT_CAPACITY,
    Reason.TARGET_UNAVAILABLE: Code.TARGETED_MITRA_OFFLINE,
    Reason.SESSION_NOT_ACTIVE: Code.SESSION_NOT_ACTIVE,
    Reason.SESSION_PAUSED: Code.SESSION_PAUSED,
    Reason.MESSAGE_DIFFERS: Code.INVALID_STATE,
    Reason.EXTENSION_PENDING: Code.EXTENSION_PENDING,
    Reason.EXTENSION_RESOLVED: Code.EXTENSION_RESOLVED,
    Reason.DISCOUNT_NOT_ALLOWED: Code.FIRST_SESSION_DISCOUNT_NOT_ALLOWED,
}

# Everything the machines are asked by the clock, or by each other, is no advice to a client.
_NOT_FOR_CLIENTS: Final = frozenset(
    {
        "tick",
        "time_up",
        "hold",
        "consume",
        "fail",
        "offer",
        "next_wave",
        "withdraw",
        "target_unavailable",
        "stale",
    }
    | {"late_payment", "forfeit_fallback", "extension_accepted", "extension_refused"}
)


def problem(refused: Refused[Any], **members: object) -> Problem:
    """Return what the caller is told.

    A state and what is allowed in it are always among the members of a 409.
    """
    return told(refused.reason, refused.snapshot, refused.allowed, **members)


def told(reason: Reason, snapshot: object, allowed: tuple[str, ...] = (), **members: object) -> Problem:
    """Return the problem for a reason; ``snapshot`` is the aggregate it is about."""
    said = Problem(CODES[reason], SENTENCES[reason])
    if said.code is Code.INVALID_STATE:
        said.members["state"] = _state(snapshot)
        said.members["allowed"] = [command for command in allowed if command not in _NOT_FOR_CLIENTS]
    # Whatever failed says why, to whoever comes too late to have heard it.
    cause: Cause | None = getattr(snapshot, "cause_tag", None)
    if cause is not None:
        detail: str | None = getattr(snapshot, "cause_detail", None)
        said.members |= {"reason": cause.value} | ({} if detail is None else {"cause_detail": detail})
    said.members.update(members)
    return said


def _state(snapshot: object) -> str | None:
    status: Aggregate | None = snapshot if hasattr(snapshot, "status") else None  # type: ignore[assignment] # an evening has none
    return None if status is None else status.status.value


def not_found(what: str) -> Problem:
    """Say that there is no such thing (or none that this caller may know of)."""
    return Problem(Code.NOT_FOUND, f"There is no such {what}.")


def unwritten(verdict: Unwritten) -> Problem:
    """Say why a message was not kept."""
    said = Problem(CODES[verdict.reason], SENTENCES[verdict.reason])
    if said.code is Code.INVALID_STATE:
        said.members |= {"state": verdict.status.value, "allowed": []}
    return said


def not_theirs(stranger: NotTheirs) -> Problem:
    """Say that a chat belongs to other people, or does not exist."""
    return not_yours("chat session") if stranger.exists else not_found("chat session")


def not_yours(what: str) -> Problem:
    """Say that it belongs to somebody else."""
    return Problem(Code.FORBIDDEN, f"This {what} belongs to somebody else.")
