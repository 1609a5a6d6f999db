"""One round trip: prepared statements that leave together and whose answers are read together.

One command is a dozen small statements. psycopg's own pipeline gives each a cursor, a flush and a wait, which
costs three times what is done here, and a ROLLBACK through it forgets every prepared statement of the
connection. This module keeps to what psycopg documents for such needs (`pgconn`, `wait`, `Transformer`, and
the generators between them). It knows no statement's meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from attrs import define, field, frozen
from psycopg import AsyncConnection, errors, generators
from psycopg.abc import Buffer, PQGen
from psycopg.abc import Transformer as Transforming
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow

from halobestie_adapters.postgres.packed import PackedIds, adapters
from halobestie_adapters.postgres.queries import Queries

_PARAMETER: Final = re.compile(r"%\((\w+)\)s")


@define(eq=False)
class _Known:
    """Which statements a connection has prepared, under names that bear the ``generation``."""

    generation: int = 0
    names: set[str] = field(factory=set)

    def named(self, statement: Statement) -> bytes:
        """Return what the server calls a statement."""
        name = statement.name if self.generation == 0 else f"{statement.name}.{self.generation}"
        return name.encode()


# A connection that is gone takes its entry along.
_PREPARED: Final[WeakKeyDictionary[AsyncConnection[TupleRow], _Known]] = WeakKeyDictionary()


@define(eq=False)
class Statement:
    """A named statement as the server wants it: `$1` for parameters, whose names are in `order`."""

    name: str
    text: bytes
    order: tuple[str, ...]
    columns: tuple[str, ...] = ()


@frozen
class Answer:
    """What one statement brought: rows in binary made Python values, and how many rows it read or wrote."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    count: int

    def by_name(self) -> Iterator[dict[str, Any]]:
        """Yield each row as column name -> value."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


Step = tuple[Statement, Mapping[str, object]]
"""A statement, and its parameters by name; more may be given than it asks for."""


def compiled(queries: Queries) -> Mapping[str, Statement]:
    """Turn the named parameters of a file of queries into the server's numbered ones, once."""
    return {name: _compiled(name, text) for name, text in queries.items()}


def _compiled(name: str, text: str) -> Statement:
    order = tuple(dict.fromkeys(_PARAMETER.findall(text)))
    if order:
        text = _PARAMETER.sub(lambda found: f"${order.index(found[1]) + 1}", text).replace("%%", "%")
    return Statement(name, text.encode(), order)


async def travel(conn: AsyncConnection[TupleRow], steps: Sequence[Step]) -> list[Answer]:
    """Run the statements in order, in one round trip; after the first that fails the server runs none.

    Raises what the server said of that first one (`psycopg.Error`). Whoever interrupts the wait loses the
    connection: it is closed in the middle of its answers, and the server rolls back.
    """
    sending = Transformer(_Context(conn))
    ready = [(statement, *_dumped(sending, statement, given)) for statement, given in steps]
    known = _PREPARED.setdefault(conn, _Known())
    pgconn = conn.pgconn
    expected: list[tuple[Statement, bool]] = []  # and whether it is only prepared
    pgconn.enter_pipeline_mode()
    try:
        coming: set[str] = set()
        for statement, values, formats in ready:
            name = known.named(statement)
            if statement.name not in known.names and statement.name not in coming:
                coming.add(statement.name)
                pgconn.send_prepare(name, statement.text)
                expected.append((statement, True))
            pgconn.send_query_prepared(name, values, formats, Format.BINARY)
            expected.append((statement, False))
        pgconn.pipeline_sync()
        results = await conn.wait(_answers(pgconn, len(expected)))
        pgconn.exit_pipeline_mode()
    except BaseException:
        pgconn.finish()
        raise
    return _judged(conn, expected, results, known)


def forget(conn: AsyncConnection[TupleRow]) -> None:
    """Prepare everything anew on this connection, because the server no longer has it.

    Not all of it, perhaps: what was prepared since it lost the rest is still there. New names therefore.
    """
    before = _PREPARED.get(conn, _Known())
    _PREPARED[conn] = _Known(before.generation + 1)


def _answers(pgconn: PGconn, count: int) -> PQGen[list[PGresult]]:
    """Flush all, then read the answer of each and the synchronisation that ends them."""
    yield from generators.send(pgconn)
    results: list[PGresult] = []
    for _ in range(count):
        results += yield from generators.fetch_many(pgconn)
    yield from generators.fetch_many(pgconn)
    return results


def _judged(
    conn: AsyncConnection[TupleRow],
    expected: Sequence[tuple[Statement, bool]],
    results: Sequence[PGresult],
    known: _Known,
) -> list[Answer]:
    reading = Transformer(_Context(conn))
    answers: list[Answer] = []
    for (statement, only_prepared), result in zip(expected, results, strict=True):
        if result.status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result, encoding=conn.info.encoding)
        if only_prepared:
            known.names.add(statement.name)
        else:
            answers.append(_answer(reading, statement, result))
    return answers


def _answer(reading: Transforming, statement: Statement, result: PGresult) -> Answer:
    count = result.command_tuples or 0
    if not result.nfields:
        return Answer((), [], count)
    if not statement.columns:
        statement.columns = tuple((result.fname(i) or b"").decode() for i in range(result.nfields))
    reading.set_pgresult(result)
    return Answer(statement.columns, reading.load_rows(0, result.ntuples, tuple), count)


def _dumped(
    sending: Transforming, statement: Statement, given: Mapping[str, object]
) -> tuple[Sequence[Buffer | None] | None, Sequence[Format] | None]:
    """Write parameters as text, whose type the server finds by itself; ids that are packed stay packed."""
    if not statement.order:
        return None, None
    values = [given[name] for name in statement.order]
    forms = [PyFormat.BINARY if type(value) is PackedIds else PyFormat.TEXT for value in values]
    return sending.dump_sequence(values, forms), sending.formats


@frozen
class _Context:
    """What a transformer works with: the connection's encoding, and our own adapters."""

    connection: AsyncConnection[TupleRow]
    adapters: AdaptersMap = field(default=adapters(), init=False)


__all__ = ["Answer", "Statement", "Step", "compiled", "forget", "travel"]
