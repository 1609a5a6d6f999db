"""What all people have in common: they live by seeded chance until the town closes. Knows no command."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from random import Random
from typing import Final, TypeVar

from halobestie_app.simulation.town import Town
from halobestie_app.simulation.weather import likely

T = TypeVar("T")
Act = Callable[[], Awaitable[object]]
Weighted = Sequence[tuple[float, Act]]

ON_THE_DOT: Final = 0.2
"""So often somebody acts at the very moment at which a deadline falls."""
HASTE: Final = 0.25


async def live(
    town: Town, pause: float, choose: Callable[[], Act | None], wakes: Callable[[], Sequence[datetime]]
) -> None:
    """Act again and again, about every ``pause`` seconds; ``wakes`` are the deadlines that matter."""
    while town.is_open:
        await asyncio.sleep(_seconds(town, pause, wakes()))
        await town.awake.wait()
        act = choose()
        if act is not None:
            await act()


def _seconds(town: Town, pause: float, wakes: Sequence[datetime]) -> float:
    chance, now = town.chance, town.tables.clock.now
    if likely(chance, ON_THE_DOT):
        left = [(at - now).total_seconds() for at in wakes]
        near = [seconds for seconds in left if 0 < seconds < 60]  # noqa: PLR2004 - nobody waits longer for it
        if near:
            late = chance.uniform(-0.03, 0.03) if likely(chance, 0.6) else chance.uniform(0.0, 3.0)
            return max(0.0, chance.choice(near) + late)
    if likely(chance, HASTE):
        return chance.uniform(0.0, 0.1)
    return chance.expovariate(1 / pause)


async def idle() -> None:
    """Do nothing this time."""


def pick(chance: Random, acts: Weighted) -> Act | None:
    """Return one of them, by weight."""
    weights = [weight for weight, _ in acts]
    if not any(weights):
        return None
    [(_, act)] = chance.choices(acts, weights)
    return act


__all__ = ["Act", "Weighted", "idle", "live", "pick"]
