"""Who is here, as ports: the picture of the eligible, heartbeats on their way, and who is connected."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.flow.availability import House
from halobestie_core.words import UserType

_WIDTH: Final = 16


@frozen
class Picture:
    """Who was eligible at ``as_of`` (the store's clock): ids in order, 16 bytes each.

    Kept packed: 50,000 of them are 800 kB, come and go as they are, and one is found in 16 looks.
    """

    as_of: datetime
    packed: bytes

    def __len__(self) -> int:
        return len(self.packed) // _WIDTH

    def __contains__(self, mitra_id: UUID) -> bool:
        wanted, low, high = mitra_id.bytes, 0, len(self)
        while low < high:
            middle = (low + high) // 2
            found = self.packed[middle * _WIDTH : (middle + 1) * _WIDTH]
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return False


class Availability(Protocol):
    """The picture as this instance has it in memory; ``None``: unknown, and nobody may guess."""

    def count(self) -> int | None:
        """Return how many mitras are eligible."""
        ...

    def is_eligible(self, mitra_id: UUID) -> bool | None:
        """Return whether this one is."""
        ...


class PictureSource(Protocol):
    """Draws the picture from the truth."""

    async def picture(self, house: House) -> Picture:
        """Look now. Raises the store's unavailability."""
        ...


class PictureCache(Protocol):
    """Where one instance puts the picture for all. It may vanish, and every call may raise unavailability."""

    async def lease(self) -> bool:
        """Take or keep the duty to draw; return whether it is ours for the next moments."""
        ...

    async def release(self) -> None:
        """Let another have the duty at once, if it is ours."""
        ...

    async def put(self, picture: Picture, age: float) -> None:
        """Show a picture that is ``age`` seconds old already."""
        ...

    async def get(self, known: Picture | None) -> tuple[Picture, float] | None:
        """Return the picture and its greatest possible age in seconds; ``known`` spares its ids."""
        ...


class Beats(Protocol):
    """Heartbeats of this instance that are soon written, many at once."""

    def add(self, mitra_id: UUID, at: datetime) -> None:
        """Take one. ``at`` is the store's clock; an older one never replaces a younger."""
        ...

    async def write(self) -> None:
        """Write what waits, now. Raises the store's unavailability, after which it still waits."""
        ...


@frozen
class BeatsWritten:
    """``busy``: those whose row somebody held, to be tried again. ``revived``: how many were stale before."""

    busy: frozenset[UUID]
    revived: int


class HeartbeatStore(Protocol):
    """Where heartbeats are written."""

    async def write(self, beats: Mapping[UUID, datetime], house: House) -> BeatsWritten:
        """Write those of mitras who are online; whoever was stale before is offered what is open."""
        ...


@frozen
class User:
    """Somebody who may be connected."""

    type: UserType
    id: UUID


class Connections(Protocol):
    """Who is connected to any instance: leases of 35 seconds. Every writing call may raise unavailability."""

    async def hold(self, users: Collection[User]) -> None:
        """Say that these have a socket here; to be said again before the lease ends."""
        ...

    async def drop(self, users: Collection[User]) -> None:
        """Say that these have none here any more."""
        ...

    async def is_connected(self, user: User) -> bool | None:
        """Return whether any instance holds a socket of this user; ``None``: unknown, so unreachable."""
        ...

    async def which_connected(self, users: Collection[User]) -> frozenset[User] | None:
        """Return those of these who are connected; ``None``: unknown."""
        ...
