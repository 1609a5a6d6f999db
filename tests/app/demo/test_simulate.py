"""The simulation: it uses a server that runs, stops in time, says what it saw, and goes nowhere unasked."""

from collections import Counter
from pathlib import Path

import pytest

from halobestie_app.demo.tally import Tally, quantiles
from support.program import Program, Shell

SECONDS = "5"
RAN_SECONDS = 60


def variables(data_dir: Path) -> dict[str, str]:
    """What is set for each program."""
    anywhere = "127.0.0.1:0"
    return {"HALOBESTIE_DATA_DIR": str(data_dir), "PUBLIC_BIND": anywhere, "INTERNAL_BIND": anywhere}


def simulated(outputs: Path, data_dir: Path, *words: str) -> tuple[int, str]:
    """Type ``halobestie simulate`` and these words; give its status and all it said."""
    with Program(outputs, "simulate", *words, **variables(data_dir)) as program:
        return program.ended(RAN_SECONDS), program.said


def test_a_small_crowd_is_paired_and_nothing_breaks(tmp_path: Path, data_dir: Path) -> None:
    """Against the demo of the data folder; afterwards everything holds that must."""
    with Program(tmp_path, "demo", **variables(data_dir)) as demo:
        demo.until_said("What happens is told below")
        words = ("--customers", "4", "--mitras", "2", "--seconds", SECONDS, "--seed", "7")
        status, said = simulated(tmp_path, data_dir, *words)
        assert status == 0, said
        summary = dict(line.split(maxsplit=1) for line in said.splitlines() if "  " in line)
        assert int(summary["pairings"]) >= 4
        assert int(summary["messages"]) >= 4
        assert summary["troubles"] == "none"
        assert all(name in said for name in ("failures", "times to accept", "p50", "p99"))
        with Program(tmp_path, "check", "--invariants", **variables(data_dir)) as check:
            assert check.ended(RAN_SECONDS) == 0, check.said


@pytest.mark.parametrize(
    "words,sentence",
    [
        ((), "no demo runs here"),
        (("--url", "http://192.0.2.1:3000"), "not on this machine"),
        (("--url", "http://localhost.example"), "not on this machine"),
        (("--url", "http://127.0.0.1:1"), "no server answers"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_it_goes_nowhere_unasked(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
    sentence: str,
) -> None:
    """One line says why, and nothing was begun."""
    shell = Shell(monkeypatch, capsys, tmp_path / "data")
    ran = shell.run("simulate", *words)
    assert (ran.status, ran.out, ran.errors.count("\n")) == (1, "", 1)
    assert sentence in ran.errors
    assert not shell.data_dir.exists()


@pytest.mark.parametrize(
    "url", ["here", "ftp://127.0.0.1", "http://127.0.0.1:x", "http://[::1", "http://:80"]
)
def test_what_is_no_address_is_a_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str
) -> None:
    """Status 2, and the option is named."""
    ran = Shell(monkeypatch, capsys, tmp_path / "data").run("simulate", "--url", url)
    assert ran.status == 2
    assert "--url" in ran.errors


def test_a_tally_is_well_when_somebody_was_paired_and_nothing_broke() -> None:
    """Failures with a cause are part of life; troubles are not."""
    assert not Tally().is_well
    assert Tally(pairings=1, failures=Counter(no_mitra_accepted=3)).is_well
    assert not Tally(pairings=1, troubles=Counter(INTERNAL=1)).is_well


def test_durations_are_told_by_nearest_rank() -> None:
    """Short ones in milliseconds; of one, both are it; of none, there is none."""
    assert quantiles([]) == "none"
    assert quantiles([0.0015]) == "p50 1.5 ms, p99 1.5 ms"
    assert quantiles([n / 100 for n in range(1, 101)]) == "p50 500.0 ms, p99 990.0 ms"
    assert quantiles([1.0, 2.0, 3.0]) == "p50 2.00 s, p99 3.00 s"
