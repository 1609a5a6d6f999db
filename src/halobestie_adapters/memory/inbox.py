"""The inbox of webhooks in memory. Knows no gateway's spelling and judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, final
from uuid import UUID

from halobestie_adapters.memory.rows import DeliveryRow
from halobestie_adapters.memory.tables import Tables
from halobestie_core.ports.inbox import Delivery, Filed, InboxState
from halobestie_core.ports.store import Named
from halobestie_core.ports.webhooks import Notice

_LEASE: Final = timedelta(seconds=15)


@final
class MemoryInbox:
    """Deliveries of one gateway; all inboxes on the same tables are one."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def keep(self, delivery_id: UUID, body: bytes, notice: Notice | None) -> bool:
        """Keep a delivery, unless its invoice and status are known."""
        return self._add(delivery_id, body, notice) is not None

    async def due(self, limit: int) -> Sequence[Delivery]:
        """Take deliveries for 15 seconds."""
        now = self._now
        waiting = [row for row in self._rows() if row.waits and row.next_attempt_at <= now]
        waiting.sort(key=lambda row: (row.next_attempt_at, row.id))
        for row in waiting[:limit]:
            row.attempts += 1
            row.next_attempt_at = now + _LEASE
        taken = sorted(waiting[:limit], key=lambda row: row.received_at)
        return [Delivery(row.id, row.body, row.received_at, row.attempts, now) for row in taken]

    async def put_off(self, delivery_id: UUID, seconds: float) -> None:
        """Try again later."""
        if (row := self._waiting(delivery_id)) is not None:
            row.next_attempt_at = self._now + timedelta(seconds=seconds)

    async def applied(self, delivery_id: UUID) -> None:
        """Mark as dealt with."""
        if (row := self._waiting(delivery_id)) is not None:
            row.applied_at = self._now

    async def quarantine(self, delivery_id: UUID, reason: str) -> bool:
        """Put aside."""
        if (row := self._waiting(delivery_id)) is None:
            return False
        row.quarantined_at, row.reason = self._now, reason
        return True

    async def set_aside(self, delivery_id: UUID, body: bytes, notice: Notice, reason: str) -> bool:
        """Put into quarantine what nobody delivered."""
        same = (row for row in self._rows() if row.reason == reason and row.notice is not None)
        if any(row.notice is not None and row.notice.invoice_id == notice.invoice_id for row in same):
            return False
        row = self._add(delivery_id, body, notice)
        if row is not None:
            row.quarantined_at, row.reason = self._now, reason
        return row is not None

    async def page(
        self, states: Sequence[InboxState], limit: int, offset: int
    ) -> tuple[Sequence[Filed], int]:
        """One page, and how many there are."""
        wanted = states or tuple(InboxState)
        found = [row for row in self._rows() if _state(row) in wanted]
        found.sort(key=lambda row: (row.received_at, row.id), reverse=True)
        return [self._filed(row) for row in found[offset : offset + limit]], len(found)

    async def filed(self, delivery_id: UUID) -> Filed | None:
        """One of them."""
        row = self._tables.deliveries.get(delivery_id)
        return None if row is None else self._filed(row)

    async def resolve(self, delivery_id: UUID, note: str, by: UUID) -> bool:
        """Write down who dealt with it, once."""
        row = self._tables.deliveries.get(delivery_id)
        if row is None or row.quarantined_at is None or row.resolved_at is not None:
            return False
        row.resolved_at, row.resolved_by, row.note = self._now, by, note
        return True

    @property
    def _now(self) -> datetime:
        return self._tables.clock.now

    def _rows(self) -> Sequence[DeliveryRow]:
        return list(self._tables.deliveries.values())

    def _waiting(self, delivery_id: UUID) -> DeliveryRow | None:
        row = self._tables.deliveries.get(delivery_id)
        return row if row is not None and row.waits else None

    def _add(self, delivery_id: UUID, body: bytes, notice: Notice | None) -> DeliveryRow | None:
        if notice is not None:
            event = (notice.invoice_id, notice.said)
            known = (row.notice for row in self._rows() if row.notice is not None)
            if any((one.invoice_id, one.said) == event for one in known):
                return None
        row = DeliveryRow(delivery_id, body, notice, self._now, self._now)
        self._tables.deliveries[delivery_id] = row
        return row

    def _filed(self, row: DeliveryRow) -> Filed:
        said = row.notice
        operator = None if row.resolved_by is None else self._tables.operators.get(row.resolved_by)
        return Filed(
            id=row.id,
            state=_state(row),
            invoice_id=None if said is None else said.invoice_id,
            external_id=None if said is None else said.external_id,
            status=None if said is None else said.said,
            amount=None if said is None else said.amount,
            paid_amount=None if said is None else said.paid_amount,
            currency=None if said is None else said.currency,
            reason=row.reason,
            attempts=row.attempts,
            received_at=row.received_at,
            applied_at=row.applied_at,
            quarantined_at=row.quarantined_at,
            resolved_by=None if operator is None else Named(operator.id, operator.email),
            resolved_at=row.resolved_at,
            note=row.note,
        )


def _state(row: DeliveryRow) -> InboxState:
    if row.resolved_at is not None:
        return InboxState.RESOLVED
    if row.quarantined_at is not None:
        return InboxState.QUARANTINED
    return InboxState.WAITING if row.applied_at is None else InboxState.APPLIED


__all__ = ["MemoryInbox"]
