"""What is drawn and exported says what the table says: every row, pair and cause, in every format."""

import itertools
import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from halobestie_core.causes import SENTENCES, Cause
from halobestie_core.machine import Ignore, Machine, Refuse, Row, snake
from halobestie_core.machine.chart.causes import causes
from halobestie_core.machine.chart.export import export, named
from halobestie_core.machine.chart.matrix import grid, matrix, moves
from halobestie_core.machine.chart.mermaid import mermaid
from halobestie_core.machine.chart.page import page
from halobestie_core.machine.chart.svg import svg
from support.door import DOOR
from support.witnesses import MACHINES

EVERY = pytest.mark.parametrize("machine", [*MACHINES, DOOR], ids=lambda machine: machine.name)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    """Return every piece of text in a picture, in order."""
    root = ET.fromstring(picture)  # noqa: S314 - our own text
    return ["".join(node.itertext()) for node in root.iter(f"{NAMESPACE}text")]


@EVERY
def test_picture_says_it_all(machine: Machine[Any]) -> None:
    """States, commands, guards and causes of every row can be read in the picture."""
    words = " ".join(texts(svg(machine)))
    for row in machine.rows:
        assert {row.source.value, row.target.value} <= set(words.split())
        assert re.search(rf"\b{snake(row.command)}\b", words)
        if row.guard.name != "always":
            assert f"[{row.guard.name}]" in words
        if isinstance(row.cause, Cause):
            assert row.cause.value in words


@EVERY
def test_picture_stands_alone(machine: Machine[Any]) -> None:
    """No script, font, address or link; readable in the light, in the dark, and with the eyes shut."""
    picture = svg(machine)
    assert picture == svg(machine)
    assert not re.search(r"<script|@font-face|@import|href|https?://(?!www\.w3\.org/2000/svg)", picture)
    assert "prefers-color-scheme: dark" in picture
    assert f'<title id="title">The {machine.name} machine</title>' in picture
    assert f"Begins in {machine.initial}" in picture


@EVERY
def test_failing_lines_differ_in_more_than_colour(machine: Machine[Any]) -> None:
    """An edge into a failure is dashed and has a head of its own; the others are and have not."""
    root = ET.fromstring(svg(machine))  # noqa: S314 - our own text
    lines = [node for node in root.iter(f"{NAMESPACE}path") if node.get("class", "").startswith("way")]
    failing = [node.get("marker-end") for node in lines if node.get("class") == "way fails"]
    others = [node.get("marker-end") for node in lines if node.get("class") == "way"]
    assert set(failing) <= {"url(#fails)"}
    assert set(others) == {"url(#moves)"}
    assert bool(failing) is bool(machine.failures)


@EVERY
def test_ends_have_a_double_border(machine: Machine[Any]) -> None:
    """As many inner borders as there are states that nothing leaves, and one in the legend."""
    root = ET.fromstring(svg(machine))  # noqa: S314 - our own text
    inner = [node for node in root.iter(f"{NAMESPACE}rect") if node.get("class") == "inner"]
    assert len(inner) == len(machine.terminal) + bool(machine.terminal)


@EVERY
def test_matrix_has_every_pair(machine: Machine[Any]) -> None:
    """Each cell holds each entry of its pair, in the order in which it is read."""
    lines = matrix(machine).splitlines()[2:]
    for command, line in zip(machine.commands, lines, strict=True):
        cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
        assert cells[0] == f"**`{snake(command)}`**"
        for state, cell in zip(machine.states, cells[1:], strict=True):
            said = cell.split("<br>")
            for entry, part in zip(machine.entries(state, command), said, strict=True):
                match entry:
                    case Row():
                        assert f"→ **{entry.target}**" in part
                    case Ignore():
                        assert re.search(r"\bignored\b", part)
                        assert part.endswith(f": {entry.because}")
                    case Refuse():
                        assert re.search(r"\brefused\b", part)
                        assert part.endswith(f": `{entry.reason}`")


@EVERY
def test_rows_are_all_told(machine: Machine[Any]) -> None:
    """The table of rows has one line per row."""
    assert len(moves(machine).splitlines()) == len(machine.rows) + 2


@EVERY
def test_mermaid_has_every_state_and_command(machine: Machine[Any]) -> None:
    """The Mermaid text begins at the start, names every command that moves, and ends in the ends."""
    lines = mermaid(machine).splitlines()
    assert lines[2] == f"    [*] --> {machine.initial} : {snake(machine.opening)}"
    for row in machine.rows:
        kind = f"{row.source} --> {row.target}" if row.target is not row.source else f"{row.source} : ↻"
        assert any(kind in line and re.search(rf"\b{snake(row.command)}\b", line) for line in lines)
    assert {f"    {state} --> [*]" for state in machine.terminal} <= set(lines)
    assert any(line.startswith("    class ") for line in lines) is bool(machine.failures)


@EVERY
def test_export_holds_the_table(machine: Machine[Any]) -> None:
    """What client teams get is plain JSON, with one entry per row, and stands for this very table."""
    data = json.loads(json.dumps(export(machine)))
    assert data["fingerprint"] == machine.fingerprint
    assert [row["command"] for row in data["rows"]] == [snake(row.command) for row in machine.rows]
    assert {state["name"] for state in data["states"] if state["terminal"]} == set(machine.terminal)
    assert {state["name"] for state in data["states"] if state["failure"]} == set(machine.failures)
    questions = {guard["name"] for guard in data["guards"]}
    for entry in (*data["rows"], *data["ignored"], *data["refused"]):
        assert set(entry["guard"]["asks"]) <= questions
    for command in (data["opened_by"], *data["commands"]):
        assert command["about"]
        assert all(re.fullmatch(r"\w+(\[\w+\])?( \| None)?", field["type"]) for field in command["fields"])


def test_named_guards_are_found_wherever_they_are() -> None:
    """Names inside combinations count, the inner ones first, each once."""
    free = (~DOOR.rows[0].guard).called("free")
    bent = evolve(DOOR, rows=(evolve(DOOR.rows[0], guard=(free & ~free).called("never")), *DOOR.rows))
    assert [guard.name for guard in named(bent)][:3] == ["unlocked, or with the key", "free", "never"]


def test_causes_page_has_every_cause_in_both_languages() -> None:
    """Each cause has its two sentences and its own heading, under which every way to it is named."""
    text = causes(MACHINES)
    for cause, words in SENTENCES.items():
        assert f"| {words.id} | {words.en} |" in text
        below = text.split(f"### {cause}\n")[1].split("###")[0]
        rows = [
            (m, row)
            for m, row in itertools.chain(*([(m, r) for r in m.rows] for m in MACHINES))
            if row.cause is cause
        ]
        for machine, row in rows:
            assert f"[{machine.name}]({machine.name}.md): `{row.source}` → `{row.target}`" in below
            assert f"`{snake(row.command)}`" in below
        assert ("No row names it" in below) is (not rows)


@EVERY
def test_page_refers_to_its_picture(machine: Machine[Any]) -> None:
    """A page shows its picture, its matrix and its fingerprint."""
    text = page(machine)
    assert f"({machine.name}.svg)" in text
    assert matrix(machine) in text
    assert machine.fingerprint in text


def test_bars_do_not_break_a_grid() -> None:
    """A bar inside a cell is no border."""
    assert grid(("a",), [("b|c",)]) == "| a |\n| --- |\n| b\\|c |\n"
