"""What the tests of Redis share."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from halobestie_adapters.redis.connection import RedisLink


@pytest.fixture
async def link(valkey_url: str) -> AsyncIterator[RedisLink]:
    """A way to this test's database of Valkey, with channels of its own; patient, for a busy machine."""
    opened = RedisLink(valkey_url, namespace=uuid4().hex, seconds=5)
    yield opened
    await opened.aclose()
