"""What identity asks of the outside: tokens, codes, passwords and phones; and what is remembered of people.

It does not know how a token is signed, how a code travels, nor any limit: the limits are data of the use
cases. Instants are timezone-aware UTC and come from the store's clock, read after the locks it took.
"""

from collections.abc import Mapping, Sequence
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


class ChangeKind(StrEnum):
    """What was changed about somebody, by an operator or on the command line."""

    CREATED = "created"
    RENAMED = "renamed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a change, not a secret


@frozen
class Change:
    """One row of the history of people; ``author`` is an operator, None the installation itself.

    ``before`` and ``after`` hold names, never a phone or a secret: such a row is kept for ever.
    """

    subject_type: UserType
    subject_id: UUID
    kind: ChangeKind
    author: UUID | None = None
    before: Mapping[str, str] | None = None
    after: Mapping[str, str] | None = None


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
    has_identity: bool = False
    """Whether Google or Apple said who this is."""

    @property
    def is_anonymous(self) -> bool:
        """Known by this installation only: neither a phone was proved nor an identity of another house."""
        return not (self.phone_verified or self.has_identity)


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


@frozen
class Spent:
    """What was spent of a budget since ``began_at``, with what was just spent, which was ``at``."""

    count: int
    began_at: datetime
    at: datetime


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

    def hashed_address(self, address: str) -> bytes:
        """Under which is counted what comes from an address: 32 bytes."""
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
