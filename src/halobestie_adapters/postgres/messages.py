"""`Messages` on PostgreSQL. Seals and opens by the cipher it is given; nothing it stores shows a text.

A message is two round trips: the first locks the chat's row and looks, the second writes and commits. Only
that row is locked, so a message waits for nobody but the others of its chat; and everybody who ends or pauses
the chat updates the same row, so that one of the two is first.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final, final
from uuid import UUID

import attrs
import orjson
import psycopg
from attrs import frozen
from psycopg import AsyncConnection
from psycopg.errors import InvalidSqlStatementName
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, dict_row

from halobestie_adapters.outgoing import message_rows
from halobestie_adapters.postgres.message_reads import MessageReads, Q, Row, key_of, must_be, side_of
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.trip import Answer, compiled, forget, travel
from halobestie_core.chat import SessionStatus
from halobestie_core.chat.writing import why_not
from halobestie_core.ports.cipher import CLOSING, WrappedKey, message_place
from halobestie_core.ports.messages import Mark, Message, NotTheirs, Unwritten, Written
from halobestie_core.ports.presence import User
from halobestie_core.reasons import Reason
from halobestie_core.words import Side, UserType

_STATEMENTS: Final = compiled(Q)
_LOOK: Final = ("chat_begin", "chat_lock", "chat_said", "chat_key", "chat_clock")


@frozen
class _Seen:
    """What the lock showed."""

    chat: Row
    said: Row | None
    key: Row | None
    now: datetime


@final
class PostgresMessages(MessageReads):
    """The whole port; the reading half is inherited. One per process."""

    # ------------------------------------------------------------------------------------------ writing

    async def write(
        self, who: User, session_id: UUID, client_message_id: UUID, text: str
    ) -> Written | Unwritten:
        """Keep a message: lock, look, judge, write, commit."""
        side = side_of(who)
        given = {"session_id": session_id, "author": side, "client_message_id": client_message_id}
        async with connection(self._pool) as conn:
            try:
                seen = await _look(conn, given)
                must_be(who, seen.chat)
                verdict = self._judged(seen, side, given, text)
                if isinstance(verdict, Unwritten | Written):
                    return verdict
                key, message = verdict
                await self._keep(conn, seen, key, message, given)
                return Written(message)
            finally:
                await _leave(conn)

    def _judged(
        self, seen: _Seen, side: Side, given: Row, text: str
    ) -> Written | Unwritten | tuple[WrappedKey, Message]:
        """What was said stays said; else the chat must take words, and here is the key to keep them by."""
        status = SessionStatus(seen.chat["status"])
        key = None if seen.key is None else key_of(given["session_id"], side, seen.key)
        if seen.said is not None:
            row = {**seen.said, "sender": side, "client_message_id": given["client_message_id"]}
            before = self._message(row, key)
            if before.text == text:
                return Written(before, repeated=True)
            return Unwritten(Reason.MESSAGE_DIFFERS, status)
        refused = why_not(status, seen.chat["closing_until"], seen.now)
        if refused is not None:
            return Unwritten(refused, status)
        if key is None and seen.key is not None:  # destroyed: who was erased says nothing any more
            return Unwritten(Reason.SESSION_NOT_ACTIVE, status)
        seq = seen.chat["last_seq"] + 1
        key = key or self._cipher.new_key(given["session_id"], side)
        return key, Message(seq, side, given["client_message_id"], text, seen.now)

    async def _keep(
        self, conn: AsyncConnection[TupleRow], seen: _Seen, key: WrappedKey, message: Message, given: Row
    ) -> None:
        place = message_place(message.client_message_id, message.seq)
        values = {
            **given,
            "seq": message.seq,
            "sealed": self._cipher.seal(key, place, message.text or ""),
            "sent_at": message.sent_at,
            "key_id": key.key_id,
            "wrapped_key": key.wrapped,
            "rows": _told(seen.chat, given["session_id"], message),
        }
        names = ["chat_add_message", "chat_count", "chat_tell", "chat_commit"]
        if seen.key is None:
            names.insert(0, "chat_add_key")
        await travel(conn, [(_STATEMENTS[name], values) for name in names])

    # --------------------------------------------------------------------------------------- read marks

    async def mark_read(self, who: User, session_id: UUID, seq: int) -> Mark:
        """Move a mark on, if this does."""
        side = side_of(who)
        kind = UserType.MITRA if side is Side.CUSTOMER else UserType.CUSTOMER
        name = "chat_read_by_customer" if side is Side.CUSTOMER else "chat_read_by_mitra"
        moved = await self._row(name, session_id=session_id, person=who.id, seq=seq)
        if moved is not None:
            return Mark(moved["seq"], moved=True, other=User(kind, moved["other"]))
        there = await self._row("chat_marks", session_id=session_id)
        if there is None:
            raise NotTheirs(exists=False)
        must_be(who, there)
        return Mark(there[f"{side}_read_seq"], moved=False, other=User(kind, there[f"{kind}_id"]))

    # ------------------------------------------------------------------------------------ closing words

    async def sealed_closing(self, customer_id: UUID, session_id: UUID, text: str) -> bytes:
        """Seal closing words by the customer's key, which is made if they never said anything."""
        new = self._cipher.new_key(session_id, Side.CUSTOMER)
        given = {
            "session_id": session_id,
            "author": Side.CUSTOMER,
            "customer_id": customer_id,
            "key_id": new.key_id,
            "wrapped_key": new.wrapped,
        }
        async with connection(self._pool) as conn:
            async with conn.transaction(), conn.pipeline():
                cursor = conn.cursor(row_factory=dict_row)
                await cursor.execute(Q.chat_lock, given)
                await conn.execute(Q.chat_ensure_key, given)
                found = conn.cursor(row_factory=dict_row)
                await found.execute(Q.chat_key, given)
            chat, row = await cursor.fetchone(), await found.fetchone()
        if chat is None:
            raise NotTheirs(exists=False)
        must_be(User(UserType.CUSTOMER, customer_id), chat)
        key = None if row is None else key_of(session_id, Side.CUSTOMER, row)
        if key is None:
            raise NotTheirs(exists=True)  # destroyed: this person was erased
        return self._cipher.seal(key, CLOSING, text)


# -- the two trips -------------------------------------------------------------------------------------------


async def _look(conn: AsyncConnection[TupleRow], given: Row) -> _Seen:
    """Begin, lock and look, in one round trip. Raises NotTheirs and psycopg's errors."""
    steps = [(_STATEMENTS[name], given) for name in _LOOK]
    try:
        answers = await travel(conn, steps)
    except InvalidSqlStatementName:
        # A roll-back elsewhere made the driver drop what was prepared on this connection; nothing has begun.
        forget(conn)
        answers = await travel(conn, steps)
    _, chat, said, key, clock = answers
    locked = _first(chat)
    if locked is None:
        raise NotTheirs(exists=False)
    return _Seen(locked, _first(said), _first(key), clock.rows[0][0])


async def _leave(conn: AsyncConnection[TupleRow]) -> None:
    """Roll back what was not committed."""
    if conn.closed or conn.info.transaction_status is TransactionStatus.IDLE:
        return
    with suppress(psycopg.Error):  # the pool sees that it is broken, and the caller has better news
        await travel(conn, [(_STATEMENTS["chat_rollback"], {})])


def _first(answer: Answer) -> dict[str, Any] | None:
    return next(answer.by_name(), None)


def _told(chat: Row, session_id: UUID, message: Message) -> str:
    """The rows of the outbox: ids only."""
    rows = message_rows(chat["customer_id"], chat["mitra_id"], session_id, message)
    return orjson.dumps([attrs.asdict(row, recurse=False) for row in rows]).decode()


__all__ = ["PostgresMessages"]
