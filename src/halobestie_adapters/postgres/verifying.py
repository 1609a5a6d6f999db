"""The whole database audited: every log decided anew and laid beside its rows, then the books asked.

All of it is seen in one snapshot, so a server may go on working. It counts and reports; what to do about a
difference is for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, LiteralString, Protocol

from attrs import define, field, frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg.types.json import Jsonb

from halobestie_adapters.postgres import invariants
from halobestie_adapters.postgres.auditing import Scope, audited, count, snapshot
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.invariants import Violation
from halobestie_adapters.postgres.queries import Queries, load
from halobestie_core.audit import Difference

BOOKS: Final = load("books")
_TOLD_EVERY: Final = 200


@define
class Counted:
    """What was looked at of one machine; ``other_versions``: moves of another version of its table."""

    machine: str
    aggregates: int = 0
    moves: int = 0
    other_versions: int = 0


@define
class Report:
    """What an audit looked at and found. ``first`` is the first difference, ``different`` how many there are.

    ``questions``: how many were asked about the books; 0: only a part was looked at, so none was.
    """

    counted: list[Counted] = field(factory=list)
    questions: int = 0
    different: int = 0
    first: Difference | Violation | None = None

    def differs(self, found: Difference | Violation) -> None:
        """Take note of a difference."""
        self.different += 1
        self.first = self.first or found


class Progress(Protocol):
    """Hears how far it is."""

    def begin(self, what: str, length: int) -> None:
        """So many of these are to be looked at."""
        ...

    def advance(self, by: int) -> None:
        """So many more were."""
        ...


@frozen
class Unheard:
    """Nobody wants to know."""

    def begin(self, what: str, length: int) -> None:
        """Say nothing."""

    def advance(self, by: int) -> None:
        """Say nothing."""


async def verify(
    conn: AsyncConnection[TupleRow], scopes: tuple[Scope, ...], progress: Progress, *, books: bool
) -> Report:
    """Audit what the scopes name; ``books``: and ask what concerns all of them together.

    The connection must be in autocommit and outside a transaction. Raises StoreUnavailable.
    """
    with translated():
        async with snapshot(conn):
            return await look(conn, scopes, progress, books=books)


async def look(
    conn: AsyncConnection[TupleRow], scopes: tuple[Scope, ...], progress: Progress, *, books: bool
) -> Report:
    """The same, in whatever transaction the connection is in, and as that one sees the database."""
    report = Report()
    lengths = [await count(conn, scope) for scope in scopes]
    progress.begin("moves", sum(lengths))
    for scope in scopes:
        report.counted.append(await _replayed(conn, scope, progress, report))
    if books:
        await _asked(conn, progress, report)
    return report


async def _replayed(
    conn: AsyncConnection[TupleRow], scope: Scope, progress: Progress, report: Report
) -> Counted:
    counted = Counted(scope.machine)
    untold = 0

    def seen(moves: int) -> None:
        nonlocal untold
        counted.moves += moves
        untold += moves
        if untold >= _TOLD_EVERY:
            progress.advance(untold)
            untold = 0

    async for _, verdict in audited(conn, scope, seen):
        counted.aggregates += 1
        counted.other_versions += verdict.other_versions
        if verdict.difference is not None:
            report.differs(verdict.difference)
    progress.advance(untold)
    return counted


async def _asked(conn: AsyncConnection[TupleRow], progress: Progress, report: Report) -> None:
    questions = list(_questions())
    progress.begin("questions", len(questions))
    given: Mapping[str, Any] = {"moves": Jsonb(invariants.moves())}
    async with conn.cursor(row_factory=dict_row) as cursor:
        for name, described, question in questions:
            await cursor.execute(question, given, prepare=False)
            rows = await cursor.fetchall()
            if rows:
                report.differs(Violation(name, described, tuple(rows)))
            report.questions += 1
            progress.advance(1)


def _questions() -> Iterator[tuple[str, str, LiteralString]]:
    """What must hold at every commit; what holds only in time has nothing to do with tampering."""
    asked: tuple[Queries, ...] = (BOOKS, invariants.Q)
    for queries in asked:
        for name, question in queries.items():
            described = queries.descriptions[name]
            if not described.startswith("E "):
                yield name, described.removeprefix("S. "), question


__all__ = ["BOOKS", "Counted", "Progress", "Report", "Unheard", "look", "verify"]
