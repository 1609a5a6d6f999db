"""Identity tokens of Google and Apple: JWT, RS256, by the keys that each publishes (OpenID Connect Core 1.0).

It does not know our customers. The keys are fetched from one fixed address, without redirects, and
remembered; a token signed with a key that is not among them makes us look once more, but seldom: anybody can
write a key id into a token. (PyJWT's own client for key sets would follow redirects and block a thread.)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, final

import httpx2
import jwt
from attrs import frozen

from halobestie_adapters.breaker import Breaker
from halobestie_core.ports.id_tokens import IdentityProvider, OutsideIdentity, ProviderAway
from halobestie_core.ports.identity import InvalidToken

ALGORITHM: Final = "RS256"
LEEWAY_SECONDS: Final = 5
MAXIMUM_CHARACTERS: Final = 8192
SUBJECT_CHARACTERS: Final = 255
KEYS_KEPT_SECONDS: Final = 3600.0
LOOK_AGAIN_SECONDS: Final = 30.0
"""At least so long between two looks for a key that was not there."""
REST_SECONDS: Final = 1.0
"""After a look that failed, whoever waited behind it hears the same instead of trying one by one."""
ANSWER_BYTES: Final = 64 * 1024
TOTAL_SECONDS: Final = 4.0
SMALLEST_KEY_BITS: Final = 2048

_REQUIRED: Final = ("iss", "aud", "sub", "iat", "exp")


@frozen
class Issuer:
    """A provider: whom its tokens name as issuer, and where its keys are."""

    provider: IdentityProvider
    issuers: frozenset[str]
    keys_url: str


def google(keys_url: str) -> Issuer:
    """Google, which writes its name in two ways."""
    names = frozenset({"https://accounts.google.com", "accounts.google.com"})
    return Issuer(IdentityProvider.GOOGLE, names, keys_url)


def apple(keys_url: str) -> Issuer:
    """Apple."""
    return Issuer(IdentityProvider.APPLE, frozenset({"https://appleid.apple.com"}), keys_url)


def new_client() -> httpx2.AsyncClient:
    """Return a client for fetching keys: short patience, no redirects, no proxies from the environment."""
    timeout = httpx2.Timeout(TOTAL_SECONDS, connect=2.0)
    return httpx2.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)


@final
class OidcIdTokens:
    """`IdTokens` of one issuer. ``clock`` is monotonic and only says how old the keys are."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        issuer: Issuer,
        client_ids: frozenset[str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._issuer = issuer
        self._client_ids = client_ids
        self._clock = clock
        self._jwt = jwt.PyJWT(options={"enforce_minimum_key_length": True})
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._looked_at: float | None = None
        self._failed_at: float | None = None
        self._looking = asyncio.Lock()
        self.breaker = Breaker(clock)

    async def verified(self, id_token: str) -> OutsideIdentity:
        """Return whom a token names. Raises InvalidToken, ProviderAway."""
        if len(id_token) > MAXIMUM_CHARACTERS:
            raise InvalidToken("too long")
        try:
            header = jwt.get_unverified_header(id_token)
        except jwt.PyJWTError as refused:
            raise InvalidToken(type(refused).__name__) from None
        kid = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(kid, str):
            raise InvalidToken("a foreign header")
        key = await self._key(kid)
        if key is None:
            raise InvalidToken("signed with another key")
        return self._named(self._claims(id_token, key))

    def _claims(self, id_token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = self._jwt.decode(
                id_token,
                key.key,
                algorithms=[ALGORITHM],
                issuer=sorted(self._issuer.issuers),
                leeway=LEEWAY_SECONDS,
                # One audience, compared below: a token for two apps is a token for somebody else's too.
                options={"verify_aud": False, "require": list(_REQUIRED)},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as refused:
            raise InvalidToken(type(refused).__name__) from None
        audience = claims["aud"]
        if not isinstance(audience, str) or audience not in self._client_ids:
            raise InvalidToken("for another app")
        return claims

    def _named(self, claims: Mapping[str, Any]) -> OutsideIdentity:
        subject, name = claims["sub"], claims.get("name")
        if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT_CHARACTERS:
            raise InvalidToken("a subject that is none")
        return OutsideIdentity(self._issuer.provider, subject, name if isinstance(name, str) else None)

    # -- keys

    async def _key(self, kid: str) -> jwt.PyJWK | None:
        """Find a key, looking anew when the ones at hand are old or do not hold it."""
        if self._must_look(kid):
            async with self._looking:
                if self._must_look(kid):  # somebody else may just have looked
                    await self._look()
        return self._keys.get(kid)

    def _must_look(self, kid: str) -> bool:
        if self._looked_at is None:
            return True
        age = self._clock() - self._looked_at
        return age >= (LOOK_AGAIN_SECONDS if kid not in self._keys else KEYS_KEPT_SECONDS)

    async def _look(self) -> None:
        """Fetch the keys. Those at hand stay in use while the provider is away. Raises ProviderAway."""
        just_failed = self._failed_at is not None and self._clock() - self._failed_at < REST_SECONDS
        if just_failed or self.breaker.wait():
            if not self._keys:
                raise ProviderAway("the last look failed")
            return
        try:
            self._keys = await self._fetched()
        except ProviderAway:
            self.breaker.failed()
            self._failed_at = self._clock()
            if not self._keys:
                raise
        else:
            self.breaker.answered()
            self._looked_at, self._failed_at = self._clock(), None

    async def _fetched(self) -> Mapping[str, jwt.PyJWK]:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                answer = await self._client.get(self._issuer.keys_url)
        except (httpx2.HTTPError, TimeoutError) as failed:
            raise ProviderAway(type(failed).__name__) from None
        if answer.status_code != httpx2.codes.OK or len(answer.content) > ANSWER_BYTES:
            raise ProviderAway(f"answered {answer.status_code}")
        try:
            found = jwt.PyJWKSet.from_json(answer.text).keys
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError):
            raise ProviderAway("keys that cannot be read") from None
        keys = {one.key_id: one for one in found if one.key_id is not None and _fits(one)}
        if not keys:
            raise ProviderAway("no key of use")
        return keys


def _fits(key: jwt.PyJWK) -> bool:
    """An RSA key, for signatures, and long enough."""
    if key.key_type != "RSA" or key.public_key_use not in (None, "sig"):
        return False
    size = getattr(key.key, "key_size", 0)
    return isinstance(size, int) and size >= SMALLEST_KEY_BITS


__all__ = ["Issuer", "OidcIdTokens", "apple", "google", "new_client"]
