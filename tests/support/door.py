"""A door: the smallest machine that has everything, for tests that bend a table or question the engine."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.machine import (
    CARRIED,
    Event,
    Ignore,
    Machine,
    Refuse,
    Row,
    always,
    asked,
    of_command,
    of_snapshot,
    to,
)
from halobestie_core.reasons import Reason

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class DoorStatus(StrEnum):
    """How the door stands."""

    SHUT = "shut"
    OPEN = "open"
    BROKEN = "broken"
    SCRAPPED = "scrapped"


SHUT, OPEN, BROKEN, SCRAPPED = DoorStatus


@frozen
class Door:
    """One door."""

    id: UUID
    status: DoorStatus = DoorStatus.SHUT
    locked: bool = False
    opened_by: str | None = None
    cause_tag: Cause | None = None
    version: int = 1


@frozen
class Hang:
    """Put a door into its frame."""

    id: UUID


@frozen
class Open:
    """Open it with a key, or without one."""

    by: str
    key: bool = False


@frozen
class Shut:
    """Shut it."""


@frozen
class Knock:
    """Knock on it, which changes nothing worth writing down."""


@frozen
class Kick:
    """Break it."""

    cause: Cause


@frozen
class Mend:
    """Make it whole again."""


@frozen
class Scrap:
    """Throw it away."""


class Hung(Event):
    """It is in its frame."""


class Happened(Event):
    """Whatever it was, it happened."""


@of_snapshot
def locked(door: Door, _now: datetime) -> bool:
    """Its lock is turned."""
    return door.locked


@of_command
def has_key(_door: Door, command: Open, _now: datetime) -> bool:
    """Whoever opens it has the key."""
    return command.key


may_open = (~locked | has_key).called("unlocked, or with the key")
ALL = tuple(DoorStatus)

DOOR = Machine(
    name="door",
    snapshot=Door,
    states=DoorStatus,
    initial=SHUT,
    opening=Hang,
    opens=lambda command, _now: Door(command.id),
    born=Hung,
    rows=(
        Row(SHUT, Open, may_open, OPEN, Happened, None, {"opened_by": asked("by")}),
        Row(OPEN, Shut, always, SHUT, Happened, None, {"opened_by": to(None)}, Reason.ALREADY_TAKEN),
        Row(SHUT, Knock, always, SHUT, Happened),
        Row(SHUT, Kick, always, BROKEN, Happened, CARRIED),
        Row(OPEN, Kick, always, BROKEN, Happened, Cause.OPERATOR_ENDED),
        Row(BROKEN, Mend, always, SHUT, Happened, None, {"cause_tag": to(None)}),
        Row(BROKEN, Scrap, always, SCRAPPED, Happened, None, {"cause_tag": to(None)}),
    ),
    ignored=(
        Ignore((SHUT,), Shut, "it is shut already"),
        Ignore((OPEN,), Open, "it is open already"),
        Ignore((OPEN, BROKEN, SCRAPPED), Knock, "nobody waits behind it"),
        Ignore((BROKEN, SCRAPPED), Kick, "it is broken already"),
    ),
    refused=(
        Refuse((SHUT,), Open, Reason.REQUEST_CLOSED),
        Refuse((BROKEN, SCRAPPED), Open, Reason.NOT_POSSIBLE),
        Refuse((BROKEN, SCRAPPED), Shut, Reason.NOT_POSSIBLE),
        Refuse((SHUT, OPEN, SCRAPPED), Mend, Reason.NOT_POSSIBLE),
        Refuse((SHUT, OPEN, SCRAPPED), Scrap, Reason.NOT_POSSIBLE),
    ),
    failures=frozenset({BROKEN}),
    unlogged=frozenset({Knock}),
)
