"""The five tables prove themselves, and a table that was bent does not."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, cast

import pytest
from attrs import evolve

from halobestie_core.causes import Cause
from halobestie_core.machine import CARRIED, Event, Ignore, Machine, Refuse, Row, always, of_snapshot, to
from halobestie_core.machine.proof import flaws
from halobestie_core.reasons import Reason
from support.door import (
    ALL,
    BROKEN,
    DOOR,
    OPEN,
    SCRAPPED,
    SHUT,
    Door,
    Happened,
    Kick,
    Knock,
    Mend,
    Open,
    Shut,
)
from support.witnesses import MACHINES, a_payment

Bend = Callable[[Machine[Door]], Machine[Door]]


class Elsewhere(StrEnum):
    """States of no door."""

    MOON = "moon"


@pytest.mark.parametrize("machine", [*MACHINES, DOOR], ids=lambda machine: machine.name)
def test_table_is_sound(machine: Machine[Any]) -> None:
    """A table has no flaw."""
    assert flaws(machine) == ()


def rows(*more: Row, without: tuple[int, ...] = ()) -> Bend:
    """Bend by adding rows in front, and leaving some of the old ones out."""
    return lambda door: evolve(
        door, rows=(*more, *(row for n, row in enumerate(door.rows) if n not in without))
    )


def _namesake() -> type:
    class Open:
        """Another command of the same name."""

    return Open


@of_snapshot
def locked(_door: Door, _now: object) -> bool:
    """Ask something else under the same name."""
    return True


BENT: dict[str, tuple[Bend, str]] = {
    "begins in a stranger": (
        lambda door: evolve(door, initial=Elsewhere.MOON),
        "door begins in <Elsewhere.MOON: 'moon'>, which is not its state",
    ),
    "fails in a stranger": (
        lambda door: evolve(door, failures=frozenset({Elsewhere.MOON})),
        "door fails in <Elsewhere.MOON: 'moon'>, which is not its state",
    ),
    "moves to a stranger": (
        rows(Row(SHUT, Mend, always, Elsewhere.MOON, Happened)),
        "row shut --mend [always]--> moon: <Elsewhere.MOON: 'moon'> is not a state of door",
    ),
    "moves from a stranger": (
        rows(Row(Elsewhere.MOON, Mend, always, SHUT, Happened)),
        "row moon --mend [always]--> shut: <Elsewhere.MOON: 'moon'> is not a state of door",
    ),
    "ignores in a stranger": (
        lambda door: evolve(door, ignored=(*door.ignored, Ignore((Elsewhere.MOON,), Knock, "far"))),
        "ignored knock [always] (far): <Elsewhere.MOON: 'moon'> is not a state of door",
    ),
    "refuses in a stranger": (
        lambda door: evolve(door, refused=(Refuse((Elsewhere.MOON,), Knock, Reason.AT_CAPACITY),)),
        "refused knock [always] (at_capacity): <Elsewhere.MOON: 'moon'> is not a state of door",
    ),
    "two commands of one name": (
        lambda door: evolve(door, refused=(*door.refused, Refuse(ALL, _namesake(), Reason.NOT_POSSIBLE))),
        "two commands are called open",
    ),
    "two questions of one name": (
        rows(Row(SHUT, Mend, locked, OPEN, Happened)),
        "two questions are called 'locked'",
    ),
    "a state out of reach": (rows(without=(6,)), "scrapped cannot be reached from shut"),
    "an end at the beginning": (
        lambda door: evolve(door, rows=(Row(SHUT, Knock, always, SHUT, Happened),)),
        "shut is where it begins and nothing leaves it",
    ),
    "something moves in an end": (
        rows(Row(SCRAPPED, Mend, always, SCRAPPED, Happened)),
        "row scrapped --mend [always]--> scrapped: nothing leaves scrapped, yet this moves in it",
    ),
    "a hole without guards": (
        lambda door: evolve(door, refused=door.refused[1:]),
        "no verdict on open in shut (has key: no, locked: yes)",
    ),
    "a hole": (
        lambda door: evolve(door, ignored=door.ignored[1:]),
        "no verdict on shut in shut (nothing is said of it)",
    ),
    "a shaded row": (
        lambda door: evolve(door, rows=(*door.rows, Row(OPEN, Kick, locked, SHUT, Happened))),
        "row open --kick [locked]--> shut is never read in open: earlier entries answer first",
    ),
    "a shaded ignored entry": (
        lambda door: evolve(door, ignored=(*door.ignored, Ignore((SHUT,), Knock, "twice"))),
        "ignored knock [always] (twice) is never read in shut: earlier entries answer first",
    ),
    "a shaded refusal": (
        lambda door: evolve(door, refused=(*door.refused, Refuse((SHUT,), Shut, Reason.AT_CAPACITY))),
        "refused shut [always] (at_capacity) is never read in shut: earlier entries answer first",
    ),
    "a failure without a cause": (
        rows(Row(SHUT, Kick, always, BROKEN, Happened), without=(3,)),
        "row shut --kick [always]--> broken fails without a cause",
    ),
    "a cause without a failure": (
        rows(Row(OPEN, Shut, always, SHUT, Happened, Cause.LATE_PAYMENT), without=(1,)),
        "row open --shut [always]--> shut has a cause and is no failure",
    ),
    "a cause that nobody carries": (
        rows(Row(OPEN, Shut, always, BROKEN, Happened, CARRIED), without=(1,)),
        "row open --shut [always]--> broken carries a cause that shut does not have",
    ),
    "a cause set twice": (
        rows(Row(OPEN, Kick, always, BROKEN, Happened, CARRIED, {"cause_tag": to(None)}), without=(4,)),
        "row open --kick [always]--> broken sets cause_tag twice",
    ),
    "a cause that outlives its failure": (
        rows(Row(BROKEN, Mend, always, SHUT, Happened), without=(5,)),
        "row broken --mend [always]--> shut leaves a failure and keeps its cause",
    ),
    "an unknown field": (
        rows(Row(SHUT, Open, always, OPEN, Happened, None, {"colour": to("red")}), without=(0,)),
        "row shut --open [always]--> open sets colour, which Door does not have",
    ),
    "a field of the engine's": (
        rows(Row(SHUT, Open, always, OPEN, Happened, None, {"version": to(7)}), without=(0,)),
        "row shut --open [always]--> open sets version, which is the engine's own",
    ),
    "no event": (
        rows(Row(SHUT, Open, always, OPEN, cast("type[Event]", str)), without=(0,)),
        "row shut --open [always]--> open says str, which is no event",
    ),
}


@pytest.mark.parametrize("bend, flaw", BENT.values(), ids=BENT)
def test_bent_table_is_caught(bend: Bend, flaw: str) -> None:
    """Each kind of flaw is found and said in one sentence."""
    assert flaw in flaws(bend(DOOR))


def test_failing_where_nothing_holds_a_cause_is_caught() -> None:
    """A machine whose snapshot has no ``cause_tag`` cannot fail."""
    chat = next(machine for machine in MACHINES if machine.name == "chat")
    row = evolve(chat.rows[-1], cause=Cause.OPERATOR_ENDED)
    bent = evolve(chat, rows=(*chat.rows[:-1], row), failures=frozenset({row.target}))
    assert any("sets cause_tag, which ChatSession does not have" in flaw for flaw in flaws(bent))


def test_questions_have_meanings() -> None:
    """Every question of every table has a sentence for the generated pages."""
    for machine in MACHINES:
        for row in machine.rows:
            assert all(atom.meaning.endswith(".") for atom in row.guard.atoms())


def test_witness_is_where_a_life_begins() -> None:
    """A fresh snapshot is in the machine's initial state."""
    payment = MACHINES[0]
    assert a_payment().status is payment.initial
