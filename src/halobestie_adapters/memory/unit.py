"""The unit of work in memory: the same locks in the same order, the same refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, final
from uuid import UUID

from halobestie_adapters.errors import Busy
from halobestie_adapters.ids import uuid7
from halobestie_adapters.memory.loading import Looking
from halobestie_adapters.memory.saving import write
from halobestie_adapters.memory.tables import Tables
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.store import Actor, Loaded, Scope

PATIENCE_SECONDS: Final = 2.0
"""How long a lock is waited for."""


@final
class MemoryUnit:
    """An open transaction. Made by :class:`MemoryStore`; nothing is written before ``save``."""

    def __init__(
        self, tables: Tables, loaded: Loaded, new_id: Callable[[], UUID], locks: AsyncExitStack
    ) -> None:
        self._tables = tables
        self._loaded = loaded
        self._new_id = new_id
        self._locks: AsyncExitStack | None = locks

    @property
    def loaded(self) -> Loaded:
        """What was loaded under the locks."""
        return self._loaded

    async def save(
        self, moved: Moved, actor: Actor, *, done: int | None = None, closing_message: bytes | None = None
    ) -> None:
        """Write everything and let go of the locks. Raises StaleWrite, Conflict, RuleBroken."""
        locks = self._taken()
        write(self._tables, moved, actor, self._new_id)
        if closing_message is not None and moved.after.chat is not None:
            self._tables.closing_messages[moved.after.chat.id] = closing_message
        self._mark(done)
        await locks.aclose()

    async def dismiss(self, done: int) -> None:
        """Mark the outbox row as dealt with and let go of the locks."""
        locks = self._taken()
        self._mark(done)
        await locks.aclose()

    def _taken(self) -> AsyncExitStack:
        if self._locks is None:
            raise LookupError("this unit is over: it was saved already")
        locks, self._locks = self._locks, None
        return locks

    def _mark(self, done: int | None) -> None:
        row = None if done is None else self._tables.outbox.get(done)
        if row is not None and row.sent_at is None:
            row.sent_at = self._tables.clock.now


@final
class MemoryStore:
    """The store in memory; all stores on the same tables are one."""

    def __init__(
        self, tables: Tables, new_id: Callable[[], UUID] = uuid7, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._tables = tables
        self._new_id = new_id
        self._patience = patience

    @asynccontextmanager
    async def unit(self, scope: Scope) -> AsyncIterator[MemoryUnit]:
        """Take the locks and load. Raises Busy."""
        looking = Looking(self._tables, scope)
        async with AsyncExitStack() as locks:
            for person in (looking.customer_id, looking.mitra_id):
                await self._lock(person, locks)
            yield MemoryUnit(self._tables, looking.loaded(), self._new_id, locks)

    async def _lock(self, person: UUID | None, locks: AsyncExitStack) -> None:
        if person is None:
            return
        try:
            async with asyncio.timeout(self._patience):
                await locks.enter_async_context(self._tables.locks[person])
        except TimeoutError as waited:
            raise Busy(f"somebody else holds {person}") from waited


__all__ = ["PATIENCE_SECONDS", "MemoryStore", "MemoryUnit"]
