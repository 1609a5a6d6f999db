"""The audit on PostgreSQL: feeds the log and the rows to the core, in one snapshot and in little room.

The log and its rows are read side by side in the order of their ids, so that neither can be without the
other. It judges nothing itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Final, final
from uuid import UUID

import orjson
from attrs import frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres import rows
from halobestie_adapters.postgres.packed import PackedIds
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.streams import Stream, streamed
from halobestie_core.audit import TABLES, Difference, Entry, Replay, Standing, Verdict
from halobestie_core.pairing import Answer, AnswerKind, Wave
from halobestie_core.ports.audit import Line

Q: Final = load("audit")

_BODY: Final = 14
"""The place of the body among the columns of an entry; what it says as JSON comes after it."""
_ENTRY: Final[Callable[..., Entry]] = Entry


@frozen
class Scope:
    """What of a machine's log is looked at: everything, one aggregate, or what has moved since some time."""

    machine: str
    only: UUID | None = None
    since: datetime | None = None

    def parameters(self) -> dict[str, object]:
        """Return what every query of the audit asks for."""
        return {"machine": self.machine, "only": self.only, "since": self.since}


@asynccontextmanager
async def snapshot(conn: AsyncConnection[TupleRow], *, patient: bool = True) -> AsyncIterator[None]:
    """See everything as it is at one moment, while the server goes on; ``patient``: however long it takes."""
    async with conn.transaction():
        await conn.execute(Q.snapshot)
        if patient:
            await conn.execute(Q.patience)
        yield


async def count(conn: AsyncConnection[TupleRow], scope: Scope) -> int:
    """Return how many moves there are to look at."""
    found = await (await conn.execute(Q.moves, scope.parameters())).fetchone()
    return found[0] if found else 0


async def audited(
    conn: AsyncConnection[TupleRow], scope: Scope, seen: Callable[[int], object] = lambda _moves: None
) -> AsyncIterator[tuple[UUID, Verdict]]:
    """Yield each aggregate's verdict, in the order of their ids; ``seen`` hears how many moves were read.

    The connection must be inside a `snapshot`.
    """
    given = scope.parameters()
    async with AsyncExitStack() as stack:

        async def opened(query: str, at: int = 0) -> Stream:
            return await stack.enter_async_context(streamed(conn, f"audit_{query}", Q[query], given, at=at))

        entries, standing = await opened("entries", 2), await opened(scope.machine)
        shown = [await opened("waves"), await opened("answers")] if scope.machine == "pairing" else []
        while key := await _next(entries, standing, *shown):
            waves, answers = [await stream.all_of(key) for stream in shown] or ([], [])
            row, unreadable = _standing(scope.machine, await standing.all_of(key), standing, waves, answers)
            replay = Replay(scope.machine, key, () if row is None else getattr(row.snapshot, "waves", ()))
            async for some in entries.of(key):
                for each in some:
                    replay.take(_entry(each))
                seen(len(some))
            found = replay.verdict(row)
            if unreadable is not None:
                difference = Difference(scope.machine, key, None, f"its row cannot be read: {unreadable}")
                found = Verdict(found.checked, difference, found.other_versions)
            yield key, found


async def _next(*streams: Stream) -> UUID | None:
    keys = [await stream.key() for stream in streams]
    return min((key for key in keys if key is not None), default=None)


def _entry(row: Sequence[Any]) -> Entry:
    body = row[_BODY]
    try:
        said: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    return _ENTRY(*row[: _BODY + 1], said, *row[_BODY + 1 :])


# -- rows ----------------------------------------------------------------------------------------------------

_SNAPSHOTS: Final[Mapping[str, Callable[..., object]]] = {
    "payment": rows.payment_row,
    "pairing": rows.request_row,
    "chat": rows.chat_row,
    "extension": rows.extension_row,
    "presence": rows.presence_row,
}


def _standing(
    machine: str, found: Sequence[Sequence[Any]], stream: Stream, waves: Sequence[Any], answers: Sequence[Any]
) -> tuple[Standing | None, str | None]:
    """Return the row as the core wants it, or why it cannot be read."""
    if not found:
        return None, None
    columns = dict(zip(stream.names, found[0], strict=True))
    wake_at = columns.pop("wake_at", None)
    try:
        if machine == "pairing":
            columns["waves"] = [Wave(number, PackedIds(bytes(ids)), at) for _, number, ids, at in waves]
            columns["answers"] = [Answer(mitra, AnswerKind(said), at) for _, mitra, said, at in answers]
        return Standing(_SNAPSHOTS[machine](**columns), wake_at), None
    except ValueError as wrong:
        return None, str(wrong)


# -- one aggregate -------------------------------------------------------------------------------------------


@final
class PostgresAudits:
    """The port's log by aggregate."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def lines(self, machine: str, aggregate_id: UUID, after: int, limit: int) -> Sequence[Line]:
        """Read a page of one log. Raises StoreUnavailable."""
        given = {"machine": machine, "only": aggregate_id, "after": after, "limit": limit}
        async with connection(self._pool) as conn, conn.cursor(row_factory=class_row(Line)) as cursor:
            set_json_loads(orjson.loads, cursor)
            await cursor.execute(Q.lines, given, binary=True)
            return await cursor.fetchall()

    async def verdict(self, machine: str, aggregate_id: UUID) -> Verdict | None:
        """Audit one aggregate. Raises StoreUnavailable."""
        async with connection(self._pool) as conn, snapshot(conn, patient=False):
            verdicts = [found async for _, found in audited(conn, Scope(machine, only=aggregate_id))]
        return verdicts[0] if verdicts else None


MACHINES: Final = tuple(dict.fromkeys(TABLES))
"""The names of the machines, in the order in which an audit goes through them."""

__all__ = ["MACHINES", "PostgresAudits", "Q", "Scope", "audited", "count", "snapshot"]
