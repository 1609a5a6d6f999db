"""Wrong requests for every route, made from the published document. Knows no route by itself."""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from halobestie_adapters.ids import uuid7

Schema: TypeAlias = Mapping[str, Any]

WRONG_TYPES: tuple[Any, ...] = (None, True, 12.5, 7, "twelve", "", [], {}, [{}], 2**70, -1)
NOT_JSON = (b"{", b'{"a":', b"[]", b'"text"', b"12", b"null", b'{"a": NaN}', b"\xff\xfe{}", b"{} {}")
TOO_MUCH = b'{"filler": "' + b"x" * (64 * 1024) + b'"}'


@frozen
class Operation:
    """One method of one path, as the document tells it; ``kinds``: who may call, empty for anyone."""

    method: str
    path: str
    kinds: tuple[str, ...]
    optional_token: bool
    body: Schema | None
    query: Mapping[str, Schema]
    schemas: Mapping[str, Schema] = field(repr=False)

    @property
    def filled(self) -> str:
        """The path with ids of nothing."""
        parts = [str(uuid7()) if part.startswith("{") else part for part in self.path.split("/")]
        return "/".join(parts)

    @property
    def has_id(self) -> bool:
        """Whether the path names something by its id."""
        return "{" in self.path and "installation" not in self.path

    @property
    def takes_body(self) -> bool:
        """Whether a body would be read; what a webhook says is judged by nobody at the door."""
        return self.method in ("POST", "PUT", "PATCH") and "/api/webhooks/" not in self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of a document."""
    schemas = document["components"]["schemas"]
    found = []
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            security = told["security"]
            content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            parameters = [one for one in told.get("parameters", ()) if one["in"] == "query"]
            found.append(
                Operation(
                    method.upper(),
                    path,
                    tuple(kind for one in security for kind in one.get("bearer", ())),
                    optional_token=bool(security) and {} in security,
                    body=content.get("schema"),
                    query={one["name"]: one["schema"] for one in parameters},
                    schemas=schemas,
                )
            )
    return found


def good_body(operation: Operation) -> dict[str, Any]:
    """A body of the right form, about nothing that exists."""
    schema = _resolved(operation, operation.body or {})
    return {
        name: _example(operation, member)
        for name, member in schema.get("properties", {}).items()
        if name in schema.get("required", ())
    }


def bad_bodies(operation: Operation) -> Iterator[tuple[str, Any]]:
    """What is wrong, and a body with just that wrong: a member missing, foreign, of a wrong type or size."""
    good = good_body(operation)
    yield "a foreign member", {**good, "surprise": 1}
    schema = _resolved(operation, operation.body or {})
    for name in schema.get("required", ()):
        yield f"{name} missing", {key: value for key, value in good.items() if key != name}
    for name, member in schema.get("properties", {}).items():
        for wrong in itertools.chain(WRONG_TYPES, _out_of_bounds(operation, member)):
            if not fits(operation, member, wrong):
                yield f"{name} = {wrong!r}", {**good, name: wrong}


def fits(operation: Operation, schema: Schema, value: object) -> bool:
    """Whether a value may have this form, as far as the document says."""
    schema = _resolved(operation, schema)
    if "anyOf" in schema:
        return any(fits(operation, one, value) for one in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    match schema.get("type"):
        case None:
            return True
        case "null" | "boolean" as plain:
            return value is None if plain == "null" else isinstance(value, bool)
        case "integer":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return whole and schema.get("minimum", value) <= value <= schema.get("maximum", value)
        case "string":
            return isinstance(value, str) and _text_fits(schema, value)
        case "object":
            return isinstance(value, dict) and not schema.get("required")
    return isinstance(value, list)


def _text_fits(schema: Schema, text: str) -> bool:
    if "format" in schema:
        return False  # none of the wrong ones is an id or an instant
    if not re.fullmatch(schema.get("pattern", ".*"), text, re.DOTALL):
        return False
    return bool(schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)))


def _out_of_bounds(operation: Operation, schema: Schema) -> Iterator[object]:
    schema = _resolved(operation, schema)
    for one in schema.get("anyOf", [schema]):
        if "minimum" in one:
            yield one["minimum"] - 1
        if "maximum" in one:
            yield one["maximum"] + 1
        if "maxLength" in one:
            yield "x" * (one["maxLength"] + 1)


def _example(operation: Operation, schema: Schema) -> object:
    schema = _resolved(operation, schema)
    if "anyOf" in schema:
        return _example(operation, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"), schema.get("format"):
        case "string", "uuid":
            return str(uuid7())
        case "string", "date-time":
            return "2026-01-01T00:00:00Z"
        case "string", _:
            return "123456" if "pattern" in schema else "somebody"
        case "integer", _:
            return schema.get("minimum", 1)
        case "boolean", _:
            return False
    return {}


def _resolved(operation: Operation, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = operation.schemas[schema["$ref"].rpartition("/")[2]]
    return schema
