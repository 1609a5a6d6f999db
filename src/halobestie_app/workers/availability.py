"""Who can be asked now, in memory: drawn by one instance for all, fetched by each. Knows neither store.

The truth is in PostgreSQL; whoever holds the duty draws the picture about once a second, and at once when
presence or load changed. A poll is answered from memory. A picture older than five seconds, or one that may
have been replaced unseen because the cache is away, is no picture: the answer is then unknown.
"""

import asyncio
import contextlib
from collections.abc import Callable
from time import monotonic
from typing import Final
from uuid import UUID

from halobestie_adapters.errors import StoreError, StoreUnavailable
from halobestie_app.workers.loop import Loop
from halobestie_core.flow.availability import House
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import LiveChats
from halobestie_core.ports.notify import Nudges, Topic
from halobestie_core.ports.presence import Picture, PictureCache, PictureSource
from halobestie_core.presence import MitraPresence

OLDEST_SECONDS: Final = 5.0
DRAW_SECONDS: Final = 1.0
FETCH_SECONDS: Final = 0.3
LEAST_SECONDS: Final = 0.05
"""Between two pictures, however much is going on; or four times what the last one took, up to a second."""


def touches(moved: Moved) -> bool:
    """Return whether a saved decision may have changed who is eligible."""
    return any(isinstance(record, LiveChats) for record in moved.records) or any(
        isinstance(move.after, MitraPresence) for move in moved.moves
    )


class AvailabilityBoard:
    """The port ``Availability``, and the work behind it. One per instance."""

    def __init__(
        self, source: PictureSource, cache: PictureCache, nudges: Nudges, house: Callable[[], House]
    ) -> None:
        """Draw by the rules that ``house`` gives at that moment."""
        self._source = source
        self._cache = cache
        self._nudges = nudges
        self._house = house
        self._picture: Picture | None = None
        self._drawn_at = 0.0
        self._reachable = False
        self._on_duty = False
        self._drawing = Loop("availability", self.draw, DRAW_SECONDS, least=LEAST_SECONDS)
        self._fetching = Loop("availability fetching", self.fetch, FETCH_SECONDS)
        nudges.subscribe(Topic.PRESENCE, self._changed)
        nudges.subscribe(Topic.PICTURE, self._fetching.nudge)

    # ---------------------------------------------------------------------------------------- answering

    def count(self) -> int | None:
        """Return how many mitras are eligible; ``None``: unknown."""
        picture = self._current()
        return None if picture is None else len(picture)

    def is_eligible(self, mitra_id: UUID) -> bool | None:
        """Return whether this one is; ``None``: unknown."""
        picture = self._current()
        return None if picture is None else mitra_id in picture

    def _current(self) -> Picture | None:
        fresh = self._reachable and monotonic() - self._drawn_at <= OLDEST_SECONDS
        return self._picture if fresh else None

    # ------------------------------------------------------------------------------------------ working

    async def run(self, stop: asyncio.Event) -> None:
        """Draw when on duty, and fetch, until ``stop`` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._drawing.run(stop))
            group.create_task(self._fetching.run(stop))
        with contextlib.suppress(StoreError):
            await self._cache.release()  # so that a rolling restart leaves no second without a picture

    async def draw(self) -> None:
        """Draw and show the picture, if the duty is ours. Raises StoreUnavailable."""
        self._on_duty = False
        self._on_duty = await self._cache.lease()
        if not self._on_duty:
            return
        began = monotonic()
        picture = await self._source.picture(self._house())
        took = monotonic() - began
        await self._cache.put(picture, took)
        self._drawing.least = min(max(LEAST_SECONDS, 4 * took), DRAW_SECONDS)
        self._nudges.publish(Topic.PICTURE)

    async def fetch(self) -> None:
        """Take over the picture that is shown. Raises StoreUnavailable, after which nothing is known."""
        try:
            shown = await self._cache.get(self._picture)
        except StoreUnavailable:
            self._reachable = False
            raise
        self._reachable = True
        if shown is None:
            self._drawing.nudge()  # flushed, or nobody is on duty: whoever notices first sees to it
            return
        picture, age = shown
        if self._picture is None or picture.as_of >= self._picture.as_of or self._current() is None:
            self._picture, self._drawn_at = picture, monotonic() - age

    def _changed(self) -> None:
        if self._on_duty:
            self._drawing.nudge()
