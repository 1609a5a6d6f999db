"""Both kinds of place: each test of a contract runs in memory and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from support.places import MemoryPlace, Place
from support.postgres_places import PostgresPlace, postgres_place
from support.steps import AYU, BIMA, SARI, TINI


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


@pytest.fixture
async def house(place: Place) -> Place:
    """Two customers, two mitras online."""
    for customer_id, name in ((AYU, "Ayu"), (BIMA, "Bima")):
        await place.customer(customer_id, name)
    for mitra_id, name in ((SARI, "Sari"), (TINI, "Tini")):
        await place.mitra(mitra_id, name, online=True)
    return place
