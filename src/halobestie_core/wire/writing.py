"""Writers for what JSON has no word for, taught to a cattrs converter. Knows no reader."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from enum import Enum, IntEnum, StrEnum
from functools import partial
from operator import is_
from typing import Any, Final
from uuid import UUID

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from halobestie_core.wire.names import wire_name


def _in_order(items: Iterable[object]) -> list[object]:
    return sorted(items, key=str)


COLLECTIONS: Final[dict[type, Callable[[Any], Any]]] = {AbstractSet: _in_order}
"""Sets become lists, in an order that is the same at every writing."""


def teach(converter: Converter) -> None:
    """Let ``converter`` write ids and days as text, instants as RFC 3339 in UTC, objects by wire names."""
    converter.register_unstructure_hook(UUID, str)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, _instant)
    converter.register_unstructure_hook_func(
        partial(is_, object), converter.unstructure
    )  # by what it turns out to be
    for kind in (Enum, StrEnum, IntEnum):  # each by name: cattrs would leave the latter two as they are
        converter.register_unstructure_hook(kind, _value)
    converter.register_unstructure_hook_factory(attrs.has, lambda cls: _object(cls, converter))


def _value(member: Enum) -> object:
    return member.value


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("an instant without a time zone has no place on the wire")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _object(cls: type[attrs.AttrsInstance], converter: Converter) -> Callable[[Any], dict[str, Any]]:
    attrs.resolve_types(cls)
    renames: Any = {field.name: override(rename=wire_name(field)) for field in attrs.fields(cls)}
    return make_dict_unstructure_fn(cls, converter, **renames)
