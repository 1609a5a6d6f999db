"""A table as plain data for whoever writes a client: states, commands, events, rows, guards in words."""

import re
from collections.abc import Iterator
from typing import Any

from attrs import NOTHING, Attribute, fields

from halobestie_core.machine.chart.edges import cause_words
from halobestie_core.machine.engine import Machine
from halobestie_core.machine.guards import Atom, Both, Guard, Named, Not
from halobestie_core.machine.table import CARRIED, Ignore, Refuse, snake

Data = dict[str, Any]  # what JSON can say


def export(machine: Machine[Any]) -> Data:
    """Return the whole table; names are spelt as in the database and the API."""
    return {
        "name": machine.name,
        "about": machine.about,
        "fingerprint": machine.fingerprint,
        "initial": machine.initial.value,
        "states": [
            {
                "name": state.value,
                "terminal": state in machine.terminal,
                "failure": state in machine.failures,
                "allowed": [
                    snake(command) for command in machine.commands if _moves(machine, state, command)
                ],
            }
            for state in machine.states
        ],
        "opened_by": _command(machine.opening),
        "commands": [_command(command) for command in machine.commands],
        "events": [{"name": snake(event), "about": about(event)} for event in events(machine)],
        "guards": [{"name": atom.name, "about": atom.meaning} for atom in questions(machine)],
        "rows": [
            {
                "from": row.source.value,
                "command": snake(row.command),
                "guard": _guard(row.guard),
                "to": row.target.value,
                "event": snake(row.event),
                "cause": "carried" if row.cause is CARRIED else cause_words(row.cause) or None,
                "sets": list(row.sets),
                "tells": row.told.value if row.told else None,
            }
            for row in machine.rows
        ],
        "ignored": [{**_unmoved(entry), "because": entry.because} for entry in machine.ignored],
        "refused": [{**_unmoved(entry), "reason": entry.reason.value} for entry in machine.refused],
    }


def about(cls: type) -> str:
    """Return the first paragraph of a class's docstring, on one line and without markup."""
    return " ".join((cls.__doc__ or "").split("\n\n")[0].replace("``", "`").split())


def events(machine: Machine[Any]) -> tuple[type, ...]:
    """Return every event the machine can tell, its birth first."""
    return tuple(dict.fromkeys((machine.born, *(row.event for row in machine.rows))))


def questions(machine: Machine[Any]) -> tuple[Atom, ...]:
    """Return every question the machine asks, by name."""
    guards = [
        entry.guard for entries in (machine.rows, machine.ignored, machine.refused) for entry in entries
    ]
    return tuple(sorted({atom for guard in guards for atom in guard.atoms()}, key=lambda atom: atom.name))


def named(machine: Machine[Any]) -> tuple[Named, ...]:
    """Return the combined questions that have a name of their own, in the order of the table."""
    guards = [
        entry.guard for entries in (machine.rows, machine.ignored, machine.refused) for entry in entries
    ]
    return tuple(dict.fromkeys(name for guard in guards for name in _names(guard)))


def _names(guard: Guard) -> Iterator[Named]:
    match guard:
        case Named(inner=inner):
            yield from _names(inner)
            yield guard
        case Not(inner=inner):
            yield from _names(inner)
        case Both(left=left, right=right):
            yield from _names(left)
            yield from _names(right)


def _guard(guard: Guard) -> Data:
    means = guard.inner.name if isinstance(guard, Named) else guard.name
    return {"name": guard.name, "means": means, "asks": sorted(atom.name for atom in guard.atoms())}


def _unmoved(entry: Ignore | Refuse) -> Data:
    return {
        "states": [state.value for state in entry.states],
        "command": snake(entry.command),
        "guard": _guard(entry.guard),
    }


def _moves(machine: Machine[Any], state: object, command: type) -> bool:
    return any(row.source is state and row.command is command for row in machine.rows)


def _command(cls: type) -> Data:
    attributes: tuple[Attribute[Any], ...] = fields(cls)
    return {
        "name": snake(cls),
        "about": about(cls),
        "fields": [
            {"name": attribute.name, "type": _type(attribute.type), "required": attribute.default is NOTHING}
            for attribute in attributes
        ],
    }


def _type(annotation: object) -> str:
    words = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return re.sub(r"\w+\.", "", words)  # classes without their modules
