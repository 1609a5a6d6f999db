"""Secret keys: where they come from, how more are derived from them, how they are turned over.

It does not know what a key is used for. Key material is never printed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final, final

MINIMUM_BYTES: Final = 32
_MAXIMUM_KEYS: Final = 2


class BadKeys(ValueError):
    """Keys that cannot be used; the sentence says why and holds no part of them."""


@final
class KeyRing:
    """One key, or two while they are turned over: the first makes what is new, all recognise what is old.

    To turn a key over without logging anybody out, on every instance: first `old,new`, then `new,old`, and
    after the longest life of what the old one made, `new`. Raises BadKeys for none, more than two, a short
    or a repeated key.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not 1 <= len(keys) <= _MAXIMUM_KEYS:
            raise BadKeys(f"one key, or two while they are turned over; not {len(keys)}")
        if (shortest := min(len(key) for key in keys)) < MINIMUM_BYTES:
            raise BadKeys(f"a key needs at least {MINIMUM_BYTES} bytes, not {shortest}")
        if len(set(keys)) != len(keys):
            raise BadKeys("the two keys are the same")
        self._keys = tuple(keys)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Keys as an environment variable lists them: comma-separated, blanks around them dropped.

        Raises BadKeys.
        """
        return cls([part.strip().encode() for part in text.split(",") if part.strip()])

    @property
    def first(self) -> bytes:
        """The key that makes what is new."""
        return self._keys[0]

    @property
    def all(self) -> tuple[bytes, ...]:
        """Every key in force, the newest way first."""
        return self._keys

    def shares_a_key_with(self, other: KeyRing) -> bool:
        """Whether one key would serve two purposes that must be kept apart."""
        return not set(self._keys).isdisjoint(other._keys)

    def derived(self, purpose: str) -> KeyRing:
        """A ring for one purpose only: knowing its keys tells nothing of these, nor of another purpose's."""
        return KeyRing([keyed_hash(key, f"halobestie key for {purpose}".encode()) for key in self._keys])

    def matches(self, message: bytes, stored: bytes) -> bool:
        """Whether `stored` is the keyed hash of `message` by any key in force; in constant time for each."""
        hits = [hmac.compare_digest(keyed_hash(key, message), stored) for key in self._keys]
        return any(hits)

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._keys)}>"


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256: 32 bytes."""
    return hmac.digest(key, message, hashlib.sha256)


def framed(*parts: bytes) -> bytes:
    """Parts as one message in which no part can pass for its neighbour: each behind its length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
