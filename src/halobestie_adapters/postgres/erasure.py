"""`People` of erasure on PostgreSQL: one transaction per step, under the person's own lock.

It does not know who may ask, nor how a mitra is kept from being offered anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, final

from attrs import frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.erasure import PSEUDONYM, Erased
from halobestie_core.ports.presence import User
from halobestie_core.ports.store import SYSTEM, Actor
from halobestie_core.words import UserType

Q: Final = load("erasure")

LATER: Final = timedelta(seconds=20)
"""Until somebody who was busy is looked at again, and who was just erased, for what was under way."""
LEASE: Final = timedelta(seconds=30)
"""A look takes far less."""
AGAIN: Final = timedelta(hours=2)
"""By then no request of before is under way, and no token of theirs lives."""

_Conn = AsyncConnection[TupleRow]


@frozen
class _Told:
    """What `erasures` says of somebody."""

    asked: bool
    by_them: bool
    done: bool
    settled: bool


@final
class PostgresErasures:
    """The port, on a pool."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def ask(self, whom: User, by: Actor, reason: str | None) -> Erased | None:
        """Keep the wish and end every log-in."""
        async with connection(self._pool) as conn, conn.transaction():
            if await _locked(conn, whom) is None:
                return None
            told = await _told(conn, whom, by)
            if told.done:
                return Erased.DONE
            if not told.by_them:
                await conn.execute(Q.keep, _step(whom, "asked", by, reason))
            await conn.execute(Q.end_log_ins, _of(whom))
            await conn.execute(Q.put_due, {**_of(whom), "later": LEASE})
        return Erased.WAITING

    async def is_busy(self, whom: User) -> bool:
        """Whether something of theirs is open."""
        async with connection(self._pool) as conn:
            return await _busy(conn, whom)

    async def erase(self, whom: User) -> Erased:
        """Erase, or look again later. Raises LookupError where nobody asked for it."""
        async with connection(self._pool) as conn, conn.transaction():
            person = await _locked(conn, whom)
            told = await _told(conn, whom, SYSTEM)
            if person is None or not told.asked:
                raise LookupError("nobody asked for this person to be erased")
            open_to_offers = not person.get("blocked", True)
            if not told.done and (open_to_offers or await _busy(conn, whom)):
                await conn.execute(Q.put_due, {**_of(whom), "later": LATER})
                return Erased.WAITING
            await _forget(conn, whom, person["phone"])
            if not told.done:
                await conn.execute(Q.keep, _step(whom, "done", SYSTEM, None))
            if told.settled:
                await conn.execute(Q.not_due, _of(whom))
            else:  # soon, so that nobody begins anything with a log-in that was under way; then at last
                later = AGAIN if told.done else LATER
                await conn.execute(Q.put_due, {**_of(whom), "later": later})
        return Erased.DONE

    async def due(self, limit: int) -> Sequence[User]:
        """Take people to look at."""
        async with connection(self._pool) as conn:
            found = await (await conn.execute(Q.take_due, {"limit": limit, "lease": LEASE})).fetchall()
        return [User(UserType(kind), id_) for kind, id_ in found]


async def _forget(conn: _Conn, whom: User, phone: str | None) -> None:
    """Everything that tells who they were, or what they said. May be done twice."""
    given = {**_of(whom), "phone": phone, "pseudonym": PSEUDONYM}
    customer = whom.type is UserType.CUSTOMER
    theirs = (
        (
            Q.rename_customer,
            Q.destroy_keys_of_customer,
            Q.forget_last_words,
            Q.forget_identities,
            Q.forget_answers_naming_customer,
            Q.forget_webhooks,
        )
        if customer
        else (Q.rename_mitra, Q.destroy_keys_of_mitra, Q.forget_answers_naming_mitra)
    )
    everybodys = (Q.forget_codes, Q.end_log_ins, Q.forget_log_ins, Q.forget_devices, Q.forget_answers)
    async with conn.pipeline():
        for statement in (*theirs, *everybodys):
            await conn.execute(statement, given)


async def _locked(conn: _Conn, whom: User) -> dict[str, Any] | None:
    cursor = conn.cursor(row_factory=dict_row)
    lock = Q.lock_customer if whom.type is UserType.CUSTOMER else Q.lock_mitra
    return await (await cursor.execute(lock, _of(whom))).fetchone()


async def _told(conn: _Conn, whom: User, by: Actor) -> _Told:
    given = {**_of(whom), "actor_type": by.type.value, "actor_id": by.id}
    row = await (await conn.execute(Q.told, given)).fetchone()
    return _Told(*row) if row is not None else _Told(asked=False, by_them=False, done=False, settled=False)


async def _busy(conn: _Conn, whom: User) -> bool:
    query = Q.customer_is_busy if whom.type is UserType.CUSTOMER else Q.mitra_is_busy
    row = await (await conn.execute(query, _of(whom))).fetchone()
    return row is None or bool(row[0])


def _of(whom: User) -> dict[str, object]:
    return {"type": whom.type.value, "id": whom.id}


def _step(whom: User, step: str, by: Actor, reason: str | None) -> dict[str, object]:
    return {**_of(whom), "step": step, "actor_type": by.type.value, "actor_id": by.id, "reason": reason}


__all__ = ["PostgresErasures"]
