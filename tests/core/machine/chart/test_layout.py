"""The layout keeps its promises: few crossings, nothing on top of anything, lines that end at their boxes."""

import itertools
import re
from typing import Any

import pytest

from halobestie_core.machine import Machine
from halobestie_core.machine.chart.drawing import drawing
from halobestie_core.machine.chart.edges import edges
from halobestie_core.machine.chart.geometry import Size
from halobestie_core.machine.chart.layers import Cell, chains, crossings, ordered, ranks
from halobestie_core.machine.chart.places import plan, settled
from halobestie_core.machine.chart.text import wide, wrapped
from support.witnesses import MACHINES

EVERY = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)


@EVERY
def test_no_line_crosses_another(machine: Machine[Any]) -> None:
    """None of the five pictures needs a crossing, and none has one."""
    ends = [(edge.source.value, edge.target.value) for edge in edges(machine)]
    rank = ranks([state.value for state in machine.states], ends)
    lines = chains(rank, ends)
    pairs = [two for line in lines for two in itertools.pairwise(line.cells)]
    assert crossings(ordered(rank, lines), pairs) == 0


@EVERY
def test_nothing_covers_anything(machine: Machine[Any]) -> None:
    """States and words at edges keep clear of each other."""
    drawn = drawing(machine)
    places = [place for cell, place in drawn.plan.places.items() if cell in drawn.sizes]
    for one, other in itertools.combinations(places, 2):
        beside = one.right < other.left or other.right < one.left
        below = one.top + one.height < other.top or other.top + other.height < one.top
        assert beside or below


@EVERY
def test_lines_keep_clear_of_boxes_they_only_pass(machine: Machine[Any]) -> None:
    """A line that runs past a state or past another edge's words has paper on both sides."""
    drawn = drawing(machine)
    for (number, line), (cell, place) in itertools.product(
        enumerate(drawn.plan.lines), drawn.plan.places.items()
    ):
        if cell not in drawn.sizes or (isinstance(cell, tuple) and cell[0] == number):
            continue
        for (from_x, y), (to_x, to_y) in itertools.pairwise(line):
            if y == to_y and min(from_x, to_x) >= place.left and max(from_x, to_x) <= place.right:
                assert not place.top < y < place.top + place.height


@EVERY
def test_lines_end_at_the_boxes_they_belong_to(machine: Machine[Any]) -> None:
    """Every line begins at the side of its source and ends at the side of its target."""
    drawn = drawing(machine)
    for edge, line in zip(edges(machine), drawn.plan.lines, strict=True):
        for (x, y), state in ((line[0], edge.source.value), (line[-1], edge.target.value)):
            box = drawn.plan.places[state]
            assert x in {box.left, box.right}
            assert box.top < y < box.top + box.height


def test_circles_are_turned_round() -> None:
    """A way back does not push its target further away."""
    assert ranks("abc", [("a", "b"), ("b", "c"), ("c", "a"), ("c", "b")]) == {"a": 0, "b": 1, "c": 2}


def test_needed_crossing_is_only_one() -> None:
    """Where two lines must cross, they cross once."""
    ends = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("r", "a"), ("r", "b")]
    rank = ranks("rabxy", ends)
    lines = chains(rank, ends)
    pairs = [two for line in lines for two in itertools.pairwise(line.cells)]
    assert crossings(ordered(rank, lines), pairs) == 1


@pytest.mark.parametrize(
    "wanted, apart, got",
    [
        ([], [], []),
        ([3.0], [], [3.0]),
        ([0.0, 100.0], [10.0], [0.0, 100.0]),
        ([5.0, 5.0], [10.0], [0.0, 10.0]),
        ([9.0, 0.0, 0.0], [1.0, 1.0], [2.0, 3.0, 4.0]),
    ],
)
def test_settling_moves_as_little_as_possible(
    wanted: list[float], apart: list[float], got: list[float]
) -> None:
    """Heights that are far enough apart stay; those that press on each other share the way."""
    assert settled(wanted, apart) == got


def test_a_lone_box_is_a_picture() -> None:
    """A graph without edges is laid out, too."""
    sizes: dict[Cell, Size] = {"a": Size(100, 40)}
    assert plan([["a"]], [], sizes).size == Size(100, 40)


def test_words_are_broken_between_parts_only() -> None:
    """A long list becomes lines of about the wanted length."""
    assert wrapped(("accept", "decline", "target_unavailable"), ", ", 16) == (
        "accept, decline,",
        "target_unavailable",
    )
    assert wrapped((), ", ", 16) == ()


def test_estimates_are_on_the_safe_side() -> None:
    """An m is wider than an i, and code has one width for all."""
    assert wide("mm", 10) > wide("ii", 10)
    assert wide("mm", 10, code=True) == wide("ii", 10, code=True)


def test_settled_heights_are_whole_tenths() -> None:
    """Coordinates are rounded, so that every Python draws the same text."""
    drawn = drawing(MACHINES[0])
    assert all(re.fullmatch(r"-?\d+\.\d", str(place.middle)) for place in drawn.plan.places.values())
