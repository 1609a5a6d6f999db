"""One open socket as the rest of the server sees it: push text, close. Knows no frame and nobody's rights.

Nobody who pushes ever waits. What is pushed goes out in order, by a task that exists only while there is
something to write; a peer that does not keep up is closed, and an idle socket costs no task at all.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.websockets import WebSocketDisconnect

from halobestie_app.ws.protocol import LEAVE_SECONDS, Line
from halobestie_app.ws.session import CloseCode, Session

MOST_QUEUED: Final = 256 * 1024
"""Bytes that wait for one peer."""
SLOW_SECONDS: Final = 10.0
"""One write may take so long."""


class Socket:
    """One socket. ``send`` and ``end`` are the transport's: write a text, close with a code.

    ``reader``, if set, is the task that reads; it is cancelled where nothing else would end it.
    """

    __slots__ = (
        "_end",
        "_held",
        "_queue",
        "_send",
        "_since",
        "_size",
        "_task",
        "closing",
        "line",
        "reader",
        "session",
    )

    def __init__(
        self,
        session: Session,
        send: Callable[[str], Awaitable[None]],
        end: Callable[[int, str], Awaitable[None]],
        line: Line | None = None,
    ) -> None:
        self.session = session
        self.line = line
        self.reader: asyncio.Task[object] | None = None
        self.closing: tuple[CloseCode, str] | None = None
        self._send = send
        self._end = end
        self._queue: deque[str] | None = None
        self._held: list[str] | None = None
        self._size = 0
        self._since: float | None = None
        self._task: asyncio.Task[None] | None = None

    def push(self, text: str) -> None:
        """Send ``text`` in its turn; while the socket holds, after what it holds for."""
        if self.closing is not None:
            return
        self._size += len(text)  # our frames are nearly all ASCII
        if self._size > MOST_QUEUED:
            self.close(CloseCode.TOO_FAST_OR_SLOW, "too much is waiting to be read")
        elif self._held is not None:
            self._held.append(text)
        else:
            self._write(text)

    def hold(self) -> None:
        """Keep back whatever is pushed from now on, until `release`."""
        self._held = []

    def release(self, *first: str) -> None:
        """Send ``first``, then what was kept back, and then everything as it comes."""
        held, self._held = self._held or [], None
        if self.closing is None:
            self._size += sum(map(len, first))
            for text in (*first, *held):
                self._write(text)

    def close(self, code: CloseCode, reason: str) -> None:
        """Close after what waits to be sent; at once where the peer is too slow to wait for."""
        if self.closing is not None:
            return
        self.session.lost()
        self.closing = code, reason
        if code is CloseCode.TOO_FAST_OR_SLOW:
            self._queue = None
            if self._task is not None:
                self._task.cancel()
                self._task = None
            if self.line is not None:
                self.line.cut(code, reason)
                return
        self._work()

    def look(self, now: float) -> None:
        """Close if the peer has not taken one text for too long."""
        if self._since is None or now - self._since < SLOW_SECONDS:
            return
        if self.closing is None:
            self.close(CloseCode.TOO_FAST_OR_SLOW, "reading too slowly")
        elif self.line is not None:  # it does not even read its farewell
            self.line.cut(*self.closing)
        elif self.reader is not None:
            self.reader.cancel()

    def gone(self) -> None:
        """The connection is no more."""
        self.session.lost()
        self.closing = self.closing or (CloseCode.RESTARTING, "")
        self._queue = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def written(self) -> None:
        """Wait until everything that was pushed, and a close, is with the transport."""
        while self._task is not None:
            await asyncio.wait({self._task})

    # ------------------------------------------------------------------------------------------ writing

    def _write(self, text: str) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(text)
        self._work()

    def _work(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._queue:
                text = self._queue.popleft()
                self._since = loop.time()
                await self._send(text)
                self._since = None
                self._size -= len(text)
            self._queue = None
            if self.closing is not None:
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._end(*self.closing)
        except TimeoutError:
            if self.reader is not None:
                self.reader.cancel()
        except (OSError, RuntimeError, WebSocketDisconnect):
            pass  # the peer went first, which its reader hears too
        finally:
            self._since = None
            if self._task is asyncio.current_task():
                self._task = None
