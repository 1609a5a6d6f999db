"""Where everything stands: cells with sizes get coordinates, lines get points. Knows neither states nor SVG.

Within a column the order is given; heights are moved as little as possible away from where the neighbours
pull them (least squares, by pooling), so that long lines run straight.
"""

import itertools
from collections.abc import Mapping, Sequence
from math import fsum  # exact, so the same in every Python; `sum` became more exact in 3.12

from attrs import frozen

from halobestie_core.machine.chart.geometry import NOTHING, Place, Size, apart
from halobestie_core.machine.chart.layers import Cell, Chain
from halobestie_core.machine.chart.routes import points_of, ports_of, straightened

ROUNDS = 400
NARROWEST, WIDEST, SLOPE = 40.0, 96.0, 0.30  # how wide the gap between columns is for steep lines


@frozen
class Plan:
    """The finished picture: places of cells, points of lines from source to target, and the whole size.

    A line's points come in pairs: from one to the next it curves and runs straight by turns, curving first.
    """

    places: Mapping[Cell, Place]
    lines: tuple[tuple[tuple[float, float], ...], ...]
    size: Size


def plan(columns: Sequence[Sequence[Cell]], lines: Sequence[Chain], sizes: Mapping[Cell, Size]) -> Plan:
    """Return places and lines for ordered columns; cells without a size are lines that only pass."""
    middles = straightened(columns, lines, sizes, _middles(columns, lines, sizes))
    lefts, width = _lefts(columns, lines, sizes, middles)
    places = {}
    for left, column in zip(lefts, columns, strict=True):
        # All of a column are equally wide, so that lines curve between columns and run straight inside them.
        broad = max(sizes.get(cell, NOTHING).width for cell in column)
        for cell in column:
            places[cell] = Place(left, middles[cell], broad, sizes.get(cell, NOTHING).height)
    height = max(place.middle + place.height / 2 for place in places.values())
    points = tuple(points_of(line, places, ports_of(line, lines, sizes, middles)) for line in lines)
    return Plan(places, points, Size(width, height))


def settled(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """Return the heights nearest to those wanted that keep the order and stay so far apart.

    ``apart[n]`` is the least distance between ``n`` and ``n + 1``. Who press on each other are pooled.
    """
    offsets = [fsum(apart[:n]) for n in range(len(wanted))]
    pools: list[list[float]] = []  # of [mean, members]
    for height, offset in zip(wanted, offsets, strict=True):
        pools.append([height - offset, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, members = pools.pop()
            total = pools[-1][1] + members
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * members) / total, total]
    means = [mean for mean, members in pools for _ in range(int(members))]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _middles(
    columns: Sequence[Sequence[Cell]], lines: Sequence[Chain], sizes: Mapping[Cell, Size]
) -> dict[Cell, float]:
    pulls: dict[Cell, list[tuple[Cell, float]]] = {cell: [] for column in columns for cell in column}
    for line in lines:
        for low, high in zip(line.cells, line.cells[1:], strict=False):
            passing = (low not in sizes) + (high not in sizes)
            firm = (1.0, 24.0, 60.0)[passing]  # lines that only pass want to be straight most
            pulls[low].append((high, firm))
            pulls[high].append((low, firm))

    gaps = [[apart(*two, sizes) for two in itertools.pairwise(column)] for column in columns]
    middles: dict[Cell, float] = {}
    for column, gap in zip(columns, gaps, strict=True):
        middles.update(zip(column, settled([0.0] * len(column), gap), strict=True))
    for turn in range(ROUNDS):
        order = range(len(columns)) if turn % 2 == 0 else range(len(columns) - 1, -1, -1)
        for n in order:
            wanted = [_pulled(middles, pulls[cell], middles[cell]) for cell in columns[n]]
            middles.update(zip(columns[n], settled(wanted, gaps[n]), strict=True))
    top = min(middle - sizes.get(cell, NOTHING).height / 2 for cell, middle in middles.items())
    return {cell: round(middle - top, 1) for cell, middle in middles.items()}


def _pulled(middles: Mapping[Cell, float], pulls: Sequence[tuple[Cell, float]], alone: float) -> float:
    """Return where a cell's neighbours want it; without any it stays."""
    weight = fsum(firm for _, firm in pulls)
    return fsum(middles[other] * firm for other, firm in pulls) / weight if pulls else alone


def _lefts(
    columns: Sequence[Sequence[Cell]],
    lines: Sequence[Chain],
    sizes: Mapping[Cell, Size],
    middles: Mapping[Cell, float],
) -> tuple[list[float], float]:
    """Return the left edge of each column and the whole width; steep lines get wider gaps."""
    pieces = [two for line in lines for two in zip(line.cells, line.cells[1:], strict=False)]
    lefts, left = [], 0.0
    for n, column in enumerate(columns):
        lefts.append(left)
        left += max(sizes.get(cell, NOTHING).width for cell in column)
        steepest = max((abs(middles[a] - middles[b]) for a, b in pieces if a in column), default=0.0)
        if n < len(columns) - 1:
            left += round(min(WIDEST, max(NARROWEST, SLOPE * steepest)))
    return lefts, left
