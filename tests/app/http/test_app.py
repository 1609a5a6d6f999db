"""How a request is judged and answered, whatever the route."""

import asyncio
import logging
from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest
from attrs import field, frozen, validators
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route as StarletteRoute

from halobestie_adapters.errors import Busy, StoreUnavailable
from halobestie_app.http.body import LARGEST, requires
from halobestie_app.http.principal import Bearers
from halobestie_app.http.route import (
    ANYONE,
    CUSTOMERS,
    OPTIONAL,
    PEOPLE,
    Call,
    Cookie,
    Plain,
    Reply,
    Route,
)
from halobestie_app.http.table import Table
from halobestie_app.problems import Code, Problem
from halobestie_core.words import UserType
from support.listening import SOMEBODY, PlainTokens, chunks, client, serving, token
from support.waiting import eventually

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


@frozen
class Order:
    """A body with one member that must be there."""

    minutes: int = field(validator=[validators.ge(1), validators.le(120)])
    note: str | None = None


@frozen
class Search:
    """A query of every kind."""

    limit: int = field(default=50, validator=[validators.ge(1), validators.le(200)])
    mine: bool = False
    mitra_id: UUID | None = None
    kinds: tuple[UserType, ...] = ()
    q: str | None = None


@frozen
class Seen:
    """What an endpoint was called with."""

    said: object


async def order(call: Call[Order, None]) -> Seen:
    """Repeat the body."""
    return Seen(call.body)


async def empty(_: Plain) -> Seen:
    """Say that it was called."""
    return Seen("called")


async def look(call: Call[None, Search]) -> Seen:
    """Repeat the query."""
    return Seen(call.query)


async def who(call: Plain) -> Seen:
    """Say who called."""
    return Seen(call.principal and call.principal.user_type)


async def place(call: Plain) -> Seen:
    """Repeat the path."""
    return Seen([call.path, call.words])


POST = Route("POST", "/api/orders", order, "Order", ANYONE, Seen, status=201, body=Order)
BARE = Route("POST", "/api/orders/{id}/confirm", empty, "Confirm", ANYONE, Seen)
LOOK = Route("GET", "/api/orders", look, "Look", ANYONE, Seen, query=Search)


async def refused(app: Any, method: str, path: str, **options: Any) -> tuple[int, str, list[Any]]:  # noqa: ANN401
    """Status, code and errors of a request that is refused."""
    async with client(app) as http:
        answer = await http.request(method, path, **options)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["type"] == f"urn:halobestie:problem:{problem['code'].lower().replace('_', '-')}"
    return answer.status_code, problem["code"], problem.get("errors", [])


async def test_a_body_becomes_its_class_and_an_object_the_answer() -> None:
    """The endpoint gets the class that the route names; what it returns is written with its status."""
    async with client(serving(POST)) as http:
        answer = await http.post("/api/orders", json={"minutes": 15})
    assert answer.status_code == 201
    assert answer.json() == {"said": {"minutes": 15, "note": None}}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "content,errors",
    [
        (b"", [{"path": "$.minutes", "message": "is required"}]),
        (b"{}", [{"path": "$.minutes", "message": "is required"}]),
        (b'{"minutes": "15"}', [{"path": "$.minutes", "message": "must be a whole number"}]),
        (b'{"minutes": 15.0}', [{"path": "$.minutes", "message": "must be a whole number"}]),
        (b'{"minutes": 0}', [{"path": "$.minutes", "message": "must be 1 to 120"}]),
        (b'{"minutes": 15, "price": 0}', [{"path": "$.price", "message": "is not a known field"}]),
        (b'{"minutes": 15, "minutes": 16}', [{"path": "$.minutes", "message": "is given twice"}]),
        (b'{"minutes": 15, "note": {"a:b": 1, "a:b": 1}}', [{"path": "$.a:b", "message": "is given twice"}]),
        (b'{"minutes": 123456789012345678901234567890}', None),
        (b'{"minutes": 1e999}', None),
        (b'{"minutes": NaN}', None),
        (
            b'{"minutes": 15, "note": "\\u0000"}',
            [{"path": "$", "message": "must not contain a NUL character"}],
        ),
        (b'{"minutes": 15, "\\u0000": 1}', [{"path": "$", "message": "must not contain a NUL character"}]),
        (b'{"minutes": 15, "note": "\\ud800"}', None),
        (b'{"minutes": 15, "note": "\xff"}', None),
        (b'{"minutes": 15', None),
        (b"{'minutes': 15}", None),
        (b'{"minutes": 15} {}', None),
        (b"[]", [{"path": "$", "message": "must be an object"}]),
        (b'"x"', [{"path": "$", "message": "must be an object"}]),
        (b"null", [{"path": "$", "message": "must be an object"}]),
        (b"[" * 60_000, None),
        (
            b'{"note": ' * 40 + b"1" + b"}" * 40,
            [{"path": "$", "message": "must not be nested deeper than 32 levels"}],
        ),
        (b'{"minutes": 15, "x": ":' + b"1" * 5_000 + b'", "y": ' + b"1" * 5_000 + b"}", None),
    ],
)
async def test_a_body_that_is_wrong_is_422(content: bytes, errors: list[dict[str, str]] | None) -> None:
    """Malformed, missing, foreign, doubled and monstrous bodies are refused with words."""
    status, code, told = await refused(serving(POST), "POST", "/api/orders", content=content, headers=JSON)
    assert (status, code) == (422, "VALIDATION_ERROR")
    assert told
    assert errors is None or told == errors


async def test_an_escaped_backslash_is_no_nul() -> None:
    """A backslash of its own before what would be a NUL makes it ordinary text."""
    async with client(serving(POST)) as http:
        answer = await http.post(
            "/api/orders", content=rb'{"minutes": 15, "note": "\\u0000: no"}', headers=JSON
        )
    assert answer.json()["said"]["note"] == r"\u0000: no"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "json", ""],
)
async def test_a_body_that_is_not_json_is_415(content_type: str) -> None:
    """Only JSON in UTF-8 is read, and it has to be called so."""
    answer = await refused(
        serving(POST),
        "POST",
        "/api/orders",
        content=b'{"minutes": 15}',
        headers={"Content-Type": content_type},
    )
    assert answer[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; Charset=UTF-8", "application/merge-patch+json"]
)
async def test_json_has_several_names(content_type: str) -> None:
    """The charset may be said, and structured suffixes are JSON too."""
    async with client(serving(POST)) as http:
        answer = await http.post(
            "/api/orders", content=b'{"minutes": 15}', headers={"Content-Type": content_type}
        )
    assert answer.status_code == 201


async def test_a_body_of_64_kib_is_read_and_one_byte_more_is_413() -> None:
    """The limit holds whether the length is said before or the body comes in parts."""
    app = serving(POST)
    frame = b'{"minutes": 15, "note": "%s"}'
    fits = frame % (b"x" * (LARGEST - len(frame) + 2))
    async with client(app) as http:
        assert (await http.post("/api/orders", content=fits, headers=JSON)).status_code == 201
        for content in (fits + b" ", chunks(*[b"x" * 1024] * 65)):
            answer = await http.post("/api/orders", content=content, headers=JSON)
            assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


async def test_a_large_body_is_refused_before_it_is_held() -> None:
    """By its length alone when that is said; else no more than the limit is ever taken in."""
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1024
        return {"type": "http.request", "body": b"x" * 1024, "more_body": True}

    async def send(message: Any) -> None:  # noqa: ANN401  an ASGI message
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/api/orders",
        "query_string": b"",
        "headers": [(b"content-length", b"99999999")],
    }
    sent: list[Any] = []
    await serving(POST)(scope, receive, send)
    assert (sent[0]["status"], taken) == (413, 0)
    sent.clear()
    await serving(POST)({**scope, "headers": []}, receive, send)
    assert (sent[0]["status"], taken) == (413, LARGEST + 1024)


async def test_nobody_is_answered_when_the_client_went_away() -> None:
    """A client that leaves within its body gets no endpoint called and no answer."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:  # noqa: ANN401  an ASGI message
        raise AssertionError("answered nobody")

    scope = {"type": "http", "method": "POST", "path": "/api/orders", "query_string": b"", "headers": []}
    await serving(POST)(scope, receive, send)


async def test_a_body_that_comes_too_slowly_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends half a body and waits is told so and its connection is closed."""
    monkeypatch.setattr("halobestie_app.http.body.SLOWEST", 0.05)

    async def slow() -> Any:  # noqa: ANN401  an async iterator
        yield b'{"minutes"'
        await asyncio.Event().wait()

    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not sent:
            sent.append("half")
            return {"type": "http.request", "body": b'{"minutes"', "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:  # noqa: ANN401  an ASGI message
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/orders", "query_string": b"", "headers": []}
    await serving(POST)(scope, receive, send)
    assert sent[1]["status"] == 408
    assert (b"connection", b"close") in sent[1]["headers"]


async def test_a_route_without_members_needs_no_body_and_takes_none() -> None:
    """No body, no content type: fine. An empty object: fine. A member: unknown."""
    path = f"/api/orders/{uuid4()}/confirm"
    async with client(serving(BARE)) as http:
        assert (await http.post(path)).status_code == 200
        assert (await http.post(path, json={})).status_code == 200
    assert (await refused(serving(BARE), "POST", path, json={"a": 1}))[2] == [
        {"path": "$.a", "message": "is not a known field"}
    ]


async def test_a_route_may_judge_its_body_first() -> None:
    """A missing payment is 400 on the routes that ask for it so, before unknown members are looked at."""

    @frozen
    class Ask:
        payment_session_id: UUID

    app = serving(
        Route("POST", "/api/asks", empty, "Ask", ANYONE, Seen, body=Ask, judge=requires("payment_session_id"))
    )
    missing = [{"path": "$.payment_session_id", "message": "is required"}]
    for content in (None, b"{}", b'{"extra": 1}', b'{"payment_session_id": null}'):
        assert await refused(app, "POST", "/api/asks", content=content, headers=JSON) == (
            400,
            "VALIDATION_ERROR",
            missing,
        )
    status, _, errors = await refused(app, "POST", "/api/asks", json={"payment_session_id": "x", "extra": 1})
    assert (status, len(errors)) == (422, 2)


@pytest.mark.parametrize(
    "query,expected",
    [
        ("", {"limit": 50, "mine": False, "mitra_id": None, "kinds": [], "q": None}),
        ("unknown=1&limit=7", {"limit": 7, "mine": False, "mitra_id": None, "kinds": [], "q": None}),
        (
            f"mine=true&mitra_id={SOMEBODY}&kinds=mitra,customer&kinds[]=cc_user&q=a%20b",
            {
                "limit": 50,
                "mine": True,
                "mitra_id": str(SOMEBODY),
                "kinds": ["mitra", "customer", "cc_user"],
                "q": "a b",
            },
        ),
        ("q=12", {"limit": 50, "mine": False, "mitra_id": None, "kinds": [], "q": "12"}),
        (
            "limit=&kinds=&q=",
            {"limit": 50, "mine": False, "mitra_id": None, "kinds": [], "q": ""},
        ),
    ],
)
async def test_a_query_becomes_its_class(query: str, expected: dict[str, Any]) -> None:
    """Numbers, booleans, ids and lists are read from their text; what is not known is ignored."""
    async with client(serving(LOOK)) as http:
        answer = await http.get(f"/api/orders?{query}")
    assert answer.json() == {"said": expected}


@pytest.mark.parametrize(
    "query,path",
    [
        ("limit=0", "$.limit"),
        ("limit=201", "$.limit"),
        ("limit=1.5", "$.limit"),
        ("limit=ten", "$.limit"),
        ("limit=+", "$.limit"),
        ("limit=%F0%9D%9F%99", "$.limit"),
        ("limit=99999999999999999999", "$.limit"),
        ("limit=1&limit=2", "$.limit"),
        ("mine=yes", "$.mine"),
        ("mitra_id=7", "$.mitra_id"),
        ("kinds=mitra,robot", "$.kinds[1]"),
        ("q=a%00b", "$.q"),
    ],
)
async def test_a_query_that_is_wrong_is_422(query: str, path: str) -> None:
    """A known parameter has to say what it should."""
    status, code, errors = await refused(serving(LOOK), "GET", f"/api/orders?{query}")
    assert (status, code) == (422, "VALIDATION_ERROR")
    assert [error["path"] for error in errors] == [path]


async def test_paths_hold_ids_and_words() -> None:
    """An id in a path is canonical, in either case; anything else there is nothing."""
    app = serving(Route("GET", "/internal/audit/{aggregate:str}/{id}", place, "Audit", ANYONE, Seen))
    async with client(app) as http:
        answer = await http.get(f"/internal/audit/payment/{str(SOMEBODY).upper()}")
    assert answer.json() == {"said": [{"id": str(SOMEBODY)}, {"aggregate": "payment"}]}
    for bad in ("7", SOMEBODY.hex, f"{{{SOMEBODY}}}", "%20", "..%2f"):
        assert (await refused(app, "GET", f"/internal/audit/payment/{bad}"))[:2] == (404, "NOT_FOUND")


async def test_a_fixed_segment_is_preferred_to_a_parameter() -> None:
    """``/requests/returning`` is a route of its own beside ``/requests/{id}``."""
    app = serving(
        Route("POST", "/api/requests/returning", empty, "Again", ANYONE, Seen),
        Route("GET", "/api/requests/{id}", place, "One", ANYONE, Seen),
        Route("POST", "/api/requests/{payment_id}/fallback", place, "Fallback", ANYONE, Seen),
    )
    async with client(app) as http:
        assert (await http.post("/api/requests/returning")).json() == {"said": "called"}
        assert (await http.get(f"/api/requests/{SOMEBODY}")).json() == {"said": [{"id": str(SOMEBODY)}, {}]}
        answer = await http.post(f"/api/requests/{SOMEBODY}/fallback")
        assert answer.json() == {"said": [{"payment_id": str(SOMEBODY)}, {}]}
        assert (await http.get("/api/requests/returning")).headers["allow"] == "OPTIONS, POST"


async def test_unknown_paths_are_404_as_problems() -> None:
    """No slash too many, none too few, no prefix of a path."""
    app = serving(POST, BARE)
    for path in ("/", "/api", "/api/orders/", "//api/orders", f"/api/orders/{SOMEBODY}", "/internal/config"):
        assert (await refused(app, "GET", path))[:2] == (404, "NOT_FOUND")


async def test_two_routes_in_one_place_are_a_mistake() -> None:
    """A table that could not say which endpoint to call is refused when it is made."""
    with pytest.raises(ValueError, match="two routes for POST"):
        Table([POST, POST])


async def test_other_methods_are_405_and_options_tells_which() -> None:
    """405 says what is allowed; HEAD is GET without a body; OPTIONS is answered."""
    app = serving(POST, LOOK)
    async with client(app) as http:
        answer = await http.put("/api/orders", json={})
        assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        answer = await http.options("/api/orders")
        assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
        answer = await http.head("/api/orders")
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) == len((await http.get("/api/orders")).content)


OURS = Route("POST", "/api/ours", who, "Ours", CUSTOMERS, Seen, body=Order)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic Y3VzdG9tZXI6eA==",
        "Bearer nonsense",
        f"Bearer customer.{SOMEBODY}.-1",
        "Bearer " + "x" * 5_000,
        f"customer.{SOMEBODY}.3600",
    ],
)
async def test_without_a_valid_token_it_is_401(header: str | None) -> None:
    """Missing, malformed, expired and oversize tokens are one and the same, before the body is looked at."""
    headers = {} if header is None else {"Authorization": header}
    async with client(serving(OURS)) as http:
        answer = await http.post("/api/ours", content=b"{broken", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_wrong_kind_of_person_is_403_before_the_body() -> None:
    """A mitra may not do what customers do, however wrong the body is."""
    answer = await refused(
        serving(OURS), "POST", "/api/ours", content=b"x" * (LARGEST + 1), headers=token(UserType.MITRA)
    )
    assert answer[:2] == (403, "FORBIDDEN")


async def test_a_token_may_be_optional() -> None:
    """Without one the route is open; with one, it must be valid, and then everybody may."""
    app = serving(Route("GET", "/api/any", who, "Any", OPTIONAL, Seen))
    async with client(app) as http:
        assert (await http.get("/api/any")).json() == {"said": None}
        assert (await http.get("/api/any", headers=token(UserType.MITRA))).json() == {"said": "mitra"}
        assert (await http.get("/api/any", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_both_sides_of_a_chat_may() -> None:
    """A route for people takes customers and mitras, and no operator."""
    app = serving(Route("GET", "/api/both", who, "Both", PEOPLE, Seen))
    async with client(app) as http:
        answers = [(await http.get("/api/both", headers=token(kind))).status_code for kind in UserType]
    assert answers == [200, 200, 403]


async def test_a_verified_token_is_remembered_until_it_expires_or_is_revoked() -> None:
    """Verifying is done once; revocation is asked for every time."""
    tokens = PlainTokens()
    revoked: set[UUID] = set()
    app = serving(
        Route("GET", "/api/me", who, "Me", CUSTOMERS, Seen), bearers=Bearers(tokens, revoked.__contains__)
    )
    async with client(app) as http:
        for _ in range(3):
            assert (await http.get("/api/me", headers=token(UserType.CUSTOMER))).status_code == 200
        assert tokens.read_times == 1
        revoked.add(SOMEBODY)
        assert (await http.get("/api/me", headers=token(UserType.CUSTOMER))).status_code == 401
        short = token(UserType.CUSTOMER, uuid4(), 0.05)
        assert (await http.get("/api/me", headers=short)).status_code == 200

        async def expired() -> bool:
            return (await http.get("/api/me", headers=short)).status_code == 401

        await eventually(expired)


async def test_only_so_many_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """When there are too many, the oldest are verified again."""
    monkeypatch.setattr("halobestie_app.http.principal.REMEMBERED", 4)
    tokens = PlainTokens()
    bearers = Bearers(tokens)
    headers = [token(UserType.MITRA, uuid4())["Authorization"].encode() for _ in range(5)]
    assert all(bearers.principal(header) for header in headers)
    assert bearers.principal(headers[4])
    assert tokens.read_times == 5
    assert bearers.principal(headers[0])
    assert tokens.read_times == 6


def failing(failure: Exception) -> Route:
    """A route whose endpoint fails."""

    async def fails(_: Plain) -> object:
        raise failure

    return Route("GET", "/api/fails", fails, "Fail", ANYONE, Seen)


async def test_a_problem_is_written_with_its_members_and_headers() -> None:
    """What a use case raises reaches the client whole."""
    problem = Problem(
        Code.INVALID_STATE,
        "Not now.",
        retry_after=3,
        state="pending",
        allowed=["cancel"],
        session_id=SOMEBODY,
    )
    async with client(serving(failing(problem))) as http:
        answer = await http.get("/api/fails")
    assert answer.status_code == 409
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "urn:halobestie:problem:invalid-state",
        "title": "Not possible in the present state",
        "status": 409,
        "detail": "Not now.",
        "code": "INVALID_STATE",
        "state": "pending",
        "allowed": ["cancel"],
        "session_id": str(SOMEBODY),
    }


@pytest.mark.parametrize("failure", [StoreUnavailable("no route to 10.0.0.7"), Busy("lock")])
async def test_a_store_out_of_reach_is_503(failure: Exception) -> None:
    """The client is told to come back, and not which store it was or where."""
    async with client(serving(failing(failure))) as http:
        answer = await http.get("/api/fails")
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
    assert "10.0.0.7" not in answer.text


async def test_a_mistake_of_ours_is_500_with_an_id_and_without_a_stack(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log has the traceback; the client has the id under which it is found."""
    with caplog.at_level(logging.ERROR):
        async with client(serving(failing(RuntimeError("secret detail")))) as http:
            answer = await http.get("/api/fails", headers={"X-Request-Id": "find-me"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "INTERNAL_ERROR"
    assert answer.json()["id"] == answer.headers["x-request-id"] == "find-me"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_an_endpoint_that_does_not_come_back_is_503() -> None:
    """No request hangs: the endpoint is cancelled and the client told to look before trying again."""
    cancelled = asyncio.Event()

    async def hangs(_: Plain) -> object:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    app = serving(Route("GET", "/api/hangs", hangs, "Hang", ANYONE, Seen, bound=0.05))
    answer = await refused(app, "GET", "/api/hangs")
    assert answer[:2] == (503, "UNAVAILABLE")
    async with asyncio.timeout(5):
        await cancelled.wait()


async def test_a_timeout_inside_an_endpoint_is_not_the_bound() -> None:
    """An endpoint's own TimeoutError is a mistake of ours, not a slow store."""
    assert (await refused(serving(failing(TimeoutError())), "GET", "/api/fails"))[:2] == (
        500,
        "INTERNAL_ERROR",
    )


@pytest.mark.parametrize("theirs", ["", "a b", "x" * 65, "a\tb", "<script>"])
async def test_a_request_id_is_ours_unless_theirs_is_harmless(theirs: str) -> None:
    """Every answer carries an id; a client's own is kept only when it can be printed anywhere."""
    async with client(serving(LOOK)) as http:
        ids = {
            (await http.get("/api/orders", headers={"X-Request-Id": theirs})).headers["x-request-id"]
            for _ in "ab"
        }
        kept = (await http.get("/api/orders", headers={"X-Request-Id": "trace-1.2_3"})).headers[
            "x-request-id"
        ]
        lost = (await http.get("/nowhere")).headers["x-request-id"]
    assert len(ids) == 2
    assert theirs not in ids
    assert kept == "trace-1.2_3"
    assert lost


async def test_a_reply_may_say_more() -> None:
    """Another status, headers, cookies, JSON already written, nothing at all."""

    async def replies(_: Plain) -> Reply:
        return Reply(
            {"a": SOMEBODY},
            202,
            {"X-Once": "1"},
            (Cookie("__Host-hb_cc", "v", 60), Cookie("hb_cc", "", 0, secure=False)),
        )

    async def raw(_: Plain) -> Reply:
        return Reply(raw=orjson.dumps([1]))

    async def gone(_: Plain) -> None:
        return None

    async def theirs(_: Plain) -> Response:
        return PlainTextResponse("stream")

    app = serving(
        Route("GET", "/api/replies", replies, "Reply", ANYONE, Seen),
        Route("GET", "/api/raw", raw, "Raw", ANYONE, list[int]),
        Route("DELETE", "/api/gone", gone, "Gone", ANYONE),
        Route("GET", "/api/theirs", theirs, "Stream", ANYONE, str, bound=None),
    )
    async with client(app) as http:
        answer = await http.get("/api/replies")
        assert (answer.status_code, answer.json()) == (202, {"a": str(SOMEBODY)})
        assert answer.headers["x-once"] == "1"
        assert answer.headers.get_list("set-cookie") == [
            "__Host-hb_cc=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict",
            "hb_cc=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
        ]
        assert (await http.get("/api/raw")).json() == [1]
        answer = await http.delete("/api/gone")
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-length" not in answer.headers
        answer = await http.get("/api/theirs")
        assert answer.text == "stream"
        assert answer.headers["x-request-id"]


async def test_an_endpoint_can_see_headers_and_cookies() -> None:
    """Both are read only when asked for; a route without a token has no caller."""

    async def sees(call: Plain) -> Seen:
        with pytest.raises(LookupError):
            _ = call.caller
        return Seen([call.headers["X-Client"], call.cookies["hb_cc"], call.headers["x-client"]])

    async with client(serving(Route("GET", "/api/sees", sees, "See", ANYONE, Seen))) as http:
        answer = await http.get(
            "/api/sees", headers={"X-Client": "mitra-web", "Cookie": "hb_cc=abc; other=1"}
        )
    assert answer.json() == {"said": ["mitra-web", "abc", "mitra-web"]}


async def test_starlettes_own_routes_come_after_the_table() -> None:
    """Pages and sockets are Starlette's; what neither knows is a problem too."""

    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse("page")

    app = serving(LOOK, extra=[StarletteRoute("/", page)])
    async with client(app) as http:
        assert (await http.get("/")).text == "page"
        answer = await http.post("/")
        assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert (await http.get("/other")).json()["code"] == "NOT_FOUND"


async def test_every_answer_is_told_to_whoever_watches() -> None:
    """Metrics get the template, never the path with its ids."""
    seen: list[tuple[str, str, int]] = []
    app = serving(BARE, watch=lambda method, route, status, _: seen.append((method, route, status)))
    async with client(app) as http:
        await http.post(f"/api/orders/{SOMEBODY}/confirm")
        await http.get(f"/api/orders/{SOMEBODY}/confirm")
    assert seen == [("POST", "/api/orders/{id}/confirm", 200), ("GET", "", 405)]


async def test_requests_do_not_share_what_the_log_is_about() -> None:
    """Two requests at once each keep their own ids."""
    from halobestie_app import log  # noqa: PLC0415  the private variable is looked at here alone

    async def about(call: Plain) -> Seen:
        log.about(aggregate_id=call.path["id"])
        await asyncio.sleep(0)
        return Seen(log._ABOUT.get()["aggregate_id"])  # noqa: SLF001  as above

    app = serving(Route("GET", "/api/about/{id}", about, "About", ANYONE, Seen))
    ids = [uuid4() for _ in range(5)]
    async with client(app) as http:
        answers: list[httpx2.Response] = await asyncio.gather(*(http.get(f"/api/about/{one}") for one in ids))
    assert [answer.json()["said"] for answer in answers] == [str(one) for one in ids]
