"""The whole database audited: every log decided anew and laid beside its rows, then the books asked.

All of it is seen in one snapshot, so a server may go on working. It counts and reports; what to do about a
difference is for people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, LiteralString, Protocol

from attrs import define, field, frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg.types.json import Jsonb

from halobestie_adapters.postgres import invariants
from halobestie_adapters.postgres.auditing import Q, Scope, audited, count, snapshot
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.invariants import Violation
from halobestie_adapters.postgres.queries import Queries, load
from halobestie_adapters.postgres.streams import AT_ONCE, streamed
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


@frozen
class Anchor:
    """What stands for the log up to one row, kept elsewhere, where whoever writes the log anew cannot reach.

    ``last`` is the row's number, ``digest`` the SHA-256 over all hashes up to it, in the order of writing.
    """

    last: int
    digest: str

    def __str__(self) -> str:
        return f"{self.last}:{self.digest}"


@define
class Report:
    """What an audit looked at and found. ``first`` is the first difference, ``different`` how many there are.

    ``questions``: how many were asked about the books; 0: only a part was looked at, so none was. ``anchor``
    stands for the whole log as it is now; ``None``: it is too young for one.
    """

    counted: list[Counted] = field(factory=list)
    questions: int = 0
    different: int = 0
    first: Difference | Violation | None = None
    anchor: Anchor | None = None

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
    conn: AsyncConnection[TupleRow],
    scopes: tuple[Scope, ...],
    progress: Progress,
    *,
    books: bool,
    anchors: tuple[Anchor, ...] = (),
) -> Report:
    """Audit what the scopes name; ``books``: and ask what concerns all of them together.

    ``anchors``: of earlier audits, still to hold. The connection must be in autocommit and outside a
    transaction. Raises StoreUnavailable.
    """
    with translated():
        async with snapshot(conn):
            report = await look(conn, scopes, progress, books=False)
            for anchor in anchors:
                await _holds(conn, anchor, report)
            if books:
                report.anchor = await _anchored(conn)
                await _asked(conn, progress, report)
            return report


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


async def _holds(conn: AsyncConnection[TupleRow], anchor: Anchor, report: Report) -> None:
    found = await _digest(conn, anchor.last)
    if found != anchor.digest:
        described = "What was recorded until then is not what it was when this anchor was taken."
        report.differs(Violation("anchor", described, ({"last": anchor.last, "digest": found},)))


async def _anchored(conn: AsyncConnection[TupleRow]) -> Anchor | None:
    row = await (await conn.execute(Q.last_settled)).fetchone()
    return None if row is None else Anchor(row[0], await _digest(conn, row[0]))


async def _digest(conn: AsyncConnection[TupleRow], last: int) -> str:
    digest = hashlib.sha256()
    async with streamed(conn, "audit_hashes", Q.hashes, {"last": last}) as stream:
        while rows := await stream.cursor.fetchmany(AT_ONCE):
            for _, each in rows:
                digest.update(each)
    return digest.hexdigest()


def _questions() -> Iterator[tuple[str, str, LiteralString]]:
    """What must hold at every commit; what holds only in time has nothing to do with tampering.

    Whoever edits a price waits for all who read the prices themselves: the invariants ask for those last.
    """
    asked: tuple[Queries, ...] = (BOOKS, invariants.Q)
    for queries in asked:
        for name, question in queries.items():
            described = queries.descriptions[name]
            if not described.startswith("E "):
                yield name, described.removeprefix("S. "), question


__all__ = ["BOOKS", "Anchor", "Counted", "Progress", "Report", "Unheard", "look", "verify"]
