"""Replay: a recorded life is decided anew, and whatever was changed in the record is found."""

from typing import Any

import pytest
from attrs import evolve

from halobestie_core import Evening, PaymentStatus, replay
from halobestie_core.machine import Moved
from halobestie_core.payment import PaymentSession
from halobestie_core.testing import World, a_mitra, chatting, extending, paid


def test_a_whole_life_replays() -> None:
    """From nothing to a chat that is being extended."""
    world = extending(World.of(1))
    after = replay(world.moves)
    assert (after.chat, after.request, after.extension) == (world.chat, world.request, world.extension)
    assert after.mitra == world.mitras[a_mitra(world)]


def test_a_life_goes_on_where_it_stood() -> None:
    """A second payment for an extension keeps to its own slot."""
    world = extending(World.of(1))
    before = world.evening()
    world.answer(accepted=True)
    assert replay(world.moves[-3:], before) == world.evening()


def test_a_changed_snapshot_is_found() -> None:
    """An amount that was touched afterwards does not come out of the table."""
    world = paid(World.of(1))
    forged = [_cheaper(move) if move.before is not None else move for move in world.moves]
    with pytest.raises(AssertionError, match="replayed"):
        replay(forged)


def _cheaper(move: Moved[Any]) -> Moved[Any]:
    if not isinstance(move.after, PaymentSession):
        return move
    return evolve(move, after=evolve(move.after, amount=1))


def test_a_missing_move_is_found() -> None:
    """A life with a gap is no life."""
    world = chatting(World.of(1))
    held = [
        move
        for move in world.moves
        if not (isinstance(move.after, PaymentSession) and move.after.status is PaymentStatus.CONFIRMED)
    ]
    with pytest.raises(AssertionError, match="does not follow"):
        replay(held)


def test_nothing_replays_to_nothing() -> None:
    """No moves, no evening."""
    assert replay([]) == Evening()
