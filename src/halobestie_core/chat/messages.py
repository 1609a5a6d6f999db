"""What can be asked of a chat session, and what happens to one."""

from uuid import UUID

from attrs import frozen

from halobestie_core.machine import Event
from halobestie_core.words import Mode, Party, TopicSensitivity


@frozen
class Start:
    """Begin the conversation that an accepted request paid for."""

    id: UUID
    customer_id: UUID
    mitra_id: UUID
    payment_session_id: UUID
    pairing_request_id: UUID
    mode: Mode
    topic_sensitivity: TopicSensitivity
    duration_minutes: int


@frozen
class RequestExtension:
    """Pause for an extension that waits for the mitra's answer."""


@frozen
class ExtensionAccepted:
    """Go on, longer."""

    minutes: int


@frozen
class ExtensionRefused:
    """Go on with what was left, or close if nothing was."""

    grace_seconds: int


@frozen
class TimeUp:
    """The clock looks at the end of paid time, or of the grace."""

    grace_seconds: int


@frozen
class End:
    """Somebody ends it by hand; ``reason`` is an operator's sentence."""

    by: Party
    reason: str | None = None


class SessionStarted(Event):
    """The conversation began."""


class SessionPaused(Event):
    """It waits for an extension."""


class SessionProlonged(Event):
    """It goes on with more paid time."""


class SessionResumed(Event):
    """It goes on with the time that was left."""


class SessionClosing(Event):
    """Paid time is over; a goodbye can still be written."""


class SessionEnded(Event):
    """It is over."""
