"""What a simulation saw, and the summary of it. Knows no request and no clock."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from attrs import define, field

WIDTH: Final = 22


@define
class Tally:
    """Counts, and durations in seconds. ``troubles``: what should not have happened, by what it was."""

    searches: int = 0
    pairings: int = 0
    failures: Counter[str] = field(factory=Counter)
    confirming: list[float] = field(factory=list)
    accepting: list[float] = field(factory=list)
    messages: int = 0
    acknowledging: list[float] = field(factory=list)
    answering: list[float] = field(factory=list)
    troubles: Counter[str] = field(factory=Counter)

    @property
    def is_well(self) -> bool:
        """Somebody was paired, and nothing happened that should not have."""
        return self.pairings > 0 and not self.troubles

    def lines(self) -> list[str]:
        """The summary."""
        return [
            _line("searches", str(self.searches)),
            _line("pairings", str(self.pairings)),
            _line("failures", _by_kind(self.failures)),
            _line("paid to confirmed", quantiles(self.confirming)),
            _line("times to accept", quantiles(self.accepting)),
            _line("messages", str(self.messages)),
            _line("until kept", quantiles(self.acknowledging)),
            _line("requests", f"{len(self.answering)}, {quantiles(self.answering)}"),
            _line("troubles", _by_kind(self.troubles)),
        ]


def quantiles(seconds: Sequence[float]) -> str:
    """The median and the 99th percentile in words, by nearest rank."""
    if not seconds:
        return "none"
    row = sorted(seconds)
    p50, p99 = (row[max(0, -(-len(row) * share // 100) - 1)] for share in (50, 99))
    return f"p50 {_duration(p50)}, p99 {_duration(p99)}"


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _by_kind(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.most_common()) or "none"


def _line(name: str, text: str) -> str:
    return f"{name:{WIDTH}}{text}"
