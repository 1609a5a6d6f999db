"""Rows in the order of their ids, a few at a time, to be laid side by side. Knows no table."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson
from attrs import define, field
from psycopg import AsyncConnection, AsyncServerCursor
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads

AT_ONCE: Final = 250
"""Rows held of each stream: so few that a server which audits one aggregate stays awake meanwhile."""

Rows = list[tuple[Any, ...]]


@define
class Stream:
    """The rows of one query, grouped by the id in their column ``at``, which they are ordered by."""

    cursor: AsyncServerCursor[TupleRow]
    at: int
    names: tuple[str, ...]
    _waiting: deque[tuple[UUID, Rows]] = field(factory=deque)
    _over: bool = False

    async def key(self) -> UUID | None:
        """Return the id that comes next; ``None``: no more come."""
        if not self._waiting and not self._over:
            rows = await self.cursor.fetchmany(AT_ONCE)
            self._over = len(rows) < AT_ONCE
            self._waiting.extend((key, list(group)) for key, group in groupby(rows, itemgetter(self.at)))
        return self._waiting[0][0] if self._waiting else None

    async def of(self, key: UUID) -> AsyncIterator[Rows]:
        """Yield the rows of this id, if it comes next; not more at once than are held anyway."""
        while await self.key() == key:
            yield self._waiting.popleft()[1]

    async def all_of(self, key: UUID) -> Rows:
        """Return the rows of this id, if it comes next; none otherwise."""
        return [row async for rows in self.of(key) for row in rows]


@asynccontextmanager
async def streamed(
    conn: AsyncConnection[TupleRow],
    name: str,
    query: LiteralString,
    parameters: Mapping[str, object],
    *,
    at: int = 0,
) -> AsyncIterator[Stream]:
    """Run a query whose rows are fetched as they are needed, in the transaction that is open."""
    async with conn.cursor(name=name) as cursor:
        set_json_loads(orjson.loads, cursor)
        await cursor.execute(query, parameters, binary=True)
        yield Stream(cursor, at, tuple(column.name for column in cursor.description or ()))


__all__ = ["AT_ONCE", "Stream", "streamed"]
