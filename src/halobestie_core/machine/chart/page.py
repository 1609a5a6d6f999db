"""One machine's page, in Markdown: picture, matrix, rows and glossary. Knows no particular machine."""

from typing import Any

from halobestie_core.machine.chart.export import about, events, named, questions
from halobestie_core.machine.chart.matrix import grid, matrix, moves
from halobestie_core.machine.chart.mermaid import mermaid
from halobestie_core.machine.engine import Machine
from halobestie_core.machine.table import snake

NOTICE = "<!-- Written by `halobestie machines` from the tables. Change a table, not this page. -->\n"

READING = """\
A cell is read from top to bottom: the first line whose condition holds is the answer. `→` moves, `✕` names
the cause of a failure; *ignored* and *refused* change nothing.
"""


def page(machine: Machine[Any]) -> str:
    """Return the whole page; the picture stands beside it as ``<name>.svg``."""
    parts = (
        NOTICE,
        f"# The {machine.name} machine\n",
        f"{machine.about}\n",
        f"![{machine.name}: states and moves]({machine.name}.svg)\n",
        _states(machine),
        "<details><summary>The same as Mermaid</summary>\n",
        f"```mermaid\n{mermaid(machine)}```\n",
        "</details>\n",
        "## Every state, every command\n",
        READING,
        matrix(machine),
        "## The rows\n",
        moves(machine),
        "## Commands\n",
        _meanings({snake(cls): about(cls) for cls in (machine.opening, *machine.commands)}),
        "## Events\n",
        _meanings({snake(event): about(event) for event in events(machine)}),
        "## Conditions\n",
        grid(("condition", "means"), _conditions(machine)),
        f"Fingerprint of this table: `{machine.fingerprint}`. It is recorded with every move.\n",
    )
    return "\n".join(parts)


def _states(machine: Machine[Any]) -> str:
    ends = ", ".join(f"`{state}`" for state in machine.states if state in machine.terminal)
    fails = ", ".join(f"`{state}`" for state in machine.states if state in machine.failures)
    told = [f"`{snake(machine.opening)}` begins it in `{machine.initial}`."]
    told += [f"Nothing leaves {ends}."] if ends else []
    told += [f"Failures, each with a [cause](causes.md): {fails}."] if fails else []
    return " ".join(told) + "\n"


def _meanings(meanings: dict[str, str]) -> str:
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in meanings.items()) + "\n"


def _conditions(machine: Machine[Any]) -> list[tuple[str, str]]:
    asked = [(atom.name, atom.meaning.replace("``", "`")) for atom in questions(machine)]
    combined = [(guard.name, f"*{guard.inner.name}*") for guard in named(machine)]
    return [*asked, *combined]
