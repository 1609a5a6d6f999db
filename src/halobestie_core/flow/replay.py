"""Replay: run recorded moves through the tables again, for auditors."""

from collections.abc import Iterable
from typing import Any

from attrs import evolve

from halobestie_core.flow.decide import MACHINES
from halobestie_core.flow.evening import Evening
from halobestie_core.machine import Moved


def slot_of(move: Moved[Any], evening: Evening) -> str:
    """Return the slot whose aggregate this move is of; an unknown aggregate goes to its machine's first free slot."""
    slots = [slot for slot, table in MACHINES.items() if isinstance(move.after, table.snapshot)]
    for slot in slots:
        current = getattr(evening, slot)
        if current is not None and current.id == move.after.id:
            return slot
    return slots[0]


def replay(moves: Iterable[Moved[Any]], start: Evening | None = None) -> Evening:
    """Return the evening that these moves make, each decided anew; raise ``AssertionError`` where one differs."""
    evening = start or Evening()
    for move in moves:
        slot = slot_of(move, evening)
        table = MACHINES[slot]
        if move.before is None:
            again = table.open(move.command, move.at).after
        else:
            again = table.decide(move.before, move.command, move.at).moved()
        if again != move.after:
            msg = f"{table.name} {move.after.id}: replayed {again!r}, recorded {move.after!r}"
            raise AssertionError(msg)
        evening = evolve(evening, **{slot: again})
    return evening
