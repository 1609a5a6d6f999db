"""A chat session: the timed conversation a customer paid for. Knows no message text, payment or extension."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from halobestie_core.words import Mode, TopicSensitivity

NO_TIME = timedelta(0)


class SessionStatus(StrEnum):
    """Where the conversation stands."""

    ACTIVE = "active"
    EXTENDING = "extending"
    CLOSING = "closing"
    ENDED = "ended"


class EndReason(StrEnum):
    """Who or what ended it."""

    TIME_UP = "time_up"
    CUSTOMER_ENDED = "customer_ended"
    MITRA_ENDED = "mitra_ended"
    OPERATOR_ENDED = "operator_ended"


LIVE = frozenset({SessionStatus.ACTIVE, SessionStatus.EXTENDING, SessionStatus.CLOSING})


@frozen
class ChatSession:
    """One conversation as it stands at ``version``.

    The server owns its time: ``expires_at`` is started + paid minutes + ``paused`` (pauses for extensions).
    While ``extending``, ``remaining`` is the frozen rest of the paid time.
    """

    id: UUID
    customer_id: UUID
    mitra_id: UUID
    payment_session_id: UUID
    pairing_request_id: UUID
    mode: Mode
    topic_sensitivity: TopicSensitivity
    started_at: datetime
    expires_at: datetime
    remaining: timedelta | None = None
    paused: timedelta = NO_TIME
    closing_until: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    status: SessionStatus = SessionStatus.ACTIVE
    version: int = 1

    @property
    def is_live(self) -> bool:
        """Whether it occupies its customer and one of its mitra's places."""
        return self.status in LIVE

    @property
    def wake_at(self) -> datetime | None:
        """Active: the end of paid time. Closing: the end of grace. Extending is driven by its extension."""
        if self.status is SessionStatus.ACTIVE:
            return self.expires_at
        return self.closing_until if self.status is SessionStatus.CLOSING else None

    def time_left(self, now: datetime) -> timedelta:
        """Return what a clock on the screen shows: never negative, frozen while extending, 0 once ended."""
        if self.status is SessionStatus.EXTENDING:
            return self.remaining or NO_TIME
        until = self.wake_at
        return NO_TIME if until is None else max(NO_TIME, until - now)
