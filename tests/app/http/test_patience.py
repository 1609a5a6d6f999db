"""Nobody waits longer than promised, whatever the work does when it is told to stop."""

import asyncio

import pytest

from halobestie_app.http.patience import within

pytestmark = pytest.mark.anyio


async def test_work_in_time_is_returned() -> None:
    """What it returns, and what it raises."""

    async def quick() -> int:
        return 7

    async def broken() -> int:
        raise LookupError

    assert await within(5, quick()) == 7
    with pytest.raises(LookupError):
        await within(5, broken())


async def test_work_that_will_not_stop_is_left_behind() -> None:
    """A driver may take seconds to notice that it was cancelled; the caller does not wait for that."""
    noticed, may_end = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            noticed.set()
            await may_end.wait()

    with pytest.raises(TimeoutError):
        await within(0.01, stubborn())
    await noticed.wait()
    may_end.set()


async def test_who_is_cancelled_cancels_the_work() -> None:
    """A caller who goes away takes the work along."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = asyncio.create_task(within(5, work()))
    await began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await ended.wait()
