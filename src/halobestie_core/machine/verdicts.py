"""The three verdicts on a command, as a typed union to match on. Knows no table."""

from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from attrs import frozen

from halobestie_core.errors import RefusedError
from halobestie_core.machine.table import Event
from halobestie_core.reasons import Reason


class Aggregate(Protocol):
    """What every snapshot has."""

    @property
    def id(self) -> UUID:
        """Its own id, given from outside."""
        ...

    @property
    def status(self) -> StrEnum:
        """Its state, spelt as the database spells it."""
        ...

    @property
    def version(self) -> int:
        """One more with every move that is logged."""
        ...


S = TypeVar("S", bound=Aggregate)


@frozen
class Moved(Generic[S]):
    """The table moved: the snapshot before (``None`` at birth) and after, and what happened.

    ``told``: the caller asked for something else and is refused with this, although the move stands.
    """

    before: S | None
    after: S
    events: tuple[Event, ...]
    command: object
    at: datetime
    told: Reason | None = None

    def moved(self) -> S:
        """Return the new snapshot."""
        return self.after


@frozen
class Ignored(Generic[S]):
    """A declared harmless repeat: nothing changed."""

    because: str
    snapshot: S

    def moved(self) -> S:
        """Return the snapshot as it was."""
        return self.snapshot


@frozen
class Refused(Generic[S]):
    """The wish could not be met; nothing changed. ``allowed`` are command names in snake_case."""

    snapshot: S
    command: object
    reason: Reason
    allowed: tuple[str, ...]

    def moved(self) -> S:
        """Raise :class:`RefusedError`, for callers who prefer an exception."""
        raise RefusedError(self.snapshot, self.command, self.reason, self.allowed)
