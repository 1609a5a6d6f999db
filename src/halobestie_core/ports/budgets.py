"""How often somebody may do something. Knows no route and no address."""

from typing import Protocol

from attrs import field, frozen
from attrs.validators import gt


@frozen
class Budget:
    """``limit`` times in ``seconds``, all at once if need be; then one by one as the time comes back.

    ``shared``: all instances count it together; else each for itself, for what must cost nothing to count.
    """

    name: str
    limit: int = field(validator=gt(0))
    seconds: int = field(validator=gt(0))
    shared: bool = field(default=True, kw_only=True)

    @property
    def interval(self) -> float:
        """Seconds after which one more is earned."""
        return self.seconds / self.limit


class Budgets(Protocol):
    """Counts what people spend."""

    async def spend(self, budget: Budget, who: str) -> float:
        """Take one from the budget of ``who``; 0, or the seconds after which there is one again.

        What is refused is not counted. Never raises and never waits for long: whoever cannot ask the common
        count keeps one alone.
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
