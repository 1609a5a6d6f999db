"""The log of moves: what one move says of itself, canonically, so that its hash can be computed years later.

`body` is the text that is hashed; each row's hash covers the hash of the row before it of the same aggregate,
so nothing can be changed, left out or put between unseen. Facts are the fields of the command: all that the
guards saw besides the snapshot. Knows no transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Final

import attrs
import orjson

from halobestie_core.audit import chained, fingerprint_of
from halobestie_core.flow.decide import MACHINES
from halobestie_core.machine import Machine, Moved, snake
from halobestie_core.ports.store import Actor
from halobestie_core.wire import to_wire

_MACHINE_OF: Final[dict[type, Machine[Any]]] = {table.snapshot: table for table in MACHINES.values()}


def machine_of(move: Moved[Any]) -> Machine[Any]:
    """Return the table that decided this move."""
    return _MACHINE_OF[type(move.after)]


def logged(moves: Iterable[Moved[Any]]) -> tuple[Moved[Any], ...]:
    """Return the moves that the log holds: all but heartbeats."""
    return tuple(move for move in moves if type(move.command) not in machine_of(move).unlogged)


def facts(command: object) -> dict[str, object]:
    """Return a command's fields as JSON; of a set of mitras its size and fingerprint: waves hold the ids."""
    return {
        attribute.name: _fact(getattr(command, attribute.name))
        for attribute in attrs.fields(type(command))  # type: ignore[arg-type] # every command is an attrs class
    }


def _fact(value: object) -> object:
    if isinstance(value, AbstractSet):
        return {"count": len(value), "sha256": fingerprint_of(value)}
    if attrs.has(type(value)):
        return facts(value)
    return to_wire(value)


def body(move: Moved[Any], actor: Actor) -> str:
    """Return what one move says of itself: JSON with sorted names, one per column of the log."""
    machine = machine_of(move)
    event = move.events[0]
    spoken = {
        "machine": machine.name,
        "aggregate_id": move.after.id,
        "version": move.after.version,
        "from_state": None if move.before is None else move.before.status.value,
        "to_state": move.after.status.value,
        "command": snake(type(move.command)),
        "event": snake(type(event)),
        "cause_tag": None if event.cause is None else event.cause.value,
        "facts": facts(move.command),
        "fingerprint": machine.fingerprint,
        "actor_type": actor.type.value,
        "actor_id": actor.id,
        "at": to_wire(move.at),
    }
    return orjson.dumps(spoken, option=orjson.OPT_SORT_KEYS).decode()


def batches(moves: Iterable[Moved[Any]]) -> Iterator[tuple[Moved[Any], ...]]:
    """Split moves, in order: no batch holds two of one aggregate, as the second is chained to the first."""
    batch: list[Moved[Any]] = []
    for move in moves:
        if any(other.after.id == move.after.id for other in batch):
            yield tuple(batch)
            batch = []
        batch.append(move)
    if batch:
        yield tuple(batch)


__all__ = ["batches", "body", "chained", "facts", "fingerprint_of", "logged", "machine_of"]
