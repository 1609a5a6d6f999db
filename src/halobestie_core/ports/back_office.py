"""What operators look at beside money: mitras, and the chats that go on. Takes no locks, changes nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from halobestie_core.flow.availability import Listener
from halobestie_core.ports.reads import ExtensionSeen, SessionSeen
from halobestie_core.ports.store import Named


class Standing(StrEnum):
    """How a mitra stands; who is blocked is neither of the others."""

    ONLINE = "online"
    OFFLINE = "offline"
    BLOCKED = "blocked"


@frozen
class MitraKept:
    """A mitra with everything that is kept of them."""

    named: Named
    phone: str = field(repr=False)
    listener: Listener
    created_at: datetime


@frozen
class MitraSearch:
    """Which mitras: those whose name holds ``name`` or whose phone holds ``digits``; all without either.

    ``standings``: any of these; all when empty.
    """

    name: str | None = field(default=None, repr=False)
    digits: str | None = field(default=None, repr=False)
    standings: Collection[Standing] = ()


@frozen
class LiveChat:
    """A chat that goes on, how its mitra stands, and the extension that it waits for."""

    seen: SessionSeen
    listener: Listener
    extension: ExtensionSeen | None


@frozen
class LiveChats:
    """Some of the chats that go on, the oldest first; how many there are, and the moment of reading."""

    now: datetime
    rows: Sequence[LiveChat]
    total: int


class BackOffice(Protocol):
    """Reads for operators. All raise the store's unavailability."""

    async def mitra(self, mitra_id: UUID) -> MitraKept | None:
        """Return one mitra."""
        ...

    async def mitras(self, search: MitraSearch, limit: int, offset: int) -> tuple[Sequence[MitraKept], int]:
        """Return a page of the mitras found, by name, and how many there are."""
        ...

    async def live_chats(self, limit: int, offset: int, mitras: Collection[UUID] | None = None) -> LiveChats:
        """Return a page of the chats that go on, of anybody or of these ``mitras``."""
        ...

    async def in_chats(self) -> tuple[Sequence[Listener], datetime]:
        """Return how every mitra stands who is in a chat that goes on, and the moment of reading."""
        ...
