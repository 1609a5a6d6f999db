"""uvicorn's WebSocket protocol, telling what ASGI does not. Knows no frame and no person.

When anything was last heard, pongs included; a way to be rid of a peer that does not read; and a frame that
is too large closes with our code instead of the library's. The ASGI application finds the `Line` in its
scope; where another server runs it there is none, and it does without.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode as LibraryCode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from halobestie_app.ws.incoming import LARGEST
from halobestie_app.ws.session import HEARTBEAT_SECONDS, CloseCode

EXTENSION: Final = "halobestie.line"
LEAVE_SECONDS: Final = 5.0
"""For a peer that reads on after all to hear why it is closed."""


class Line(Protocol):
    """What a shell may know of the connection under its socket, and do to it."""

    @property
    def heard(self) -> float:
        """When anything last came, on the loop's clock."""
        ...

    def cut(self, code: int, reason: str) -> None:
        """Close without waiting for a peer that does not read, and hang up if it goes on so."""
        ...


def line_of(scope: Scope) -> Line | None:
    """Give the line under a socket, if its server has one."""
    found: Line | None = scope.get("extensions", {}).get(EXTENSION)
    return found


class _Conversation(ServerProtocol):
    """The library's sans-I/O protocol, with our code for what is too large."""

    def fail(self, code: LibraryCode | int, reason: str = "") -> None:
        super().fail(CloseCode.TOO_LARGE.value if code == LibraryCode.MESSAGE_TOO_BIG else code, reason)


class _Inbox(asyncio.Queue[Any]):
    """What has come and was not taken yet, by the one who takes.

    The queue of the standard library keeps four deques of 760 bytes also while it is empty; this keeps one
    while it is not.
    """

    def __init__(self) -> None:
        self._came: deque[Any] | None = None
        self._news: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return self._came is None

    def put_nowait(self, item: Any) -> None:  # noqa: ANN401  ASGI's events
        if self._came is None:
            self._came = deque()
        self._came.append(item)
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def get(self) -> Any:  # noqa: ANN401
        while self._came is None:
            self._news = asyncio.get_running_loop().create_future()
            try:
                await self._news
            finally:
                self._news = None
        item = self._came.popleft()
        if not self._came:
            self._came = None
        return item


class SocketProtocol(WebSocketsSansIOProtocol):
    """Give this to uvicorn as ``ws``; it should ping, without a time-out: the session judges silence."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, object]) -> None:
        super().__init__(config, server_state, app_state)
        self.heard = self.loop.time()
        self.close_timeout = LEAVE_SECONDS
        self.queue = _Inbox()
        self.conn = _Conversation(
            extensions=[], max_size=config.ws_max_size, logger=logging.getLogger("uvicorn.error")
        )

    def data_received(self, data: bytes) -> None:
        """Note that the peer lives."""
        self.heard = self.loop.time()
        super().data_received(data)

    def handle_connect(self, event: Request) -> None:
        """Put the line into the scope before the application sees it."""
        super().handle_connect(event)
        if not self.handshake_complete:  # else it was refused already, and there is no scope
            cast("Scope", self.scope)["extensions"][EXTENSION] = self

    def start_keepalive(self) -> None:
        """Begin to ping; the handshake is over, and its papers need not be kept as long as the socket."""
        del self.request, self.response
        super().start_keepalive()

    def send_receive_event_to_app(self) -> None:
        """Close for text that is none; the library would write a traceback about it."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(LibraryCode.INVALID_DATA)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Say why it is over, and let the peer hang up.

        Hanging up on a peer that is still sending would take the words back that it has not read yet.
        """
        if not self.close_sent:
            close = self.conn.close_sent
            self.stop_keepalive()
            self.queue.put_nowait(
                {"type": "websocket.disconnect", "code": close.code, "reason": close.reason}
                if close
                else {"type": "websocket.disconnect", "code": LibraryCode.PROTOCOL_ERROR.value}
            )
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.close_timer = self.loop.call_later(LEAVE_SECONDS, self.transport.abort)
        if not self.transport.is_closing():
            self.transport.write_eof()
            self._read_on()

    async def run_asgi(self) -> None:
        """Run the application; a handshake that it refused is one too, and no error of ours."""
        answer = self.app

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            await answer(scope, receive, send)
            self.handshake_complete = self.handshake_complete or self.initial_response is not None

        self.app = answered
        await super().run_asgi()

    def cut(self, code: int, reason: str) -> None:
        """Write the close frame whatever waits before it, and hang up if that does not help."""
        if self.disconnected or self.close_sent:
            return
        self.stop_keepalive()
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            self.transport.abort()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self._read_on()
        self.close_timer = self.loop.call_later(LEAVE_SECONDS, self.transport.abort)
        self.writable.set()  # whoever waits to write learns that it is over

    def _read_on(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()


SERVED_BY: Final[Mapping[str, Any]] = {
    "ws": SocketProtocol,
    "ws_max_size": LARGEST,
    "ws_ping_interval": HEARTBEAT_SECONDS,
    "ws_ping_timeout": None,
    "ws_per_message_deflate": False,
}
"""What `uvicorn.Config` has to be told."""
