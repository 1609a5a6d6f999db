"""The `ConfigStore` port in memory. Knows no key and no bound."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, final
from uuid import UUID

from halobestie_adapters.memory.tables import Tables
from halobestie_adapters.outgoing import Outgoing
from halobestie_core.ports.config import Stored

_HOUSE_CHANGED: Final = Outgoing("later", "house", {}, {"command": "house_changed"})


@final
class MemoryConfigUnit:
    """One change, under the lock."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @property
    def stored(self) -> Mapping[str, Stored]:
        """What stands, by key."""
        return dict(self._tables.config)

    async def save(
        self, values: Mapping[str, object], author: UUID, *, house_changed: bool
    ) -> Sequence[Stored]:
        """Write everything. The instant always grows, for it is what the next writer must have seen."""
        config = self._tables.config
        for key, value in values.items():
            now = self._tables.clock.now
            if key in config:
                now = max(now, config[key].updated_at + timedelta(microseconds=1))
            config[key] = Stored(key, value, now)
        if house_changed:
            self._tables.queue((_HOUSE_CHANGED,))
        return [config[key] for key in values]


@final
class MemoryConfigStore:
    """Where settings are kept; an empty one means that all are at their defaults."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def stored(self) -> Sequence[Stored]:
        """Every setting there is."""
        return [self._tables.config[key] for key in sorted(self._tables.config)]

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[MemoryConfigUnit]:
        """Lock, read, and let the caller decide."""
        async with self._tables.config_lock:
            yield MemoryConfigUnit(self._tables)


__all__ = ["MemoryConfigStore", "MemoryConfigUnit"]
