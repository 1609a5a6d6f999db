"""A line to PostgreSQL that goes dead at the worst moment: after a commit, and before its answer.

Whoever commits then cannot know what became of it. Reads as much of the protocol as it takes to see that.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from attrs import define
from psycopg.conninfo import conninfo_to_dict

CHUNK = 1 << 16
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""CommandComplete, as PostgreSQL says it of a COMMIT."""


@define
class SlammingDoor:
    """``url`` leads through it; while ``slams``, no answer to a COMMIT comes back."""

    url: str = ""
    slams: bool = False
    slammed: int = 0

    def opens(self) -> None:
        """Let everything through again."""
        self.slams, self.slammed = False, 0


@asynccontextmanager
async def slamming_door(url: str) -> AsyncIterator[SlammingDoor]:
    """Open the door, and close it with everything that goes through it."""
    given = conninfo_to_dict(url)
    door = SlammingDoor()
    tasks: set[asyncio.Task[None]] = set()

    async def carry(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        host, port = str(given.get("host") or "localhost"), int(given.get("port") or 5432)
        if host.startswith("/"):
            server, to_server = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            server, to_server = await asyncio.open_connection(host, port)

        async def there() -> None:
            while data := await client.read(CHUNK):
                to_server.write(data)
            to_server.write_eof()

        async def back() -> None:
            while data := await server.read(CHUNK):
                if door.slams and COMMITTED in data:
                    door.slammed += 1
                    to_client.transport.abort()
                    return
                to_client.write(data)
            to_client.close()

        with suppress(ConnectionError):
            try:
                await asyncio.gather(there(), back())
            finally:
                for writer in (to_client, to_server):
                    writer.close()
                    with suppress(ConnectionError):
                        await writer.wait_closed()

    def take(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(carry(client, to_client))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(take, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    person = f"{given['user']}:{given['password']}" if given.get("password") else given["user"]
    door.url = f"postgresql://{person}@127.0.0.1:{port}/{given['dbname']}?sslmode=disable"
    try:
        yield door
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
