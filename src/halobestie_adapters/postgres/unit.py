"""The unit of work on PostgreSQL: one command, one transaction, two round trips.

The first trip begins, takes the locks in their order (customer, mitra), reads what the command concerns and,
last, the clock. The second writes everything and commits; a compare-and-set that matches no row raises inside
the server, so the COMMIT behind it in the same trip is never run. READ COMMITTED is enough: each statement
after a lock sees what the holder before us committed. A command that saves nothing has another second trip,
its ROLLBACK.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, final
from uuid import UUID

import psycopg
from attrs import define, evolve, field
from psycopg import AsyncConnection
from psycopg.errors import InvalidSqlStatementName
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.ids import uuid7
from halobestie_adapters.phone_hashes import PhoneHash
from halobestie_adapters.postgres import loading
from halobestie_adapters.postgres.aggregates import Statement
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.trip import Answer, compiled, forget, travel
from halobestie_adapters.postgres.writes import statements
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.store import Actor, Loaded, Scope

_STATEMENTS: Final = compiled(load("unit"))
_NOTHING: Final[Mapping[str, object]] = {}


@define
class Cost:
    """What one command cost the store: waits for the network, statements, rows written, rows locked by name.

    ``statements``: without BEGIN, COMMIT and ROLLBACK.
    """

    round_trips: int = 0
    statements: list[str] = field(factory=list)
    rows_written: int = 0
    locks: list[str] = field(factory=list)


@final
class PostgresUnit:
    """An open transaction. Made by :class:`PostgresStore`; leaving it unsaved rolls back."""

    def __init__(
        self,
        conn: AsyncConnection[TupleRow],
        new_id: Callable[[], UUID],
        cost: Cost,
        phone_hash: PhoneHash | None = None,
    ) -> None:
        self._conn = conn
        self._new_id = new_id
        self._cost = cost
        self._phone_hash = phone_hash
        self._phone_hmac: str | None = None
        self._loaded: Loaded | None = None

    @property
    def loaded(self) -> Loaded:
        """What was loaded under the locks."""
        if self._loaded is None:
            raise LookupError("nothing is loaded before the unit is entered")
        return self._loaded

    async def load(self, scope: Scope) -> None:
        """Begin, lock, read, look at the clock: one round trip. Raises psycopg's errors."""
        given = loading.parameters(scope)
        steps = list(loading.steps(scope))
        queries: list[Statement] = [("begin", _NOTHING), *((query, given) for _, query in steps)]
        try:
            answers = await self._travel(queries)
        except InvalidSqlStatementName:
            # Somebody else's roll-back on this connection made the driver drop all that was prepared on it.
            # BEGIN is the first of ours, so nothing has begun.
            forget(self._conn)
            answers = await self._travel(queries)
        found = {
            what: loading.read(what, answer) for (what, _), answer in zip(steps, answers[1:], strict=True)
        }
        self._loaded = loading.assembled(found)
        if self._phone_hash is not None:
            claim = loading.buying(found).claim(self._loaded.promotion)
            if claim is not None:
                self._loaded = await self._claiming(self._loaded, self._phone_hash(claim))

    async def _claiming(self, loaded: Loaded, phone_hmac: str | None) -> Loaded:
        """Look whether a phone had the discount: one more round trip, for those who would have it else."""
        claimed = True
        if phone_hmac is not None:
            customer = loaded.customer
            given = {"phone_hmac": phone_hmac, "customer_id": None if customer is None else customer.id}
            (answer,) = await self._travel([("phone_claimed", given)])
            claimed = answer.rows[0][0]
        self._phone_hmac = phone_hmac
        return evolve(loaded, buyer=evolve(loaded.buyer, phone_claimed=claimed))

    async def save(
        self, moved: Moved, actor: Actor, *, done: int | None = None, closing_message: bytes | None = None
    ) -> None:
        """Write everything and commit: one round trip. Raises as the port says."""
        written = statements(moved, actor, self.loaded.now, self._new_id, self._phone_hmac)
        await self._write([*written, *_closing(moved, closing_message), *_done(done)])

    async def dismiss(self, done: int) -> None:
        """Mark the outbox row as dealt with and commit."""
        await self._write(_done(done))

    async def _write(self, queries: Sequence[Statement]) -> None:
        if self._conn.info.transaction_status is TransactionStatus.IDLE:
            raise LookupError("this unit is over: it was saved already")
        with translated():
            answers = await self._travel([*queries, ("commit", _NOTHING)])
        self._cost.rows_written += sum(answer.count for answer in answers)

    async def leave(self) -> None:
        """Roll back what was not committed. A connection that is gone has done so by itself."""
        if self._conn.closed or self._conn.info.transaction_status is TransactionStatus.IDLE:
            return
        with suppress(psycopg.Error):  # the pool sees that it is broken, and the caller has better news
            await self._travel([("rollback", _NOTHING)])

    async def _travel(self, queries: Sequence[Statement]) -> list[Answer]:
        self._cost.round_trips += 1
        self._cost.statements += [name for name, _ in queries if name not in _AROUND]
        self._cost.locks += [
            name.removeprefix("lock_").partition("_of_")[0] for name, _ in queries if name.startswith("lock_")
        ]
        return await travel(self._conn, [(_STATEMENTS[name], given) for name, given in queries])


_AROUND: Final = frozenset({"begin", "commit", "rollback"})


def _closing(moved: Moved, sealed: bytes | None) -> list[Statement]:
    chat = moved.after.chat
    if sealed is None or chat is None:
        return []
    return [("keep_closing_message", {"session_id": chat.id, "sealed": sealed})]


def _done(done: int | None) -> list[Statement]:
    return [] if done is None else [("outbox_done", {"done": done})]


@final
class PostgresStore:
    """The store on PostgreSQL. ``watch`` is told what each finished command cost, for tests and metrics.

    ``phone_hash`` is how phones are remembered that had the discount; without one none are.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        new_id: Callable[[], UUID] = uuid7,
        watch: Callable[[Cost], None] | None = None,
        phone_hash: PhoneHash | None = None,
    ) -> None:
        self._pool = pool
        self._new_id = new_id
        self._watch = watch
        self._phone_hash = phone_hash

    @asynccontextmanager
    async def unit(self, scope: Scope) -> AsyncIterator[PostgresUnit]:
        """Open a transaction, take the locks and load. Raises Busy, StoreUnavailable."""
        cost = Cost()
        async with connection(self._pool) as conn:
            unit = PostgresUnit(conn, self._new_id, cost, self._phone_hash)
            try:
                await unit.load(scope)
                yield unit
            finally:
                await unit.leave()
        if self._watch is not None:
            self._watch(cost)


__all__ = ["Cost", "PostgresStore", "PostgresUnit"]
