"""Refresh tokens: opaque strings that carry their log-in, their generation and a seal.

It does not know whether a token is still good: that is decided against the log-in's row, under its lock.
The shape, base64url of 84 bytes:

    log-in's id (16) | generation (4) | secret (32) | seal (32)

The first secret of a family is 256 random bits; every later one is the keyed hash of the whole token before
it. So two clients that present one token at once can both be given its one successor, though only hashes
are stored. The seal is a keyed hash of the rest: an old token is recognised as once ours (and its replay as
theft) without keeping a row for each generation, and a made-up one costs no query.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from typing import Final, final
from uuid import UUID

from halobestie_adapters.identity.keys import KeyRing, framed, keyed_hash
from halobestie_core.ports.identity import InvalidToken, PresentedToken

SECRET_BYTES: Final = 32
_BODY: Final = 16 + 4 + SECRET_BYTES
_SHAPE: Final = re.compile(
    r"[A-Za-z0-9_-]{112}", re.ASCII
)  # 84 bytes: no padding, no spare bits, one spelling each


@final
class SealedRefreshTokens:
    """Three rings derived from one, so that seal, successor and stored hash tell nothing of each other."""

    def __init__(self, keys: KeyRing) -> None:
        self._sealing = keys.derived("sealing refresh tokens")
        self._following = keys.derived("the refresh token that follows")
        self._storing = keys.derived("storing refresh tokens")

    def first(self, session_id: UUID) -> str:
        """A new family's first token, generation 0."""
        return self._sealed(session_id, 0, secrets.token_bytes(SECRET_BYTES))

    def read(self, token: str) -> PresentedToken:
        """Recognise a token of ours, old or new. Raises InvalidToken."""
        if not _SHAPE.fullmatch(token):
            raise InvalidToken("not a refresh token")
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except binascii.Error:
            raise InvalidToken("not a refresh token") from None
        body, seal = raw[:_BODY], raw[_BODY:]
        if not self._sealing.matches(body, seal):
            raise InvalidToken("a foreign seal")
        return PresentedToken(UUID(bytes=body[:16]), int.from_bytes(body[16:20], "big"), token)

    def successors(self, token: PresentedToken) -> tuple[str, ...]:
        """The token that follows, by each key in force; the first is the one to hand out anew.

        While keys are turned over, another instance may have handed out the successor by the other key.
        """
        keys = zip(self._following.all, self._sealing.all, strict=True)
        return tuple(
            _seal(sealing, token.session_id, token.generation + 1, keyed_hash(following, token.text.encode()))
            for following, sealing in keys
        )

    def hashed(self, token: str) -> bytes:
        """What the store keeps of a token: 32 bytes."""
        return keyed_hash(self._storing.first, framed(b"refresh", token.encode()))

    def matches(self, token: str, stored: bytes) -> bool:
        """Whether `stored` was made of this token, by any key in force; in constant time."""
        return self._storing.matches(framed(b"refresh", token.encode()), stored)

    def _sealed(self, session_id: UUID, generation: int, secret: bytes) -> str:
        return _seal(self._sealing.first, session_id, generation, secret)


def _seal(key: bytes, session_id: UUID, generation: int, secret: bytes) -> str:
    body = session_id.bytes + generation.to_bytes(4, "big") + secret
    return base64.urlsafe_b64encode(body + keyed_hash(key, body)).decode()
