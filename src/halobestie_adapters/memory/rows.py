"""Rows as they are kept: people, failures with what became of them, the log, the outbox."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import define, frozen

from halobestie_adapters.outgoing import Outgoing
from halobestie_adapters.records import ActionRow, FailureRow
from halobestie_core.flow.availability import Listener
from halobestie_core.ports.store import Named


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


__all__ = ["Customer", "KeptFailure", "Mitra", "Move", "OutboxRow"]
