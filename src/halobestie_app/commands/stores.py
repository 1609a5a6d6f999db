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
from halobestie_adapters.postgres import roles
from halobestie_adapters.postgres.migrations import MigrationRefused, migrate
from halobestie_adapters.postgres.pool import make_pool
from halobestie_app import development_secrets, environment
from halobestie_app.commands.failing import CommandError
from halobestie_app.environment import BadVariable, Environment


@frozen
class Urls:
    """Where the two stores are. ``alone``: they are embedded, and nobody else uses them now.

    ``owner`` is the log-in that migrates; ``database`` is the servers', which may not be there before that.
    """

    owner: str
    database: str
    valkey: str
    alone: bool = False
    embedded: bool = False


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
        valkey = env.valkey_url.reveal() if env.valkey_url is not None else _of(embedded).valkey_url
        if env.database_url is None:
            owner = _of(embedded).database_url
            alone = _of(embedded).status()["clients"] == 1
            yield Urls(owner, roles.as_server(owner), valkey, alone=alone, embedded=True)
        else:
            database = env.database_url.reveal()
            other = env.migration_database_url
            yield Urls(database if other is None else other.reveal(), database, valkey)


@asynccontextmanager
async def migrated_pool(env: Environment, size: int = 2) -> AsyncIterator[AsyncConnectionPool]:
    """Give a pool on a database that is up to date, for commands that need nothing else."""
    async with opened(env) as urls:
        await up_to_date(urls)
        async with make_pool(await as_server(urls), size) as pool:
            yield pool


async def as_server(urls: Urls) -> str:
    """Where servers and commands connect once it is up to date: with no more rights than they need."""
    return urls.database if urls.embedded else await roles.stepped_down(urls.database)


async def up_to_date(urls: Urls) -> list[str]:
    """Run the migrations that are missing; return their names."""
    try:
        applied = await migrate(urls.owner)
        if urls.embedded:
            await roles.make_login(urls.owner)
        return applied
    except MigrationRefused as refused:
        raise CommandError(str(refused)) from None
    except StoreError as failed:
        raise CommandError(f"the database cannot be used: {failed}") from None


def _of(embedded: EmbeddedStores | None) -> EmbeddedStores:
    if embedded is None:
        raise LookupError("a store without an address is an embedded one")
    return embedded
