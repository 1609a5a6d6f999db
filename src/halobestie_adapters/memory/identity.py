"""People and log-ins in memory: the twin of the transaction that identity's use cases work in.

One transaction at a time, so that nobody sees half of another's; the locks of rows are then had for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar, final
from uuid import UUID

from attrs import evolve

from halobestie_adapters.errors import Busy, Clash, Conflict
from halobestie_adapters.memory.rows import Customer, Mitra
from halobestie_adapters.memory.shelf import Journal, undo
from halobestie_adapters.memory.tables import Tables
from halobestie_core.flow.availability import Listener
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
from halobestie_core.ports.store import Named
from halobestie_core.presence import MitraPresence
from halobestie_core.words import UserType

PATIENCE_SECONDS: Final = 2.0
_APPS: Final = (UserType.CUSTOMER, UserType.MITRA)

K = TypeVar("K")
V = TypeVar("V")


@final
class MemoryIdentityStore:
    """Where people and log-ins are remembered; all stores on the same tables are one."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[MemoryIdentityUnit]:
        """One transaction; it is undone when its block raises. Raises Busy."""
        journal: Journal = []
        async with AsyncExitStack() as locks:
            await _lock(self._tables.identity_lock, locks)
            try:
                yield MemoryIdentityUnit(self._tables, journal, locks)
            except BaseException:
                undo(journal)
                raise


@final
class MemoryIdentityUnit:
    """What identity asks, inside a transaction."""

    def __init__(self, tables: Tables, journal: Journal, locks: AsyncExitStack) -> None:
        self._tables = tables
        self._journal = journal
        self._locks = locks

    async def now(self) -> datetime:
        """The tables' clock."""
        return self._tables.clock.now

    # -- people

    async def add_customer(self, customer_id: UUID, display_name: str, phone: str | None = None) -> None:
        """A new customer; with a phone, a verified one."""
        self._free(phone, self._tables.customers, Clash.CUSTOMER_PHONE, "customers_phone")
        row = Customer(Named(customer_id, display_name), phone is not None, phone)
        self._put(self._tables.customers, customer_id, row)

    async def lock_customer(self, customer_id: UUID) -> Person | None:
        """Take the customer's lock, the one that commands take too."""
        if customer_id in self._tables.customers:
            await _lock(self._tables.locks[customer_id], self._locks)
        return await self.person(UserType.CUSTOMER, customer_id)

    async def person(self, user_type: UserType, person_id: UUID) -> Person | None:
        """A customer or mitra."""
        if user_type is UserType.MITRA:
            mitra = self._tables.mitras.get(person_id)
            return None if mitra is None else _mitra(mitra)
        customer = self._tables.customers.get(person_id)
        known = person_id in self._tables.identities.values()
        return None if customer is None else evolve(_customer(customer), has_identity=known)

    async def person_by_phone(self, user_type: UserType, phone: str) -> Person | None:
        """The customer or mitra whose phone this is."""
        people: Mapping[UUID, Customer | Mitra] = self._tables.customers
        if user_type is UserType.MITRA:
            people = self._tables.mitras
        found = next((person_id for person_id, row in people.items() if row.phone == phone), None)
        return None if found is None else await self.person(user_type, found)

    async def verify_phone(self, customer_id: UUID, phone: str) -> None:
        """An anonymous customer gets their phone; one who has a phone keeps it."""
        customer = self._tables.customers.get(customer_id)
        if customer is not None and customer.phone is None:
            self._free(phone, self._tables.customers, Clash.CUSTOMER_PHONE, "customers_phone")
            self._put(self._tables.customers, customer_id, evolve(customer, phone=phone, phone_verified=True))

    async def rename(self, user_type: UserType, person_id: UUID, display_name: str) -> Person | None:
        """Change the display name; the person after it."""
        people: dict[UUID, Any] = self._tables.customers
        if user_type is UserType.MITRA:
            people = self._tables.mitras
        if person_id in people:
            self._put(people, person_id, evolve(people[person_id], named=Named(person_id, display_name)))
        return await self.person(user_type, person_id)

    async def add_mitra(self, mitra_id: UUID, phone: str, display_name: str) -> None:
        """A new mitra, offline."""
        self._free(phone, self._tables.mitras, Clash.MITRA_PHONE, "mitras_phone")
        row = Mitra(Named(mitra_id, display_name), Listener(MitraPresence(mitra_id), 0), phone)
        self._put(self._tables.mitras, mitra_id, row)

    async def lock_mitra(self, mitra_id: UUID) -> Person | None:
        """Take the mitra's lock, the one that commands take too."""
        if mitra_id in self._tables.mitras:
            await _lock(self._tables.locks[mitra_id], self._locks)
        return await self.person(UserType.MITRA, mitra_id)

    async def keep_change(self, change: Change) -> None:
        """Write one row of the history of people."""
        self._journal.append(partial(self._tables.changes.remove, change))
        self._tables.changes.append(change)

    # -- identities of other houses

    async def lock_identity(self, identity: OutsideIdentity) -> UUID | None:
        """The customer whose an identity is."""
        return self._tables.identities.get((identity.provider, identity.subject))

    async def add_identity(self, identity: OutsideIdentity, customer_id: UUID) -> None:
        """Remember whose an identity is from now on."""
        key = identity.provider, identity.subject
        if key in self._tables.identities:
            raise Conflict(Clash.IDENTITY_KNOWN, "external_identities_pkey")
        self._put(self._tables.identities, key, customer_id)

    # -- log-ins

    async def open_session(self, session: AuthSession) -> None:
        """Record a new log-in."""
        self._put(self._tables.logins, session.id, session)

    async def lock_session(self, session_id: UUID) -> AuthSession | None:
        """A log-in, locked."""
        return self._tables.logins.get(session_id)

    async def rotate_session(self, session: AuthSession) -> None:
        """Write the next generation of a log-in; whether it was revoked is not its business."""
        before = self._tables.logins.get(session.id)
        if before is not None:
            self._put(self._tables.logins, session.id, evolve(session, revoked_at=before.revoked_at))

    async def revoke_session(self, session_id: UUID, reason: Revoked) -> None:
        """End a log-in; one that has ended keeps its first end."""
        before = self._tables.logins.get(session_id)
        if before is not None and before.revoked_at is None:
            self._put(self._tables.logins, session_id, evolve(before, revoked_at=self._tables.clock.now))
            self._put(self._tables.ends, session_id, reason)

    async def revoke_sessions(self, user_type: UserType, user_id: UUID, reason: Revoked) -> Sequence[UUID]:
        """End every log-in of somebody; those that had not ended."""
        going = [
            one.id
            for one in self._tables.logins.values()
            if (one.user_type, one.user_id) == (user_type, user_id) and one.revoked_at is None
        ]
        for session_id in going:
            await self.revoke_session(session_id, reason)
        return going

    # -- codes

    async def lock_challenges(self, phone: str) -> Sequence[Challenge]:
        """A phone's challenges, one per app, made if there were none."""
        for app in _APPS:
            if (app, phone) not in self._tables.challenges:
                self._put(self._tables.challenges, (app, phone), Challenge(phone, app))
        return [self._tables.challenges[app, phone] for app in _APPS]

    async def lock_challenge(self, user_type: UserType, phone: str) -> Challenge | None:
        """One challenge; None when no code was ever asked for."""
        return self._tables.challenges.get((user_type, phone))

    async def save_challenge(self, challenge: Challenge) -> None:
        """Write a challenge."""
        self._put(self._tables.challenges, (challenge.user_type, challenge.phone), challenge)

    # -- budgets

    async def spend(self, budget: Budget, key_hash: bytes) -> Spent:
        """Take one from a budget."""
        now, key = self._tables.clock.now, (budget.name, key_hash)
        spent = self._tables.budgets.get(key)
        if spent is None or spent.began_at <= now - timedelta(seconds=budget.seconds):
            spent = Spent(0, now, now)
        self._put(self._tables.budgets, key, evolve(spent, count=spent.count + 1, at=now))
        return self._tables.budgets[key]

    # -- operators

    async def add_operator(self, operator: Operator) -> None:
        """A new operator."""
        if await self.operator_by_email(operator.email) is not None:
            raise Conflict(Clash.OPERATOR_EMAIL, "cc_users_email")
        self._put(self._tables.operators, operator.id, operator)

    async def operator(self, operator_id: UUID) -> Operator | None:
        """An operator by id."""
        return self._tables.operators.get(operator_id)

    async def operator_by_email(self, email: str) -> Operator | None:
        """An operator by e-mail, in lower case."""
        return next((one for one in self._tables.operators.values() if one.email == email), None)

    async def lock_operator(self, operator_id: UUID) -> Operator | None:
        """An operator by id, locked."""
        return await self.operator(operator_id)

    async def set_operator(self, operator_id: UUID, password_hash: str, *, disabled: bool) -> None:
        """Write what may be changed of an operator."""
        operator = self._tables.operators.get(operator_id)
        if operator is not None:
            after = evolve(operator, password_hash=password_hash, disabled=disabled)
            self._put(self._tables.operators, operator_id, after)

    async def replace_password_hash(self, operator_id: UUID, before: str, after: str) -> None:
        """Store the same password's newer hash, unless the password was changed meanwhile."""
        operator = self._tables.operators.get(operator_id)
        if operator is not None and operator.password_hash == before:
            self._put(self._tables.operators, operator_id, evolve(operator, password_hash=after))

    async def lock_attempts(self, email_hash: bytes) -> LoginAttempts:
        """An address' log-in count, made if there was none."""
        if email_hash not in self._tables.attempts:
            fresh = LoginAttempts(email_hash, 0, self._tables.clock.now, None)
            self._put(self._tables.attempts, email_hash, fresh)
        return self._tables.attempts[email_hash]

    async def save_attempts(self, attempts: LoginAttempts) -> None:
        """Write a count."""
        self._put(self._tables.attempts, attempts.email_hash, attempts)

    async def forget_attempts(self, email_hash: bytes) -> None:
        """A log-in succeeded: start counting from nothing."""
        before = self._tables.attempts.get(email_hash)
        if before is not None:
            self._put(self._tables.attempts, email_hash, evolve(before, failures=0, locked_until=None))

    # -- how

    def _put(self, table: dict[K, V], key: K, row: V) -> None:
        before = {key: table[key]} if key in table else None

        def restore() -> None:
            del table[key]
            table.update(before or {})

        self._journal.append(restore)
        table[key] = row

    def _free(
        self, phone: str | None, people: Mapping[UUID, Customer | Mitra], clash: Clash, rule: str
    ) -> None:
        if phone is not None and any(row.phone == phone for row in people.values()):
            raise Conflict(clash, rule)


async def _lock(lock: asyncio.Lock, locks: AsyncExitStack) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await locks.enter_async_context(lock)
    except TimeoutError as waited:
        raise Busy("somebody else is at it") from waited


def _customer(row: Customer) -> Person:
    return Person(row.named.id, UserType.CUSTOMER, row.named.display_name, row.phone_verified)


def _mitra(row: Mitra) -> Person:
    blocked = row.listener.presence.is_blocked
    return Person(row.named.id, UserType.MITRA, row.named.display_name, phone_verified=True, blocked=blocked)


__all__ = ["MemoryIdentityStore", "MemoryIdentityUnit"]
