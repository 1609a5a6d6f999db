"""Sweeps out what has been kept long enough, a little at a time. Knows no table and no period.

Every instance may do it: a chore takes what nobody else is sweeping. What is swept counts as gone before, so
that nothing depends on when this happens.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from attrs import frozen

from halobestie_app import log
from halobestie_app.workers.loop import Loop

SECONDS: Final = 600.0
"""Between two rounds when all is clean."""
BATCH: Final = 1000
"""Rows of one chore in one round: a statement of a few milliseconds."""
PAUSE: Final = 0.1
"""Seconds between two rounds while there is more to sweep, for everybody else."""

_log = log.get(__name__)


@frozen
class Chore:
    """Something to sweep: ``sweep(limit)`` removes at most so many rows, and says how many they were."""

    name: str
    sweep: Callable[[int], Awaitable[int]]


class Housekeeping:
    """The loop of one instance: one batch of each chore per round, and soon another round if one was full."""

    def __init__(self, chores: Iterable[Chore], *, seconds: float = SECONDS, batch: int = BATCH) -> None:
        self._chores = tuple(chores)
        self._batch = batch
        self._loop = Loop("housekeeping", self.sweep, seconds, least=PAUSE)
        self.run = self._loop.run

    async def sweep(self) -> None:
        """Do one round. A chore that fails keeps no other from being done; its failure is raised then."""
        failed: Exception | None = None
        for chore in self._chores:
            try:
                removed = await chore.sweep(self._batch)
            except Exception as failure:  # noqa: BLE001  raised below, when everybody had their turn
                failed = failed or failure
                continue
            if removed:
                _log.info("swept", kind=chore.name, count=removed)
            if removed >= self._batch:
                self._loop.nudge()
        if failed is not None:
            raise failed
