"""Where lines run: the heights at which they meet boxes, and their points. Knows no SVG."""

import itertools
from collections.abc import Mapping, Sequence

from halobestie_core.machine.chart.geometry import STEP, Place, Size, apart
from halobestie_core.machine.chart.layers import Cell, Chain


def straightened(
    columns: Sequence[Sequence[Cell]],
    lines: Sequence[Chain],
    sizes: Mapping[Cell, Size],
    middles: Mapping[Cell, float],
) -> dict[Cell, float]:
    """Take small steps out of lines that pass: level with their words or box, where there is room for it."""
    middles = dict(middles)
    for line in lines:
        label = next(n for n, cell in enumerate(line.cells) if n and cell in sizes)
        before, after = line.cells[1:label], line.cells[label + 1 : -1]
        ports, words = ports_of(line, lines, sizes, middles), middles[line.cells[label]]
        for run, height in (
            (before[::-1], words),
            (after, words),
            (before, ports[0]),
            (after[::-1], ports[1]),
        ):
            level = height
            for cell in run:
                tried = {**middles, cell: level}
                if abs(middles[cell] - level) <= STEP and _fits(columns, sizes, tried):
                    middles = tried
                level = middles[cell]
    return middles


def ports_of(
    line: Chain, lines: Sequence[Chain], sizes: Mapping[Cell, Size], middles: Mapping[Cell, float]
) -> tuple[float, float]:
    """Return the heights at which a line meets its boxes; at one side lines keep the order of their ends."""

    def port(end: int, beside: int) -> float:
        box = line.cells[end]
        same = [other for other in lines if other.cells[end] == box]
        same.sort(key=lambda other: middles[other.cells[beside]])
        step = min(STEP, (sizes[box].height - 16) / len(same))
        return middles[box] + (same.index(line) - (len(same) - 1) / 2) * step

    return port(0, 1), port(-1, -2)


def points_of(
    line: Chain, places: Mapping[Cell, Place], ports: tuple[float, float]
) -> tuple[tuple[float, float], ...]:
    """Return the line's points, from the edge's source to its target."""
    points = [(places[line.cells[0]].right, ports[0])]
    for cell in line.cells[1:-1]:
        points += [(places[cell].left, places[cell].middle), (places[cell].right, places[cell].middle)]
    points.append((places[line.cells[-1]].left, ports[1]))
    return tuple(reversed(points)) if line.back else tuple(points)


def _fits(
    columns: Sequence[Sequence[Cell]], sizes: Mapping[Cell, Size], middles: Mapping[Cell, float]
) -> bool:
    return all(
        middles[lower] - middles[upper] >= apart(upper, lower, sizes) - 0.2  # heights were rounded
        for column in columns
        for upper, lower in itertools.pairwise(column)
    )
