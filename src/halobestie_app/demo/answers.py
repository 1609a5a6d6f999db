"""What a robot says in its chats: a greeting, and one answer to whatever was said last.

Level, not edge: it answers the last message of a chat if that is the customer's, however it came to know.
What it says, and under which id, follows from the chat and the number that it answers, so saying it twice is
saying it once. Knows no request, and of sockets only that one may be there.
"""

import asyncio
from contextlib import suppress
from random import Random
from typing import Final
from uuid import UUID, uuid5

from attrs import define, field

from halobestie_app.demo.client import LOST, Body, Socket

READING: Final = (0.3, 0.7)
WRITING: Final = (0.5, 1.1)
"""Seconds: at least, at most."""
GREETING: Final = "Halo {customer}, aku {mitra}. Cerita saja, aku dengarkan."
SENTENCES: Final = (
    "Terus, kamu rasanya gimana?",
    "Aku ngerti kok.",
    "Iya, aku dengar. Ada apa hari ini?",
    "Kamu hebat sudah mau cerita.",
    "Hmm, pasti berat ya. Wajar kalau capek.",
    "Lalu, apa yang paling kamu pikirkan?",
    "Tentu, pelan-pelan saja. Aku di sini.",
)
"""An odd number: in a chat of turns, every second number is answered."""


@define
class Answers:
    """One robot's. ``socket``: the one that is open, if any."""

    mitra: str
    chance: Random
    _socket: Socket | None = None
    _last: dict[str, tuple[int, str]] = field(factory=dict)
    """Of each chat: the number of its last message, and who said it."""
    _answered: dict[str, int] = field(factory=dict)

    def opened(self, socket: Socket) -> None:
        """Speak here from now on. What went into an earlier socket may be lost, and is said again."""
        self._socket = socket
        self._answered.clear()

    def closed(self) -> None:
        """Nobody can hear anything for the moment."""
        self._socket = None

    async def hear(self, frame: Body) -> None:
        """Learn from a frame; a snapshot is answered by how far one is. Raises `LOST`."""
        match frame["type"]:
            case "snapshot" if self._socket is not None:
                live = [chat["id"] for chat in frame["sessions"]]
                self._last = {chat: self._last.get(chat, (0, "")) for chat in live}
                await self._socket.send("resume", chats={chat: seq for chat, (seq, _) in self._last.items()})
            case "message":
                said = frame["message"]
                self._last[frame["session_id"]] = said["seq"], said["sender"]
            case "error" if "session_id" in frame:  # not kept, as while the clock stands still
                self._answered.pop(frame["session_id"], None)
            case "session_ended":
                self._last.pop(frame["session_id"], None)
                self._answered.pop(frame["session_id"], None)

    def is_owed(self, session_id: str) -> bool:
        """Whether the customer said the last word, and has no answer yet."""
        seq, sender = self._last.get(session_id, (0, ""))
        return sender == "customer" and self._answered.get(session_id, 0) < seq

    async def greet(self, session_id: str, customer: str) -> None:
        """Say the first word."""
        await self._say(session_id, 0, GREETING.format(customer=customer, mitra=self.mitra))

    async def answer(self, session_id: str) -> None:
        """Read, write for a while, and answer what is the last word then."""
        await asyncio.sleep(self.chance.uniform(*READING))
        if self._socket is not None:
            await _sent(self._socket, "typing", session_id=session_id)
        await asyncio.sleep(self.chance.uniform(*WRITING))
        if self.is_owed(session_id):
            seq = self._last[session_id][0]
            await self._say(session_id, seq, SENTENCES[seq % len(SENTENCES)])

    async def _say(self, session_id: str, seq: int, text: str) -> None:
        if self._socket is not None:
            self._answered[session_id] = seq
            name = str(uuid5(UUID(session_id), f"answer {seq}"))
            await _sent(self._socket, "message", session_id=session_id, client_message_id=name, text=text)


async def _sent(socket: Socket, kind: str, **members: object) -> None:
    """Send it, or leave it: who listens notices a lost socket and comes back."""
    with suppress(*LOST):
        await socket.send(kind, **members)
