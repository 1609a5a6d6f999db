"""The page about the mutants is of the rules that stand, and a trial tells a bent core from a sound one."""

import re
import subprocess
import sys
from pathlib import Path

from attrs import evolve

from halobestie_core.payment import PAYMENT
from mutants.bends import mutants
from mutants.report import FLOOR, fingerprints, page, share, unexplained
from mutants.survivors import WHY
from mutants.trial import Verdict

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "mutants.md").read_text()


def test_the_page_is_of_these_rules() -> None:
    """Whoever changes a rule runs `make mutants` again."""
    assert fingerprints() in PAGE


def test_enough_were_caught() -> None:
    """At least 95 of 100, of all the mutants that there are."""
    caught, of = map(int, re.findall(r"\*\*([0-9]+) of ([0-9]+) were caught", PAGE)[0])
    assert of == len(mutants())
    assert caught / of >= FLOOR


def test_every_survivor_is_explained() -> None:
    """By a reason that belongs to a mutant there is; none is left from earlier rules."""
    survivors = PAGE[PAGE.index("## Survivors") :]
    assert "nobody knows" not in survivors
    assert set(WHY) <= {mutant.name for mutant in mutants()}
    assert all(reason in survivors for reason in WHY.values())


def test_the_page_tells_what_happened() -> None:
    """Who survived without a reason is named as such."""
    caught = Verdict("payment: it is bent: here", "payment", "tests/core/test_a.py::test_b", 1.0)
    survived = evolve(caught, name="chat: it is bent: there", home="chat", caught_by=None)
    said = page([caught, survived])
    assert "**1 of 2 were caught: 50.0%.**" in said
    assert "| `tests/core/test_a.py` | 1 |" in said
    assert "| chat: it is bent: there | **nobody knows** |" in said
    assert (share([caught, survived]), unexplained([survived])) == (0.5, [survived.name])


def test_a_bend_is_one() -> None:
    """Each mutant is called differently, and there is one for every row that could be missing."""
    names = [mutant.name for mutant in mutants()]
    assert len(set(names)) == len(names)
    missing = [name for name in names if name.startswith("payment: the row is missing")]
    assert len(missing) == len(PAYMENT.rows)


def test_on_trial() -> None:
    """A few are really tried, in processes of their own; this core stays as it is."""
    before = PAYMENT.fingerprint
    done = subprocess.run(
        [sys.executable, "-m", "mutants", "payment: the guard says the opposite: pending"],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (caught, of) = re.findall(r"^([0-9]+) of ([0-9]+) caught", done.stdout, re.MULTILINE)[0]
    assert caught == of
    assert int(of) == sum("payment: the guard says the opposite: pending" in m.name for m in mutants())
    assert PAYMENT.fingerprint == before
