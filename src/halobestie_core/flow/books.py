"""What is written down of a move, in its own transaction: failures, ledger, discounts, places.

Each builder takes the evening as it stands after the move, and the move; ``None`` means: nothing, this time.
"""

from uuid import UUID

from halobestie_core.flow.effects import (
    DiscountClaimed,
    DiscountReturned,
    EntryKind,
    Failure,
    FailureSuperseded,
    LedgerEntry,
    LiveChats,
)
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.moves import ChatMove, PaymentMove, present
from halobestie_core.payment import PaymentSession


def failure_row(evening: Evening, move: PaymentMove) -> Failure:
    """The operators' row, with what held the payment when it failed."""
    paid = move.after
    holder = None if move.before is None else move.before.held_by
    request = evening.request if evening.request is not None and evening.request.id == holder else None
    return Failure(
        payment_session_id=paid.id,
        customer_id=paid.customer_id,
        cause_tag=present(paid.cause_tag),
        cause_detail=paid.cause_detail,
        amount=paid.amount,
        targeted_mitra_id=paid.targeted_mitra_id if request is None else request.targeted_mitra_id,
        pairing_request_id=None if paid.is_extension else holder,
        extension_id=holder if paid.is_extension else None,
    )


def refund_due(_evening: Evening, move: PaymentMove) -> LedgerEntry | None:
    """Money that bought nothing is owed back."""
    return _entry(EntryKind.REFUND_DUE, move.after) if move.after.amount > 0 else None


def refund_reversed(_evening: Evening, move: PaymentMove) -> LedgerEntry | None:
    """The money is in use again."""
    return _entry(EntryKind.REFUND_REVERSED, move.after) if move.after.amount > 0 else None


def charge(evening: Evening, move: PaymentMove) -> LedgerEntry:
    """The one charge of a payment, 0 included."""
    session_id = present(evening.chat).id
    if move.after.is_extension:
        return _entry(EntryKind.EXTENSION, move.after, session_id, present(evening.extension).id)
    return _entry(EntryKind.SESSION, move.after, session_id)


def supersede_failure(_evening: Evening, move: PaymentMove) -> FailureSuperseded:
    """The failure that was fallen back from leaves the queue."""
    return FailureSuperseded(move.after.id)


def claim_discount(_evening: Evening, move: PaymentMove) -> DiscountClaimed | None:
    """The promotion is this payment's for now."""
    paid = move.after
    return DiscountClaimed(paid.id, paid.customer_id) if paid.is_first_session_discount else None


def return_discount(_evening: Evening, move: PaymentMove) -> DiscountReturned | None:
    """The promotion is free again, unless a fallback may still use it or it was given back before."""
    paid = move.after
    reserved = move.before is not None and move.before.is_open
    return (
        DiscountReturned(paid.id)
        if paid.is_first_session_discount and reserved and not paid.is_open
        else None
    )


def take_place(_evening: Evening, move: ChatMove) -> LiveChats:
    """One of the mitra's places is taken."""
    return LiveChats(move.after.mitra_id, +1)


def free_place(_evening: Evening, move: ChatMove) -> LiveChats:
    """One of the mitra's places is free."""
    return LiveChats(move.after.mitra_id, -1)


def _entry(
    kind: EntryKind, paid: PaymentSession, session_id: UUID | None = None, extension_id: UUID | None = None
) -> LedgerEntry:
    return LedgerEntry(kind, paid.id, paid.customer_id, paid.amount, session_id, extension_id)
