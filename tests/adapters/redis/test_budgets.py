"""Budgets: so many and no more, for all instances together, and alone when Redis is away."""

import asyncio
from collections import Counter

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from halobestie_adapters.budgets import LocalBudgets
from halobestie_adapters.redis.budgets import RedisBudgets
from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.ports.budgets import Budget

pytestmark = pytest.mark.anyio

FEW = Budget("few", 5, 60)


@define
class Clock:
    """A clock that stands until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        """What it says."""
        return self.now


def test_so_many_at_once_and_then_one_by_one() -> None:
    """The whole budget may be spent in a moment; after that it comes back bit by bit."""
    clock = Clock()
    local = LocalBudgets(clock)
    assert [local.spend_now(FEW, "ayu") for _ in range(5)] == [0.0] * 5
    assert local.spend_now(FEW, "ayu") == pytest.approx(12)
    assert local.spend_now(FEW, "budi") == 0
    assert local.spend_now(Budget("other", 5, 60), "ayu") == 0
    clock.now = 11.9
    assert local.spend_now(FEW, "ayu") == pytest.approx(0.1)
    clock.now = 12
    assert local.spend_now(FEW, "ayu") == 0
    assert local.spend_now(FEW, "ayu") > 0


@given(st.lists(st.floats(0, 5), max_size=80))
def test_never_more_than_the_budget(pauses: list[float]) -> None:
    """Whatever the pauses: between any two moments no more is had than the limit and what was earned."""
    clock = Clock()
    local = LocalBudgets(clock)
    had: list[float] = []
    for pause in pauses:
        clock.now += pause
        if local.spend_now(FEW, "ayu") == 0:
            had.append(clock.now)
    for first, start in enumerate(had):
        for last in range(first, len(had)):
            assert last - first + 1 <= FEW.limit + (had[last] - start) / FEW.interval + 1e-6


def test_nobody_fills_the_memory() -> None:
    """Strangers without end push out those whose budget is whole, then the oldest."""
    clock = Clock()
    local = LocalBudgets(clock, most=10)
    for number in range(10):
        local.spend_now(FEW, f"stranger {number}")
    for _ in range(5):
        local.spend_now(FEW, "stranger 9")
    assert local.spend_now(FEW, "stranger 10") == 0
    assert local.spend_now(FEW, "stranger 9") > 0
    clock.now = 3600
    assert local.spend_now(FEW, "stranger 11") == 0


async def test_all_instances_count_together(link: RedisLink) -> None:
    """Forty at once over two instances: five get through, and the rest hears when to come again."""
    instances = [RedisBudgets(link, LocalBudgets(), patience=5) for _ in range(2)]
    waits = await asyncio.gather(*(instances[n % 2].spend(FEW, "ayu") for n in range(40)))
    assert Counter(wait == 0 for wait in waits) == {True: 5, False: 35}
    assert all(0 < wait <= 12 for wait in waits if wait)
    assert await instances[0].spend(FEW, "budi") == 0


async def test_it_comes_back(link: RedisLink) -> None:
    """As fast as it is earned; what is forgotten is whole."""
    quick = Budget("quick", 2, 1)
    shared = RedisBudgets(link, LocalBudgets(), patience=5)
    assert [await shared.spend(quick, "ayu") for _ in range(2)] == [0, 0]
    wait = await shared.spend(quick, "ayu")
    assert 0 < wait <= 0.5
    keys = await link.ask("KEYS", link.key("budget", "*"))
    assert len(keys) == 1
    assert b"ayu" not in keys[0]
    assert 0 < await link.ask("PTTL", keys[0]) <= 1001


async def test_without_redis_each_counts_alone() -> None:
    """The same figures, and nobody waits."""
    away = RedisLink("redis://127.0.0.1:9/0", seconds=0.05)
    shared = RedisBudgets(away, LocalBudgets(), patience=0.2)
    assert [await shared.spend(FEW, "ayu") for _ in range(5)] == [0] * 5
    assert await shared.spend(FEW, "ayu") > 0
    await away.aclose()


async def test_an_instance_takes_a_few_at_a_time(link: RedisLink) -> None:
    """Whatever they hold counts as spent: together never more than the budget, and hardly less."""
    slow = Budget("slow", 600, 600_000)
    instances = [RedisBudgets(link, LocalBudgets(), patience=5) for _ in range(3)]
    waits = [await instances[n % 3].spend(slow, "ayu") for n in range(700)]
    assert 600 - 2 * 9 <= waits.count(0) <= 600
    assert all(wait > 0 for wait in waits[620:])
    alone = RedisBudgets(link, LocalBudgets(), patience=5)
    together = await asyncio.gather(*(alone.spend(slow, "budi") for _ in range(650)))
    assert together.count(0) == 600


async def test_what_is_held_is_let_go_after_a_while(link: RedisLink) -> None:
    """Somebody who comes seldom is asked for again, and loses what nobody used."""
    clock = Clock()
    slow = Budget("slow", 120, 600_000)
    mine = RedisBudgets(link, LocalBudgets(), patience=5, clock=clock)
    other = RedisBudgets(link, LocalBudgets(), patience=5)
    assert await mine.spend(slow, "ayu") == 0  # takes two, uses one
    clock.now = 31
    assert await mine.spend(slow, "ayu") == 0
    left = [await other.spend(slow, "ayu") for _ in range(120)]
    assert left.count(0) == 116


async def test_a_redis_that_does_not_answer_costs_one_request_a_moment() -> None:
    """Once it was waited for in vain, nobody waits, until one tries again."""
    asked: list[bytes] = []
    clock = Clock()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            asked.append(data)
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        paused = RedisLink(f"redis://127.0.0.1:{port}/0", seconds=0.2)
        shared = RedisBudgets(paused, LocalBudgets(clock), patience=0.05, clock=clock)
        assert [await shared.spend(FEW, "ayu") for _ in range(5)] == [0] * 5
        assert await shared.spend(FEW, "ayu") == pytest.approx(12)
        first = len(asked)
        assert first >= 1
        await asyncio.gather(*(shared.spend(FEW, str(number)) for number in range(100)))
        assert len(asked) == first
        clock.now = 1.5
        await asyncio.gather(*(shared.spend(FEW, str(number)) for number in range(100)))
        assert first < len(asked) <= first + 2  # a connection says its name first
        await paused.aclose()
