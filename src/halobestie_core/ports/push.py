"""Pushes to devices, as ports: where they wait, where they go, and who carries them.

A push row is durable: it was committed with what it tells of. It names people and objects by id; the words
are chosen when it is sent. Nothing is sent after its window.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from attrs import field, frozen

from halobestie_core.flow.effects import Push
from halobestie_core.ports.presence import User

MOST_DEVICES: Final = 10
"""Of one user; a person has few, and every push goes to all. The ones not heard of for longest go."""


class Platform(StrEnum):
    """What a device runs."""

    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


@frozen
class Device:
    """One installed app, whose it is now, and the address that its pushes go to."""

    installation_id: str
    user: User
    platform: Platform
    token: str = field(repr=False)


@frozen
class Waiting:
    """A row that is ours to send now.

    ``at``: when it was committed. ``now``: what time it is. ``attempt``: which try this is, from 1.
    """

    id: int
    push: Push
    at: datetime
    now: datetime
    attempt: int = 1


class Outcome(StrEnum):
    """What became of a row, as a whole."""

    SENT = "sent"
    """At least one device got it."""
    ACKED = "acked"
    """The frame was seen."""
    UNNEEDED = "unneeded"
    """What it was about is over, or its receiver is connected."""
    NOBODY = "nobody"
    """There is no device."""
    REFUSED = "refused"
    """No device took it, and none will."""
    MISSED = "missed"
    """Its window ended first."""


class Fate(StrEnum):
    """What became of a row at one device."""

    SENT = "sent"
    DROPPED = "dropped"
    """There is no such device any more."""
    REFUSED = "refused"
    MISSED = "missed"
    WAITING = "waiting"
    """To be tried again."""


@frozen
class Result:
    """What became of a row at one device; ``after``: seconds until it is tried again, while it waits."""

    installation_id: str
    fate: Fate
    after: float = 0.0


@frozen
class Settled:
    """How a row stands after a round: its outcome, or ``None`` and the seconds until the next round."""

    outcome: Outcome | None
    next_in: float = 0.0


class PushOutbox(Protocol):
    """Where pushes wait. Every call may raise the store's unavailability."""

    async def take(self, limit: int) -> Sequence[Waiting]:
        """Take rows that are due, for a moment; whoever dies with one leaves it to the next."""
        ...

    async def put_off(self, row_id: int, seconds: float) -> None:
        """Leave a row for later, as if it had not been taken."""
        ...

    async def note(self, row_id: int, results: Collection[Result]) -> None:
        """Write down what became of a row at some devices, and keep the row a moment longer."""
        ...

    async def settle(self, row: Waiting, otherwise: Outcome) -> Settled:
        """End a round: the row waits if a device does, else it is done.

        ``otherwise``: the outcome if no device got it in any round.
        """
        ...

    async def finish(self, row_id: int, outcome: Outcome) -> None:
        """End a row whatever waits; devices that wait have missed it."""
        ...

    async def skip(self, row_ids: Collection[int]) -> None:
        """End rows, many at once, that nobody needs after all."""
        ...

    async def acknowledge(self, user: User, frame: str, object_id: UUID) -> bool:
        """Take note that the user saw this frame about this extension or request: no push is needed.

        Return whether one waited.
        """
        ...


class Devices(Protocol):
    """Where devices are kept. Every call may raise the store's unavailability."""

    async def put(self, device: Device, login: UUID) -> None:
        """Give an installation to its user; it is theirs alone, and so is its token.

        ``login``: the log-in that brought it, with which it ends.
        """
        ...

    async def forget(self, user: User, installation_id: str) -> None:
        """Remove an installation, if it is this user's."""
        ...

    async def of(self, users: Collection[User], row: Waiting) -> Sequence[Device]:
        """Return the devices of users, by log-ins that live, at which the row has something to do now."""
        ...

    async def drop(self, device: Device) -> None:
        """Remove a device that is no more, unless it has another token by now."""
        ...


@frozen(kw_only=True)
class Notice:
    """What a device shows, and what its app gets.

    ``tag``: a later notice with the same tag takes its place on the screen. ``collapse_key``: of those with
    the same key only the newest is kept for a device that is off.
    """

    title: str
    body: str
    data: Mapping[str, str]
    tag: str
    collapse_key: str


@frozen
class Sent:
    """The carrier took it."""


@frozen
class Gone:
    """There is no such device any more."""

    code: str


@frozen
class Refused:
    """It will not be taken, now or later, and the device is not to blame: somebody has to look."""

    code: str


@frozen
class TryLater:
    """Not now; ``after``: not before so many seconds, if the carrier said so."""

    code: str
    after: float | None = None


Verdict = Sent | Gone | Refused | TryLater


class PushSender(Protocol):
    """Carries notices to devices."""

    async def send(self, notice: Notice, device: Device, until: datetime, seconds: int) -> Verdict:
        """Send one, to live until ``until``, which is so many ``seconds`` from now.

        Whatever goes wrong is a verdict, never an exception.
        """
        ...
