"""Work that is done again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from halobestie_adapters.errors import StoreUnavailable
from halobestie_app.workers.loop import Loop
from support.waiting import eventually

pytestmark = pytest.mark.anyio


class Work:
    """Something that is counted, and fails when told."""

    def __init__(self) -> None:
        self.rounds = 0
        self.failure: Exception | None = None

    async def __call__(self) -> None:
        """One round."""
        self.rounds += 1
        if self.failure is not None:
            raise self.failure

    async def done(self, rounds: int) -> None:
        """Wait for so many rounds."""

        async def so() -> bool:
            return self.rounds >= rounds

        await eventually(so, what=f"{rounds} rounds expected, {self.rounds} done")


@asynccontextmanager
async def running(loop: Loop) -> AsyncIterator[None]:
    """Run a loop, and stop it."""
    stop = asyncio.Event()
    task = asyncio.create_task(loop.run(stop))
    yield
    stop.set()
    await task


async def test_by_itself() -> None:
    """It begins at once and goes on every so often."""
    work = Work()
    async with running(Loop("test", work, 0.01)):
        await work.done(5)


async def test_nudged() -> None:
    """A nudge is worth a round, at once, and several while it works are worth one."""
    work = Work()
    loop = Loop("test", work, 3600)
    async with running(loop):
        await work.done(1)
        loop.nudge()
        loop.nudge()
        await work.done(2)
    assert work.rounds == 2


async def test_not_too_often() -> None:
    """However often it is nudged there is a pause, and the last nudge is not lost."""
    work = Work()
    loop = Loop("test", work, 3600, least=0.2)
    async with running(loop):
        await work.done(1)
        for _ in range(50):
            loop.nudge()
            await asyncio.sleep(0)
        assert work.rounds == 1
        await work.done(2)


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), LookupError("a mistake")])
async def test_failures_end_nothing(failure: Exception) -> None:
    """A round that fails is followed by the next one."""
    work = Work()
    work.failure = failure
    async with running(Loop("test", work, 0.01)):
        await work.done(3)
        work.failure = None
        await work.done(5)
