"""Sweeping out what has been kept long enough."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from halobestie_adapters.errors import StoreUnavailable
from halobestie_app.workers.housekeeping import Chore, Housekeeping
from support.waiting import eventually

pytestmark = pytest.mark.anyio


class Heap:
    """So many rows to remove."""

    def __init__(self, rows: int, failure: Exception | None = None) -> None:
        self.rows = rows
        self.failure = failure
        self.batches: list[int] = []

    async def sweep(self, limit: int) -> int:
        """Remove some."""
        if self.failure is not None:
            raise self.failure
        removed = min(limit, self.rows)
        self.rows -= removed
        self.batches.append(removed)
        return removed


@asynccontextmanager
async def running(keeping: Housekeeping) -> AsyncIterator[None]:
    """Run the loop, and stop it."""
    stop = asyncio.Event()
    task = asyncio.create_task(keeping.run(stop))
    yield
    stop.set()
    await task


async def test_a_batch_of_each_at_a_time() -> None:
    """Heaps are taken in turns, and again soon while there is more; then there is peace."""
    big, small = Heap(25), Heap(3)
    chores = [Chore("big", big.sweep), Chore("small", small.sweep)]
    async with running(Housekeeping(chores, seconds=3600, batch=10)):

        async def clean() -> bool:
            return len(big.batches) == 3

        await eventually(clean)
    assert (big.batches, small.batches) == ([10, 10, 5], [3, 0, 0])


@pytest.mark.parametrize("failure", [RuntimeError("a mistake"), StoreUnavailable("away")])
async def test_one_that_fails(failure: Exception) -> None:
    """It keeps no other from being done, in any round."""
    bad, good = Heap(5, failure), Heap(15)
    async with running(
        Housekeeping([Chore("bad", bad.sweep), Chore("good", good.sweep)], seconds=3600, batch=10)
    ):

        async def clean() -> bool:
            return good.rows == 0

        await eventually(clean)


async def test_its_failure_is_told() -> None:
    """When everybody had their turn, the loop hears what went wrong."""
    bad, good = Heap(5, RuntimeError("a mistake")), Heap(5)
    keeping = Housekeeping([Chore("bad", bad.sweep), Chore("good", good.sweep)])
    with pytest.raises(RuntimeError, match="a mistake"):
        await keeping.sweep()
    assert good.rows == 0
