"""A Chromium per module, a house per module, and after each test the question whether everything was well.

A module says with ``INSTANCES``, ``SETTINGS`` and ``VARIABLES`` what house it wants (`support.houses`), and
with ``XENDIT = True`` that money comes by way of hosted pages.
"""

import os
from collections.abc import AsyncIterator, Mapping

import psycopg
import pytest
from playwright.async_api import Browser

from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from support.browser import AVAILABILITY, MISSING, Street, chromium, chromium_here
from support.evening import House
from support.houses import house_of
from support.money import PATH
from support.road import Road
from support.screens import People
from support.stores import Stores


@pytest.fixture(scope="session", autouse=True)
def chromium_path() -> str:
    """Where Chromium is; without one these tests are skipped, which CI does not accept."""
    path = chromium_here()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    if path is None:
        pytest.skip(MISSING)
    return path


@pytest.fixture(scope="module")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with chromium(chromium_path) as started:
        yield started


@pytest.fixture(scope="module")
async def xendit(request: pytest.FixtureRequest) -> AsyncIterator[XenditPlace | None]:
    """Where one pays, in a module that says so."""
    if not getattr(request.module, "XENDIT", False):
        yield None
        return
    async with xendit_served() as place:
        yield place


@pytest.fixture(scope="module")
async def front() -> AsyncIterator[Road]:
    """The public address of the house, known before the house has any: hosted pages lead back there."""
    async with Road("http://127.0.0.1") as road:
        yield road


@pytest.fixture(scope="module")
def variables(request: pytest.FixtureRequest, xendit: XenditPlace | None, front: Road) -> Mapping[str, str]:
    """What the environment says."""
    said: Mapping[str, str] = getattr(request.module, "VARIABLES", {})
    return {"PUBLIC_URL": front.url, **(xendit.variables if xendit else {}), **said}


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


@pytest.fixture
async def people(
    house: House, browser: Browser, xendit: XenditPlace | None, front: Road
) -> AsyncIterator[People]:
    """Whoever comes; in the end no page has done what it may not, and every invariant holds."""
    street = Street(browser)
    if xendit is not None:
        front.leads_to(house.first.public)
        street.strangers |= {xendit.url, front.url}
        xendit.tell(house.first.public, PATH)
    crowd = People(house, street, xendit)
    yield crowd
    told = house.expected_trouble
    told = (told,) if isinstance(told, str) else told
    house.expected_trouble = (f'"{AVAILABILITY}","status":503', *told)
    await street.clears()
    street.verify()
    await crowd.part()
    await house.goes_home()
    await house.is_sound()
    await house.keeps_secrets()
