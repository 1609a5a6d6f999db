"""What was taken: rows of the tables, declared repeats, refusals and their reasons, and what never was."""

from collections.abc import Iterator
from typing import Any

from halobestie_core.explore.night import NOW
from halobestie_core.explore.reading import row_of, table_of
from halobestie_core.explore.turning import Turn, Unmoved
from halobestie_core.flow.decide import MACHINES
from halobestie_core.machine import Ignore, Ignored, Machine, Refuse, Refused, Row
from halobestie_core.machine.proof import say
from halobestie_core.reasons import Reason

Entry = tuple[str, str]
"""What kind of thing (the name of a table, or ``reason``), and which."""


def entries() -> tuple[Entry, ...]:
    """Return all that may be taken: the entries of the tables, and the reasons for a refusal."""
    found: dict[Entry, None] = {}
    for table in MACHINES.values():
        found |= {_named(table, entry): None for entry in _all_of(table)}
    return (*found, *(("reason", reason.value) for reason in Reason))


def _all_of(table: Machine[Any]) -> tuple[Row | Ignore | Refuse, ...]:
    return (*table.rows, *table.ignored, *table.refused)


def _named(table: Machine[Any], entry: Row | Ignore | Refuse) -> Entry:
    states = "" if isinstance(entry, Row) else f"{' '.join(entry.states)}: "
    return table.name, f"{states}{say(entry)}"


def seen(turn: Turn | Unmoved) -> Iterator[Entry]:
    """Yield what one decision took."""
    if isinstance(turn, Turn):
        for move in turn.moves:
            row = row_of(move)
            if row is not None:
                yield _named(table_of(move), row)
        told = turn.verdict.told if turn.verdict is not None else None
        if told is not None:
            yield "reason", told.value
        return
    verdict = turn.verdict
    if isinstance(verdict, Refused):
        yield "reason", verdict.reason.value
    tables = [one for one in MACHINES.values() if isinstance(verdict.snapshot, one.snapshot)]
    for table in tables[:1]:
        for entry in _unmoved(table, verdict, turn.wish.command)[:1]:
            yield _named(table, entry)


def _unmoved(
    table: Machine[Any], verdict: Ignored[Any] | Refused[Any], wish: object
) -> list[Ignore | Refuse]:
    """Return the entries that say so; none where the whole evening refused, or a plan ignored."""
    state = verdict.snapshot.status
    if isinstance(verdict, Ignored):
        whole = type(wish) not in table.commands  # a wish of the evening became a command of this machine
        return [
            one
            for one in table.ignored
            if state in one.states and one.because == verdict.because and (whole or one.command is type(wish))
        ]
    kind, snapshot = type(verdict.command), verdict.snapshot
    return [
        one
        for one in table.refused
        if one.command is kind and state in one.states and one.guard.holds(snapshot, verdict.command, NOW)
    ]
