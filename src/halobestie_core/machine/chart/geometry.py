"""Sizes and distances, in pixels; y grows downwards. Knows neither states nor SVG."""

from collections.abc import Mapping

from attrs import frozen

from halobestie_core.machine.chart.layers import Cell

STEP = 18.0  # between two lines at one side of a box
SPACE = 22.0  # between two boxes of one column
CALM = 10.0  # between a line that only passes and whatever is next to it


@frozen
class Size:
    """Of a box; a line that only passes has none."""

    width: float
    height: float


NOTHING = Size(0, 0)


@frozen
class Place:
    """A box: its left edge, its middle height, and its size."""

    left: float
    middle: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.middle - self.height / 2


def apart(upper: Cell, lower: Cell, sizes: Mapping[Cell, Size]) -> float:
    """Return how far the middles of two neighbours in a column are apart at least."""
    halves = (sizes.get(upper, NOTHING).height + sizes.get(lower, NOTHING).height) / 2
    return halves + (SPACE if upper in sizes and lower in sizes else CALM)
