"""Strict readers, one per kind of value, taught to a cattrs converter. Knows no bounds and no error paths."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum
from functools import cache, partial
from operator import is_
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, Union, get_args, get_origin
from uuid import UUID

import attrs
from cattrs import Converter
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from halobestie_core.wire.bounds import check
from halobestie_core.wire.names import wire_name

Hook: TypeAlias = Callable[[Any, Any], Any]
Form: TypeAlias = Any  # a class, or a form such as `X | None` that typing has no name for

LARGEST: Final = 2**63 - 1
"""Whole numbers are those of a PostgreSQL ``bigint``."""

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLAIN: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def teach(converter: Converter) -> None:
    """Replace every lenient reader of ``converter`` by a strict one."""
    for cls, hook in _READERS.items():
        converter.register_structure_hook(cls, hook)
    converter.register_structure_hook_func(partial(is_, object), _anything)  # by class it would read them all
    for kind in (Enum, StrEnum, IntEnum):  # each by name: cattrs would read the latter two as text and number
        converter.register_structure_hook(kind, lambda value, cls: _enum(cls)(value, cls))
    converter.register_structure_hook_factory(_is_literal, _literal)
    converter.register_structure_hook_factory(_is_union, lambda form: _union(form, converter))
    converter.register_structure_hook_factory(_is_collection, lambda form: _collection(form, converter))
    converter.register_structure_hook_factory(_is_mapping, lambda form: _mapping(form, converter))
    converter.register_structure_hook_factory(attrs.has, lambda cls: _object(cls, converter))


def _origin(form: Form) -> Any:  # noqa: ANN401  typing promises less than it gives
    return get_origin(form)


# -------------------------------------------------------------------------------------------- plain values


def _boolean(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004  every wrong value is one kind of error here
    return value


def _whole(value: object, _: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")  # noqa: TRY004  as above
    if not -LARGEST <= value <= LARGEST:
        raise ValueError("must be a whole number of at most 64 bits")
    return value


def _number(value: object, _: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004  as above
    if not -LARGEST <= value <= LARGEST:  # NaN is neither
        raise ValueError("must be a number of ordinary size")
    return float(value)


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004  as above
    if "\0" in value:  # PostgreSQL cannot hold it
        raise ValueError("must not contain a NUL character")
    return value


def _id(value: object, _: object) -> UUID:
    try:
        if isinstance(value, str) and str(result := UUID(value)) == value.lower():
            return result
    except ValueError:
        pass
    raise ValueError("must be a UUID such as 0190163d-8694-739b-aea5-966c26f8ad91")


def _instant(value: object, _: object) -> datetime:
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be an instant in UTC such as 2026-01-31T23:59:59.123456Z")


def _day(value: object, _: object) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be a day such as 2026-01-31")


def _anything(value: object, _: object) -> object:
    return value


_READERS: Final[dict[type, Hook]] = {
    bool: _boolean,
    int: _whole,
    float: _number,
    str: _text,
    UUID: _id,
    datetime: _instant,
    date: _day,
}


# ------------------------------------------------------------------------------------------- choices


@cache
def _enum(cls: type[Enum]) -> Hook:
    return _choice({member.value: member for member in cls})


def _is_literal(form: Form) -> bool:
    return _origin(form) is Literal


def _literal(form: Form) -> Hook:
    return _choice({getattr(option, "value", option): option for option in get_args(form)})


def _choice(options: Mapping[Any, Any]) -> Hook:
    exact = {(type(value), value): option for value, option in options.items()}  # 1 is neither True nor 1.0
    message = f"must be one of: {', '.join(map(str, options))}"

    def read(value: object, _: object) -> object:
        try:
            return exact[type(value), value]
        except (KeyError, TypeError):  # TypeError: a list or an object has no hash
            raise ValueError(message) from None

    return read


def _is_union(form: Form) -> bool:
    """None or one type, or plain types only; cattrs keeps the rest (classes told apart by their fields)."""
    members = _members(form)
    return len(members) == 1 or (bool(members) and all(member in _PLAIN for member in members))


def _members(form: Form) -> list[Form]:
    """Give what a union may be beside None; nothing when it is no union."""
    union = _origin(form) in (Union, UnionType)
    return [member for member in get_args(form) if member is not NoneType] if union else []


def _union(form: Form, converter: Converter) -> Hook:
    members = _members(form)
    nullable = NoneType in get_args(form)
    if len(members) == 1:
        [member] = members
        inner = converter.get_structure_hook(member)
        return lambda value, _: None if value is None else inner(value, member)
    hooks = {member: converter.get_structure_hook(member) for member in members}
    message = f"must be {' or '.join([_PLAIN[member] for member in members] + ['null'] * nullable)}"

    def read(value: object, _: object) -> object:
        if value is None and nullable:
            return None
        if (hook := hooks.get(type(value))) is None:
            raise ValueError(message)
        return hook(value, type(value))

    return read


# -------------------------------------------------------------------------------- lists and objects


def _is_collection(form: Form) -> bool:
    """Lists, sets, and tuples of any length; a tuple of fixed length has no honest JSON form."""
    origin = _origin(form)
    return origin in (list, set, frozenset, Sequence) or (
        origin is tuple and get_args(form)[1:] == (Ellipsis,)
    )


def _collection(form: Form, converter: Converter) -> Hook:
    origin = _origin(form)
    build: Callable[[list[Any]], Any] = tuple if origin is Sequence else origin
    items: Form = list.__class_getitem__(get_args(form)[0])
    read = list_structure_factory(items, converter)
    return _only(list, "must be a list", lambda value, _: build(read(value, items)))


def _is_mapping(form: Form) -> bool:
    return _origin(form) in (dict, Mapping)


def _mapping(form: Form, converter: Converter) -> Hook:
    return _only(dict, "must be an object", mapping_structure_factory(form, converter))


def _object(cls: type[attrs.AttrsInstance], converter: Converter) -> Hook:
    """An attrs class: an object with its fields, each validated where it stands, and no others."""
    attrs.resolve_types(cls)
    overrides: Any = {
        field.name: override(
            rename=wire_name(field), struct_hook=_checked(field, converter.get_structure_hook(field.type))
        )
        for field in attrs.fields(cls)
        if field.init
    }
    build: Hook = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True, **overrides)
    return _only(dict, "must be an object", build)


def _checked(field: "attrs.Attribute[Any]", hook: Hook) -> Hook:
    """Read a field and look at its bounds at once, so that the error has the field's path."""
    checks = check(field)
    if checks is None:
        return hook

    def read(value: object, form: Form) -> object:
        result = hook(value, form)
        checks(result)
        return result

    return read


def _only(kind: type, message: str, hook: Hook) -> Hook:
    """Look at what JSON holds before cattrs reads it, which would iterate text and objects too."""

    def read(value: object, form: Form) -> object:
        if not isinstance(value, kind):
            raise ValueError(message)  # noqa: TRY004  as above
        return hook(value, form)

    return read
