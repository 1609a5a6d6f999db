"""Half of the nights that every run plays, in a file of its own: so two processes share them."""

import pytest

from halobestie_app.simulation import Fault
from halobestie_app.simulation.floors import SOME, missing
from support.nights import played


@pytest.mark.timeout(400)  # of 25 seconds on a core that has nothing else to do
def test_nothing_is_broken_and_everything_was_met() -> None:
    """So many steps keep every law, and take every row and meet every refusal that is not rare."""
    nights = played(1, SOME)
    assert missing(nights.met, nights.steps) == ()
    assert set(nights.faults) == set(Fault)
