"""The service account: read from its file, and turned into access tokens (RFC 7523, as Google does it).

A token is kept until shortly before it expires. One is fetched at a time, whoever waits for it, and a failure
is everybody's for a moment: a token endpoint that hangs must not be asked by each of a thousand pushes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, final
from urllib.parse import urlsplit

import httpx2
import jwt
import orjson
from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_SECONDS: Final = 3600
EARLY_SECONDS: Final = 300.0
"""A token is replaced so long before it expires."""
REST_SECONDS: Final = 1.0
"""After a failure nobody asks again for so long."""


class BadServiceAccount(ValueError):
    """The file is no service account; the sentence repeats nothing of what it holds."""


class NoToken(Exception):
    """There is no access token to be had now; ``code`` is a word for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@frozen
class ServiceAccount:
    """Who we are to Google."""

    project_id: str
    client_email: str
    private_key_id: str
    private_key: RSAPrivateKey = field(repr=False)
    token_uri: str

    @classmethod
    def read(cls, path: Path) -> ServiceAccount:
        """Read the file that the Firebase console gives. Raises `BadServiceAccount`."""
        try:
            said = orjson.loads(path.read_bytes())
        except (OSError, ValueError) as wrong:
            raise BadServiceAccount(f"cannot be read as JSON ({type(wrong).__name__})") from None
        names = ("project_id", "client_email", "private_key_id", "private_key", "token_uri")
        given = said if isinstance(said, dict) else {}
        missing = [name for name in names if not isinstance(given.get(name), str) or not given[name]]
        if missing:
            raise BadServiceAccount(f"is no service account: {', '.join(missing)} missing")
        try:
            key = load_pem_private_key(given["private_key"].encode(), None)
        except (ValueError, TypeError):
            raise BadServiceAccount("holds a private_key that cannot be read") from None
        if not isinstance(key, RSAPrivateKey):
            raise BadServiceAccount("holds a private_key that is not RSA")
        if not _is_safe(given["token_uri"]):
            raise BadServiceAccount("holds a token_uri that is not https")
        return cls(
            given["project_id"], given["client_email"], given["private_key_id"], key, given["token_uri"]
        )


def _is_safe(url: str) -> bool:
    """TLS, or a stand-in on this very machine."""
    where = urlsplit(url)
    return where.scheme == "https" or (
        where.scheme == "http" and where.hostname in ("127.0.0.1", "localhost")
    )


@final
class AccessTokens:
    """One token for all. ``clock`` is the wall's, in Unix seconds: Google compares with its own."""

    def __init__(
        self, client: httpx2.AsyncClient, account: ServiceAccount, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._account = account
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._until = 0.0
        self._failed: tuple[str, float] | None = None

    async def get(self, *, but: str | None = None) -> str:
        """Return a token; ``but``: not this one, which was refused. Raises `NoToken`."""
        async with self._lock:
            now = self._clock()
            if self._token is not None and self._token != but and now < self._until:
                return self._token
            if self._failed is not None and now < self._failed[1]:
                raise NoToken(self._failed[0])
            try:
                self._token, life = await self._fetched(int(now))
            except NoToken as failed:
                self._failed = failed.code, self._clock() + REST_SECONDS
                raise
            self._until = now + max(life - EARLY_SECONDS, life / 2)
            self._failed = None
            return self._token

    async def _fetched(self, now: int) -> tuple[str, float]:
        form = {"grant_type": GRANT, "assertion": self._assertion(now)}
        try:
            answer = await self._client.post(self._account.token_uri, data=form)
        except httpx2.HTTPError as failed:
            raise NoToken(f"TOKEN_{type(failed).__name__}") from None
        try:
            said: Any = orjson.loads(answer.content)
            if answer.status_code != httpx2.codes.OK:
                raise NoToken(f"TOKEN_{_word(said.get('error'))}")
            return str(said["access_token"]), float(said["expires_in"])
        except (ValueError, LookupError, TypeError, AttributeError):
            raise NoToken(f"TOKEN_HTTP_{answer.status_code}") from None

    def _assertion(self, now: int) -> str:
        claims = {
            "iss": self._account.client_email,
            "scope": SCOPE,
            "aud": self._account.token_uri,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        headers = {"kid": self._account.private_key_id}
        return jwt.encode(claims, self._account.private_key, algorithm="RS256", headers=headers)


def _word(error: object) -> str:
    """An error's name, if it is one of a few known words: what others write does not reach our log."""
    known = ("invalid_grant", "invalid_client", "invalid_scope", "unauthorized_client")
    return error if isinstance(error, str) and error in known else "refused"
