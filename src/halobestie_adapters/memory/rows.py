"""Rows as they are kept: people, failures, the log, the outbox, invoices, deliveries of webhooks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define, frozen

from halobestie_adapters.outgoing import Outgoing
from halobestie_adapters.records import ActionRow, FailureRow
from halobestie_core.flow.availability import Listener
from halobestie_core.ports.gateway import InvoiceStatus
from halobestie_core.ports.store import Named
from halobestie_core.ports.webhooks import Notice


@frozen
class Customer:
    """A customer; who has a phone has proved it."""

    named: Named
    phone_verified: bool = False
    phone: str | None = None


@frozen
class Mitra:
    """A mitra: name, presence and load."""

    named: Named
    listener: Listener
    phone: str | None = None


@frozen
class KeptFailure:
    """A row for the operators, and what became of it."""

    row: FailureRow
    action: ActionRow | None = None
    superseded_at: datetime | None = None


@frozen
class Move:
    """A row of the log: whose move, the text of it, and the hash over that and the row before."""

    machine: str
    aggregate_id: UUID
    version: int
    body: str
    hash: bytes


@define
class OutboxRow:
    """A row of the outbox."""

    id: int
    out: Outgoing
    created_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None


@define
class InvoiceRow:
    """A row of the book of invoices; without ``next_look_at`` nobody looks any more."""

    invoice_id: str
    payment_id: UUID | None
    status: InvoiceStatus
    created_at: datetime
    looked_at: datetime | None
    next_look_at: datetime | None


@define
class DeliveryRow:
    """A webhook that was delivered, and what became of it. What could not be read has no ``notice``."""

    id: UUID
    body: bytes
    notice: Notice | None
    received_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    applied_at: datetime | None = None
    quarantined_at: datetime | None = None
    reason: str | None = None
    resolved_at: datetime | None = None
    resolved_by: UUID | None = None
    note: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it was neither applied nor put aside."""
        return self.applied_at is None and self.quarantined_at is None


__all__ = ["Customer", "DeliveryRow", "InvoiceRow", "KeptFailure", "Mitra", "Move", "OutboxRow"]
