"""The JSON forms of our values, strict both ways. Knows no JSON parser, no HTTP and no business type.

`from_wire` believes nothing: a whole number is never read from text, a fraction or a boolean, an id only from
its canonical text, an instant only from RFC 3339 in UTC with ``Z``, and an object has no field that its class
does not have. `to_wire` writes what `from_wire` reads. Bounds are the ordinary attrs validators of a field;
`constraints` reads them back as JSON Schema words, so that messages and the published document agree.

A field is spelled on the wire as its attrs alias without trailing underscores: ``type_`` is ``type``.
"""

from typing import Any, Final, TypeVar

from cattrs import BaseValidationError, Converter

from halobestie_core.wire import reading, writing
from halobestie_core.wire.bounds import constraints
from halobestie_core.wire.errors import FieldError, WireError, explained
from halobestie_core.wire.names import wire_name

__all__ = ["FieldError", "WireError", "constraints", "from_wire", "to_wire", "wire_name"]

T = TypeVar("T")


def from_wire(data: object, cls: type[T]) -> T:
    """Read parsed JSON (dicts, lists, text, numbers, booleans, None) as ``cls``.

    ``cls`` may be any type that a field may have, also ``list[Tier]``; generic classes are written, not read.
    Raises `WireError` with every error found.
    """
    try:
        return _CONVERTER.structure(data, cls)
    except (BaseValidationError, ValueError) as wrong:
        raise WireError(explained(wrong, "$")) from None


def to_wire(value: object) -> Any:  # noqa: ANN401  what JSON can say has no narrower type
    """Write a value as dicts, lists, text, numbers, booleans and None, ready for any JSON writer."""
    return _CONVERTER.unstructure(value)


def _strict() -> Converter:
    converter = Converter(
        forbid_extra_keys=True, detailed_validation=True, unstruct_collection_overrides=writing.COLLECTIONS
    )
    reading.teach(converter)
    writing.teach(converter)
    return converter


_CONVERTER: Final = _strict()
