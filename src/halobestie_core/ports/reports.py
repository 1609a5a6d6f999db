"""What operators see of everything at once: figures of this moment, counts over time. Knows no store.

The classes are what the API shows, so that one figure has one name from the store to the page.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.flow.availability import House
from halobestie_core.payment import PaymentStatus

STEP: Final = 1.05
"""Each step of the histogram of times to accept is so many times as long as the one before."""


def seconds_of(step: int) -> float:
    """Return the time that stands for a step, at most 2.5 % from any that fell into it."""
    return float(round(STEP ** (step + 0.5), 3))


@frozen
class EdgeCount:
    """How often one edge was taken; no ``from_state``: it came to be."""

    machine: str
    from_state: str | None
    command: str
    to_state: str
    event: str
    cause_tag: str | None
    count: int


@frozen
class Edges:
    """Counts since the beginning. Not ``complete``: the counting is behind, the latest are missing."""

    complete: bool
    rows: tuple[EdgeCount, ...]


@frozen
class Presence:
    """Mitras who are online and not shut out; of those with a fresh heartbeat (``fresh``) the places."""

    online: int
    fresh: int
    capacity: int
    free: int
    busy: int


@frozen
class Searches:
    """Open requests by kind, and for how many seconds the oldest has been open."""

    general: int
    returning: int
    oldest_seconds: int | None


@frozen
class LiveChats:
    """Chats that are not over, by state."""

    active: int
    extending: int
    closing: int


@frozen
class OpenFailures:
    """Failed payments that wait for an operator, and what they come to in rupiah."""

    count: int
    amount: int


@frozen
class Success:
    """Requests that ended in the window; ``rate`` is between 0 and 1, null where none ended."""

    accepted: int
    failed: int
    rate: float | None


@frozen
class TimeToAccept:
    """Seconds from a request to its acceptance: the middle, and what all but one in twenty took at most."""

    p50: float | None
    p95: float | None


@frozen
class Series:
    """The same over time, a bucket after the other; every list has one entry per bucket, zeros included.

    Bucket ``n`` begins at ``starts_at + n * bucket_seconds``; the last is the one that is not over.
    """

    starts_at: datetime
    bucket_seconds: int
    accepted: tuple[int, ...]
    failed: tuple[int, ...]
    p50: tuple[float | None, ...]
    p95: tuple[float | None, ...]
    failures_by_cause: Mapping[Cause, tuple[int, ...]]
    payments_by_state: Mapping[PaymentStatus, tuple[int, ...]]


@frozen
class Window:
    """What happened in the last hour, day or week: ``payments_by_state`` counts payments entering a state."""

    success: Success
    time_to_accept: TimeToAccept
    failures_by_cause: Mapping[Cause, int]
    payments_by_state: Mapping[PaymentStatus, int]
    series: Series


@frozen
class Windows:
    """The last hour by the minute, the last day by the quarter of an hour, the last week by the hour."""

    hour: Window
    day: Window
    week: Window


@frozen
class Dashboard:
    """Everything at a glance, as it was ``at`` this instant. ``payments`` are those now in each state.

    Not ``complete``: the counting is behind (after an upgrade, say), and the latest moves are missing.
    """

    at: datetime
    complete: bool
    presence: Presence
    searches: Searches
    chats: LiveChats
    payments: Mapping[PaymentStatus, int]
    quarantined_webhooks: int
    open_failures: OpenFailures
    windows: Windows


class Reports(Protocol):
    """Whoever can look at everything; each call is a few quick queries. Raises StoreUnavailable."""

    async def dashboard(self, house: House) -> Dashboard:
        """Look now; fresh and free are judged by these rules."""
        ...

    async def edges(self) -> Edges:
        """Count every edge that was ever taken."""
        ...

    async def outbox_ages(self) -> Mapping[str, float]:
        """Give for how many seconds the oldest row of each kind has been due, where there is one."""
        ...


class Counting(Protocol):
    """Keeps the counts that reports are made of. Any number of instances may call; one at a time works."""

    async def count(self) -> bool:
        """Count some moves that were not counted yet; return whether more can be. Raises StoreUnavailable."""
        ...

    async def prune(self, limit: int) -> int:
        """Forget at most so many counts that nobody draws any more; return how many they were."""
        ...
