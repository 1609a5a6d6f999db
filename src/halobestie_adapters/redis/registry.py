"""Who is connected to any instance, as leases in Redis. Knows no socket.

A hash per user, a field per instance, and one lease for the whole: an instance that dies takes its word back
by silence. Nobody may rely on more: Redis may forget everything, and then the next renewal says it again.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
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

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._me = token_hex(16)

    async def hold(self, users: Collection[User]) -> None:
        """Renew the lease of these users. Raises StoreUnavailable."""
        for some in _batches(users):
            keys = [self._key(user) for user in some]
            held = [("HSET", key, self._me, 1) for key in keys]
            await self._link.batch([*held, *(("EXPIRE", key, LEASE_SECONDS) for key in keys)])

    async def drop(self, users: Collection[User]) -> None:
        """Take our word back for these users. Raises StoreUnavailable."""
        for some in _batches(users):
            await self._link.batch([("HDEL", self._key(user), self._me) for user in some])

    async def is_connected(self, user: User) -> bool | None:
        """Whether an instance holds a socket of this user; None when Redis does not say."""
        try:
            return bool(await self._link.ask("EXISTS", self._key(user)))
        except StoreUnavailable:
            return None

    def _key(self, user: User) -> str:
        return self._link.key("connected", user.type, str(user.id))


def _batches(users: Collection[User]) -> Iterator[tuple[User, ...]]:
    """`users` in parts, each sent within the time of one question."""
    rest = iter(tuple(users))
    while some := tuple(itertools.islice(rest, BATCH)):
        yield some
