"""How wide words are when nobody may ask a font: estimates on the safe side. Knows no picture."""

from math import fsum  # exact, so the same in every Python

NARROW, WIDE = "fijlrt.,:;'|!()[] ", "mwMW"


def wide(words: str, size: float, *, code: bool = False) -> float:
    """Return the width in pixels; ``code`` is set in a monospaced face."""
    if code:
        return len(words) * size * 0.615
    return fsum(0.37 if c in NARROW else 0.88 if c in WIDE else 0.6 for c in words) * size


def wrapped(parts: tuple[str, ...], between: str, most: int) -> tuple[str, ...]:
    """Return the parts joined, broken into lines of about so many letters, never inside a part."""
    lines: list[str] = []
    for n, part in enumerate(parts):
        piece = part + (between if n < len(parts) - 1 else "")
        if lines and len(lines[-1]) + len(piece.rstrip()) <= most:
            lines[-1] += piece
        else:
            lines.append(piece)
    return tuple(line.rstrip() for line in lines)
