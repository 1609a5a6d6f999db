"""The words at an edge and inside a state, as lines with sizes. Knows no coordinates."""

from attrs import frozen

from halobestie_core.machine.chart.edges import Way
from halobestie_core.machine.chart.geometry import Size
from halobestie_core.machine.chart.style import COMMAND, GUARD, LINE
from halobestie_core.machine.chart.text import wide, wrapped

BROAD = 28  # letters in a line of a label, about
BETWEEN = 10.0  # between two ways of one edge

CROSS = 14.0  # the mark before a cause


@frozen
class Words:
    """One line, its style class and how far below the first it stands; before a cause is room for a mark."""

    words: str
    style: str
    below: float

    @property
    def width(self) -> float:
        """How wide it is, on the safe side."""
        code = self.style != "guard"
        return wide(self.words, COMMAND if code else GUARD, code=code) + (
            CROSS if self.style == "cause" else 0
        )


@frozen
class Label:
    """Some lines and the room they need."""

    lines: tuple[Words, ...]
    size: Size


def label(ways: tuple[Way, ...]) -> Label:
    """Return the words of an edge or of a state's loops: who asks, when, and why it fails."""
    lines: list[Words] = []
    below = 0.0
    for way in ways:
        asked = [(words, "command") for words in wrapped(way.commands, ", ", BROAD)]
        when = [(words, "guard") for words in _guard(way.guard)]
        why = [(way.cause, "cause")] if way.cause else []
        for words, style in (*asked, *when, *why):
            lines.append(Words(words, style, below))
            below += LINE
        below += BETWEEN
    broadest = max((line.width for line in lines), default=0.0)
    return Label(tuple(lines), Size(broadest, max(0.0, below - BETWEEN)))


def _guard(guard: str) -> tuple[str, ...]:
    return wrapped(tuple(f"[{guard}]".split(", ")), ", ", BROAD + 4) if guard else ()
