"""A desk on this test's own database, and how many rounds a race has."""

from collections.abc import AsyncIterator

import pytest

from support.billing import Bank
from support.billing import bank as open_bank
from support.desk import Office, office

ROUNDS = 300
LONG_ROUNDS = 10_000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play 300 rounds of each race, or 10,000 where nothing but races is asked for."""
    if "rounds" in metafunc.fixturenames:
        alone = metafunc.config.getoption("markexpr") == "race"
        hour = pytest.mark.timeout(3600)
        metafunc.parametrize("rounds", [pytest.param(LONG_ROUNDS if alone else ROUNDS, marks=hour)])


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """The office of one test."""
    async with office(database_url, connections=10) as opened:
        yield opened


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Bank]:
    """The office of one test, with a till, and a stand-in for the gateway."""
    async with open_bank(database_url) as opened:
        yield opened
