"""One house per module, and after each test the question whether everything still holds.

A module says with ``INSTANCES`` how many servers it wants, with ``SETTINGS`` which settings are in force,
with ``VARIABLES`` what the environment says.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis

from support.evening import House
from support.server import new_database
from support.stores import Stores, numbers

ROUNDS = 300
LONG_ROUNDS = 10_000

# Nobody goes stale while a module's stories are told, unless the story is about that.
PATIENT = {"mitra_stale_after_seconds": 3600}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play 300 rounds of each race, or 10,000 where nothing but races is asked for."""
    if "rounds" in metafunc.fixturenames:
        alone = metafunc.config.getoption("markexpr") == "race"
        hour = pytest.mark.timeout(3600)
        metafunc.parametrize("rounds", [pytest.param(LONG_ROUNDS if alone else ROUNDS, marks=hour)])


@pytest.fixture(scope="module")
def variables(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """What the environment says; a module may have a fixture of its own by this name."""
    said: Mapping[str, str] = getattr(request.module, "VARIABLES", {})
    return said


@pytest.fixture(scope="module")
async def house(
    request: pytest.FixtureRequest,
    variables: Mapping[str, str],
    stores: Stores,
    postgres_admin: psycopg.Connection,
    database_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[House]:
    """A database and servers for the stories of one module."""
    module = request.module
    with ExitStack() as stack:
        database_url = stack.enter_context(new_database(stores, postgres_admin, database_template))
        folder: Path = tmp_path_factory.mktemp("house")
        opened = House(database_url, _valkey(stores), folder)
        try:
            await opened.opened(getattr(module, "INSTANCES", 1), **variables)
            if settings := getattr(module, "SETTINGS", PATIENT):
                await opened.settings(**settings)
            yield opened
        finally:
            await opened.close()


@pytest.fixture(autouse=True)
async def everything_holds(house: House) -> AsyncIterator[None]:
    """After each test every invariant holds, no log tells of an error, and no secret got out."""
    yield
    await house.goes_home()
    await house.is_sound()
    await house.keeps_secrets()


def _valkey(stores: Stores) -> str:
    """A database of Valkey that no other test of this run has."""
    first = 1 + int(stores.worker.removeprefix("gw")) % 16 * 31
    url = f"{stores.valkey_url}?db={first + next(numbers) % 31}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
