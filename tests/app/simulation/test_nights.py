"""Nights of the whole server while everything goes wrong: a night is its seed; what many of them meet."""

import os
import subprocess
import sys
from collections import Counter
from functools import partial

import pytest
from click.testing import CliRunner

from halobestie_app.commands import simulate_virtual
from halobestie_app.commands.simulate import simulate
from halobestie_app.simulation import Fault, night
from halobestie_app.simulation.floors import LONG, OUT_OF_REACH, RARE, SELDOM, SOME, floor, missing, wanted
from halobestie_app.simulation.verdicts import refusals
from support import planted


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


def test_what_is_out_of_reach_is_named_right() -> None:
    """Every name in the lists of exceptions is that of a row, a refusal or a reason, and in one list only."""
    every = {*wanted(), *OUT_OF_REACH}
    assert every >= RARE.keys() | SELDOM
    assert not RARE.keys() & SELDOM
    assert len(OUT_OF_REACH) == len(every) - len(tuple(wanted()))


def test_most_refusals_are_within_reach() -> None:
    """Of all pairs of state and command that tables refuse, so many are met, most of them in every run."""
    within = [one for one in refusals() if one not in OUT_OF_REACH]
    assert len(within) >= 43
    assert sum(one not in RARE for one in within) >= 35


def test_what_is_met_too_seldom_is_told() -> None:
    """Floors grow with the steps; the rare ones are asked for in the long run alone."""
    least = Counter({one: floor(one, SOME) for one in wanted()})
    assert missing(least, SOME) == ()
    ordinary = "chat: active --time_up [overdue]--> closing"
    assert least[ordinary] == 3
    assert missing(least - Counter({ordinary: 1}), SOME) == (f"{ordinary}: 2 of 3",)
    assert {floor(one, SOME) for one in RARE} == {0}
    assert min(floor(one, LONG) for one in RARE) == 1
    assert floor(ordinary, 2 * SOME) == 6


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
