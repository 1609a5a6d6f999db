"""The extension machine. The charge follows from acceptance and from nothing else.

Silence is consent only under ``auto_approve`` and only when the mitra could be reached in both ways at that
moment; otherwise the safeguard trips and nothing is charged.
"""

from datetime import datetime, timedelta
from typing import Final

from halobestie_core.causes import Cause
from halobestie_core.extension.messages import (
    Accept,
    Ask,
    Cancel,
    ExtensionAccepted,
    ExtensionAsked,
    ExtensionCancelled,
    ExtensionRefused,
    Reject,
    Silence,
    TimeUp,
)
from halobestie_core.extension.model import Extension, ExtensionStatus
from halobestie_core.machine import (
    CARRIED,
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
from halobestie_core.words import TimeoutPolicy

PENDING: Final = ExtensionStatus.PENDING
ACCEPTED: Final = ExtensionStatus.ACCEPTED
REJECTED: Final = ExtensionStatus.REJECTED
TIMEOUT: Final = ExtensionStatus.TIMEOUT
CANCELLED: Final = ExtensionStatus.CANCELLED
_DONE: Final = (ACCEPTED, REJECTED, TIMEOUT, CANCELLED)


@of_snapshot
def overdue(extension: Extension, now: datetime) -> bool:
    """The clock has reached ``deadline_at``."""
    return now >= extension.deadline_at


@of_command
def auto_approve(_extension: Extension, command: Silence, _now: datetime) -> bool:
    """Silence means yes, by the setting read when the window ends."""
    return command.policy is TimeoutPolicy.AUTO_APPROVE


@of_command
def socket_alive(_extension: Extension, command: Silence, _now: datetime) -> bool:
    """The mitra has a live socket (its lease is young enough)."""
    return command.ws_connected


@of_command
def online(_extension: Extension, command: Silence, _now: datetime) -> bool:
    """The mitra's switch is on and the heartbeat fresh."""
    return command.online


in_time = (~overdue).called("in time")
_reachable = socket_alive & online
_consents = (overdue & auto_approve & _reachable).called("overdue, auto_approve, reachable")
_unreachable = (overdue & auto_approve & ~_reachable).called("overdue, auto_approve, out of reach")
_policy_rejects = (overdue & ~auto_approve).called("overdue, auto_reject")

_ANSWERED = {"responded_at": the_time}
_BY_TIME = {"via_timeout": to(True)}  # noqa: FBT003 - a field's value, not an argument
_SAFEGUARD: Final = Cause.EXTENSION_SAFEGUARD_TRIPPED
_REJECTED: Final = Cause.EXTENSION_REJECTED


def _opens(command: Ask, now: datetime) -> Extension:
    return Extension(
        id=command.id,
        session_id=command.session_id,
        payment_session_id=command.payment_session_id,
        requested_duration_minutes=command.duration_minutes,
        requested_price=command.price,
        requested_at=now,
        deadline_at=now + timedelta(seconds=command.timeout_seconds),
        timeout_seconds=command.timeout_seconds,
    )


def _time_up(command: type, if_accepted: Reason | None, if_refused: Reason | None) -> tuple[Row, ...]:
    """What silence became; an answer that comes overdue is then judged against it."""
    return (
        Row(PENDING, command, _consents, ACCEPTED, ExtensionAccepted, None, _BY_TIME, if_accepted),
        Row(PENDING, command, _unreachable, TIMEOUT, ExtensionRefused, _SAFEGUARD, {}, if_refused),
        Row(PENDING, command, _policy_rejects, TIMEOUT, ExtensionRefused, _REJECTED, {}, if_refused),
    )


# fmt: off
EXTENSION: Final = Machine(
    name="extension",
    snapshot=Extension,
    states=ExtensionStatus,
    initial=PENDING,
    opening=Ask,
    opens=_opens,
    born=ExtensionAsked,
    about="A paid request to prolong a chat. Accepting it, and nothing else, is the charge.",
    failures=frozenset({REJECTED, TIMEOUT, CANCELLED}),
    rows=(
        *_time_up(TimeUp, None, None),
        *_time_up(Accept, None, Reason.EXTENSION_RESOLVED),
        *_time_up(Reject, Reason.EXTENSION_RESOLVED, None),
        #   from     asked to and it is becomes    so we say           because    setting
        Row(PENDING, Accept,  in_time,  ACCEPTED,  ExtensionAccepted,  None,      _ANSWERED),
        Row(PENDING, Reject,  in_time,  REJECTED,  ExtensionRefused,   _REJECTED, _ANSWERED),
        Row(PENDING, Cancel,  always,   CANCELLED, ExtensionCancelled, CARRIED),
    ),
    ignored=(
        Ignore((PENDING,), TimeUp, "the window is still open"),
        Ignore(_DONE, TimeUp, "it was answered already"),
        Ignore((ACCEPTED,), Accept, "it is accepted already"),
        Ignore((REJECTED, TIMEOUT), Reject, "it is refused already"),
        Ignore(_DONE, Cancel, "it was answered already"),
    ),
    refused=(
        Refuse((REJECTED, TIMEOUT, CANCELLED), Accept, Reason.EXTENSION_RESOLVED),
        Refuse((ACCEPTED, CANCELLED), Reject, Reason.EXTENSION_RESOLVED),
    ),
)
# fmt: on
