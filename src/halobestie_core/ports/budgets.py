"""How often somebody may do something, and how that is counted. Knows no route, no address and no clock."""

from bisect import bisect_right
from typing import Final, Protocol

from attrs import field, frozen
from attrs.validators import gt

TICK: Final = 1e-6
"""Seconds: what is lost in adding fractions is nobody's to wait for."""


@frozen
class Budget:
    """``limit`` times within any ``seconds``, all at once if need be; each comes back ``seconds`` later.

    ``shared``: all instances count it together; else each for itself, for what must cost nothing to count.
    """

    name: str
    limit: int = field(validator=gt(0))
    seconds: int = field(validator=gt(0))
    shared: bool = field(default=True, kw_only=True)

    def wait(self, spent: list[float], now: float) -> float:
        """Give the seconds until there is one again, 0 if there is; take what came back out of ``spent``.

        ``spent`` is when each was taken, the first first; whoever takes one adds ``now``. So exactly he is
        refused to whom ``limit`` were given within the last ``seconds``, whatever came before.
        """
        back = now - self.seconds + TICK
        if spent and spent[0] <= back:
            del spent[: bisect_right(spent, back)]
        return 0.0 if len(spent) < self.limit else spent[0] - back


class Budgets(Protocol):
    """Counts what people spend."""

    async def spend(self, budget: Budget, who: str) -> float:
        """Take one from the budget of ``who``; 0, or the seconds after which there is one again.

        What is refused is not counted. Never raises and never waits for long: whoever cannot ask the common
        count goes on by what they have counted themselves.
        """
        ...


class BudgetsHere(Protocol):
    """Counts what people spend in this process alone, and waits for nobody."""

    def spend_now(self, budget: Budget, who: str) -> float:
        """Take one from the budget of ``who``; 0, or the seconds after which there is one again."""
        ...

    def give_back(self, budget: Budget, who: str) -> None:
        """Return one that was taken for what turned out to cost nothing."""
        ...
