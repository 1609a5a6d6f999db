"""What goes wrong outside the server, by seeded chance. Knows neither the server nor its people."""

import asyncio
from enum import StrEnum
from random import Random
from typing import Final

from attrs import define, field

from halobestie_adapters.errors import StoreUnavailable

LIKELIHOOD: Final = 0.25
"""Of each fault, in each night."""


class Fault(StrEnum):
    """What may be wrong in a night."""

    CRASH = "crash"
    """An instance dies between two awaits, and is started again later."""
    COMMIT_UNKNOWN = "commit_unknown"
    """A commit is answered with an error, whether it was made or not."""
    DATABASE_AWAY = "database_away"
    """Nothing can be asked for a moment."""
    DATABASE_SLOW = "database_slow"
    """Now and then a statement takes longer than anybody waits for a lock."""
    REDIS_AWAY = "redis_away"
    """No frames, and nobody knows who is connected, for a while."""
    LATE_CLOCK = "late_clock"
    """Looks at the deadlines take seconds: whoever comes meanwhile finds them overdue."""
    NUDGES_LOST = "nudges_lost"
    """Nudges between instances, and within one, arrive late or never."""
    WEBHOOKS = "webhooks"
    """Deliveries come several times, late, in any order, wrong, or never."""
    GATEWAY_AWAY = "gateway_away"
    """The gateway does not answer for a while, or only after it has done what it was asked."""
    SKEW = "skew"
    """The clocks of the instances are wrong."""
    HOSTILE = "hostile"
    """Somebody sends any command about anybody's things."""
    SETTINGS = "settings"
    """An operator turns the settings while everything goes on."""


def likely(chance: Random, share: float) -> bool:
    """Whether something happens that does in so many of the cases."""
    return chance.random() < share


@define
class Weather:
    """The faults of one night. After ``heal`` everything works."""

    chance: Random
    faults: frozenset[Fault]
    healed: bool = False
    _away_until: float = field(default=-1.0)

    @classmethod
    def of(cls, chance: Random) -> "Weather":
        """Draw the faults of a night."""
        return cls(chance, frozenset(fault for fault in Fault if chance.random() < LIKELIHOOD))

    def has(self, fault: Fault) -> bool:
        """Whether this goes wrong tonight, and still does."""
        return fault in self.faults and not self.healed

    def strikes(self, fault: Fault, likelihood: float) -> bool:
        """Whether it goes wrong this very time."""
        return self.has(fault) and self.chance.random() < likelihood

    def heal(self) -> None:
        """Let everything work from now on."""
        self.healed = True

    async def trip(self) -> None:
        """Pass the time of a way to the database or back. Raises StoreUnavailable."""
        if likely(self.chance, 0.65):
            await asyncio.sleep(self._seconds())
        if not self.has(Fault.DATABASE_AWAY):
            return
        now = asyncio.get_running_loop().time()
        if now < self._away_until:
            raise StoreUnavailable("the database is away")
        if likely(self.chance, 0.003):
            self._away_until = now + self.chance.uniform(0.1, 5.0)

    async def look(self) -> None:
        """Pass the time of a look at the deadlines, beyond that of the way."""
        if self.strikes(Fault.LATE_CLOCK, 0.9):
            await asyncio.sleep(self.chance.uniform(0.0, 5.0))

    def _seconds(self) -> float:
        if self.strikes(Fault.DATABASE_SLOW, 0.01):
            return self.chance.uniform(0.5, 3.0)
        return 0.0 if likely(self.chance, 0.4) else self.chance.uniform(0.0, 0.02)


__all__ = ["LIKELIHOOD", "Fault", "Weather", "likely"]
