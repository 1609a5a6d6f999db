"""A stand-in for Firebase Cloud Messaging, HTTP v1: OAuth tokens, `messages:send`, and every error on demand.

It is as strict as the real one where that can be read up: who asks without a token that it gave, or sends
data that is not all strings, is refused. Whatever it takes is kept for the inbox, where people and tests
look.
"""

import asyncio
import re
import secrets
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qs

import jwt
import orjson
from attrs import asdict, define, field, frozen
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from halobestie_app.fakes.inbox import page, style

PROJECT: Final = "halobestie-fake"
SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEPT: Final = 500
LARGEST: Final = 4096

Form: TypeAlias = Literal["json", "bare", "html"]

# What each error looks like: HTTP status, and Google's general word for it.
ERRORS: Final[Mapping[str, tuple[int, str]]] = {
    "UNREGISTERED": (404, "NOT_FOUND"),
    "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED"),
    "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT"),
    "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED"),
    "UNAVAILABLE": (503, "UNAVAILABLE"),
    "INTERNAL": (500, "INTERNAL"),
    "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED"),
    "UNAUTHENTICATED": (401, "UNAUTHENTICATED"),
    "PERMISSION_DENIED": (403, "PERMISSION_DENIED"),
    "NOT_FOUND": (404, "NOT_FOUND"),
    "BAD_GATEWAY": (502, "UNAVAILABLE"),
}


@frozen
class Trouble:
    """An error to answer with: how often, to which device (all), in which form.

    ``bare`` leaves the details out, ``html`` is what a proxy says. ``names_token``: the details blame the
    token.
    """

    code: str
    times: int = 1
    token: str | None = None
    retry_after: str | None = None
    form: Form = "json"
    names_token: bool = False


@frozen
class Received:
    """A message that was taken."""

    at: datetime
    message: Mapping[str, Any]

    @property
    def token(self) -> str:
        """The device."""
        return str(self.message["token"])

    @property
    def data(self) -> Mapping[str, str]:
        """What the app gets."""
        data: Mapping[str, str] = self.message.get("data", {})
        return data


@frozen
class Asked:
    """A request for one device, and what it was answered: ``SENT`` or the error."""

    at: float
    token: str
    answer: str


@define
class FakeFcm:
    """One stand-in. ``inbox``: the newest last; ``asked``: every send, whatever became of it."""

    inbox: deque[Received] = field(factory=lambda: deque(maxlen=KEPT))
    asked: list[Asked] = field(factory=list)
    token_requests: int = 0
    delay: float = 0.0
    refuse_tokens: str | None = None
    """An OAuth error for everybody who asks for a token."""
    _troubles: list[Trouble] = field(factory=list)
    _tokens: dict[str, float] = field(factory=dict)
    _key: rsa.RSAPrivateKey = field(factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)

    def app(self) -> Starlette:
        """Give the application."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/style.css", self._style),
                Route("/inbox", self._inbox, methods=["GET", "DELETE"]),
                Route("/troubles", self._trouble, methods=["POST", "DELETE"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/v1/projects/{project}/messages:send", self._send, methods=["POST"]),
            ]
        )

    def service_account(self, url: str) -> dict[str, str]:
        """Give the file that the Firebase console would give, for a stand-in that listens on ``url``."""
        key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "fake-key",
            "private_key": key.decode(),
            "client_email": f"push@{PROJECT}.iam.gserviceaccount.com",
            "token_uri": f"{url}/token",
        }

    def expect(self, code: str, **how: Any) -> None:  # noqa: ANN401  any of a trouble's
        """Answer with this error from now on, as often as said."""
        self._troubles.append(Trouble(code, **how))

    def forget_tokens(self) -> None:
        """Every access token given so far is refused from now on."""
        self._tokens.clear()

    # ------------------------------------------------------------------------------------------ OAuth

    async def _token(self, request: Request) -> Response:
        self.token_requests += 1
        await asyncio.sleep(self.delay)
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if self.refuse_tokens is not None or form.get("grant_type") != GRANT:
            return _json({"error": self.refuse_tokens or "unsupported_grant_type"}, 400)
        try:
            claims = jwt.decode(
                form.get("assertion", ""), self._key.public_key(), algorithms=["RS256"],
                audience=str(request.url), options={"require": ["iss", "iat", "exp"]},
            )  # fmt: skip
        except jwt.PyJWTError as wrong:
            return _json({"error": "invalid_grant", "error_description": type(wrong).__name__}, 400)
        if claims.get("scope") != SCOPE:
            return _json({"error": "invalid_scope"}, 400)
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self._tokens[token] = time.monotonic() + 3600
        return _json({"access_token": token, "expires_in": 3599, "token_type": "Bearer"}, 200)

    # ---------------------------------------------------------------------------------------- sending

    async def _send(self, request: Request) -> Response:
        await asyncio.sleep(self.delay)
        try:
            message = orjson.loads(await request.body())["message"]
            token = message["token"]
        except (ValueError, LookupError, TypeError):
            message, token = None, ""
        trouble = self._trouble_of(request, message, token)
        self.asked.append(Asked(time.monotonic(), str(token), "SENT" if trouble is None else trouble.code))
        if trouble is not None:
            return _error(trouble)
        self.inbox.append(Received(datetime.now(UTC), message))
        name = f"projects/{PROJECT}/messages/0:{time.time_ns() // 1000}%{secrets.token_hex(8)}"
        return _json({"name": name}, 200)

    def _trouble_of(self, request: Request, message: Any, token: Any) -> Trouble | None:  # noqa: ANN401  JSON
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self._tokens.get(bearer, 0.0) < time.monotonic():
            return Trouble("UNAUTHENTICATED")
        if request.path_params["project"] != PROJECT:
            return Trouble("PERMISSION_DENIED")
        for number, one in enumerate(self._troubles):
            if one.token in (None, token):
                self._troubles[number : number + 1] = (
                    [Trouble(**{**asdict(one), "times": one.times - 1})] if one.times > 1 else []
                )
                return one
        if not isinstance(token, str) or not token:
            return Trouble("INVALID_ARGUMENT", names_token=True)
        return None if _is_well_formed(message) else Trouble("INVALID_ARGUMENT")

    # ---------------------------------------------------------------------------------------- looking on

    async def _page(self, _: Request) -> Response:
        headers = {
            "Content-Security-Policy": "default-src 'none'; style-src 'self'",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(page([(one.at, one.message) for one in reversed(self.inbox)]), headers=headers)

    async def _style(self, _: Request) -> Response:
        return Response(style(), media_type="text/css")

    async def _inbox(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.inbox.clear()
            return Response(status_code=204)
        return _json([{"at": one.at, "message": one.message} for one in self.inbox], 200)

    async def _trouble(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._troubles.clear()
            return Response(status_code=204)
        try:
            wanted = Trouble(**orjson.loads(await request.body()))
        except (ValueError, TypeError):
            wanted = Trouble("")
        if wanted.code not in ERRORS:
            return _json({"error": f"code must be one of {', '.join(ERRORS)}"}, 400)
        self._troubles.append(wanted)
        return Response(status_code=204)


def _is_well_formed(message: Mapping[str, Any]) -> bool:
    """As far as the reference says it (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages)."""
    data, shown = message.get("data", {}), message.get("notification", {})
    android, apns = message.get("android", {}), message.get("apns", {})
    strings = [*data, *data.values(), *shown.values(), *apns.get("headers", {}).values()]
    if not all(isinstance(text, str) for text in strings):
        return False
    if any(name in ("from", "message_type") or name.startswith(("google", "gcm")) for name in data):
        return False
    if not re.fullmatch(r"[0-9]+(\.[0-9]{1,9})?s", android.get("ttl", "0s")):
        return False
    if len(apns.get("headers", {}).get("apns-collapse-id", "").encode()) > 64:  # noqa: PLR2004  Apple's limit
        return False
    return len(orjson.dumps([data, shown])) <= LARGEST


def _error(trouble: Trouble) -> Response:
    status, general = ERRORS[trouble.code]
    headers = {} if trouble.retry_after is None else {"Retry-After": trouble.retry_after}
    if trouble.form == "html" or trouble.code == "BAD_GATEWAY":
        text = f"<!DOCTYPE html><title>Error {status}</title><p>That's an error."
        return HTMLResponse(text, status, headers=headers)
    error: dict[str, Any] = {"code": status, "message": "Something is wrong.", "status": general}
    if trouble.form == "json":
        error["details"] = [
            {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": trouble.code}
        ]
        if trouble.names_token:
            wrong = {"field": "message.token", "description": "Invalid registration token"}
            error["details"].append(
                {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [wrong]}
            )
    return _json({"error": error}, status, headers)


def _json(body: object, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, dict(headers or {}), "application/json")
