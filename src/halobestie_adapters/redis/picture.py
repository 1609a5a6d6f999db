"""The picture of who is eligible, where every instance can fetch it. Knows no rule and draws nothing itself.

How old a picture is, is measured without comparing anybody's clock with anybody else's: whoever drew it says
how long that took, the server counts down the key's life, and whoever fetches it adds its own waiting.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from secrets import token_hex
from time import monotonic
from typing import Final, final

from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.ports.presence import Picture

LIFE_MS: Final = 5000
"""Nobody may look at an older picture."""
LEASE_MS: Final = 2500
"""How long the duty to draw outlives whoever had it."""

# Mine already, or free: mine for another while. One round trip, and nobody in between.
_LEASE: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE: Final = """
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1])
"""


@final
class RedisPicture:
    """`PictureCache`; one per instance, because the lease is an instance's."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._me = token_hex(16)
        self._key = link.key("picture")
        self._lease = link.key("picture", "lease")

    async def lease(self) -> bool:
        """Take the duty to draw, or keep it. Raises StoreUnavailable."""
        return bool(await self._link.ask("EVAL", _LEASE, 1, self._lease, self._me, LEASE_MS))

    async def release(self) -> None:
        """Let the next one take the duty at once, when we leave. Raises StoreUnavailable."""
        await self._link.ask("EVAL", _RELEASE, 1, self._lease, self._me)

    async def put(self, picture: Picture, age: float) -> None:
        """Show a picture that is `age` seconds old. Raises StoreUnavailable."""
        left = LIFE_MS - round(age * 1000)
        if left <= 0:
            return
        fields = (
            "as_of",
            picture.as_of.isoformat(),
            "digest",
            _digest(picture.packed),
            "packed",
            picture.packed,
        )
        await self._link.batch([("HSET", self._key, *fields), ("PEXPIRE", self._key, left)], atomic=True)

    async def get(self, known: Picture | None) -> tuple[Picture, float] | None:
        """The picture and its greatest possible age in seconds; None when there is none.

        The ids are fetched only when they are others than those of `known`. Raises StoreUnavailable.
        """
        asked_at = monotonic()
        as_of, digest, left = await self._look()
        if as_of is None or left <= 0:
            return None
        packed = None if known is None else known.packed
        if packed is None or digest != _digest(packed):
            packed = await self._link.ask("HGET", self._key, "packed")
            if packed is None or digest != _digest(packed):
                return None  # changed, or vanished, between the two questions: the next look finds another
        age = (LIFE_MS - left) / 1000 + monotonic() - asked_at
        return Picture(datetime.fromisoformat(as_of.decode()), packed), age

    async def _look(self) -> tuple[bytes | None, bytes | None, int]:
        """Everything but the ids, at one moment; the life left in milliseconds."""
        questions = [("HMGET", self._key, "as_of", "digest"), ("PTTL", self._key)]
        (as_of, digest), left = await self._link.batch(questions, atomic=True)
        return as_of, digest, left


def _digest(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=16).digest()
