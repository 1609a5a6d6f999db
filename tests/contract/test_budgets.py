"""Counting is the same sum in Redis and in this process: told the same time, both say the same."""

import random
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from attrs import define

from halobestie_adapters.budgets import LocalBudgets
from halobestie_adapters.redis.budgets import COUNT, SCARCE, RedisBudgets
from halobestie_adapters.redis.connection import RedisLink
from halobestie_core.ports.budgets import Budget, Budgets

pytestmark = pytest.mark.anyio

TOLD = "local now = tonumber(ARGV[5])\n"
"""The clock of a test, in place of Redis' own."""
FEW = Budget("few", 7, 3600)
SECOND = 1_000_000


@define
class Clock:
    """A clock that stands until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        """What it says."""
        return self.now


@pytest.fixture
async def link(valkey_url: str) -> AsyncIterator[RedisLink]:
    """A way to Valkey, with names of its own."""
    opened = RedisLink(valkey_url, namespace=uuid4().hex, seconds=5)
    yield opened
    await opened.aclose()


@pytest.fixture(params=["here", "redis"])
def budgets(request: pytest.FixtureRequest) -> Budgets:
    """Either kind."""
    if request.param == "here":
        return LocalBudgets()
    return RedisBudgets(request.getfixturevalue("link"), LocalBudgets(), patience=5)


async def counted(link: RedisLink, now: int, wish: int = 1) -> int:
    """What the script answers at this microsecond."""
    given = FEW.limit, FEW.seconds * SECOND, wish, SCARCE, now
    return int(await link.ask("EVAL", TOLD + COUNT, 1, link.key("ayu"), *given))


async def test_so_many_each_and_no_more(budgets: Budgets) -> None:
    """One person's are not another's, nor those of another budget; a refusal says when there is one again."""
    assert [await budgets.spend(FEW, "ayu") for _ in range(FEW.limit)] == [0] * FEW.limit
    assert FEW.seconds - 60 < await budgets.spend(FEW, "ayu") <= FEW.seconds
    assert await budgets.spend(FEW, "budi") == 0
    assert await budgets.spend(Budget("other", 7, 3600), "ayu") == 0


@pytest.mark.parametrize("seed", range(4))
async def test_both_count_alike(link: RedisLink, seed: int) -> None:
    """Whenever somebody comes, both let in or refuse, and tell the same seconds."""
    dice, clock = random.Random(seed), Clock()
    local = LocalBudgets(clock)
    now = 1_800_000_000 * SECOND
    told = set()
    for _ in range(150):
        now += dice.choice((0, 1, 60, 400, 1800, dice.randrange(600))) * SECOND
        clock.now = now / SECOND
        answer = await counted(link, now)
        wait = local.spend_now(FEW, "ayu")
        assert (answer > 0) == (wait == 0)
        if wait:
            assert -answer / SECOND == pytest.approx(wait, abs=1e-4)
        told.add(answer > 0)
    assert told == {True, False}


async def test_a_portion_comes_back_when_it_was_taken(link: RedisLink) -> None:
    """Whoever wishes for many gets what is there, and at most a tenth of it, but one always."""
    slow = Budget("slow", 100, 3600)

    async def taken(now: int, wish: int) -> int:
        given = slow.limit, slow.seconds * SECOND, wish, SCARCE, now
        return int(await link.ask("EVAL", TOLD + COUNT, 1, link.key("ayu"), *given))

    got = [await taken(second * SECOND, 4) for second in range(60)]
    assert got[:3] == [4, 4, 4]
    assert sum(one for one in got if one > 0) == slow.limit
    refused = next(second for second, one in enumerate(got) if one < 0)
    assert got[refused] == (refused - slow.seconds) * SECOND
    assert await taken((slow.seconds - 1) * SECOND, 4) == -SECOND
    assert await taken(slow.seconds * SECOND, 4) == 1
    assert await taken(2 * slow.seconds * SECOND, 4) == 4
