"""Many nights of the simulation, put together. Knows no test."""

from collections import Counter
from itertools import count

from attrs import define, field

from halobestie_app.simulation import Fault, night


@define
class Nights:
    """What came of them: what was met, and how often; in how many of them each fault was."""

    steps: int = 0
    met: Counter[str] = field(factory=Counter)
    faults: Counter[Fault] = field(factory=Counter)


def played(first: int, steps: int) -> Nights:
    """Play from this seed on until there were so many steps. A night that breaks a law fails."""
    nights = Nights()
    for seed in count(first):
        report = night(seed)
        assert report.breaches == (), f"halobestie simulate --virtual --seed {seed}"
        nights.steps += report.steps
        nights.met += report.taken + report.refusals
        nights.faults.update(report.faults)
        if nights.steps >= steps:
            break
    return nights
