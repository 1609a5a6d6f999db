"""What is kept for a time only, on PostgreSQL: each sweep takes one batch and says how much it was.

It does not know how often it is called. Every instance may sweep: what one is at, the others pass over.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, final

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load

if TYPE_CHECKING:
    from typing import LiteralString

Q: Final = load("retention")
MOST_CHATS: Final = 100
"""Of one batch, however short they are: their locks are held meanwhile."""


@final
class PostgresRetention:
    """The sweeps, on a pool; ``kept`` is how long something stays, counted from its end."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def messages(self, kept: timedelta, limit: int) -> int:
        """Purge whole chats: keys, messages, closing words. A long one may take several batches."""
        async with connection(self._pool) as conn, conn.transaction():
            given = {"kept": kept, "limit": min(limit, MOST_CHATS)}
            found = await (await conn.execute(Q.chats_to_purge, given)).fetchall()
            if not found:
                return 0
            more = {"chats": [id_ for (id_,) in found], "limit": limit}
            await conn.execute(Q.destroy_keys, more)
            removed = (await conn.execute(Q.delete_messages, more)).rowcount
            await conn.execute(Q.mark_purged, more)
        return limit if len(found) == given["limit"] else removed

    async def webhook_bodies(self, kept: timedelta, limit: int) -> int:
        """Empty the bodies of webhooks that were dealt with; their rows stay."""
        return await self._swept(Q.empty_webhooks, kept, limit)

    async def outbox(self, kept: timedelta, limit: int) -> int:
        """Delete what was sent."""
        return await self._swept(Q.delete_outbox, kept, limit)

    async def push_results(self, kept: timedelta, limit: int) -> int:
        """Delete what became of pushes."""
        return await self._swept(Q.delete_push_results, kept, limit)

    async def codes(self, kept: timedelta, limit: int) -> int:
        """Delete what is known of phones that codes went to."""
        return await self._swept(Q.delete_codes, kept, limit)

    async def attempts(self, kept: timedelta, limit: int) -> int:
        """Delete the counts of log-ins tried."""
        return await self._swept(Q.delete_attempts, kept, limit)

    async def ended_log_ins(self, kept: timedelta, limit: int) -> int:
        """Delete log-ins that were ended."""
        return await self._swept(Q.delete_revoked, kept, limit)

    async def unused_log_ins(self, kept: timedelta, limit: int) -> int:
        """Delete log-ins that ran out."""
        return await self._swept(Q.delete_run_out, kept, limit)

    async def _swept(self, statement: LiteralString, kept: timedelta, limit: int) -> int:
        async with connection(self._pool) as conn:
            return (await conn.execute(statement, {"kept": kept, "limit": limit})).rowcount


__all__ = ["PostgresRetention"]
