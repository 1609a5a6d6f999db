"""What browsers are told: by which pages we may be called, and what they may do with an answer."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from halobestie_adapters.errors import StoreUnavailable
from halobestie_app.environment import read
from halobestie_app.http import internal, public, returning
from halobestie_app.http import metrics as scraping
from halobestie_app.http.cors import with_cors
from halobestie_app.http.dressing import HSTS, SAFE
from halobestie_app.http.events import EventStream, Streams
from halobestie_app.http.listener import Extras, Kind, complete, make_app
from halobestie_app.http.principal import Bearers
from halobestie_app.http.route import ANYONE, Plain, Route
from halobestie_app.metrics import Metrics
from halobestie_core.words import UserType
from support.listening import SOMEBODY, PlainTokens, Standing, client, serving, token

pytestmark = pytest.mark.anyio

PAGE: Final = "https://app.example"
STRANGERS: Final = (
    "https://app.example.evil",
    "https://evil-app.example",
    "http://app.example",
    "https://app.example:8443",
    "https://APP.example",
    "https://app.example/",
    "https://app.example, https://evil.example",
    "null",
    "*",
    "",
)
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
KINDS: Final = {"public": (public.PUBLIC, public.ROUTES), "internal": (internal.INTERNAL, internal.ROUTES)}
WHO: Final = {"public": UserType.CUSTOMER, "internal": UserType.OPERATOR}
PROMISED: Final = {name.decode(): value.decode() for name, value in SAFE}
MORE: Final[tuple[dict[str, Any], ...]] = ({}, {"content": b"x"}, {"json": {}})
STRICT: Final = PROMISED["content-security-policy"]


class Broken:
    """Services of which every one is out of reach."""

    environment = read({})

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever an endpoint asks for
        raise StoreUnavailable(name)


async def hello(_: Plain) -> dict[str, str]:
    """Answer."""
    return {}


HELLO = Route("GET", "/api/client/hello", hello, "Hello", ANYONE, dict[str, str])


async def breaks(_: Request) -> PlainTextResponse:
    """Fail."""
    raise RuntimeError("hunter2")


def listener(name: str, *, production: bool = False, origins: tuple[str, ...] = ()) -> ASGIApp:
    """One of the two as it is wired, on stores that are out of reach."""
    kind, routes = KINDS[name]
    mounted = returning.ROUTES if name == "public" else scraping.routes(Metrics())
    extras = Extras(
        mounted=(*mounted, StarletteRoute("/breaks", breaks)), origins=origins, strict_transport=production
    )
    services: Any = Broken()
    return make_app(kind, routes, services, Bearers(PlainTokens()), Standing(), extras)


def every(name: str) -> list[tuple[str, str]]:
    """Method and path of each route of a listener."""
    kind, routes = KINDS[name]
    return [(each.method, filled(each.template)) for each in complete(kind, routes, Standing())]


def filled(template: str) -> str:
    """A path with an id wherever one belongs."""
    return "/".join(str(SOMEBODY) if part.startswith("{") else part for part in template.split("/"))


def headers_of(answer: httpx2.Response) -> Mapping[str, str]:
    """What was promised, as far as it is there."""
    return {name: answer.headers.get(name, "") for name in PROMISED}


OTHERS: Final = {
    "public": ["/payment/return/other", f"/payment/return/success?payment_session_id={SOMEBODY}"],
    "internal": ["/metrics"],
}


@pytest.mark.parametrize("name", KINDS)
async def test_every_answer_is_dressed(name: str) -> None:
    """On each route, whoever asks and however it ends: nothing is kept, guessed, framed or loaded."""
    async with client(listener(name)) as http:
        for method, path in every(name):
            for headers in ({}, token(WHO[name])):
                for also in MORE:
                    if method == "GET" and also:
                        continue
                    answer = await http.request(method, path, headers=headers, **also)
                    assert headers_of(answer) == PROMISED, (method, path, answer.status_code)
                    assert answer.status_code < 500 or answer.status_code == 503, (method, path, answer.text)
            for other in ("OPTIONS", "HEAD", "TRACE", "PATCH"):
                assert headers_of(await http.request(other, path)) == PROMISED, (other, path)


@pytest.mark.parametrize("name", KINDS)
async def test_what_stands_beside_the_table_is_dressed_too(name: str) -> None:
    """Pages, metrics, what does not exist and what breaks; a page has its own policy, as strict elsewhere."""
    async with client(listener(name)) as http:
        for path in ("/", "/nothing", "/breaks", *OTHERS[name]):
            answer = await http.get(path)
            policy = answer.headers["content-security-policy"]
            assert {**headers_of(answer), "content-security-policy": STRICT} == PROMISED, path
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert len(answer.headers.get_list("content-security-policy")) == 1


async def test_what_breaks_beside_the_table_is_a_problem() -> None:
    """500 with a code and an id, and not a word of the failure."""
    async with client(listener("public")) as http:
        answer = await http.get("/breaks")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("name", KINDS)
async def test_production_is_by_tls_only(name: str) -> None:
    """Every answer says so there, and none elsewhere."""
    header, value = (part.decode() for part in HSTS)
    paths = ["/healthz", "/nothing", "/breaks", *OTHERS[name]]
    async with client(listener(name, production=True)) as http:
        assert {(await http.get(path)).headers[header] for path in paths} == {value}
    async with client(listener(name)) as http:
        plain = [await http.get(path) for path in paths]
    assert not [answer for answer in plain if header in answer.headers]


async def test_a_stream_is_dressed() -> None:
    """Also an answer that never ends."""

    async def nothing() -> AsyncIterator[bytes]:
        for _ in range(0):
            yield b""

    async def follow(_: Plain) -> EventStream:
        return EventStream(Streams(), SOMEBODY, lambda: True, nothing())

    route = Route("GET", "/internal/follow", follow, "Follow", ANYONE, dict[str, str])
    async with client(serving(route)) as http:
        answer = await http.get("/internal/follow")
    assert headers_of(answer) == PROMISED
    assert len(answer.headers.get_list("cache-control")) == 1


# ------------------------------------------------------------------------------------- pages of others


@pytest.mark.parametrize("method", METHODS)
async def test_a_listed_page_may_call(method: str) -> None:
    """Its very origin, with cookies, by every method of ours; an answer for it is for nobody else's page."""
    app = with_cors(serving(HELLO), [PAGE, "https://other.example"])
    async with client(app) as http:
        asked = await http.options(
            HELLO.path, headers={"Origin": PAGE, "Access-Control-Request-Method": method}
        )
        called = await http.get(HELLO.path, headers={"Origin": PAGE})
        refused = await http.delete(HELLO.path, headers={"Origin": PAGE})
    assert asked.status_code == 204
    assert method in asked.headers["access-control-allow-methods"].split(", ")
    assert {"Authorization", "Content-Type", "Idempotency-Key", "X-Client"} <= set(
        asked.headers["access-control-allow-headers"].split(", ")
    )
    assert (called.status_code, refused.status_code) == (200, 405)
    for answer in (asked, called, refused):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"
        assert headers_of(answer) == PROMISED


@pytest.mark.parametrize("origin", STRANGERS)
async def test_no_other_page_may(origin: str) -> None:
    """No suffix, prefix, other scheme, port or case, no `null`: not a header that would help."""
    async with client(with_cors(serving(HELLO), [PAGE])) as http:
        asked = await http.options(
            HELLO.path, headers={"Origin": origin, "Access-Control-Request-Method": "PATCH"}
        )
        called = await http.get(HELLO.path, headers={"Origin": origin})
    assert (asked.status_code, asked.json()["code"]) == (403, "FORBIDDEN")
    assert headers_of(asked) == PROMISED
    for answer in (asked, called):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["vary"] == "Origin"


async def test_two_origins_are_nobodys() -> None:
    """A listed one beside another does not count."""
    async with client(with_cors(serving(HELLO), [PAGE])) as http:
        answer = await http.get(HELLO.path, headers=[("Origin", PAGE), ("Origin", "https://evil.example")])
    assert "access-control-allow-origin" not in answer.headers


async def test_without_a_list_nobody_may_and_nothing_is_wrapped() -> None:
    """An interface without browsers pays nothing for them."""
    app = serving(HELLO)
    assert with_cors(app, []) is app
    async with client(app) as http:
        asked = await http.options(
            HELLO.path, headers={"Origin": PAGE, "Access-Control-Request-Method": "GET"}
        )
    assert not [name for name in asked.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("name", KINDS)
async def test_each_listener_has_its_own_list(name: str) -> None:
    """What the wiring hands over is what holds, on every route."""
    async with client(listener(name, origins=(PAGE,))) as http:
        for _, path in every(name):
            ask = {"Origin": PAGE, "Access-Control-Request-Method": "PATCH"}
            assert (await http.options(path, headers=ask)).headers["access-control-allow-origin"] == PAGE
            stranger = ask | {"Origin": f"{PAGE}.evil"}
            assert (await http.options(path, headers=stranger)).status_code == 403


async def test_a_socket_passes() -> None:
    """Its origin is judged where it is served."""
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:  # noqa: ANN401  an ASGI callable
        raise AssertionError

    scope = {"type": "websocket", "path": "/", "headers": [(b"origin", b"https://evil.example")]}
    await with_cors(app, [PAGE])(scope, nothing, nothing)
    assert seen == ["websocket"]


def test_kinds_are_all() -> None:
    """Two listeners, each with its own prefixes."""
    kinds: list[Kind] = [kind for kind, _ in KINDS.values()]
    assert len({prefix for kind in kinds for prefix in kind.prefixes}) == 5
