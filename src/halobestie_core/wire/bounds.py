"""The bounds of a field: read from its attrs validator, said in words. Knows no converter.

attrs keeps the classes of its validators private, but each has its telling attributes. A validator without
any (a function of ours) is simply called, and speaks with the sentence of the ValueError that it raises.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from halobestie_core.wire.errors import own_words

_COMPARED: Final = {">=": "minimum", ">": "exclusiveMinimum", "<=": "maximum", "<": "exclusiveMaximum"}


def constraints(validator: object) -> dict[str, Any]:
    """Give the bounds as JSON Schema words (``minimum``, ``maxLength``, ``pattern``, ``enum``, ``items``).

    Lengths are said as those of text (``minLength``) whatever the field is. No bounds, or none that can be
    read: an empty dict.
    """
    if isinstance(parts := getattr(validator, "_validators", None), tuple | list):
        together: dict[str, Any] = {}
        for part in parts:
            together |= constraints(part)
        return together
    if (member := getattr(validator, "member_validator", None)) is not None:
        return {"items": constraints(member)} | constraints(getattr(validator, "iterable_validator", None))
    if (inner := getattr(validator, "validator", None)) is not None:
        return constraints(inner)
    return _one(validator)


def _one(validator: object) -> dict[str, Any]:
    for attribute, word in (("max_length", "maxLength"), ("min_length", "minLength")):
        if (bound := getattr(validator, attribute, None)) is not None:
            return {word: bound}
    if (operator := getattr(validator, "compare_op", None)) is not None:
        return {_COMPARED[operator]: getattr(validator, "bound", None)}
    if isinstance(pattern := getattr(validator, "pattern", None), re.Pattern):
        return {"pattern": pattern.pattern}
    if (options := getattr(validator, "options", None)) is not None:
        return {"enum": sorted(getattr(option, "value", option) for option in options)}
    return {}


def check(field: "attrs.Attribute[Any]") -> Callable[[object], None] | None:
    """Give what raises ValueError, in a client author's words, outside the bounds; None without any."""
    validator = field.validator
    if validator is None:
        return None
    rules = constraints(validator)

    def checks(value: object) -> None:
        try:
            validator(None, field, value)
        except (ValueError, TypeError) as wrong:
            raise ValueError(sentence(rules, value) or own_words(wrong)) from None

    return checks


def sentence(rules: Mapping[str, Any], value: object) -> str:
    """Say what the bounds ask of such a value; empty when there are none that can be said."""
    unit = "characters long" if isinstance(value, str) else "items long"
    said = [
        _between("must be", rules.get("minLength"), rules.get("maxLength"), f" {unit}"),
        _between("must be", rules.get("minimum"), rules.get("maximum"), ""),
        f"must be above {rules['exclusiveMinimum']}" if "exclusiveMinimum" in rules else "",
        f"must be below {rules['exclusiveMaximum']}" if "exclusiveMaximum" in rules else "",
        f"must be one of: {', '.join(map(str, rules['enum']))}" if "enum" in rules else "",
        f"must match {rules['pattern']}" if "pattern" in rules else "",
        f"each item {sentence(rules['items'], '')}" if rules.get("items") else "",
    ]
    return " and ".join(part for part in said if part)


def _between(verb: str, low: object, high: object, unit: str) -> str:
    if low is not None and high is not None:
        return f"{verb} {low} to {high}{unit}"
    if low is not None:
        return f"{verb} at least {low}{unit}"
    return f"{verb} at most {high}{unit}" if high is not None else ""
