"""One house per module, and after each test the question whether everything still holds.

A module says with ``INSTANCES`` how many servers it wants, with ``SETTINGS`` which settings are in force,
with ``VARIABLES`` what the environment says.
"""

from collections.abc import AsyncIterator, Mapping

import psycopg
import pytest

from support.evening import House
from support.houses import house_of
from support.stores import Stores


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
    folder = tmp_path_factory.mktemp("house")
    async with house_of(
        request.module, stores, postgres_admin, database_template, folder, variables
    ) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def everything_holds(house: House) -> AsyncIterator[None]:
    """After each test every invariant holds, no log tells of an error, and no secret got out."""
    yield
    await house.goes_home()
    await house.is_sound()
    await house.keeps_secrets()
