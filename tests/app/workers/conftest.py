"""A desk on this test's own database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.desk import Office, office
from support.pushing import Mailroom, mailroom


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """The office of one test."""
    async with office(database_url) as opened:
        yield opened


@pytest.fixture
async def room(desk: Office, tmp_path: Path) -> AsyncIterator[Mailroom]:
    """The push loop of one instance."""
    async with mailroom(desk, tmp_path) as opened:
        yield opened
