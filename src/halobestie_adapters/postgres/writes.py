"""What a decision writes, as named statements with their parameters. Knows no connection: it only lists.

Every aggregate is written once, as it stands at the end, however many moves it made; its moves are all logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import asdict, define, field
from psycopg.types.json import Jsonb

from halobestie_adapters.postgres import audit
from halobestie_adapters.postgres.packed import PackedIds
from halobestie_adapters.postgres.rows import seconds
from halobestie_core import flow
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow import effects
from halobestie_core.machine import snake
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.store import Actor
from halobestie_core.presence import MitraPresence

Statement = tuple[str, dict[str, object]]
"""The name of a query in `unit.sql`, and its parameters."""


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
        yield from self._aggregates()
        for record in self.moved.records:
            yield from self._record(record)
        yield from self._log()
        yield from self._outbox()

    def _aggregates(self) -> Iterator[Statement]:
        first: dict[UUID, Any] = {}
        last: dict[UUID, Any] = {}
        for move in self.moved.moves:
            first.setdefault(move.after.id, move.before)
            last[move.after.id] = move.after
        for key, snapshot in last.items():
            yield from _aggregate(first[key], snapshot)

    def _record(self, record: effects.Record) -> Iterator[Statement]:
        match record:
            case effects.Capture():
                yield "insert_capture", self._capture(record)
            case effects.Failure():
                yield "insert_failure", self._failure(record)
            case effects.FailureSuperseded(payment_session_id=payment_id):
                yield "supersede_failure", {"payment_session_id": payment_id, "at": self.at}
            case effects.FailureActioned(payment_session_id=payment_id, action=action, note=note):
                by = self.actor.id
                yield (
                    "action_failure",
                    {"payment_session_id": payment_id, "action": action, "note": note, "by": by, "at": self.at},
                )
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
        if written is not None:
            return written
        before = self.moved.before.failure
        if before is None:
            msg = f"no failure row of payment {record.payment_session_id} was loaded for its {record.kind}"
            raise LookupError(msg)
        return before.id

    def _log(self) -> Iterator[Statement]:
        for batch in audit.batches(audit.logged(self.moved.moves)):
            rows = [audit.row(move, self.actor) for move in batch]
            columns: dict[str, object] = {name: [row[name] for row in rows] for name in rows[0]}
            columns["facts"] = [Jsonb(row["facts"]) for row in rows]
            yield (
                "insert_transitions",
                {**columns, "actor_type": self.actor.type, "actor_id": self.actor.id, "at": self.at},
            )

    def _outbox(self) -> Iterator[Statement]:
        rows = [_effect(effect) for effect in self.moved.effects] + [_later(one) for one in self.moved.later]
        if rows:
            kinds, streams, audiences, payloads = zip(*rows, strict=True)
            yield (
                "insert_outbox",
                {
                    "kind": list(kinds),
                    "stream": list(streams),
                    "audience": [Jsonb(audience) for audience in audiences],
                    "payload": [Jsonb(payload) for payload in payloads],
                },
            )


def _aggregate(before: Any, after: Any) -> Iterator[Statement]:  # noqa: ANN401 - any of the five snapshots
    name, columns, written = _TABLES[type(after)]
    values = columns(after)
    if before is None:
        yield f"insert_{name}", values
    else:
        changed = {column: values[column] for column in written}
        yield f"update_{name}", {**changed, "id": after.id, "was": before.version, "version": after.version}
    if isinstance(after, PairingRequest):
        yield from _waves_and_answers(before, after)


def _waves_and_answers(before: PairingRequest | None, after: PairingRequest) -> Iterator[Statement]:
    for wave in after.waves[len(before.waves) if before else 0 :]:
        ids = PackedIds.of(wave.mitra_ids)
        yield "insert_wave", {"request_id": after.id, "number": wave.number, "mitra_ids": ids, "at": wave.at}
    for answer in after.answers[len(before.answers) if before else 0 :]:
        yield (
            "insert_answer",
            {"request_id": after.id, "mitra_id": answer.mitra_id, "answer": answer.answer, "at": answer.at},
        )


def _payment(payment: PaymentSession) -> dict[str, object]:
    return {name: getattr(payment, name) for name in _PAYMENT_COLUMNS} | {"wake_at": payment.wake_at}


def _request(request: PairingRequest) -> dict[str, object]:
    return {name: getattr(request, name) for name in _REQUEST_COLUMNS} | {"wake_at": request.wake_at}


def _session(chat: ChatSession) -> dict[str, object]:
    return {name: getattr(chat, name) for name in _SESSION_COLUMNS} | {
        "remaining_seconds": None if chat.remaining is None else seconds(chat.remaining),
        "paused_seconds": seconds(chat.paused),
        "wake_at": chat.wake_at,
    }


def _extension(extension: Extension) -> dict[str, object]:
    return {name: getattr(extension, name) for name in _EXTENSION_COLUMNS} | {"wake_at": extension.wake_at}


def _presence(mitra: MitraPresence) -> dict[str, object]:
    return {
        "is_online": mitra.is_online,
        "last_heartbeat_at": mitra.last_heartbeat_at,
        "blocked_at": mitra.blocked_at,
    }


_PAYMENT_COLUMNS: Final = tuple(
    "id customer_id amount mode duration_minutes is_extension is_first_session_discount status held_by cause_tag"
    " cause_detail targeted_mitra_id provider price_source_id created_at confirmed_at consumed_at expires_at"
    " fallback_until fallback_open version".split()
)
_REQUEST_COLUMNS: Final = tuple(
    "id customer_id payment_session_id kind status targeted_mitra_id topic_sensitivity mode duration_minutes cause_tag"
    " cause_detail winner_mitra_id session_id created_at deadline_at timeout_seconds next_wave_at wave_size"
    " version".split()
)
_SESSION_COLUMNS: Final = tuple(
    "id customer_id mitra_id payment_session_id pairing_request_id mode topic_sensitivity status started_at expires_at"
    " closing_until ended_at end_reason version".split()
)
_EXTENSION_COLUMNS: Final = tuple(
    "id session_id payment_session_id requested_duration_minutes requested_price status cause_tag via_timeout"
    " requested_at deadline_at timeout_seconds responded_at version".split()
)

_TABLES: Final[dict[type, tuple[str, Callable[[Any], dict[str, object]], tuple[str, ...]]]] = {
    PaymentSession: (
        "payment",
        _payment,
        tuple(
            "status held_by cause_tag cause_detail confirmed_at consumed_at expires_at fallback_until fallback_open"
            " wake_at".split()
        ),
    ),
    PairingRequest: (
        "request",
        _request,
        tuple("status cause_tag cause_detail winner_mitra_id session_id next_wave_at wake_at".split()),
    ),
    ChatSession: (
        "session",
        _session,
        tuple(
            "status expires_at remaining_seconds paused_seconds closing_until ended_at end_reason wake_at".split()
        ),
    ),
    Extension: ("extension", _extension, tuple("status cause_tag via_timeout responded_at wake_at".split())),
    MitraPresence: ("presence", _presence, ("is_online", "last_heartbeat_at", "blocked_at")),
}


def _effect(effect: effects.Effect) -> tuple[str, str, dict[str, object], dict[str, object]]:
    if isinstance(effect, effects.AskGateway):
        payment_id = str(effect.payment_session_id)
        payload: dict[str, object] = {"step": effect.step.value, "payment_session_id": payment_id}
        return "invoice", f"payment:{payment_id}", {}, payload
    stream, audience = _audience(effect.audience)
    return "frame", stream, audience, {"frame": effect.frame, **effect.ids}


def _audience(audience: effects.Audience) -> tuple[str, dict[str, object]]:
    match audience:
        case effects.ToCustomer(customer_id=person):
            return f"customer:{person}", {"customer": str(person)}
        case effects.ToMitra(mitra_id=person):
            return f"mitra:{person}", {"mitra": str(person)}
        case effects.ToOffered(request_id=request, wave=wave, but=but):
            names = {"request": str(request), "wave": wave, "but": None if but is None else str(but)}
            return f"request:{request}", names


def _later(later: effects.Later) -> tuple[str, str, dict[str, object], dict[str, object]]:
    fields = {name: None if value is None else str(value) for name, value in asdict(later).items()}
    command = snake(type(later))
    return "later", f"{command}:{next(iter(fields.values()))}", {}, {"command": command, **fields}
