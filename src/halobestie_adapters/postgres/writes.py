"""What a decision writes, as named statements with their parameters. Knows no connection: it only lists.

Every aggregate is written once, as it stands at the end, however many moves it made; its moves are all
logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import orjson
from attrs import asdict, define, field

from halobestie_adapters.postgres import aggregates, audit
from halobestie_adapters.postgres.aggregates import Statement
from halobestie_core import flow
from halobestie_core.flow import effects
from halobestie_core.flow.evening import OpenFailure
from halobestie_core.machine import snake
from halobestie_core.ports.store import Actor

_Row: TypeAlias = Mapping[str, object]
"""A row of the outbox: kind, stream, audience, payload."""


@define
class Writes:
    """The statements of one decision, in the order in which constraints and references want them."""

    moved: flow.Moved
    actor: Actor
    at: datetime
    new_id: Callable[[], UUID]
    failure_ids: dict[tuple[UUID, str | None], UUID] = field(factory=dict)
    capture_ids: dict[str, UUID] = field(factory=dict)

    def statements(self) -> Iterator[Statement]:
        """Yield them all: aggregates, then records, then the log, then the outbox."""
        yield from aggregates.written(self.moved.moves)
        for record in self.moved.records:
            yield from self._record(record)
        yield from self._log()
        yield from self._outbox()

    def _record(self, record: effects.Record) -> Iterator[Statement]:
        match record:
            case effects.Capture():
                yield "insert_capture", self._capture(record)
            case effects.Failure():
                yield "insert_failure", self._failure(record)
            case effects.FailureSuperseded(payment_session_id=payment_id):
                yield "supersede_failure", {"payment_session_id": payment_id, "at": self.at}
            case effects.FailureActioned():
                yield "action_failure", self._action(record)
            case effects.LedgerEntry():
                yield "insert_ledger_entry", self._ledger_entry(record)
            case effects.DiscountReturned(payment_session_id=payment_id):
                yield "return_discount", {"payment_session_id": payment_id}
            case effects.LiveChats(mitra_id=mitra_id, change=change):
                yield "change_live_chats", {"mitra_id": mitra_id, "change": change}

    def _capture(self, record: effects.Capture) -> dict[str, object]:
        capture_id = self.capture_ids[record.invoice_id] = self.new_id()
        return {
            "id": capture_id,
            "provider": record.provider,
            "invoice_id": record.invoice_id,
            "payment_session_id": record.payment_session_id,
            "amount": record.amount,
            "currency": record.currency,
            "paid_at": record.paid_at,
            "at": self.at,
        }

    def _failure(self, record: effects.Failure) -> dict[str, object]:
        failure_id = self.failure_ids[record.payment_session_id, record.invoice_id] = self.new_id()
        return {
            "id": failure_id,
            "payment_session_id": record.payment_session_id,
            "customer_id": record.customer_id,
            "capture_id": None if record.invoice_id is None else self.capture_ids[record.invoice_id],
            "pairing_request_id": record.pairing_request_id,
            "extension_id": record.extension_id,
            "targeted_mitra_id": record.targeted_mitra_id,
            "cause_tag": record.cause_tag,
            "cause_detail": record.cause_detail,
            "amount": record.amount,
            "at": self.at,
        }

    def _action(self, record: effects.FailureActioned) -> dict[str, object]:
        return {
            "failure_id": self._failure_before().id,
            "action": record.action,
            "note": record.note,
            "by": self.actor.id,
            "at": self.at,
        }

    def _ledger_entry(self, record: effects.LedgerEntry) -> dict[str, object]:
        about_failure = record.kind not in {effects.EntryKind.SESSION, effects.EntryKind.EXTENSION}
        return {
            "id": self.new_id(),
            "customer_id": record.customer_id,
            "payment_session_id": record.payment_session_id,
            "kind": record.kind,
            "amount": record.amount,
            "at": self.at,
            "failure_id": self._failure_of(record) if about_failure else None,
            "session_id": record.session_id,
            "extension_id": record.extension_id,
        }

    def _failure_of(self, record: effects.LedgerEntry) -> UUID:
        """The failure that a refund belongs to: written just now, or the one that was open before."""
        written = self.failure_ids.get((record.payment_session_id, record.invoice_id))
        return self._failure_before().id if written is None else written

    def _failure_before(self) -> OpenFailure:
        """The failure row that was decided on: the payment's own, or that of surplus money."""
        if self.moved.before.failure is None:
            raise LookupError("no failure row was loaded for what was decided about one")
        return self.moved.before.failure

    def _log(self) -> Iterator[Statement]:
        for batch in audit.batches(audit.logged(self.moved.moves)):
            bodies = [audit.body(move, self.actor) for move in batch]
            yield "insert_transitions", {"bodies": _json(bodies)}

    def _outbox(self) -> Iterator[Statement]:
        rows = [_effect(effect) for effect in self.moved.effects] + [_later(one) for one in self.moved.later]
        if rows:
            yield "insert_outbox", {"rows": _json(rows)}


def _json(value: object) -> str:
    """One parameter for many rows: an array per column costs ten times as much to write."""
    return orjson.dumps(value).decode()


def _effect(effect: effects.Effect) -> _Row:
    if isinstance(effect, effects.AskGateway):
        payment_id = str(effect.payment_session_id)
        payload = {"step": effect.step.value, "payment_session_id": payment_id}
        return _row("invoice", f"payment:{payment_id}", {}, payload)
    stream, audience = _audience(effect.audience)
    return _row("frame", stream, audience, {"frame": effect.frame, **effect.ids})


def _audience(audience: effects.Audience) -> tuple[str, Mapping[str, object]]:
    match audience:
        case effects.ToCustomer(customer_id=person):
            return f"customer:{person}", {"customer": str(person)}
        case effects.ToMitra(mitra_id=person):
            return f"mitra:{person}", {"mitra": str(person)}
        case effects.ToOffered(request_id=request, wave=wave, but=but):
            names = {"request": str(request), "wave": wave, "but": None if but is None else str(but)}
            return f"request:{request}", names


def _later(later: effects.Later) -> _Row:
    fields = {name: None if value is None else str(value) for name, value in asdict(later).items()}
    command = snake(type(later))
    return _row("later", f"{command}:{next(iter(fields.values()))}", {}, {"command": command, **fields})


def _row(kind: str, stream: str, audience: Mapping[str, object], payload: Mapping[str, object]) -> _Row:
    return {"kind": kind, "stream": stream, "audience": audience, "payload": payload}
