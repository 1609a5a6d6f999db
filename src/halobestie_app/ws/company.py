"""Who keeps whom company: typing, what was read, and whether the other side is here. All of it may be lost.

Somebody is *here* in a chat that one of their devices shows, *online* with any socket at all, else *away*.
Every instance knows its own sockets only, so each corrects what it hears of its own people: who is here on
one instance is not away because another instance lost their last socket.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final
from uuid import UUID

from attrs import define

from halobestie_app.usecases import refusals, talking
from halobestie_app.usecases.talking import Talking, other_side
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.incoming import Focus, Read, Typing
from halobestie_app.ws.socket import Socket
from halobestie_app.ws.writing import frame_text
from halobestie_core.ports.notify import Whisper, WhisperKind, Whispers
from halobestie_core.ports.presence import Connections, User


class Near(IntEnum):
    """How near somebody is; the nearest of what is known of them counts."""

    AWAY = 0
    ONLINE = 1
    HERE = 2

    @property
    def word(self) -> str:
        """As the wire spells it."""
        return self.name.lower()


_NEAR: Final = {near.word: near for near in Near}


@define(eq=False)
class _Guest:
    """What one socket shows, and who is on the other side of each live chat it is known to have."""

    user: User
    others: dict[UUID, User]
    shows: UUID | None = None


class Company:
    """One per instance."""

    def __init__(self, hub: Hub, whispers: Whispers, shared: Talking, connections: Connections) -> None:
        self._hub = hub
        self._whispers = whispers
        self._talking = shared
        self._connections = connections
        self._guests: dict[Socket, _Guest] = {}
        whispers.on_whispers(self._heard)

    # ---------------------------------------------------------------------------------- coming and going

    def welcomed(self, socket: Socket, user: User, others: Mapping[UUID, User]) -> None:
        """Somebody came: the other sides of their live chats hear of it, and answer how they stand."""
        guest = self._guests[socket] = _Guest(user, dict(others))
        for chat, other in guest.others.items():
            self._tell(user, other, chat, ask=True)

    def left(self, socket: Socket) -> None:
        """A socket is gone; whoever still has another one is not."""
        guest = self._guests.pop(socket, None)
        if guest is None:
            return
        gone = not self._hub.has(guest.user)
        for chat, other in guest.others.items():
            if gone or chat == guest.shows:
                self._tell(guest.user, other, chat)

    # ------------------------------------------------------------------------------------------- hearing

    async def noted(self, socket: Socket, frame: Focus | Typing | Read) -> None:
        """Hear what somebody does in a chat. Raises `Problem` for a chat that is not theirs, store errors."""
        guest = self._guests.get(socket)
        if guest is None:
            return
        match frame:
            case Typing(session_id=chat):
                other = await self._other(guest, chat)
                if other is not None:
                    self._whispers.whisper(Whisper(WhisperKind.TYPING, guest.user, other, chat))
            case Read(session_id=chat, seq=seq):
                mark = await talking.mark(self._talking, guest.user, chat, seq)
                if mark.moved:
                    told = Whisper(WhisperKind.READ, guest.user, mark.other, chat, seq=mark.seq)
                    self._whispers.whisper(told)
            case Focus(session_id=chat):
                await self._focus(socket, guest, chat)

    async def _focus(self, socket: Socket, guest: _Guest, chat: UUID | None) -> None:
        """They look at this chat now, and no longer at the one before."""
        other = None if chat is None else await self._other(guest, chat)
        before, guest.shows = guest.shows, None if other is None else chat
        if before is not None and before != guest.shows:
            self._tell(guest.user, guest.others[before], before)
        if chat is None or other is None:
            return
        guest.others[chat] = other
        self._tell(guest.user, other, chat, ask=True)
        near = self._near(other, chat)
        if near is Near.AWAY:
            connected = await self._connections.is_connected(other)
            if connected is None:
                return  # nobody knows
            near = Near.ONLINE if connected else Near.AWAY
        socket.push(frame_text("peer", {"session_id": chat, "state": near.word}))

    async def _other(self, guest: _Guest, chat: UUID) -> User | None:
        """Who is on the other side; None once the chat has ended. Asked every time: it may end any time."""
        found = await self._talking.reads.session(chat)
        if found is None:
            raise refusals.not_found("chat session")
        seen, _ = found
        other = other_side(seen, guest.user)
        if other is None:
            raise refusals.not_yours("chat session")
        return other if seen.session.is_live else None

    # ------------------------------------------------------------------------------------------- telling

    def _near(self, who: User, chat: UUID) -> Near:
        """How near somebody is, as far as this instance sees."""
        mine = self._hub.sockets(who)
        if not mine:
            return Near.AWAY
        shows = any((guest := self._guests.get(one)) is not None and guest.shows == chat for one in mine)
        return Near.HERE if shows else Near.ONLINE

    def _tell(self, who: User, other: User, chat: UUID, *, ask: bool = False) -> None:
        state = self._near(who, chat).word
        self._whispers.whisper(Whisper(WhisperKind.PEER, who, other, chat, state=state, ask=ask))

    def _heard(self, whispers: Sequence[Whisper]) -> None:
        for whisper in whispers:
            if self._hub.has(whisper.to):
                self._hub.push(whisper.to, _shown(whisper))
            if whisper.kind is WhisperKind.PEER:
                self._answer(whisper)

    def _answer(self, said: Whisper) -> None:
        """Correct what was said of somebody who is nearer here, and say how our own people stand."""
        if self._near(said.by, said.session_id) > _NEAR.get(said.state, Near.HERE):
            self._tell(said.by, said.to, said.session_id)
        if said.ask and self._near(said.to, said.session_id) is not Near.AWAY:
            self._tell(said.to, said.by, said.session_id)


def _shown(whisper: Whisper) -> str:
    match whisper.kind:
        case WhisperKind.TYPING:
            return frame_text("typing", {"session_id": whisper.session_id})
        case WhisperKind.READ:
            return frame_text("read", {"session_id": whisper.session_id, "seq": whisper.seq})
        case WhisperKind.PEER:
            return frame_text("peer", {"session_id": whisper.session_id, "state": whisper.state})
