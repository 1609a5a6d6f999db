"""The shell around a session: ASGI in, ASGI out. Decides nothing that the session or the hub could decide."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Final, Protocol
from uuid import UUID

import orjson
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from halobestie_adapters.errors import StoreError
from halobestie_adapters.ids import uuid7
from halobestie_app import log
from halobestie_app.http.budgets import Rates
from halobestie_app.http.cookies import same_host
from halobestie_app.http.problems import CONTENT_TYPE, rendered
from halobestie_app.problems import Code, Problem
from halobestie_app.ws.company import Company
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.incoming import Ack, Focus, Message, Read, Typing
from halobestie_app.ws.protocol import line_of
from halobestie_app.ws.session import (
    HEARTBEAT_SECONDS,
    Caller,
    CatchUp,
    Close,
    CloseCode,
    Intent,
    Noted,
    Say,
    Send,
    Session,
    Welcome,
)
from halobestie_app.ws.snapshot import Glance
from halobestie_app.ws.socket import Socket
from halobestie_app.ws.talk import Talk
from halobestie_app.ws.writing import frame_text
from halobestie_core.ports.identity import InvalidToken, Tokens
from halobestie_core.ports.presence import User
from halobestie_core.wire import to_wire
from halobestie_core.words import UserType

PATH: Final = "/api/shared/ws"
PEOPLE: Final = frozenset({UserType.CUSTOMER, UserType.MITRA})

Snapshot = Callable[[User], Awaitable[Glance | None]]
"""Everything current for a user; ``None``: there is no such person any more."""

Seen = Callable[[User, str, UUID], Awaitable[object]]
"""Told which frame a user has seen, and of which extension or request."""

_log = log.get(__name__)


class Timed(Protocol):
    """Whoever wants to know how long things took, in seconds."""

    def handshake(self, seconds: float) -> None:
        """From a valid token to the snapshot."""
        ...

    def message(self, seconds: float) -> None:
        """From a message to its acknowledgement, or to the error in its place."""
        ...


class SocketEndpoint:
    """Serves every socket of the public listener."""

    def __init__(  # noqa: PLR0913  its parts, each by name
        self,
        hub: Hub,
        tokens: Tokens,
        snapshot: Snapshot,
        *,
        revoked: Callable[[UUID], bool] | None = None,
        origins: Collection[str] = (),
        seen: Seen | None = None,
        talk: Talk | None = None,
        company: Company | None = None,
        timed: Timed | None = None,
        rates: Rates | None = None,
    ) -> None:
        """Let in who has a valid token; pages only from ``origins`` or from this very host.

        ``revoked`` says whether a log-in has ended; it may raise `Problem` when that cannot be told.
        ``rates`` counts how often somebody comes.
        """
        self._rates = rates
        self._unknown: dict[Socket, str] = {}  # addresses of sockets that have shown no token yet
        self._seen = seen
        self._talk = talk
        self._company = company
        self._timed = timed
        self._hub = hub
        self._tokens = tokens
        self._snapshot = snapshot
        self._revoked = revoked
        self._origins = frozenset(origins)

    def routes(self) -> tuple[BaseRoute, ...]:
        """Give the routes for `Extras.mounted`."""
        return (WebSocketRoute(PATH, self.serve),)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one socket from its handshake to its end."""
        try:
            address = self._admitted(websocket)
        except Problem as problem:
            await websocket.send_denial_response(
                Response(rendered(problem), problem.status, problem.headers, CONTENT_TYPE.decode())
            )
            return
        await websocket.accept()
        loop = asyncio.get_running_loop()
        session = Session(self._verify, loop.time())
        socket = Socket(session, websocket.send_text, websocket.close, line_of(websocket.scope))
        socket.reader = asyncio.current_task()
        self._hub.opened(socket)
        if address is not None:
            self._unknown[socket] = address
        try:
            await self._take(socket, partial(session.begin, _bearer(websocket), loop.time()))
            while (message := await websocket.receive())["type"] != "websocket.disconnect":
                await self._take(socket, partial(session.hear, message.get("text"), loop.time()))
        except asyncio.CancelledError:
            if socket.closing is None or loop.is_closed():
                raise  # the server ends; else it was the socket, giving up a peer that takes no farewell
        finally:
            self._unknown.pop(socket, None)
            self._hub.left(socket)
            if self._talk is not None:
                self._talk.left(socket)
            if self._company is not None:
                self._company.left(socket)

    async def _take(self, socket: Socket, judged: Callable[[], Sequence[Intent]]) -> None:
        """Obey what comes of a frame; a token is not taken while nobody knows whose log-in has ended."""
        try:
            intents = judged()
        except Problem as unknown:
            _log.warning("a token cannot be judged", code=unknown.code)
            socket.close(CloseCode.RESTARTING, "try again in a moment")
        else:
            await self._obey(socket, intents)

    async def _obey(self, socket: Socket, intents: Sequence[Intent]) -> None:
        for intent in intents:
            match intent:
                case Send(frame=frame):
                    socket.push(_answer(frame))
                case Welcome(caller=caller):
                    await self._welcome(socket, caller)
                case CatchUp(chats=chats):
                    await self._resume(socket, chats)
                case Say(frame=said):
                    await self._say(socket, said)
                case Noted(frame=frame):
                    await self._note(socket, frame)
                case Close(code=code, reason=reason):
                    socket.close(code, reason)

    async def _welcome(self, socket: Socket, caller: Caller) -> None:
        """Register first, then look: what happens in between waits behind the snapshot."""
        if socket.closing is not None:
            return
        address = self._unknown.pop(socket, None)
        if (
            self._rates is not None
            and address is not None
            and not self._rates.came_in(address, caller.user.id)
        ):
            socket.close(CloseCode.TOO_FAST_OR_SLOW, "too many sockets in a row")
            return
        began = time.monotonic()
        log.begin({"user_id": caller.user.id})
        ready = {"type": "ready", "connection_id": uuid7(), "heartbeat_seconds": HEARTBEAT_SECONDS}
        socket.push(orjson.dumps(to_wire(ready)).decode())
        socket.hold()
        if self._talk is not None:
            self._talk.joining(socket, caller.user)
        if self._company is not None:
            self._company.joining(socket, caller.user)
        self._hub.joined(socket, caller.user)
        try:
            seen = await self._snapshot(caller.user)
        except StoreError as failure:
            _log.warning("store failed", error=type(failure).__name__)
            socket.close(CloseCode.RESTARTING, "try again in a moment")
            return
        if seen is None:
            socket.close(CloseCode.SHUT_OUT, "there is no such user")
            return
        socket.release(frame_text("snapshot", to_wire(seen.view)))
        if self._timed is not None:
            self._timed.handshake(time.monotonic() - began)
        if self._talk is not None:
            self._talk.welcomed(socket, seen.ends)
        if self._company is not None:
            self._company.welcomed(socket, seen.others)

    async def _resume(self, socket: Socket, chats: Mapping[UUID, int]) -> None:
        try:
            caller = self._still(socket)
        except Problem:
            socket.close(CloseCode.RESTARTING, "try again in a moment")
            return
        if caller is None:
            return
        if self._talk is None:
            socket.push(frame_text("resumed"))
        else:
            await self._talk.resume(socket, chats)

    async def _say(self, socket: Socket, said: Message) -> None:
        try:
            caller = self._still(socket)
        except Problem as unknown:
            about = {"session_id": said.session_id, "client_message_id": said.client_message_id}
            socket.push(frame_text("error", {"code": unknown.code, "detail": unknown.detail, **about}))
            return
        if caller is not None and self._talk is not None:
            began = time.monotonic()
            await self._talk.say(socket, caller.user, said)
            if self._timed is not None:
                self._timed.message(time.monotonic() - began)

    async def _note(self, socket: Socket, frame: Ack | Focus | Typing | Read) -> None:
        """Pass on what was seen or done; if that fails, a push comes that was not needed, or nobody hears."""
        try:
            caller = self._still(socket)
            if caller is None:
                return
            if isinstance(frame, Ack):
                if self._seen is not None:
                    await self._seen(caller.user, frame.frame, frame.id)
            elif self._company is not None:
                await self._company.noted(socket, frame)
        except Problem as refused:
            socket.push(frame_text("error", {"code": refused.code, "detail": refused.detail}))
        except StoreError as failure:
            _log.warning("store failed", error=type(failure).__name__)

    def _still(self, socket: Socket) -> Caller | None:
        """Who asks, unless their log-in has ended meanwhile: then the socket closes.

        Raises `Problem` when that cannot be told.
        """
        caller = socket.session.caller
        if caller is None or self._revoked is None or not self._revoked(caller.login):
            return caller
        socket.close(CloseCode.SHUT_OUT, "logged out")
        return None

    # ------------------------------------------------------------------------------------------ judging

    def _verify(self, token: str, now: float) -> Caller | None:
        try:
            claims = self._tokens.read(token)
        except InvalidToken:
            return None
        if claims.user_type not in PEOPLE:
            return None
        if self._revoked is not None and self._revoked(claims.session_id):
            return None
        until = now + claims.expires_at.timestamp() - time.time()
        if until <= now:
            return None
        return Caller(User(claims.user_type, claims.user_id), claims.session_id, until)

    def _admitted(self, websocket: WebSocket) -> str | None:
        """Under what address the handshake is counted, if it is. Raises `Problem` for one that is refused."""
        if not self._may_come_from(websocket.headers.get("origin"), websocket.headers.get("host")):
            raise Problem(Code.FORBIDDEN, "A page of another origin may not connect.")
        if self._rates is None:
            return None
        try:
            return self._rates.handshake(websocket.scope)
        except Problem:  # an address that strangers have spent is also that of people who are known
            token = _bearer(websocket)
            if token is None or self._verify(token, 0.0) is None:
                raise
        return ""

    def _may_come_from(self, origin: str | None, host: str | None) -> bool:
        """Programs send no origin; a page's must be known, or be the page of this very host."""
        return origin is None or origin in self._origins or same_host(origin, host or "")


def _bearer(websocket: WebSocket) -> str | None:
    """Give the token of the header; something else in the header is a token too, and not a valid one."""
    header: str | None = websocket.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _answer(frame: Mapping[str, object]) -> str:
    """Write what the session answers by itself."""
    return frame_text(str(frame["type"]), {name: said for name, said in frame.items() if name != "type"})
