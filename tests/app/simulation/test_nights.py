"""Nights of the whole server while everything goes wrong: no law is broken, and a night is its seed."""

import os
import subprocess
import sys
import time
from collections import Counter
from functools import partial

import pytest
from click.testing import CliRunner

from halobestie_app.commands import simulate_virtual
from halobestie_app.commands.simulate import simulate
from halobestie_app.simulation import Fault, night
from halobestie_app.simulation.floors import OUT_OF_REACH, RARE, missing, wanted
from support import planted

SEEDS = range(1, 21)
"""About 17,000 steps, and 28 seconds of one core. More of them: make simulate."""


def test_a_night_is_its_seed() -> None:
    """The same seed gives the same rows and the same trace, whatever hashes are in the process."""
    here = night(7, steps=150).fingerprint
    script = "from halobestie_app.simulation import night; print(night(7, steps=150).fingerprint)"
    for hash_seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        said = subprocess.run(  # noqa: S603 - our own Python, our own words
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert said.stdout.strip() == here
    assert night(8, steps=150).fingerprint != here


def test_nothing_is_broken_and_everything_was_met(capsys: pytest.CaptureFixture[str]) -> None:
    """So many nights keep every law, and take every row and every refusal that is not rare."""
    met: Counter[str] = Counter()
    faults: Counter[Fault] = Counter()
    steps, began = 0, time.process_time()
    for seed in SEEDS:
        report = night(seed)
        assert report.breaches == (), f"halobestie simulate --virtual --seed {seed}"
        met += report.taken + report.refusals
        faults.update(report.faults)
        steps += report.steps
    took = time.process_time() - began
    said = f"{steps} steps in {took:.1f} s of one core: {steps / took:.0f} per second"
    with capsys.disabled():
        sys.stdout.write(f"\n{said}\n")
    assert missing(met, steps) == ()
    assert set(faults) == set(Fault)


def test_what_is_out_of_reach_is_named_right() -> None:
    """Every name in the lists of exceptions is that of a row or a reason."""
    every = {*wanted(), *OUT_OF_REACH}
    assert every >= RARE
    assert len(OUT_OF_REACH) == len(every) - len(tuple(wanted()))


def test_the_command_replays_a_night() -> None:
    """The command plays the night of a seed and says what came of it."""
    said = [CliRunner().invoke(simulate, ["--virtual", "--seed", "5"]) for _ in range(2)]
    assert [one.exit_code for one in said] == [0, 0]
    prints = [one.output.splitlines()[-1] for one in said]
    assert prints[0] == prints[1]
    assert prints[0].startswith("fingerprint ")


def test_a_breach_is_told_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was broken, the last moves, and the one command that plays that night again; the status is 1."""
    wrong = partial(night, build=planted.gullible, steps=200, faults=frozenset({Fault.WEBHOOKS}))
    monkeypatch.setattr(simulate_virtual, "night", wrong)
    said = CliRunner().invoke(simulate, ["--virtual", "--steps", "5000"])
    assert said.exit_code == 1
    assert "BREACH M10" in said.output
    assert "once more: halobestie simulate --virtual --seed " in said.output.splitlines()[-1]
