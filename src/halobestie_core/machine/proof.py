"""The proof: what is wrong with a table, in sentences. Knows no particular machine and runs none.

A table is data, so its mistakes can be found by reading it: holes, rows that can never be reached, failures
without a cause. Pairs are judged under every outcome of the questions they ask, also under those that no
snapshot could have at once: a table that is whole under all is whole under the possible ones.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import Any

from halobestie_core.machine.engine import Machine
from halobestie_core.machine.guards import Atom
from halobestie_core.machine.table import CARRIED, Event, Ignore, Refuse, Row, field_names, snake

# A row says where to; who the aggregate is and which version it has is never a row's business.
_ENGINES_OWN = ("id", "status", "version")


def flaws(machine: Machine[Any]) -> tuple[str, ...]:
    """Return one sentence per flaw of the table; none for a sound one."""
    strangers = tuple(_strangers(machine))
    if strangers:  # whatever else could be said would lean on states that are not there
        return strangers
    return (
        *_twins(machine),
        *_unreachable(machine),
        *_unfinished(machine),
        *_pairs(machine),
        *(flaw for row in machine.rows for flaw in (*_of_cause(machine, row), *_of_writing(machine, row))),
    )


def outcomes(atoms: frozenset[Atom]) -> Iterator[dict[Atom, bool]]:
    """Yield every combination of answers to these questions."""
    ordered = sorted(atoms, key=lambda atom: atom.name)
    for answers in product((True, False), repeat=len(ordered)):
        yield dict(zip(ordered, answers, strict=True))


def say(entry: Row | Ignore | Refuse) -> str:
    """Return an entry in one line, for sentences about it."""
    match entry:
        case Row():
            return f"row {entry.source} --{snake(entry.command)} [{entry.guard.name}]--> {entry.target}"
        case Ignore():
            return f"ignored {snake(entry.command)} [{entry.guard.name}] ({entry.because})"
    return f"refused {snake(entry.command)} [{entry.guard.name}] ({entry.reason})"


def _strangers(machine: Machine[Any]) -> Iterator[str]:
    """States are members of the machine's own enum; `transitions` would take any word."""

    def foreign(state: StrEnum) -> bool:
        return not isinstance(state, machine.states)

    if foreign(machine.initial):
        yield f"{machine.name} begins in {machine.initial!r}, which is not its state"
    for state in sorted(machine.failures):
        if foreign(state):
            yield f"{machine.name} fails in {state!r}, which is not its state"
    for row in machine.rows:
        for state in (row.source, row.target):
            if foreign(state):
                yield f"{say(row)}: {state!r} is not a state of {machine.name}"
    unmoved: tuple[Ignore | Refuse, ...] = (*machine.ignored, *machine.refused)
    for entry in unmoved:
        for state in entry.states:
            if foreign(state):
                yield f"{say(entry)}: {state!r} is not a state of {machine.name}"


def _twins(machine: Machine[Any]) -> Iterator[str]:
    """The engine finds commands, and guards find their atoms, by name; one name must mean one thing."""
    commands: dict[str, type] = {}
    for command in machine.commands:
        if commands.setdefault(command.__name__, command) is not command:
            yield f"two commands are called {snake(command)}"
    tests: dict[Atom, Atom] = {}
    guards = [
        entry.guard for entries in (machine.rows, machine.ignored, machine.refused) for entry in entries
    ]
    for guard in guards:
        for atom in sorted(guard.atoms(), key=lambda atom: atom.name):
            if tests.setdefault(atom, atom).test is not atom.test:
                yield f"two questions are called {atom.name!r}"


def _unreachable(machine: Machine[Any]) -> Iterator[str]:
    reached = {machine.initial}
    while further := {row.target for row in machine.rows if row.source in reached} - reached:
        reached |= further
    for state in machine.states:
        if state not in reached:
            yield f"{state} cannot be reached from {machine.initial}"


def _unfinished(machine: Machine[Any]) -> Iterator[str]:
    """A state that nothing leaves is an end: nothing moves in it either, and no life begins there."""
    if machine.initial in machine.terminal:
        yield f"{machine.initial} is where it begins and nothing leaves it"
    for row in machine.rows:
        if row.source in machine.terminal:
            yield f"{say(row)}: nothing leaves {row.source}, yet this moves in it"


def _pairs(machine: Machine[Any]) -> Iterator[str]:
    """Every pair has a verdict whatever the answers, and every entry is the verdict for some of them."""
    for state in machine.states:
        for command in machine.commands:
            entries = machine.entries(state, command)
            asked = frozenset[Atom]().union(*(entry.guard.atoms() for entry in entries))
            used: set[int] = set()
            for answers in outcomes(asked):
                first = next((n for n, entry in enumerate(entries) if entry.guard.under(answers)), None)
                if first is None:
                    case = ", ".join(
                        f"{atom.name}: {'yes' if yes else 'no'}" for atom, yes in answers.items()
                    )
                    yield f"no verdict on {snake(command)} in {state} ({case or 'nothing is said of it'})"
                    break
                used.add(first)
            else:
                for n, entry in enumerate(entries):
                    if n not in used:
                        yield f"{say(entry)} is never read in {state}: earlier entries answer first"


def _of_cause(machine: Machine[Any], row: Row) -> Iterator[str]:
    """Status and cause agree: a way into failure names its cause, and no other way does."""
    fails = row.target in machine.failures and row.source not in machine.failures
    recovers = row.source in machine.failures and row.target not in machine.failures
    if fails and row.cause is None:
        yield f"{say(row)} fails without a cause"
    if row.cause is not None and row.target not in machine.failures:
        yield f"{say(row)} has a cause and is no failure"
    if row.cause is CARRIED and "cause" not in field_names(row.command):
        yield f"{say(row)} carries a cause that {snake(row.command)} does not have"
    if row.cause is not None and "cause_tag" in row.sets:
        yield f"{say(row)} sets cause_tag twice"
    if recovers and "cause_tag" not in row.sets:
        yield f"{say(row)} leaves a failure and keeps its cause"


def _of_writing(machine: Machine[Any], row: Row) -> Iterator[str]:
    """A row writes fields that exist and are a row's to write, and tells an event."""
    known = field_names(machine.snapshot)
    wanted = (*row.sets, "cause_tag") if row.cause is not None else tuple(row.sets)
    for name in wanted:
        if name not in known:
            yield f"{say(row)} sets {name}, which {machine.snapshot.__name__} does not have"
        elif name in _ENGINES_OWN:
            yield f"{say(row)} sets {name}, which is the engine's own"
    said: type = row.event  # a type checker would see it; a table built by hand has none
    if not issubclass(said, Event):
        yield f"{say(row)} says {said.__name__}, which is no event"
