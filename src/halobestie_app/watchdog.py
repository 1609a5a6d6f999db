"""Bounds on what a client may leave half said: uvicorn's HTTP protocol waits for ever and holds any header.

Knows no application. What is watched is a connection from which a whole request is expected: a new one, one
that began a request, one that sent something odd between two; and one that does not read its answer. Each has
a moment by which it must have gone on; one look per second at those few connections costs less than a timer
per request.
"""

import asyncio
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

HEAD_SECONDS: Final = 8.0
"""For the request line and the headers; looked at once a second, so the connection is closed within 10."""
BODY_SECONDS: Final = 9.0
"""For all of a request from its first byte on; the application answers 408 before."""
LARGEST_HEAD: Final = 32 * 1024
"""Bytes of the request line and the headers."""
MOST_HEADERS: Final = 100
READ_SECONDS: Final = 9.0
"""For a client to read some of what we have written, when more than the buffers hold waits for it."""

LINGER_SECONDS: Final = 5.0
"""For a client that was answered while it was still sending: what it sends is thrown away unread, so that it
comes to read the answer; hung up on at once, many would not."""

CUT: Final = "halobestie.cut"
"""Under this name a request's scope has what hangs up at once, for a reader who does not read."""

_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class _TooLarge(Exception):
    """Ends the parsing of a head that was already too large."""


class _Line:
    """The transport that an answer is written to; closing it is left to the protocol."""

    __slots__ = ("_protocol", "is_closing", "write")

    def __init__(self, protocol: "WatchedProtocol") -> None:
        self._protocol = protocol
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing

    def close(self) -> None:
        """Hang up, in the protocol's way."""
        self._protocol.hang_up()


class WatchedState(ServerState):
    """What the connections of one listener share, with those that owe us something."""

    def __init__(self) -> None:
        super().__init__()
        self.owing: dict[WatchedProtocol, float] = {}

    def look(self, now: float) -> None:
        """Close every connection whose moment is over; ``now`` is the loop's time."""
        for connection in [one for one, until in self.owing.items() if until <= now]:
            connection.give_up()


class WatchedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with bounds on time and size of what comes before the application."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._owing = server_state.owing if isinstance(server_state, WatchedState) else {}
        self._in_head = True
        self._head = 0  # bytes that came while the head was not complete
        self._began = 0.0  # when the request did, on the loop's clock
        self._lingers = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Expect a request."""
        super().connection_made(transport)
        self._owe(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._owing.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and look at what is still missing."""
        if self._lingers:
            return
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self.transport.is_closing() or not self._in_head or self not in self.connections:
            return  # the last: these were the bytes that made a socket of it
        if self._head > LARGEST_HEAD:
            self._refuse(_LARGE)
        elif self not in self._owing and not self._answering():
            self._owe(
                HEAD_SECONDS
            )  # line ends between two requests: uvicorn has just forgotten its own timer

    def on_message_begin(self) -> None:
        """Expect a whole head."""
        super().on_message_begin()
        self.scope[CUT] = self.transport.abort  # type: ignore[typeddict-unknown-key] # ours alone
        self._began = self.loop.time()
        if self not in self._owing:  # else the time for its head began with the connection
            self._owe(HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """Expect the body, unless the head was too large though it came at once."""
        if self._head > LARGEST_HEAD and self._measured() > LARGEST_HEAD:
            raise _TooLarge
        if len(self.headers) > MOST_HEADERS:
            self._head = LARGEST_HEAD + 1
            raise _TooLarge
        self._in_head = False
        self._head = 0
        self._owing[self] = self._began + BODY_SECONDS  # a slow head buys no time for a slow body
        super().on_headers_complete()
        cycle: Any = self.cycle
        if cycle is not None and cycle.transport is self.transport:
            cycle.transport = _Line(self)

    def on_response_complete(self) -> None:
        """Go on with the next request, unless nothing more is heard here."""
        if not self._lingers:
            super().on_response_complete()

    def hang_up(self) -> None:
        """Close after an answer; on a client that is still sending, when it has stopped or had time to."""
        if self._in_head:
            self.transport.close()
            return
        self._lingers = True
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._owe(LINGER_SECONDS)

    def on_message_complete(self) -> None:
        """Expect nothing before the answer."""
        self._owing.pop(self, None)
        self._in_head = True
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand over to the socket, which has bounds of its own."""
        self._owing.pop(self, None)
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Expect the client to read: an answer waits that our buffers do not hold."""
        super().pause_writing()
        self._owe(READ_SECONDS)

    def resume_writing(self) -> None:
        """Expect nothing; it has read."""
        self._owing.pop(self, None)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong, as far as the parser knows."""
        if self._head > LARGEST_HEAD:
            self._refuse(_LARGE)
        else:
            super().send_400_response(msg)

    def give_up(self) -> None:
        """Close, with a word if the client had begun to speak and nobody has answered."""
        if self.flow.write_paused:  # a farewell would wait behind what it does not read
            self._owing.pop(self, None)
            self.transport.abort()
        elif self._in_head and self._head:
            self._refuse(_SLOW)
        else:
            self._owing.pop(self, None)
            self.transport.close()

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = (
            self.cycle
        )  # None until the first request, whatever its type says
        return cycle is not None and not cycle.response_complete

    def _owe(self, seconds: float) -> None:
        self._owing[self] = self.loop.time() + seconds

    def _measured(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, answer: bytes) -> None:
        self._owing.pop(self, None)
        self.transport.write(answer)
        self.transport.close()
