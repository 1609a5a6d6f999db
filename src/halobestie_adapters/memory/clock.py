"""The clock of everything in memory: it stands still until somebody moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, final

from attrs import define

SEVEN_IN_THE_EVENING: Final = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
"""In Jakarta, that is."""


@final
@define
class Clock:
    """The present instant, timezone-aware UTC. Set ``now``, or let time pass."""

    now: datetime = SEVEN_IN_THE_EVENING

    def advance(self, *, seconds: float = 0, minutes: float = 0) -> datetime:
        """Let time pass; return the new instant."""
        self.now += timedelta(seconds=seconds, minutes=minutes)
        return self.now


__all__ = ["SEVEN_IN_THE_EVENING", "Clock"]
