"""What the server may do in its database: a group of rights, and how a server comes to have no others.

Knows no table's meaning; which rights each needs stands in `roles.sql`.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import TupleRow

from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.pool import conninfo
from halobestie_adapters.postgres.queries import load

Connection = AsyncConnection[TupleRow]

Q: Final = load("roles")

GROUP: Final = "halobestie_app"
SERVER: Final = "halobestie_server"
"""The log-in of servers on the embedded store."""


async def are_granted(conn: Connection) -> bool:
    """Whether the group has its rights."""
    return await _says(conn, "are_granted")


async def grant(conn: Connection) -> None:
    """Give the group its rights, all or none. Nothing happens where this log-in may not."""
    try:
        async with conn.transaction():
            await conn.execute(Q.grant_all)
            if await is_there(conn, GROUP):
                await conn.execute(Q.be_of_the_group)
    except InsufficientPrivilege:
        return


async def make_login(owner_url: str) -> None:
    """Make the log-in of servers on a store that is ours alone; the group must be there.

    Raises StoreUnavailable.
    """
    with translated():
        async with await AsyncConnection.connect(conninfo(owner_url), autocommit=True) as conn:
            if not await is_there(conn, SERVER):
                await conn.execute(Q.make_login)


def as_server(url: str) -> str:
    """The same embedded database by the servers' own log-in."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{SERVER}@{parts.netloc.rpartition('@')[2]}").geturl()


async def stepped_down(url: str) -> str:
    """Where a server should connect: as the group, if this log-in could do more and may be it.

    Raises StoreUnavailable.
    """
    with translated():
        async with await AsyncConnection.connect(conninfo(url), autocommit=True) as conn:
            if not await _says(conn, "can_step_down"):
                return url
    options = f"{conninfo_to_dict(url).get('options') or ''} -c role={GROUP}".strip()
    return make_conninfo(url, options=options)


async def excess(conn: Connection) -> list[str]:
    """What this session could do that a server need not."""
    return [what for (what,) in await (await conn.execute(Q.excess)).fetchall()]


async def is_there(conn: Connection, role: str) -> bool:
    """Whether there is such a role."""
    row = await (await conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])).fetchone()
    return row is not None


async def _says(conn: Connection, name: str) -> bool:
    row = await (await conn.execute(Q[name])).fetchone()
    return row is not None and bool(row[0])


__all__ = [
    "GROUP",
    "SERVER",
    "are_granted",
    "as_server",
    "excess",
    "grant",
    "is_there",
    "make_login",
    "stepped_down",
]
