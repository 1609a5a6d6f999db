"""The engine, and an interpreter that shares nothing with it, agree on every state, command and outcome."""

from enum import StrEnum
from typing import Any

import pytest
from attrs import asdict

from halobestie_core.causes import Cause
from halobestie_core.machine import CARRIED, Ignore, Ignored, Machine, Moved, Refuse, Refused, Row, snake
from halobestie_core.machine.guards import Atom
from halobestie_core.machine.proof import outcomes
from support.door import DOOR, NOON, Door, Hang, Kick, Knock, Mend, Open, Scrap, Shut
from support.interpreter import verdict
from support.scripted import scripted
from support.witnesses import MACHINES, NOW, a_command, a_snapshot, an_id

PAIRS = [
    pytest.param(machine, state, command, id=f"{machine.name}-{state}-{snake(command)}")
    for machine in MACHINES
    for state in machine.states
    for command in machine.commands
]


def _asked(machine: Machine[Any], state: StrEnum, command: type) -> frozenset[Atom]:
    entries = machine.entries(state, command)
    return frozenset[Atom]().union(*(entry.guard.atoms() for entry in entries))


@pytest.mark.parametrize("machine, state, kind", PAIRS)
def test_engine_agrees_with_the_interpreter(machine: Machine[Any], state: StrEnum, kind: type) -> None:
    """Whatever the questions answer, engine and interpreter name one entry, and only a row changes things."""
    copy, script = scripted(machine)
    before, command = a_snapshot(machine, state), a_command(machine, kind)
    for answers in outcomes(_asked(machine, state, kind)):
        script.clear()
        script.update(answers)
        expected = verdict(machine, state, kind, answers.__getitem__)
        decision = copy.decide(before, command, NOW)
        match expected:
            case Row():
                cause = getattr(command, "cause", None) if expected.cause is CARRIED else expected.cause
                changes = {name: setter(before, command, NOW) for name, setter in expected.sets.items()}
                changes |= {"cause_tag": cause} if cause else {}
                step = 0 if kind in machine.unlogged else 1
                changes |= {"status": expected.target, "version": before.version + step}
                assert isinstance(decision, Moved)
                assert asdict(decision.after, recurse=False) == asdict(before, recurse=False) | changes
                assert decision.events == (expected.event(before.id, NOW, cause),)
                assert (decision.command, decision.at, decision.told) == (command, NOW, expected.told)
                assert decision.before is before
            case Ignore():
                assert decision == Ignored(expected.because, before)
                assert decision.moved() is before
            case Refuse():
                assert isinstance(decision, Refused)
                assert decision.snapshot is before
                assert decision.reason is expected.reason
            case _:
                pytest.fail(f"no verdict under {answers}")


@pytest.mark.parametrize("machine, state, kind", PAIRS)
def test_allowed_is_what_some_command_could_move(machine: Machine[Any], state: StrEnum, kind: type) -> None:
    """A command is called allowed exactly if, the snapshot being what it is, one of its kind would move."""
    copy, script = scripted(machine)
    snapshot = a_snapshot(machine, state)
    asked = _asked(machine, state, kind)
    for known in outcomes(frozenset(atom for atom in asked if not atom.needs_command)):
        script.clear()
        script.update(known)
        could = any(
            isinstance(verdict(machine, state, kind, (known | open_).__getitem__), Row)
            for open_ in outcomes(frozenset(atom for atom in asked if atom.needs_command))
        )
        assert (snake(kind) in copy.allowed(snapshot, NOW)) is could


@pytest.mark.parametrize(
    "command, said",
    [
        (Open("Ayu"), Refused),
        (Open("Ayu", key=True), Moved),
        (Knock(), Moved),
        (Kick(Cause.LATE_PAYMENT), Moved),
        (Shut(), Ignored),
        (Mend(), Refused),
        (Scrap(), Refused),
    ],
)
def test_real_questions_are_asked(command: object, said: type) -> None:
    """Unscripted, a guard is asked of the snapshot and the command at hand."""
    assert isinstance(DOOR.decide(Door(an_id(1), locked=True), command, NOON), said)


def test_birth_is_a_move_from_nothing() -> None:
    """Opening an aggregate is told as a move, with its event."""
    born = DOOR.open(Hang(an_id(7)), NOON)
    assert (born.before, born.after, born.moved()) == (None, Door(an_id(7)), Door(an_id(7)))
    assert [type(event) for event in born.events] == [DOOR.born]
