"""One decision, written into memory: all of it or nothing. Takes no lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from attrs import evolve

from halobestie_adapters import audit
from halobestie_adapters.errors import RuleBroken, StaleWrite
from halobestie_adapters.memory.rows import KeptFailure, Mitra, Move
from halobestie_adapters.memory.shelf import Journal, Shelf, undo
from halobestie_adapters.memory.tables import Tables
from halobestie_adapters.outgoing import outgoing
from halobestie_adapters.records import (
    ActionRow,
    CaptureRow,
    FailureRow,
    LedgerRow,
    RecordRow,
    SupersededRow,
    record_rows,
)
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.availability import Listener
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import DiscountClaimed, DiscountReturned, LiveChats, MitraShutOut
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.identity import Revoked
from halobestie_core.ports.store import Actor
from halobestie_core.presence import MitraPresence

_SHELVES: Final[dict[type, Callable[[Tables], Shelf[Any]]]] = {
    PaymentSession: lambda tables: tables.payments,
    PairingRequest: lambda tables: tables.requests,
    ChatSession: lambda tables: tables.chats,
    Extension: lambda tables: tables.extensions,
}


def write(tables: Tables, moved: Moved, actor: Actor, new_id: Callable[[], UUID]) -> None:
    """Write a decision. Raises StaleWrite, Conflict or RuleBroken, and then nothing was written."""
    journal: Journal = []
    try:
        _aggregates(tables, moved, journal)
        for row in record_rows(moved, actor.id, tables.clock.now, new_id):
            _record(tables, row, journal)
        for later in moved.later:
            if isinstance(later, MitraShutOut):
                _end_log_ins(tables, later.mitra_id, journal)
    except BaseException:
        undo(journal)
        raise
    for move in audit.logged(moved.moves):  # nothing that follows can fail
        body, whose = audit.body(move, actor), (audit.machine_of(move).name, move.after.id)
        tables.heads[whose] = audit.chained(tables.heads.get(whose), body)
        tables.moves.append(Move(*whose, move.after.version, body, tables.heads[whose]))
    tables.queue(outgoing(moved))


def _aggregates(tables: Tables, moved: Moved, journal: Journal) -> None:
    first: dict[UUID, Any] = {}
    last: dict[UUID, Any] = {}
    for move in moved.moves:
        if move.before is None and move.after.id in first:
            # Two tries under one key: the second would put aside what the first has made, to make it again.
            raise StaleWrite(f"{move.after.id} was made already, and would be born of its own end")
        first.setdefault(move.after.id, move.before)
        last[move.after.id] = move.after
    for key, snapshot in last.items():
        if isinstance(snapshot, MitraPresence):
            _presence(tables, first[key], snapshot, journal)
            continue
        shelf = _SHELVES[type(snapshot)](tables)
        if first[key] is None:
            shelf.add(key, snapshot, journal)
        else:
            _match(shelf.get(key), first[key].version)
            shelf.put(key, snapshot, journal)


def _match(stored: Any, version: int) -> None:  # noqa: ANN401 - any of the five snapshots
    if stored is None or stored.version != version:
        raise StaleWrite(f"{stored!r} is not at version {version}, which was decided on")


def _presence(tables: Tables, before: MitraPresence, after: MitraPresence, journal: Journal) -> None:
    """A heartbeat that landed meanwhile is never turned back."""
    mitra = tables.mitras.get(after.id)
    _match(None if mitra is None else mitra.listener.presence, before.version)
    if mitra is not None:
        heard = [at for at in (mitra.listener.presence.last_heartbeat_at, after.last_heartbeat_at) if at]
        latest = evolve(after, last_heartbeat_at=max(heard, default=None))
        _put_mitra(tables, mitra, evolve(mitra.listener, presence=latest), journal)


def _put_mitra(tables: Tables, mitra: Mitra, listener: Listener, journal: Journal) -> None:
    journal.append(lambda: tables.mitras.update({mitra.named.id: mitra}))
    tables.mitras[mitra.named.id] = evolve(mitra, listener=listener)


def _record(tables: Tables, row: RecordRow, journal: Journal) -> None:
    match row:
        case CaptureRow():
            tables.captures.add(row.id, row, journal)
        case FailureRow():
            tables.failures.add(row.id, KeptFailure(row), journal)
        case LedgerRow():
            tables.ledger.add(row.id, row, journal)
        case SupersededRow(payment_session_id=payment_id, at=at):
            kept = tables.failures.holder("pairing_failures_one_open_per_payment", payment_id)
            if kept is None or kept.action is not None:
                raise StaleWrite(f"payment {payment_id} has no failure that may be superseded")
            tables.failures.put(kept.row.id, evolve(kept, superseded_at=at), journal)
        case ActionRow(failure_id=failure_id):
            kept = tables.failures.get(failure_id)
            if kept is None or kept.action is not None or kept.superseded_at is not None:
                raise StaleWrite(f"failure {failure_id} was acted on or superseded meanwhile")
            tables.failures.put(failure_id, evolve(kept, action=row), journal)
        case LiveChats(mitra_id=mitra_id, change=change):
            _load(tables, mitra_id, change, journal)
        case DiscountClaimed() | DiscountReturned():
            pass  # claims of phones are not kept here


def _end_log_ins(tables: Tables, mitra_id: UUID, journal: Journal) -> None:
    """Whoever is shut out loses every log-in."""
    for login in [
        one for one in tables.logins.values() if one.user_id == mitra_id and one.revoked_at is None
    ]:
        journal.append(partial(tables.logins.__setitem__, login.id, login))
        tables.logins[login.id] = evolve(login, revoked_at=tables.clock.now)
        tables.ends[login.id] = Revoked.BLOCKED


def _load(tables: Tables, mitra_id: UUID, change: int, journal: Journal) -> None:
    mitra = tables.mitras.get(mitra_id)
    if mitra is None:
        raise StaleWrite(f"there is no mitra {mitra_id}")
    live_chats = mitra.listener.live_chats + change
    if live_chats < 0:
        raise RuleBroken("mitras_live_chats_counted", f"{mitra_id} would have {live_chats} chats")
    _put_mitra(tables, mitra, evolve(mitra.listener, live_chats=live_chats), journal)


__all__ = ["write"]
