"""The causes as a page: what an operator reads, and which moves lead there. Knows no particular machine."""

from collections.abc import Sequence
from typing import Any

from halobestie_core.causes import FALLBACK_CAUSES, SENTENCES
from halobestie_core.machine.chart.edges import AS_CARRIED, edges
from halobestie_core.machine.chart.matrix import grid
from halobestie_core.machine.engine import Machine

NOWHERE = "No row names it: a command brings it along, or it belongs to money that fits no payment.\n"


def causes(machines: Sequence[Machine[Any]]) -> str:
    """Return the body of the page, in Markdown."""
    parts = [
        grid(
            ("cause", "Bahasa Indonesia", "English", "same money may be tried again"),
            (
                (f"[`{cause}`](#{cause})", words.id, words.en, "yes" if cause in FALLBACK_CAUSES else "no")
                for cause, words in SENTENCES.items()
            ),
        ),
        "## Where each comes from\n",
        "Most rows that fail name their cause. Some take the one that the command brings along:\n",
        _origins(machines, AS_CARRIED),
    ]
    for cause in SENTENCES:
        parts += [f"### {cause}\n", _origins(machines, cause.value) or NOWHERE]
    return "\n".join(parts)


def _origins(machines: Sequence[Machine[Any]], cause: str) -> str:
    """Return one line for every way into a failure that has this cause."""
    lines = []
    for machine in machines:
        for edge in edges(machine):
            for way in edge.ways:
                if way.cause == cause:
                    asked = ", ".join(f"`{command}`" for command in way.commands)
                    when = f" [{way.guard}]" if way.guard else ""
                    where = f"[{machine.name}]({machine.name}.md)"
                    lines.append(f"- {where}: `{edge.source}` → `{edge.target}` by {asked}{when}\n")
    return "".join(lines)
