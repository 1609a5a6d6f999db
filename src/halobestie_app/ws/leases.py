"""Tells every instance who is connected here. Knows no socket beyond whether there is one.

A user who comes or goes is told at once, and all of them again well before their lease ends; what cannot be
told now is told with the next round.
"""

import asyncio
import contextlib
from typing import Final

from halobestie_adapters.errors import StoreError
from halobestie_app.workers.loop import Loop
from halobestie_app.ws.hub import Hub
from halobestie_core.ports.presence import Connections, User

RENEW_SECONDS: Final = 5.0
"""Well within the lease, so that a cache that forgot everything knows again soon."""


class Leases:
    """Keeps the shared registry of connections up to date. One per instance."""

    def __init__(self, hub: Hub, connections: Connections, *, every: float = RENEW_SECONDS) -> None:
        self._hub = hub
        self._connections = connections
        self._every = every
        self._gone: set[User] = set()
        self._came: set[User] = set()
        self._renewed_at = float("-inf")
        self._loop = Loop("connections", self.tell, every)
        hub.watch(self._changed)

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until ``stop`` is set; then take back what was told."""
        await self._loop.run(stop)
        with contextlib.suppress(StoreError):
            await self._connections.drop(self._hub.users())

    async def tell(self) -> None:
        """Tell who came and who went since, and everybody when it is time. Raises StoreUnavailable."""
        now = asyncio.get_running_loop().time()
        everybody = now - self._renewed_at >= self._every
        came, self._came = self._came, set()
        gone, self._gone = self._gone, set()
        try:
            await self._connections.drop([user for user in gone if not self._hub.has(user)])
            await self._connections.hold(
                self._hub.users() if everybody else [user for user in came if self._hub.has(user)]
            )
        except BaseException:
            self._came |= came
            self._gone |= gone
            raise
        if everybody:
            self._renewed_at = now

    def _changed(self, user: User, present: bool) -> None:  # noqa: FBT001  the hub calls it so
        (self._came if present else self._gone).add(user)
        self._loop.nudge()
