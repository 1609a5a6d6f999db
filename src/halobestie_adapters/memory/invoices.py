"""The book of invoices in memory: errands at the gateway, and what it said. Knows no gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, final
from uuid import UUID

from attrs import evolve

from halobestie_adapters.memory.rows import InvoiceRow, OutboxRow
from halobestie_adapters.memory.tables import Tables
from halobestie_adapters.outgoing import Outgoing
from halobestie_core.flow.effects import InvoiceStep
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from halobestie_core.ports.invoices import Errand, Known, Watched
from halobestie_core.words import Provider

_BEGUN: Final = timedelta(seconds=5)
_TAKEN: Final = timedelta(seconds=20)
_RANK: Final = {InvoiceStatus.PENDING: 0, InvoiceStatus.EXPIRED: 1, InvoiceStatus.PAID: 2}


@final
class MemoryInvoiceBook:
    """The book, of one gateway's invoices; all books on the same tables are one."""

    def __init__(self, tables: Tables, provider: Provider = Provider.XENDIT) -> None:
        self._tables = tables
        self._provider = provider

    # ----------------------------------------------------------------------------------------- errands

    async def begin(self, payment_id: UUID) -> Errand | None:
        """Take the errand of making an invoice, the first time."""
        for row in self._errands(payment_id, InvoiceStep.CREATE):
            if row.attempts == 0:
                return self._taken(row, _BEGUN)
        return None

    async def errands(self, limit: int) -> Sequence[Errand]:
        """Take errands that are due."""
        now = self._now
        due = [row for row in self._open_errands() if row.next_attempt_at <= now]
        due.sort(key=lambda row: (row.next_attempt_at, row.id))
        return sorted((self._taken(row, _TAKEN) for row in due[:limit]), key=lambda errand: errand.id)

    async def done(self, errand_id: int) -> None:
        """End an errand."""
        row = self._tables.outbox.get(errand_id)
        if row is not None and row.sent_at is None:
            row.sent_at = self._now

    async def again(self, errand_id: int, seconds: float) -> None:
        """Leave an errand for later."""
        row = self._tables.outbox.get(errand_id)
        if row is not None and row.sent_at is None:
            row.next_attempt_at = self._now + timedelta(seconds=seconds)

    # ---------------------------------------------------------------------------------------- invoices

    async def hand_out(
        self, payment_id: UUID, invoice: Invoice, *, first_look: timedelta, late: bool
    ) -> bool:
        """Write down which invoice pays for a payment, under the customer's lock."""
        paid = self._tables.payments.get(payment_id)
        if paid is None:
            return False
        async with self._tables.locks[paid.customer_id]:
            return self._handed_out(payment_id, invoice, first_look, late=late)

    def _handed_out(self, payment_id: UUID, invoice: Invoice, first_look: timedelta, *, late: bool) -> bool:
        self._note(invoice, payment_id, asked=False, settled=False, first_look=first_look)
        payments = self._tables.payments
        paid = payments.rows[payment_id]
        pending = paid.status is PaymentStatus.PENDING
        if paid.provider_invoice_id is None:
            url = invoice.url if pending else None
            paid = evolve(paid, provider_invoice_id=invoice.id, xendit_invoice_url=url)
            payments.put(payment_id, paid, [])
        if pending and late and paid.provider_invoice_id == invoice.id:
            self._tables.queue((_page_came(paid),))
        if not pending and self._tables.invoices[invoice.id].status is InvoiceStatus.PENDING:
            closing = self._errands(payment_id, InvoiceStep.EXPIRE)
            if not any(row.attempts == 0 for row in closing):
                self._tables.queue((_close(payment_id),))
        for row in self._errands(payment_id, InvoiceStep.CREATE):
            row.sent_at = self._now
        return pending

    async def seen(
        self, invoice: Invoice, payment_id: UUID | None, *, settled: bool, first_look: timedelta
    ) -> None:
        """Note what the gateway says of an invoice."""
        self._note(invoice, payment_id, asked=True, settled=settled, first_look=first_look)

    def _note(
        self,
        invoice: Invoice,
        payment_id: UUID | None,
        *,
        asked: bool,
        settled: bool,
        first_look: timedelta,
    ) -> None:
        now, known = self._now, self._tables.invoices.get(invoice.id)
        if known is None:
            look = None if settled else now + first_look
            row = InvoiceRow(invoice.id, payment_id, invoice.status, now, now if asked else None, look)
            self._tables.invoices[invoice.id] = row
            return
        if _RANK.get(invoice.status, -1) > _RANK.get(known.status, -1):
            known.status = invoice.status
        known.payment_id = known.payment_id or payment_id
        known.looked_at = now if asked else known.looked_at
        known.next_look_at = None if settled else known.next_look_at

    async def known(self, invoice_id: str) -> Known | None:
        """One invoice."""
        row = self._tables.invoices.get(invoice_id)
        return None if row is None else Known(row.invoice_id, row.payment_id, row.status)

    async def of_payment(self, payment_id: UUID) -> Sequence[Known]:
        """Every invoice of a payment."""
        mine = [row for row in self._tables.invoices.values() if row.payment_id == payment_id]
        mine.sort(key=lambda row: (row.created_at, row.invoice_id))
        return [Known(row.invoice_id, row.payment_id, row.status) for row in mine]

    # ------------------------------------------------------------------------------------------- looks

    async def may_ask(self, payment_id: UUID, every: timedelta) -> Sequence[str]:
        """Take the right to ask."""
        since, taken = self._now - every, []
        for row in self._tables.invoices.values():
            mine = row.payment_id == payment_id and row.next_look_at is not None
            if mine and (row.looked_at is None or row.looked_at <= since):
                row.looked_at = self._now
                taken.append(row.invoice_id)
        return taken

    async def due(self, limit: int, lease: timedelta, *, over: bool = False) -> Sequence[Watched]:
        """Take invoices of one kind that are due for a look."""
        now = self._now
        waiting = sorted(
            (row.next_look_at, row.invoice_id)
            for row in self._tables.invoices.values()
            if row.next_look_at is not None
            and row.next_look_at <= now
            and (row.status is not InvoiceStatus.PENDING) is over
        )
        rows = [self._tables.invoices[invoice_id] for _, invoice_id in waiting[:limit]]
        for row in rows:
            row.next_look_at, row.looked_at = now + lease, now
        return list(self._watched(rows))

    async def put_off(self, invoice_id: str, until: datetime | None) -> None:
        """Say when to look next."""
        self._look_at(invoice_id, until)

    async def soon(self, invoice_id: str) -> None:
        """Look now."""
        self._look_at(invoice_id, self._now)

    def _look_at(self, invoice_id: str, at: datetime | None) -> None:
        row = self._tables.invoices.get(invoice_id)
        if row is not None and row.next_look_at is not None:
            row.next_look_at = at

    async def watched(self, after: str, limit: int) -> Sequence[Watched]:
        """A page of what may still bring money."""
        rows = [row for row in self._tables.invoices.values() if row.next_look_at and row.invoice_id > after]
        return list(self._watched(sorted(rows, key=lambda row: row.invoice_id)))[:limit]

    async def begun(self, after: UUID, limit: int, within: timedelta) -> Sequence[UUID]:
        """A page of the payments of the last days."""
        return [found for found in self._recent(within) if found > after][:limit]

    async def how_many(self, within: timedelta) -> int:
        """Both counted."""
        mine = [row for row in self._tables.invoices.values() if row.next_look_at and row.payment_id]
        return len(mine) + len(self._recent(within))

    # ----------------------------------------------------------------------------------------- helpers

    @property
    def _now(self) -> datetime:
        return self._tables.clock.now

    def _recent(self, within: timedelta) -> list[UUID]:
        since = self._now - within
        mine = (one for one in self._tables.payments if one.provider is self._provider)
        return sorted(one.id for one in mine if one.expires_at > since)

    def _watched(self, rows: Sequence[InvoiceRow]) -> Iterator[Watched]:
        for row in rows:
            paid = self._tables.payments.get(row.payment_id)
            if paid is not None:
                yield Watched(row.invoice_id, paid.id, row.status, paid.status, paid.expires_at, self._now)

    def _open_errands(self) -> Iterator[OutboxRow]:
        return iter(self._tables.unsent("invoice"))

    def _errands(self, payment_id: UUID, step: InvoiceStep) -> list[OutboxRow]:
        stream = f"payment:{payment_id}"
        mine = (row for row in self._open_errands() if row.out.stream == stream)
        return [row for row in mine if row.out.payload["step"] == step.value]

    def _taken(self, row: OutboxRow, lease: timedelta) -> Errand:
        row.attempts += 1
        row.next_attempt_at = self._now + lease
        asked = row.out.payload
        payment_id = UUID(str(asked["payment_session_id"]))
        return Errand(row.id, InvoiceStep(str(asked["step"])), payment_id, row.attempts, self._now)


def _page_came(paid: PaymentSession) -> Outgoing:
    told = {"frame": "payment_updated", "payment_session_id": str(paid.id)}
    return Outgoing("frame", f"customer:{paid.customer_id}", {"customer": str(paid.customer_id)}, told)


def _close(payment_id: UUID) -> Outgoing:
    asked = {"step": InvoiceStep.EXPIRE.value, "payment_session_id": str(payment_id)}
    return Outgoing("invoice", f"payment:{payment_id}", {}, asked)


__all__ = ["MemoryInvoiceBook"]
