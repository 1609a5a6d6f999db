"""JSON Schemas of our classes, as OpenAPI 3.1 wants them. Knows no route.

What `halobestie_core.wire` reads and writes, in the words of JSON Schema: the same spelling of fields, the
same bounds.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, Union, get_args, get_origin
from uuid import UUID

import attrs

from halobestie_core.wire import constraints, to_wire, wire_name

Schema: TypeAlias = dict[str, Any]
Form: TypeAlias = Any  # a class, or a form such as `X | None` that typing has no name for

_PLAIN: Final[Mapping[Form, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}
_OF_LISTS: Final = {"minLength": "minItems", "maxLength": "maxItems"}


class Components:
    """The schemas of a document, each class once, by its name."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._named: dict[str, type] = {}

    def schema(self, form: Form) -> Schema:
        """Give the schema of a type, in place or as a reference. Raises TypeError for what has none."""
        if form is Any or form is object:
            return {}
        if (plain := _PLAIN.get(form)) is not None:
            return dict(plain)
        if isinstance(form, type) and (attrs.has(form) or issubclass(form, Enum)):
            return self._component(form)
        return self._compound(form)

    def _compound(self, form: Form) -> Schema:
        origin: Any = get_origin(form)
        arguments = get_args(form)
        if origin in (Union, UnionType):
            return {"anyOf": [self.schema(member) for member in arguments]}
        if origin is Literal:
            return {"enum": [to_wire(option) for option in arguments]}
        if origin in (list, tuple, Sequence):
            return {"type": "array", "items": self.schema(arguments[0])}
        if origin in (set, frozenset):
            return {"type": "array", "items": self.schema(arguments[0]), "uniqueItems": True}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.schema(arguments[1])}
        if origin is not None and attrs.has(origin):
            return self._component(form, origin)
        raise TypeError(f"no JSON Schema for {form!r}")

    def _component(self, form: Form, cls: type | None = None) -> Schema:
        """Describe a class once; a parametrised one is named after its arguments too (``PageTier``)."""
        name = form.__name__ + "".join(argument.__name__ for argument in get_args(form))
        if self._named.setdefault(name, form) != form:
            raise TypeError(f"two classes of the document are called {name}")
        if name not in self.schemas:
            self.schemas[name] = {}  # a class may hold itself
            self.schemas[name] = _enum(form) if _is_enum(form) else self._object(form, cls or form)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, form: Form, cls: type[attrs.AttrsInstance]) -> Schema:
        attrs.resolve_types(cls)
        arguments = dict(zip(getattr(cls, "__parameters__", ()), get_args(form), strict=False))
        properties = {
            wire_name(field): self.field(field, _filled(field.type, arguments)) for field in attrs.fields(cls)
        }
        required = [wire_name(field) for field in attrs.fields(cls) if field.default is attrs.NOTHING]
        told: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            told["required"] = required
        if cls.__doc__ and not cls.__doc__.startswith("Method generated"):
            told["description"] = " ".join(cls.__doc__.split())
        return told

    def field(self, field: "attrs.Attribute[Any]", form: Form) -> Schema:
        """Give the schema of a field with its bounds and its default."""
        told = self.schema(form)
        rules = constraints(field.validator)
        if rules:
            _bound(told, rules)
        if field.default is not attrs.NOTHING and not isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            told["default"] = to_wire(field.default)
        return told


def _bound(told: Schema, rules: Mapping[str, Any]) -> None:
    """Put bounds where they belong: beside the type, inside a nullable, spelled for lists as for lists."""
    target = next((part for part in told.get("anyOf", ()) if part.get("type") != "null"), told)
    listed = target.get("type") == "array"
    for word, value in rules.items():
        if word == "items":
            _bound(target.setdefault("items", {}), value)
        else:
            target[_OF_LISTS.get(word, word) if listed else word] = value


def _filled(form: Form, arguments: Mapping[Form, Form]) -> Form:
    """Put a generic class's arguments where its fields name its type variables."""
    if form in arguments:
        return arguments[form]
    parameters = getattr(form, "__parameters__", ())
    return form[tuple(arguments[parameter] for parameter in parameters)] if parameters else form


def _is_enum(form: Form) -> bool:
    return isinstance(form, type) and issubclass(form, Enum)


def _enum(cls: type[Enum]) -> Schema:
    values = [member.value for member in cls]
    kind = "string" if all(isinstance(value, str) for value in values) else "integer"
    told: Schema = {"type": kind, "enum": values}
    if cls.__doc__:
        told["description"] = " ".join(cls.__doc__.split())
    return told
