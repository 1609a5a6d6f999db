"""Which log-ins have ended, in this process' memory: asked at every request, read every second.

Whoever ends a log-in writes it where all can read it, and nudges. A nudge may be lost, so everybody looks
anyway; what commits late may bear an earlier moment than what was seen, so every look reaches back. A list
that could not be read for some seconds answers nothing at all: better nobody is served than somebody who was
shut out. Knows no database, no token and no socket.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from halobestie_app.problems import Code, Problem
from halobestie_app.workers.loop import Loop
from halobestie_core.ports.identity import Revoked
from halobestie_core.ports.revocations import Ended, RevocationList

LOOK_SECONDS: Final = 1.0
FRESH_SECONDS: Final = 4.0
"""So old, counted from before it was read, the list may be. The promise is five seconds."""
OVERLAP: Final = timedelta(seconds=30)
"""A transaction that ends a log-in takes far less, whatever locks it waits for."""
MARGIN: Final = timedelta(minutes=10)
"""Kept so much longer than a token lives: the clocks of instances differ."""
FORGET_SECONDS: Final = 60.0


class Revocations:
    """The list of one process. ``refuses`` costs a comparison and a look into a dictionary."""

    def __init__(
        self,
        store: RevocationList,
        lifetime: timedelta,
        nudge: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep what ``store`` holds of the last ``lifetime`` of access tokens.

        ``nudge`` tells the other processes to look now; it does not wait or fail. ``clock`` in seconds.
        """
        self._store = store
        self._kept = lifetime + MARGIN
        self._nudge = nudge
        self._clock = clock
        # By the number of the id: to hash an id takes longer than all the rest of an answer.
        self._ended: dict[int, datetime] = {}
        self._as_of: datetime | None = None
        self._fresh_until = float("-inf")
        self._forget_at = float("-inf")
        self._hearing: list[Callable[[Sequence[Ended]], None]] = []
        self._loop = Loop("revocations", self.refresh, LOOK_SECONDS)

    # ------------------------------------------------------------------------------------------- asking

    def refuses(self, login: UUID) -> bool:
        """Say whether this log-in has ended. Raises Problem UNAVAILABLE when the list is too old to tell."""
        if self._clock() >= self._fresh_until:
            raise Problem(Code.UNAVAILABLE, "It cannot be told whose log-in has ended.", retry_after=1)
        return login.int in self._ended

    def has(self, login: UUID) -> bool:
        """Say whether this log-in is known to have ended, however old the list is."""
        return login.int in self._ended

    async def condition(self) -> str | None:
        """Say what is wrong with the list, for readiness; None when it may be asked."""
        return "The list of ended log-ins is too old." if self._clock() >= self._fresh_until else None

    # ------------------------------------------------------------------------------------------ keeping

    def on_news(self, callback: Callable[[Sequence[Ended]], None]) -> None:
        """Call ``callback`` with log-ins that are heard of for the first time; it must not wait or fail."""
        self._hearing.append(callback)

    def look_soon(self) -> None:
        """Somebody's log-in has ended somewhere."""
        self._loop.nudge()

    def tell(self) -> None:
        """Log-ins ended here: look, and have the other processes look."""
        self._loop.nudge()
        self._nudge()

    def ended(self, login: UUID) -> None:
        """A log-in ended here: it counts at once, and the other processes are told."""
        self._take([Ended(login, Revoked.LOGOUT, self._as_of)] if self._as_of is not None else [])
        self.tell()

    async def refresh(self) -> None:
        """Look now. Raises what the store raises; what was known stays so."""
        began = self._clock()
        since = None if self._as_of is None else self._as_of - OVERLAP
        read = await self._store.ended(since, self._kept)
        self._as_of = read.as_of
        self._take(read.rows)
        self._fresh_until = began + FRESH_SECONDS
        if began >= self._forget_at:
            self._forget_at = began + FORGET_SECONDS
            oldest = read.as_of - self._kept
            self._ended = {login: at for login, at in self._ended.items() if at > oldest}

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the list until ``stop`` is set."""
        await self._loop.run(stop)

    def _take(self, rows: Sequence[Ended]) -> None:
        news = [row for row in rows if row.login.int not in self._ended]
        self._ended.update((row.login.int, row.at) for row in news)
        if news:
            for hear in self._hearing:
                hear(news)
