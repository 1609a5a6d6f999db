"""Phones as keyed hashes, by which a store remembers them after it has forgotten them. Knows no store."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final, TypeAlias, final

PhoneHash: TypeAlias = Callable[[str], str | None]
"""From a phone to what is remembered of it, in hex; None: that cannot be told, so the phone may be known."""

MINIMUM_BYTES: Final = 32
_PURPOSE: Final = b"halobestie discount by phone\0"


@final
class PhoneHashes:
    """HMAC-SHA-256 under one key that never changes. Without the key (None) nothing can be told."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes | None) -> None:
        if key is not None and len(key) < MINIMUM_BYTES:
            raise ValueError(f"a key needs at least {MINIMUM_BYTES} bytes, not {len(key)}")
        self._key = key

    def __call__(self, phone: str) -> str | None:
        """The hash of a phone in E.164 form."""
        if self._key is None:
            return None
        return hmac.digest(self._key, _PURPOSE + phone.encode(), hashlib.sha256).hex()

    def __repr__(self) -> str:
        return "<PhoneHashes>"


__all__ = ["PhoneHash", "PhoneHashes"]
