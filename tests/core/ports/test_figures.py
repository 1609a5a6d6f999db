"""What ports compute by themselves: how a budget comes back, a histogram's steps, a second try."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_core.ports.budgets import TICK, Budget
from halobestie_core.ports.idempotency import Attempt, Claim, KeyOf
from halobestie_core.ports.presence import User
from halobestie_core.ports.reports import STEP, seconds_of
from halobestie_core.words import UserType

BUDGETS = st.builds(Budget, st.just("any"), st.integers(1, 12), st.integers(1, 60))


def given_at(budget: Budget, times: list[float]) -> list[float]:
    """When somebody who came at these times was given one; never more than the limit is remembered."""
    spent: list[float] = []
    given: list[float] = []
    for now in times:
        if not budget.wait(spent, now):
            spent.append(now)
            given.append(now)
        assert len(spent) <= budget.limit
    return given


@given(BUDGETS, st.lists(st.floats(0, 20), max_size=120))
def test_never_more_than_the_budget(budget: Budget, pauses: list[float]) -> None:
    """No stretch as long as the budget's time has more than the limit, wherever it begins."""
    now, times = 0.0, []
    for pause in pauses:
        now += pause
        times.append(now)
    given = given_at(budget, times)
    for first, later in zip(given, given[budget.limit :], strict=False):
        assert later - first >= budget.seconds - 2 * TICK


@given(BUDGETS, st.lists(st.floats(0, 20), max_size=120))
def test_nobody_is_refused_who_was_not_given_the_limit(budget: Budget, pauses: list[float]) -> None:
    """A refusal means that the limit was given within the time, and it tells exactly until when."""
    now = 0.0
    spent: list[float] = []
    given: list[float] = []
    for pause in pauses:
        now += pause
        wait = budget.wait(spent, now)
        if wait:
            assert sum(then > now - budget.seconds for then in given) == budget.limit
            assert budget.wait(spent.copy(), now + wait - 2 * TICK) > 0 or wait < 2 * TICK
            assert budget.wait(spent.copy(), now + wait) == pytest.approx(0, abs=TICK)
            assert wait <= budget.seconds
        else:
            spent.append(now)
            given.append(now)


@given(BUDGETS, st.floats(0, 1e6), st.integers(1, 5))
def test_a_steady_caller_is_never_refused(budget: Budget, begun: float, at_once: int) -> None:
    """One by one or a few at a time, as fast as the budget says, for ever."""
    some = min(at_once, budget.limit)
    step = budget.seconds * some / budget.limit
    times = [begun + step * turn for turn in range(5 * budget.limit) for _ in range(some)]
    assert given_at(budget, times) == times or budget.limit % some


def test_the_whole_at_once_and_again_when_it_came_back() -> None:
    """Who takes all in a moment has all again when its time is over, and nothing until then."""
    few = Budget("few", 3, 60)
    spent: list[float] = []
    for _ in range(3):
        assert few.wait(spent, 7.0) == 0
        spent.append(7.0)
    assert few.wait(spent, 7.0) == pytest.approx(60, abs=2 * TICK)
    assert few.wait(spent, 66.9) == pytest.approx(0.1, abs=2 * TICK)
    assert few.wait(spent, 67.0) == 0
    assert spent == []


def test_a_budget_is_something() -> None:
    """None at all would be a closed door, and for ever would be no budget."""
    for wrong in ((0, 60), (600, 0)):
        with pytest.raises(ValueError, match="must be > 0"):
            Budget("any", *wrong)


def test_a_step_stands_for_what_fell_into_it() -> None:
    """Within a few hundredths of whatever it was, however long."""
    for step in range(120):
        low, high = STEP**step, STEP ** (step + 1)
        assert seconds_of(step) == pytest.approx(low, rel=0.03)
        assert seconds_of(step) == pytest.approx(high, rel=0.03)


def test_the_second_try_knows_that_it_is_one() -> None:
    """And all tries of a key make the same thing."""
    whose, made = KeyOf(User(UserType.CUSTOMER, UUID(int=1)), "k"), UUID(int=2)
    assert [Claim(whose, made, tries).attempt for tries in (1, 2)] == [
        Attempt(made, again=False),
        Attempt(made, again=True),
    ]
