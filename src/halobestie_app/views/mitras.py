"""A mitra's own standing. Knows no other mitra."""

from datetime import datetime

from attrs import frozen

from halobestie_core.flow.availability import Listener


@frozen
class MitraStatus:
    """Whether this mitra takes requests, and how many chats they have of how many they may have."""

    is_online: bool
    last_heartbeat_at: datetime | None
    heartbeat_cadence_seconds: int
    active_sessions: int
    max_customers: int


def mitra_status(listener: Listener, cadence: int, cap: int) -> MitraStatus:
    """Show a mitra to themselves; ``cadence`` in seconds, ``cap`` in chats at once."""
    presence = listener.presence
    return MitraStatus(presence.is_online, presence.last_heartbeat_at, cadence, listener.live_chats, cap)
