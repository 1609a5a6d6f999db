"""What can be asked of a pairing request, and what happens to one."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from attrs import frozen

from halobestie_core.machine import Event
from halobestie_core.words import Mode, RequestKind, TopicSensitivity


@frozen
class Open:
    """Begin the search. ``mitra_ids``: who is shown it at once (the first wave; may be nobody)."""

    id: UUID
    customer_id: UUID
    payment_session_id: UUID
    kind: RequestKind
    mode: Mode
    duration_minutes: int
    topic_sensitivity: TopicSensitivity
    timeout_seconds: int
    mitra_ids: AbstractSet[UUID]
    wave_size: int = 0
    targeted_mitra_id: UUID | None = None


@frozen
class Offer:
    """Show it to mitras who became eligible; ``mitra_ids`` are eligible now, looked at under the locks."""

    mitra_ids: AbstractSet[UUID]


@frozen
class NextWave:
    """The clock asks for the next wave: the eligible ones to be offered now, least busy first."""

    mitra_ids: AbstractSet[UUID]


@frozen
class Withdraw:
    """A mitra went away. ``gone``: offline, stale or blocked still, looked at under the locks."""

    mitra_id: UUID
    gone: bool


@frozen
class Accept:
    """A mitra takes it. The facts are this mitra's, read under the locks."""

    mitra_id: UUID
    session_id: UUID
    online: bool
    live_chats: int
    cap: int


@frozen
class Decline:
    """A mitra says no. ``eligible_left``: an eligible mitra is still unoffered."""

    mitra_id: UUID
    eligible_left: bool


@frozen
class TargetUnavailable:
    """The target of a returning request cannot take it: ``gone`` (offline, stale, blocked), or at capacity.

    Capacity counts only ``at_start``: later the mitra was offered it and decides.
    """

    gone: bool
    at_capacity: bool
    at_start: bool
    detail: str | None = None


@frozen
class TimeUp:
    """The clock looks at the window."""


@frozen
class Cancel:
    """The customer stops searching."""


class PairingOpened(Event):
    """A search began."""


class OffersMade(Event):
    """More mitras were shown it."""


class OfferWithdrawn(Event):
    """One mitra's offer was taken back."""


class OfferDeclined(Event):
    """One mitra declined; others may still answer."""


class PairingAccepted(Event):
    """One mitra won it."""


class PairingFailed(Event):
    """Nobody took it, for the cause it carries."""
