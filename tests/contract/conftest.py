"""Both kinds of place: each test of a contract runs in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.places import MemoryPlace, Place
from support.postgres_places import PostgresPlace, postgres_place
from support.steps import AYU, BIMA, SARI, TINI


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Money is written down as of invoices with made-up names, as a twin may have them."""
    named = pytest.mark.unsound("makes up names of invoices", "m9_captures_are_of_their_invoices")
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(named)


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
