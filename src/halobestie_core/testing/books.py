"""Books: the records that decisions left behind, kept as a database would keep them. Decides nothing."""

from collections.abc import Callable
from typing import assert_never
from uuid import UUID

from attrs import define, evolve, field, frozen

from halobestie_core.causes import Cause
from halobestie_core.flow.effects import (
    Capture,
    DiscountClaimed,
    DiscountReturned,
    EntryKind,
    Failure,
    FailureActioned,
    FailureSuperseded,
    LedgerEntry,
    LiveChats,
    Record,
)
from halobestie_core.flow.evening import FailedMoney
from halobestie_core.flow.ledger import Balance, balance
from halobestie_core.words import OperatorAction


@frozen
class FailureRow:
    """One row of the operators' queue. ``invoice_id``: it is that of a surplus capture."""

    id: UUID
    payment_session_id: UUID | None
    cause_tag: Cause
    amount: int
    invoice_id: str | None
    superseded: bool = False
    operator_action: OperatorAction | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is the payment's own failure and still stands."""
        return self.invoice_id is None and not self.superseded

    def seen(self) -> FailedMoney:
        """Return it as an evening holds it."""
        return FailedMoney(
            self.id,
            self.payment_session_id,
            self.amount,
            self.operator_action,
            self.invoice_id,
            self.superseded,
        )


@define
class Books:
    """Everything written so far, in order."""

    records: list[Record] = field(factory=list)
    failures: list[FailureRow] = field(factory=list)
    live_chats: dict[UUID, int] = field(factory=dict)
    discounts_claimed: list[UUID] = field(factory=list)
    discounts_returned: list[UUID] = field(factory=list)

    def write(self, record: Record) -> None:
        """Write one record; what cannot be written (no row to supersede) raises, as a database would."""
        self.records.append(record)
        match record:
            case Capture() | LedgerEntry():
                pass
            case Failure():
                of, surplus = record.payment_session_id, record.invoice_id
                row_id = UUID(int=len(self.failures) + 1)
                self.failures.append(FailureRow(row_id, of, record.cause_tag, record.amount, surplus))
            case FailureSuperseded():
                place = self._place(
                    lambda row: row.is_own and row.payment_session_id == record.payment_session_id
                )
                self.failures[place] = evolve(self.failures[place], superseded=True)
            case FailureActioned():
                place = self._place(lambda row: row.id == record.failure_id and not row.superseded)
                self.failures[place] = evolve(self.failures[place], operator_action=record.action)
            case DiscountClaimed():
                self.discounts_claimed.append(record.payment_session_id)
            case DiscountReturned():
                self.discounts_returned.append(record.payment_session_id)
            case LiveChats():
                self.live_chats[record.mitra_id] = self.live_chats.get(record.mitra_id, 0) + record.change
            case _:
                assert_never(record)

    def _place(self, wanted: Callable[[FailureRow], bool]) -> int:
        (place,) = (n for n, row in enumerate(self.failures) if wanted(row))
        return place

    @property
    def captures(self) -> tuple[Capture, ...]:
        """The money that was taken, in order."""
        return tuple(record for record in self.records if isinstance(record, Capture))

    @property
    def balance(self) -> Balance:
        """The sums over everything."""
        return balance(self.records)

    def entries(
        self, payment_id: UUID | None, *kinds: EntryKind, surplus: bool = False
    ) -> tuple[LedgerEntry, ...]:
        """Return a payment's own ledger entries of these kinds (or those of its surplus captures)."""
        return tuple(
            record
            for record in self.records
            if isinstance(record, LedgerEntry)
            and record.payment_session_id == payment_id
            and record.kind in kinds
            and (record.invoice_id is not None) is surplus
        )

    def own_failure(self, payment_id: UUID) -> FailureRow | None:
        """Return the payment's own failure row that still stands."""
        rows = [row for row in self.failures if row.payment_session_id == payment_id and row.is_own]
        return rows[-1] if rows else None
