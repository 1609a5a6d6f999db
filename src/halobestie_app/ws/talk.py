"""Brings what is said to this instance's sockets, and takes what they say. Decides neither rights nor order.

Rights are the store's, asked at every message; the order is that of each socket's letters. Nobody's message
is held up by somebody else's socket.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from attrs import define, field

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import talking
from halobestie_app.usecases.talking import Talking
from halobestie_app.views import messages as views
from halobestie_app.ws.delivery import Render
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.incoming import Message
from halobestie_app.ws.letters import Letters
from halobestie_app.ws.session import CloseCode
from halobestie_app.ws.socket import Socket
from halobestie_app.ws.writing import frame_text
from halobestie_core.ports import messages as port
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.presence import User

FRAME: Final = "message"
RESUME_SECONDS: Final = 2.0
"""Live messages wait so long for a client to say how far it is."""
PAGE: Final = 50
"""Messages of one chat that are read at once."""
CHATS_AT_ONCE: Final = 20
QUEUED: Final = 64 * 1024
"""Bytes of messages that were missed, before the client has to take some."""

_LATER: Final = (CloseCode.RESTARTING, "try again in a moment")

_log = log.get(__name__)


@define(eq=False)
class _Guest:
    """What is known of one socket: whose it is, what it has got, and whose turn it is to bring it more."""

    user: User
    letters: Letters = field(factory=Letters)
    turn: asyncio.Lock = field(factory=asyncio.Lock)
    timer: asyncio.TimerHandle | None = None


class Talk:
    """One per instance."""

    def __init__(self, hub: Hub, shared: Talking) -> None:
        self._hub = hub
        self._talking = shared
        self._guests: dict[Socket, _Guest] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # ---------------------------------------------------------------------------------- coming and going

    def joining(self, socket: Socket, user: User) -> None:
        """Look after a socket, before the hub does: what is said from now on waits until it is welcome."""
        self._guests[socket] = _Guest(user)

    def welcomed(self, socket: Socket, ends: Mapping[UUID, int]) -> None:
        """The socket has its snapshot, in which these were the last numbers."""
        guest = self._guests.get(socket)
        if guest is not None:
            guest.letters.begin(ends)
            loop = asyncio.get_running_loop()
            guest.timer = loop.call_later(RESUME_SECONDS, self._overdue, socket)

    def left(self, socket: Socket) -> None:
        """Forget a socket."""
        guest = self._guests.pop(socket, None)
        if guest is not None and guest.timer is not None:
            guest.timer.cancel()

    def _overdue(self, socket: Socket) -> None:
        """The client has not said how far it is: it gets what is new."""
        guest = self._guests.get(socket)
        if guest is not None and guest.letters.waits_for_resume:
            self._release(socket, guest)

    # ------------------------------------------------------------------------------------------ bringing

    def writing(self, others: Render) -> Render:
        """Make a writer of frames that also writes those of messages."""

        async def write(row: OutboxFrame) -> str | None:
            if row.frame != FRAME:
                return await others(row)
            session_id = UUID(row.ids["session_id"])
            message = await self._talking.messages.one(session_id, int(row.ids["seq"]))
            return None if message is None else written(session_id, message)

        return write

    def carry(self, user: User, frame: OutboxFrame, text: str) -> None:
        """Bring a frame to the sockets of this user; messages in their order, others at once."""
        if frame.frame != FRAME:
            self._hub.bring(user, frame, text)
            return
        session_id, seq = UUID(frame.ids["session_id"]), int(frame.ids["seq"])
        for socket in self._hub.sockets(user):
            guest = self._guests.get(socket)
            if guest is not None:
                _push(socket, guest.letters.take(session_id, seq, text))
                self._look_for_missing(socket, guest)

    def _release(self, socket: Socket, guest: _Guest) -> None:
        _push(socket, guest.letters.release())
        self._look_for_missing(socket, guest)

    def _look_for_missing(self, socket: Socket, guest: _Guest) -> None:
        """Fetch, beside everything else, what lies between the last message and one that has come."""
        missing = guest.letters.missing()
        if missing:
            task = asyncio.get_running_loop().create_task(self._fill(socket, guest, missing))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _fill(self, socket: Socket, guest: _Guest, missing: Mapping[UUID, int]) -> None:
        try:
            async with guest.turn:
                await self._catch_up(socket, guest, missing)
        except StoreError as failure:
            # Better no socket than one with a gap: the client comes again and says how far it is.
            _log.warning("a gap stays", error=type(failure).__name__)
            socket.close(*_LATER)
            return
        self._release(socket, guest)

    async def resume(self, socket: Socket, chats: Mapping[UUID, int]) -> None:
        """Bring everything behind what the client has, then say so, then go on."""
        guest = self._guests.get(socket)
        if guest is None:
            return
        try:
            async with guest.turn:
                await self._catch_up(socket, guest, guest.letters.resume(chats))
        except StoreError as failure:
            _log.warning("store failed", error=type(failure).__name__)
            socket.close(*_LATER)
            return
        socket.push(frame_text("resumed"))
        self._release(socket, guest)

    async def _catch_up(self, socket: Socket, guest: _Guest, behind: Mapping[UUID, int]) -> None:
        """Read and bring until nothing is left, as fast as the client takes it. Raises store errors."""
        left = dict(behind)
        waiting = 0
        while left and socket.closing is None:
            some = {chat: left.pop(chat) for chat in list(left)[:CHATS_AT_ONCE]}
            found = await self._talking.messages.missed(guest.user, some, PAGE)
            for one in found:
                texts = [(row.seq, written(one.session_id, row)) for row in one.rows]
                for text in guest.letters.found(one.session_id, one.last_seq, texts):
                    if waiting + len(text) > QUEUED:
                        await socket.written()
                        waiting = 0
                    socket.push(text)
                    waiting += len(text)
                if len(one.rows) == PAGE:
                    left[one.session_id] = guest.letters.behind(one.session_id)
            for chat in some.keys() - {one.session_id for one in found}:
                guest.letters.forget(chat)

    # -------------------------------------------------------------------------------------------- saying

    async def say(self, socket: Socket, user: User, said: Message) -> None:
        """Keep a message, and acknowledge it when it is committed; or say why not."""
        about = {"session_id": said.session_id, "client_message_id": said.client_message_id}
        try:
            kept = await talking.say(self._talking, user, said.session_id, said.client_message_id, said.text)
        except Problem as refused:
            socket.push(frame_text("error", {"code": refused.code, "detail": refused.detail, **about}))
        except StoreError as failure:
            _log.warning("store failed", error=type(failure).__name__)
            sentence = "It is not known whether this was kept; send it again."
            socket.push(frame_text("error", {"code": Code.UNAVAILABLE, "detail": sentence, **about}))
        else:
            socket.push(frame_text("message_ack", {"at": kept.sent_at, **about, "seq": kept.seq}))


def written(session_id: UUID, message: port.Message) -> str:
    """Write the frame of a message."""
    members = {"at": message.sent_at, "session_id": session_id, "message": views.message(message)}
    return frame_text(FRAME, members)


def _push(socket: Socket, texts: Iterable[str]) -> None:
    for text in texts:
        socket.push(text)
