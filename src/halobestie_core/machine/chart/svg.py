"""A table as one self-contained SVG: no script, no font, no address. Reads from left to right."""

from collections.abc import Iterator
from html import escape
from typing import Any

from halobestie_core.machine.chart.drawing import ASIDE, INSET, Drawing, drawing
from halobestie_core.machine.chart.edges import Edge, loops
from halobestie_core.machine.chart.geometry import Place
from halobestie_core.machine.chart.labels import CROSS, Label
from halobestie_core.machine.chart.places import Plan
from halobestie_core.machine.chart.shapes import cross, curve, frame, text, turn
from halobestie_core.machine.chart.style import COMMAND, LINE, MARKERS, NAME, STYLE
from halobestie_core.machine.chart.text import wide
from halobestie_core.machine.engine import Machine
from halobestie_core.machine.table import snake

MARGIN = 24.0
HEAD = 74.0  # title and what the machine is about
FOOT = 56.0  # the legend


def svg(machine: Machine[Any]) -> str:
    """Return the picture of a machine, the same text for the same table."""
    drawn = drawing(machine)
    picture = drawn.plan
    start = wide(snake(machine.opening), COMMAND, code=True) + 44
    width = max(picture.size.width + start + 2 * MARGIN, 860.0)
    height = picture.size.height + HEAD + FOOT + 2 * MARGIN
    left = start + MARGIN + (width - picture.size.width - start - 2 * MARGIN) / 2
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
            f' width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title summary">'
        ),
        f'<title id="title">The {machine.name} machine</title>',
        f'<desc id="summary">{escape(_in_words(machine, drawn.edges))}</desc>',
        f"<style>{STYLE}</style><defs>{MARKERS}</defs>",
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}" rx="10"/>',
        *_title(machine),
        f'<g transform="translate({left:.1f} {HEAD + MARGIN:.1f})">',
        *_ways(drawn),
        *_start(machine, picture, start),
        *(part for cell, words in drawn.words.items() for part in _words(words, picture.places[cell])),
        *(part for state in machine.states for part in _state(machine, state.value, drawn)),
        "</g>",
        *_legend(machine, height - MARGIN),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _ways(drawn: Drawing) -> Iterator[str]:
    for edge, points in zip(drawn.edges, drawn.plan.lines, strict=True):
        kind = (
            ' class="way fails" marker-end="url(#fails)"'
            if edge.fails
            else ' class="way" marker-end="url(#moves)"'
        )
        yield f'<path{kind} d="{curve(points)}"/>'


def _words(words: Label, place: Place) -> Iterator[str]:
    middle, broad = place.left + place.width / 2, words.size.width + 2 * ASIDE
    yield (
        f'<rect class="paper" x="{middle - broad / 2:.1f}" y="{place.top:.1f}" width="{broad:.1f}"'
        f' height="{place.height:.1f}" rx="4"/>'
    )
    first = place.top + ASIDE / 2 + LINE * 0.75
    for line in words.lines:
        height = first + line.below
        if line.style == "cause":
            yield cross(middle - line.width / 2 + 4, height - 4)
        yield text(
            line.words, line.style, middle + (CROSS / 2 if line.style == "cause" else 0), height, "middle"
        )


def _state(machine: Machine[Any], state: str, drawn: Drawing) -> Iterator[str]:
    place, words = drawn.plan.places[state], drawn.inside[state]
    fails = state in {failure.value for failure in machine.failures}
    ends = state in {end.value for end in machine.terminal}
    yield f'<g class="{"state bad" if fails else "state"}">'
    yield frame(place, "box")
    if ends:
        yield frame(place, "inner", 4)
    top = place.middle - (46 + words.size.height + 14) / 2
    middle, height = place.left + place.width / 2, top + 26 if words.lines else place.middle + 5
    if fails:
        yield cross(middle - wide(state, NAME, code=True) / 2 - 3, height - 5)
    yield text(state, "name", middle + (CROSS / 2 if fails else 0), height, "middle")
    if words.lines:
        rule = top + 40
        yield f'<path class="rule" d="M{place.left + 8:.1f} {rule:.1f}H{place.right - 8:.1f}"/>'
        for line in words.lines:
            height = rule + 20 + line.below
            if line.style == "command":
                yield turn(place.left + INSET + 5, height - 4)
            yield text(line.words, line.style, place.left + INSET + 18, height)
    yield "</g>"


def _start(machine: Machine[Any], picture: Plan, room: float) -> Iterator[str]:
    place = picture.places[machine.initial.value]
    x, y = place.left - room + 14, place.middle
    yield f'<circle class="start" cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
    yield f'<path class="startway" marker-end="url(#starts)" d="M{x + 7:.1f} {y:.1f}H{place.left:.1f}"/>'
    yield text(snake(machine.opening), "command", (x + place.left) / 2, y - 9, "middle")


def _title(machine: Machine[Any]) -> Iterator[str]:
    yield text(machine.name, "title", MARGIN, MARGIN + 18)
    yield text(machine.about, "soft", MARGIN, MARGIN + 42)


def _legend(machine: Machine[Any], bottom: float) -> Iterator[str]:
    x = MARGIN
    keys = [("moves", "way", "moves"), ("fails, for the cause named", "way fails", "fails")]
    for words, style, head in keys if machine.failures else keys[:1]:
        yield f'<path class="{style}" marker-end="url(#{head})" d="M{x:.1f} {bottom - 4:.1f}h46"/>'
        yield text(words, "soft", x + 56, bottom)
        x += 56 + wide(words, 12) + 30
    if machine.terminal:
        yield frame(Place(x, bottom - 4, 32, 22), "box") + frame(Place(x, bottom - 4, 32, 22), "inner", 4)
        yield text("nothing leaves it", "soft", x + 42, bottom)
        x += 42 + wide("nothing leaves it", 12) + 30
    if any(loops(machine, state) for state in machine.states):
        yield turn(x + 6, bottom - 4)
        yield text("moved, and stays in its state", "soft", x + 20, bottom)


def _in_words(machine: Machine[Any], drawn: tuple[Edge, ...]) -> str:
    begins = f"Begins in {machine.initial} with {snake(machine.opening)}."
    moves = "; ".join(
        f"{edge.source} to {edge.target} by {' or '.join(name for way in edge.ways for name in way.commands)}"
        for edge in drawn
    )
    return f"{begins} {moves}."
