"""Stops asking somebody who does not answer, and lets one try at a time find out when they do again.

Knows nothing of what is asked. Times are seconds on a monotonic clock.
"""

from collections.abc import Callable
from typing import Final, final

TRIPS_AFTER: Final = 5
"""Failures in a row."""
FIRST_REST: Final = 1.0
LONGEST_REST: Final = 30.0
PROBE_SECONDS: Final = 5.0
"""So long the others wait for the one that tries."""


@final
class Breaker:
    """One per somebody."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._rests = 0
        self._probing = False
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether nobody asks for now but the one who tries."""
        return self._rests > 0

    def wait(self) -> float:
        """Return 0 for whoever may ask now, else the seconds after which to come back."""
        if not self._rests:
            return 0.0
        now = self._clock()
        if now < self._until:
            return self._until - now
        self._probing, self._until = True, now + PROBE_SECONDS
        return 0.0

    def answered(self) -> None:
        """Somebody is there, whatever they said."""
        self._failures = self._rests = 0
        self._probing = False

    def failed(self) -> None:
        """Nobody answered, or nothing sensible."""
        if not self._rests:
            self._failures += 1
            if self._failures < TRIPS_AFTER:
                return
        elif not self._probing:
            return  # one of many that were on their way when it tripped
        self._probing = False
        self._until = self._clock() + min(FIRST_REST * 2.0**self._rests, LONGEST_REST)
        self._rests = min(self._rests + 1, 10)
