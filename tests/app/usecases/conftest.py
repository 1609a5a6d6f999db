"""A desk on this test's own database."""

from collections.abc import AsyncIterator

import pytest

from support.billing import Bank
from support.billing import bank as open_bank
from support.desk import Office, office


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
