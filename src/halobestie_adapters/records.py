"""The rows of a decision's records: money taken, failures, the ledger. Gives ids and ties rows to each other.

It does not know where rows are kept; the stores share it because they may not know one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from attrs import define, field, frozen

from halobestie_core.causes import Cause
from halobestie_core.flow import effects
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.evening import FailedMoney
from halobestie_core.words import OperatorAction, Provider


@frozen
class CaptureRow:
    """Money that the gateway took; once per provider and invoice."""

    id: UUID
    provider: Provider
    provider_invoice_id: str
    payment_session_id: UUID | None
    amount: int
    currency: str
    paid_at: datetime
    recorded_at: datetime


@frozen
class FailureRow:
    """A new row for the operators; with ``capture_id`` it is of surplus money, not of the payment's own."""

    id: UUID
    payment_session_id: UUID | None
    customer_id: UUID | None
    capture_id: UUID | None
    pairing_request_id: UUID | None
    extension_id: UUID | None
    targeted_mitra_id: UUID | None
    cause_tag: Cause
    cause_detail: str | None
    amount: int
    created_at: datetime


@frozen
class SupersededRow:
    """The payment's own failure row leaves the queue."""

    payment_session_id: UUID
    at: datetime


@frozen
class ActionRow:
    """What an operator did about one failure row."""

    failure_id: UUID
    action: OperatorAction
    note: str | None
    by: UUID | None
    at: datetime


@frozen
class LedgerRow:
    """One line of the ledger. A charge belongs to a chat (or extension), everything else to a failure."""

    id: UUID
    customer_id: UUID | None
    payment_session_id: UUID | None
    kind: effects.EntryKind
    amount: int
    at: datetime
    failure_id: UUID | None
    session_id: UUID | None
    extension_id: UUID | None


RecordRow: TypeAlias = (
    CaptureRow
    | FailureRow
    | SupersededRow
    | ActionRow
    | LedgerRow
    | effects.DiscountClaimed
    | effects.DiscountReturned
    | effects.LiveChats
)

_CHARGES = frozenset({effects.EntryKind.SESSION, effects.EntryKind.EXTENSION})


def record_rows(
    moved: Moved, by: UUID | None, at: datetime, new_id: Callable[[], UUID]
) -> Iterator[RecordRow]:
    """Yield the rows in the order in which they refer to each other.

    ``by``: who acted, for an operator's action. Raises ``LookupError`` if a record is about a failure row
    that was neither written in the same breath nor loaded before.
    """
    making = _Making(moved.before.failure, by, at, new_id)
    return (making.row(record) for record in moved.records)


@define
class _Making:
    """Remembers which ids were given, so that later rows can name earlier ones."""

    loaded: FailedMoney | None
    by: UUID | None
    at: datetime
    new_id: Callable[[], UUID]
    captures: dict[str, UUID] = field(factory=dict)
    failures: dict[tuple[UUID | None, str | None], UUID] = field(factory=dict)

    def row(self, record: effects.Record) -> RecordRow:
        """Return the row of one record."""
        match record:
            case effects.Capture():
                return self._capture(record)
            case effects.Failure():
                return self._failure(record)
            case effects.FailureSuperseded(payment_session_id=payment_id):
                return SupersededRow(payment_id, self.at)
            case effects.FailureActioned(failure_id=failure_id, action=action, note=note):
                return ActionRow(failure_id, action, note, self.by, self.at)
            case effects.LedgerEntry():
                return self._entry(record)
            case effects.DiscountClaimed() | effects.DiscountReturned() | effects.LiveChats():
                return record

    def _capture(self, money: effects.Capture) -> CaptureRow:
        capture_id = self.captures[money.invoice_id] = self.new_id()
        return CaptureRow(
            capture_id,
            money.provider,
            money.invoice_id,
            money.payment_session_id,
            money.amount,
            money.currency,
            money.paid_at,
            self.at,
        )

    def _failure(self, failure: effects.Failure) -> FailureRow:
        failure_id = self.failures[failure.payment_session_id, failure.invoice_id] = self.new_id()
        return FailureRow(
            failure_id,
            failure.payment_session_id,
            failure.customer_id,
            None if failure.invoice_id is None else self.captures[failure.invoice_id],
            failure.pairing_request_id,
            failure.extension_id,
            failure.targeted_mitra_id,
            failure.cause_tag,
            failure.cause_detail,
            failure.amount,
            self.at,
        )

    def _entry(self, entry: effects.LedgerEntry) -> LedgerRow:
        return LedgerRow(
            self.new_id(),
            entry.customer_id,
            entry.payment_session_id,
            entry.kind,
            entry.amount,
            self.at,
            None if entry.kind in _CHARGES else self._failure_of(entry),
            entry.session_id,
            entry.extension_id,
        )

    def _failure_of(self, entry: effects.LedgerEntry) -> UUID:
        """The failure that a refund belongs to: written just now, or the one that was decided on."""
        written = self.failures.get((entry.payment_session_id, entry.invoice_id))
        return self._failure_before() if written is None else written

    def _failure_before(self) -> UUID:
        if self.loaded is None:
            raise LookupError("no failure row was loaded for what was decided about one")
        return self.loaded.id


__all__ = [
    "ActionRow",
    "CaptureRow",
    "FailureRow",
    "LedgerRow",
    "RecordRow",
    "SupersededRow",
    "record_rows",
]
