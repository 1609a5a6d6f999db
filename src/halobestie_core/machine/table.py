"""What a table is made of: rows that move, pairs that are ignored, pairs that are refused.

Read in this order for a (state, command): the first row whose guard holds moves; else the first ignored entry
whose guard holds; else the first refused one. The proof shows that every pair has an answer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Final
from uuid import UUID

from attrs import Attribute, field, fields, frozen

from halobestie_core.causes import Cause
from halobestie_core.machine.guards import Guard, always
from halobestie_core.reasons import Reason

# What a row writes into one field of the snapshot: (snapshot before, command, now) -> value.
Setter = Callable[[Any, Any, datetime], object]


class Carried(Enum):
    """Marks a row whose cause is the one its command carries."""

    CARRIED = "carried"


CARRIED: Final = Carried.CARRIED


@frozen
class Event:
    """Something that happened to one aggregate. Subclasses are past participles and add nothing."""

    aggregate_id: UUID
    at: datetime
    cause: Cause | None = None


@frozen
class Row:
    """*From, asked to, and it is, becomes, so we say, because*, and which fields it sets.

    ``told`` is for a move that is made although the caller asked for something else (a late confirmation
    expires the payment): the move is committed and the caller hears this reason.
    """

    source: StrEnum
    command: type
    guard: Guard
    target: StrEnum
    event: type[Event]
    cause: Cause | Carried | None = None
    sets: Mapping[str, Setter] = field(factory=dict)
    told: Reason | None = None


@frozen
class Ignore:
    """A declared harmless repeat: nothing changes, and this is why."""

    states: tuple[StrEnum, ...]
    command: type
    because: str
    guard: Guard = always


@frozen
class Refuse:
    """A wish that cannot be met in these states, and what the caller hears."""

    states: tuple[StrEnum, ...]
    command: type
    reason: Reason
    guard: Guard = always


def to(value: object) -> Setter:
    """Set a constant."""

    def constant(_snapshot: object, _command: object, _now: datetime) -> object:
        return value

    constant.__name__ = "none" if value is None else str(value).lower()
    return constant


def the_time(_snapshot: object, _command: object, now: datetime) -> datetime:
    """Set the instant of the move."""
    return now


def asked(name: str) -> Setter:
    """Set what the command carries under ``name``."""

    def carried(_snapshot: object, command: object, _now: datetime) -> object:
        return getattr(command, name)

    carried.__name__ = f"command.{name}"
    return carried


def field_names(cls: type) -> tuple[str, ...]:
    """Return the names of an attrs class's fields, in order."""
    attributes: tuple[Attribute[Any], ...] = fields(cls)
    return tuple(attribute.name for attribute in attributes)


def snake(cls: type) -> str:
    """Return a command's or event's name as the API spells it: ``TimeUp`` -> ``time_up``."""
    letters = (f"_{letter.lower()}" if letter.isupper() else letter for letter in cls.__name__)
    return "".join(letters).lstrip("_")
