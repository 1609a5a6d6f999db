"""Posting: what records say, written down on the purse they are about. Judges nothing."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from attrs import evolve

from halobestie_core.explore.night import INVOICE, ROW, SURPLUS_ROW, Purse
from halobestie_core.flow.effects import (
    Capture,
    DiscountClaimed,
    DiscountReturned,
    EntryKind,
    Failure,
    FailureActioned,
    FailureSuperseded,
    LedgerEntry,
    Record,
)
from halobestie_core.flow.evening import FailedMoney

_CHARGES: Final = frozenset({EntryKind.SESSION, EntryKind.EXTENSION})
_SETTLES: Final = frozenset({EntryKind.REFUNDED, EntryKind.CREDITED, EntryKind.RETAINED})


def posted(purse: Purse, payment_id: UUID, records: Iterable[Record]) -> Purse:
    """Return the purse with those of the records written down that are about this payment."""
    for record in records:
        match record:
            case Capture() if record.payment_session_id == payment_id:
                purse = evolve(purse, captured=purse.captured + record.amount)
            case LedgerEntry() if record.payment_session_id == payment_id:
                purse = _entered(purse, record)
            case Failure() if record.payment_session_id == payment_id:
                purse = _failed(purse, record)
            case FailureSuperseded() if record.payment_session_id == payment_id:
                purse = evolve(purse, rows=purse.rows - 1, row=None)
            case FailureActioned():
                purse = _acted(purse, record)
            case DiscountClaimed() if record.payment_session_id == payment_id:
                purse = evolve(purse, discount=purse.discount + 1)
            case DiscountReturned() if record.payment_session_id == payment_id:
                purse = evolve(purse, discount=purse.discount - 1)
            case _:
                pass
    return purse


def _entered(purse: Purse, entry: LedgerEntry) -> Purse:
    if entry.kind in _CHARGES:
        return evolve(purse, charges=(*purse.charges, entry.amount))
    if entry.kind in _SETTLES:
        return purse if entry.invoice_id is not None else evolve(purse, settled=purse.settled + 1)
    sign = 1 if entry.kind is EntryKind.REFUND_DUE else -1
    if entry.invoice_id is not None:
        return evolve(purse, surplus_due=purse.surplus_due + sign * entry.amount)
    return evolve(purse, due=purse.due + sign * entry.amount)


def _failed(purse: Purse, row: Failure) -> Purse:
    own = row.invoice_id is None
    money = FailedMoney(
        ROW if own else SURPLUS_ROW,
        purse.payment.id,
        row.amount,
        invoice_id=row.invoice_id,
    )
    return evolve(purse, rows=purse.rows + 1, row=money) if own else evolve(purse, surplus=money)


def _acted(purse: Purse, record: FailureActioned) -> Purse:
    if purse.row is not None and purse.row.id == record.failure_id:
        return evolve(purse, row=evolve(purse.row, operator_action=record.action))
    surplus = None if purse.surplus is None else evolve(purse.surplus, operator_action=record.action)
    return evolve(purse, surplus=surplus)


def fitting(records: Iterable[Record]) -> bool:
    """Whether these records book the very money that the payment asked for."""
    return any(isinstance(record, Capture) and record.invoice_id == INVOICE for record in records)
