"""Which pages of other origins may call: exactly those listed, with cookies. Knows no route and no token.

Without a list nobody may, and nothing is said: browsers then keep pages of others from reading our answers
and from sending what is not plain. Who is refused gets no header that would help.
"""

from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from halobestie_app.http import once, problems
from halobestie_app.http.dressing import SAFE, RawHeaders
from halobestie_app.problems import Code, Problem

METHODS: Final = "DELETE, GET, PATCH, POST, PUT"
HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, X-Client, X-Request-Id"
EXPOSED: Final = f"{once.REPLAYED}, Retry-After, X-Request-Id"
REMEMBERED: Final = 600
"""Seconds that a browser remembers what it may."""

_VARIES: Final = (b"vary", b"Origin")


def with_cors(app: ASGIApp, origins: Sequence[str], headers: RawHeaders = SAFE) -> ASGIApp:
    """Let pages of exactly these origins call, with cookies; without any, nobody else's page may.

    ``headers`` are those of answers that are given here.
    """
    if not origins:
        return app
    listed = frozenset(origin.encode() for origin in origins)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        given = [value for name, value in scope["headers"] if name == b"origin"]
        if scope["type"] != "http" or not given:
            await app(scope, receive, send)
            return
        # Two of them are nobody's: no browser sends that.
        allowed = _allowed(given[0]) if len(given) == 1 and given[0] in listed else []
        if _asks_first(scope):
            await _answer(send, allowed, headers)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *allowed, _VARIES]}
            await send(message)

        await app(scope, receive, sending)

    return serve


def _asks_first(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" and any(
        name == b"access-control-request-method" for name, _ in scope["headers"]
    )


def _allowed(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", EXPOSED.encode()),
    ]


async def _answer(send: Send, allowed: RawHeaders, headers: RawHeaders) -> None:
    """Say what a page may, or that it may nothing."""
    if allowed:
        status, body = 204, b""
        more = [
            *allowed,
            (b"access-control-allow-methods", METHODS.encode()),
            (b"access-control-allow-headers", HEADERS.encode()),
            (b"access-control-max-age", str(REMEMBERED).encode()),
        ]
    else:
        refused = Problem(Code.FORBIDDEN, "Pages of this origin may not call.")
        status, body = refused.status, problems.rendered(refused)
        more = [
            (b"content-type", problems.CONTENT_TYPE),
            (b"content-length", str(len(body)).encode()),
        ]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more, _VARIES]})
    await send({"type": "http.response.body", "body": body})
