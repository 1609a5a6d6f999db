"""Ways to keep messages that are wrong in one thing each: a simulation has to find all of them."""

import asyncio
from typing import Any, TypeAlias
from uuid import UUID

from attrs import evolve

from halobestie_adapters.memory import MemoryMessages, Tables
from halobestie_adapters.outgoing import message_rows
from halobestie_core.chat import ChatSession
from halobestie_core.chat.writing import why_not
from halobestie_core.ports.messages import Message, Unwritten, Written
from halobestie_core.ports.presence import User
from halobestie_core.reasons import Reason
from halobestie_core.words import Side, UserType

Anything: TypeAlias = Any
"""What is handed on unread."""
A_TRIP = 0.01
"""Seconds from a look to the writing, for those who hold no lock meanwhile."""


class _Messages:
    """`Messages` in memory, to be bent in one call."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._honest = MemoryMessages(tables)

    def __getattr__(self, name: str) -> Anything:
        return getattr(self._honest, name)

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """As it should be."""
        return await self._honest.write(who, chat_id, message_id, text)

    def _next(self, chat_id: UUID) -> int:
        return len(self._tables.messages.get(chat_id, ())) + 1

    def _put(self, chat: ChatSession, message: Message) -> Written:
        self._tables.messages[chat.id].append(message)
        self._tables.queue(message_rows(chat.customer_id, chat.mitra_id, chat.id, message))
        return Written(message)

    def _new(self, who: User, seq: int, message_id: UUID, text: str) -> Message:
        side = Side.CUSTOMER if who.type is UserType.CUSTOMER else Side.MITRA
        return Message(seq, side, message_id, text, self._tables.clock.now)


class Counting(_Messages):
    """Reads the last number without a lock, and writes the next one a moment later."""

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """Two who count at once have the same number."""
        seq = self._next(chat_id)
        await asyncio.sleep(A_TRIP)
        written = await super().write(who, chat_id, message_id, text)
        if isinstance(written, Unwritten) or written.repeated or written.message.seq == seq:
            return written
        mine = evolve(written.message, seq=seq)
        self._tables.messages[chat_id][-1] = mine
        return Written(mine)


class Forgetful(_Messages):
    """Does not look whether it was said before."""

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """Whatever comes is new."""
        written = await super().write(who, chat_id, message_id, text)
        chat = self._tables.chats.get(chat_id)
        if not isinstance(written, Written) or not written.repeated or chat is None or not chat.is_live:
            return written
        if why_not(chat.status, chat.closing_until, self._tables.clock.now) is not None:
            return written
        seq = self._next(chat_id)
        return self._put(chat, self._new(who, seq, message_id, text))


class Hasty(_Messages):
    """Judges the chat, and writes a moment later whatever became of it."""

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """What was live when it looked is live for good."""
        chat = self._tables.chats.get(chat_id)
        if chat is None or why_not(chat.status, chat.closing_until, self._tables.clock.now) is not None:
            return await super().write(who, chat_id, message_id, text)
        await asyncio.sleep(A_TRIP)
        written = await super().write(who, chat_id, message_id, text)
        if isinstance(written, Written) or written.status is chat.status:
            return written
        seq = self._next(chat_id)
        return self._put(chat, self._new(who, seq, message_id, text))


class Deaf(_Messages):
    """Does not look at how the chat stands."""

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """It goes on for good."""
        written = await super().write(who, chat_id, message_id, text)
        chat = self._tables.chats.get(chat_id)
        if isinstance(written, Written) or written.reason is Reason.MESSAGE_DIFFERS or chat is None:
            return written
        return self._put(chat, self._new(who, self._next(chat_id), message_id, text))


class Mute(_Messages):
    """Tells nobody."""

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """It is there for whoever looks."""
        before = set(self._tables.outbox)
        written = await super().write(who, chat_id, message_id, text)
        for row_id in set(self._tables.outbox) - before:
            self._tables.outbox.pop(row_id).sent_at = self._tables.clock.now
        return written


class Promising(_Messages):
    """Says that a message is kept, and keeps it a moment later, if it lives."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._later: set[asyncio.Task[None]] = set()

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """What is not refused now is promised."""
        written = await super().write(who, chat_id, message_id, text)
        if isinstance(written, Unwritten) or written.repeated:
            return written
        said = self._tables.messages[chat_id]
        said.pop()
        self._later.add(asyncio.get_running_loop().create_task(self._keep(chat_id, written.message)))
        return written

    async def _keep(self, chat_id: UUID, message: Message) -> None:
        await asyncio.sleep(A_TRIP)
        said = self._tables.messages[chat_id]
        said.append(evolve(message, seq=len(said) + 1))


class Blind(_Messages):
    """Does not ask who it is."""

    async def write(self, who: User, chat_id: UUID, message_id: UUID, text: str) -> Written | Unwritten:
        """Whoever speaks is a side of the chat."""
        chat = self._tables.chats.get(chat_id)
        if chat is None or why_not(chat.status, chat.closing_until, self._tables.clock.now) is not None:
            return await super().write(who, chat_id, message_id, text)
        if who.id in {chat.customer_id, chat.mitra_id}:
            return await super().write(who, chat_id, message_id, text)
        seq = self._next(chat_id)
        return self._put(chat, self._new(who, seq, message_id, text))

    async def page(self, _who: User, chat_id: UUID, after_seq: int, limit: int) -> Anything:
        """Whoever reads is one, too."""
        chat = self._tables.chats.get(chat_id)
        owner = User(UserType.CUSTOMER, UUID(int=0) if chat is None else chat.customer_id)
        return await self._honest.page(owner, chat_id, after_seq, limit)


__all__ = ["Blind", "Counting", "Deaf", "Forgetful", "Hasty", "Mute", "Promising"]
