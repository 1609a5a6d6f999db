"""A machine laid out: its states, its edges, their words, and where they all stand. Knows no SVG."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from halobestie_core.machine.chart.edges import Edge, edges, loops
from halobestie_core.machine.chart.geometry import STEP, Size
from halobestie_core.machine.chart.labels import CROSS, Label, label
from halobestie_core.machine.chart.layers import Cell, Chain, chains, ordered, ranks
from halobestie_core.machine.chart.places import Plan, plan
from halobestie_core.machine.chart.style import NAME
from halobestie_core.machine.chart.text import wide
from halobestie_core.machine.engine import Machine

INSET = 14.0  # words inside a state
ASIDE = 6.0  # paper around the words at an edge


@frozen
class Drawing:
    """``inside``: each state's loops. ``words``: of edges, by the cell in which they stand."""

    edges: tuple[Edge, ...]
    inside: Mapping[str, Label]
    words: Mapping[Cell, Label]
    sizes: Mapping[Cell, Size]
    plan: Plan


def drawing(machine: Machine[Any]) -> Drawing:
    """Lay out a machine, alike for the same table."""
    drawn = edges(machine)
    ends = [(edge.source.value, edge.target.value) for edge in drawn]
    rank = ranks([state.value for state in machine.states], ends)
    lines = chains(rank, ends)
    inside = {state.value: label(loops(machine, state)) for state in machine.states}
    words = _label_cells(lines, [label(edge.ways) for edge in drawn])
    sizes: dict[Cell, Size] = {state: _room(state, loop, lines) for state, loop in inside.items()}
    for cell, beside in words.items():
        sizes[cell] = Size(beside.size.width + 2 * ASIDE, beside.size.height + ASIDE)
    return Drawing(drawn, inside, words, sizes, plan(ordered(rank, lines), lines, sizes))


def _room(state: str, words: Label, lines: tuple[Chain, ...]) -> Size:
    """Return a state's size: its name, its loops, and a port for every line at its busier side."""
    broad = (
        max(wide(state, NAME, code=True) + CROSS, words.size.width + (18 if words.lines else 0)) + 2 * INSET
    )
    tall = 46.0 if not words.lines else 46.0 + words.size.height + 14
    ports = max(sum(line.cells[end] == state for line in lines) for end in (0, -1))
    return Size(max(broad, 100.0), max(tall, ports * STEP + 16))


def _label_cells(lines: tuple[Chain, ...], beside: list[Label]) -> dict[Cell, Label]:
    """Choose, for every edge, the column in which its words stand: where there is most room left."""
    filled: dict[int, float] = {}
    chosen: dict[Cell, Label] = {}
    for line in sorted(lines, key=lambda line: len(line.cells)):
        odd = [cell for cell in line.cells if isinstance(cell, tuple) and cell[1] % 2]
        cell = min(odd, key=lambda cell: filled.get(cell[1], 0.0))
        filled[cell[1]] = filled.get(cell[1], 0.0) + beside[line.number].size.height
        chosen[cell] = beside[line.number]
    return chosen
