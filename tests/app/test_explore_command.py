"""``halobestie explore``: the whole proof in its time, a report, and a story where something is broken."""

import json
import resource
import time
from pathlib import Path

import pytest

from halobestie_app.commands import explore as command
from halobestie_core.chat import SessionStatus
from halobestie_core.explore import PROOF, Bounds, Explored, explore, figures
from halobestie_core.explore.ends import good_end_stays_reachable
from halobestie_core.explore.untaken import ELSEWHERE, WHY
from halobestie_core.explore.walk import Walk
from support import bending
from support.program import Shell

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
SECONDS = 60
MEBIBYTES = 4096


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    """A shell without any store."""
    return Shell(monkeypatch, capsys, tmp_path / "data")


@pytest.fixture(scope="module")
def proof() -> tuple[list[Explored], float]:
    """The whole proof, and how long one core worked for the two that matter most."""
    begun = time.process_time()
    found = [explore(bounds) for bounds in PROOF[:2]]
    seconds = time.process_time() - begun
    return found + [explore(bounds) for bounds in PROOF[2:]], seconds


@pytest.mark.timeout(600)
def test_one_by_three_and_two_by_two_hold(proof: tuple[list[Explored], float]) -> None:
    """Every state that one customer and three mitras, or two and two, can bring about is as it must be."""
    found, seconds = proof
    assert [(one.bounds.customers, one.bounds.mitras) for one in found[:2]] == [(1, 3), (2, 2)]
    for one in found:
        assert one.story is None, f"{one.name}\n{one.story}"
    assert found[0].states > 50_000
    assert found[1].states > 300_000
    assert seconds < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEBIBYTES * 1024 * 1024


@pytest.mark.timeout(600)
def test_the_page_for_auditors_says_what_is_found(proof: tuple[list[Explored], float]) -> None:
    """docs/proof.md has the figures that anybody finds, to the last edge."""
    page = PAGE.read_text("utf-8")
    for one in proof[0]:
        assert f"\n| {one.name} | {one.states:,} | {one.edges:,} | {one.depth} |" in page, one.name


@pytest.mark.timeout(600)
def test_whatever_was_never_taken_is_explained(proof: tuple[list[Explored], float]) -> None:
    """Every row, declared repeat, refusal and reason was met, or it is known why not; no why is idle."""
    never = figures(proof[0])["never_taken"]
    assert [one for one in never if one["because"] == ELSEWHERE] == []
    for table, begins in WHY:
        assert any(one["of"] == table and one["entry"].startswith(begins) for one in never), begins


@pytest.mark.timeout(600)
def test_backward_over_all_states_says_the_same() -> None:
    """A good end stays reachable also if it is looked for over the states of two customers together."""
    walk = Walk(Bounds(2, 1, brief=True))
    walk.run()
    before: dict[int, list[int]] = {}
    for state in walk.found:
        for after in walk.following(state):
            before.setdefault(after, []).append(state)
    todo = [s for s in walk.found if all(walk.nights.night(n).is_good_end for n in walk.parts(s)[1])]
    reached = set(todo)
    while todo:
        fresh = set(before.get(todo.pop(), ())) - reached
        reached |= fresh
        todo.extend(fresh)
    assert reached == walk.found
    numbers = {night for state in walk.found for night in walk.parts(state)[1]}
    assert list(good_end_stays_reachable(walk.nights, numbers)) == []


@pytest.mark.parametrize("name", ["found.md", "found.json"])
def test_a_size_of_ones_own_is_reported(shell: Shell, name: str, tmp_path: Path) -> None:
    """What was found is printed, and written where one wants it: states, edges, seconds, and the rest."""
    report = tmp_path / name
    ran = shell.run("explore", "--customers", "1", "--mitras", "1", "--overlap", "--report", str(report))
    assert (ran.status, ran.errors) == (0, "")
    assert ran.out.startswith("1 x 1 overlapping: ")
    assert "invariants judged" in ran.out
    written = report.read_text("utf-8")
    if name.endswith("json"):
        (one,) = json.loads(written)["explorations"]
        assert one["seconds"] > 0
        assert one["states"] > 1000
    else:
        assert "| 1 x 1 overlapping |" in written


def test_what_is_broken_is_told_as_a_story(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is 1, and the shortest way to it is printed step by step."""
    bending.dropped("chat", lambda row: row.target is SessionStatus.ENDED)(monkeypatch)
    ran = shell.run("explore", "--mitras", "1", "--waves")
    assert ran.status == 1
    assert "1. " in ran.out
    assert "is broken: " in ran.out


@pytest.mark.parametrize("words", [["--waves"], ["--report", "found.txt"]])
def test_what_makes_no_sense_is_refused(shell: Shell, words: list[str]) -> None:
    """A freedom without a size, or a report of no known kind, ends with one plain line."""
    ran = shell.run("explore", *words)
    assert ran.status != 0
    assert ran.errors


def test_without_a_size_the_whole_proof_is_made(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of its explorations are made, one after the other; on a terminal one sees how far it is."""
    monkeypatch.setattr(command, "PROOF", (Bounds(1, 1, brief=True), Bounds(1, 1, waves=True, brief=True)))
    monkeypatch.setattr("halobestie_core.explore.walk.REPORT_EVERY", 64)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    ran = shell.run("explore")
    assert ran.status == 0
    assert ran.out.count(" states, ") == 2
