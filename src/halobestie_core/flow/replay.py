"""Replay: run recorded moves through the tables again, for auditors."""

from collections.abc import Iterable
from typing import Any

from halobestie_core.flow.decide import MACHINES
from halobestie_core.flow.evening import Evening
from halobestie_core.machine import Moved


def slot_of(move: Moved[Any], evening: Evening) -> str:
    """Return the slot of this move's aggregate; an unknown one goes to its machine's first slot."""
    slots = [slot for slot, table in MACHINES.items() if isinstance(move.after, table.snapshot)]
    for slot in slots:
        current = getattr(evening, slot)
        if current is not None and current.id == move.after.id:
            return slot
    return slots[0]


def _follows(current: Any, move: Moved[Any]) -> None:  # noqa: ANN401 - whatever lives in that slot
    """Find no gap. Only status and version: heartbeats and invoices change fields without a logged move."""
    before = move.before
    if before is None or current is None or current.id != before.id:
        return
    if (current.status, current.version) != (before.status, before.version):
        msg = f"{move.after.id}: version {before.version} in {before.status} does not follow {current!r}"
        raise AssertionError(msg)


def replay(moves: Iterable[Moved[Any]], start: Evening | None = None) -> Evening:
    """Return the evening that these moves make, each decided anew; ``AssertionError`` where one differs."""
    evening = start or Evening()
    for move in moves:
        slot = slot_of(move, evening)
        table = MACHINES[slot]
        _follows(getattr(evening, slot), move)
        if move.before is None:
            again = table.open(move.command, move.at).after
        else:
            again = table.decide(move.before, move.command, move.at).moved()
        if again != move.after:
            msg = f"{table.name} {move.after.id}: replayed {again!r}, recorded {move.after!r}"
            raise AssertionError(msg)
        evening = evening.holding(slot, again)
    return evening
