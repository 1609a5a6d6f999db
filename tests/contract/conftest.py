"""Both kinds of place: each test of a contract runs in memory and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from support.places import MemoryPlace, Place
from support.postgres_places import PostgresPlace, postgres_place


@pytest.fixture
async def on_postgres(database_url: str) -> AsyncIterator[PostgresPlace]:
    """A place on a fresh database."""
    async with postgres_place(database_url) as place:
        yield place


@pytest.fixture(params=["memory", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """A place of either kind."""
    found: Place = MemoryPlace() if request.param == "memory" else request.getfixturevalue("on_postgres")
    return found
