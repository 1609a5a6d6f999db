"""What every answer carries so that browsers keep it safe, whoever wrote the answer. Knows no route.

The strictest of everything: nothing of ours is kept by caches, guessed at, framed, or loads anything. A page
that needs more says so itself, and keeps its own word.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]

SAFE: Final[RawHeaders] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
)
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
"""For production: browsers come by TLS only."""

_STARTS: Final = frozenset({"http.response.start", "websocket.http.response.start"})


def dressed(app: ASGIApp, headers: RawHeaders) -> ASGIApp:
    """Serve ``app``, and add to each answer those of ``headers`` that it does not have."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] in _STARTS:
                message = {**message, "headers": completed(message.get("headers", ()), headers)}
            await send(message)

        await app(scope, receive, sending)

    return serve


def completed(own: RawHeaders, headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """Give ``own`` headers and those of ``headers`` that are not among them."""
    names = {name.lower() for name, _ in own}
    return [*own, *(header for header in headers if header[0] not in names)]
