"""The few shapes of a picture, as SVG. Knows no table."""

from html import escape

from halobestie_core.machine.chart.geometry import Place


def text(words: str, style: str, x: float, y: float, anchor: str = "start") -> str:
    """Return one line of text; ``anchor`` says which of its points is at ``x``."""
    face = "code " if style in {"name", "command", "cause"} else ""
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{face}{style}" x="{x:.1f}" y="{y:.1f}"{at}>{escape(words)}</text>'


def curve(points: tuple[tuple[float, float], ...]) -> str:
    """Return a path that curves and runs straight by turns; a curve leaves and arrives level."""
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    for n, (to_x, to_y) in enumerate(rest):
        bend = (x + to_x) / 2
        path += (
            f"H{to_x:.1f}" if n % 2 else f"C{bend:.1f} {y:.1f} {bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        )
        x, y = to_x, to_y
    return path


def frame(place: Place, style: str, inset: float = 0) -> str:
    """Return a rounded box, so much smaller than its place."""
    wide, tall = place.width - 2 * inset, place.height - 2 * inset
    return (
        f'<rect class="{style}" x="{place.left + inset:.1f}" y="{place.top + inset:.1f}"'
        f' width="{wide:.1f}" height="{tall:.1f}" rx="{9 - inset:.0f}"/>'
    )


def cross(x: float, y: float) -> str:
    """Return the mark of failure, around a point."""
    return f'<path class="cross" d="M{x - 3.5:.1f} {y - 3.5:.1f}l7 7m0 -7l-7 7"/>'


def turn(x: float, y: float) -> str:
    """Return a small arrow that comes back to where it began: the state stays."""
    return (
        f'<path class="turn" transform="translate({x:.1f} {y:.1f})"'
        ' d="M4.2 -2.4A4.8 4.8 0 1 0 4.8 1.2M4.9 -5.6L4.6 -2L1.2 -2.6"/>'
    )
