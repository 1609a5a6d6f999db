"""The list of ended log-ins in memory. Ends none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import final

from halobestie_adapters.memory.tables import Tables
from halobestie_core.ports.revocations import Ended, EndedLogIns


@final
class MemoryRevocations:
    """`RevocationList` on tables in memory."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def ended(self, since: datetime | None, reach: timedelta) -> EndedLogIns:
        """Look through all log-ins."""
        now = self._tables.clock.now
        after = now - reach if since is None else since
        found = [
            Ended(one.id, self._tables.ends[one.id], one.revoked_at)
            for one in self._tables.logins.values()
            if one.revoked_at is not None and one.revoked_at > after
        ]
        return EndedLogIns(now, sorted(found, key=lambda one: one.at))


__all__ = ["MemoryRevocations"]
