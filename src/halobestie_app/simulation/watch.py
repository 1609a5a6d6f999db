"""Watches every commit: which rows of the tables were taken, and what only shows in the moment."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from attrs import define, field

from halobestie_adapters.memory import Tables
from halobestie_app.simulation.instance import HERE
from halobestie_app.simulation.words import Words
from halobestie_core import chat, extension, pairing, payment, presence
from halobestie_core.causes import Cause
from halobestie_core.extension import Extension
from halobestie_core.flow.decide import Moved
from halobestie_core.machine import Machine, Row, snake
from halobestie_core.machine import Moved as Move
from halobestie_core.machine.proof import say
from halobestie_core.pairing import PairingRequest
from halobestie_core.ports.store import Actor, Loaded
from halobestie_core.words import ActorType

TABLES: Final[dict[type, Machine[Any]]] = {
    table.snapshot: table
    for table in (payment.PAYMENT, pairing.PAIRING, chat.CHAT, extension.EXTENSION, presence.PRESENCE)
}
LONGEST: Final = timedelta(seconds=15)
"""From the locks to the commit."""
_CLOCKS: Final = (payment.Tick, pairing.TimeUp, pairing.NextWave, chat.TimeUp, extension.TimeUp)


def edges() -> tuple[str, ...]:
    """Return every row of every table, in words."""
    return tuple(name(table, row) for table in TABLES.values() for row in table.rows)


def name(table: Machine[Any], row: Row) -> str:
    """Return a row in words."""
    return f"{table.name}: {say(row).removeprefix('row ')}{f' ({row.cause})' if row.cause else ''}"


_NAMES: Final = {id(row): name(table, row) for table in TABLES.values() for row in table.rows}


def row_of(move: Move[Any]) -> str | None:
    """Return the row that a move took, in words; ``None``: it is a birth."""
    if move.before is None:
        return None
    for row in TABLES[type(move.after)].entries(move.before.status, type(move.command)):
        if isinstance(row, Row) and row.guard.holds(move.before, move.command, move.at):
            return _NAMES[id(row)]
    raise LookupError(f"no row makes a {move.after.status} of {move.before.status}")


@define
class Watch:
    """What was seen in one night. ``breaches``: what must never be, a sentence each."""

    tables: Tables
    taken: Counter[str] = field(factory=Counter)
    breaches: list[str] = field(factory=list)
    trace: list[str] = field(factory=list)
    words: Words = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.words = Words(self.tables, self.taken, self.breaches)

    def saved(self, moved: Moved, actor: Actor, loaded: Loaded) -> None:
        """Look at one commit, at the moment at which it is made."""
        here = HERE.get()
        where = "nobody" if here is None else here.name
        self.taken.update(row for move in moved.moves if (row := row_of(move)) is not None)
        self.trace.append(f"{self.tables.clock.now:%H:%M:%S.%f} {where} {actor.type}: {_told(moved)}")
        for look in (self._early, self._winner, self._silence, self._foreign):
            self.breaches.extend(look(moved, actor))
        self.breaches.extend(_rejected(moved, loaded))

    def _early(self, moved: Moved, actor: Actor) -> Iterator[str]:
        """T2: no deadline fires before its time, and nobody judges by another clock than the database's."""
        now = self.tables.clock.now
        for move in moved.moves:
            if not now - LONGEST <= move.at <= now:
                yield f"T2: {move.after.id} was judged at {move.at}, and it is {now}"
        first = moved.moves[0] if moved.moves else None
        if actor.type is not ActorType.CLOCK or first is None or not isinstance(first.command, _CLOCKS):
            return
        due = None if first.before is None else first.before.wake_at
        if due is None or now < due:
            yield f"T2: {TABLES[type(first.after)].name} {first.after.id} fired before {due}"

    def _winner(self, moved: Moved, _actor: Actor) -> Iterator[str]:
        """C1, C2, P5: whoever takes a request is online, has room, and is in time."""
        for move in moved.moves:
            if not isinstance(move.command, pairing.Accept) or not isinstance(move.after, PairingRequest):
                continue
            if move.after.winner_mitra_id is None:
                continue
            mitra = self.tables.mitras[move.after.winner_mitra_id].listener
            live = sum(one.is_live and one.mitra_id == mitra.id for one in self.tables.chats)
            if live > move.command.cap:
                yield f"C1: {mitra.id} has {live} chats, the cap was {move.command.cap}"
            if not mitra.presence.is_online or mitra.presence.is_blocked:
                yield f"C2: {mitra.id} took {move.after.id} and is {mitra.presence.status}"
            if move.at >= move.after.deadline_at:
                yield f"P5: {move.after.id} was taken at {move.at}, due {move.after.deadline_at}"

    def _foreign(self, moved: Moved, actor: Actor) -> Iterator[str]:
        """A3: nobody moves what is somebody else's."""
        for move in moved.moves:
            customer = getattr(move.after, "customer_id", actor.id)
            if actor.type is ActorType.CUSTOMER and customer != actor.id:
                yield f"A3: customer {actor.id} moved {move.after.id} of {customer}"
            mitra = getattr(move.after, "mitra_id", actor.id)
            if actor.type is ActorType.MITRA and mitra != actor.id:
                yield f"A3: mitra {actor.id} moved {move.after.id} of {mitra}"

    def _silence(self, moved: Moved, _actor: Actor) -> Iterator[str]:
        """X3: silence is a yes only where the mitra could be reached, by what was really known."""
        for move in moved.moves:
            if not isinstance(move.after, Extension) or not move.after.via_timeout:
                continue
            here = HERE.get()
            mitra = _mitra_of(self.tables, move.after)
            known = None if here is None else here.connections.told.get(mitra)
            if known is not True or not self.tables.mitras[mitra].listener.presence.is_online:
                yield f"X3: {move.after.id} was approved by silence; whether {mitra} is there: {known}"


def _rejected(moved: Moved, loaded: Loaded) -> Iterator[str]:
    """P4: the last no ends a search only if the locks showed nobody else who could be asked."""
    for move in moved.moves:
        if isinstance(move.after, PairingRequest) and move.after.cause_tag is Cause.ALL_MITRAS_REJECTED:
            recorded = isinstance(move.command, pairing.Decline) and not move.command.eligible_left
            if not recorded or loaded.eligible:
                yield f"P4: {move.after.id} was rejected by all while {len(loaded.eligible)} were left"


def _mitra_of(tables: Tables, asked: Extension) -> UUID:
    return tables.chats.rows[asked.session_id].mitra_id


def _told(moved: Moved) -> str:
    said = (
        f"{TABLES[type(move.after)].name} {str(move.after.id)[-6:]} {snake(type(move.command))}"
        f" {'' if move.before is None else move.before.status}>{move.after.status}"
        for move in moved.moves
    )
    return ", ".join(said)


__all__ = ["TABLES", "Watch", "edges", "name", "row_of"]
