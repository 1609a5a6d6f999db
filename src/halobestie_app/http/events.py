"""Server-sent events: a stream that knows when to end. Knows no event's meaning and no route.

A stream ends when its reader goes, reads too slowly, or may not read any more, and when the server stops. It
keeps nothing for a slow reader: whoever makes the events is asked for the next one when the last is written.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from halobestie_app.http.route import Call
from halobestie_app.problems import Code, Problem
from halobestie_app.watchdog import CUT

MEDIA: Final = "text/event-stream"
MOST: Final = 64
MOST_OF_ONE: Final = 6
"""Streams of one instance, and of one log-in: a page or two, each on a few screens."""
HEARTBEAT_SECONDS: Final = 15.0
SLOW_SECONDS: Final = 10.0
"""One piece may wait so long for its reader."""
LOOK_SECONDS: Final = 1.0
"""Between two looks at whether the reader may still read."""

HEARTBEAT: Final = b":\n\n"


def event(name: str, data: bytes, number: int | None = None) -> bytes:
    """Write one event; ``data`` is one line."""
    id_ = b"" if number is None else b"id: %d\n" % number
    return id_ + b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


class Streams:
    """Every stream of one listener: how many there may be, and that all of them end."""

    def __init__(
        self, *, heartbeat: float = HEARTBEAT_SECONDS, slow: float = SLOW_SECONDS, look: float = LOOK_SECONDS
    ) -> None:
        self.heartbeat = heartbeat
        self.slow = slow
        self.look = look
        self.ended = asyncio.Event()
        self._open: Counter[UUID] = Counter()

    def __len__(self) -> int:
        return self._open.total()

    def drain(self) -> None:
        """End all of them, and let nobody begin another."""
        self.ended.set()

    def make(self, call: Call[Any, Any], pieces: AsyncIterator[bytes]) -> "EventStream":
        """Answer ``call`` with what ``pieces`` gives. Raises `Problem` when there are too many already."""
        login = call.caller.session_id
        if self.ended.is_set():
            raise Problem(Code.UNAVAILABLE, "This instance is stopping.", retry_after=1)
        if self._open[login] >= MOST_OF_ONE:
            raise Problem(Code.RATE_LIMITED, f"At most {MOST_OF_ONE} streams at a time.", retry_after=5)
        if len(self) >= MOST:
            raise Problem(Code.UNAVAILABLE, "Too many streams are open here.", retry_after=5)
        return EventStream(self, login, call.is_let_in, pieces)

    def opened(self, login: UUID) -> None:
        """Count one in."""
        self._open[login] += 1

    def closed(self, login: UUID) -> None:
        """Count one out."""
        self._open[login] -= 1
        if self._open[login] <= 0:
            del self._open[login]


class EventStream(Response):
    """One stream, as an answer."""

    media_type = MEDIA

    def __init__(
        self, streams: Streams, login: UUID, is_let_in: Callable[[], bool], pieces: AsyncIterator[bytes]
    ) -> None:
        super().__init__(
            headers={
                "cache-control": "no-store",
                "x-accel-buffering": "no",
                "x-content-type-options": "nosniff",
            }
        )
        del self.headers["content-length"]
        self._streams = streams
        self._login = login
        self._is_let_in = is_let_in
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write until there is a reason to end."""
        self._streams.opened(self._login)
        watching = [asyncio.create_task(_gone(receive)), asyncio.create_task(self._streams.ended.wait())]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            last = b"" if scope["method"] == "HEAD" else await self._written(send, watching)
            async with asyncio.timeout(self._streams.slow):
                await send({"type": "http.response.body", "body": last})
        except TimeoutError:
            cut: Callable[[], None] = scope.get(CUT, _nothing)
            cut()
            await asyncio.wait({watching[0]}, timeout=LOOK_SECONDS)  # until the server knows it too
        finally:
            for task in watching:
                task.cancel()
            self._streams.closed(self._login)

    async def _written(self, send: Send, watching: list[asyncio.Task[Any]]) -> bytes:
        """Write pieces; give the last words. Raises TimeoutError for a reader who does not read."""
        loop = asyncio.get_running_loop()
        wrote = loop.time()
        coming: asyncio.Task[bytes] = asyncio.create_task(_next(self._pieces))
        try:
            while True:
                await asyncio.wait(
                    {coming, *watching},
                    timeout=self._streams.look,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if (reason := self._reason(watching)) is not None:
                    return reason
                piece = b""
                if coming.done():
                    piece = coming.result()
                    coming = asyncio.create_task(_next(self._pieces))
                elif loop.time() - wrote >= self._streams.heartbeat:
                    piece = HEARTBEAT
                if piece:
                    async with asyncio.timeout(self._streams.slow):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                    wrote = loop.time()
        except StopAsyncIteration:
            return b""
        finally:
            coming.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await coming

    def _reason(self, watching: list[asyncio.Task[Any]]) -> bytes | None:
        """Why to end, as last words; None: there is no reason."""
        gone, stopping = watching
        if gone.done():
            return b""
        if stopping.done():
            return event("end", b'{"reason":"restarting"}')
        try:
            let_in = self._is_let_in()
        except Problem:  # nobody can tell now
            return event("end", b'{"reason":"unavailable"}')
        return None if let_in else event("end", b'{"reason":"unauthenticated"}')


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    return await anext(pieces)


def _nothing() -> None:
    pass
