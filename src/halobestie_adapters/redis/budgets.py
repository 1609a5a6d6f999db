"""Budgets counted in Redis, for all instances together; in this process when Redis does not answer at once.

A script counts, so that reading and writing are one step on Redis' own clock. People appear in keys only as
hashes. An instance takes a few at a time, so that most requests ask nobody: what it holds counts as spent.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Final, final

from attrs import define

from halobestie_adapters.budgets import LocalBudgets
from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.ports.budgets import Budget

PATIENCE_SECONDS: Final = 0.05
"""A request waits no longer for its budget than for the rest of its work."""
AWAY_SECONDS: Final = 1.0
"""After Redis did not answer, one request in this time asks again; the others count here."""

PORTIONS: Final = 60
"""An instance takes a sixtieth of a budget at a time, at least one."""
HELD_SECONDS: Final = 30.0
"""What was taken and not used so long is lost to its person: at most one in 30 s per ten of the portion."""
MOST_HELD: Final = 100_000
"""People for whom something is held; beyond it, all of it is let go."""

# KEYS[1]: one person's budget. ARGV: interval and whole span in microseconds, and how many are wished for.
# Answers how many were taken, or, negative, the microseconds to wait for one. The value is when all that was
# spent will have been earned back.
SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, span, wish = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local begun = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = begun + interval - now - span
if wait > 0 then return -math.ceil(wait) end
local taken = math.min(wish, math.floor((span - (begun - now)) / interval))
local spent = begun + taken * interval
redis.call('SET', KEYS[1], string.format('%.0f', spent), 'PX', math.ceil((spent - now) / 1000) + 1)
return taken
"""


@define
class _Held:
    """What this instance has taken for somebody and not handed on yet; 0: there is none before ``until``."""

    left: int
    until: float


@final
class RedisBudgets:
    """`Budgets` of all instances; one object per instance. ``clock`` is monotonic."""

    def __init__(
        self,
        link: RedisLink,
        local: LocalBudgets,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._local = local
        self._patience = patience
        self._clock = clock
        self._held: dict[tuple[str, str], _Held] = {}
        self._asking: dict[tuple[str, str], asyncio.Event] = {}
        self._ask_again = 0.0

    async def spend(self, budget: Budget, who: str) -> float:
        """Take one; 0, or the seconds to wait. With Redis away the same figures hold per instance."""
        key = budget.name, who
        while True:
            now = self._clock()
            held = self._held.get(key)
            if held is not None and held.until > now:
                return self._handed(key, held, now)
            if now < self._ask_again:
                return self._local.spend_now(budget, who)
            answered = self._asking.get(key)
            if answered is None:
                return await self._asked(key, budget)
            await answered.wait()  # a request of theirs asks already

    def _handed(self, key: tuple[str, str], held: _Held, now: float) -> float:
        """Hand on one of what is held."""
        if not held.left:
            return held.until - now
        held.left -= 1
        if not held.left:
            del self._held[key]
        return 0.0

    async def _asked(self, key: tuple[str, str], budget: Budget) -> float:
        """Ask Redis for a portion; nobody else does so for this person meanwhile."""
        if self._ask_again:  # Redis was away: whoever comes meanwhile does not wait for what we learn
            self._ask_again = self._clock() + AWAY_SECONDS
        answered = self._asking[key] = asyncio.Event()
        try:
            async with asyncio.timeout(self._patience):
                taken = await self._taken(budget, key[1])
        except (StoreUnavailable, TimeoutError):
            self._ask_again = self._clock() + AWAY_SECONDS
            return self._local.spend_now(budget, key[1])
        finally:
            del self._asking[key]
            answered.set()
        self._ask_again = 0.0
        now = self._clock()
        if len(self._held) >= MOST_HELD:
            self._held.clear()
        wait = max(0.0, -taken / 1_000_000)
        self._held[key] = held = _Held(max(0, taken), now + (wait or HELD_SECONDS))
        return self._handed(key, held, now)

    async def _taken(self, budget: Budget, who: str) -> int:
        key = self._link.key("budget", budget.name, hashlib.blake2b(who.encode(), digest_size=16).hexdigest())
        micro = round(budget.interval * 1_000_000), budget.seconds * 1_000_000
        portion = max(1, budget.limit // PORTIONS)
        # Whole, not by its hash: half a kilobyte more, and no second question after Redis was started again.
        return int(await self._link.ask("EVAL", SCRIPT, 1, key, *micro, portion))


__all__ = ["RedisBudgets"]
