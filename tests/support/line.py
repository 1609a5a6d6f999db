"""A line from a server to what it talks to: cut, shaken, slowed, stalled, mended. Knows no protocol."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import conninfo_to_dict


class Line:
    """Listens on a port of its own and carries bytes to the Unix socket or host of a ``valkey_url``.

    A small TCP proxy. Who uses it is told its `url` instead of that of what lies beyond.
    """

    def __init__(self, valkey_url: str) -> None:
        parts = urlsplit(valkey_url)
        self._path = parts.path if parts.scheme == "unix" else None
        self._host, self._port = parts.hostname, parts.port or 6379
        self._database = parse_qs(parts.query).get("db", ["0"])[0]
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._up = True
        self._delay = 0.0
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """What the server is told."""
        return f"redis://127.0.0.1:{self.port}/{self._database}"

    def cut(self) -> None:
        """Hang up on everybody, and on whoever calls."""
        self._up = False
        self.shake()

    def shake(self) -> None:
        """Hang up on everybody, in the middle of a word; whoever calls again is heard."""
        for writer in self._open:
            writer.transport.abort()

    def slow(self, seconds: float) -> None:
        """Take so long for everything that is said, there and back."""
        self._delay = seconds

    def stall(self) -> None:
        """Let everybody call and speak, and carry nothing: a black hole."""
        self._flows.clear()

    def mend(self) -> None:
        """Carry again, what was held up first."""
        self._up, self._delay = True, 0.0
        self._flows.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        self._flows.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not self._up:
            writer.transport.abort()
            return
        try:
            if self._path is None:
                answers, asks = await asyncio.open_connection(self._host, self._port)
            else:
                answers, asks = await asyncio.open_unix_connection(self._path)
        except OSError:  # nobody is there: whoever called hears so
            writer.transport.abort()
            return
        both = {writer, asks}
        self._open |= both
        await asyncio.gather(self._copy(reader, asks), self._copy(answers, writer))
        self._open -= both
        for one in both:
            one.close()
            with contextlib.suppress(OSError):
                await one.wait_closed()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._flows.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                target.write(data)
                await target.drain()
        target.close()


class DatabaseLine(Line):
    """The same for PostgreSQL."""

    def __init__(self, database_url: str) -> None:
        super().__init__("")
        self.beyond = database_url
        self._given = conninfo_to_dict(database_url)
        host = str(self._given.get("host") or "localhost")
        self._host, self._port = host, int(self._given.get("port") or 5432)
        self._path = f"{host}/.s.PGSQL.{self._port}" if host.startswith("/") else None

    @property
    def url(self) -> str:
        """What the server is told."""
        user, word = self._given["user"], self._given.get("password")
        person = f"{user}:{word}" if word else user
        return f"postgresql://{person}@127.0.0.1:{self.port}/{self._given['dbname']}?sslmode=disable"
