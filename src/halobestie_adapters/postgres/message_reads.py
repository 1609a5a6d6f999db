"""What was said, read from PostgreSQL and opened by the cipher: messages, last words, histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from attrs import evolve
from psycopg.rows import dict_row, scalar_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.reads import session_row
from halobestie_core.ports.cipher import CLOSING, ChatCipher, WrappedKey, message_place
from halobestie_core.ports.messages import Message, Missed, NotTheirs, Page, Past, Place
from halobestie_core.ports.presence import User
from halobestie_core.words import Side, UserType

Q: Final = load("messages")
_LAST: Final = UUID(int=2**128 - 1)

Row = Mapping[str, Any]


class MessageReads:
    """The reading half of the `Messages` port."""

    def __init__(self, pool: AsyncConnectionPool, cipher: ChatCipher) -> None:
        self._pool = pool
        self._cipher = cipher

    # ------------------------------------------------------------------------------------------ reading

    async def page(self, who: User, session_id: UUID, after_seq: int, limit: int) -> Page:
        """The messages behind a number; one more than asked for is read, to know whether there are more."""
        found = await self.missed(who, {session_id: after_seq}, limit + 1)
        if not found:
            raise await self._not_theirs(session_id)
        rows = found[0].rows
        return Page(rows[:limit], more=len(rows) > limit)

    async def one(self, session_id: UUID, seq: int) -> Message | None:
        """One message."""
        row = await self._row("chat_one", session_id=session_id, seq=seq)
        return None if row is None else self._message(row, _key_of_author(row))

    async def missed(self, who: User, after: Mapping[UUID, int], limit: int) -> Sequence[Missed]:
        """What somebody has not got yet, in one statement."""
        given = {**_person(who), "sessions": list(after), "after": list(after.values()), "limit": limit}
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=dict_row)
            await cursor.execute(Q.chat_missed, given)
            rows = await cursor.fetchall()
        found: dict[UUID, Missed] = {}
        for row in rows:
            session_id = row["session_id"]
            before = found.get(session_id, Missed(session_id, row["last_seq"], ()))
            some = () if row["seq"] is None else (self._message(row, _key_of_author(row)),)
            found[session_id] = evolve(before, rows=(*before.rows, *some))
        return tuple(found.values())

    # ------------------------------------------------------------------------------------ closing words

    async def closing(self, session_id: UUID) -> str | None:
        """The closing words of a chat."""
        row = await self._row("chat_closing", session_id=session_id)
        return None if row is None else self._closing({**row, "id": session_id})

    # ------------------------------------------------------------------------------------------ history

    async def history(
        self, who: User, before: Place | None, limit: int
    ) -> tuple[Sequence[Past], Place | None]:
        """A page of somebody's chats; one more than asked for is read, to know whether there are more."""
        query = Q.chat_history_of_customer if side_of(who) is Side.CUSTOMER else Q.chat_history_of_mitra
        given = {
            "person": who.id,
            "before_at": "infinity" if before is None else before.started_at,
            "before_id": _LAST if before is None else before.session_id,
            "limit": limit + 1,
        }
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=dict_row)
            await cursor.execute(query, given)
            rows = await cursor.fetchall()
        past = [self._past(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return past, None
        last = past[-1].seen.session
        return past, Place(last.started_at, last.id)

    def _past(self, row: dict[str, Any]) -> Past:
        closing = self._closing(row)
        own = {"closing_message", "key_id", "wrapped_key", "duration_minutes"}
        seen = session_row(**{name: value for name, value in row.items() if name not in own})
        return Past(seen, row["duration_minutes"], closing)

    # ------------------------------------------------------------------------------------------- opening

    def _message(self, row: Row, key: WrappedKey | None) -> Message:
        place = message_place(row["client_message_id"], row["seq"])
        text = None if key is None else self._cipher.open(key, place, bytes(row["text_encrypted"]))
        return Message(row["seq"], Side(row["sender"]), row["client_message_id"], text, row["sent_at"])

    def _closing(self, row: Row) -> str | None:
        key = key_of(row["id"], Side.CUSTOMER, row)
        sealed = row["closing_message"]
        return None if key is None or sealed is None else self._cipher.open(key, CLOSING, bytes(sealed))

    # ------------------------------------------------------------------------------------------ fetching

    async def _row(self, name: str, **given: object) -> dict[str, Any] | None:
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=dict_row)
            await cursor.execute(Q[name], given)
            return await cursor.fetchone()

    async def _not_theirs(self, session_id: UUID) -> NotTheirs:
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=scalar_row)
            await cursor.execute(Q.chat_exists, {"session_id": session_id})
            return NotTheirs(exists=bool(await cursor.fetchone()))


# -- people and keys -----------------------------------------------------------------------------------------


def side_of(who: User) -> Side:
    """Which side somebody would be on."""
    return Side.CUSTOMER if who.type is UserType.CUSTOMER else Side.MITRA


def _person(who: User) -> dict[str, UUID | None]:
    """Their id in the column of their kind, nobody's in the other."""
    return {"customer_id": None, "mitra_id": None, f"{who.type}_id": who.id}


def must_be(who: User, chat: Row) -> None:
    """Raise NotTheirs unless they are on their side of this chat."""
    if chat[f"{who.type}_id"] != who.id:
        raise NotTheirs(exists=True)


def key_of(session_id: UUID, author: Side, row: Row) -> WrappedKey | None:
    """The key of a row; None where there is none, or none any more."""
    if row["wrapped_key"] is None:
        return None
    return WrappedKey(session_id, author, row["key_id"], bytes(row["wrapped_key"]))


def _key_of_author(row: Row) -> WrappedKey | None:
    return key_of(row["session_id"], Side(row["sender"]), row)


__all__ = ["MessageReads", "Row", "key_of", "must_be", "side_of"]
