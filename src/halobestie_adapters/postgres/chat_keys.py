"""`ChatKeys` on PostgreSQL: wraps every data key anew when the deployment's key is turned over.

A few at a time, each batch in a transaction of its own, while messages go on: they never wait for it. It may
be stopped and begun again.
"""

from __future__ import annotations

from typing import Any, Final, final
from uuid import UUID

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.cipher import CannotOpen, ChatCipher, WrappedKey
from halobestie_core.ports.messages import Rewrapped
from halobestie_core.words import Side

Q: Final = load("chat_keys", "next_keys", "keep_wrapped")
BATCH: Final = 500


@final
class PostgresChatKeys:
    """All wrapped data keys."""

    def __init__(self, pool: AsyncConnectionPool, cipher: ChatCipher, batch: int = BATCH) -> None:
        self._pool = pool
        self._cipher = cipher
        self._batch = batch

    async def rewrap(self) -> Rewrapped:
        """Go through all of them in order. Raises StoreUnavailable, Busy."""
        seen = rewrapped = lost = 0
        last: tuple[UUID, str] = (UUID(int=0), "")
        while True:
            keys = await self._next(last)
            for anew in keys.values():
                seen += 1
                rewrapped += isinstance(anew, WrappedKey)
                lost += isinstance(anew, CannotOpen)
            if len(keys) < self._batch:
                return Rewrapped(seen, rewrapped, lost)
            last = list(keys)[-1]

    async def _next(self, last: tuple[UUID, str]) -> dict[tuple[UUID, str], WrappedKey | CannotOpen | None]:
        """Do one batch; what became of each key, in their order."""
        given = {"session_id": last[0], "author": last[1], "limit": self._batch}
        done: dict[tuple[UUID, str], WrappedKey | CannotOpen | None] = {}
        async with connection(self._pool) as conn, conn.transaction():
            cursor = conn.cursor(row_factory=dict_row)
            await cursor.execute(Q.next_keys, given)
            rows = await cursor.fetchall()
            async with conn.pipeline():
                for row in rows:
                    anew = self._anew(row)
                    done[row["session_id"], row["author"]] = anew
                    if isinstance(anew, WrappedKey):
                        wrapped = {"key_id": anew.key_id, "wrapped_key": anew.wrapped}
                        await conn.execute(Q.keep_wrapped, {**row, **wrapped})
        return done

    def _anew(self, row: dict[str, Any]) -> WrappedKey | CannotOpen | None:
        key = WrappedKey(row["session_id"], Side(row["author"]), row["key_id"], bytes(row["wrapped_key"]))
        try:
            return self._cipher.rewrapped(key)
        except CannotOpen as lost:
            return lost


__all__ = ["PostgresChatKeys"]
