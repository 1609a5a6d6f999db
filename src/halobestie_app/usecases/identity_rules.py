"""The limits of identity, and what follows from them: pure, every moment an argument.

It does not know a store, a hash or an answer's form. What was locked comes in, what is to be written comes
out.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, TypeAlias

from attrs import evolve, frozen

from halobestie_core.ports.identity import AuthSession, Challenge, LoginAttempts, PresentedToken

# -------------------------------------------------------------------------------------------- one-time codes

CODE_LIFE: Final = timedelta(minutes=5)
TRIES: Final = 5
# Wrong guesses are forgotten this long after the last. Longer than a code's life, so that no code, whatever
# is
# asked for meanwhile, is compared more than five times.
FAILURES_KEPT: Final = timedelta(minutes=10)
SENDS: Final = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
# What an app waits before it offers to send again, while the budget lasts: messages are slow at times.
RESEND_AFTER: Final = timedelta(seconds=30)


class Guess(Enum):
    """What a guess at a code came to."""

    RIGHT = auto()
    WRONG = auto()
    NO_CODE = auto()
    LOCKED = auto()


def wait_to_send(challenges: Iterable[Challenge], now: datetime) -> timedelta:
    """How long until another message may go to the phone that these challenges share; zero: now."""
    sends = sorted(moment for challenge in challenges for moment in challenge.sends)
    waits = [
        within - (now - sends[-most])
        for most, within in SENDS
        if len(sends) >= most and now - sends[-most] < within
    ]
    return max(waits, default=timedelta())


def with_code(challenge: Challenge, code_hash: bytes, now: datetime) -> Challenge:
    """A new code takes the place of the one before; the wrong guesses stay."""
    longest = max(within for _, within in SENDS)
    kept = tuple(moment for moment in challenge.sends if now - moment < longest)
    return evolve(
        _forgiven(challenge, now), code_hash=code_hash, code_expires_at=now + CODE_LIFE, sends=(*kept, now)
    )


def guess(challenge: Challenge, now: datetime, matches: Callable[[bytes], bool]) -> tuple[Guess, Challenge]:
    """Judge a guess under the challenge's lock; `matches` compares with a stored hash, at most once."""
    challenge = _forgiven(challenge, now)
    if challenge.failures >= TRIES:
        return Guess.LOCKED, challenge
    if challenge.code_hash is None or challenge.code_expires_at is None or now >= challenge.code_expires_at:
        return Guess.NO_CODE, challenge
    if not matches(challenge.code_hash):
        return Guess.WRONG, evolve(challenge, failures=challenge.failures + 1, failed_at=now)
    return Guess.RIGHT, evolve(challenge, code_hash=None, code_expires_at=None, failures=0, failed_at=None)


def locked_for(challenge: Challenge, now: datetime) -> timedelta:
    """How long until guesses are compared again."""
    return timedelta() if challenge.failed_at is None else challenge.failed_at + FAILURES_KEPT - now


def _forgiven(challenge: Challenge, now: datetime) -> Challenge:
    if challenge.failed_at is not None and now >= challenge.failed_at + FAILURES_KEPT:
        return evolve(challenge, failures=0, failed_at=None)
    return challenge


# -------------------------------------------------------------------------------------------- refresh tokens

IDLE: Final = timedelta(days=30)
ABSOLUTE: Final = timedelta(days=180)
GRACE: Final = timedelta(seconds=30)


@frozen
class Rotated:
    """The present token was used; its successor is now the present one."""

    session: AuthSession
    token: str


@frozen
class Repeated:
    """The parent came again within the grace: its one successor is given again, nothing is written."""

    token: str


class Denied(Enum):
    """No successor: the log-in has ended, or an old token was replayed and the family has to end."""

    ENDED = auto()
    REUSED = auto()


Renewal: TypeAlias = Rotated | Repeated | Denied


def renew(
    session: AuthSession | None,
    presented: PresentedToken,
    now: datetime,
    *,
    successors: Sequence[str],
    hashed: Callable[[str], bytes],
    matches: Callable[[str, bytes], bool],
) -> Renewal:
    """Judge a genuine refresh token under its log-in's lock; `successors` are the presented token's own."""
    if session is None or session.revoked_at is not None or now >= session.expires_at:
        return Denied.ENDED
    if presented.generation == session.generation and matches(presented.text, session.token_hash):
        after = evolve(
            session,
            token_hash=hashed(successors[0]),
            generation=session.generation + 1,
            rotated_at=now,
            expires_at=min(now + IDLE, session.absolute_expires_at),
        )
        return Rotated(after, successors[0])
    if presented.generation >= session.generation:  # of a life that the store lost, restored from a copy, say
        return Denied.ENDED
    if presented.generation == session.generation - 1 and now - session.rotated_at <= GRACE:
        for successor in successors:
            if matches(successor, session.token_hash):
                return Repeated(successor)
    return Denied.REUSED


# -------------------------------------------------------------------------------------------- operators

PASSWORD_CHARACTERS: Final = (12, 1000)
EMAIL_CHARACTERS: Final = 254
FREE_FAILURES: Final = 5
FIRST_DELAY: Final = timedelta(seconds=30)
LONGEST_DELAY: Final = timedelta(minutes=15)
ATTEMPTS_KEPT: Final = timedelta(days=1)

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*", re.ASCII)


def email_of(text: str) -> str | None:
    """An e-mail address as it is kept, in lower case; None when it is none."""
    email = text.strip().lower()
    return email if len(email) <= EMAIL_CHARACTERS and email.isascii() and _EMAIL.fullmatch(email) else None


def wait_to_log_in(attempts: LoginAttempts, now: datetime) -> timedelta:
    """How long until another log-in may be tried on this address; zero: now."""
    until = attempts.locked_until
    return until - now if until is not None and until > now else timedelta()


def tried(attempts: LoginAttempts, now: datetime) -> LoginAttempts:
    """Count a try *before* the password is looked at: so many at once are still so many."""
    failures = 1 if now - attempts.tried_at >= ATTEMPTS_KEPT else attempts.failures + 1
    return evolve(attempts, failures=failures, tried_at=now, locked_until=now + _delay(failures))


def _delay(failures: int) -> timedelta:
    """None for the first few, then doubling from half a minute to a quarter of an hour."""
    doublings = failures - FREE_FAILURES
    if doublings < 0:
        return timedelta()
    return min(FIRST_DELAY * (1 << min(doublings, 10)), LONGEST_DELAY)


# -------------------------------------------------------------------------------------------- names

NAME_CHARACTERS: Final = 40
# What the mitra sees of somebody who gave no name: warm, and the same for everybody.
DEFAULT_NAME: Final = "Teman"

_UNSEEN: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_TURNS_TEXT_ROUND: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def name_of(text: str) -> str | None:
    """A display name as it is kept: 1-40 characters, composed, trimmed, one line; None when it is none."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= NAME_CHARACTERS or not any(unicodedata.category(c)[0] in "LNPS" for c in name):
        return None
    unfit = any(c in _TURNS_TEXT_ROUND or unicodedata.category(c) in _UNSEEN for c in name)
    return None if unfit else name


def whole_seconds(span: timedelta) -> int:
    """Rounded up, and at least 1: what `Retry-After` says."""
    return max(1, math.ceil(span.total_seconds()))
