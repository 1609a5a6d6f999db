"""The `Inbox` port on PostgreSQL. Knows no gateway's spelling and judges nothing.

Rows are leased, not locked: whoever applies one asks the gateway, and no transaction may be open so long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, final
from uuid import UUID

from psycopg.rows import class_row, kwargs_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.inbox import Delivery, Filed, InboxState
from halobestie_core.ports.store import Named
from halobestie_core.ports.webhooks import Notice
from halobestie_core.words import Provider

Q: Final = load(
    "inbox",
    "keep",
    "due",
    "put_off",
    "applied",
    "quarantine",
    "set_aside",
    "page",
    "how_many",
    "filed",
    "resolve",
)

LARGEST: Final = 2**63 - 1
"""What a column of sums can hold; a body may claim anything."""


def _filed(
    *,
    state: str,
    resolver_id: UUID | None,
    resolver_email: str | None,
    **columns: object,
) -> Filed:
    by = None if resolver_id is None or resolver_email is None else Named(resolver_id, resolver_email)
    return Filed(state=InboxState(state), resolved_by=by, **columns)  # type: ignore[arg-type] # the query names them


@final
class PostgresInbox:
    """Deliveries of one gateway; each call is one round trip, a page two. Raises the store's errors."""

    def __init__(self, pool: AsyncConnectionPool, provider: Provider = Provider.XENDIT) -> None:
        self._pool = pool
        self._provider = provider.value

    async def keep(self, delivery_id: UUID, body: bytes, notice: Notice | None) -> bool:
        """Keep a delivery, unless its invoice and status are known."""
        given = {"id": delivery_id, "provider": self._provider, "body": body, **_named(notice)}
        return await self._change("keep", given)

    async def due(self, limit: int) -> Sequence[Delivery]:
        """Take deliveries for 15 seconds."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=class_row(Delivery))
            await cursor.execute(Q.due, {"provider": self._provider, "limit": limit})
            return sorted(await cursor.fetchall(), key=_age)

    async def put_off(self, delivery_id: UUID, seconds: float) -> None:
        """Try again later."""
        await self._change("put_off", {"id": delivery_id, "seconds": seconds})

    async def applied(self, delivery_id: UUID) -> None:
        """Mark as dealt with."""
        await self._change("applied", {"id": delivery_id})

    async def quarantine(self, delivery_id: UUID, reason: str) -> bool:
        """Put aside."""
        return await self._change("quarantine", {"id": delivery_id, "reason": reason})

    async def set_aside(self, delivery_id: UUID, body: bytes, notice: Notice, reason: str) -> bool:
        """Put into quarantine what nobody delivered."""
        given = {"id": delivery_id, "provider": self._provider, "body": body, "reason": reason}
        return await self._change("set_aside", {**given, **_named(notice)})

    async def page(
        self, states: Sequence[InboxState], limit: int, offset: int
    ) -> tuple[Sequence[Filed], int]:
        """One page, and how many there are."""
        wanted = states or tuple(InboxState)
        given = {
            **{state.value: state in wanted for state in InboxState},
            "limit": limit,
            "offset": offset,
            "reach": limit + offset,
        }
        async with connection(self._pool) as conn, conn.pipeline():
            rows = conn.cursor(row_factory=kwargs_row(_filed))
            await rows.execute(Q.page, given)
            counted = await conn.execute(Q.how_many, given)
            found, total = await rows.fetchall(), await counted.fetchone()
        return found, 0 if total is None else total[0]

    async def filed(self, delivery_id: UUID) -> Filed | None:
        """One of them."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_filed))
            await cursor.execute(Q.filed, {"id": delivery_id})
            return await cursor.fetchone()

    async def resolve(self, delivery_id: UUID, note: str, by: UUID) -> bool:
        """Write down who dealt with it, once."""
        return await self._change("resolve", {"id": delivery_id, "note": note, "by": by})

    async def _change(self, name: str, given: Mapping[str, object]) -> bool:
        async with connection(self._pool) as conn:
            cursor = await conn.execute(Q[name], given)
            return cursor.rowcount > 0


def _named(notice: Notice | None) -> dict[str, object]:
    if notice is None:
        names = ("invoice_id", "status", "external_id", "amount", "paid_amount", "currency")
        return dict.fromkeys(names)
    return {
        "invoice_id": notice.invoice_id,
        "status": notice.said,
        "external_id": notice.external_id,
        "amount": _sum(notice.amount),
        "paid_amount": _sum(notice.paid_amount),
        "currency": notice.currency,
    }


def _sum(claimed: int | None) -> int | None:
    return claimed if claimed is not None and abs(claimed) <= LARGEST else None


def _age(delivery: Delivery) -> datetime:
    return delivery.received_at


__all__ = ["PostgresInbox"]
