"""Who keeps whom company: typing, what was read, and whether the other side is here. All of it may be lost.

Somebody is *here* in a chat that one of their devices shows, *online* with any socket at all, else *away*.
Every instance knows its own sockets only, so each corrects what it hears of its own people: who is here on
one instance is not away because another instance lost their last socket.

Who is on the other side is known from the snapshot, from what is on the screen, and from the frames by which
chats begin and end. Of a chat that a socket does not know to be live it hears nothing, whoever says it.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final
from uuid import UUID

import orjson
from attrs import define, field

from halobestie_app.usecases import refusals, talking
from halobestie_app.usecases.talking import Talking, other_side
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.incoming import Focus, Read, Typing
from halobestie_app.ws.socket import Socket
from halobestie_app.ws.writing import frame_text
from halobestie_core.ports.notify import OutboxFrame, Whisper, WhisperKind, Whispers
from halobestie_core.ports.presence import Connections, User
from halobestie_core.words import UserType


class Near(IntEnum):
    """How near somebody is; the nearest of what is known of them counts."""

    AWAY = 0
    ONLINE = 1
    HERE = 2

    @property
    def word(self) -> str:
        """As the wire spells it."""
        return self.name.lower()


BEGINS: Final = "paired"
ENDS: Final = "session_ended"
"""The frames that both sides get when a chat begins, and when it is over."""

_NEAR: Final = {near.word: near for near in Near}


@define(eq=False)
class _Guest:
    """What one socket shows, and who is on the other side of each live chat it is known to have.

    ``over``: the chats that ended before its eyes. What was read of them earlier may be believed no more.
    """

    user: User
    others: dict[UUID, User] = field(factory=dict)
    shows: UUID | None = None
    over: set[UUID] = field(factory=set)


class Company:
    """One per instance."""

    def __init__(self, hub: Hub, whispers: Whispers, shared: Talking, connections: Connections) -> None:
        self._hub = hub
        self._whispers = whispers
        self._talking = shared
        self._connections = connections
        self._guests: dict[Socket, _Guest] = {}
        whispers.on_whispers(self._heard)
        hub.read_along(self._follow)

    # ---------------------------------------------------------------------------------- coming and going

    def joining(self, socket: Socket, user: User) -> None:
        """Look after a socket, before the hub does: a chat may begin or end while its snapshot is read."""
        self._guests[socket] = _Guest(user)

    def welcomed(self, socket: Socket, others: Mapping[UUID, User]) -> None:
        """Somebody came: the other sides of their live chats hear of it, and answer how they stand."""
        guest = self._guests.get(socket)
        if guest is None:
            return
        guest.others |= {chat: other for chat, other in others.items() if chat not in guest.over}
        for chat, other in guest.others.items():
            self._tell(guest.user, other, chat, ask=True)

    def left(self, socket: Socket) -> None:
        """A socket is gone; whoever still has another one is not."""
        guest = self._guests.pop(socket, None)
        if guest is None:
            return
        gone = not self._hub.has(guest.user)
        for chat, other in guest.others.items():
            if gone or chat == guest.shows:
                self._tell(guest.user, other, chat)

    # ------------------------------------------------------------------------------- beginning and ending

    def _follow(self, user: User, row: OutboxFrame, text: str) -> None:
        """Read in the frames that people get which of their chats begin and end."""
        mine = [self._guests[one] for one in self._hub.sockets(user) if one in self._guests]
        if row.frame == BEGINS:
            self._begin(mine, UUID(row.ids["session_id"]), text)
        elif row.frame == ENDS:
            for guest in mine:
                _end(guest, UUID(row.ids["session_id"]))

    def _begin(self, mine: Sequence[_Guest], chat: UUID, text: str) -> None:
        """Each side says that it is here when it hears of the chat itself, and asks the other."""
        new = [guest for guest in mine if chat not in guest.others and chat not in guest.over]
        if not new:
            return
        other = _other_in(text, new[0].user)
        for guest in new:
            guest.others[chat] = other
        self._tell(new[0].user, other, chat, ask=True)

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
        if before is not None and before != guest.shows and before in guest.others:
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
        if chat in guest.others:  # still
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
        return other if seen.session.is_live and chat not in guest.over else None

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
                self._show(whisper)
            if whisper.kind is WhisperKind.PEER:
                self._answer(whisper)

    def _show(self, whisper: Whisper) -> None:
        """What was read is kept, so every socket hears of it; the rest only where the chat is live."""
        text = _shown(whisper)
        for socket in self._hub.sockets(whisper.to):
            guest = self._guests.get(socket)
            if whisper.kind is WhisperKind.READ or (guest is not None and whisper.session_id in guest.others):
                socket.push(text)

    def _answer(self, said: Whisper) -> None:
        """Correct what was said of somebody who is nearer here, and say how our own people stand."""
        if self._near(said.by, said.session_id) > _NEAR.get(said.state, Near.HERE):
            self._tell(said.by, said.to, said.session_id)
        if said.ask and self._near(said.to, said.session_id) is not Near.AWAY:
            self._tell(said.to, said.by, said.session_id)


def _end(guest: _Guest, chat: UUID) -> None:
    guest.over.add(chat)
    guest.others.pop(chat, None)
    if guest.shows == chat:
        guest.shows = None


def _other_in(text: str, user: User) -> User:
    """Who is on the other side: the frame was written with both a moment ago, and nobody is asked again."""
    shown = orjson.loads(text)["session"]
    other = UserType.MITRA if user.type is UserType.CUSTOMER else UserType.CUSTOMER
    return User(other, UUID(shown[other.value]["id"]))


def _shown(whisper: Whisper) -> str:
    match whisper.kind:
        case WhisperKind.TYPING:
            return frame_text("typing", {"session_id": whisper.session_id})
        case WhisperKind.READ:
            return frame_text("read", {"session_id": whisper.session_id, "seq": whisper.seq})
        case WhisperKind.PEER:
            return frame_text("peer", {"session_id": whisper.session_id, "state": whisper.state})
