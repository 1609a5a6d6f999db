"""One test rig per module."""

from collections.abc import AsyncIterator

import pytest

from support.rig import Rig, rigged


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    """Three instances, their own stores, and a line to everything they talk to."""
    async with rigged(tmp_path_factory.mktemp("rig")) as built:
        yield built
