"""Access tokens: JWT, HS256, one audience per instance of the class (RFC 7519; RFC 8725 on reading them).

It does not know who may do what, nor which log-ins were revoked: a token proves who signed it, and no more.
The instance's own clock decides whether a token is past; it is off by a few seconds at most, against a life
of an hour.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, final
from uuid import UUID

import jwt

from halobestie_adapters.identity.keys import KeyRing
from halobestie_core.ports.identity import Audience, Claims, InvalidToken
from halobestie_core.words import UserType

ALGORITHM: Final = "HS256"
ISSUER: Final = "halobestie"
LIFETIME: Final = timedelta(hours=1)
LEEWAY: Final = timedelta(seconds=5)
MAXIMUM_CHARACTERS: Final = 1024  # ours are about 400; what is longer is not ours and not worth a hash

_HEADER: Final = frozenset({"alg", "typ", "kid"})
_REQUIRED: Final = frozenset({"sub", "user_type", "session_id", "iss", "aud", "iat", "exp"})
_ALLOWED: Final = _REQUIRED | {"jti"}
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

_HOLDERS: Final = {
    Audience.PUBLIC: frozenset({UserType.CUSTOMER, UserType.MITRA}),
    Audience.INTERNAL: frozenset({UserType.OPERATOR}),
}


@final
class JwtTokens:
    """Signs with the first key of the ring, verifies with all. `clock` gives Unix seconds."""

    def __init__(self, keys: KeyRing, audience: Audience, *, clock: Callable[[], float] = time.time) -> None:
        self._audience = audience
        self._signing = (key_id(keys.first), keys.first)
        self._keys = {key_id(key): key for key in keys.all}
        self._holders = _HOLDERS[audience]
        self._clock = clock
        self._jwt = jwt.PyJWT(options={"enforce_minimum_key_length": True})

    @property
    def lifetime(self) -> timedelta:
        """One hour."""
        return LIFETIME

    def issue(self, user_id: UUID, user_type: UserType, session_id: UUID, now: datetime) -> str:
        """A signed token, living from `now`, in whole seconds.

        The caller never asks for a foreign audience's user.
        """
        if user_type not in self._holders:
            raise ValueError(f"a {user_type} gets no token for the {self._audience} listener")
        kid, key = self._signing
        issued = int(now.timestamp())
        payload = {
            "sub": str(user_id),
            "user_type": user_type.value,
            "session_id": str(session_id),
            "iss": ISSUER,
            "aud": self._audience.value,
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
        }
        return self._jwt.encode(payload, key, algorithm=ALGORITHM, headers={"typ": "JWT", "kid": kid})

    def read(self, token: str) -> Claims:
        """What a token says. Raises InvalidToken. Who asks often remembers the answer until it expires."""
        if len(token) > MAXIMUM_CHARACTERS or not _SHAPE.fullmatch(token):
            raise InvalidToken("not a token")
        head, body, _ = token.split(".")
        header = _members(head)
        if header.keys() != _HEADER or header["typ"] != "JWT" or header["alg"] != ALGORITHM:
            raise InvalidToken("a foreign header")
        key = self._keys.get(header["kid"]) if isinstance(header["kid"], str) else None
        if key is None:
            raise InvalidToken("signed with another key")
        payload = _members(body)
        if not _REQUIRED <= payload.keys() <= _ALLOWED:
            raise InvalidToken("other claims than ours")
        try:
            self._jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience.value,
                issuer=ISSUER,
                # The library's own clock cannot be set; the moments are compared below, by ours.
                options={
                    "strict_aud": True,
                    "require": sorted(_REQUIRED),
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError) as refused:
            raise InvalidToken(type(refused).__name__) from None
        claims = self._claims(payload)
        self._in_time(claims)
        return claims

    def _claims(self, payload: dict[str, object]) -> Claims:
        user_type = payload["user_type"]
        if not isinstance(user_type, str) or user_type not in self._holders:
            raise InvalidToken("a user of another listener")
        return Claims(
            user_id=_id(payload["sub"]),
            user_type=UserType(user_type),
            session_id=_id(payload["session_id"]),
            issued_at=_instant(payload["iat"]),
            expires_at=_instant(payload["exp"]),
        )

    def _in_time(self, claims: Claims) -> None:
        now, leeway = self._clock(), LEEWAY.total_seconds()
        if claims.expires_at.timestamp() <= now - leeway:
            raise InvalidToken("expired")
        if claims.issued_at.timestamp() > now + leeway:
            raise InvalidToken("not yet issued")
        if not timedelta() < claims.expires_at - claims.issued_at <= LIFETIME:
            raise InvalidToken("a life that we do not give")


def key_id(key: bytes) -> str:
    """A name for a key that tells nothing of it: 16 hexadecimal characters."""
    return hashlib.sha256(b"halobestie key id" + key).hexdigest()[:16]


def _members(segment: str) -> dict[str, object]:
    """One segment's members; one given twice is refused, because two readers would read it in two ways."""
    try:
        text = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        members = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidToken("unreadable") from None
    if not isinstance(members, dict):
        raise InvalidToken("not an object")
    return members


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _id(value: object) -> UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise InvalidToken("not an id")
    return UUID(value)


def _instant(value: object) -> datetime:
    if type(value) is not int or not 0 <= value < 1 << 33:  # a bool is an int, and 1e9 a float
        raise InvalidToken("not an instant")
    return datetime.fromtimestamp(value, UTC)
