"""Named SQL, read once from the `.sql` files beside this module; knows no query's meaning and runs none.

    -- name: lock_customer
    -- Takes the customer's lock; first of all locks, always.
    SELECT ...

The file is the only place where SQL is written, so that it can be read, explained and searched as SQL.
Nothing is ever put together from strings: hence `LiteralString`, and one place that vouches for it. In a
statement that takes parameters a percent sign is written twice, as the driver asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import LiteralString, final

_HEADING = re.compile(r"^--\s*name:(.*)$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class BadQueryFile(Exception):
    """A file of named queries breaks its own form; says which file and what."""


@final
class Queries(Mapping[str, LiteralString]):
    """The statements of one file, by name: `Q["lock_customer"]` or `Q.lock_customer`. Read-only."""

    def __init__(self, file: str, statements: Mapping[str, str], descriptions: Mapping[str, str]) -> None:
        self._file = file
        self._statements = dict(statements)
        self.descriptions = dict(descriptions)

    def __getitem__(self, name: str) -> LiteralString:
        try:
            # Our own package's file, never anybody's input: this is the one place that vouches for it. (A
            # checker that tells the two types apart would want a cast here; mypy takes them for one and would
            # refuse it.)
            return self._statements[name]
        except KeyError:
            raise KeyError(
                f"{self._file} has no query {name!r}; it has {', '.join(self._statements)}"
            ) from None

    def __getattr__(self, name: str) -> LiteralString:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as missing:
            raise AttributeError(missing.args[0]) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)


@cache
def load(file: str, *expected: str) -> Queries:
    """The queries of `sql/<file>.sql`, in the file's order. Raises BadQueryFile.

    With `expected` names, a name that the file lacks, or has in excess, is an error here and not at its first
    use.
    """
    text = files("halobestie_adapters.postgres").joinpath("sql", f"{file}.sql").read_text("utf-8")
    return parse(f"{file}.sql", text, *expected)


def parse(file: str, text: str, *expected: str) -> Queries:
    """The queries written in `text`; `file` is its name in errors. Raises BadQueryFile."""
    before, *parts = _HEADING.split(text)
    if any(line.strip() and not line.startswith("--") for line in before.splitlines()):
        raise BadQueryFile(f"{file}: SQL before the first '-- name:' line")
    statements: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    for heading, body in zip(parts[::2], parts[1::2], strict=True):
        name = heading.strip()
        if not _NAME.fullmatch(name) or hasattr(Queries, name):  # such as `items`: a mapping's own word
            raise BadQueryFile(f"{file}: {name!r} is not a name")
        if name in statements:
            raise BadQueryFile(f"{file}: {name} is there twice")
        statements[name], descriptions[name] = _take_apart(file, name, body)
    if expected and set(expected) != set(statements):
        lacking, unknown = set(expected) - set(statements), set(statements) - set(expected)
        raise BadQueryFile(f"{file}: lacks {sorted(lacking)}, has unexpected {sorted(unknown)}")
    return Queries(file, statements, descriptions)


def _take_apart(file: str, name: str, body: str) -> tuple[str, str]:
    """The statement without its comment lines, and the description: the comment right under the name."""
    lines = body.strip("\n").splitlines()
    described: list[str] = []
    while lines and lines[0].startswith("--"):
        described.append(lines.pop(0).removeprefix("--").strip())
    if not any(described):
        raise BadQueryFile(f"{file}: {name} has no line that says what it is for")
    kept = (line for line in lines if not line.lstrip().startswith("--"))
    statement = "\n".join(kept).strip().removesuffix(";").rstrip()
    if not statement:
        raise BadQueryFile(f"{file}: {name} has no statement")
    return statement, " ".join(described)
