"""What identity asks of the outside: tokens, codes, passwords, phones, a store of people and log-ins.

It does not know how a token is signed, how a code travels, nor any limit: the limits are data of the use
cases. Instants are timezone-aware UTC and come from the store's clock, read after the locks it took.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from halobestie_core.words import UserType

# ---------------------------------------------------------------------- what is remembered


class Audience(StrEnum):
    """Which listener an access token is for; each has keys of its own."""

    PUBLIC = "public"
    INTERNAL = "internal"


class Revoked(StrEnum):
    """Why a log-in ended before its time."""

    LOGOUT = "logout"
    REUSE = "reuse"
    BLOCKED = "blocked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a reason, not a secret


@frozen
class Claims:
    """What a verified access token says: who, in which log-in, until when."""

    user_id: UUID
    user_type: UserType
    session_id: UUID
    issued_at: datetime
    expires_at: datetime


@frozen
class PresentedToken:
    """A refresh token that is genuinely ours, though perhaps an old one; `text` is never printed."""

    session_id: UUID
    generation: int
    text: str = field(repr=False)


@frozen
class AuthSession:
    """One log-in: one family of refresh tokens. `expires_at` is the idle limit, moved by every use."""

    id: UUID
    user_type: UserType
    user_id: UUID
    token_hash: bytes = field(repr=False)
    generation: int
    rotated_at: datetime
    expires_at: datetime
    absolute_expires_at: datetime
    revoked_at: datetime | None


@frozen
class Person:
    """A customer or a mitra. `phone_verified` is true of every mitra; `blocked` never of a customer."""

    id: UUID
    user_type: UserType
    display_name: str
    phone_verified: bool
    blocked: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Known by this installation only: nobody has proved a phone."""
        return not self.phone_verified


@frozen
class Operator:
    """Somebody who works in the control center. `email` is in lower case."""

    id: UUID
    email: str
    password_hash: str = field(repr=False)
    disabled: bool


@frozen
class Challenge:
    """The codes of one phone for one app. `sends`: when messages went out in the last day, oldest first."""

    phone: str = field(repr=False)
    user_type: UserType
    code_hash: bytes | None = field(repr=False, default=None)
    code_expires_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    sends: Sequence[datetime] = ()


@frozen
class LoginAttempts:
    """Log-ins tried on one e-mail address since the last that succeeded; the address is a keyed hash."""

    email_hash: bytes = field(repr=False)
    failures: int
    tried_at: datetime
    locked_until: datetime | None


# ---------------------------------------------------------------------- what may go wrong


class InvalidToken(Exception):
    """Not a token of ours, or not any more. `reason` is for the log and names no part of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidPhone(Exception):
    """Not a phone we can send a code to; the sentence is for whoever typed it, and does not repeat it."""


class OtpNotSent(Exception):
    """The provider did not take the message; the sentence holds neither phone nor code."""


class TooManyWaiting(Exception):
    """The hasher's queue is full; nothing was computed."""


# -------------------------------------------------------------------- who does it


class Tokens(Protocol):
    """Signs and verifies access tokens for one audience. No I/O: safe to call on every request."""

    @property
    def lifetime(self) -> timedelta:
        """How long a token lives."""
        ...

    def issue(self, user_id: UUID, user_type: UserType, session_id: UUID, now: datetime) -> str:
        """A signed token, living from `now`."""
        ...

    def read(self, token: str) -> Claims:
        """What a token says. Raises InvalidToken."""
        ...


class RefreshTokens(Protocol):
    """Makes refresh tokens, and each one's successor from it; remembers nothing."""

    def first(self, session_id: UUID) -> str:
        """A new family's first token, generation 0."""
        ...

    def read(self, token: str) -> PresentedToken:
        """Recognise a token of ours, old or new. Raises InvalidToken."""
        ...

    def successors(self, token: PresentedToken) -> Sequence[str]:
        """The token that follows, by each key in force; the first is the one to hand out anew."""
        ...

    def hashed(self, token: str) -> bytes:
        """What the store keeps of a token: 32 bytes."""
        ...

    def matches(self, token: str, stored: bytes) -> bool:
        """Whether `stored` was made of this token, by any key in force; in constant time."""
        ...


class Codes(Protocol):
    """Draws one-time codes, and hashes what must not be kept in the clear."""

    def fresh(self) -> str:
        """Six unpredictable decimal digits."""
        ...

    def hashed(self, user_type: UserType, phone: str, code: str) -> bytes:
        """What the store keeps of a code: 32 bytes."""
        ...

    def matches(self, user_type: UserType, phone: str, code: str, stored: bytes) -> bool:
        """Whether `stored` was made of this code, by any key in force; in constant time."""
        ...

    def hashed_email(self, email: str) -> bytes:
        """Under which log-ins on an e-mail address are counted: 32 bytes."""
        ...


class OtpSender(Protocol):
    """Brings a code to a phone."""

    async def send(self, phone: str, code: str) -> None:
        """Raises OtpNotSent."""
        ...


class Phones(Protocol):
    """Knows which phones there are, and the one way to write each."""

    def normalise(self, text: str) -> str:
        """The phone as E.164 (`+62812...`). Raises InvalidPhone."""
        ...


class PasswordHasher(Protocol):
    """A slow password hash, computed beside the event loop, a few at a time."""

    async def hash(self, password: str) -> str:
        """What the store keeps. Raises TooManyWaiting."""
        ...

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it is the password; with nothing stored, False after as long a time.

        Raises TooManyWaiting.
        """
        ...

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with weaker parameters than today's and should be made again."""
        ...


class IdentityUnit(Protocol):
    """One transaction over people and log-ins; it commits when its block ends, and not when that raises.

    Locks in this order: customer, then challenge or session. `now` after the locks.
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
        """Take the customer's lock, the first of all."""
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
