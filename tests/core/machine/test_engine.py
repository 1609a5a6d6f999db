"""What the engine says besides its verdicts: refusals as exceptions, answers, fingerprints, defects."""

from typing import Any

import pytest
from attrs import evolve

from halobestie_core.errors import RefusedError
from halobestie_core.machine import Guard, Machine, Moved, Refused, Row, always
from halobestie_core.reasons import Reason
from support.door import (
    ALL,
    BROKEN,
    DOOR,
    NOON,
    OPEN,
    SCRAPPED,
    SHUT,
    Door,
    Happened,
    Kick,
    Knock,
    Open,
    Shut,
    has_key,
    locked,
)
from support.witnesses import MACHINES, a_command, a_snapshot, an_id

FRONT = Door(an_id(1))


def test_refusal_keeps_its_data() -> None:
    """A refused verdict holds snapshot, command, reason and what is allowed, and changes nothing."""
    wish = Open("Ayu")
    refused = DOOR.decide(evolve(FRONT, locked=True), wish, NOON)
    assert isinstance(refused, Refused)
    assert refused.snapshot == evolve(FRONT, locked=True)
    assert (refused.command, refused.reason) == (wish, Reason.REQUEST_CLOSED)
    assert refused.allowed == ("open", "knock", "kick")  # open, because a key might help


def test_refusal_may_be_raised() -> None:
    """Who prefers an exception gets one that writes its sentence late."""
    refused = DOOR.decide(evolve(FRONT, locked=True), Open("Ayu"), NOON)
    with pytest.raises(RefusedError, match=r"^Open in shut: .* closed\. Allowed now: open, knock, kick\.$"):
        refused.moved()
    with pytest.raises(RefusedError, match="Allowed now: nothing"):
        DOOR.decide(Door(an_id(1), SCRAPPED), Shut(), NOON).moved()


def test_answers_say_what_would_happen() -> None:
    """For every command, a snapshot's answers name the rows that could move it and what is said otherwise."""
    answers = {answer.command: answer for answer in DOOR.answers(FRONT, NOON)}
    assert [row.target for row in answers["kick"].moves] == [BROKEN]
    assert (answers["mend"].moves, answers["mend"].otherwise) == ((), "not_possible")
    assert answers["shut"].otherwise == "it is shut already"


def test_a_move_can_tell_something_else() -> None:
    """A row may move and still tell the caller that the wish was not met."""
    moved = DOOR.decide(Door(an_id(1), OPEN, opened_by="Ayu"), Shut(), NOON)
    assert isinstance(moved, Moved)
    assert (moved.after.status, moved.told) == (SHUT, Reason.ALREADY_TAKEN)


def test_unlogged_moves_change_no_version() -> None:
    """What is not worth a line in the log is not worth a version."""
    assert DOOR.decide(FRONT, Knock(), NOON).moved().version == FRONT.version


def test_foreign_command_is_a_defect() -> None:
    """A command of another machine is no wish to be refused; the engine names those it knows."""
    with pytest.raises(TypeError, match=r"^door knows no command str; it knows open, shut, knock, kick, "):
        DOOR.decide(FRONT, "open", NOON)


def test_a_hole_is_a_defect() -> None:
    """A table that says nothing of a pair is found out at the first such question, if not by its proof."""
    with pytest.raises(AssertionError, match="door: no verdict on shut in shut"):
        evolve(DOOR, ignored=()).decide(FRONT, Shut(), NOON)


def test_a_command_without_any_row_is_ignored_or_refused() -> None:
    """A command that never moves anything has no trigger and still gets its verdict."""
    still = evolve(DOOR, rows=(Row(SHUT, Open, always, OPEN, Happened),))
    assert still.decide(FRONT, Shut(), NOON).moved() is FRONT


@pytest.mark.parametrize(
    "changed",
    [
        evolve(DOOR, rows=DOOR.rows[1:]),
        evolve(DOOR, ignored=DOOR.ignored[1:]),
        evolve(DOOR, refused=DOOR.refused[1:]),
        evolve(DOOR, rows=(evolve(DOOR.rows[0], guard=locked), *DOOR.rows[1:])),
        evolve(DOOR, rows=(evolve(DOOR.rows[0], sets={}), *DOOR.rows[1:])),
    ],
)
def test_fingerprint_changes_with_the_table(changed: Machine[Door]) -> None:
    """Any change of a rule changes the fingerprint that is recorded with every move."""
    assert changed.fingerprint != DOOR.fingerprint


def test_fingerprints_are_all_different() -> None:
    """Each table has a fingerprint of its own."""
    assert len({machine.fingerprint for machine in MACHINES}) == len(MACHINES)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_an_end_is_an_end(machine: Machine[Any]) -> None:
    """In a terminal state nothing moves, and nobody waits for a deadline."""
    for state in machine.terminal:
        snapshot = a_snapshot(machine, state)
        assert getattr(snapshot, "wake_at", None) is None
        for kind in machine.commands:
            assert not isinstance(machine.decide(snapshot, a_command(machine, kind), NOON), Moved)


@pytest.mark.parametrize(
    "guard, name, maybe",
    [
        (locked & has_key, "locked and has key", False),
        (has_key & locked, "has key and locked", False),
        (~locked & has_key, "not locked and has key", None),
        (has_key & ~locked, "has key and not locked", None),
        (~locked | has_key, "not locked or has key", True),
        (~has_key, "not has key", None),
        ((~locked).called("free"), "free", True),
        (always & ~locked, "always and not locked", True),
    ],
    ids=lambda value: value.name if isinstance(value, Guard) else "",
)
def test_guards_combine(guard: Guard, name: str, maybe: bool | None) -> None:
    """Combined questions have readable names, and say *unknown* only where a command would decide."""
    assert guard.name == name
    assert guard.maybe(FRONT, NOON) is maybe


def test_a_command_that_breaks_leaves_nothing_half_done() -> None:
    """If a question raises, the snapshot is untouched and the engine serves the next command."""
    with pytest.raises(AttributeError):
        evolve(DOOR, rows=(Row(SHUT, Kick, has_key, OPEN, Happened),)).decide(FRONT, Kick(None), NOON)  # type: ignore[arg-type] # on purpose
    assert DOOR.decide(FRONT, Open("Ayu"), NOON).moved().opened_by == "Ayu"
    assert ALL[0] is FRONT.status
