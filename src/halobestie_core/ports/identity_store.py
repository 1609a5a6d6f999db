"""The store of people and log-ins, as one transaction at a time. It knows no limit and judges nothing."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

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


class IdentityUnit(Protocol):
    """One transaction over people and log-ins; it commits when its block ends, and not when that raises.

    Locks in this order: an identity of another house, customer, what is spent from an address, challenge or
    session, what is spent by everybody. `now` after the locks.
    """

    async def now(self) -> datetime:
        """The store's clock at this moment, not at the transaction's begin."""
        ...

    # -- people

    async def add_customer(self, customer_id: UUID, display_name: str, phone: str | None = None) -> None:
        """A new customer; with a phone, a verified one.

        Raises the store's conflict when the phone has an account.
        """
        ...

    async def lock_customer(self, customer_id: UUID) -> Person | None:
        """Take the customer's lock; nobody when they were erased."""
        ...

    async def person(self, user_type: UserType, person_id: UUID) -> Person | None:
        """A customer or mitra, as last committed."""
        ...

    async def person_by_phone(self, user_type: UserType, phone: str) -> Person | None:
        """The customer or mitra whose phone this is."""
        ...

    async def verify_phone(self, customer_id: UUID, phone: str) -> None:
        """An anonymous customer gets their phone.

        Raises the store's conflict when the phone has an account.
        """
        ...

    async def rename(self, user_type: UserType, person_id: UUID, display_name: str) -> Person | None:
        """Change the display name; the person after it."""
        ...

    async def add_mitra(self, mitra_id: UUID, phone: str, display_name: str) -> None:
        """A new mitra, offline. Raises the store's conflict when the phone is registered."""
        ...

    async def lock_mitra(self, mitra_id: UUID) -> Person | None:
        """Take the mitra's lock."""
        ...

    async def keep_change(self, change: Change) -> None:
        """Write one row of the history of people."""
        ...

    # -- identities of other houses

    async def lock_identity(self, identity: OutsideIdentity) -> UUID | None:
        """Take an identity's lock, the first of all; the customer whose it is."""
        ...

    async def add_identity(self, identity: OutsideIdentity, customer_id: UUID) -> None:
        """Remember whose an identity is from now on.

        Raises the store's conflict when it is somebody's.
        """
        ...

    # -- log-ins

    async def open_session(self, session: AuthSession) -> None:
        """Record a new log-in."""
        ...

    async def lock_session(self, session_id: UUID) -> AuthSession | None:
        """Take a log-in's lock."""
        ...

    async def rotate_session(self, session: AuthSession) -> None:
        """Write the generation, hash, `rotated_at` and `expires_at` of a log-in whose lock is held."""
        ...

    async def revoke_session(self, session_id: UUID, reason: Revoked) -> None:
        """End a log-in; one that has ended keeps its first reason."""
        ...

    async def revoke_sessions(self, user_type: UserType, user_id: UUID, reason: Revoked) -> Sequence[UUID]:
        """End every log-in of somebody; return those that had not ended."""
        ...

    # -- codes

    async def lock_challenges(self, phone: str) -> Sequence[Challenge]:
        """Take the locks of a phone's challenges, one per app, made if there were none."""
        ...

    async def lock_challenge(self, user_type: UserType, phone: str) -> Challenge | None:
        """Take the lock of one challenge; None when no code was ever asked for."""
        ...

    async def save_challenge(self, challenge: Challenge) -> None:
        """Write a challenge whose lock is held."""
        ...

    # -- budgets

    async def spend(self, budget: Budget, key_hash: bytes) -> Spent:
        """Take one from a budget of whoever this is, and its lock; the time runs from the first taken."""
        ...

    # -- operators

    async def add_operator(self, operator: Operator) -> None:
        """Raises the store's conflict when the e-mail has an account."""
        ...

    async def operator(self, operator_id: UUID) -> Operator | None:
        """An operator by id."""
        ...

    async def operator_by_email(self, email: str) -> Operator | None:
        """An operator by e-mail, in lower case."""
        ...

    async def lock_operator(self, operator_id: UUID) -> Operator | None:
        """Take an operator's lock: whoever is let in is not disabled meanwhile."""
        ...

    async def set_operator(self, operator_id: UUID, password_hash: str, *, disabled: bool) -> None:
        """Write what may be changed of an operator whose lock is held."""
        ...

    async def replace_password_hash(self, operator_id: UUID, before: str, after: str) -> None:
        """Store the same password's newer hash, unless the password was changed meanwhile."""
        ...

    async def lock_attempts(self, email_hash: bytes) -> LoginAttempts:
        """Take the lock of an address' log-in count, made if there was none."""
        ...

    async def save_attempts(self, attempts: LoginAttempts) -> None:
        """Write a count whose lock is held."""
        ...

    async def forget_attempts(self, email_hash: bytes) -> None:
        """A log-in succeeded: start counting from nothing."""
        ...


class IdentityStore(Protocol):
    """Where people and log-ins are remembered."""

    def unit(self) -> AbstractAsyncContextManager[IdentityUnit]:
        """Begin a transaction: `async with store.unit() as unit`."""
        ...
