"""The document says what the table says, no more and no less."""

import re
from enum import IntEnum
from typing import Any, Generic, Literal, TypeVar, cast
from uuid import UUID

import pytest
from attrs import Factory, field, frozen, validators

from halobestie_app.http import internal, listener, openapi, public
from halobestie_app.http.body import requires
from halobestie_app.http.principal import Bearers
from halobestie_app.http.route import ANYONE, CUSTOMERS, OPTIONAL, Plain, Route
from halobestie_app.http.schema import Components
from halobestie_app.problems import Code, Problem
from halobestie_app.services import Services
from halobestie_core.words import Mode, UserType
from support.listening import PlainTokens, Standing, client

pytestmark = pytest.mark.anyio

T = TypeVar("T")
NOTHING = cast("Services", None)  # what is asked here needs no use case


@frozen
class Order:
    """What a customer wants."""

    minutes: int = field(validator=[validators.ge(1), validators.le(120)])
    type_: Mode = Mode.CHAT
    note: str | None = field(default=None, validator=validators.optional(validators.max_len(40)))
    tags: tuple[str, ...] = field(factory=tuple, validator=validators.max_len(3))


@frozen
class Filter:
    """Which orders."""

    limit: int = field(default=50, validator=[validators.ge(1), validators.le(200)])
    kinds: tuple[UserType, ...] = ()


@frozen
class Page(Generic[T]):
    """Some of many."""

    rows: tuple[T, ...]
    total: int


async def nothing(_: Plain) -> None:
    """Do nothing."""


ROUTES = (
    Route("GET", "/api/client/orders", nothing, "List orders", CUSTOMERS, Page[Order], query=Filter),
    Route(
        "POST",
        "/api/client/orders/{id}",
        nothing,
        "Order",
        CUSTOMERS,
        Order,
        status=201,
        body=Order,
        problems=(Code.ALREADY_ACTIVE, Code.INVALID_STATE),
        judge=requires("minutes"),
    ),
    Route("DELETE", "/api/client/orders/{id}/{word:str}", nothing, "Forget", OPTIONAL),
)


def told() -> dict[str, Any]:
    """The document of these routes."""
    return openapi.document(ROUTES, "Test", "1")


def test_every_route_and_no_other_is_in_it() -> None:
    """Method by method, path by path, with one operation id each."""
    paths = told()["paths"]
    in_document = {(method, path) for path, methods in paths.items() for method in methods}
    assert in_document == {(route.method.lower(), route.template) for route in ROUTES}
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(set(ids)) == len(ROUTES)
    assert "post-api-client-orders-by-id" in ids


def test_bodies_carry_names_bounds_and_defaults() -> None:
    """A client's author can build a valid body from the document alone."""
    document = told()
    operation = document["paths"]["/api/client/orders/{id}"]["post"]
    assert operation["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
    }
    assert document["components"]["schemas"]["Order"] == {
        "type": "object",
        "description": "What a customer wants.",
        "additionalProperties": False,
        "required": ["minutes"],
        "properties": {
            "minutes": {"type": "integer", "minimum": 1, "maximum": 120},
            "type": {"$ref": "#/components/schemas/Mode", "default": "chat"},
            "note": {"anyOf": [{"type": "string", "maxLength": 40}, {"type": "null"}], "default": None},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        },
    }
    assert document["components"]["schemas"]["Mode"]["enum"] == ["chat", "call"]


def test_parameters_are_told() -> None:
    """Ids and words of the path, fields of the query."""
    paths = told()["paths"]
    assert paths["/api/client/orders/{id}/{word}"]["delete"]["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        {"name": "word", "in": "path", "required": True, "schema": {"type": "string"}},
    ]
    [limit, kinds] = paths["/api/client/orders"]["get"]["parameters"]
    assert limit == {
        "name": "limit",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    }
    assert kinds["schema"]["items"] == {"$ref": "#/components/schemas/UserType"}


def test_answers_and_problems_are_told_by_status() -> None:
    """Success with its form, each problem with the codes that it may carry."""
    document = told()
    responses = document["paths"]["/api/client/orders/{id}"]["post"]["responses"]
    assert set(responses) == {
        "201",
        "400",
        "401",
        "403",
        "404",
        "408",
        "409",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
    }
    conflict = responses["409"]["content"]["application/problem+json"]["schema"]["allOf"]
    assert conflict == [
        {"$ref": "#/components/schemas/Problem"},
        {"properties": {"code": {"enum": ["ALREADY_ACTIVE", "INVALID_STATE"]}}},
    ]
    assert responses["400"]["content"]["application/problem+json"]["schema"]["allOf"][1] == {
        "properties": {"code": {"enum": ["VALIDATION_ERROR"]}}
    }
    page = document["paths"]["/api/client/orders"]["get"]["responses"]["200"]["content"]["application/json"]
    assert page["schema"] == {"$ref": "#/components/schemas/PageOrder"}
    rows = document["components"]["schemas"]["PageOrder"]["properties"]["rows"]
    assert rows == {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
    gone = document["paths"]["/api/client/orders/{id}/{word}"]["delete"]["responses"]["204"]
    assert "content" not in gone


def test_who_may_call_is_told() -> None:
    """Nobody needed, somebody possible, a kind of person."""
    paths = told()["paths"]
    assert paths["/api/client/orders"]["get"]["security"] == [{"bearer": ["customer"]}]
    assert paths["/api/client/orders/{id}/{word}"]["delete"]["security"] == [{}, {"bearer": []}]


def test_every_reference_leads_somewhere() -> None:
    """No dangling component in the document."""
    document = told()
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= set(document["components"]["schemas"])
    assert document["components"]["schemas"]["Code"]["enum"] == [code.value for code in Code]


class Level(IntEnum):
    """Numbers."""

    LOW = 1


@frozen
class Other:
    """Another of that name."""

    name: int = Factory(int)


@pytest.mark.parametrize(
    "form,schema",
    [
        (object, {}),
        (Literal["a", "b"], {"enum": ["a", "b"]}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (
            frozenset[UUID],
            {"type": "array", "uniqueItems": True, "items": {"type": "string", "format": "uuid"}},
        ),
        (int | bool | None, {"anyOf": [{"type": "integer"}, {"type": "boolean"}, {"type": "null"}]}),
        (Level, {"$ref": "#/components/schemas/Level"}),
        (Other, {"$ref": "#/components/schemas/Other"}),
    ],
)
def test_every_kind_of_field_has_a_schema(form: Any, schema: dict[str, Any]) -> None:  # noqa: ANN401  any type
    """What the wire reads, the document can say."""
    assert Components().schema(form) == schema


def test_what_has_no_schema_is_a_mistake() -> None:
    """Found when the application is made, not by a client."""
    with pytest.raises(TypeError, match="no JSON Schema"):
        Components().schema(complex)
    components = Components()
    components.schemas["Other"] = {}
    components.schema(Other)
    impostor = frozen(type("Other", (), {}))
    with pytest.raises(TypeError, match="two classes of the document are called Other"):
        components.schema(impostor)


@pytest.mark.parametrize(
    "kind,routes", [(public.PUBLIC, public.ROUTES), (internal.INTERNAL, internal.ROUTES)]
)
async def test_each_listener_publishes_exactly_its_table(
    kind: listener.Kind, routes: tuple[Route, ...]
) -> None:
    """``/openapi.json`` equals the route table of the listener, itself and health included."""
    table = listener.complete(kind, routes, Standing())
    app = listener.make_app(kind, routes, NOTHING, Bearers(PlainTokens()), Standing())
    async with client(app) as http:
        answer = await http.get("/openapi.json")
        ready = await http.get("/readyz")
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == kind.title
    published = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert published == {(route.method, route.template) for route in table}
    assert {"/healthz", "/readyz", "/openapi.json"} <= set(document["paths"])
    assert ready.status_code == 200
    for route in table:
        responses = document["paths"][route.template][route.method.lower()]["responses"]
        promised = {str(code.status) for code in openapi.possible(route)} | {str(route.status)}
        assert promised <= set(responses)


async def test_a_listener_refuses_the_other_ones_routes() -> None:
    """A public path on the internal listener is a mistake that stops the start."""
    for kind, path in ((public.PUBLIC, "/internal/config"), (internal.INTERNAL, "/api/client/me")):
        route = Route("GET", path, nothing, "Wrong", ANYONE)
        with pytest.raises(ValueError, match="does not belong"):
            listener.complete(kind, [route], Standing())


async def test_extras_reach_the_application() -> None:
    """Browsers' origins and strict transport, where a deployment has them."""
    extras = listener.Extras(origins=["https://a.example"], strict_transport=True)
    app = listener.make_app(public.PUBLIC, (), NOTHING, Bearers(PlainTokens()), Standing(), extras)
    async with client(app) as http:
        answer = await http.get("/healthz", headers={"Origin": "https://a.example"})
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["access-control-allow-origin"] == "https://a.example"


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_status_and_a_heading(code: Code) -> None:
    """A problem of any code can be written."""
    assert 400 <= code.status < 600
    assert code.heading
    assert str(Problem(code, "Because.")) == f"{code}: Because."
