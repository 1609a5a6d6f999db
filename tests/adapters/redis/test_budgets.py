"""Budgets: so many and no more, for all instances together, and alone when Redis is away."""

import asyncio
from collections import Counter
from uuid import uuid4

import pytest
from attrs import define

from halobestie_adapters.budgets import LocalBudgets
from halobestie_adapters.redis.budgets import RedisBudgets
from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.ports.budgets import Budget
from support.line import Line

pytestmark = pytest.mark.anyio

FEW = Budget("few", 5, 60)


@define
class Clock:
    """A clock that stands until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        """What it says."""
        return self.now


def test_so_many_at_once_and_no_more_until_they_come_back() -> None:
    """The whole budget may be spent in a moment; each comes back when its time is over."""
    clock = Clock()
    local = LocalBudgets(clock)
    assert [local.spend_now(FEW, "ayu") for _ in range(4)] == [0.0] * 4
    clock.now = 12
    assert local.spend_now(FEW, "ayu") == 0
    assert local.spend_now(FEW, "ayu") == pytest.approx(48, abs=1e-4)
    assert local.wait_now(FEW, "ayu") == pytest.approx(48, abs=1e-4)
    assert local.spend_now(FEW, "budi") == 0
    assert local.spend_now(Budget("other", 5, 60), "ayu") == 0
    clock.now = 59.9
    assert local.spend_now(FEW, "ayu") == pytest.approx(0.1, abs=1e-4)
    clock.now = 60
    assert [local.spend_now(FEW, "ayu") > 0 for _ in range(5)] == [False] * 4 + [True]


def test_what_cost_nothing_is_given_back() -> None:
    """And who has taken nothing has nothing to give back."""
    local = LocalBudgets(Clock())
    for _ in range(50):
        assert local.spend_now(FEW, "ayu") == 0
        local.give_back(FEW, "ayu")
    local.give_back(FEW, "ayu")
    local.give_back(FEW, "budi")
    assert [local.spend_now(FEW, "ayu") > 0 for _ in range(6)] == [False] * 5 + [True]


def test_nobody_fills_the_memory() -> None:
    """Strangers without end push out whoever has not come for the longest time, and not who comes now."""
    clock = Clock()
    local = LocalBudgets(clock, most=10)
    for number in range(10):
        local.spend_now(FEW, f"stranger {number}")
    for _ in range(5):
        local.spend_now(FEW, "stranger 0")
    for number in range(10, 15):
        assert local.spend_now(FEW, f"stranger {number}") == 0
        assert local.remembered <= 10
    assert local.spend_now(FEW, "stranger 0") > 0


def test_nobody_is_remembered_for_nothing() -> None:
    """Two who have everything back are forgotten for one who comes, without looking through all."""
    clock = Clock()
    local = LocalBudgets(clock)
    for number in range(100):
        local.spend_now(FEW, f"stranger {number}")
    clock.now = 60
    for number in range(40):
        local.spend_now(FEW, f"guest {number}")
    assert local.remembered == 100 - 2 * 40 + 40
    for number in range(40, 80):
        local.spend_now(FEW, f"guest {number}")
    assert local.remembered == 80


async def test_all_instances_count_together(link: RedisLink) -> None:
    """Forty at once over two instances: five get through, and the rest hears when to come again."""
    instances = [RedisBudgets(link, LocalBudgets(), patience=5) for _ in range(2)]
    waits = await asyncio.gather(*(instances[n % 2].spend(FEW, "ayu") for n in range(40)))
    assert Counter(wait == 0 for wait in waits) == {True: 5, False: 35}
    assert all(0 < wait <= 60 for wait in waits if wait)
    assert await instances[0].spend(FEW, "budi") == 0


async def test_who_it_is_cannot_be_read_in_redis(link: RedisLink) -> None:
    """And a budget that is whole again is not kept there."""
    shared = RedisBudgets(link, LocalBudgets(), patience=5)
    assert [await shared.spend(FEW, "ayu") for _ in range(5)] == [0] * 5
    assert 59 < await shared.spend(FEW, "ayu") <= 60
    [key] = await link.ask("KEYS", link.key("*"))
    assert b"ayu" not in key
    assert 0 < await link.ask("PTTL", key) <= 60_001


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
    assert waits.count(0) == 600
    assert all(wait > 0 for wait in waits[-100:])
    alone = RedisBudgets(link, LocalBudgets(), patience=5)
    together = await asyncio.gather(*(alone.spend(slow, "budi") for _ in range(650)))
    assert together.count(0) == 600


async def test_most_requests_ask_nobody(link: RedisLink) -> None:
    """One question for ten of 600, and for fewer when there are not many left."""
    slow = Budget("slow", 600, 600_000)
    shared = RedisBudgets(link, LocalBudgets(), patience=5)
    assert [await shared.spend(slow, "ayu") for _ in range(200)] == [0] * 200
    [key] = await link.ask("KEYS", link.key("*"))
    taken = await link.ask("LRANGE", key, 0, -1)
    assert (len(taken), len(set(taken))) == (200, 20)
    assert [await shared.spend(slow, "ayu") for _ in range(400)] == [0] * 400
    assert await link.ask("LLEN", key) == 600


async def test_the_fallback_goes_on_from_what_was_seen(valkey_url: str) -> None:
    """Whoever has spent everything gets no second budget when Redis goes, nor a third when it is emptied."""
    clock = Clock()
    async with Line(valkey_url) as line:
        link = RedisLink(line.url, namespace=uuid4().hex, seconds=5)
        shared = RedisBudgets(link, LocalBudgets(clock), patience=5, clock=clock)
        assert [await shared.spend(FEW, "ayu") for _ in range(3)] == [0] * 3
        line.cut()
        assert [await shared.spend(FEW, "ayu") > 0 for _ in range(3)] == [False, False, True]
        line.mend()
        clock.now = 2
        assert await shared.spend(FEW, "budi") == 0
        assert await link.ask("DEL", *await link.ask("KEYS", link.key("*"))) == 2
        assert await shared.spend(FEW, "ayu") == pytest.approx(58, abs=1e-4)
        clock.now = 60
        assert await shared.spend(FEW, "ayu") == 0
        await link.aclose()


async def test_what_is_held_is_let_go_after_a_while(link: RedisLink) -> None:
    """Somebody who comes seldom is asked for again, and loses what nobody used."""
    clock = Clock()
    slow = Budget("slow", 120, 600_000)
    mine = RedisBudgets(link, LocalBudgets(clock), patience=5, clock=clock)
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
        assert await shared.spend(FEW, "ayu") == pytest.approx(60, abs=1e-4)
        first = len(asked)
        assert first >= 1
        await asyncio.gather(*(shared.spend(FEW, str(number)) for number in range(100)))
        assert len(asked) == first
        clock.now = 1.5
        await asyncio.gather(*(shared.spend(FEW, str(number)) for number in range(100)))
        assert first < len(asked) <= first + 2  # a connection says its name first
        await paused.aclose()
