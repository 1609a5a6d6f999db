"""One look for everybody who looks."""

import asyncio
from datetime import UTC, datetime

import orjson
import pytest
from attrs import evolve

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres.report_rows import assembled
from halobestie_app.workers.counting import Counts
from halobestie_app.workers.dashboard import SharedDashboard
from halobestie_core.ports.reports import Dashboard
from support.waiting import eventually

pytestmark = pytest.mark.anyio

QUIET = {
    "online": 0,
    "fresh": 0,
    "busy": 0,
    "general": 0,
    "returning": 0,
    "oldest_seconds": None,
    "active": 0,
    "extending": 0,
    "closing": 0,
    "failures": 0,
    "amount": 0,
    "quarantined": 0,
}


class Store:
    """A store that a test lets answer, or not."""

    def __init__(self) -> None:
        self.looks = 0
        self.quarantined = 0
        self.away = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def look(self) -> Dashboard:
        """Look."""
        self.looks += 1
        await self.may_answer.wait()
        if self.away:
            raise StoreUnavailable("away")
        live = {**QUIET, "at": datetime.now(UTC)}
        seen = assembled(live, (), (), (), cap=3, complete=True)
        return evolve(seen, quarantined_webhooks=self.quarantined)


async def test_many_who_look_at_once_share_one_look() -> None:
    """The store is asked once, and everybody gets the same."""
    store = Store()
    store.may_answer.clear()
    board = SharedDashboard(store.look)
    many = [asyncio.create_task(board.now()) for _ in range(50)]
    await asyncio.sleep(0)
    many[0].cancel()
    store.may_answer.set()
    seen = await asyncio.gather(*many[1:])
    assert len({id(one) for one in seen}) == 1
    assert await board.now() is seen[0]
    assert store.looks == 1


async def test_its_number_tells_a_change() -> None:
    """What has not changed keeps its number, though the instant is another."""
    store = Store()
    board = SharedDashboard(store.look, every=0)
    first = await board.now()

    async def another() -> bool:
        return (await board.now()) is not first

    await eventually(another)
    again = await board.now()
    assert again.number == first.number
    assert orjson.loads(again.text)["at"] > orjson.loads(first.text)["at"]
    store.quarantined = 1

    async def changed() -> bool:
        return (await board.now()).number > first.number

    await eventually(changed)


async def test_a_store_that_takes_its_time_is_asked_less_often() -> None:
    """The next look comes no sooner than ten times as long after it as it took."""
    store = Store()
    board = SharedDashboard(store.look, every=0)
    store.may_answer.clear()
    loop = asyncio.get_running_loop()
    began = loop.time()
    looking = asyncio.create_task(board.now())
    loop.call_later(0.1, store.may_answer.set)
    first = await looking
    took = loop.time() - began

    async def another() -> bool:
        return await board.now() is not first

    await eventually(another)
    assert loop.time() - began >= 9 * took
    assert store.looks == 2


async def test_a_store_that_is_away_is_asked_again() -> None:
    """Everybody who waits hears it; the next look finds out anew."""
    store = Store()
    store.away = True
    board = SharedDashboard(store.look)
    results = await asyncio.gather(*(board.now() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * 3
    store.away = False
    assert (await board.now()).number > 0


async def test_counting_goes_on_while_there_is_more() -> None:
    """A long past is caught up with a batch after the other, and then looked at every so often."""

    class Past:
        left = 5

        async def count(self) -> bool:
            self.left -= 1
            return self.left > 0

        async def prune(self, limit: int) -> int:
            return 0

    past, stop = Past(), asyncio.Event()
    running = asyncio.create_task(Counts(past, seconds=60).run(stop))

    async def done() -> bool:
        return past.left == 0

    await eventually(done)
    stop.set()
    await running
    assert past.left == 0
