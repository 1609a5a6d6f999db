"""The ledger's arithmetic: what was captured is charged, owed back, or still to be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_core import Provider
from halobestie_core.flow.effects import Capture, DiscountReturned, EntryKind, LedgerEntry
from halobestie_core.flow.ledger import Balance, balance
from halobestie_core.testing import CUSTOMER, World

A_PAYMENT = World().new_id()
NOW = World().now


def entry(kind: EntryKind, amount: int) -> LedgerEntry:
    """Make one line."""
    return LedgerEntry(kind, A_PAYMENT, CUSTOMER, amount)


def taken(amount: int) -> Capture:
    """Make one capture."""
    return Capture(Provider.XENDIT, "invoice", A_PAYMENT, amount, "IDR", NOW)


def test_nothing_balances() -> None:
    """No records, no money; a record that is no money counts nothing."""
    assert balance([]) == balance([DiscountReturned(A_PAYMENT)]) == Balance()


@pytest.mark.parametrize(
    "kind, charged, due",
    [
        (EntryKind.SESSION, 1, 0),
        (EntryKind.EXTENSION, 1, 0),
        (EntryKind.REFUND_DUE, 0, 1),
        (EntryKind.REFUND_REVERSED, 0, -1),
        (EntryKind.REFUNDED, 0, 0),
        (EntryKind.CREDITED, 0, 0),
        (EntryKind.RETAINED, 0, 0),
    ],
)
def test_what_each_kind_means(kind: EntryKind, charged: int, due: int) -> None:
    """Charges count as charged, refunds as due; how a refund was settled does not change that it was due."""
    assert balance([entry(kind, 500)]) == Balance(0, 500 * charged, 500 * due)


def test_every_kind_has_its_meaning() -> None:
    """A new kind of line must say what it means for the sums."""
    assert all(balance([entry(kind, 0)]) == Balance() for kind in EntryKind)


@given(
    st.lists(st.sampled_from([EntryKind.SESSION, EntryKind.REFUND_DUE]), max_size=9), st.integers(0, 10**9)
)
def test_what_is_unaccounted_is_still_confirmed(kinds: list[EntryKind], amount: int) -> None:
    """Over any set of payments: captured less charged less due is what nobody used yet."""
    unused = 3
    records = [taken(amount) for _ in range(len(kinds) + unused)] + [entry(kind, amount) for kind in kinds]
    assert balance(records).unaccounted == unused * amount
