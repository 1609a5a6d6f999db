"""One-time codes: drawn from the system's generator, kept only as keyed hashes.

It does not know how long a code lives, how many guesses it allows, nor how it reaches a phone.
"""

from __future__ import annotations

import secrets
from typing import Final, final

from halobestie_adapters.identity.keys import KeyRing, framed, keyed_hash
from halobestie_core.words import UserType

DIGITS: Final = 6


@final
class HashedCodes:
    """Six digits are guessed in a million tries, so a plain hash of them protects nothing; the key does."""

    def __init__(self, keys: KeyRing) -> None:
        self._codes = keys.derived("one-time codes")
        self._emails = keys.derived("e-mail addresses that tried to log in")
        self._addresses = keys.derived("addresses whose budget is counted")

    def fresh(self) -> str:
        """Six unpredictable decimal digits; leading zeros are as likely as any."""
        return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"

    def hashed(self, user_type: UserType, phone: str, code: str) -> bytes:
        """What the store keeps of a code: 32 bytes; worth nothing for another phone or app."""
        return keyed_hash(self._codes.first, _message(user_type, phone, code))

    def matches(self, user_type: UserType, phone: str, code: str, stored: bytes) -> bool:
        """Whether `stored` was made of this code, by any key in force; in constant time."""
        return self._codes.matches(_message(user_type, phone, code), stored)

    def hashed_email(self, email: str) -> bytes:
        """Under which log-ins on an e-mail address are counted: 32 bytes."""
        return keyed_hash(self._emails.first, email.encode())

    def hashed_address(self, address: str) -> bytes:
        """Under which is counted what comes from an address: 32 bytes."""
        return keyed_hash(self._addresses.first, address.encode())


def _message(user_type: UserType, phone: str, code: str) -> bytes:
    return framed(user_type.value.encode(), phone.encode(), code.encode())
