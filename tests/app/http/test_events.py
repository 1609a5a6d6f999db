"""Streams over real sockets: when they end, and what a slow reader costs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, field
from starlette.responses import Response

from halobestie_app.http.events import MOST_OF_ONE, Streams, event
from halobestie_app.http.principal import Bearers
from halobestie_app.http.route import OPERATORS, Call, Route
from halobestie_app.problems import Code, Problem
from halobestie_app.server import Listener, serve
from halobestie_core.words import UserType
from support.listening import PlainTokens, client, serving, token
from support.waiting import eventually

pytestmark = pytest.mark.anyio

ASKED = "GET /internal/news HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n\r\n".format(
    token(UserType.OPERATOR)["Authorization"]
).encode()


@define
class Newsroom:
    """A listener with one stream, whose pieces a test chooses."""

    streams: Streams
    pieces: Callable[[], AsyncIterator[bytes]]
    revoked: Callable[[object], bool] = field(default=lambda _: False)
    port: int = 0

    async def follow(self, call: Call[Any, Any]) -> Response:
        """Begin a stream."""
        return self.streams.make(call, self.pieces())

    @property
    def app(self) -> Any:  # noqa: ANN401  an ASGI application
        """The listener."""
        route = Route("GET", "/internal/news", self.follow, "News", OPERATORS, dict[str, object])
        return serving(route, bearers=Bearers(PlainTokens(), self.revoked))

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Newsroom"]:
        """Serve it on a port of the system's choice."""
        ready, stop = asyncio.Event(), asyncio.Event()

        async def on_ready(addresses: Any) -> None:  # noqa: ANN401  the server's
            self.port = addresses["news"][1]
            ready.set()

        async def drained() -> None:
            self.streams.drain()

        listener = Listener("news", self.app, "127.0.0.1", 0)
        task = asyncio.create_task(serve([listener], on_ready=on_ready, on_drain=drained, stop=stop))
        await ready.wait()
        try:
            yield self
        finally:
            stop.set()
            async with asyncio.timeout(5):
                await task

    async def asked(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask for the stream, and read its head."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(ASKED)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"200 OK" in head
        assert b"text/event-stream" in head
        assert b"content-length" not in head.lower()
        return reader, writer


async def silence() -> AsyncIterator[bytes]:
    """One event, and then nothing."""
    yield event("first", b"{}", 7)
    await asyncio.Event().wait()


async def flood() -> AsyncIterator[bytes]:
    """More than anybody can read."""
    while True:
        yield event("much", b"x" * 100_000)


def nobody_reads(room: Newsroom) -> Callable[[], Any]:
    """Whether every stream is over."""

    async def over() -> bool:
        return len(room.streams) == 0

    return over


async def test_the_first_event_comes_at_once_and_then_heartbeats() -> None:
    """Whoever listens knows that the line is alive."""
    async with Newsroom(Streams(heartbeat=0.05, look=0.01), silence).open() as room:
        reader, writer = await room.asked()
        heard = b""
        async with asyncio.timeout(5):
            while heard.count(b":\n\n") < 3:
                heard += await reader.read(1000)
        assert b"id: 7\nevent: first\ndata: {}\n\n" in heard
        assert heard.index(b"event: first") < heard.index(b":\n\n")
        writer.close()
        await eventually(nobody_reads(room))


async def test_a_reader_who_does_not_read_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    """The server keeps no more for them than a buffer, and that not for long."""
    async with Newsroom(Streams(slow=0.3, look=0.01), flood).open() as room:
        _, writer = await room.asked()
        assert len(room.streams) == 1
        await eventually(nobody_reads(room))
        writer.transport.abort()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("reason", ["unauthenticated", "unavailable", "restarting"])
async def test_it_ends_with_a_word(reason: str) -> None:
    """When its reader may not read any more, when nobody can tell, and when the server stops."""
    now = False

    def revoked(_: object) -> bool:
        if now and reason == "unavailable":
            raise Problem(Code.UNAVAILABLE, "Nobody knows.")
        return now

    async with Newsroom(Streams(look=0.01), silence, revoked).open() as room:
        reader, writer = await room.asked()
        await reader.readuntil(b"{}\n\n")
        if reason == "restarting":
            room.streams.drain()
        now = True
        async with asyncio.timeout(5):
            heard = await reader.readuntil(b"0\r\n\r\n")
        assert b'event: end\ndata: {"reason":"%s"}' % reason.encode() in heard
        await eventually(nobody_reads(room))
        writer.close()


async def test_so_many_and_no_more() -> None:
    """A log-in has a few streams; a server that stops begins none."""
    async with Newsroom(Streams(look=0.01), silence).open() as room:
        writers = [(await room.asked())[1] for _ in range(MOST_OF_ONE)]
        async with client(room.app) as asking:
            refused = await asking.get("/internal/news", headers=token(UserType.OPERATOR))
            assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
            for writer in writers:
                writer.close()
            await eventually(nobody_reads(room))
            room.streams.drain()
            refused = await asking.get("/internal/news", headers=token(UserType.OPERATOR))
            assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")


async def test_a_head_has_no_body() -> None:
    """HEAD is answered and over."""
    async with Newsroom(Streams(look=0.01), silence).open() as room, client(room.app) as asking:
        answer = await asking.head("/internal/news", headers=token(UserType.OPERATOR))
        assert (answer.status_code, answer.content) == (200, b"")
        assert len(room.streams) == 0
