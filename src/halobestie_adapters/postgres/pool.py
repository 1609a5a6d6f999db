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

from psycopg import AsyncConnection, OperationalError, ProgrammingError
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
RETRY_SECONDS: Final = 0.25
"""Between two attempts to reach a server that is not there."""


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
    one. A server that is away is tried at least twice in every `RETRY_SECONDS`, as long as it takes.
    """
    care = _Care()
    care.pool = AsyncConnectionPool(
        conninfo(url),
        min_size=size,
        max_size=size,
        open=False,
        timeout=acquire_seconds,
        check=care.still_there,
        # By itself the pool would wait a second, then two, then four: longer than a server needs to return.
        reconnect_timeout=RETRY_SECONDS,
        reconnect_failed=care.begin_anew,
        # Prepared at the first use: everything here is run thousands of times. Were it at a later one, a
        # statement that failed just then would count as prepared, and never work on that connection again.
        kwargs={"autocommit": True, "prepare_threshold": 0},
    )
    return care.pool


class _Care:
    """Sees to it that a pool is whole again as soon as its server is there.

    Who has lost one connection has probably lost all of them, and the pool lets whoever meets a second dead
    one wait for a second: so at the first one all that are idle are looked at, in the background, because a
    network that swallows everything may keep each of them waiting for seconds.
    """

    pool: AsyncConnectionPool

    def __init__(self) -> None:
        self._looking: asyncio.Task[None] | None = None

    async def still_there(self, conn: AsyncConnection[TupleRow]) -> None:
        """Raise OperationalError if the server has hung up.

        A server that ends a connection says so, and whatever it said unasked can be read: only then is it
        worth asking. (To ask every time is one more round trip for every command. A connection behind a
        network that swallows everything is found by neither: that is what the time-outs are for.)
        """
        silent = select.poll()
        silent.register(conn.fileno(), select.POLLIN)
        if silent.poll(0):
            try:
                await AsyncConnectionPool.check_connection(conn)
            except OperationalError:
                self._look()
                raise

    async def begin_anew(self, _pool: AsyncConnectionPool) -> None:
        """Try again: the pool has given up on a connection, and is one smaller for it."""
        self._look()

    def _look(self) -> None:
        """Replace idle connections that are dead, and let the pool grow if it has shrunk."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self.pool.check())


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
