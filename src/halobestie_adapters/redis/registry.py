"""Who is connected to any instance, as leases in Redis. Knows no socket.

A sorted set per user, a member per instance, scored by when its lease ends on Redis' clock: an instance that
dies takes its word back by silence, even while another speaks for the same user. Nobody may rely on more:
Redis may forget everything, and then the next renewal says it again.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from secrets import token_hex
from typing import Final, final

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.ports.presence import User

LEASE_SECONDS: Final = 35
BATCH: Final = 500


@final
class RedisConnections:
    """`Connections`; one per instance."""

    def __init__(self, link: RedisLink, *, lease: float = LEASE_SECONDS) -> None:
        """``lease`` in seconds."""
        self._link = link
        self._lease = int(lease * 1000)
        self._me = token_hex(16)

    async def hold(self, users: Collection[User]) -> None:
        """Renew the lease of these users. Raises StoreUnavailable."""
        for some in _batches(users):
            until = _milliseconds(await self._link.ask("TIME")) + self._lease
            keys = [self._key(user) for user in some]
            held = [("ZADD", key, until, self._me) for key in keys]
            await self._link.batch([*held, *(("PEXPIRE", key, self._lease) for key in keys)])

    async def drop(self, users: Collection[User]) -> None:
        """Take our word back for these users. Raises StoreUnavailable."""
        for some in _batches(users):
            await self._link.batch([("ZREM", self._key(user), self._me) for user in some])

    async def is_connected(self, user: User) -> bool | None:
        """Whether an instance holds a socket of this user; None when Redis does not say."""
        connected = await self.which_connected((user,))
        return None if connected is None else user in connected

    async def which_connected(self, users: Collection[User]) -> frozenset[User] | None:
        """Those of `users` who are connected; None when Redis does not say."""
        connected: set[User] = set()
        try:
            for some in _batches(users):
                last = [("ZREVRANGE", self._key(user), 0, 0, "WITHSCORES") for user in some]
                now, *leases = await self._link.batch([("TIME",), *last])
                connected.update(
                    user
                    for user, lease in zip(some, leases, strict=True)
                    if _lasts(lease, _milliseconds(now))
                )
        except StoreUnavailable:
            return None
        return frozenset(connected)

    def _key(self, user: User) -> str:
        return self._link.key("connected", user.type, str(user.id))


def _milliseconds(time: tuple[int, int]) -> int:
    """What TIME answers: seconds, and the microseconds beside them."""
    seconds, microseconds = time
    return seconds * 1000 + microseconds // 1000


def _lasts(lease: Sequence[bytes], now: int) -> bool:
    """Whether the lease that ends last, an instance and its score, has not ended; there may be none."""
    return bool(lease) and float(lease[1]) > now


def _batches(users: Collection[User]) -> Iterator[tuple[User, ...]]:
    """`users` in parts, each sent within the time of one question."""
    rest = iter(tuple(users))
    while some := tuple(itertools.islice(rest, BATCH)):
        yield some
