"""What came of every fault that servers are put to, as a row.

A plugin of pytest: a test asks for `faulted`, and gets the row of its fault to fill; a test that fails, for
whatever reason, is a violation in it. In the end all rows are printed; `REWRITE_FAULTS=1` (`make faults`)
writes them into docs/reliability.md. ``FAULT_ROUNDS`` says how often everything is done: 1 in `make test`,
more in `make faults`.
"""

import json
import math
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import asdict, define, field

from support.bounds import missed, words
from support.named_faults import FAULTS

ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "1"))
REWRITE: Final = "REWRITE_FAULTS"
PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN: Final = "<!-- faults: written by `make faults` -->"
END: Final = "<!-- end of faults -->"
INSTANCES: Final = 3
PROPERTY: Final = "fault"
FAILED: Final = pytest.StashKey[list[str]]()
"""Why a test failed, a line for each error."""
LONGEST: Final = 160
"""Characters that the page gives to what did not hold."""


@define
class Row:
    """What came of one fault; times in seconds, by what they are the time of."""

    name: str
    rounds: int = 0
    broken: list[str] = field(factory=list)
    """Whatever did not hold."""
    seconds: dict[str, list[float]] = field(factory=dict)
    counts: dict[str, int] = field(factory=dict)

    def took(self, what: str, *seconds: float) -> None:
        """Note how long something took."""
        self.seconds.setdefault(what, []).extend(seconds)

    def count(self, what: str, number: int = 1) -> None:
        """Note how many there were of something."""
        self.counts[what] = self.counts.get(what, 0) + number


class Faults:
    """Collects the rows of all tests, from whichever process they come."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the row of a test that is over."""
        if report.when == "teardown":
            for name, value in report.user_properties:
                if name == PROPERTY:
                    row = Row(**json.loads(str(value)))
                    self.rows[row.name] = row

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:  # noqa: ANN401  pytest's own, which is private
        """Print the rows, and write them where that is wished."""
        if not self.rows:
            return
        rows = [self.rows[name] for name in FAULTS if name in self.rows]
        terminalreporter.section("faults")
        for row in rows:
            terminalreporter.write_line(f"{row.name}: {row.rounds} rounds, {verdict(row)}; {measured(row)}")
        if os.environ.get(REWRITE):
            known = lines_of(PAGE.read_text("utf-8")) | {row.name: line(row) for row in rows}
            if missing := FAULTS.keys() - known.keys():
                terminalreporter.write_line(f"{PAGE.name} stays: nothing is known of {sorted(missing)}")
            else:
                write(known)


def pytest_configure(config: pytest.Config) -> None:
    """Collect where all reports come together."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Faults(), "faults")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Remember why a test failed until its row is told."""
    if call.when == "call" and call.excinfo is not None:
        item.stash[FAILED] = list(reasons(call.excinfo.value))


@pytest.fixture
def fault_rounds() -> int:
    """How often a test does everything."""
    return ROUNDS


@pytest.fixture
def faulted(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Row]]:
    """Give the row of a fault, by its name, to be filled; nothing may have been broken in the end."""
    rows: list[Row] = []

    def begin(name: str) -> Row:
        assert name in FAULTS, f"no fault has the name {name}"
        rows.append(Row(name))
        return rows[-1]

    yield begin
    failed = request.node.stash.get(FAILED, [])
    for row in rows:
        row.broken += failed
        request.node.user_properties.append((PROPERTY, json.dumps(asdict(row))))
    broken = [text for row in rows for text in row.broken]
    assert failed or not broken, "\n".join(broken[:20])


def reasons(error: BaseException) -> Iterator[str]:
    """Say in a line what an error is about; each of them, if it is many."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from reasons(one)
    else:
        first = next(iter(str(error).splitlines()), "")
        yield first if isinstance(error, AssertionError) and first else f"{type(error).__name__}: {first}"


# -------------------------------------------------------------------------------------------- as words


def measured(row: Row) -> str:
    """Say what was measured, in a line."""
    asked = {bound.figure: bound.share for bound in FAULTS[row.name].bounds}
    parts = [
        f"{what} {spread(seconds, asked.get(what, 'max'))}"
        for what, seconds in row.seconds.items()
        if seconds
    ]
    parts += [f"{number:,} {what}" for what, number in row.counts.items()]
    return "; ".join(parts)


def verdict(row: Row) -> str:
    """Say how much was broken, and the first of it."""
    return f"{len(row.broken)} violations" + (f" ({_cell(row.broken[0])})" if row.broken else "")


def _cell(text: str) -> str:
    """Make a text fit into a table."""
    return " ".join(text.replace("|", "/").split())[:LONGEST]


def spread(seconds: Sequence[float], share: str = "max") -> str:
    """One figure, or the middle, the slow end, the slowest, and the share that is asked for, of many."""
    ordered = sorted(seconds)
    if len(ordered) < 3:
        return ", ".join(map(words, ordered))
    shares = sorted({"p50", "p99", share} - {"max"})
    figures = [f"{one} {words(ordered[math.ceil(int(one[1:]) * len(ordered) / 100) - 1])}" for one in shares]
    return ", ".join([*figures, f"max {words(ordered[-1])}"])


def line(row: Row) -> str:
    """Show a row as a line of a Markdown table, with how and when it was measured."""
    fault, day = FAULTS[row.name], datetime.now(UTC).date()
    broken = f"{len(row.broken)}: {_cell(row.broken[0])}" if row.broken else "0"
    return (
        f"| {fault.what} | {fault.holds} | {row.rounds:,} | {broken} | {measured(row)} |"
        f" {day}, `FAULT_ROUNDS={ROUNDS}` |"
    )


def lines_of(page: str) -> dict[str, str]:
    """What the page says, by fault: a run of some leaves the lines of the others."""
    table = page.partition(BEGIN)[2].partition(END)[0].splitlines()
    return {
        name: found
        for name, fault in FAULTS.items()
        for found in table
        if found.startswith(f"| {fault.what} | {fault.holds} |")
    }


def not_reached(lines: Mapping[str, str]) -> list[str]:
    """Say which bounds the lines of the page miss: a list, or a sentence."""
    told = [
        f"* {fault.what}: {'; '.join(texts)}"
        for name, fault in FAULTS.items()
        if (texts := [*missed(fault.bounds, lines[name].split(" | ")[4])])
    ]
    return ["Not reached there:", "", *told] if told else ["Whatever of this is a number was reached there."]


def write(lines: Mapping[str, str]) -> None:
    """Put the table into the page, between its marks."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{PAGE}: no place for the table, between {BEGIN} and {END}")
    told = [
        f"Measured on {os.cpu_count()} cores ({platform.system()}, Python {platform.python_version()})",
        "that servers, stores, stand-ins and the crowd had to share.",
        "",
        "| fault | has to hold | rounds | violations | measured | when, and how long |",
        "|---|---|---|---|---|---|",
        *(lines[name] for name in FAULTS),
        "",
        *not_reached(lines),
    ]
    PAGE.write_text(before + BEGIN + "\n\n" + "\n".join(told) + "\n\n" + END + after, "utf-8")
