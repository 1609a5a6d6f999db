"""Budgets counted in this process alone: for what is asked too often to ask anybody, and when Redis is away.

Per person, when each was taken (a sliding log; `Budget.wait`): two counters would be smaller, and let up to
twice the figure through in a time that lies across two windows. Shared by the adapters, which may not know
one another.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, final

from halobestie_core.ports.budgets import Budget

MOST: Final = 100_000
"""People remembered; beyond it, whoever has not come for the longest time is forgotten."""
SWEPT: Final = 2
"""People looked at when somebody new comes, and forgotten if all they spent has come back."""


@final
class LocalBudgets:
    """`Budgets` of one process. ``clock`` is monotonic; ``most`` people are remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, most: int = MOST) -> None:
        self._most = most
        self._clock = clock
        self._spent: OrderedDict[tuple[str, str], list[float]] = OrderedDict()  # who came last is last
        self._longest = 0

    @property
    def remembered(self) -> int:
        """Of how many people something is known."""
        return len(self._spent)

    async def spend(self, budget: Budget, who: str) -> float:
        """Take one; 0, or the seconds to wait."""
        return self.spend_now(budget, who)

    def spend_now(self, budget: Budget, who: str) -> float:
        """The same without waiting for anybody: a poll is counted so tens of thousands of times a second."""
        now = self._clock()
        key = budget.name, who
        spent = self._spent.get(key)
        if spent is None:
            self._longest = max(self._longest, budget.seconds)
            self._make_room(now)
            self._spent[key] = [now]
            return 0.0
        self._spent.move_to_end(key)
        wait = budget.wait(spent, now)
        if not wait:
            spent.append(now)
        return wait

    def wait_now(self, budget: Budget, who: str) -> float:
        """Give the seconds to wait for one, and take none."""
        spent = self._spent.get((budget.name, who))
        return 0.0 if spent is None else budget.wait(spent, self._clock())

    def give_back(self, budget: Budget, who: str) -> None:
        """Return one that was taken."""
        if spent := self._spent.get((budget.name, who)):
            spent.pop()

    def _make_room(self, now: float) -> None:
        """Forget two for one who comes: nobody is kept for nothing, and all are never looked through."""
        for _ in range(min(SWEPT, len(self._spent))):
            oldest, spent = next(iter(self._spent.items()))
            if spent and spent[-1] > now - self._longest and len(self._spent) < self._most:
                break
            del self._spent[oldest]


__all__ = ["LocalBudgets"]
