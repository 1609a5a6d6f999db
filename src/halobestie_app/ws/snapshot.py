"""What a socket gets first: everything current for its user. Knows no socket."""

from collections.abc import Callable
from typing import assert_never

from attrs import frozen

from halobestie_app.views import active
from halobestie_core.ports.presence import Availability, User
from halobestie_core.ports.reads import Reads
from halobestie_core.settings import Settings
from halobestie_core.words import UserType


@frozen
class Snapshots:
    """Reads snapshots. ``settings`` gives those in force now; ``cadence`` of heartbeats in seconds."""

    reads: Reads
    availability: Availability
    settings: Callable[[], Settings]
    cadence: int

    async def of(self, user: User) -> active.CustomerActive | active.MitraActive | None:
        """Read one, as ``GET /chat/active`` answers it; ``None`` for a stranger. Raises store errors."""
        settings = self.settings()
        match user.type:
            case UserType.CUSTOMER:
                seen = await self.reads.customer_active(user.id)
                return active.customer_active(seen, settings, self.availability)
            case UserType.MITRA:
                mine = await self.reads.mitra_active(user.id)
                return None if mine is None else active.mitra_active(mine, settings, self.cadence)
            case UserType.OPERATOR:
                return None
            case _:
                assert_never(user.type)
