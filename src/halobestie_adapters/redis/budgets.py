"""Budgets counted in Redis, for all instances together; in this process when Redis does not answer at once.

A script counts, so that reading and writing are one step on Redis' own clock. People appear in keys only as
hashes. An instance takes a few at a time, so that most requests ask nobody: what it holds counts as spent.
What it hands on it counts itself, too, so that without Redis it goes on from there and not from nothing.
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

SCARCE: Final = 10
"""Of what is left nobody takes more than a tenth at a time, so that little is held when it runs out."""

# The clock stands apart, so that tests can tell the time.
CLOCK: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
"""
# KEYS[1]: when each of one person's budget was taken, the first first, in microseconds. ARGV: the limit, the
# span in microseconds, how many are wished for, and of what is left no more than which part. Answers how many
# were taken, or, negative, the microseconds to wait for one. Each is put in once and taken out once.
COUNT: Final = """
local limit, span, wish = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = tonumber(redis.call('LINDEX', KEYS[1], 0))
while first and first <= now - span do
  redis.call('LPOP', KEYS[1])
  first = tonumber(redis.call('LINDEX', KEYS[1], 0))
end
local room = limit - redis.call('LLEN', KEYS[1])
if room <= 0 then return now - span - first end
local stamps = {}
for taken = 1, math.max(1, math.min(wish, math.floor(room / ARGV[4]))) do
  stamps[taken] = string.format('%.0f', now)
end
redis.call('RPUSH', KEYS[1], unpack(stamps))
redis.call('PEXPIRE', KEYS[1], math.ceil(span / 1000) + 1)
return #stamps
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
                return self._handed(budget, who, held, now)
            if now < self._ask_again:
                return self._local.spend_now(budget, who)
            answered = self._asking.get(key)
            if answered is None:
                return await self._asked(budget, who)
            await answered.wait()  # a request of theirs asks already

    def _handed(self, budget: Budget, who: str, held: _Held, now: float) -> float:
        """Hand on one of what is held, if this instance has not given them all there is."""
        if not held.left:
            return max(held.until - now, self._local.wait_now(budget, who))
        wait = self._local.spend_now(budget, who)
        if not wait:
            held.left -= 1
            if not held.left:
                del self._held[budget.name, who]
        return wait

    async def _asked(self, budget: Budget, who: str) -> float:
        """Ask Redis for a portion; nobody else does so for this person meanwhile."""
        if self._ask_again:  # Redis was away: whoever comes meanwhile does not wait for what we learn
            self._ask_again = self._clock() + AWAY_SECONDS
        key = budget.name, who
        answered = self._asking[key] = asyncio.Event()
        try:
            async with asyncio.timeout(self._patience):
                taken = await self._taken(budget, who)
        except (StoreUnavailable, TimeoutError):
            self._ask_again = self._clock() + AWAY_SECONDS
            return self._local.spend_now(budget, who)
        finally:
            del self._asking[key]
            answered.set()
        self._ask_again = 0.0
        now = self._clock()
        if len(self._held) >= MOST_HELD:
            self._held.clear()
        wait = max(0.0, -taken / 1_000_000)
        self._held[key] = held = _Held(max(0, taken), now + (wait or HELD_SECONDS))
        return self._handed(budget, who, held, now)

    async def _taken(self, budget: Budget, who: str) -> int:
        key = self._link.key("spent", budget.name, hashlib.blake2b(who.encode(), digest_size=16).hexdigest())
        portion = max(1, budget.limit // PORTIONS)
        given = budget.limit, budget.seconds * 1_000_000, portion, SCARCE
        # Whole, not by its hash: half a kilobyte more, and no second question after Redis was started again.
        return int(await self._link.ask("EVAL", CLOCK + COUNT, 1, key, *given))


__all__ = ["RedisBudgets"]
