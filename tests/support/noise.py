"""What a broken or hostile client sends: frames by seeded chance, each with what it must come to.

Knows no socket. The same seed, the same noise.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from halobestie_app.ws.incoming import LARGEST, LONGEST_TEXT

MALFORMED: Final = "malformed"
OVERSIZE: Final = "oversize"
UNSURE: Final = "unsure"
"""Bent in a way that may have left a frame of ours."""

TEXTS: Final = (
    "halo",
    "apa kabar?",
    "🙏🏽 terima kasih",
    "\u202eterbalik",
    '"}],{',
    "a\n\tb",
    "\\u0000",
    "é" * 900,
)
OPTIONAL: Final = {("resume", "chats"), ("focus", "session_id")}
"""Members that a frame of ours may leave out."""
NUMBERS: Final = ("-1", "1e400", "1e9", "NaN", "Infinity", "1.5", "-0.0", "0x1", "01", "1" * 400, str(2**64))
STRANGE: Final[Sequence[Any]] = (
    None, True, -1, 7, 1.5, "", "x", "\0", [], {}, [[]], {"": None}, ["auth"], 2**63, -(2**63), "0" * 32,
    "{00000000-0000-0000-0000-000000000001}", "urn:uuid:00000000-0000-0000-0000-000000000001", "\u0661" * 32,
)  # fmt: skip


@frozen
class Noise:
    """A frame, or ``None`` for one that is not text; ``meaning``: its type, or one of the words above."""

    text: str | None
    meaning: str


class Noisy:
    """Makes noise about these chats, with these tokens (none of them fit for much)."""

    def __init__(self, chance: Random, chats: Sequence[UUID], tokens: Sequence[str] = ()) -> None:
        self._chance = chance
        self._chats = chats
        self._tokens = tokens
        self._kinds: Sequence[tuple[int, Callable[[], Noise]]] = (
            (40, self.well),
            (10, self._member_wrong),
            (5, self._member_missing),
            (5, self._member_more),
            (15, self._bent),
            (4, self._deep),
            (5, self._number),
            (3, self._nul),
            (4, self._surrogate),
            (2, self._no_object),
            (1, self._large),
            (1, lambda: Noise(None, MALFORMED)),
        )
        self._weights = [weight for weight, _ in self._kinds]

    def next(self) -> Noise:
        """Make some noise."""
        [(_, make)] = self._chance.choices(self._kinds, self._weights)
        return make()

    def well(self) -> Noise:
        """A frame as it should be, though nobody waits for it."""
        frame = self._frame()
        return Noise(json.dumps(frame, ensure_ascii=self._chance.random() < 0.5), frame["type"])

    def ping(self) -> Noise:
        """Nothing but a sign of life; many of them are a flood."""
        return Noise('{"type":"ping"}', "ping")

    def wrong(self) -> Noise:
        """Hardly ever a frame of ours."""
        return self._chance.choice((self._member_missing, self._member_more, self._number, self._deep))()

    # ------------------------------------------------------------------------------------------- frames

    def _id(self) -> str:
        if self._chance.random() < 0.7:
            return str(self._chance.choice(self._chats))
        return str(UUID(int=self._chance.getrandbits(128)))

    def _words(self) -> str:
        if self._chance.random() < 0.02:
            return "x" * LONGEST_TEXT
        return self._chance.choice(TEXTS)

    def _frame(self) -> dict[str, Any]:
        chance = self._chance
        seq = chance.choice((0, 1, 7, 2**31, 2**63 - 1))
        frames: Sequence[dict[str, Any]] = (
            {"type": "ping"},
            {"type": "resume"},
            {"type": "resume", "chats": {self._id(): chance.choice((seq, -seq)) for _ in range(3)}},
            {"type": "ack", "frame": chance.choice(("paired", "nothing", "")), "id": self._id()},
            {"type": "focus", "session_id": chance.choice((None, self._id()))},
            {"type": "typing", "session_id": self._id()},
            {"type": "read", "session_id": self._id(), "seq": seq},
            {
                "type": "message",
                "session_id": self._id(),
                "client_message_id": self._id(),
                "text": self._words(),
            },
            *({"type": "auth", "access_token": token} for token in self._tokens),
        )
        return dict(chance.choice(frames))

    # -------------------------------------------------------------------------------------------- noise

    def _member_wrong(self) -> Noise:
        frame = self._frame()
        frame[self._chance.choice(list(frame))] = self._chance.choice(STRANGE)
        return Noise(json.dumps(frame), UNSURE)

    def _member_missing(self) -> Noise:
        frame = self._frame()
        kind, gone = frame["type"], self._chance.choice(list(frame))
        frame.pop(gone)
        return Noise(json.dumps(frame), UNSURE if (kind, gone) in OPTIONAL else MALFORMED)

    def _member_more(self) -> Noise:
        name = self._chance.choice(("x", "", "\0", "Type", "é" * 100, "x" * 9000))
        return Noise(json.dumps({**self._frame(), name: self._chance.choice(STRANGE)}), MALFORMED)

    def _bent(self) -> Noise:
        """A frame with a piece of it cut out, doubled, replaced or turned round."""
        text = self.well().text or ""
        chance = self._chance
        begin, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        piece = text[begin:end]
        other = chance.choice(("", piece * 2, piece[::-1], chr(chance.randrange(0xD800)), '"', "{", "\\"))
        return Noise(text[:begin] + other + text[end:], UNSURE)

    def _deep(self) -> Noise:
        depth = self._chance.choice((200, 1000, 1024, 2000))
        begin, end = self._chance.choice((("[", "]"), ('{"a":', "}")))
        inside = begin * depth + "1" + end * depth * self._chance.randrange(2)
        wrapped = self._chance.choice(("%s", '{"type":"resume","chats":%s}', '{"type":%s}')) % inside
        return Noise(wrapped, MALFORMED)

    def _number(self) -> Noise:
        frame = {"type": "read", "session_id": self._id(), "seq": "#"}
        return Noise(json.dumps(frame).replace('"#"', self._chance.choice(NUMBERS)), MALFORMED)

    def _nul(self) -> Noise:
        text = self._chance.choice(("a\0b", "\0", "halo\0" * 100))
        frame = {"type": "message", "session_id": self._id(), "client_message_id": self._id(), "text": text}
        written = json.dumps(frame)
        return Noise(
            self._chance.choice((written, written.replace("\\u0000", "\0"), "\0" + written)), MALFORMED
        )

    def _surrogate(self) -> Noise:
        """Half a character: escaped, or (where Python lets it exist) as it is."""
        half = self._chance.choice(("\ud800", "\udfff", "a\udc00b"))
        frame = {"type": "message", "session_id": self._id(), "client_message_id": self._id(), "text": half}
        return Noise(json.dumps(frame, ensure_ascii=self._chance.random() < 0.5), MALFORMED)

    def _no_object(self) -> Noise:
        return Noise(
            self._chance.choice(("", " ", "[]", "7", "null", '"ping"', "\ufeff{}", "{}{}")), MALFORMED
        )

    def _large(self) -> Noise:
        letter = self._chance.choice(("x", "é", "🙏"))
        count = LARGEST // len(letter.encode()) + self._chance.choice((1, 100, LARGEST))
        return Noise('{"type": "ping", "x": "' + letter * count + '"}', OVERSIZE)
