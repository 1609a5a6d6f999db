"""Budgets counted in Redis, for all instances together; in this process when Redis does not answer at once.

A script counts, so that reading and writing are one step on Redis' own clock. People appear in keys only as
hashes.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final, final

from halobestie_adapters.budgets import LocalBudgets
from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.ports.budgets import Budget

PATIENCE_SECONDS: Final = 0.05
"""A request waits no longer for its budget than for the rest of its work."""

# KEYS[1]: one person's budget. ARGV: interval and whole span in microseconds. Answers the microseconds
# to wait. The value is when all that was spent will have been earned back.
SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, span = tonumber(ARGV[1]), tonumber(ARGV[2])
local begun = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local spent = begun + interval
local wait = spent - now - span
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.0f', spent), 'PX', math.ceil((spent - now) / 1000) + 1)
return 0
"""


@final
class RedisBudgets:
    """`Budgets` of all instances; one object per instance."""

    def __init__(self, link: RedisLink, local: LocalBudgets, *, patience: float = PATIENCE_SECONDS) -> None:
        self._link = link
        self._local = local
        self._patience = patience

    async def spend(self, budget: Budget, who: str) -> float:
        """Take one; 0, or the seconds to wait. With Redis away the same figures hold per instance."""
        if self._link.is_up or not self._link.reached:
            try:
                async with asyncio.timeout(self._patience):
                    return await self._asked(budget, who)
            except (StoreUnavailable, TimeoutError):
                pass
        return self._local.spend_now(budget, who)

    async def _asked(self, budget: Budget, who: str) -> float:
        key = self._link.key("budget", budget.name, hashlib.blake2b(who.encode(), digest_size=16).hexdigest())
        micro = round(budget.interval * 1_000_000), budget.seconds * 1_000_000
        # Whole, not by its hash: half a kilobyte more, and no second question after Redis was started again.
        waited = await self._link.ask("EVAL", SCRIPT, 1, key, *micro)
        return int(waited) / 1_000_000


__all__ = ["RedisBudgets"]
