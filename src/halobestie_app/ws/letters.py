"""Which messages one socket has got, and which wait: in the order of their numbers, with none left out.

Knows no socket, no clock and no store; the shell carries out what is answered. Live messages wait at first,
until the client has said how far it is (or has let its time for that pass), and again whenever one is missing
in between: then it says what to look for, and goes on when that was found.

What has left once is on its way over this very socket, and does not leave again, whenever the client says how
far it is. Only what lies before it is then still brought, after it.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

GREATEST: Final = 2**63 - 1
"""No number is greater."""


class Letters:
    """One socket's. Until `begin` says otherwise, every chat begins at 0."""

    __slots__ = ("_at", "_behind", "_gone", "_held", "_missing", "waits_for_resume")

    def __init__(self) -> None:
        self._at: dict[UUID, int] = {}
        # All behind `_behind` has left, up to `_at`; so has all behind the first of `_gone`, up to the last.
        self._behind: dict[UUID, int] = {}
        self._gone: dict[UUID, tuple[int, int]] = {}
        self._held: dict[UUID, dict[int, str]] | None = {}
        self._missing: dict[UUID, int] = {}
        self.waits_for_resume = True

    def begin(self, ends: Mapping[UUID, int]) -> None:
        """Hear the last number in each chat that was live when the socket came."""
        self._at |= ends
        self._behind |= ends

    def take(self, session_id: UUID, seq: int, text: str) -> list[str]:
        """Take a live message; return what may leave now. See `missing` afterwards."""
        at = self._at.get(session_id, 0)
        if self._held is not None:
            self._held.setdefault(session_id, {})[seq] = text
            return []
        if seq <= at:
            return []
        if seq > at + 1:
            self._held = {session_id: {seq: text}}
            self._missing[session_id] = at
            return []
        self._at[session_id] = seq
        return [text]

    def missing(self) -> Mapping[UUID, int]:
        """Give, once, the chats in which something is missing, and the number behind which to look."""
        missing, self._missing = self._missing, {}
        return missing

    def resume(self, chats: Mapping[UUID, int]) -> Mapping[UUID, int]:
        """Hear how far the client is; from now on live messages wait. Return where to look for the rest.

        That is behind what has left, if the client is anywhere on its way through it.
        """
        self.waits_for_resume = False
        if self._held is None:
            self._held = {}
        return {chat: self._back(chat, min(max(seq, 0), GREATEST)) for chat, seq in chats.items()}

    def _back(self, chat: UUID, seq: int) -> int:
        begin, end = self._behind.get(chat, 0), self._at.get(chat, 0)
        self._gone.pop(chat, None)
        if begin <= seq <= end:
            return end
        if seq < begin:
            self._gone[chat] = begin, end
        self._behind[chat] = self._at[chat] = seq
        return seq

    def found(self, session_id: UUID, last_seq: int, rows: Iterable[tuple[int, str]]) -> list[str]:
        """Take what was found behind the number that was looked behind; return what may leave now."""
        at = min(self._at.get(session_id, 0), last_seq)  # nobody is further than the chat itself
        begin, end = self._gone.get(session_id, (0, 0))
        self._behind[session_id] = min(self._behind.get(session_id, 0), at)
        texts = []
        for seq, text in rows:
            if seq > at:
                at = seq
                if not begin < seq <= end:
                    texts.append(text)
        self._at[session_id] = at
        return texts

    def behind(self, session_id: UUID) -> int:
        """Give the number that this socket has reached in a chat."""
        return self._at.get(session_id, 0)

    def forget(self, session_id: UUID) -> None:
        """It is no chat of theirs."""
        for known in (self._at, self._behind, self._gone):
            known.pop(session_id, None)

    def release(self) -> list[str]:
        """Let live messages leave, in their order; return those that waited. See `missing` afterwards."""
        self.waits_for_resume = False
        held, self._held = self._held or {}, None
        texts = []
        for session_id, some in held.items():
            for seq in sorted(some):
                texts += self.take(session_id, seq, some[seq])
        return texts
