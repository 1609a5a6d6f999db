"""Failed money as operators see it. Knows no filter."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen

from halobestie_app.views.people import Person, person
from halobestie_core.causes import Cause
from halobestie_core.ports.failures import FailureSeen
from halobestie_core.words import OperatorAction


@frozen
class FailedPairing:
    """One failed attempt, or money beyond what was asked for; ``amount`` in whole rupiah."""

    id: UUID
    payment_session_id: UUID | None
    customer: Person | None
    targeted_mitra: Person | None
    cause_tag: Cause
    cause_detail: str | None
    amount: int
    fallback_until: datetime | None
    operator_action: OperatorAction | None
    note: str | None
    actioned_by: Person | None
    actioned_at: datetime | None
    superseded_at: datetime | None
    created_at: datetime


@frozen
class FailedPairings:
    """A page of the queue, the newest first."""

    rows: tuple[FailedPairing, ...]
    total: int


def failed_pairing(seen: FailureSeen) -> FailedPairing:
    """Show one row."""
    return FailedPairing(
        id=seen.id,
        payment_session_id=seen.payment_session_id,
        customer=None if seen.customer is None else person(seen.customer),
        targeted_mitra=None if seen.targeted_mitra is None else person(seen.targeted_mitra),
        cause_tag=seen.cause_tag,
        cause_detail=seen.cause_detail,
        amount=seen.amount,
        fallback_until=seen.fallback_until,
        operator_action=seen.operator_action,
        note=seen.note,
        actioned_by=None if seen.actioned_by is None else person(seen.actioned_by),
        actioned_at=seen.actioned_at,
        superseded_at=seen.superseded_at,
        created_at=seen.created_at,
    )


def failed_pairings(page: Sequence[FailureSeen], total: int) -> FailedPairings:
    """Show a page."""
    return FailedPairings(tuple(failed_pairing(seen) for seen in page), total)
