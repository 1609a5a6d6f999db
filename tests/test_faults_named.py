"""Every fault has a test that fills its row, and its line in docs/reliability.md from `make faults`."""

import re
from pathlib import Path

from support.faults import BEGIN, END, FAULTS, PAGE

TESTS = Path(__file__).parent


def test_every_fault_is_put_to_the_test() -> None:
    """By its name, or by the two halves of it."""
    written = "\n".join(path.read_text("utf-8") for path in sorted(TESTS.rglob("test_*.py")))
    asked = set(re.findall(r'"(\w+)"', written))
    for name in FAULTS:
        where, _, manner = name.rpartition("_")
        assert name in asked or (where in asked and f"def {manner}(" in written), name


def test_the_page_tells_of_every_fault() -> None:
    """As it was measured, with nothing broken."""
    table = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    for fault in FAULTS.values():
        [line] = [line for line in table.splitlines() if line.startswith(f"| {fault.what} | {fault.holds} |")]
        rounds, violations = line.split(" | ")[2:4]
        assert int(rounds.replace(",", "")) > 0
        assert violations == "0"
