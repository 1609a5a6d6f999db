"""How the demo talks to a terminal: one line per thing that happens, aligned, coloured where colours show.

Knows how lines look, and which word of an object is its state; knows no story.
"""

import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TextIO

import click
from attrs import define, field

WIDTH: Final = 56
"""Where the remarks begin, in characters after the time."""
REMARK: Final = 60
"""How long the remark on a frame may be."""
KINDS: Final = {
    "payment_session": "payment",
    "payment": "payment",
    "pairing_request": "request",
    "session": "chat",
    "extension": "extension",
}
"""Members that hold an object with a state, and what the object is called here."""
GOOD: Final = frozenset({"confirmed", "consumed", "accepted", "active"})
BAD: Final = frozenset(
    {"failed_pairing", "expired", "abandoned", "rejected", "auto_rejected", "cancelled", "timeout"}
)

_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4})")


@define
class Telling:
    """One terminal. ``seen``: version and state of each object when it was last seen."""

    out: TextIO = field(factory=lambda: sys.stdout)
    seen: dict[str, tuple[int, str]] = field(factory=dict)

    # ------------------------------------------------------------------------------------------- the lines

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self._line()
        self._line(self._paint(title, bold=True))

    def answered(self, method: str, path: str, status: int, remark: str = "") -> None:
        """A request and what came of it."""
        color = "red" if status >= 400 else None  # noqa: PLR2004  where HTTP's errors begin
        what = f"{method:4} {_short(path)}"
        self._happened(self._sign("→", ">"), what, str(status), remark, color)

    def framed(self, kind: str, remark: str = "") -> None:
        """A frame that came."""
        self._happened(self._sign("←", "<"), f"frame {kind}", "", self._cut(remark), "cyan")

    def sent(self, kind: str, remark: str = "") -> None:
        """A frame that goes."""
        self._happened(self._sign("→", ">"), f"frame {kind}", "", self._cut(remark), None)

    def saw(self, answer: Mapping[str, Any], kind: str | None = None) -> None:
        """Tell each move that an answer or a frame shows; ``kind``: what the answer itself is."""
        if kind is not None:
            self._moved(kind, answer)
        for member, name in KINDS.items():
            held = answer.get(member)
            if isinstance(held, Mapping):
                self._moved(name, held)

    def said(self, text: str) -> None:
        """Something beside the story."""
        self._line(f"{'':12}  {text}")

    def done(self, who: str, what: str) -> None:
        """What somebody does, at this time of the clock."""
        self._line(f"{self.faint(_clock())}  {self.bold(who)} {what}")

    def lines(self, *lines: str) -> None:
        """Lines as they are."""
        for line in lines:
            self._line(line)

    def bold(self, text: str) -> str:
        """Text that stands out, where it can."""
        return self._paint(text, bold=True)

    def faint(self, text: str) -> str:
        """Text that stands back, where it can."""
        return self._paint(text, dim=True)

    def rule(self, length: int) -> str:
        """A line across."""
        return self.faint(self._sign("─", "-") * length)

    # ---------------------------------------------------------------------------------- how they look

    def _moved(self, kind: str, held: Mapping[str, Any]) -> None:
        version, before = self.seen.get(held["id"], (0, None))
        after = held["status"]
        if held["version"] < version:
            return  # a frame that was overtaken
        self.seen[held["id"]] = held["version"], after
        if after == before:
            return
        arrow = f" {self._sign('→', '->')} "
        move = after if before is None else f"{before}{arrow}{after}"
        color = "green" if after in GOOD else "yellow" if after in BAD else None
        text = f"{self._sign('●', '*')} {kind:9} {move}"
        remark = _remark(kind, held)
        padded = f"{text:{WIDTH}}" if remark else text
        self._line(f"{'':12}  {self._paint(padded, fg=color, bold=True)}{remark}")

    def _happened(self, sign: str, what: str, status: str, remark: str, color: str | None) -> None:
        text = f"{sign} {what:{WIDTH - 8}} {status:3}  "
        shown = self._paint(text, fg=color, dim=color is None)
        self._line(f"{self.faint(f'{_clock(parts=3):12}')}  {shown}{remark}")

    def _cut(self, text: str) -> str:
        """As much of a text as its line takes."""
        line = " ".join(text.split())
        return line if len(line) <= REMARK else line[: REMARK - 3] + self._sign("…", "...")

    def _line(self, text: str = "") -> None:
        self.out.write(text.rstrip() + "\n")
        self.out.flush()

    def _paint(self, text: str, **how: Any) -> str:  # noqa: ANN401  click's words
        return click.style(text, **how) if self._colours() else text

    def _colours(self) -> bool:
        return self.out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def _sign(self, wanted: str, plain: str) -> str:
        return wanted if can_write(self.out, wanted) else plain


def can_write(out: TextIO, text: str) -> bool:
    """Whether a stream's encoding has these characters."""
    try:
        text.encode(out.encoding or "utf-8")  # one without an encoding takes any text
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def rupiah(amount: int) -> str:
    """Write whole rupiah as they are written: 15000 is Rp 15.000."""
    return f"Rp {amount:,}".replace(",", ".")


def _clock(parts: int = 0) -> str:
    """The time of this place; ``parts``: digits of a second."""
    now = datetime.now().astimezone()
    return f"{now:%H:%M:%S.%f}"[: 8 + (parts + 1 if parts else 0)]


def _short(path: str) -> str:
    """An address with its ids cut down to their last four characters."""
    return _ID.sub(r"..\1", path)


def _remark(kind: str, held: Mapping[str, Any]) -> str:
    cause = held.get("cause_tag") or held.get("end_reason")
    if cause:
        refund = held.get("refund")
        return f"{cause}, refund {refund}" if refund else str(cause)
    match kind, held["status"]:
        case "payment", "pending":
            return f"{rupiah(held['amount'])} for {held['duration_minutes']} minutes"
        case "request", "pending":
            target = held.get("targeted_mitra")
            asked = "everybody who is free" if target is None else f"{target['display_name']} alone"
            return f"asks {asked}, {held['timeout_seconds']} s"
        case "extension", "pending":
            asked = f"{rupiah(held['price'])} for {held['duration_minutes']} minutes more"
            return f"{asked}, {held['timeout_seconds']} s"
        case "chat", "extending":
            return "the clock stands still"
        case "chat", "active":
            minutes = round(held["seconds_left"] / 60)
            return f"with {held['mitra']['display_name']}, {minutes} minutes left"
    return ""
