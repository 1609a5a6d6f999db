"""How many rounds a race has, for the tests of every folder. Knows no race.

A test that takes ``rounds`` is a race: it is marked so, and plays 300 rounds, or as many as
``RACE_ROUNDS`` says (`make race` says 10,000).
"""

import os
from typing import Final

import pytest

ROUNDS: Final = int(os.environ.get("RACE_ROUNDS", "300"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the number to whoever asks for it."""
    if "rounds" in metafunc.fixturenames:
        marks = [pytest.mark.race, pytest.mark.timeout(max(3600, 2 * ROUNDS))]
        metafunc.parametrize("rounds", [pytest.param(ROUNDS, marks=marks)])
