"""The virtual loop: it waits for nothing, takes any order, and the same chance is the same order."""

import asyncio
from random import Random

import pytest

from halobestie_app.simulation.loop import Stuck, VirtualLoop


def played(seed: int) -> tuple[list[int], float]:
    """The order in which ten tasks end that are ready at once, and how late it is then."""
    ended: list[int] = []

    async def one(number: int) -> None:
        await asyncio.sleep(0)
        ended.append(number)
        await asyncio.sleep(3600)

    async def all_of_them() -> None:
        await asyncio.gather(*map(one, range(10)))

    loop = VirtualLoop(Random(seed), lambda _now: None, lambda _task: None)
    try:
        loop.run_until_complete(all_of_them())
        return ended, loop.time()
    finally:
        loop.close()


def test_an_hour_takes_no_time() -> None:
    """Time jumps to the next timer."""
    _, late = played(1)
    assert late == 3600.0


def test_order_is_chance() -> None:
    """What is ready runs in an order that the seed decides, and nothing else."""
    orders = [tuple(played(seed)[0]) for seed in range(5)]
    assert len(set(orders)) == 5
    assert played(3)[0] == list(orders[3])
    assert all(sorted(order) == list(range(10)) for order in orders)


def test_time_outs_time_out() -> None:
    """What asyncio itself is made of works in any order."""

    async def wait() -> str:
        lock = asyncio.Lock()
        await lock.acquire()
        try:
            async with asyncio.timeout(2.0):
                await lock.acquire()
        except TimeoutError:
            return "too late"
        return "had it"

    loop = VirtualLoop(Random(1), lambda _now: None, lambda _task: None)
    try:
        assert loop.run_until_complete(wait()) == "too late"
        assert loop.time() == 2.0
    finally:
        loop.close()


def test_whoever_waits_for_ever_is_found() -> None:
    """When nothing is ready and no timer runs, the loop says so instead of standing still."""

    async def wait() -> None:
        await asyncio.Event().wait()

    loop = VirtualLoop(Random(1), lambda _now: None, lambda _task: None)
    task = loop.create_task(wait())
    try:
        with pytest.raises(Stuck):
            loop.run_until_complete(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
    finally:
        loop.close()
