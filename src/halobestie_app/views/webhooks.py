"""Kept webhooks as operators see them: what was claimed, never the body. Knows no filter."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen

from halobestie_app.views.people import Person, person
from halobestie_core.ports.inbox import Filed, InboxState


@frozen
class Webhook:
    """One delivery; ``status`` is the gateway's word, sums are whole units of ``currency``."""

    id: UUID
    state: InboxState
    invoice_id: str | None
    external_id: str | None
    status: str | None
    amount: int | None
    paid_amount: int | None
    currency: str | None
    reason: str | None
    attempts: int
    received_at: datetime
    applied_at: datetime | None
    quarantined_at: datetime | None
    resolved_by: Person | None
    resolved_at: datetime | None
    note: str | None


@frozen
class Webhooks:
    """A page of deliveries, the latest first."""

    rows: tuple[Webhook, ...]
    total: int


def webhook(filed: Filed) -> Webhook:
    """Show one."""
    return Webhook(
        id=filed.id,
        state=filed.state,
        invoice_id=filed.invoice_id,
        external_id=filed.external_id,
        status=filed.status,
        amount=filed.amount,
        paid_amount=filed.paid_amount,
        currency=filed.currency,
        reason=filed.reason,
        attempts=filed.attempts,
        received_at=filed.received_at,
        applied_at=filed.applied_at,
        quarantined_at=filed.quarantined_at,
        resolved_by=None if filed.resolved_by is None else person(filed.resolved_by),
        resolved_at=filed.resolved_at,
        note=filed.note,
    )


def webhooks(page: Sequence[Filed], total: int) -> Webhooks:
    """Show a page."""
    return Webhooks(tuple(webhook(filed) for filed in page), total)
