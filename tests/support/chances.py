"""Long lives by seeded chance: use cases, clocks and later commands. The same seed, the same life.

What is done next is chosen by what a place in memory shows; whoever leads another place through the same life
does the same there and compares.
"""

from collections.abc import Iterable
from itertools import chain
from random import Random

from attrs import define

from halobestie_adapters.memory import Tables
from support.chance import Choice
from support.chance_desk import AtTheDesk
from support.chance_money import OnPages
from support.chance_searching import Searching
from support.chance_talking import Asking, Talking
from support.chance_working import Working
from support.lives import Act

SENSELESS = 0.2


@define
class Chance:
    """Chooses what is done next, by what there is; ``billed``: also on the pages of the gateway."""

    tables: Tables
    random: Random
    billed: bool = False

    def next(self) -> Act:
        """Return one thing to do; what makes no sense now is done all the same, now and then."""
        kinds = list(chain.from_iterable(part.kinds() for part in self._parts()))
        weights = [weight if sensible else SENSELESS for weight, sensible, _ in kinds]
        [(_, _, make)] = self.random.choices(kinds, weights)
        return make()

    def _parts(self) -> Iterable[Choice]:
        parts: tuple[type[Choice], ...] = (Searching, Talking, Asking, AtTheDesk, Working)
        return (part(self.tables, self.random) for part in (*parts, *((OnPages,) if self.billed else ())))
