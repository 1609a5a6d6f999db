"""What can be asked of an extension, and what happens to one."""

from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.machine import Event
from halobestie_core.words import TimeoutPolicy


@frozen
class Ask:
    """Ask the mitra to go on; the minutes and the price are the payment's."""

    id: UUID
    session_id: UUID
    payment_session_id: UUID
    duration_minutes: int
    price: int
    timeout_seconds: int


@frozen(kw_only=True)
class Silence:
    """What must be known in case the window is over: the policy then, and whether the mitra can be reached.

    ``ws_connected``: a live socket lease. ``online``: the online flag with a fresh heartbeat.
    ``grace_seconds``: for the chat, should it close.
    """

    policy: TimeoutPolicy
    ws_connected: bool
    online: bool
    grace_seconds: int


@frozen(kw_only=True)
class Accept(Silence):
    """The mitra goes on."""


@frozen(kw_only=True)
class Reject(Silence):
    """The mitra does not."""


@frozen(kw_only=True)
class TimeUp(Silence):
    """The clock looks at the window."""


@frozen
class Cancel:
    """The chat was ended meanwhile."""

    cause: Cause


class ExtensionAsked(Event):
    """The customer wants to go on."""


class ExtensionAccepted(Event):
    """The mitra (or the policy, for a reachable mitra) agreed: this is the moment of the charge."""


class ExtensionRefused(Event):
    """The mitra, the policy or the safeguard said no: nothing is charged."""


class ExtensionCancelled(Event):
    """The chat ended before an answer."""
