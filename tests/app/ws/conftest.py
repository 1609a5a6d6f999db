"""What the tests of the sockets share."""

from collections.abc import AsyncIterator

import pytest

from support.socketing import Place, serving


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A place with our protocol, as the server runs it."""
    async with serving() as served:
        yield served
