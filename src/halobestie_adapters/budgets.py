"""Budgets counted in this process alone: for what is asked too often to ask anybody, and when Redis is away.

One number per person: when all that they spent will have been earned back (the generic cell rate algorithm,
ITU-T I.371). Shared by the adapters, which may not know one another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, final

from halobestie_core.ports.budgets import Budget

MOST: Final = 100_000
"""People remembered; beyond it, those whose budget is whole are forgotten, then the oldest."""
ROOM: Final = 0.1
"""How much of the memory is made free when it is full, so that it is not looked through for everybody."""


@final
class LocalBudgets:
    """`Budgets` of one process. ``clock`` is monotonic; ``most`` people are remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, most: int = MOST) -> None:
        self._most = most
        self._clock = clock
        self._earned_back: dict[tuple[str, str], float] = {}

    async def spend(self, budget: Budget, who: str) -> float:
        """Take one; 0, or the seconds to wait."""
        return self.spend_now(budget, who)

    def spend_now(self, budget: Budget, who: str) -> float:
        """The same without waiting for anybody: a poll is counted so tens of thousands of times a second."""
        now = self._clock()
        key = budget.name, who
        begun = max(self._earned_back.get(key, now), now)
        spent = begun + budget.interval
        wait = spent - now - budget.seconds
        if wait > 1e-9:  # what is lost in adding fractions is nobody's to wait for  # noqa: PLR2004
            return wait
        if len(self._earned_back) >= self._most and key not in self._earned_back:
            self._forget(now)
        self._earned_back[key] = spent
        return 0.0

    def give_back(self, budget: Budget, who: str) -> None:
        """Return one that was taken."""
        key = budget.name, who
        spent = self._earned_back.get(key)
        if spent is not None:
            self._earned_back[key] = spent - budget.interval

    def _forget(self, now: float) -> None:
        self._earned_back = {key: when for key, when in self._earned_back.items() if when > now}
        while len(self._earned_back) >= self._most - int(self._most * ROOM):
            del self._earned_back[next(iter(self._earned_back))]


__all__ = ["LocalBudgets"]
