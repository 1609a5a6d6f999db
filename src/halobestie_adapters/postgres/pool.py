"""The pool of connections, and the settings every connection carries; knows no table and no query.

Connections are in autocommit: a transaction is always spelled out by whoever needs one, so that none stays
open by accident. Settings travel in the start-up packet and cost no round trip.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from psycopg import AsyncConnection, ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres.errors import translated

SESSION_SETTINGS: Final = {
    "lock_timeout": "2s",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "5s",
    "TimeZone": "UTC",
}

# A store behind a dead network must be noticed before a caller has waited five seconds (libpq's own default
# is for ever).
_NETWORK: Final = {
    "application_name": "halobestie",
    "connect_timeout": "3",
    "tcp_user_timeout": "4000",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "2",
}

ACQUIRE_SECONDS: Final = 4.0


def conninfo(url: str) -> str:
    """The connection string with our settings added; what the URL itself says wins, in its `options` too.

    Raises StoreUnavailable for a URL that cannot be read.
    """
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:  # its text would quote the URL, perhaps its password
        raise StoreUnavailable("the address of the database cannot be read") from None
    ours = " ".join(f"-c {name}={value}" for name, value in SESSION_SETTINGS.items())
    options = f"{ours} {given.get('options') or ''}".strip()
    return make_conninfo("", **{**_NETWORK, **given, "options": options})


def make_pool(url: str, size: int, *, acquire_seconds: float = ACQUIRE_SECONDS) -> AsyncConnectionPool:
    """Build a pool of `size` connections, not opened yet: `async with` it, then borrow by `connection(pool)`.

    A connection is looked at before it is handed out: after a restart of the server no caller gets a dead
    one.
    """
    return AsyncConnectionPool(
        conninfo(url),
        min_size=size,
        max_size=size,
        open=False,
        timeout=acquire_seconds,
        check=_still_there,
        # Prepared at the first use: everything here is run thousands of times. Were it at a later one, a
        # statement that failed just then would count as prepared, and never work on that connection again.
        kwargs={"autocommit": True, "prepare_threshold": 0},
    )


async def _still_there(conn: AsyncConnection[TupleRow]) -> None:
    """Raise OperationalError if the server has hung up.

    A server that ends a connection says so, and whatever it said unasked can be read: only then is it worth
    asking. (To ask every time is one more round trip for every command. A connection behind a network that
    swallows everything is found by neither: that is what the time-outs are for.)
    """
    silent = select.poll()
    silent.register(conn.fileno(), select.POLLIN)
    if silent.poll(0):
        await AsyncConnectionPool.check_connection(conn)


@asynccontextmanager
async def connection(pool: AsyncConnectionPool) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """Borrow a connection; whatever the driver raises inside or while waiting comes out in our own words.

    Whoever is cancelled while holding it does not give it back to anybody.

    Raises StoreUnavailable when none is free within the pool's time-out, else as `errors.translated`.
    """
    with translated():
        async with pool.connection() as borrowed:
            try:
                yield borrowed
            except asyncio.CancelledError:
                # Of a pipeline that is cut off, the driver counts statements as prepared which the server has
                # never seen: they would not work on this connection again. The pool makes another.
                await borrowed.close()
                raise
