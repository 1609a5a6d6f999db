"""People and log-ins on PostgreSQL: the transaction that identity's use cases work in.

It does not know when a code is right or a token stale: it locks, reads the clock, writes what it is told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar, final
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor, AsyncServerCursor
from psycopg.rows import AsyncRowFactory, TupleRow
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.id_tokens import OutsideIdentity
from halobestie_core.ports.identity import (
    AuthSession,
    Challenge,
    Change,
    LoginAttempts,
    Operator,
    Person,
    Revoked,
    Spent,
)
from halobestie_core.words import UserType

if TYPE_CHECKING:
    from typing import LiteralString

Q: Final = load("identity")

_T = TypeVar("_T")


@final
class PostgresIdentityStore:
    """Where people and log-ins are remembered."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[PostgresIdentityUnit]:
        """One transaction; BEGIN travels with the first statement, COMMIT with the last writes.

        Raises StoreUnavailable, Busy, Conflict.
        """
        async with connection(self._pool) as conn, conn.pipeline(), conn.transaction():
            yield PostgresIdentityUnit(conn)

    async def purge_budgets(self, limit: int) -> int:
        """Remove at most so many budgets whose time is long over; how many they were."""
        async with connection(self._pool) as conn:
            return (await conn.execute(Q.purge_budgets, {"limit": limit})).rowcount


@final
class PostgresIdentityUnit:
    """The statements of identity, inside the transaction of `PostgresIdentityStore.unit`."""

    def __init__(self, conn: AsyncConnection[TupleRow]) -> None:
        self._conn = conn

    async def now(self) -> datetime:
        """The server's clock at this moment."""
        row = await (await self._conn.execute(Q.now)).fetchone()
        if row is None:
            raise StoreUnavailable("the clock gave no answer")
        moment: datetime = row[0]
        return moment

    # -- people

    async def add_customer(self, customer_id: UUID, display_name: str, phone: str | None = None) -> None:
        """A new customer; with a phone, a verified one."""
        await self._write(Q.add_customer, id=customer_id, display_name=display_name, phone=phone)

    async def lock_customer(self, customer_id: UUID) -> Person | None:
        """Take the customer's lock, and read them as they are then."""
        await self._write(Q.lock_customer, id=customer_id)
        return await self._one(_person, Q.customer_locked, id=customer_id)

    async def person(self, user_type: UserType, person_id: UUID) -> Person | None:
        """A customer or mitra, as last committed."""
        query = Q.mitra if user_type is UserType.MITRA else Q.customer
        return await self._one(_person, query, id=person_id)

    async def person_by_phone(self, user_type: UserType, phone: str) -> Person | None:
        """The customer or mitra whose phone this is."""
        query = Q.mitra_by_phone if user_type is UserType.MITRA else Q.customer_by_phone
        return await self._one(_person, query, phone=phone)

    async def verify_phone(self, customer_id: UUID, phone: str) -> None:
        """An anonymous customer gets their phone."""
        await self._write(Q.verify_phone, id=customer_id, phone=phone)

    async def rename(self, user_type: UserType, person_id: UUID, display_name: str) -> Person | None:
        """Change the display name; the person after it."""
        query = Q.rename_mitra if user_type is UserType.MITRA else Q.rename_customer
        return await self._one(_person, query, id=person_id, display_name=display_name)

    async def add_mitra(self, mitra_id: UUID, phone: str, display_name: str) -> None:
        """A new mitra, offline."""
        await self._write(Q.add_mitra, id=mitra_id, phone=phone, display_name=display_name)

    async def lock_mitra(self, mitra_id: UUID) -> Person | None:
        """Take the mitra's lock."""
        return await self._one(_person, Q.lock_mitra, id=mitra_id)

    async def keep_change(self, change: Change) -> None:
        """Write one row of the history of people."""
        await self._write(
            Q.keep_change,
            subject_type=change.subject_type.value,
            subject_id=change.subject_id,
            kind=change.kind.value,
            author=change.author,
            before=None if change.before is None else Jsonb(dict(change.before)),
            after=None if change.after is None else Jsonb(dict(change.after)),
        )

    # -- identities of other houses

    async def lock_identity(self, identity: OutsideIdentity) -> UUID | None:
        """Take an identity's lock; the customer whose it is."""
        named = {"provider": identity.provider.value, "subject": identity.subject}
        await self._write(Q.lock_identity, **named)
        row = await (await self._conn.execute(Q.customer_by_identity, named)).fetchone()
        return None if row is None else row[0]

    async def add_identity(self, identity: OutsideIdentity, customer_id: UUID) -> None:
        """Remember whose an identity is from now on."""
        await self._write(
            Q.add_identity,
            provider=identity.provider.value,
            subject=identity.subject,
            customer_id=customer_id,
        )

    # -- log-ins

    async def open_session(self, session: AuthSession) -> None:
        """Record a new log-in."""
        await self._write(
            Q.open_session,
            id=session.id,
            user_type=session.user_type.value,
            user_id=session.user_id,
            token_hash=session.token_hash,
            generation=session.generation,
            rotated_at=session.rotated_at,
            expires_at=session.expires_at,
            absolute_expires_at=session.absolute_expires_at,
        )

    async def lock_session(self, session_id: UUID) -> AuthSession | None:
        """Take a log-in's lock."""
        return await self._one(_session, Q.lock_session, id=session_id)

    async def rotate_session(self, session: AuthSession) -> None:
        """Write the next generation of a log-in whose lock is held."""
        await self._write(
            Q.rotate_session,
            id=session.id,
            token_hash=session.token_hash,
            generation=session.generation,
            rotated_at=session.rotated_at,
            expires_at=session.expires_at,
        )

    async def revoke_session(self, session_id: UUID, reason: Revoked) -> None:
        """End a log-in; one that has ended keeps its first reason."""
        await self._write(Q.revoke_session, id=session_id, reason=reason.value)

    async def revoke_sessions(self, user_type: UserType, user_id: UUID, reason: Revoked) -> Sequence[UUID]:
        """End every log-in of somebody; those that had not ended."""
        given = {"user_type": user_type.value, "user_id": user_id, "reason": reason.value}
        cursor = await self._conn.execute(Q.revoke_sessions, given)
        return [row[0] for row in await cursor.fetchall()]

    # -- codes

    async def lock_challenges(self, phone: str) -> Sequence[Challenge]:
        """Take the locks of a phone's challenges, one per app, made if there were none."""
        await self._write(Q.make_challenges, phone=phone)
        async with self._conn.cursor(row_factory=rows(_challenge)) as cursor:
            await cursor.execute(Q.lock_challenges, {"phone": phone})
            return await cursor.fetchall()

    async def lock_challenge(self, user_type: UserType, phone: str) -> Challenge | None:
        """Take the lock of one challenge; None when no code was ever asked for."""
        return await self._one(_challenge, Q.lock_challenge, phone=phone, user_type=user_type.value)

    async def save_challenge(self, challenge: Challenge) -> None:
        """Write a challenge whose lock is held."""
        await self._write(
            Q.save_challenge,
            phone=challenge.phone,
            user_type=challenge.user_type.value,
            code_hash=challenge.code_hash,
            code_expires_at=challenge.code_expires_at,
            failures=challenge.failures,
            failed_at=challenge.failed_at,
            sends=list(challenge.sends),
        )

    # -- budgets

    async def spend(self, budget: Budget, key_hash: bytes) -> Spent:
        """Take one from a budget, and its lock."""
        given = {"budget": budget.name, "key_hash": key_hash, "seconds": budget.seconds}
        spent = await self._one(Spent, Q.spend, **given)
        if spent is None:
            raise StoreUnavailable("the budget gave no answer")
        return spent

    # -- operators

    async def add_operator(self, operator: Operator) -> None:
        """A new operator."""
        await self._write(
            Q.add_operator, id=operator.id, email=operator.email, password_hash=operator.password_hash
        )

    async def operator(self, operator_id: UUID) -> Operator | None:
        """An operator by id."""
        return await self._one(Operator, Q.operator, id=operator_id)

    async def operator_by_email(self, email: str) -> Operator | None:
        """An operator by e-mail, in lower case."""
        return await self._one(Operator, Q.operator_by_email, email=email)

    async def lock_operator(self, operator_id: UUID) -> Operator | None:
        """Take an operator's lock."""
        return await self._one(Operator, Q.lock_operator, id=operator_id)

    async def set_operator(self, operator_id: UUID, password_hash: str, *, disabled: bool) -> None:
        """Write what may be changed of an operator."""
        await self._write(Q.set_operator, id=operator_id, password_hash=password_hash, disabled=disabled)

    async def replace_password_hash(self, operator_id: UUID, before: str, after: str) -> None:
        """Store the same password's newer hash, unless the password was changed meanwhile."""
        await self._write(Q.replace_password_hash, id=operator_id, before=before, after=after)

    async def lock_attempts(self, email_hash: bytes) -> LoginAttempts:
        """Take the lock of an address' log-in count, made if there was none."""
        await self._write(Q.make_attempts, email_hash=email_hash)
        attempts = await self._one(LoginAttempts, Q.lock_attempts, email_hash=email_hash)
        if attempts is None:  # a cleaner took the row between the two statements; the next try makes it again
            raise StoreUnavailable("the count of log-ins went away")
        return attempts

    async def save_attempts(self, attempts: LoginAttempts) -> None:
        """Write a count whose lock is held."""
        await self._write(
            Q.save_attempts,
            email_hash=attempts.email_hash,
            failures=attempts.failures,
            tried_at=attempts.tried_at,
            locked_until=attempts.locked_until,
        )

    async def forget_attempts(self, email_hash: bytes) -> None:
        """A log-in succeeded: start counting from nothing."""
        await self._write(Q.forget_attempts, email_hash=email_hash)

    # -- how

    async def _write(self, query: LiteralString, **values: object) -> None:
        """Queue a statement; what it breaks comes out at the next read, or at the unit's end."""
        await self._conn.execute(query, values)

    async def _one(self, make: Callable[..., _T], query: LiteralString, **values: object) -> _T | None:
        async with self._conn.cursor(row_factory=rows(make)) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchone()


def rows(make: Callable[..., _T]) -> AsyncRowFactory[_T]:
    """A row factory that calls `make` with the columns by name; unlike `class_row`, it takes a function."""

    def factory(cursor: AsyncCursor[Any] | AsyncServerCursor[Any]) -> Callable[[Sequence[Any]], _T]:
        names = [column.name for column in cursor.description or ()]
        return lambda values: make(**dict(zip(names, values, strict=True)))

    return factory


def _person(**columns: Any) -> Person:  # noqa: ANN401 - columns of a row
    return Person(user_type=UserType(columns.pop("user_type")), **columns)


def _session(**columns: Any) -> AuthSession:  # noqa: ANN401 - columns of a row
    return AuthSession(user_type=UserType(columns.pop("user_type")), **columns)


def _challenge(**columns: Any) -> Challenge:  # noqa: ANN401 - columns of a row
    return Challenge(
        user_type=UserType(columns.pop("user_type")), sends=tuple(columns.pop("sends")), **columns
    )
