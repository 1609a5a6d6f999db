"""Every named race has a test in which many ask at once and one in which the order is forced; docs/races.md.

`REWRITE_RACES=1 pytest tests/test_races_named.py` writes the page anew.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen

from support.race_names import ORDERS_TEST, RACES, Race
from support.race_orders import ORDERS

TESTS: Final = Path(__file__).parent
PAGE: Final = TESTS.parent / "docs" / "races.md"
REWRITE: Final = "REWRITE_RACES"

HEAD: Final = """\
# Races

<!-- Written by `REWRITE_RACES=1 pytest tests/test_races_named.py` from tests/support/race_names.py and
     race_orders.py. Do not edit. -->

Whatever two people, clocks or instances can do at the same moment has a name here, and tests of two kinds on
a real PostgreSQL.

* **Free rounds**: many connections behind a barrier, {rounds} rounds in `make test`, 10,000 in `make race`
  (`make race RACE_ROUNDS=1000` for another number). The first test of each race plays all of them; one with a
  star plays a share, because its rounds are longer or have more in them.
* **Forced orders**: A before B and B before A, each *in turn*, *queued* behind a lock that both want, and
  with the first *paused* when it has done everything but commit.

After each, every invariant of `invariants.sql` holds. One race alone: `pytest tests/<file> -k <name>`.
"""
ORDERS_HEAD: Final = """\
## Forced orders

However an order is forced, the outcome is the same: that of the two commands one after the other. {meetings}
meetings of two commands.
"""


@frozen
class Seen:
    """A test function as it is written."""

    is_race: bool
    takes_rounds: bool
    shares_rounds: bool


def _mentions_race(*nodes: ast.AST) -> bool:
    """Whether `pytest.mark.race` is among them."""
    found = [part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    return any(part.attr == "race" for part in found)


def _is_a_share(part: ast.AST) -> bool:
    """Whether this is `rounds // something` or `min(rounds, something)`."""
    if isinstance(part, ast.BinOp):
        return isinstance(part.op, ast.FloorDiv) and ast.unparse(part.left) == "rounds"
    return isinstance(part, ast.Call) and ast.unparse(part).startswith("min(rounds,")


def _of(path: Path) -> Iterator[tuple[str, Seen]]:
    body = ast.parse(path.read_text("utf-8")).body
    marks = [
        node.value
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            takes = any(argument.arg == "rounds" for argument in node.args.args)
            shares = any(map(_is_a_share, ast.walk(node)))
            marked = _mentions_race(*marks, *node.decorator_list)
            yield (
                f"{path.relative_to(TESTS).as_posix()}::{node.name}",
                Seen(takes or marked, takes, shares),
            )


@pytest.fixture(scope="module")
def written() -> dict[str, Seen]:
    """Every test there is."""
    return {name: seen for path in TESTS.rglob("test_*.py") for name, seen in _of(path)}


def _forced(race: Race) -> tuple[str, ...]:
    return ((ORDERS_TEST,) if race.name in ORDERS else ()) + race.forced


@pytest.mark.parametrize("race", RACES, ids=lambda race: str(race.name))
def test_free_and_forced(race: Race, written: dict[str, Seen]) -> None:
    """Each has a test of so many rounds, all of them, and one of forced orders; all of its tests exist."""
    missing = {*race.free, *race.forced} - written.keys()
    assert not missing
    first = written[race.free[0]]
    assert first.takes_rounds
    assert not first.shares_rounds, "the first plays all rounds"
    assert _forced(race)
    assert not any(written[one].takes_rounds for one in _forced(race))


def test_none_is_left_out(written: dict[str, Seen]) -> None:
    """Whatever is a race belongs to a name; every forced order does; no name is there twice."""
    named = {one for race in RACES for one in race.free}
    assert {name for name, seen in written.items() if seen.is_race} == named
    names = [race.name for race in RACES]
    assert set(ORDERS) <= set(names)
    assert len(names) == len(set(names))


def _cell(test: str, written: dict[str, Seen]) -> str:
    file, _, name = test.partition("::")
    star = "*" if written[test].shares_rounds else ""
    return f"`{name.removeprefix('test_')}`{star} ({file.rpartition('/')[2]})"


def page(written: dict[str, Seen]) -> str:
    """Return the page as it has to be."""
    lines = [
        HEAD.format(rounds=300),
        "| race | must hold | free rounds | forced orders |",
        "|---|---|---|---|",
    ]
    for race in RACES:
        forced = [_cell(test, written) for test in race.forced]
        if orders := ORDERS.get(race.name):
            forced = [f"{len(orders)} in the table below", *forced]
        free = "<br>".join(_cell(test, written) for test in race.free)
        lines.append(f"| {race.name} | {race.holds} | {free} | {'<br>'.join(forced)} |")
    meetings = sum(3 if order.commits else 2 for orders in ORDERS.values() for order in orders)
    lines += ["", ORDERS_HEAD.format(meetings=meetings)]
    lines += ["| race | first | second | they hear | it stands |", "|---|---|---|---|---|"]
    for name, orders in ORDERS.items():
        for order in orders:
            heard = ", ".join(order.heard)
            lines.append(f"| {name} | {order.sides[0]} | {order.sides[1]} | {heard} | {order.stands} |")
    return "\n".join(lines) + "\n"


def test_the_page_is_fresh(written: dict[str, Seen]) -> None:
    """docs/races.md says what the tables say."""
    if os.environ.get(REWRITE):
        PAGE.write_text(page(written), encoding="utf-8")
    assert PAGE.read_text("utf-8") == page(written)
