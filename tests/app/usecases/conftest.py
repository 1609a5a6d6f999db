"""A desk on this test's own database."""

from collections.abc import AsyncIterator

import pytest

from support.desk import Office, office


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """The office of one test."""
    async with office(database_url, connections=10) as opened:
        yield opened
