"""A second opinion on the engine: reads a table from top to bottom, in as few lines as it can.

It takes guards and entries as data and shares no code that decides with the engine: not its lookups, not
`transitions`, not the guards' own methods.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from halobestie_core.machine import Guard, Ignore, Machine, Refuse, Row
from halobestie_core.machine.guards import Always, Atom, Both, Named, Not

Answers = Callable[[Atom], bool]


def holds(guard: Guard, answer: Answers) -> bool:
    """Return whether a guard holds when its questions are answered so."""
    match guard:
        case Atom():
            return answer(guard)
        case Not(inner=inner):
            return not holds(inner, answer)
        case Both(left=left, right=right):
            return holds(left, answer) and holds(right, answer)
        case Named(inner=inner):
            return holds(inner, answer)
    return isinstance(guard, Always)


def verdict(
    machine: Machine[Any], state: StrEnum, command: type, answer: Answers
) -> Row | Ignore | Refuse | None:
    """Return the entry that decides this pair, or ``None`` if the table has a hole there."""
    for row in machine.rows:
        if row.source is state and row.command is command and holds(row.guard, answer):
            return row
    unmoved: tuple[Ignore | Refuse, ...] = (*machine.ignored, *machine.refused)
    for entry in unmoved:
        if state in entry.states and entry.command is command and holds(entry.guard, answer):
            return entry
    return None
