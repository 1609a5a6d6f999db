"""Tells both sides of a chat how much time is left: at every change, and once a minute. Keeps no time itself.

The server's time is in PostgreSQL; a client's clock runs on between two of these frames and is put right by
the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson

from halobestie_app.views.chats import session
from halobestie_app.workers.loop import Loop
from halobestie_app.ws.hub import Hub
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.presence import User
from halobestie_core.ports.reads import Reads, SessionSeen
from halobestie_core.wire import to_wire
from halobestie_core.words import UserType

EVERY_SECONDS: Final = 60.0
AT_ONCE: Final = 1000
"""People who are asked for in one question."""
CHANGES: Final = frozenset(
    {"paired", "session_paused", "session_resumed", "session_closing", "session_ended", "extension_request"}
)
"""Frames after which a clock shows something else; between them they reach both sides at every change."""

Live: TypeAlias = Callable[
    [Collection[UUID], Collection[UUID]], Awaitable[tuple[datetime, Sequence[SessionSeen]]]
]
"""Gives the live chats of these customers and mitras, and what time it is."""


class Clocks:
    """One per instance."""

    def __init__(self, hub: Hub, reads: Reads, live: Live, every: float = EVERY_SECONDS) -> None:
        """``every`` is in seconds."""
        self._hub = hub
        self._reads = reads
        self._live = live
        self._loop = Loop("session timers", self.tell, every)

    async def run(self, stop: asyncio.Event) -> None:
        """Tell once a minute until ``stop`` is set."""
        await self._loop.run(stop)

    async def after(self, row: OutboxFrame) -> str | None:
        """Write the timer that follows a frame, if it tells of a change. Raises store errors."""
        if row.frame not in CHANGES:
            return None
        found = await self._reads.session(UUID(row.ids["session_id"]))
        return None if found is None else _timer(*found)

    async def tell(self) -> None:
        """Send their timer to everybody here who is in a chat. Raises store errors."""
        customers, mitras = self._hub.ids(UserType.CUSTOMER), self._hub.ids(UserType.MITRA)
        for some in _parts(customers):
            await self._tell(some, ())
        for some in _parts(mitras):
            await self._tell((), some)

    async def _tell(self, customers: Collection[UUID], mitras: Collection[UUID]) -> None:
        now, chats = await self._live(customers, mitras)
        asked = {*customers, *mitras}
        for seen in chats:
            sides = (User(UserType.CUSTOMER, seen.customer.id), User(UserType.MITRA, seen.mitra.id))
            for side in sides:
                if side.id in asked:
                    self._hub.push(side, _timer(seen, now))


def _timer(seen: SessionSeen, now: datetime) -> str:
    shown = session(seen, now)
    frame: Mapping[str, Any] = {
        "type": "session_timer",
        "at": now,
        "session_id": shown.id,
        "expires_at": shown.expires_at,
        "seconds_left": shown.seconds_left,
        "session": shown,
    }
    return orjson.dumps(to_wire(frame)).decode()


def _parts(ids: Sequence[UUID]) -> Sequence[Sequence[UUID]]:
    return [ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE)]
