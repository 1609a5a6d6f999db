"""Which mutants there are: each row, guard, entry and reaction, bent in every way that makes sense.

A mutant is bent in place, in a process of its own that is thrown away. Knows no test.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import product
from typing import Any, Final

from attrs import evolve, frozen

from halobestie_core import chat, extension, pairing, payment, presence
from halobestie_core.flow.reactions import REACTIONS, Reaction
from halobestie_core.machine import Ignore, Machine, Refuse, Row, always
from halobestie_core.machine.engine import _engine_for
from halobestie_core.machine.guards import Atom
from halobestie_core.machine.table import snake
from halobestie_core.reasons import Reason

MACHINES: Final[tuple[Machine[Any], ...]] = (
    payment.PAYMENT,
    pairing.PAIRING,
    chat.CHAT,
    extension.EXTENSION,
    presence.PRESENCE,
)

PARTS: Final = ("then", "writes", "tells", "later")
"""Of a reaction."""


@frozen
class Mutant:
    """One bend: ``home`` is the machine or table it is in, ``kind`` what is done, ``where`` to what."""

    home: str
    kind: str
    where: str
    apply: Callable[[], None]

    @property
    def name(self) -> str:
        """What it is called in the report; no two are called the same."""
        return f"{self.home}: {self.kind}: {self.where}"


def mutants() -> tuple[Mutant, ...]:
    """All of them, always in the same order. Raises ValueError where two could not be told apart."""
    made = (*_of_tables(), *_of_reactions())
    names = [mutant.name for mutant in made]
    if len(set(names)) != len(names):
        raise ValueError({name for name in names if names.count(name) > 1})
    return made


# ---------------------------------------------------------------------------------------------- tables


def _of_tables() -> Iterator[Mutant]:
    for machine in MACHINES:
        for number, row in enumerate(machine.rows):
            for kind, where, bent in _bent_rows(machine, row):
                yield Mutant(machine.name, kind, where, partial(_put, machine, "rows", number, bent))
        for number, entry in enumerate(machine.ignored):
            for where, left in _fewer_states(entry):
                put = partial(_put, machine, "ignored", number, left)
                yield Mutant(machine.name, "nothing is ignored", where, put)
        for number, refusal in enumerate(machine.refused):
            other = evolve(refusal, reason=_another(refusal.reason))
            where = f"{_states(refusal)} / {_asked(refusal)}"
            put = partial(_put, machine, "refused", number, (other,))
            yield Mutant(machine.name, "refused for another reason", where, put)


def _bent_rows(machine: Machine[Any], row: Row) -> Iterator[tuple[str, str, tuple[Row, ...]]]:
    """Give the kind, the place and what takes the row's place, for every way to bend one row."""
    where = f"{row.source} / {_asked(row)} -> {row.target} ({snake(row.event)})"
    yield "the row is missing", where, ()
    elsewhere = _another_state(machine, row)
    yield f"it leads to {elsewhere}", where, (evolve(row, target=elsewhere),)
    if row.guard.name != always.name:
        if _lets_more_through(machine, row):
            yield "the guard lets everything through", where, (evolve(row, guard=always),)
        yield "the guard says the opposite", where, (evolve(row, guard=~row.guard),)
    for name in row.sets:
        fewer = {other: setter for other, setter in row.sets.items() if other != name}
        yield f"{name} is not set", where, (evolve(row, sets=fewer),)
    if row.cause is not None:
        yield "no cause is given", where, (evolve(row, cause=None),)
    if row.told is not None:
        yield "the caller is not told", where, (evolve(row, told=None),)


def _lets_more_through(machine: Machine[Any], row: Row) -> bool:
    """Whether without its guard the row would ever be taken where it is not now.

    The rows before it may leave nothing else: then the bend changes nothing, and is none.
    """
    pair = [other for other in machine.rows if (other.source, other.command) == (row.source, row.command)]
    before = pair[: pair.index(row)]
    atoms = sorted(
        frozenset[Atom]().union(*[other.guard.atoms() for other in pair]), key=lambda atom: atom.name
    )
    for outcome in product((False, True), repeat=len(atoms)):
        said = dict(zip(atoms, outcome, strict=True))
        if not row.guard.under(said) and not any(other.guard.under(said) for other in before):
            return True
    return False


def _another_state(machine: Machine[Any], row: Row) -> Any:  # noqa: ANN401  a state of whatever machine
    """The state after the right one, round the circle; not where the row begins, if that can be."""
    states = list(machine.states)
    at = states.index(row.target)
    others = [*states[at + 1 :], *states[:at]]
    return next((state for state in others if state is not row.source), others[0])


def _fewer_states(entry: Ignore) -> Iterator[tuple[str, tuple[Ignore, ...]]]:
    """Give, for each state of the entry, its place and the entry without it."""
    for state in entry.states:
        left = tuple(other for other in entry.states if other is not state)
        yield f"{state} / {_asked(entry)}", (evolve(entry, states=left),) if left else ()


def _another(reason: Reason) -> Reason:
    """The next reason, round the circle."""
    reasons = list(Reason)
    return reasons[(reasons.index(reason) + 1) % len(reasons)]


def _asked(entry: Row | Ignore | Refuse) -> str:
    guard = "" if entry.guard.name == always.name else f" if {entry.guard.name}"
    return snake(entry.command) + guard


def _states(entry: Refuse) -> str:
    return ", ".join(entry.states)


def _put(machine: Machine[Any], part: str, number: int, instead: Sequence[object]) -> None:
    """Put something in the place of one entry of a table, and let the machine forget what it knew of it."""
    entries = list(getattr(machine, part))
    entries[number : number + 1] = instead
    object.__setattr__(machine, part, tuple(entries))
    for name in _remembered(type(machine)):
        machine.__dict__.pop(name, None)
    object.__setattr__(machine, "_engine", _engine_for(machine))


def _remembered(kind: type) -> Iterable[str]:
    return [name for name, value in vars(kind).items() if isinstance(value, cached_property)]


# ---------------------------------------------------------------------------------------------- reactions


def _of_reactions() -> Iterator[Mutant]:
    for event, reaction in REACTIONS.items():
        for part in PARTS:
            built = getattr(reaction, part)
            for number, one in enumerate(built):
                fewer = (*built[:number], *built[number + 1 :])
                where = f"{snake(event)} {_WORDS[part]} {_builder(one)}"
                if [_builder(other) for other in built].count(_builder(one)) > 1:
                    where += f" ({number + 1})"
                changes: dict[str, Any] = {part: fewer}
                bent = evolve(reaction, **changes)
                yield Mutant("reactions", "nothing follows", where, partial(_react, bent))
                if getattr(one, "fits", None) is not None:
                    loose = (*built[:number], evolve(one, fits=None), *built[number + 1 :])
                    bent = evolve(reaction, then=loose)
                    yield Mutant("reactions", "whatever lies in the slot", where, partial(_react, bent))


_WORDS: Final = {"then": "commands", "writes": "writes", "tells": "tells", "later": "leaves for later"}


def _builder(one: Any) -> str:  # noqa: ANN401  a builder, or a sibling command with one
    made = getattr(one, "command", one)
    return str(made.__qualname__).split(".", maxsplit=1)[0]


def _react(reaction: Reaction) -> None:
    REACTIONS[reaction.event] = reaction
