"""The examples run, as they stand in the repository, and say what they promise."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example: Path) -> None:
    """It ends well, says something, and complains of nothing."""
    told = subprocess.run([sys.executable, example], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own example
    assert told.returncode == 0, told.stderr
    assert told.stdout
    assert told.stderr == ""


def test_one_payment_tells_its_story() -> None:
    """The shortest example meets all three verdicts."""
    (example,) = (path for path in EXAMPLES if path.stem == "one_payment")
    told = subprocess.run([sys.executable, example], capture_output=True, text=True, check=True)  # noqa: S603 - our own example
    assert told.stdout.splitlines() == [
        "moved: PaymentCreated",
        "moved: PaymentConfirmed",
        "ignored: it is confirmed already",
        "refused: not_possible when confirmed - possible now: hold fail",
        "the clock will look at it at 2026-01-02 12:25:00+00:00",
    ]


def test_the_evening_tells_its_story() -> None:
    """The whole evening, move by move, and the one charge at its end."""
    (example,) = (path for path in EXAMPLES if path.stem == "evening")
    told = subprocess.run([sys.executable, example], capture_output=True, text=True, check=True)  # noqa: S603 - our own example
    assert [line.split()[1] for line in told.stdout.splitlines()[:10]] == [
        "PaymentCreated",
        "PaymentConfirmed",
        "PaymentHeld",
        "PairingOpened",
        "OfferDeclined",
        "PairingAccepted",
        "SessionStarted",
        "PaymentConsumed",
        "SessionClosing",
        "SessionEnded",
    ]
    assert "ledger: session 10000" in told.stdout.splitlines()
