"""Whether a chat takes words."""

from datetime import UTC, datetime, timedelta

import pytest

from halobestie_core.chat import SessionStatus
from halobestie_core.chat.writing import SILENT, why_not
from halobestie_core.reasons import Reason

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(microseconds=1)


def test_every_state_has_its_answer() -> None:
    """Nobody forgot a state."""
    assert set(SILENT) == set(SessionStatus)


@pytest.mark.parametrize(
    "status, until, reason",
    [
        (SessionStatus.ACTIVE, None, None),
        (SessionStatus.EXTENDING, None, Reason.SESSION_PAUSED),
        (SessionStatus.CLOSING, SOON, None),
        (SessionStatus.CLOSING, NOW, Reason.SESSION_NOT_ACTIVE),
        (SessionStatus.ENDED, None, Reason.SESSION_NOT_ACTIVE),
    ],
)
def test_words_are_taken_while_one_may_speak(
    status: SessionStatus, until: datetime | None, reason: Reason | None
) -> None:
    """Active and closing chats take words; a pause, an end, and a grace that is over do not."""
    assert why_not(status, until, NOW) is reason
