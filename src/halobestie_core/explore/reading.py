"""Reading a table plainly, from the top: which row a move should have been. Shares no engine."""

from typing import Any

from halobestie_core.flow.decide import MACHINES
from halobestie_core.machine import Machine, Moved, Row


def table_of(move: Moved[Any]) -> Machine[Any]:
    """Return the table that made a move."""
    return next(table for table in MACHINES.values() if isinstance(move.after, table.snapshot))


def row_of(move: Moved[Any]) -> Row | None:
    """Read the table of a move plainly, from the top: the first row that fits; ``None`` for a birth."""
    if move.before is None:
        return None
    for row in table_of(move).rows:
        asked = row.source is move.before.status and row.command is type(move.command)
        if asked and row.guard.holds(move.before, move.command, move.at):
            return row
    raise LookupError(f"no row moves {move.before!r} on {move.command!r}")
