"""Keys wrapped by the deployment's own: AES-256-GCM, bound to the name of the key. Knows no store and no use.

Wrapped bytes are a version (1), a nonce (12), the ciphertext with its tag.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from halobestie_core.ports.cipher import CannotOpen
from halobestie_core.ports.wrapping import Wrapped

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
_NONCE: Final = 12
_ID: Final = 8


@final
class AesKeyWrap:
    """The deployment's keys: the first wraps, all unwrap, as long as they are turned over.

    They are those of the chats' cipher, which judges them. Raises ValueError for none.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        made = [(_derived(key, b"id", _ID).hex(), AESGCM(_derived(key, b"key", KEY_BYTES))) for key in keys]
        self._wrapping: Mapping[str, AESGCM] = dict(made)
        self._newest = made[0][0]

    def new(self, name: str) -> Wrapped:
        """Draw a key by chance and wrap it."""
        return self._wrapped(name, os.urandom(KEY_BYTES))

    def unwrapped(self, key: Wrapped) -> bytes:
        """Give the key itself. Raises CannotOpen."""
        wrapping = self._wrapping.get(key.key_id)
        if wrapping is None or key.wrapped_key[:1] != VERSION:
            raise CannotOpen
        nonce, sealed = key.wrapped_key[1 : 1 + _NONCE], key.wrapped_key[1 + _NONCE :]
        try:
            return wrapping.decrypt(nonce, sealed, VERSION + key.name.encode())
        except (InvalidTag, ValueError):
            raise CannotOpen from None

    def rewrapped(self, key: Wrapped) -> Wrapped | None:
        """Give the same key, wrapped by the newest; None if it is. Raises CannotOpen."""
        return None if key.key_id == self._newest else self._wrapped(key.name, self.unwrapped(key))

    def _wrapped(self, name: str, key: bytes) -> Wrapped:
        nonce = os.urandom(_NONCE)
        sealed = self._wrapping[self._newest].encrypt(nonce, key, VERSION + name.encode())
        return Wrapped(name, self._newest, VERSION + nonce + sealed)

    def __repr__(self) -> str:
        return f"<AesKeyWrap with {len(self._wrapping)} keys>"


def _derived(key: bytes, purpose: bytes, length: int) -> bytes:
    """Bytes for one purpose only: they tell nothing of the key, nor of another purpose's."""
    return HKDF(SHA256(), length, salt=None, info=b"halobestie deployment keys " + purpose).derive(key)


__all__ = ["KEY_BYTES", "AesKeyWrap"]
