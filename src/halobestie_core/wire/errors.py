"""What was wrong with the data, and where. Knows no type that was asked for."""

from collections.abc import Iterable
from typing import TypedDict

import attrs
from cattrs import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

from halobestie_core.wire.names import wire_name


class FieldError(TypedDict):
    """One thing wrong: where (``$.amount``, ``$.items[2].id``), and a sentence for a client's author."""

    path: str
    message: str


class WireError(ValueError):
    """The data does not have the form of the class. Carries every error found, never only the first."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors: tuple[FieldError, ...] = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        """All of it, in one line."""
        return "; ".join(f"{error['path']} {error['message']}" for error in self.errors)


def explained(wrong: BaseException, path: str) -> list[FieldError]:
    """Flatten a tree of cattrs errors.

    Done here rather than by `cattrs.transform_error`, which joins path and text into one string, reports
    several unknown fields as one error of their parent, and cannot take in a `WireError` of our classes.
    """
    match wrong:
        case WireError():
            return [
                {"path": path + error["path"].removeprefix("$"), "message": error["message"]}
                for error in wrong.errors
            ]
        case ForbiddenExtraKeysError():
            return [
                {"path": f"{path}.{name}", "message": "is not a known field"}
                for name in sorted(wrong.extra_fields)
            ]
        case KeyError():
            return [{"path": path, "message": "is required"}]
        case IterableValidationError() | ClassValidationError():
            return [error for where, inner in _parts(wrong, path) for error in explained(inner, where)]
        case _:
            return [{"path": path, "message": own_words(wrong)}]


def _parts(
    wrong: IterableValidationError | ClassValidationError, path: str
) -> list[tuple[str, BaseException]]:
    if isinstance(wrong, IterableValidationError):
        items, others = wrong.group_exceptions()
        inner = [
            (f"{path}[{note.index}]" if isinstance(note.index, int) else f"{path}.{note.index}", error)
            for error, note in items
        ]
    else:
        fields, others = wrong.group_exceptions()
        spelled = {field.name: wire_name(field) for field in attrs.fields(wrong.cl)}
        inner = [(f"{path}.{spelled[note.name]}", error) for error, note in fields]
    return [*inner, *((path, error) for error in others)]


def own_words(wrong: BaseException) -> str:
    """Give the sentence of a ValueError of ours; anything else could name classes, so it is not repeated."""
    if isinstance(wrong, ValueError) and wrong.args and isinstance(wrong.args[0], str):
        return wrong.args[0]
    return "is not a valid value"
