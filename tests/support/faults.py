"""Every fault that servers are put to, by name, with what has to hold; what came of it, as a row.

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
from attrs import asdict, define, field, frozen

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


@frozen
class Fault:
    """What is done, and what has to hold."""

    what: str
    holds: str


_STORES: Final = {"postgres": "PostgreSQL", "redis": "Redis", "gateway": "the gateway", "fcm": "FCM"}
_MANNERS: Final = {"slow": "latency", "shaken": "resets", "stalled": "a black hole"}

FAULTS: Final[Mapping[str, Fault]] = {
    "instance_killed": Fault(
        "`kill -9` of an instance, or of all, at random",
        "ready < 2 s, overdue deadlines < 1 s, outbox drained < 2 s",
    ),
    "killed_at_a_point": Fault(
        "`kill -9` at every named point", "what was half done is done once, or not at all"
    ),
    "rolling_restart": Fault("SIGTERM to one instance after the other", "0 commands fail after retry"),
    "stopped_in_a_black_hole": Fault("SIGTERM while PostgreSQL is a black hole", "ended <= 10 s"),
    "postgres_killed": Fault(
        "`kill -9` of PostgreSQL", "nothing acknowledged lost; serving again <= 5 s p95"
    ),
    "backend_killed": Fault("`kill -9` of one backend of PostgreSQL", "serving again <= 1 s p99"),
    "redis_flushed": Fault("Redis `FLUSHALL`", "availability right again <= 5 s"),
    "redis_killed": Fault("`kill -9` of Redis, which comes back empty", "availability right again <= 5 s"),
    "redis_away": Fault(
        "Redis away", "availability fails closed <= 1 s, right again <= 5 s; HTTP p99 rises < 50 ms"
    ),
    "redis_paused": Fault(
        "Redis paused", "availability fails closed <= 1 s, right again <= 5 s; HTTP p99 rises < 50 ms"
    ),
    **{
        f"{where}_{manner}": Fault(f"{bad} between servers and {name}", "converged < 5 s after healing")
        for where, name in _STORES.items()
        for manner, bad in _MANNERS.items()
    },
    "webhooks": Fault(
        "webhooks 1-5 times, shuffled, late, with wrong token, amount, currency, id", "M1-M10; p99 < 200 ms"
    ),
    "deadlines": Fault("deadlines, a thousand a second", "0 early, each once; p99 <= 25 ms under load"),
    "deadlines_and_a_kill": Fault(
        "the same, and `kill -9` of an instance among them", "0 early, each once; <= 1 s after the kill"
    ),
    "idle_sockets": Fault("idle sockets, all dropped at once", "all resumed <= 15 s, nothing lost"),
    "slow_clients": Fault(
        "slow headers, slow bodies, half frames, slow readers", "closed <= 10 s; others' p99 unchanged"
    ),
    "malformed": Fault(
        "malformed, oversize, fragmented and deep input, HTTP and WebSocket", "0 crashes, 0 answers >= 500"
    ),
}


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
    parts = [f"{what} {spread(seconds)}" for what, seconds in row.seconds.items() if seconds]
    parts += [f"{number:,} {what}" for what, number in row.counts.items()]
    return "; ".join(parts)


def verdict(row: Row) -> str:
    """Say how much was broken, and the first of it."""
    return f"{len(row.broken)} violations" + (f" ({_cell(row.broken[0])})" if row.broken else "")


def _cell(text: str) -> str:
    """Make a text fit into a table."""
    return " ".join(text.replace("|", "/").split())[:LONGEST]


def spread(seconds: Sequence[float]) -> str:
    """One figure, or the middle, the slow end and the slowest of many."""
    ordered = sorted(seconds)
    if len(ordered) < 3:
        return ", ".join(map(_words, ordered))
    p50, p99 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.99))
    return f"p50 {_words(p50)}, p99 {_words(p99)}, max {_words(ordered[-1])}"


def _words(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


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
    ]
    PAGE.write_text(before + BEGIN + "\n\n" + "\n".join(told) + "\n\n" + END + after, "utf-8")
