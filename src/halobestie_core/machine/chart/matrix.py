"""A table as Markdown: its rows, and every state against every command. Knows no page around it."""

from collections.abc import Iterable, Iterator
from typing import Any

from halobestie_core.machine.chart.edges import cause_words, guard_words
from halobestie_core.machine.engine import Machine
from halobestie_core.machine.guards import Always
from halobestie_core.machine.table import Ignore, Row, snake


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    head = tuple(head)
    lines = [head, tuple("---" for _ in head), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def matrix(machine: Machine[Any]) -> str:
    """Return commands against states: each cell has the whole verdict, in the order in which it is read."""
    return grid(
        ("", *(f"`{state}`" for state in machine.states)),
        (
            (
                f"**`{snake(command)}`**",
                *("<br>".join(_cell(machine, state, command)) for state in machine.states),
            )
            for command in machine.commands
        ),
    )


def moves(machine: Machine[Any]) -> str:
    """Return the rows of the table, as they stand in it."""
    return grid(
        ("from", "asked to", "and it is", "becomes", "so we say", "because", "and sets", "and tells"),
        (
            (
                f"`{row.source}`",
                f"`{snake(row.command)}`",
                guard_words(row),
                f"`{row.target}`",
                f"`{snake(row.event)}`",
                _cause(row),
                ", ".join(f"`{name}`" for name in row.sets),
                f"`{row.told}`" if row.told else "",
            )
            for row in machine.rows
        ),
    )


def _cell(machine: Machine[Any], state: Any, command: type) -> Iterator[str]:  # noqa: ANN401 - a member of its enum
    for n, entry in enumerate(machine.entries(state, command)):
        when = "" if isinstance(entry.guard, Always) else f" [{entry.guard.name}]"
        otherwise = "else " if n and not when else ""
        if isinstance(entry, Row):
            because = f" (✕ {_cause(entry)})" if entry.cause else ""
            yield f"{otherwise}→ **{entry.target}**{when}{because}"
        elif isinstance(entry, Ignore):
            yield f"{otherwise}ignored{when}: {entry.because}"
        else:
            yield f"{otherwise}refused{when}: `{entry.reason}`"


def _cause(row: Row) -> str:
    words = cause_words(row.cause)
    return f"`{words}`" if words and " " not in words else words
