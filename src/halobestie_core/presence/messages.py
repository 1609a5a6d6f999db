"""What can be asked of a mitra's presence, and what happens to it."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from halobestie_core.machine import Event


@frozen
class Register:
    """A new mitra."""

    id: UUID


@frozen
class GoOnline:
    """Switch on; counts as a heartbeat."""


@frozen
class Heartbeat:
    """Still here, as of ``at``."""

    at: datetime


@frozen
class GoOffline:
    """Switch off."""


@frozen
class Stale:
    """The sweep looks at the last heartbeat, with the settings of this moment."""

    require_ping: bool
    stale_after_seconds: int


@frozen
class Block:
    """An operator shuts the mitra out."""


@frozen
class Unblock:
    """An operator lets the mitra in again."""


class MitraRegistered(Event):
    """A mitra was registered."""


class WentOnline(Event):
    """Takes requests from now on."""


class HeartbeatReceived(Event):
    """Was heard of."""


class WentOffline(Event):
    """Switched off."""


class WentStale(Event):
    """Was not heard of for too long."""


class MitraBlocked(Event):
    """Was shut out."""


class MitraUnblocked(Event):
    """Was let in again."""
