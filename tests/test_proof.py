"""The auditors' page is of the rules, laws and reports that stand; what it names is there."""

from pathlib import Path

import proof
import pytest

ROOT = Path(__file__).parents[1]


def test_the_page_is_of_what_stands() -> None:
    """Whoever changes a rule, a law or a report writes the page again."""
    assert proof.main(["--check"]) == 0


def test_another_page_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One word by hand is seen, and so are tables of another day."""
    there = proof.PAGE.read_text()
    for bent in (there.replace("Money", "Gold"), there.replace(proof.fingerprints(), "payment `0000`")):
        assert bent != there
        monkeypatch.setattr(proof, "PAGE", tmp_path / "proof.md")
        proof.PAGE.write_text(bent)
        assert proof.main(["--check"]) == 1


def test_every_law_is_shown_by_something() -> None:
    """No line of the page is a promise alone, and the stories it names exist."""
    for code, (queries, judged) in proof.laws().items():
        assert queries or judged or proof.TESTS.get(code), code
    assert all((ROOT / "tests" / test).is_file() for tests in proof.TESTS.values() for test in tests)
    assert set(proof.WORDS) <= set(proof.laws())


def test_a_wrong_word_says_how_it_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """It writes nothing then."""
    before = proof.PAGE.read_text()
    assert proof.main(["--chekc"]) == 2
    assert "--check" in capsys.readouterr().err
    assert proof.PAGE.read_text() == before
