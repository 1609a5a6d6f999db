"""What ports compute by themselves: how a budget comes back, a histogram's steps, a second try."""

from uuid import UUID

import pytest

from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.idempotency import Attempt, Claim, KeyOf
from halobestie_core.ports.presence import User
from halobestie_core.ports.reports import STEP, seconds_of
from halobestie_core.words import UserType


def test_a_budget_comes_back_evenly() -> None:
    """Six hundred a minute are one every tenth of a second."""
    assert Budget("any", 600, 60).interval == pytest.approx(0.1)


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
