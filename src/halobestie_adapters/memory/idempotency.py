"""Keys of commands that may come twice, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import final
from uuid import UUID

from attrs import define, field

from halobestie_adapters.memory.tables import Tables
from halobestie_core.ports.idempotency import (
    KEPT,
    Claim,
    Claimed,
    Different,
    FirstAnswer,
    KeyOf,
    Running,
)


@define
class _Kept:
    """One key; ``tries`` counts from 1, ``leased_until`` lies behind when nobody is at it."""

    hash: bytes
    effect_id: UUID
    created_at: datetime
    leased_until: datetime
    tries: int = 1
    answer: FirstAnswer | None = None


@final
@define
class MemoryIdempotencyKeys:
    """The keys, on the tables' clock."""

    tables: Tables
    _kept: dict[KeyOf, _Kept] = field(factory=dict, init=False)

    async def claim(self, of: KeyOf, hashes: Sequence[bytes], effect_id: UUID, lease: timedelta) -> Claimed:
        """Begin a try, or say why not."""
        now = self.tables.clock.now
        known = self._kept.get(of)
        if known is None or (known.leased_until <= now and _is_old(known, now)):
            self._kept[of] = _Kept(hashes[0], effect_id, now, now + lease)
            return Claim(of, effect_id, 1)
        if known.hash not in hashes:
            return Different()
        if known.answer is not None:
            return known.answer
        if known.leased_until > now:
            return Running()
        known.hash, known.leased_until, known.tries = hashes[0], now + lease, known.tries + 1
        return Claim(of, known.effect_id, known.tries)

    async def keep(self, claim: Claim, answer: FirstAnswer) -> None:
        """End a try with its answer."""
        if (known := self._running(claim)) is not None:
            known.answer, known.leased_until = answer, self.tables.clock.now

    async def release(self, claim: Claim) -> None:
        """End a try without one."""
        if (known := self._running(claim)) is not None:
            known.leased_until = self.tables.clock.now

    async def purge(self, limit: int) -> int:
        """Forget the oldest."""
        now = self.tables.clock.now
        old = [of for of, known in self._kept.items() if _is_old(known, now) and known.leased_until <= now]
        old.sort(key=lambda of: self._kept[of].created_at)
        for of in old[:limit]:
            del self._kept[of]
        return len(old[:limit])

    def _running(self, claim: Claim) -> _Kept | None:
        known = self._kept.get(claim.of)
        if known is None or known.answer is not None:
            return None
        mine = (known.effect_id, known.tries) == (claim.effect_id, claim.tries)
        return known if mine else None


def _is_old(known: _Kept, now: datetime) -> bool:
    return known.created_at <= now - KEPT


__all__ = ["MemoryIdempotencyKeys"]
