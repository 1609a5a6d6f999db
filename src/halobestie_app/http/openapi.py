"""The published document: OpenAPI 3.1, made from the table of routes. Knows nothing else."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs
import orjson

from halobestie_app.http.problems import CONTENT_TYPE
from halobestie_app.http.route import ANYONE, OPTIONAL, Plain, Reply, Route
from halobestie_app.http.schema import Components, Schema
from halobestie_app.problems import Code
from halobestie_core.wire import wire_name

PATH: Final = "/openapi.json"

_PROBLEM_SCHEMA: Final[Schema] = {
    "type": "object",
    "description": "An RFC 9457 problem. Further members depend on the code.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"$ref": "#/components/schemas/Code"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}

_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "One command, one key: sent again within a day, it is answered as it was the first time, "
    "with `Idempotency-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def document(routes: Iterable[Route], title: str, version: str) -> dict[str, Any]:
    """Describe every route: parameters, body, answer, problems, who may call."""
    components = Components()
    components.schema(Code)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": {**components.schemas, "Problem": _PROBLEM_SCHEMA},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def serving(routes: Iterable[Route], title: str, version: str) -> Route:
    """Make the route that publishes ``routes`` and itself."""

    async def openapi(_: Plain) -> Reply:
        return Reply(raw=written)

    own = Route("GET", PATH, openapi, "This document", ANYONE, dict[str, object], bound=None, budget=None)
    written = orjson.dumps(document([*routes, own], title, version))
    return own


def possible(route: Route) -> tuple[Code, ...]:
    """Every code that a route may answer: its own, and those of judging any request."""
    codes = {*route.problems, Code.INTERNAL_ERROR}
    if route.who is not ANYONE:
        codes.add(Code.UNAUTHENTICATED)
    if route.who:
        codes.add(Code.FORBIDDEN)
    if route.bound is not None:
        codes.add(Code.UNAVAILABLE)
    if route.budget is not None or route.refused_budget is not None:
        codes.add(Code.RATE_LIMITED)
    if route.parameters:
        codes.add(Code.NOT_FOUND)
    if route.query is not None:
        codes.add(Code.VALIDATION_ERROR)
    if route.keyed:
        codes |= {Code.IN_PROGRESS, Code.IDEMPOTENCY_MISMATCH}
    if route.method != "GET":
        codes |= {Code.TOO_LARGE, Code.REQUEST_TIMEOUT}
        if not route.raw:
            codes |= {Code.VALIDATION_ERROR, Code.UNSUPPORTED_MEDIA_TYPE}
    return tuple(sorted(codes, key=lambda code: (code.status, code)))


def _operation(route: Route, components: Components) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "security": _security(route),
        "responses": _responses(route, components),
    }
    parameters = [*_path_parameters(route), *_query_parameters(route, components)]
    if route.keyed:
        parameters.append(_KEY)
    if parameters:
        told["parameters"] = parameters
    if route.raw:
        told["requestBody"] = {"required": False, "content": {"*/*": {"schema": {}}}}
    if route.body is not None:
        told["requestBody"] = {
            "required": route.body_required,
            "content": {"application/json": {"schema": components.schema(route.body)}},
        }
    return told


def _operation_id(route: Route) -> str:
    words = route.template.replace("{", "by-").replace("}", "").replace(".", "-").strip("/").split("/")
    return "-".join([route.method.lower(), *words])


def _security(route: Route) -> list[Mapping[str, list[str]]]:
    if route.who is ANYONE:
        return []
    return [{}, {"bearer": []}] if route.who == OPTIONAL else [{"bearer": sorted(route.who or ())}]


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"} if is_text else {"type": "string", "format": "uuid"},
        }
        for name, is_text in route.parameters
    ]


def _query_parameters(route: Route, components: Components) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    attrs.resolve_types(route.query)
    return [
        {
            "name": wire_name(field),
            "in": "query",
            "required": field.default is attrs.NOTHING,
            "schema": components.field(field, field.type),
        }
        for field in attrs.fields(route.query)
    ]


def _responses(route: Route, components: Components) -> dict[str, Any]:
    success: dict[str, Any] = {"description": route.summary}
    if route.answer is not None:
        success["content"] = {route.media: {"schema": components.schema(route.answer)}}
    responses = {str(route.status): success}
    by_status: dict[int, list[Code]] = {}
    for code in possible(route):
        by_status.setdefault(code.status, []).append(code)
    if route.judge is not None:
        by_status.setdefault(400, []).append(Code.VALIDATION_ERROR)
    for status, codes in sorted(by_status.items()):
        schema = {
            "allOf": [
                {"$ref": "#/components/schemas/Problem"},
                {"properties": {"code": {"enum": [code.value for code in codes]}}},
            ]
        }
        responses[str(status)] = {
            "description": "; ".join(code.heading for code in codes),
            "content": {CONTENT_TYPE.decode(): {"schema": schema}},
        }
    return responses
