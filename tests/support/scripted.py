"""Copies of a machine whose questions answer as they are told, so that the real engine takes every branch."""

from typing import Any

from attrs import evolve

from halobestie_core.machine import Guard, Machine
from halobestie_core.machine.guards import Atom, Both, Named, Not


def scripted(machine: Machine[Any]) -> tuple[Machine[Any], dict[Atom, bool]]:
    """Return a copy of the machine and the script its questions read; what the script leaves out is *no*."""
    script: dict[Atom, bool] = {}

    def rewired(guard: Guard) -> Guard:
        match guard:
            case Atom():
                return evolve(guard, test=lambda *_: script.get(guard, False))
            case Not() | Named():
                return evolve(guard, inner=rewired(guard.inner))
            case Both():
                return evolve(guard, left=rewired(guard.left), right=rewired(guard.right))
        return guard

    return evolve(
        machine,
        rows=tuple(evolve(row, guard=rewired(row.guard)) for row in machine.rows),
        ignored=tuple(evolve(entry, guard=rewired(entry.guard)) for entry in machine.ignored),
        refused=tuple(evolve(entry, guard=rewired(entry.guard)) for entry in machine.refused),
    ), script
