"""An extension: a paid request to prolong a chat (*Perpanjang*). Knows chat and payment only by id."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause


class ExtensionStatus(StrEnum):
    """Where the request to prolong stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


@frozen
class Extension:
    """One extension as it stands at ``version``; minutes and price are its payment's, the window is fixed."""

    id: UUID
    session_id: UUID
    payment_session_id: UUID
    requested_duration_minutes: int
    requested_price: int
    requested_at: datetime
    deadline_at: datetime
    timeout_seconds: int
    status: ExtensionStatus = ExtensionStatus.PENDING
    cause_tag: Cause | None = None
    via_timeout: bool = False
    responded_at: datetime | None = None
    version: int = 1

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for its answer."""
        return self.status is ExtensionStatus.PENDING

    @property
    def wake_at(self) -> datetime | None:
        """The end of its window while it waits."""
        return self.deadline_at if self.is_pending else None
