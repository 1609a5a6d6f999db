"""The inbox of webhooks, as a port: kept raw before anything is believed, then applied or put aside.

Knows no gateway's spelling and no payment.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.ports.store import Named
from halobestie_core.ports.webhooks import Notice


class InboxState(StrEnum):
    """Where a delivery stands. ``quarantined`` is what waits for an operator."""

    WAITING = "waiting"
    APPLIED = "applied"
    QUARANTINED = "quarantined"
    RESOLVED = "resolved"


@frozen
class Delivery:
    """A raw delivery, taken for a while. ``attempt`` counts from 1; times are the store's clock."""

    id: UUID
    body: bytes
    received_at: datetime
    attempt: int
    now: datetime


@frozen
class Filed:
    """A delivery as operators see it: never its body.

    What it named (invoice, ``status`` in the gateway's word, sums in whole units of ``currency``) is what was
    claimed, not what is true. ``resolved_by`` has an e-mail for a name.
    """

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
    resolved_by: Named | None
    resolved_at: datetime | None
    note: str | None


class Inbox(Protocol):
    """Where deliveries are kept. Raises the store's errors."""

    async def keep(self, delivery_id: UUID, body: bytes, notice: Notice | None) -> bool:
        """Keep a delivery, but one of the same invoice and status only once; return whether it is new."""
        ...

    async def due(self, limit: int) -> Sequence[Delivery]:
        """Take deliveries that wait, the oldest first; nobody else gets them for a quarter of a minute."""
        ...

    async def put_off(self, delivery_id: UUID, seconds: float) -> None:
        """Try it again later."""
        ...

    async def applied(self, delivery_id: UUID) -> None:
        """There is nothing left to do for it."""
        ...

    async def quarantine(self, delivery_id: UUID, reason: str) -> bool:
        """Put it aside for an operator; return whether it was not dealt with before."""
        ...

    async def set_aside(self, delivery_id: UUID, body: bytes, notice: Notice, reason: str) -> bool:
        """Put something into quarantine that nobody delivered; return whether it is new.

        Once per invoice and status, as what is delivered; and not where a delivery of the same invoice is in
        quarantine for the same reason.
        """
        ...

    async def page(
        self, states: Sequence[InboxState], limit: int, offset: int
    ) -> tuple[Sequence[Filed], int]:
        """Return deliveries in these states (none: in any), the latest first, and how many there are."""
        ...

    async def resolve(self, delivery_id: UUID, note: str, by: UUID) -> bool:
        """Say that an operator has dealt with one in quarantine; return whether it was there for that."""
        ...

    async def filed(self, delivery_id: UUID) -> Filed | None:
        """Return one delivery."""
        ...
