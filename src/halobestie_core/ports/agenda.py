"""What waits for the clock or for later, as a port. A peek locks nothing and promises nothing.

The command judges.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.flow.availability import House

SWEEP_MARGIN: Final = timedelta(seconds=2.5)
"""How much longer than the threshold one must be silent to be swept: heartbeats are written a second late."""

URGENT: Final = ("mitra_went_away", "withdraw", "mitra_shut_out", "end_chat")
"""Later commands for which somebody waits who does not know it; the others only add to what is offered."""


@frozen
class Due:
    """One row whose time has come.

    ``machine`` names its table; ``wave_size`` is that of a request whose next wave may be due, else 0.
    """

    machine: str
    id: UUID
    wave_size: int = 0


@frozen
class Peek:
    """What is due now, the longest overdue first, and how long until the next deadline.

    ``next_in`` is ``None`` if nothing waits.
    """

    due: Sequence[Due]
    next_in: timedelta | None


@frozen
class LaterRow:
    """A durable command that crosses customers, taken for a while by whoever asked for it."""

    id: int
    command: str
    fields: Mapping[str, str | None]


class Agenda(Protocol):
    """Where deadlines and later commands are found."""

    async def peek(self, limit: int, *, deep: bool) -> Peek:
        """Look for due rows.

        ``deep``: however long overdue; else only those of the last minute, which is cheap.
        """
        ...

    async def stale(self, house: House, limit: int) -> Sequence[Due]:
        """Look for online mitras who were not heard of for too long."""
        ...

    async def take_later(self, limit: int) -> Sequence[LaterRow]:
        """Take later commands for a moment, urgent ones first; whoever dies with one leaves it to others."""
        ...

    async def fan_out(self, row: LaterRow) -> None:
        """Replace a command about a mitra (or the house) by one per customer concerned, at once."""
        ...

    async def withdraw_gone(self, request_id: UUID) -> None:
        """Leave a command for each mitra who is shown this blast and is not here (any more)."""
        ...

    async def dismiss(self, row_id: int) -> None:
        """Mark a later command as dealt with that has nothing left to do."""
        ...
