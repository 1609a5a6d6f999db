"""The `InvoiceBook` port on PostgreSQL. Decides nothing: it lists, leases and notes.

Errands and looks are leased, not locked: the gateway may take seconds, and no transaction may be open so
long.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final, final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, kwargs_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.flow.effects import InvoiceStep
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from halobestie_core.ports.invoices import Errand, Known, Watched
from halobestie_core.words import Provider

Q: Final = load("invoices")


def _errand(id_: int, payload: Mapping[str, str], attempts: int, now: datetime) -> Errand:
    return Errand(id_, InvoiceStep(payload["step"]), UUID(payload["payment_session_id"]), attempts, now)


def _known(*, invoice_id: str, payment_id: UUID | None, status: str) -> Known:
    return Known(invoice_id, payment_id, InvoiceStatus(status))


def _watched(
    *,
    invoice_id: str,
    payment_id: UUID,
    status: str,
    payment_status: str,
    expires_at: datetime,
    now: datetime,
) -> Watched:
    return Watched(
        invoice_id, payment_id, InvoiceStatus(status), PaymentStatus(payment_status), expires_at, now
    )


@final
class PostgresInvoiceBook:
    """The invoices of one gateway. Raises the store's errors."""

    def __init__(self, pool: AsyncConnectionPool, provider: Provider = Provider.XENDIT) -> None:
        self._pool = pool
        self._provider = provider.value

    # ----------------------------------------------------------------------------------------- errands

    async def begin(self, payment_id: UUID) -> Errand | None:
        """Take the errand of making an invoice, the first time."""
        rows = await self._rows("begin", payment_id=payment_id)
        return _errand(*rows[0]) if rows else None

    async def errands(self, limit: int) -> Sequence[Errand]:
        """Take errands that are due."""
        taken = [_errand(*row) for row in await self._rows("errands", limit=limit)]
        return sorted(taken, key=lambda errand: errand.id)

    async def done(self, errand_id: int) -> None:
        """End an errand."""
        await self._rows("done", errand_id=errand_id)

    async def again(self, errand_id: int, seconds: float) -> None:
        """Leave an errand for later."""
        await self._rows("again", errand_id=errand_id, seconds=seconds)

    # ---------------------------------------------------------------------------------------- invoices

    async def hand_out(
        self, payment_id: UUID, invoice: Invoice, *, first_look: timedelta, late: bool
    ) -> bool:
        """Write down which invoice pays for a payment: one transaction under the customer's lock."""
        given = {
            **self._noted(invoice, payment_id, settled=False, first_look=first_look),
            "asked": False,
            "late": late,
        }
        async with self._transaction() as conn, conn.pipeline():
            await conn.execute(Q.lock, given)
            for name in ("seen", "show", "tell", "close_again", "made"):
                await conn.execute(Q[name], given)
            cursor = await conn.execute(Q.is_pending, given)
            await conn.execute("COMMIT")
            found = await cursor.fetchone()
        return found is not None and bool(found[0])

    async def seen(
        self, invoice: Invoice, payment_id: UUID | None, *, settled: bool, first_look: timedelta
    ) -> None:
        """Note what the gateway says of an invoice."""
        given = self._noted(invoice, payment_id, settled=settled, first_look=first_look)
        await self._rows("seen", **given)

    async def known(self, invoice_id: str) -> Known | None:
        """One invoice."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_known))
            await cursor.execute(Q.known, {"provider": self._provider, "invoice_id": invoice_id})
            return await cursor.fetchone()

    async def of_payment(self, payment_id: UUID) -> Sequence[Known]:
        """Every invoice of a payment."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_known))
            await cursor.execute(Q.of_payment, {"provider": self._provider, "payment_id": payment_id})
            return await cursor.fetchall()

    # ------------------------------------------------------------------------------------------- looks

    async def may_ask(self, payment_id: UUID, every: timedelta) -> Sequence[str]:
        """Take the right to ask."""
        return [row[0] for row in await self._rows("may_ask", payment_id=payment_id, every=every)]

    async def due(self, limit: int, lease: timedelta, *, over: bool = False) -> Sequence[Watched]:
        """Take invoices of one kind that are due for a look."""
        return await self._watched("due_over" if over else "due_open", limit=limit, lease=lease)

    async def put_off(self, invoice_id: str, until: datetime | None) -> None:
        """Say when to look next."""
        await self._rows("put_off", invoice_id=invoice_id, until=until)

    async def soon(self, invoice_id: str) -> None:
        """Look now."""
        await self._rows("soon", invoice_id=invoice_id)

    async def watched(self, after: str, limit: int) -> Sequence[Watched]:
        """A page of what may still bring money."""
        return await self._watched("watched", after=after, limit=limit)

    async def begun(self, after: UUID, limit: int, within: timedelta) -> Sequence[UUID]:
        """A page of the payments of the last days."""
        return [row[0] for row in await self._rows("begun", after=after, limit=limit, within=within)]

    async def how_many(self, within: timedelta) -> int:
        """Both counted."""
        [[found]] = await self._rows("how_many", within=within)
        return int(found)

    # ----------------------------------------------------------------------------------------- helpers

    def _noted(
        self, invoice: Invoice, payment_id: UUID | None, *, settled: bool, first_look: timedelta
    ) -> dict[str, object]:
        return {
            "provider": self._provider,
            "invoice_id": invoice.id,
            "payment_id": payment_id,
            "url": invoice.url,
            "amount": invoice.amount,
            "status": invoice.status.value,
            "asked": True,
            "settled": settled,
            "first_look": first_look,
        }

    async def _watched(self, name: str, **given: object) -> Sequence[Watched]:
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_watched))
            await cursor.execute(Q[name], {"provider": self._provider, **given})
            return await cursor.fetchall()

    async def _rows(self, name: str, **given: object) -> list[tuple[Any, ...]]:
        async with connection(self._pool) as conn:
            cursor = await conn.execute(Q[name], {"provider": self._provider, **given})
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """Begin; whoever enters commits by hand, in the same pipeline. Anything else is rolled back."""
        async with connection(self._pool) as conn:
            try:
                await conn.execute("BEGIN")
                yield conn
            finally:
                if not conn.closed and conn.info.transaction_status is not TransactionStatus.IDLE:
                    await conn.execute("ROLLBACK")


__all__ = ["PostgresInvoiceBook"]
