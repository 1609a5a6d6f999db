"""Opens a house for the stories of one module, as the module wants it. Knows no story.

A module says with ``INSTANCES`` how many servers it wants, with ``SETTINGS`` which settings are in force.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import ModuleType

import psycopg
import redis

from support.evening import House
from support.server import new_database
from support.stores import Stores, numbers

# Nobody goes stale while a module's stories are told, unless the story is about that.
PATIENT = {"mitra_stale_after_seconds": 3600}


@asynccontextmanager
async def house_of(
    module: ModuleType,
    stores: Stores,
    admin: psycopg.Connection,
    template: str,
    folder: Path,
    variables: Mapping[str, str],
) -> AsyncIterator[House]:
    """A database of its own, and servers whose environment says ``variables``."""
    with ExitStack() as stack:
        database_url = stack.enter_context(new_database(stores, admin, template))
        opened = House(database_url, _valkey(stores), folder)
        try:
            await opened.opened(getattr(module, "INSTANCES", 1), **variables)
            if settings := getattr(module, "SETTINGS", PATIENT):
                await opened.settings(**settings)
            yield opened
        finally:
            await opened.close()


def _valkey(stores: Stores) -> str:
    """A database of Valkey that no other test of this run has."""
    first = 1 + int(stores.worker.removeprefix("gw")) % 16 * 31
    url = f"{stores.valkey_url}?db={first + next(numbers) % 31}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
