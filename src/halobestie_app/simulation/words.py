"""What is said in a night, and what must hold of it: numbers without a gap, kept once, nothing into silence.

The names are those of the list that the database's own queries check too. Says nothing itself.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

import orjson
from attrs import define, field

from halobestie_adapters.memory import Tables
from halobestie_core.chat import ChatSession, SessionStatus
from halobestie_core.ports.messages import Mark, Message, Page, Written
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType

SILENT: Final = frozenset({SessionStatus.EXTENDING, SessionStatus.ENDED})
LONGEST: Final = timedelta(seconds=15)
"""From the look at the clock to the commit of a move that silences a chat."""

MET: Final = (
    "message: kept while active",
    "message: kept while closing",
    "message: kept before, sent again while it goes on",
    "message: kept before, sent again into silence",
    "message: read",
    "message: mark moved",
    "message: mark stayed",
)
"""What is to be met of messages, beside the reasons for which they are refused."""


@define
class Words:
    """What was seen of them. ``acknowledged``: each answer that a message is kept, with its chat."""

    tables: Tables
    met: Counter[str]
    breaches: list[str]
    acknowledged: list[tuple[UUID, Message]] = field(factory=list)

    def written(self, who: User, session_id: UUID, written: Written) -> None:
        """Look at a message at the very moment at which it is kept, or was found to be."""
        chat = self.tables.chats.rows[session_id]
        silent = _is_silent(chat, self.tables.clock.now)
        if who not in _sides(chat):
            self.breaches.append(f"H3: {who.id} spoke in chat {chat.id} of others")
        if written.repeated:
            self.met[MET[3] if silent else MET[2]] += 1
            return
        if silent:
            self.breaches.append(f"H3: {who.id} spoke in chat {chat.id}, which is {chat.status}")
        if not self.tables.clock.now - LONGEST <= written.message.sent_at <= self.tables.clock.now:
            self.breaches.append(f"H3: said in chat {chat.id} at {written.message.sent_at}, another time")
        self.met[MET[1] if chat.status is SessionStatus.CLOSING else MET[0]] += 1

    def answered(self, session_id: UUID, message: Message) -> None:
        """Hear that a message is kept: it is, and stays so."""
        self.acknowledged.append((session_id, message))
        self.breaches.extend(_unkept(self.tables, session_id, message))

    def read(self, who: User, session_id: UUID, after_seq: int, page: Page) -> None:
        """See what somebody was given to read."""
        if who not in _sides(self.tables.chats.rows[session_id]):
            self.breaches.append(f"H3: {who.id} has read chat {session_id} of others")
        numbers = [one.seq for one in page.rows]
        if numbers != list(range(after_seq + 1, after_seq + 1 + len(numbers))):
            self.breaches.append(f"H2: {who.id} was given {numbers} of chat {session_id} after {after_seq}")
        self.met[MET[4]] += bool(numbers)

    def marked(self, mark: Mark) -> None:
        """See a mark."""
        self.met[MET[5] if mark.moved else MET[6]] += 1

    def lost(self) -> Iterator[str]:
        """H2: whatever was acknowledged is there, as it was said."""
        for session_id, message in self.acknowledged:
            yield from _unkept(self.tables, session_id, message)


def _unkept(tables: Tables, session_id: UUID, message: Message) -> Iterator[str]:
    """That it is there once only is asked of all that was said (H1)."""
    if message not in tables.messages.get(session_id, ()):
        yield f"H2: number {message.seq} of chat {session_id} was acknowledged, and is not there"


def _sides(chat: ChatSession) -> tuple[User, User]:
    return User(UserType.CUSTOMER, chat.customer_id), User(UserType.MITRA, chat.mitra_id)


def _is_silent(chat: ChatSession, at: datetime) -> bool:
    return chat.status in SILENT or (chat.closing_until is not None and at >= chat.closing_until)


# -- laws of all rows ----------------------------------------------------------------------------------------


def numbered_without_a_gap(tables: Tables) -> Iterator[str]:
    """H1: a chat's messages are numbered from 1 without a gap, in their order; each was said once."""
    for session_id, said in tables.messages.items():
        numbers = [one.seq for one in said]
        if numbers != list(range(1, len(said) + 1)):
            yield f"chat {session_id} has the numbers {numbers}"
        if len({(one.sender, one.client_message_id) for one in said}) != len(said):
            yield f"chat {session_id} has a message twice"
        if any(one.sent_at > after.sent_at for one, after in pairwise(said)):
            yield f"chat {session_id} has a message that was said before the one in front of it"


def nothing_into_silence(tables: Tables) -> Iterator[str]:
    """H3: by the log, nothing was said in a chat that was paused or had ended.

    A move has looked at the clock a little before it is made; what came in between is judged at that moment.
    """
    silences = _silences(tables)
    for session_id, said in tables.messages.items():
        started = tables.chats.rows[session_id].started_at
        for one in said:
            if one.sent_at < started:
                yield f"number {one.seq} of chat {session_id} was said before it began"
            for since, until in silences.get(session_id, ()):
                if since + LONGEST < one.sent_at and (until is None or one.sent_at < until):
                    yield f"number {one.seq} of chat {session_id} was said into silence, at {one.sent_at}"


def _silences(tables: Tables) -> dict[UUID, list[tuple[datetime, datetime | None]]]:
    """From when until when each chat was paused, and since when it is over."""
    found: dict[UUID, list[tuple[datetime, datetime | None]]] = {}
    since: dict[UUID, datetime] = {}
    for move in tables.moves:
        if move.machine != "chat":
            continue
        said = orjson.loads(move.body)
        at, silent = datetime.fromisoformat(said["at"]), said["to_state"] in SILENT
        if silent:
            since.setdefault(move.aggregate_id, at)
        elif (began := since.pop(move.aggregate_id, None)) is not None:
            found.setdefault(move.aggregate_id, []).append((began, at))
    for session_id, began in since.items():
        found.setdefault(session_id, []).append((began, None))
    return found


def both_are_told(tables: Tables) -> Iterator[str]:
    """T4: of every message a frame for each side was left in the outbox, once; and of nothing else."""
    told: Counter[tuple[str, str, str]] = Counter()
    for row in tables.outbox.values():
        if row.out.kind == "frame" and row.out.payload["frame"] == "message":
            told[row.out.stream, str(row.out.payload["session_id"]), str(row.out.payload["seq"])] += 1
    due: Counter[tuple[str, str, str]] = Counter()
    for session_id, said in tables.messages.items():
        for side in _sides(tables.chats.rows[session_id]) if said else ():
            due.update((f"{side.type}:{side.id}", str(session_id), str(one.seq)) for one in said)
    if told != due:
        yield f"T4: told are {told - due} too often, and {due - told} not"


__all__ = ["MET", "Words", "both_are_told", "nothing_into_silence", "numbered_without_a_gap"]
