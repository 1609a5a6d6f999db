"""Headers that a request says once: two of them mean two things, and who takes which is not for us to guess.

A proxy before us may have judged the one and we the other. What Starlette serves is judged here before it
hears of it; where nothing is served, a handshake is answered like any other request. Knows no route.
"""

from collections.abc import Iterable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from halobestie_app.http import problems
from halobestie_app.http.dressing import RawHeaders
from halobestie_app.problems import Code, Problem

HOST: Final = b"host"
AUTHORIZATION: Final = b"authorization"


def refuse_doubled(headers: RawHeaders) -> None:
    """Raise `Problem`: 400 for two hosts (RFC 9112, 3.2), 401 for two credentials."""
    if _count(headers, HOST) > 1:
        raise Problem(Code.VALIDATION_ERROR, "Name one host.", status=400)
    if _count(headers, AUTHORIZATION) > 1:
        raise problems.unauthenticated()


def judged(app: ASGIApp) -> ASGIApp:
    """Serve ``app`` but for requests and handshakes with doubled headers."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            refuse_doubled(scope["headers"])
        except Problem as problem:
            await refused(problem, scope, receive, send)
        else:
            await app(scope, receive, send)

    return serve


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at a path where nothing is, in Starlette's place: it would say 403 to a handshake."""
    if scope["type"] == "http":
        raise HTTPException(404)
    await refused(problems.not_found(), scope, receive, send)


async def refused(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a handshake instead of accepting it."""
    media = problems.CONTENT_TYPE.decode()
    answer = Response(problems.rendered(problem), problem.status, problem.headers, media)
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await answer(scope, receive, send)


def _count(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> int:
    return sum(name == wanted for name, _ in headers)
