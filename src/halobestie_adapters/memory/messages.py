"""What is said in chats, in memory: the same numbers, the same refusals. At rest there is nothing to seal.

A message is one step in which nobody else has a turn: what the chat's row lock is for elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, final
from uuid import UUID

from halobestie_adapters.memory.reads import MemoryReads
from halobestie_adapters.memory.tables import Tables
from halobestie_adapters.outgoing import message_rows
from halobestie_core.chat import ChatSession
from halobestie_core.chat.writing import why_not
from halobestie_core.extension import ExtensionStatus
from halobestie_core.ports.messages import (
    Mark,
    Message,
    Missed,
    NotTheirs,
    Page,
    Past,
    Place,
    Unwritten,
    Written,
)
from halobestie_core.ports.presence import User
from halobestie_core.reasons import Reason
from halobestie_core.words import Side, UserType

_KINDS: Final = {Side.CUSTOMER: UserType.CUSTOMER, Side.MITRA: UserType.MITRA}


@final
class MemoryMessages:
    """`Messages` on the tables; all on the same tables are one."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._reads = MemoryReads(tables)

    # -- writing ---------------------------------------------------------------------------------------------

    async def write(
        self, who: User, session_id: UUID, client_message_id: UUID, text: str
    ) -> Written | Unwritten:
        """Keep a message."""
        chat = self._theirs(who, session_id)
        side, said = _side_of(who), self._tables.messages[session_id]
        for before in said:
            if (before.sender, before.client_message_id) != (side, client_message_id):
                continue
            if before.text == text:
                return Written(before, repeated=True)
            return Unwritten(Reason.MESSAGE_DIFFERS, chat.status)
        refused = why_not(chat.status, chat.closing_until, self._tables.clock.now)
        if refused is not None:
            return Unwritten(refused, chat.status)
        message = Message(len(said) + 1, side, client_message_id, text, self._tables.clock.now)
        said.append(message)
        self._tables.queue(message_rows(chat.customer_id, chat.mitra_id, session_id, message))
        return Written(message)

    # -- reading ---------------------------------------------------------------------------------------------

    async def page(self, who: User, session_id: UUID, after_seq: int, limit: int) -> Page:
        """The messages behind a number."""
        self._theirs(who, session_id)
        behind = self._behind(session_id, after_seq)
        return Page(behind[:limit], more=len(behind) > limit)

    async def one(self, session_id: UUID, seq: int) -> Message | None:
        """One message."""
        return next((one for one in self._said(session_id) if one.seq == seq), None)

    async def missed(self, who: User, after: Mapping[UUID, int], limit: int) -> Sequence[Missed]:
        """What somebody has not got yet, chat by chat in the order in which they began."""
        asked = (self._tables.chats.get(session_id) for session_id in after)
        mine = [chat for chat in asked if chat is not None and _is_of(who, chat)]
        mine.sort(key=lambda chat: (chat.started_at, chat.id))
        return tuple(
            Missed(chat.id, len(self._said(chat.id)), self._behind(chat.id, after[chat.id])[:limit])
            for chat in mine
        )

    # -- read marks ------------------------------------------------------------------------------------------

    async def mark_read(self, who: User, session_id: UUID, seq: int) -> Mark:
        """Move a mark on, if this does."""
        chat, side = self._theirs(who, session_id), _side_of(who)
        before = self._tables.read_marks.get((session_id, side), 0)
        after = max(before, min(seq, len(self._said(session_id))))
        self._tables.read_marks[session_id, side] = after
        other = Side.MITRA if side is Side.CUSTOMER else Side.CUSTOMER
        return Mark(after, moved=after > before, other=User(_KINDS[other], _person(chat, other)))

    # -- closing words ---------------------------------------------------------------------------------------

    async def sealed_closing(self, customer_id: UUID, session_id: UUID, text: str) -> bytes:
        """Only as bytes: in memory nothing is at rest."""
        self._theirs(User(UserType.CUSTOMER, customer_id), session_id)
        return text.encode()

    async def closing(self, session_id: UUID) -> str | None:
        """The closing words of a chat."""
        kept = self._tables.closing_messages.get(session_id)
        return None if kept is None else kept.decode()

    # -- history ---------------------------------------------------------------------------------------------

    async def history(
        self, who: User, before: Place | None, limit: int
    ) -> tuple[Sequence[Past], Place | None]:
        """A page of somebody's chats, the latest first."""
        mine = [chat for chat in self._tables.chats if _is_of(who, chat)]
        if who.type is UserType.MITRA:
            mine = [chat for chat in mine if not chat.is_live]
        if before is not None:
            mine = [
                chat for chat in mine if (chat.started_at, chat.id) < (before.started_at, before.session_id)
            ]
        mine.sort(key=lambda chat: (chat.started_at, chat.id), reverse=True)
        past = [await self._past(chat) for chat in mine[:limit]]
        if len(mine) <= limit:
            return past, None
        return past, Place(mine[limit - 1].started_at, mine[limit - 1].id)

    async def _past(self, chat: ChatSession) -> Past:
        found = await self._reads.session(chat.id)
        if found is None:
            raise LookupError(f"chat {chat.id} was there a moment ago")
        more = sum(
            one.requested_duration_minutes
            for one in self._tables.extensions
            if one.session_id == chat.id and one.status is ExtensionStatus.ACCEPTED
        )
        minutes = self._tables.payments.rows[chat.payment_session_id].duration_minutes + more
        return Past(found[0], minutes, await self.closing(chat.id))

    # -- whose -----------------------------------------------------------------------------------------------

    def _theirs(self, who: User, session_id: UUID) -> ChatSession:
        chat = self._tables.chats.get(session_id)
        if chat is None or not _is_of(who, chat):
            raise NotTheirs(exists=chat is not None)
        return chat

    def _said(self, session_id: UUID) -> Sequence[Message]:
        return self._tables.messages.get(session_id, ())

    def _behind(self, session_id: UUID, seq: int) -> Sequence[Message]:
        return tuple(one for one in self._said(session_id) if one.seq > seq)


def _side_of(who: User) -> Side:
    return Side.CUSTOMER if who.type is UserType.CUSTOMER else Side.MITRA


def _person(chat: ChatSession, side: Side) -> UUID:
    return chat.customer_id if side is Side.CUSTOMER else chat.mitra_id


def _is_of(who: User, chat: ChatSession) -> bool:
    """Whether they are on their side of this chat."""
    return who.id == _person(chat, _side_of(who))


__all__ = ["MemoryMessages"]
