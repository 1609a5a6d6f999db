"""A mitra's presence: online or not, and when last heard of. Knows no chat and no socket."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from attrs import frozen


class PresenceStatus(StrEnum):
    """Whether the mitra takes requests."""

    OFFLINE = "offline"
    ONLINE = "online"


@frozen
class MitraPresence:
    """One mitra as they stand at ``version``; heartbeats decide nothing and change no version."""

    id: UUID
    status: PresenceStatus = PresenceStatus.OFFLINE
    last_heartbeat_at: datetime | None = None
    blocked_at: datetime | None = None
    version: int = 1

    @property
    def is_online(self) -> bool:
        """Whether the switch is on."""
        return self.status is PresenceStatus.ONLINE

    @property
    def is_blocked(self) -> bool:
        """Whether an operator shut them out."""
        return self.blocked_at is not None

    def is_fresh(self, now: datetime, stale_after_seconds: int, *, require_ping: bool) -> bool:
        """Return whether the last heartbeat is young enough (or pings are not required)."""
        if not require_ping:
            return True
        heard = self.last_heartbeat_at
        return heard is not None and now - heard <= timedelta(seconds=stale_after_seconds)
