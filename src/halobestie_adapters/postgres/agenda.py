"""The agenda on PostgreSQL: peeks at deadlines and stale mitras, takes commands for later.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, final
from uuid import UUID

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.flow.availability import House
from halobestie_core.ports.agenda import SWEEP_MARGIN, URGENT, Due, LaterRow, Peek

Q: Final = load("agenda")

_LATELY: Final = timedelta(minutes=1)
_EVER: Final = timedelta(days=36_500)

# How each command about a mitra, or about the house, is replaced by one per customer concerned.
FAN_OUTS: Final = {
    "mitra_became_eligible": Q.offer_everywhere,
    "mitra_went_away": Q.withdraw_everywhere,
    "mitra_shut_out": Q.end_chats_of,
    "house_changed": Q.look_again_everywhere,
}


@final
class PostgresAgenda:
    """The agenda; one connection is borrowed per look. Raises the store's errors."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def peek(self, limit: int, *, deep: bool) -> Peek:
        """Look for due rows, and for the next deadline: one round trip."""
        given = {"limit": limit, "reach": _EVER if deep else _LATELY}
        async with connection(self._pool) as conn:
            async with conn.pipeline():
                due = await conn.cursor(row_factory=class_row(Due)).execute(Q.due, given)
                following = await conn.execute(Q.next)
            rows, soonest = await due.fetchall(), await following.fetchone()
        next_in: timedelta | None = None if soonest is None else soonest[0]
        return Peek(rows, next_in)

    async def stale(self, house: House, limit: int) -> Sequence[Due]:
        """Look for mitras who were silent for too long; nobody is where pings are not required."""
        if not house.require_ping:
            return ()
        silence = timedelta(seconds=house.stale_after_seconds) + SWEEP_MARGIN
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=class_row(Due))
            await cursor.execute(Q.stale, {"silence": silence, "limit": limit})
            return await cursor.fetchall()

    async def take_later(self, limit: int) -> Sequence[LaterRow]:
        """Take later commands for a moment, the oldest first."""
        async with connection(self._pool) as conn:
            cursor = await conn.execute(Q.take_later, {"limit": limit, "urgent": list(URGENT)})
            taken = [
                LaterRow(row_id, payload["command"], {k: v for k, v in payload.items() if k != "command"})
                for row_id, payload in await cursor.fetchall()
            ]
        return sorted(taken, key=lambda row: (row.command not in URGENT, row.id))

    async def fan_out(self, row: LaterRow) -> None:
        """Replace a command by one per customer concerned; the second to try finds it replaced."""
        given = {"row_id": row.id, "mitra_id": row.fields.get("mitra_id"), "detail": row.fields.get("detail")}
        async with connection(self._pool) as conn:
            await conn.execute(FAN_OUTS[row.command], given)

    async def withdraw_gone(self, request_id: UUID) -> None:
        """Leave a command for each mitra who is shown the request and is not here."""
        async with connection(self._pool) as conn:
            await conn.execute(Q.withdraw_gone, {"request_id": request_id})

    async def dismiss(self, row_id: int) -> None:
        """Mark a later command as dealt with."""
        async with connection(self._pool) as conn:
            await conn.execute(Q.dismiss, {"row_id": row_id})
