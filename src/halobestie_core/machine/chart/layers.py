"""Which column a state stands in and in which order, so that few lines cross. Knows no sizes and no machine.

After Sugiyama: ranks by longest path, lines over several columns made of cells, order by barycentre. The
graphs have a dozen nodes at most, so the plainest form of each step will do; the result is always the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from attrs import frozen

SWEEPS = 8

# A state by its name, or what an edge has in one of the columns it passes: (edge number, column).
Cell = str | tuple[int, int]


@frozen
class Chain:
    """One edge as cells from its lower column to its higher one; ``back`` if the edge runs the other way."""

    number: int
    cells: tuple[Cell, ...]
    back: bool


def ranks(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return each node's rank: the longest way to it, with edges that close a circle turned round."""
    forward = _without_circles(nodes[0], edges)
    rank = dict.fromkeys(nodes, 0)
    for _ in nodes:  # a longest way has fewer edges than there are nodes
        for low, high in forward:
            rank[high] = max(rank[high], rank[low] + 1)
    return rank


def chains(rank: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> tuple[Chain, ...]:
    """Return the edges as chains; states stand in even columns, labels have the odd ones."""
    made = []
    for number, (source, target) in enumerate(edges):
        back = rank[source] > rank[target]
        low, high = (target, source) if back else (source, target)
        between = tuple((number, column) for column in range(2 * rank[low] + 1, 2 * rank[high]))
        made.append(Chain(number, (low, *between, high), back))
    return tuple(made)


def ordered(rank: Mapping[str, int], lines: Sequence[Chain]) -> list[list[Cell]]:
    """Return the cells of every column from top to bottom, with as few crossings as found."""
    columns: list[list[Cell]] = [[] for _ in range(2 * max(rank.values()) + 1)]
    for node, of_node in rank.items():
        columns[2 * of_node].append(node)
    for line in lines:
        for cell in line.cells:
            if isinstance(cell, tuple):
                columns[cell[1]].append(cell)
    pairs = [pair for line in lines for pair in zip(line.cells, line.cells[1:], strict=False)]
    far = [frozenset(line.cells[1:-1]) for line in lines if len(line.cells) > 3]  # noqa: PLR2004 - past a column of states
    best = columns
    for above in product((False, True), repeat=len(far)):
        tried = _lifted(
            columns, frozenset[Cell]().union(*(cells for cells, up in zip(far, above, strict=True) if up))
        )
        for sweep in range(SWEEPS):
            tried = _swapped(_swept(tried, pairs, down=sweep % 2 == 0), pairs)
            if crossings(tried, pairs) < crossings(best, pairs):
                best = tried
    return best


def crossings(columns: Sequence[Sequence[Cell]], pairs: Iterable[tuple[Cell, Cell]]) -> int:
    """Return how many pieces of line cross between neighbouring columns."""
    place = {cell: (n, m) for n, column in enumerate(columns) for m, cell in enumerate(column)}
    pieces = [(place[low], place[high]) for low, high in pairs]
    return sum(
        (low[1] - other_low[1]) * (high[1] - other_high[1]) < 0
        for n, (low, high) in enumerate(pieces)
        for other_low, other_high in pieces[:n]
        if low[0] == other_low[0]
    )


def _without_circles(first: str, edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    forward: list[tuple[str, str]] = []
    seen: set[str] = set()

    def visit(node: str, path: tuple[str, ...]) -> None:
        seen.add(node)
        for source, target in edges:
            if source != node:
                continue
            forward.append((target, source) if target in path else (source, target))
            if target not in seen:
                visit(target, (*path, target))

    visit(first, (first,))
    return forward


def _lifted(columns: Sequence[list[Cell]], above: frozenset[Cell]) -> list[list[Cell]]:
    """Begin with some of the lines that pass a column of states above it instead of below."""
    return [sorted(column, key=lambda cell: cell not in above) for column in columns]


def _swept(
    columns: Sequence[list[Cell]], pairs: Sequence[tuple[Cell, Cell]], *, down: bool
) -> list[list[Cell]]:
    """Order each column by where its neighbours of the column before (or after) stand."""
    columns = [list(column) for column in columns]
    numbers = range(1, len(columns)) if down else range(len(columns) - 2, -1, -1)
    for n in numbers:
        fixed = columns[n - 1] if down else columns[n + 1]
        place = {cell: m for m, cell in enumerate(fixed)}
        weight: dict[Cell, float] = {}
        for m, cell in enumerate(columns[n]):
            ends = ((low, high) if down else (high, low) for low, high in pairs)
            beside = [place[other] for other, mine in ends if mine == cell and other in place]
            weight[cell] = sum(beside) / len(beside) if beside else float(m)
        columns[n].sort(key=weight.__getitem__)
    return columns


def _swapped(columns: Sequence[list[Cell]], pairs: Sequence[tuple[Cell, Cell]]) -> list[list[Cell]]:
    """Swap neighbours as long as that takes a crossing away."""
    columns = [list(column) for column in columns]
    count, before = crossings(columns, pairs), None
    while count != before:
        before = count
        for column in columns:
            for m in range(len(column) - 1):
                column[m], column[m + 1] = column[m + 1], column[m]
                if (now := crossings(columns, pairs)) < count:
                    count = now
                else:
                    column[m], column[m + 1] = column[m + 1], column[m]
    return columns
