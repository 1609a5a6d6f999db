"""One socket's conversation without a socket: frame in, intents out. Knows no clock, no loop and no store.

A session waits for a token, is then open, and in the end closed; a closed one says nothing more, whatever it
is told. The shell carries intents out in their order, tells the time, and looks once a second (`tick`).
"""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

from attrs import frozen

from halobestie_app.problems import Code
from halobestie_app.ws.incoming import (
    LARGEST,
    Ack,
    Auth,
    Focus,
    Malformed,
    Message,
    Ping,
    Read,
    Resume,
    Typing,
    read,
)
from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.presence import User

AUTH_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 25
SILENT_SECONDS: Final = 2.0 * HEARTBEAT_SECONDS
RATE: Final = 120
RATE_SECONDS: Final = 60
_FRAMES: Final = Budget("frames", RATE, RATE_SECONDS)
MALFORMED_IN_A_ROW: Final = 10


class CloseCode(IntEnum):
    """Why the server closes a socket."""

    POLICY = 1008
    RESTARTING = 1012
    UNAUTHENTICATED = 4401
    SHUT_OUT = 4403
    SILENT = 4408
    TOO_MANY_SOCKETS = 4409
    TOO_LARGE = 4413
    TOO_FAST_OR_SLOW = 4429


@frozen
class Caller:
    """Who a token says it is: the person, their log-in, and until when, on the shell's clock."""

    user: User
    login: UUID
    until: float


Verify: TypeAlias = Callable[[str, float], Caller | None]
"""Given a token and the time: whose it is; ``None`` if it is not valid, or its log-in has ended."""


@frozen
class Send:
    """Send this frame."""

    frame: Mapping[str, Any]


@frozen
class Welcome:
    """The caller is known: register, say ``ready``, send the snapshot."""

    caller: Caller


@frozen
class CatchUp:
    """Send what the client missed, then ``resumed``."""

    chats: Mapping[UUID, int]


@frozen
class Say:
    """Keep this message, then acknowledge it."""

    frame: Message


@frozen
class Noted:
    """The client says something that is not answered: what it saw, looks at, has read, or is about to say."""

    frame: Ack | Focus | Typing | Read


@frozen
class Close:
    """Close the socket; nothing follows."""

    code: CloseCode
    reason: str


Intent: TypeAlias = Send | Welcome | CatchUp | Say | Noted | Close


class Session:
    """One socket's conversation. Times are seconds on one monotonic clock of the shell's."""

    def __init__(self, verify: Verify, now: float) -> None:
        self.caller: Caller | None = None
        self.closed = False
        self._verify = verify
        self._opened = now
        self._heard = now
        self._frames: list[float] = []  # when those of the last minute came
        self._malformed = 0

    # ------------------------------------------------------------------------------------------ hearing

    def begin(self, token: str | None, now: float) -> Sequence[Intent]:
        """Take the token of the ``Authorization`` header, if there was one."""
        return [] if token is None else self._known(self._verify(token, now))

    def hear(self, text: str | None, now: float) -> Sequence[Intent]:
        """Take a message; ``None`` for one that is not text."""
        if self.closed:
            return []
        self._heard = now
        if self._too_fast(now):
            return self._close(CloseCode.TOO_FAST_OR_SLOW, f"more than {RATE} messages a minute")
        if text is not None and len(text) * 4 > LARGEST and len(text.encode("utf-8", "replace")) > LARGEST:
            return self._close(CloseCode.TOO_LARGE, f"a frame of more than {LARGEST} bytes")
        try:
            frame = read(text or "")
        except Malformed as wrong:
            return self._wrong(wrong)
        self._malformed = 0
        if self.caller is None and not isinstance(frame, Auth):
            return self._close(CloseCode.UNAUTHENTICATED, "the first frame is auth")
        return _ANSWERS[type(frame)](self, frame, now)

    def lost(self) -> None:
        """The socket is gone, by whosever doing."""
        self.closed = True

    def tick(self, now: float, heard: float | None = None, *, revoked: bool = False) -> list[Close]:
        """Look at the time, and whether the log-in was revoked.

        ``heard``: when anything at all came, protocol pongs included, if that is known.
        """
        if self.closed:
            return []
        if self.caller is None:
            late = now - self._opened >= AUTH_SECONDS
            return self._close(CloseCode.UNAUTHENTICATED, "no token in time") if late else []
        if revoked:
            return self._close(CloseCode.SHUT_OUT, "logged out")
        if now >= self.caller.until:
            return self._close(CloseCode.UNAUTHENTICATED, "the token has expired")
        if now - max(self._heard, heard or self._heard) >= SILENT_SECONDS:
            return self._close(CloseCode.SILENT, "silent for too long")
        return []

    # ---------------------------------------------------------------------------------------- answering

    def _auth(self, frame: Auth, now: float) -> Sequence[Intent]:
        return self._known(self._verify(frame.access_token, now))

    def _known(self, caller: Caller | None) -> Sequence[Intent]:
        """Begin, or go on with a newer token; it must be the same person's."""
        before, self.caller = self.caller, caller or self.caller
        if caller is None:
            return self._close(CloseCode.UNAUTHENTICATED, "not a valid token")
        if before is None:
            return [Welcome(caller)]
        if before.user != caller.user:
            return self._close(CloseCode.UNAUTHENTICATED, "somebody else's token")
        return []

    def _resume(self, frame: Resume, _: float) -> Sequence[Intent]:
        return [CatchUp(frame.chats)]

    def _ping(self, _: Ping, __: float) -> Sequence[Intent]:
        return [Send({"type": "pong"})]

    def _note(self, frame: Ack | Focus | Typing | Read, _: float) -> Sequence[Intent]:
        return [Noted(frame)]

    def _say(self, frame: Message, _: float) -> Sequence[Intent]:
        return [Say(frame)]

    # ----------------------------------------------------------------------------------------- refusing

    def _too_fast(self, now: float) -> bool:
        if _FRAMES.wait(self._frames, now):
            return True
        self._frames.append(now)
        return False

    def _wrong(self, why: Malformed) -> Sequence[Intent]:
        if self.caller is None:
            return self._close(CloseCode.UNAUTHENTICATED, "the first frame is auth")
        self._malformed += 1
        which = {} if why.message_id is None else {"client_message_id": why.message_id}
        answer = Send({"type": "error", "code": Code.VALIDATION_ERROR, "detail": str(why), **which})
        if self._malformed < MALFORMED_IN_A_ROW:
            return [answer]
        return [answer, *self._close(CloseCode.POLICY, "too many malformed frames in a row")]

    def _close(self, code: CloseCode, reason: str) -> list[Close]:
        self.closed = True
        return [Close(code, reason)]


_ANSWERS: Final[Mapping[type, Callable[[Session, Any, float], Sequence[Intent]]]] = {
    Auth: Session._auth,  # noqa: SLF001  this module's own table
    Resume: Session._resume,  # noqa: SLF001
    Ping: Session._ping,  # noqa: SLF001
    Ack: Session._note,  # noqa: SLF001
    Focus: Session._note,  # noqa: SLF001
    Message: Session._say,  # noqa: SLF001
    Typing: Session._note,  # noqa: SLF001
    Read: Session._note,  # noqa: SLF001
}
