"""The log that a life in memory would leave, as a database would give it back. Knows no database."""

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import attrs

from halobestie_adapters import audit as writing
from halobestie_core.audit import Entry, Standing, Verdict, audit, chained
from halobestie_core.machine import Moved
from halobestie_core.pairing import PairingRequest
from halobestie_core.ports.store import SYSTEM
from halobestie_core.testing import World

Logs = dict[tuple[str, UUID], list[Entry]]


def entry(place: int, body: str, previous: bytes | None) -> Entry:
    """Return the row whose body this is."""
    said = json.loads(body)
    actor = said["actor_id"]
    columns = said | {
        "aggregate_id": UUID(said["aggregate_id"]),
        "at": datetime.fromisoformat(said["at"]),
        "actor_id": None if actor is None else UUID(actor),
    }
    return Entry(
        **columns,
        place=place,
        body=body,
        said=said,
        previous_hash=previous,
        hash=chained(previous, body),
    )


def logs(moves: Iterable[Moved[Any]]) -> Logs:
    """Return the log of each aggregate, as it is written."""
    found: Logs = {}
    places = count(1)
    for move in writing.logged(moves):
        log = found.setdefault((writing.machine_of(move).name, move.after.id), [])
        previous = log[-1].hash if log else None
        log.append(entry(next(places), writing.body(move, SYSTEM), previous))
    return found


def written(log: list[Entry], nth: int, /, **said: object) -> list[Entry]:
    """Return a log in which one body says something else, with every hash from there on made anew."""
    forged = list(log)
    for n in range(nth, len(log)):
        changed = dict(log[n].said) | (said if n == nth else {})  # type: ignore[call-overload] # it is an object
        body = json.dumps(changed, sort_keys=True, separators=(",", ":"))
        forged[n] = entry(log[n].place, body, forged[n - 1].hash if n else None)
    return forged


def standing(world: World, machine: str, aggregate_id: UUID) -> Standing:
    """Return an aggregate's row, as a world has it."""
    shelves: dict[str, dict[UUID, Any]] = {
        "payment": world.payments,
        "pairing": world.requests,
        "chat": world.chats,
        "extension": world.extensions,
        "presence": world.mitras,
    }
    snapshot = shelves[machine][aggregate_id]
    return Standing(snapshot, getattr(snapshot, "wake_at", None))


def audited(world: World, key: tuple[str, UUID], log: list[Entry], **bent: object) -> Verdict:
    """Audit one log against its row, or against a row that was ``bent``."""
    row = standing(world, *key)
    if bent:
        row = Standing(attrs.evolve(row.snapshot, **bent), row.wake_at)
    waves = row.snapshot.waves if isinstance(row.snapshot, PairingRequest) else ()
    return audit(*key, log, row, waves)
