"""The key sets of an answer, to its last leaf, and the file of those that were agreed on. Knows no route."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

Shapes: TypeAlias = dict[str, list[str]]

REWRITE = "REWRITE_ANSWERS"
"""With this variable set, what is found is written down instead of compared."""


def paths(value: Any, opaque: tuple[str, ...] = (), at: str = "") -> Iterator[str]:  # noqa: ANN401  JSON
    """Every place of an object, as ``rows[].customer.id``; nothing below an ``opaque`` one."""
    if at:
        yield at
    if at in opaque:
        return
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from paths(member, opaque, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for member in value:
            yield from paths(member, opaque, f"{at}[]")


class Book:
    """What was seen, per name (``GET /x for a customer``)."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def note(self, name: str, value: Any, opaque: tuple[str, ...] = ()) -> None:  # noqa: ANN401  JSON
        """Add what one answer shows."""
        found = (place for place in paths(value, opaque) if not place.endswith("[]"))
        self._seen.setdefault(name, set()).update(found)

    @property
    def shapes(self) -> Shapes:
        """Everything seen, in order."""
        return {name: sorted(places) for name, places in sorted(self._seen.items())}


def differences(book: Book, file: Path) -> list[str]:
    """Compare with the file, line by line; or write it, when that is asked for."""
    if os.environ.get(REWRITE):
        file.write_text(json.dumps(book.shapes, indent=1) + "\n")
    agreed: Shapes = json.loads(file.read_text())
    told = []
    for name in sorted(agreed.keys() | book.shapes.keys()):
        before, now = set(agreed.get(name, ())), set(book.shapes.get(name, ()))
        told += [f"{name}: shows {place}" for place in sorted(now - before)]
        told += [f"{name}: hides {place}" for place in sorted(before - now)]
        if (name in agreed) != (name in book.shapes):
            told.append(f"{name}: {'never answered' if name in agreed else 'not in the file'}")
    return told
