"""A mitra's presence: model, messages and table."""

from halobestie_core.presence.messages import (
    Block,
    GoOffline,
    GoOnline,
    Heartbeat,
    Register,
    Stale,
    Unblock,
)
from halobestie_core.presence.model import MitraPresence, PresenceStatus
from halobestie_core.presence.table import PRESENCE

__all__ = [
    "PRESENCE",
    "Block",
    "GoOffline",
    "GoOnline",
    "Heartbeat",
    "MitraPresence",
    "PresenceStatus",
    "Register",
    "Stale",
    "Unblock",
]
