"""The `Failures` port on PostgreSQL: the queue of failed money, counted and paged by its indexes alone.

It knows which way to a page is short, and nothing of what is done with the money.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, LiteralString, final
from uuid import UUID

from attrs import frozen
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, kwargs_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres import rows
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.causes import Cause
from halobestie_core.flow.evening import FailureStatus
from halobestie_core.ports.failures import FailureSeen, Id, NameBegins, Phone, Wanted
from halobestie_core.ports.store import Named

Q: Final = load("failures")

FEW: Final = 50_000
"""So many entries of an index are merged and sorted in the time of walking over a few times as many."""

_SOUGHT: Final[dict[type, LiteralString]] = {
    Id: Q.sought_by_id,
    Phone: Q.sought_by_phone,
    NameBegins: Q.sought_by_name,
}


class Way(StrEnum):
    """How the ids of a page are found, by the statement's name."""

    OF_KINDS = "page_of_kinds"
    FROM_NEWEST = "page_from_newest"
    FROM_OLDEST = "page_from_oldest"


@frozen
class Route:
    """A way, and which of its rows: after ``skip`` rows the next ``take``."""

    way: Way
    skip: int
    take: int


def shortest(kinds: int, total: int, limit: int, offset: int) -> Route | None:
    """Choose the way to a page of so many rows of so many kinds; None where there is nothing behind it."""
    left = total - offset
    if left <= 0:
        return None
    take = min(limit, left)
    if min(total, kinds * (offset + take)) <= FEW:
        return Route(Way.OF_KINDS, offset, take)
    if offset <= left - take:
        return Route(Way.FROM_NEWEST, offset, take)
    return Route(Way.FROM_OLDEST, left - take, take)


def failure_row(
    *,
    cause_tag: str,
    operator_action: str | None,
    customer_id: UUID | None,
    customer_name: str | None,
    targeted_mitra_id: UUID | None,
    mitra_name: str | None,
    actioned_by: UUID | None,
    operator_email: str | None,
    **columns: rows.Column,
) -> FailureSeen:
    """A row of `pairing_failures` with its names, as statement `rows` selects it."""
    return FailureSeen(
        cause_tag=Cause(cause_tag),
        operator_action=rows.action(operator_action),
        customer=named(customer_id, customer_name),
        targeted_mitra=named(targeted_mitra_id, mitra_name),
        actioned_by=named(actioned_by, operator_email),
        **columns,
    )


def named(id_: UUID | None, name: str | None) -> Named | None:
    """Somebody, if there is anybody."""
    return None if id_ is None or name is None else Named(id_, name)


@final
class PostgresFailures:
    """The queue, as it stands now."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[Sequence[FailureSeen], int]:
        """A page, and how many rows there are in all, at one moment."""
        async with self._one_moment() as asking:
            if wanted.sought is not None:
                by = {**_filter(wanted), "sought": wanted.sought.value, "take": limit, "skip": offset}
                [(total, ids)] = await asking(_SOUGHT[type(wanted.sought)], by)
            else:
                total, ids = await _listed(asking, wanted, limit, offset)
            return await asking.rows(ids), total

    async def one(self, failure_id: UUID) -> FailureSeen | None:
        """One row."""
        async with connection(self._pool) as conn:
            found = await _Asking(conn).rows([failure_id])
        return found[0] if found else None

    @asynccontextmanager
    async def _one_moment(self) -> AsyncIterator[_Asking]:
        async with connection(self._pool) as conn:
            try:
                await conn.execute(Q.begin)
                yield _Asking(conn)
            finally:
                if conn.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                    await conn.execute(Q.end)


@final
class _Asking:
    """Statements on one connection, each planned for the very values it is run with.

    A plan for whatever may come would neither know that a time has no bounds, nor how common a name is.
    """

    def __init__(self, conn: AsyncConnection[TupleRow]) -> None:
        self._conn = conn

    async def __call__(self, query: LiteralString, given: dict[str, Any]) -> list[TupleRow]:
        cursor = await self._conn.execute(query, given, prepare=False)
        return await cursor.fetchall()

    async def rows(self, ids: Sequence[UUID]) -> list[FailureSeen]:
        if not ids:
            return []
        cursor = self._conn.cursor(row_factory=kwargs_row(failure_row))
        await cursor.execute(Q.rows, {"ids": list(ids)})
        return await cursor.fetchall()


async def _listed(asking: _Asking, wanted: Wanted, limit: int, offset: int) -> tuple[int, list[UUID]]:
    by = _filter(wanted)
    kinds = len(by["states"]) * len(by["causes"])
    [(total,)] = await asking(Q.count, by)
    route = shortest(kinds, total, limit, offset)
    if route is None:
        return total, []
    given = {
        **by,
        "any_state": len(by["states"]) == len(FailureStatus),
        "any_cause": len(by["causes"]) == len(Cause),
        "skip": route.skip,
        "take": route.take,
    }
    found = await asking(Q[route.way], given)
    return total, [id_ for (id_,) in found]


def _filter(wanted: Wanted) -> dict[str, Any]:
    """The parameters that every statement has; where nothing was named, everything is."""
    return {
        "states": sorted({state.value for state in wanted.states or FailureStatus}),
        "causes": sorted({cause.value for cause in wanted.causes or Cause}),
        "begin": _bound(wanted.begin, "-infinity"),
        "end": _bound(wanted.end, "infinity"),
    }


def _bound(at: datetime | None, none: str) -> datetime | str:
    return none if at is None else at
