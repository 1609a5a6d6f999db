"""The stores of a command: those of the environment, else the data folder's own. Knows no command.

The embedded ones are shared: a command beside a running server uses the server's, and starts them for
itself otherwise.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from attrs import frozen
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.embedded.errors import EmbeddedError
from halobestie_adapters.errors import StoreError
from halobestie_adapters.postgres.migrations import MigrationRefused, migrate
from halobestie_adapters.postgres.pool import make_pool
from halobestie_app import development_secrets, environment
from halobestie_app.commands.failing import CommandError
from halobestie_app.environment import BadVariable, Environment


@frozen
class Urls:
    """Where the two stores are. ``alone``: they are embedded, and nobody else uses them now."""

    database: str
    valkey: str
    alone: bool = False


def told(variables: Mapping[str, str] | None = None) -> Environment:
    """Read the environment and refuse what must not start, each reason on a line of its own."""
    try:
        env = environment.read(variables)
    except BadVariable as wrong:
        raise CommandError(str(wrong)) from None
    reasons = environment.refusals(env)
    if reasons:
        raise CommandError("\n".join(["this configuration is refused:", *reasons]))
    return env


def prepared(variables: Mapping[str, str] | None = None) -> Environment:
    """Read the environment, and complete it by the secrets that development keeps in its data folder."""
    try:
        return development_secrets.completed(told(variables))
    except BadVariable as wrong:
        raise CommandError(str(wrong)) from None


@asynccontextmanager
async def opened(env: Environment) -> AsyncIterator[Urls]:
    """Give the addresses of both stores while they are needed."""
    async with AsyncExitStack() as stack:
        embedded: EmbeddedStores | None = None
        if env.database_url is None or env.valkey_url is None:
            embedded = EmbeddedStores(env.data_dir)
            try:
                await asyncio.to_thread(embedded.start)
            except EmbeddedError as failed:
                raise CommandError(str(failed)) from None
            stack.push_async_callback(asyncio.to_thread, embedded.close)
        yield Urls(
            env.database_url.reveal() if env.database_url is not None else _of(embedded).database_url,
            env.valkey_url.reveal() if env.valkey_url is not None else _of(embedded).valkey_url,
            alone=env.database_url is None and _of(embedded).status()["clients"] == 1,
        )


@asynccontextmanager
async def migrated_pool(env: Environment, size: int = 2) -> AsyncIterator[AsyncConnectionPool]:
    """Give a pool on a database that is up to date, for commands that need nothing else."""
    async with opened(env) as urls:
        await up_to_date(urls.database)
        async with make_pool(urls.database, size) as pool:
            yield pool


async def up_to_date(database_url: str) -> list[str]:
    """Run the migrations that are missing; return their names."""
    try:
        return await migrate(database_url)
    except MigrationRefused as refused:
        raise CommandError(str(refused)) from None
    except StoreError as failed:
        raise CommandError(f"the database cannot be used: {failed}") from None


def _of(embedded: EmbeddedStores | None) -> EmbeddedStores:
    if embedded is None:
        raise LookupError("a store without an address is an embedded one")
    return embedded
