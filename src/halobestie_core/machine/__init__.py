"""State machines as tables: guards, rows, the engine that runs them, their proof and their pictures."""

from halobestie_core.machine.drawn import Machine
from halobestie_core.machine.engine import Answer
from halobestie_core.machine.guards import Guard, always, of_command, of_snapshot
from halobestie_core.machine.table import (
    CARRIED,
    Event,
    Ignore,
    Refuse,
    Row,
    Setter,
    asked,
    snake,
    the_time,
    to,
)
from halobestie_core.machine.verdicts import Aggregate, Ignored, Moved, Refused

__all__ = [
    "CARRIED",
    "Aggregate",
    "Answer",
    "Event",
    "Guard",
    "Ignore",
    "Ignored",
    "Machine",
    "Moved",
    "Refuse",
    "Refused",
    "Row",
    "Setter",
    "always",
    "asked",
    "of_command",
    "of_snapshot",
    "snake",
    "the_time",
    "to",
]
