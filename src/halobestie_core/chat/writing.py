"""Whether a chat takes words. Knows no message: words change no chat, so this is no row of its table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from halobestie_core.chat.model import SessionStatus
from halobestie_core.reasons import Reason

SILENT: Final[Mapping[SessionStatus, Reason | None]] = {
    SessionStatus.ACTIVE: None,
    SessionStatus.EXTENDING: Reason.SESSION_PAUSED,
    SessionStatus.CLOSING: None,  # time for a goodbye, for both sides
    SessionStatus.ENDED: Reason.SESSION_NOT_ACTIVE,
}
"""In each state, why nothing can be written; ``None``: it can."""


def why_not(status: SessionStatus, closing_until: datetime | None, now: datetime) -> Reason | None:
    """Say why a message is refused at ``now``; ``None``: it is taken.

    A grace that is over counts as over whether or not the clock came by: which of the two was first decides
    nothing.
    """
    if closing_until is not None and now >= closing_until:
        return Reason.SESSION_NOT_ACTIVE
    return SILENT[status]
