"""A wire-tap: a door in front of PostgreSQL that counts how often somebody waited for an answer.

It reads nothing. A round trip is a turn of the conversation: data from the server, after which the client
speaks again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from attrs import define
from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHUNK = 1 << 16


@define
class Tap:
    """What was counted; ``url`` leads through the door."""

    url: str
    round_trips: int = 0


@asynccontextmanager
async def tapped(url: str) -> AsyncIterator[Tap]:
    """Open the door, and close it with everything that goes through it."""
    given = conninfo_to_dict(url)
    tap = Tap("")
    tasks: set[asyncio.Task[None]] = set()

    async def carry(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        host, port = str(given.get("host") or "localhost"), int(given.get("port") or 5432)
        if host.startswith("/"):
            server, to_server = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            server, to_server = await asyncio.open_connection(host, port)
        speaking = False

        async def there() -> None:
            nonlocal speaking
            while data := await client.read(CHUNK):
                speaking = True
                to_server.write(data)
            to_server.write_eof()

        async def back() -> None:
            nonlocal speaking
            while data := await server.read(CHUNK):
                tap.round_trips += speaking
                speaking = False
                to_client.write(data)

        with suppress(ConnectionError):
            try:
                await asyncio.gather(there(), back())
            finally:
                for writer in (to_client, to_server):
                    writer.close()
                    with suppress(ConnectionError):
                        await writer.wait_closed()

    def take(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.get_running_loop().create_task(carry(client, to_client)))

    door = await asyncio.start_server(take, "127.0.0.1", 0)
    port = door.sockets[0].getsockname()[1]
    tap.url = make_conninfo("", **{**given, "host": "127.0.0.1", "port": port, "sslmode": "disable"})
    try:
        yield tap
    finally:
        door.close()
        await asyncio.gather(*tasks)
        await door.wait_closed()
