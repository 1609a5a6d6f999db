"""`ChatCipher` with AES-256-GCM. Knows no store.

Two layers: a deployment key wraps data keys, a data key seals texts. Bound to each are layer, chat and
author, and to a text also its place; a row that is copied to another chat, author or number in its chat does
not open there.

Sealed bytes are a version (1), a nonce (12), the ciphertext with its tag. Nonces are drawn by chance, which
is safe for 2^32 texts by one author in one chat. A text's length is not hidden.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from halobestie_core.ports.cipher import CannotOpen, WrappedKey
from halobestie_core.words import Side

VERSION: Final = b"\x01"
MINIMUM_BYTES: Final = 32
_NONCE: Final = 12
_TAG: Final = 16
_KEY_BITS: Final = 256
_KEY: Final = _KEY_BITS // 8
_ID: Final = 8


class BadChatKeys(ValueError):
    """Keys that cannot be used; the sentence says why and holds no part of them."""


@final
class AesChatCipher:
    """One key of the deployment, or several while they are turned over: the first wraps, all unwrap.

    To turn a key over: first `old,new` everywhere, then `new,old`, then wrap everything anew, then `new`.
    Raises BadChatKeys for none, a short or a repeated key.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise BadChatKeys("at least one key is needed")
        if (shortest := min(map(len, keys))) < MINIMUM_BYTES:
            raise BadChatKeys(f"a key needs at least {MINIMUM_BYTES} bytes, not {shortest}")
        made = [(_derived(key, b"id", _ID).hex(), AESGCM(_derived(key, b"wrapping", _KEY))) for key in keys]
        self._wrapping: Mapping[str, AESGCM] = dict(made)
        if len(self._wrapping) != len(made):
            raise BadChatKeys("two of the keys are the same")
        self._newest = made[0][0]

    def new_key(self, session_id: UUID, author: Side) -> WrappedKey:
        """A data key drawn by chance, wrapped by the newest key."""
        return self._wrapped(session_id, author, AESGCM.generate_key(_KEY_BITS))

    def seal(self, key: WrappedKey, place: bytes, text: str) -> bytes:
        """Seal a text into its place."""
        return _sealed(AESGCM(self._unwrapped(key)), text.encode(), _bound(b"text", key, place))

    def open(self, key: WrappedKey, place: bytes, sealed: bytes) -> str:
        """The text that was sealed into this place."""
        return _opened(AESGCM(self._unwrapped(key)), sealed, _bound(b"text", key, place)).decode()

    def rewrapped(self, key: WrappedKey) -> WrappedKey | None:
        """The same data key, wrapped by the newest key; None if it is."""
        if key.key_id == self._newest:
            return None
        return self._wrapped(key.session_id, key.author, self._unwrapped(key))

    def _wrapped(self, session_id: UUID, author: Side, data_key: bytes) -> WrappedKey:
        empty = WrappedKey(session_id, author, self._newest, b"")
        bound = _bound(b"key", empty, b"")
        return WrappedKey(
            session_id, author, self._newest, _sealed(self._wrapping[self._newest], data_key, bound)
        )

    def _unwrapped(self, key: WrappedKey) -> bytes:
        wrapping = self._wrapping.get(key.key_id)
        if wrapping is None:
            raise CannotOpen
        return _opened(wrapping, key.wrapped, _bound(b"key", key, b""))

    def __repr__(self) -> str:
        return f"<AesChatCipher with {len(self._wrapping)} keys>"


def _derived(key: bytes, purpose: bytes, length: int) -> bytes:
    """Bytes for one purpose only: they tell nothing of the key, nor of another purpose's."""
    return HKDF(SHA256(), length, salt=None, info=b"halobestie chat " + purpose).derive(key)


def _bound(layer: bytes, key: WrappedKey, place: bytes) -> bytes:
    """What is sealed in: every part has a fixed length but the last, so none can pass for its neighbour."""
    author = b"c" if key.author is Side.CUSTOMER else b"m"
    return VERSION + layer[:1] + key.session_id.bytes + author + place


def _sealed(cipher: AESGCM, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return VERSION + nonce + cipher.encrypt(nonce, plain, bound)


def _opened(cipher: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    if sealed[:1] != VERSION or len(sealed) < 1 + _NONCE + _TAG:
        raise CannotOpen
    try:
        return cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], bound)
    except InvalidTag:
        raise CannotOpen from None


__all__ = ["AesChatCipher", "BadChatKeys"]
