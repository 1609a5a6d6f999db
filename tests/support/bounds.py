"""Bounds on what the page of faults says was measured, and which of them were missed. Knows no fault.

It is the page that is read, as everybody reads it: what is said of a row is never better than the row.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

SHARES: Final = ("p50", "p95", "p99", "max")
Figures = Mapping[str, Mapping[str, float]]
"""By what they are of, and by share; in seconds, or a number."""


@frozen
class Bound:
    """The most that a figure may be, in seconds or as a number; or by how much it may exceed another."""

    figure: str
    most: float
    share: str = "max"
    than: str | None = None

    def missed(self, figures: Figures) -> str | None:
        """By how much, in words; nothing where it was kept."""
        if self.figure not in figures or (self.than is not None and self.than not in figures):
            return f"{self.figure}: not measured yet"
        share, found = _at(figures[self.figure], self.share)
        base = 0.0 if self.than is None else _at(figures[self.than], self.share)[1]
        if found - base <= self.most:
            return None
        if "number" in figures[self.figure]:
            return f"{found:g} {self.figure}, not {self.most:g}"
        above = "" if self.than is None else f" above {words(base)}"
        return f"{self.figure}: {share} {words(found)}, not {words(self.most)}{above}"


def figures(measured: str) -> Figures:
    """Read what a row says was measured."""
    found: dict[str, dict[str, float]] = {}
    for part in measured.split("; "):
        if number := re.fullmatch(r"([\d,.]+) (.+)", part):
            found[number[2]] = {"number": float(number[1].replace(",", ""))}
        elif times := re.fullmatch(r"(.+?) ((?:p\d+ )?[\d.]+ m?s\b.*)", part):
            shares = found.setdefault(times[1], {})
            for share, value, unit in re.findall(r"(?:(p\d+|max) )?([\d.]+) (m?s)", times[2]):
                seconds = float(value) / (1000 if unit == "ms" else 1)
                name = share or "max"
                shares[name] = max(seconds, shares.get(name, 0.0))
    return found


def words(seconds: float) -> str:
    """Say how long that is."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def missed(bounds: Sequence[Bound], measured: str) -> Iterator[str]:
    """Say which bounds a row missed."""
    found = figures(measured)
    yield from (text for bound in bounds if (text := bound.missed(found)) is not None)


def _at(shares: Mapping[str, float], share: str) -> tuple[str, float]:
    """A share of what was measured; the next one above where that is not said, or a plain number."""
    if "number" in shares:
        return "number", shares["number"]
    return next((name, shares[name]) for name in SHARES[SHARES.index(share) :] if name in shares)
