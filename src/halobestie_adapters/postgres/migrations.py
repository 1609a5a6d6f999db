"""Plain-SQL migrations: ordered files, each run once, in its own transaction, by whichever instance is first.

It does not know what a migration contains, and has no way back: a change is undone by the next file. A file
that has run is never edited; its SHA-256 is kept in `schema_migrations` and compared at every start.

The guard is a *polled* try-lock. Waiting inside `pg_advisory_lock` would hold a snapshot, and deadlock with
somebody's `CREATE INDEX CONCURRENTLY`.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Final

from attrs import frozen
from psycopg import AsyncConnection, sql
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import TupleRow

from halobestie_adapters.errors import Busy, StoreError
from halobestie_adapters.postgres import roles
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.pool import conninfo
from halobestie_adapters.postgres.queries import load

Connection = AsyncConnection[TupleRow]

Q = load("migrations", "create_log", "has_log", "read_log", "record", "try_lock", "unlock", "unhurried")

WAIT_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1
_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class MigrationRefused(StoreError):
    """The files and the database do not belong together; nothing was run. The sentence says what differs."""


@frozen
class Migration:
    """One file: its name without the suffix (`0001_people`), its text, and its SHA-256 in hex."""

    name: str
    text: str
    checksum: str


def read(source: Mapping[str, str] | None = None) -> tuple[Migration, ...]:
    """The migrations in order: ours, or those in `source` (file name -> text). Raises MigrationRefused."""
    if source is None:
        folder = files("halobestie_adapters.postgres").joinpath("sql", "migrations")
        source = {
            file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".sql")
        }
    numbers: dict[str, str] = {}
    for name in sorted(source):
        match = _FILE.fullmatch(name)
        if match is None:
            raise MigrationRefused(f"{name} is not named NNNN_name.sql")
        if (twin := numbers.setdefault(match[1], name)) != name:
            raise MigrationRefused(f"{twin} and {name} have the same number")
    return tuple(
        Migration(name.removesuffix(".sql"), source[name], hashlib.sha256(source[name].encode()).hexdigest())
        for name in sorted(source)
    )


async def pending(conn: Connection, ours: Sequence[Migration] | None = None) -> list[str]:
    """Names of the migrations this database still lacks, in order; empty when it is current.

    A database that is *ahead* of our files is current: versions are additive, and two may run side by side.
    Raises MigrationRefused when an earlier file was changed, removed or slipped in; StoreUnavailable.
    """
    known = read() if ours is None else ours
    with translated():
        return [migration.name for migration in await _missing(conn, known)]


async def migrate(where: str | Connection, ours: Sequence[Migration] | None = None) -> list[str]:
    """Bring a database up to date; `where` is its URL or an idle autocommit connection. Gives the names run.

    Raises MigrationRefused as `pending`, Busy when another instance held the lock for a minute,
    StoreUnavailable.
    """
    known = read() if ours is None else ours
    with translated():
        if isinstance(where, str):
            async with await AsyncConnection.connect(conninfo(where), autocommit=True) as conn:
                return await _apply(conn, known)
        return await _apply(where, known)


async def _apply(conn: Connection, known: Sequence[Migration]) -> list[str]:
    missing = await _missing(conn, known)
    if not missing and await roles.are_granted(conn):
        return []
    try:
        return await _bring(conn, known)
    except InsufficientPrivilege as refused:
        if not missing:  # a server's own log-in, where somebody gave it rights in their own way
            return []
        names = ", ".join(migration.name for migration in missing)
        raise MigrationRefused(
            f"migrations are missing ({names}), and this log-in may not run them;"
            " name the owner's in MIGRATION_DATABASE_URL"
        ) from refused


async def _bring(conn: Connection, known: Sequence[Migration]) -> list[str]:
    async with _alone(conn):
        await conn.execute(Q.create_log)
        missing = await _missing(conn, known)
        for migration in missing:
            async with conn.transaction():
                await conn.execute(Q.unhurried)
                # As it stands: several statements, no parameters, hence no doubled percent signs.
                await conn.execute(sql.SQL(migration.text), prepare=False)
                await conn.execute(Q.record, {"name": migration.name, "checksum": migration.checksum})
        await roles.grant(conn)
        return [migration.name for migration in missing]


async def _missing(conn: Connection, known: Sequence[Migration]) -> list[Migration]:
    """What has not run yet, once everything that has run is seen to be what we hold."""
    there = await (await conn.execute(Q.has_log)).fetchone()
    rows = await (await conn.execute(Q.read_log)).fetchall() if there and there[0] else []
    ran: dict[str, str] = dict(rows)
    last = max(ran, default="")
    for migration in known:
        if ran.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationRefused(f"{migration.name} was changed after it ran; write a new file instead")
        if migration.name not in ran and migration.name < last:
            raise MigrationRefused(
                f"{migration.name} has not run, but the later {last} has; give it a later number"
            )
    newest = max((migration.name for migration in known), default="")
    gone = sorted(name for name in set(ran) - {migration.name for migration in known} if name < newest)
    if gone:
        raise MigrationRefused(f"{gone[0]} ran here, but its file is gone")
    return [migration for migration in known if migration.name not in ran]


@asynccontextmanager
async def _alone(conn: Connection) -> AsyncIterator[None]:
    """Hold the migration lock; it is the session's, so that a killed instance gives it back."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        row = await (await conn.execute(Q.try_lock)).fetchone()
        if row is not None and row[0]:
            break
        if time.monotonic() > deadline:
            raise Busy("another instance is still migrating")
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        if not conn.closed:
            await conn.execute(Q.unlock)
