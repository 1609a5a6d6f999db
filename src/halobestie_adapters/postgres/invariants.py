"""Asks the database whether everything still holds that must; the questions are in `sql/invariants.sql`.

It does not know what to do about an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg.types.json import Jsonb

from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.queries import load
from halobestie_core.chat.table import CHAT
from halobestie_core.extension.table import EXTENSION
from halobestie_core.machine.table import CARRIED, snake
from halobestie_core.pairing.table import PAIRING
from halobestie_core.payment.table import PAYMENT
from halobestie_core.presence.table import PRESENCE

Q: Final = load("invariants")

_MACHINES: Final = (PAYMENT, PAIRING, CHAT, EXTENSION, PRESENCE)

_SHOWN = 3


@frozen
class Violation:
    """One invariant that does not hold, and the rows that break it (column name -> value)."""

    name: str
    description: str
    rows: tuple[Mapping[str, object], ...]

    def __str__(self) -> str:
        shown = "; ".join(
            ", ".join(f"{column}={value}" for column, value in row.items()) for row in self.rows[:_SHOWN]
        )
        more = f" and {len(self.rows) - _SHOWN} more" if len(self.rows) > _SHOWN else ""
        return f"{self.name}: {self.description} Broken by: {shown}{more}"


async def check(conn: AsyncConnection[TupleRow], *, eventual: bool = True) -> list[Violation]:
    """Every invariant that does not hold now, all seen in one snapshot; none is the only good answer.

    Without `eventual`, only those that hold at every commit: for a database on which no worker runs. Raises
    StoreUnavailable. The connection must be in autocommit and outside a transaction.
    """
    with translated():
        async with conn.transaction():
            # One snapshot: otherwise a move between two questions would look like a contradiction.
            await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            await conn.execute("SET LOCAL statement_timeout = 0")
            return await ask(conn, eventual=eventual)


async def ask(conn: AsyncConnection[TupleRow], *, eventual: bool = True) -> list[Violation]:
    """The same, in whatever transaction the connection is in, and as that one sees the database."""
    broken: list[Violation] = []
    parameters = {"moves": Jsonb(moves())}
    async with conn.cursor(row_factory=dict_row) as cursor:
        for name, question in Q.items():
            description = Q.descriptions[name]
            if eventual or not description.startswith("E "):
                await cursor.execute(question, parameters)
                if rows := await cursor.fetchall():
                    broken.append(Violation(name, description, tuple(rows)))
    return broken


def moves() -> list[dict[str, object]]:
    """The moves that the core's tables have, as `transitions` records them; births included."""
    found: list[dict[str, object]] = []
    for machine in _MACHINES:
        found.append(_move(machine.name, None, machine.opening, machine.initial))
        for row in machine.rows:
            carried = row.cause is CARRIED
            cause = None if carried else row.cause
            found.append(_move(machine.name, row.source, row.command, row.target, cause, carried=carried))
    return found


def _move(
    machine: str,
    source: str | None,
    command: type,
    target: str,
    cause: object = None,
    *,
    carried: bool = False,
) -> dict[str, object]:
    return {
        "machine": machine,
        "from_state": source,
        "command": snake(command),
        "to_state": target,
        "cause_tag": cause,
        "carried": carried,
    }
