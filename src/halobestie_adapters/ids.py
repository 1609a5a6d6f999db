"""UUIDv7 (RFC 9562): ids that sort by the moment they were made, made at the edge and handed to the core.

It does not know what an id is for. The time inside an id orders index pages and nothing else: no rule reads
it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import final
from uuid import UUID

_TAIL_BITS = 74  # what RFC 9562 leaves for chance: 12 bits beside the version, 62 beside the variant
_STEP_BITS = 32


def _clock_ms() -> int:
    return time.time_ns() // 1_000_000


@final
class Uuid7:
    """Makes UUIDv7s that only grow, even when the clock stands or goes back (RFC 9562, 6.2 method 2).

    `clock_ms` gives Unix milliseconds; `random_bits(n)` an integer of n unpredictable bits. Safe between
    threads.
    """

    def __init__(
        self, clock_ms: Callable[[], int] = _clock_ms, random_bits: Callable[[int], int] = secrets.randbits
    ) -> None:
        self._clock_ms = clock_ms
        self._random_bits = random_bits
        self._lock = threading.Lock()
        self._ms = -1
        self._tail = 0

    def __call__(self) -> UUID:
        """The next id; greater than every one made here before."""
        with self._lock:
            now = self._clock_ms()
            if now > self._ms:
                self._ms, self._tail = now, self._random_bits(_TAIL_BITS)
            else:  # the step is random as well, so that a neighbour's id cannot be guessed
                self._tail += 1 + self._random_bits(_STEP_BITS)
                if self._tail >> _TAIL_BITS:
                    self._ms, self._tail = self._ms + 1, self._random_bits(_TAIL_BITS)
            ms, tail = self._ms, self._tail
        high, low = tail >> 62, tail & ((1 << 62) - 1)
        return UUID(int=(ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


uuid7 = Uuid7()
"""Makes one id: `uuid7()`. One maker per process, so that ids made in a row sort in that row."""
