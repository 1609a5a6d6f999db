"""The ledger's arithmetic: what was captured, charged and owed, from records alone. Whole rupiah."""

from collections.abc import Iterable

from attrs import frozen

from halobestie_core.flow.effects import Capture, EntryKind, LedgerEntry, Record


@frozen
class Balance:
    """Sums over any set of payments.

    ``refund_due`` counts what is open or settled, less what a fallback reversed.
    """

    captured: int = 0
    charged: int = 0
    refund_due: int = 0

    @property
    def unaccounted(self) -> int:
        """Captured money that is neither charged nor owed back: what is still confirmed, and nothing else."""
        return self.captured - self.charged - self.refund_due


_SIGNS = {
    EntryKind.SESSION: (1, 0),
    EntryKind.EXTENSION: (1, 0),
    EntryKind.REFUND_DUE: (0, 1),
    EntryKind.REFUND_REVERSED: (0, -1),
    # How a due refund was settled does not change that it was due.
    EntryKind.REFUNDED: (0, 0),
    EntryKind.CREDITED: (0, 0),
    EntryKind.RETAINED: (0, 0),
}


def balance(records: Iterable[Record]) -> Balance:
    """Add up captures and ledger entries; other records carry no money."""
    captured = charged = refund_due = 0
    for record in records:
        if isinstance(record, Capture):
            captured += record.amount
        elif isinstance(record, LedgerEntry):
            of_charge, of_refund = _SIGNS[record.kind]
            charged += of_charge * record.amount
            refund_due += of_refund * record.amount
    return Balance(captured, charged, refund_due)
