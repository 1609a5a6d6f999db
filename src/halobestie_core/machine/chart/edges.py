"""A table as a picture sees it: edges between states, rows that say alike told once. Knows no format."""

from enum import StrEnum
from typing import Any

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.machine.engine import Machine
from halobestie_core.machine.guards import Always
from halobestie_core.machine.table import Carried, Row, snake

AS_CARRIED = "the command's cause"


@frozen
class Way:
    """One way along an edge: its commands, their guard (empty: always), their cause (empty: none)."""

    commands: tuple[str, ...]
    guard: str
    cause: str


@frozen
class Edge:
    """All the ways from one state to another; ``fails`` if they end in a failure that was none before."""

    source: StrEnum
    target: StrEnum
    ways: tuple[Way, ...]
    fails: bool


def edges(machine: Machine[Any]) -> tuple[Edge, ...]:
    """Return the edges between different states, in the table's order."""
    pairs = dict.fromkeys((row.source, row.target) for row in machine.rows if row.source is not row.target)
    return tuple(_edge(machine, source, target) for source, target in pairs)


def loops(machine: Machine[Any], state: StrEnum) -> tuple[Way, ...]:
    """Return the ways in which a state is moved and stays what it is."""
    return _ways([row for row in machine.rows if row.source is state and row.target is state])


def cause_words(cause: Cause | Carried | None) -> str:
    """Return the tag, or the words for a cause that the command brings along, or nothing."""
    if isinstance(cause, Carried):
        return AS_CARRIED
    return "" if cause is None else cause.value


def guard_words(row: Row) -> str:
    """Return the guard's name; nothing if there is no question."""
    return "" if isinstance(row.guard, Always) else row.guard.name


def _edge(machine: Machine[Any], source: StrEnum, target: StrEnum) -> Edge:
    rows = [row for row in machine.rows if (row.source, row.target) == (source, target)]
    fails = target in machine.failures and source not in machine.failures
    return Edge(source, target, _ways(rows), fails)


def _ways(rows: list[Row]) -> tuple[Way, ...]:
    """Gather rows with the same guard and the same cause: they differ only in who asks."""
    commands: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in rows:
        key = (guard_words(row), cause_words(row.cause))
        commands[key] = (*commands.get(key, ()), snake(row.command))
    return tuple(Way(names, guard, cause) for (guard, cause), names in commands.items())
