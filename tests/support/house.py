"""Mitras and outbox rows planted straight into a database, for tests of what only reads them."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from halobestie_adapters.postgres.pool import conninfo

Conn = AsyncConnection[TupleRow]

_numbers = itertools.count(1)


@asynccontextmanager
async def connected(database_url: str) -> AsyncIterator[Conn]:
    """A connection with the settings of the pool."""
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as conn:
        yield conn


async def mitra(
    conn: Conn, *, online: bool = True, heard_ago: float = 0, live_chats: int = 0, blocked: bool = False
) -> UUID:
    """A mitra who stands like this; `heard_ago` in seconds."""
    mitra_id = uuid4()
    await conn.execute(
        "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at, live_chats, blocked_at)"
        " VALUES (%s, %s, 'Sari', %s, clock_timestamp() - make_interval(secs => %s), %s,"
        " CASE WHEN %s THEN now() END)",
        [mitra_id, f"+62811{next(_numbers):07}", online, heard_ago, live_chats, blocked],
    )
    return mitra_id


async def customer(conn: Conn, name: str = "Ani") -> UUID:
    """A customer."""
    customer_id = uuid4()
    await conn.execute("INSERT INTO customers (id, display_name) VALUES (%s, %s)", [customer_id, name])
    return customer_id


async def frame_row(
    conn: Conn, audience: dict[str, object], frame: str = "payment_updated", **ids: str
) -> int:
    """A frame that was just committed, in its audience's stream; gives the row's id."""
    kind, whom = next(iter(audience.items()))
    cursor = await conn.execute(
        "INSERT INTO outbox (kind, stream, audience, payload) VALUES ('frame', %s, %s, %s) RETURNING id",
        [f"{kind}:{whom}", Jsonb(audience), Jsonb({"frame": frame, **ids})],
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def unsent(conn: Conn) -> list[int]:
    """The ids of frames that wait."""
    cursor = await conn.execute("SELECT id FROM outbox WHERE kind = 'frame' AND sent_at IS NULL ORDER BY id")
    return [row[0] for row in await cursor.fetchall()]
