"""Who is connected to this instance: sockets by user. Knows no frame's meaning and no other instance.

A user may have three sockets; with a fourth the oldest goes. Once a second every socket is looked at: that is
the only timer, however many there are.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from halobestie_app.workers.loop import Loop
from halobestie_app.ws.session import CloseCode
from halobestie_app.ws.socket import Socket
from halobestie_core.ports.identity import Revoked
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.presence import User
from halobestie_core.ports.revocations import Ended
from halobestie_core.words import UserType

MOST_PER_USER: Final = 3
LOOK_SECONDS: Final = 1.0
FAREWELL_SECONDS: Final = 2.0


class Hub:
    """Every socket of this instance."""

    def __init__(self, revoked: Callable[[UUID], bool] | None = None) -> None:
        """``revoked`` says whether a log-in (by session id) has ended."""
        self._revoked = revoked
        self._all: dict[Socket, User | None] = {}
        self._of: dict[User, list[Socket]] = {}
        self._watching: list[Callable[[User, bool], None]] = []
        self._reading: list[Callable[[User, OutboxFrame, str], None]] = []
        self._draining = False

    def __len__(self) -> int:
        return len(self._all)

    # ---------------------------------------------------------------------------------- coming and going

    def opened(self, socket: Socket) -> None:
        """Look after a socket whose user is not known yet."""
        self._all[socket] = None
        if self._draining:
            socket.close(CloseCode.RESTARTING, "restarting")

    def joined(self, socket: Socket, user: User) -> None:
        """Give the socket to its user; from now on what is pushed to the user reaches it."""
        self._all[socket] = user
        mine = self._of.setdefault(user, [])
        mine.append(socket)
        if len(mine) == 1:
            self._tell(user, present=True)
        for oldest in mine[:-MOST_PER_USER]:
            oldest.close(CloseCode.TOO_MANY_SOCKETS, "another device came")
            self._part(oldest, user)
            self._all[oldest] = None

    def left(self, socket: Socket) -> None:
        """Forget a socket that is no more."""
        user = self._all.pop(socket, None)
        socket.gone()
        if user is not None:
            self._part(socket, user)

    def _part(self, socket: Socket, user: User) -> None:
        mine = self._of.get(user, [])
        if socket in mine:
            mine.remove(socket)
        if not mine and user in self._of:
            del self._of[user]
            self._tell(user, present=False)

    def watch(self, callback: Callable[[User, bool], None]) -> None:
        """Call ``callback`` when a user's first socket came, or their last one went."""
        self._watching.append(callback)

    def _tell(self, user: User, *, present: bool) -> None:
        for callback in self._watching:
            callback(user, present)

    # ------------------------------------------------------------------------------------------- asking

    def users(self) -> Sequence[User]:
        """Give everybody who has a socket here."""
        return tuple(self._of)

    def ids(self, kind: UserType) -> list[UUID]:
        """Give the ids of everybody of one kind who has a socket here."""
        return [user.id for user in self._of if user.type is kind]

    def has(self, user: User) -> bool:
        """Say whether this user has a socket here."""
        return user in self._of

    def sockets(self, user: User) -> Sequence[Socket]:
        """Give the sockets of this user here."""
        return tuple(self._of.get(user, ()))

    # ------------------------------------------------------------------------------------------ telling

    def push(self, user: User, text: str) -> None:
        """Send ``text`` to every socket of this user."""
        for socket in tuple(self._of.get(user, ())):
            socket.push(text)

    def bring(self, user: User, frame: OutboxFrame, text: str) -> None:
        """Send a frame of the outbox to every socket of this user, then tell whoever reads along."""
        self.push(user, text)
        for callback in self._reading:
            callback(user, frame, text)

    def read_along(self, callback: Callable[[User, OutboxFrame, str], None]) -> None:
        """Call ``callback`` with every frame of the outbox that is brought to somebody here, and its text."""
        self._reading.append(callback)

    def close_logins(self, ended: Sequence[Ended]) -> None:
        """Close the sockets of log-ins that ended, without waiting for the next look.

        But for somebody blocked: there is more to tell them (that it is a block, that their chats end), and
        it is on its way. They go at the next look, or when they say something.
        """
        gone = {one.login for one in ended if one.reason is not Revoked.BLOCKED}
        for socket in tuple(self._all) if gone else ():
            caller = socket.session.caller
            if caller is not None and caller.login in gone:
                socket.close(CloseCode.SHUT_OUT, "logged out")

    def close_user(self, user: User, reason: str = "blocked") -> None:
        """Close every socket of somebody who is shut out."""
        for socket in tuple(self._of.get(user, ())):
            socket.close(CloseCode.SHUT_OUT, reason)

    # ---------------------------------------------------------------------------------------- looking on

    async def run(self, stop: asyncio.Event) -> None:
        """Look at every socket once a second until ``stop`` is set."""
        await Loop("sockets", self.look, LOOK_SECONDS).run(stop)

    async def look(self) -> None:
        """Close whom time has overtaken: no token or none any more, silent, or reading too slowly."""
        now = asyncio.get_running_loop().time()
        for socket in tuple(self._all):
            session, line = socket.session, socket.line
            ended = (
                self._revoked is not None
                and session.caller is not None
                and self._revoked(session.caller.login)
            )
            for intent in session.tick(now, None if line is None else line.heard, revoked=ended):
                socket.close(intent.code, intent.reason)
            socket.look(now)

    async def drain(self) -> None:
        """Say farewell to everybody, and wait a moment until it is said; nobody is let in any more."""
        self._draining = True
        leaving = tuple(self._all)
        for socket in leaving:
            socket.close(CloseCode.RESTARTING, "restarting")
        written = [asyncio.ensure_future(socket.written()) for socket in leaving]
        if written:
            _, late = await asyncio.wait(written, timeout=FAREWELL_SECONDS)
            for waiting in late:
                waiting.cancel()
