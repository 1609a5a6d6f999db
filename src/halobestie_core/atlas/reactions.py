"""What follows what, as a page: the reactions table, machine by machine."""

from collections.abc import Callable, Iterable
from typing import Any

from halobestie_core.atlas.machines import Machines
from halobestie_core.flow.reactions import REACTIONS, Reaction
from halobestie_core.machine import Machine, snake
from halobestie_core.machine.chart.export import about, events
from halobestie_core.machine.chart.matrix import grid
from halobestie_core.machine.chart.page import NOTICE

INTRODUCTION = """\
The machines do not know each other. What one of them says (an event) is followed by commands to others, by
records and by news, all in the same transaction; what crosses customers is put down as a command for later.
Some of it depends: it may turn out that nothing follows this time. An event with an empty row has none on
purpose.
"""

HEAD = ("event", "means", "commands to others", "written", "told", "later")


def reactions_page(machines: Machines) -> str:
    """Return the whole page; every event of every machine has its line."""
    parts = [NOTICE, "# Reactions\n", INTRODUCTION]
    for machine in machines:
        parts += [f"## After the [{machine.name}]({machine.name}.md) machine\n", _of(machine)]
    return "\n".join(parts)


def _of(machine: Machine[Any]) -> str:
    rows = ((f"`{snake(event)}`", about(event), *_follows(REACTIONS[event])) for event in events(machine))
    return grid(HEAD, rows)


def _follows(reaction: Reaction) -> tuple[str, str, str, str]:
    commands = "<br>".join(f"{then.slot}: {_words(then.command)}" for then in reaction.then)
    return commands, _listed(reaction.writes), _listed(reaction.tells), _listed(reaction.later)


def _listed(builders: Iterable[Callable[..., object]]) -> str:
    return "<br>".join(_words(builder) for builder in builders)


def _words(builder: Callable[..., object]) -> str:
    """Return a builder's name and its sentence; one made for a single frame names the frame instead."""
    who, _, frame = builder.__name__.partition(": ")
    if frame:
        return f"{who}: `{frame}`"
    name, sentence = who.replace("_", " "), (builder.__doc__ or "").strip().partition("\n")[0]
    return f"*{name}*: {sentence}" if sentence else name
