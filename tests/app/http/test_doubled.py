"""What a request may say once, and where a handshake leads nowhere: over a real server, byte by byte."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import orjson
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.routing import Route as StarletteRoute
from starlette.websockets import WebSocket

from halobestie_app.http import internal, public
from halobestie_app.http.dressing import SAFE
from halobestie_app.http.listener import Extras, Kind, make_app
from halobestie_app.http.principal import Bearers
from halobestie_app.http.route import ANYONE, OPTIONAL, Plain, Route
from halobestie_app.ws.endpoint import PATH
from halobestie_core.words import UserType
from support.listening import PlainTokens, Standing, token
from support.socketing import served

pytestmark = pytest.mark.anyio

KINDS: Final = {"public": public.PUBLIC, "internal": internal.INTERNAL}
PREFIX: Final = {"public": "/api/shared", "internal": "/internal"}
UPGRADE: Final = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)
ANI: Final = f"Authorization: {token(UserType.CUSTOMER)['Authorization']}"
BOSS: Final = f"Authorization: {token(UserType.OPERATOR)['Authorization']}"
HOST: Final = "Host: halobestie.example"


async def hello(_: Plain) -> dict[str, str]:
    """Answer."""
    return {}


async def page(_: Request) -> PlainTextResponse:
    """Show."""
    return PlainTextResponse("page")


async def accepted(websocket: WebSocket) -> None:
    """Let in."""
    await websocket.accept()


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    """Which listener."""
    return str(request.param)


@pytest.fixture
async def base(name: str) -> AsyncIterator[str]:
    """One listener: a route that looks at no token, one that does, a page, and the socket if it has one."""
    kind: Kind = KINDS[name]
    routes = (
        Route("GET", f"{PREFIX[name]}/hello", hello, "Hello", ANYONE, dict[str, str]),
        Route("GET", f"{PREFIX[name]}/whose", hello, "Whose", OPTIONAL, dict[str, str]),
    )
    mounted: list[BaseRoute] = [StarletteRoute("/page", page)]
    if name == "public":
        mounted.append(WebSocketRoute(PATH, accepted))
    services: object = None
    app = make_app(kind, routes, services, Bearers(PlainTokens()), Standing(), Extras(mounted=mounted))  # type: ignore[arg-type]  # nobody asks for any
    async with served(app) as address:
        yield address


async def said(base: str, path: str, *lines: str) -> tuple[int, dict[str, str], bytes]:
    """Say this and hang up: the status, the headers and the body of the answer."""
    parts = urlsplit(base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", *lines, "", "")).encode())
    head, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in rest)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), headers, body


def judged(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str]:
    """The status and the code of a problem that is dressed as every answer is."""
    status, headers, body = answer
    assert headers["content-type"] == "application/problem+json"
    for key, value in SAFE:
        assert headers[key.decode()] == value.decode()
    return status, orjson.loads(body)["code"]


async def test_once_is_well(base: str, name: str) -> None:
    """What is said once is served."""
    for path in (f"{PREFIX[name]}/hello", f"{PREFIX[name]}/whose", "/page"):
        assert (await said(base, path, HOST, ANI))[0] == 200


@pytest.mark.parametrize("path", ["/hello", "/whose", "page", "nothing", "/nothing"])
async def test_two_hosts_are_none(base: str, name: str, path: str) -> None:
    """400, also where nothing is and where they are the same."""
    where = PREFIX[name] + path if path.startswith("/") else f"/{path}"
    for second in ("Host: evil.example", HOST, "host:"):
        assert judged(await said(base, where, HOST, second)) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", ["/hello", "/whose"])
async def test_two_tokens_are_none(base: str, name: str, path: str) -> None:
    """401, whichever of them is good, on whatever route."""
    good = BOSS if name == "internal" else ANI
    for second in ("Authorization: Bearer x", good, "authorization: Basic eA=="):
        for lines in ((good, second), (second, good)):
            answer = await said(base, PREFIX[name] + path, HOST, *lines)
            assert judged(answer) == (401, "UNAUTHENTICATED")
            assert answer[1]["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/shared/hello", "/internal/hello", "/page", "/healthz", "/ws"]
)
async def test_a_handshake_where_no_socket_is(base: str, path: str) -> None:
    """404 as for any request, with the same headers, at pages and routes too; never 403."""
    assert judged(await said(base, path, HOST, *UPGRADE)) == (404, "NOT_FOUND")


async def test_the_sockets_path_is_the_public_listeners(base: str, name: str) -> None:
    """The internal one has none there."""
    status, _, _ = await said(base, PATH, HOST, *UPGRADE)
    assert status == (101 if name == "public" else 404)


async def test_a_handshake_says_things_once(base: str) -> None:
    """Two hosts are 400, two tokens 401, before anybody looks at the path."""
    assert judged(await said(base, PATH, HOST, HOST, *UPGRADE)) == (400, "VALIDATION_ERROR")
    assert judged(await said(base, PATH, HOST, ANI, ANI, *UPGRADE)) == (401, "UNAUTHENTICATED")
