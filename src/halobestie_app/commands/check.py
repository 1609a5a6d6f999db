"""``halobestie check``: is everything there that a server needs, and does everything hold that must."""

import asyncio
from collections.abc import AsyncIterator

import click
from attrs import frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_adapters.errors import StoreError
from halobestie_adapters.postgres import roles
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.invariants import Q
from halobestie_adapters.postgres.invariants import check as broken
from halobestie_adapters.postgres.migrations import pending, read
from halobestie_adapters.postgres.pool import conninfo
from halobestie_adapters.redis.connection import RedisLink
from halobestie_app.commands import stores
from halobestie_app.commands.stores import Urls
from halobestie_app.environment import Environment, Role, listening


@frozen
class Finding:
    """One thing that was looked at, how it is, and whether that is well."""

    what: str
    how: str
    well: bool = True


@click.command()
@click.option("--invariants", is_flag=True, help="Ask the database too whether everything holds that must.")
def check(*, invariants: bool) -> None:
    """Look at the configuration, both stores and the migrations; change nothing.

    The exit status is 1 if one of them is not well.
    """
    env = stores.told()
    if not asyncio.run(_told(env, invariants=invariants)):
        raise click.exceptions.Exit(1)


async def _told(env: Environment, *, invariants: bool) -> bool:
    """Print each finding as it comes; whether all are well."""
    well = True
    async for finding in _looked(env, invariants=invariants):
        sign = "ok   " if finding.well else "WRONG"
        click.echo(f"{sign}  {finding.what:13}  {finding.how}")
        well = well and finding.well
    return well


async def _looked(env: Environment, *, invariants: bool) -> AsyncIterator[Finding]:
    binds = listening(env, frozenset(Role)).items()
    where = ", ".join(f"{role} on {bind.host}:{bind.port}" for role, bind in binds)
    yield Finding("configuration", f"{env.stage}; {where}")
    async with stores.opened(env) as urls:
        async for finding in _postgres(urls, embedded=env.database_url is None, invariants=invariants):
            yield finding
        yield await _redis(urls, embedded=env.valkey_url is None)


async def _postgres(urls: Urls, *, embedded: bool, invariants: bool) -> AsyncIterator[Finding]:
    try:
        with translated():
            conn = await AsyncConnection.connect(conninfo(urls.owner), autocommit=True)
    except StoreError as failed:
        yield Finding("PostgreSQL", _first_line(failed), well=False)
        return
    async with conn:
        version = conn.info.server_version
        yield Finding("PostgreSQL", f"{version // 10000}.{version % 10000}{_embedded(embedded)}")
        migrations = await _migrations(conn)
        yield migrations
        if migrations.well:
            yield await _rights(urls, conn)
        if invariants and migrations.well:
            async for finding in _invariants(conn, alone=urls.alone):
                yield finding


async def _migrations(conn: AsyncConnection[TupleRow]) -> Finding:
    try:
        missing = await pending(conn)
    except StoreError as refused:
        return Finding("migrations", _first_line(refused), well=False)
    if missing:
        names = ", ".join(missing)
        return Finding("migrations", f"missing: {names}; run: halobestie migrate", well=False)
    return Finding("migrations", f"all {len(read())} have run")


async def _rights(urls: Urls, owner: AsyncConnection[TupleRow]) -> Finding:
    """What the server may do beyond its work; worth a word, and no reason not to start."""
    if urls.embedded and not await roles.is_there(owner, roles.SERVER):
        return Finding("rights", f"{roles.SERVER} is made by the first start")
    try:
        with translated():
            url = await stores.as_server(urls)
            async with await AsyncConnection.connect(conninfo(url), autocommit=True) as conn:
                more = await roles.excess(conn)
                who = conn.info.user
    except StoreError as failed:
        return Finding("rights", _first_line(failed), well=False)
    if not await roles.are_granted(owner):
        more.append(f"there is no role {roles.GROUP} with its rights; make it and run: halobestie migrate")
    if more:
        return Finding("rights", f"{who}, who {'; '.join(more)}; see MIGRATION_DATABASE_URL")
    return Finding("rights", f"{who}, with those of {roles.GROUP} alone")


async def _invariants(conn: AsyncConnection[TupleRow], *, alone: bool) -> AsyncIterator[Finding]:
    """Without a server, work that is due waits, and rightly so: then ask only what holds at every commit."""
    try:
        violations = await broken(conn, eventual=not alone)
    except StoreError as failed:
        yield Finding("invariants", _first_line(failed), well=False)
        return
    for violation in violations:
        yield Finding("invariants", str(violation), well=False)
    if not violations:
        asked = [text for text in Q.descriptions.values() if not (alone and text.startswith("E "))]
        rest = "; the others are for when a server runs" if len(asked) < len(Q.descriptions) else ""
        yield Finding("invariants", f"all {len(asked)} hold{rest}")


async def _redis(urls: Urls, *, embedded: bool) -> Finding:
    link = RedisLink(urls.valkey)
    try:
        wrong = await link.probe()
        if wrong is not None:
            return Finding("Redis", wrong, well=False)
        facts = await link.ask("INFO", "server")
    except StoreError as failed:
        return Finding("Redis", _first_line(failed), well=False)
    finally:
        await link.aclose()
    version = f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else facts["redis_version"]
    return Finding("Redis", f"{version}{_embedded(embedded)}")


def _embedded(yes: bool) -> str:  # noqa: FBT001  a private helper of one sentence
    return ", embedded" if yes else ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
