"""What a socket gets first: everything current for its user. Knows no socket."""

from collections.abc import Callable, Iterable, Mapping
from typing import assert_never
from uuid import UUID

from attrs import field, frozen

from halobestie_app.usecases.talking import other_side
from halobestie_app.views import active
from halobestie_core.ports.presence import Availability, User
from halobestie_core.ports.reads import Reads, SessionSeen
from halobestie_core.settings import Settings
from halobestie_core.words import UserType


@frozen
class Glance:
    """What a user sees first, and of each live chat: the last number in it, and who is on the other side."""

    view: object
    ends: Mapping[UUID, int] = field(factory=dict)
    others: Mapping[UUID, User] = field(factory=dict)


@frozen
class Snapshots:
    """Reads snapshots. ``settings`` gives those in force now; ``cadence`` of heartbeats in seconds."""

    reads: Reads
    availability: Availability
    settings: Callable[[], Settings]
    cadence: int

    async def of(self, user: User) -> Glance | None:
        """Read one, as ``GET /chat/active`` answers it; ``None`` for a stranger. Raises store errors."""
        settings = self.settings()
        match user.type:
            case UserType.CUSTOMER:
                seen = await self.reads.customer_active(user.id)
                view = active.customer_active(seen, settings, self.availability)
                return _glance(user, view, () if seen.session is None else (seen.session,))
            case UserType.MITRA:
                mine = await self.reads.mitra_active(user.id)
                if mine is None:
                    return None
                return _glance(user, active.mitra_active(mine, settings, self.cadence), mine.sessions)
            case UserType.OPERATOR:
                return None
            case _:
                assert_never(user.type)


def _glance(user: User, view: object, chats: Iterable[SessionSeen]) -> Glance:
    ends: dict[UUID, int] = {}
    others: dict[UUID, User] = {}
    for seen in chats:
        other = other_side(seen, user)
        if other is not None:
            ends[seen.session.id] = 0 if seen.talk is None else seen.talk.last_seq
            others[seen.session.id] = other
    return Glance(view, ends, others)
