"""Log-ins that have ended, as a list that every instance reads again and again. Knows no token."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.ports.identity import Revoked


@frozen
class Ended:
    """One log-in that ended before its time: none of its tokens counts any more."""

    login: UUID
    reason: Revoked
    at: datetime


@frozen
class EndedLogIns:
    """What was read, and the store's clock when the reading began."""

    as_of: datetime
    rows: Sequence[Ended]


class RevocationList(Protocol):
    """Where log-ins end, in the transaction of whatever ended them."""

    async def ended(self, since: datetime | None, reach: timedelta) -> EndedLogIns:
        """Return the log-ins that ended after ``since``; without it, those of the last ``reach``.

        What commits late may have ended earlier than what was seen: ask with an overlap. Raises the store's
        unavailability.
        """
        ...
