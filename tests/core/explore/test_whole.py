"""Small houses, visited whole: nothing is broken, and what was found is told as data."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from halobestie_core.chat import SessionStatus
from halobestie_core.explore import PROOF, Bounds, Explored, explore, figures, invariants, markdown
from halobestie_core.explore import walk as walk_module
from halobestie_core.explore.ask import Ask
from halobestie_core.explore.house import House
from halobestie_core.explore.night import NOW, Night, Purse
from halobestie_core.explore.passing import EVERY, PASSING, loads
from halobestie_core.explore.reading import row_of, table_of
from halobestie_core.explore.story import VERBS, moves
from halobestie_core.explore.turning import Turn, Unmoved, take
from halobestie_core.explore.walk import Walk
from support import bending, interpreter

SMALL = (
    Bounds(1, 1, brief=True),
    Bounds(1, 1, waves=True, brief=True),
    Bounds(1, 1, prices=("full", "cheap"), overlap=True, brief=True),
    Bounds(1, 2, brief=True),
)


@pytest.fixture(scope="module", params=SMALL, ids=lambda one: f"{one.customers}x{one.mitras}")
def explored(request: pytest.FixtureRequest) -> Explored:
    """One small house, explored once."""
    bounds: Bounds = request.param
    return explore(bounds)


def test_nothing_is_broken(explored: Explored) -> None:
    """The house is visited whole, and every law holds in every state and at every move."""
    assert explored.story is None, str(explored.story)
    assert explored.states > 500


def test_figures_are_data(explored: Explored) -> None:
    """What was found can be written down as JSON and as a page, with the bounds said openly."""
    data = figures([explored])
    assert data["held"]
    assert json.loads(json.dumps(data)) == data
    page = markdown(data)
    assert f"{explored.states:,}" in page
    assert all(said in page for said in explored.bounds.sentences)
    assert all(name in page and says for name, says in invariants())


def test_every_verb_can_be_told() -> None:
    """Stories have words for whatever happens, and for nothing else."""
    steps = {step.verb for steps in House(1).steps.values() for step in steps}
    assert VERBS - set(EVERY) >= steps
    assert set(EVERY) <= VERBS


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits hears now and then how far it is."""
    monkeypatch.setattr(walk_module, "REPORT_EVERY", 64)
    heard: list[tuple[int, int, int]] = []
    explore(Bounds(1, 1, brief=True), lambda *figure: heard.append(figure))
    assert heard
    assert all(found >= done > 0 and depth > 0 for found, done, depth in heard)


@pytest.mark.parametrize("customers, mitras", [(0, 1), (1, 5)])
def test_other_sizes_are_not_offered(customers: int, mitras: int) -> None:
    """There are names for so many, and no more."""
    with pytest.raises(ValueError, match="from 1 to 4"):
        Bounds.of(customers, mitras)


def test_what_is_left_out_is_said() -> None:
    """Each bound has its sentence, and a larger freedom has one less."""
    free = Bounds(1, 1, overlap=True).sentences
    assert set(free) < set(Bounds(1, 1, overlap=True, brief=True).sentences)
    assert not any("no payment but for extensions" in said for said in free)


def test_all_that_may_happen_next_can_be_told() -> None:
    """At the beginning a payment may be begun, and a mitra may come or be shut out."""
    walk = Walk(Bounds(1, 1, brief=True))
    assert {sentence for sentence, _presences, _nights in moves(walk, 0, (0,))} == {
        "Ayu begins a payment at the full price.",
        "Melati goes online.",
        "An operator shuts Melati out.",
    }


def test_the_whole_proof_has_both_sizes() -> None:
    """What is explored where nobody asks for something else."""
    assert {(one.customers, one.mitras) for one in PROOF} >= {(1, 3), (2, 2)}


def turns(walk: Walk) -> Iterator[tuple[int, Ask, Turn | Unmoved | None]]:
    """Yield everything that may be put to every night, decided anew."""
    for number in range(len(walk.nights)):
        for presences in (0, 1):
            for ask in walk.asks(number, presences, 0):
                yield number, ask, walk.nights.turn(number, ask)


@pytest.fixture(scope="module")
def walked() -> Walk:
    """One house, small enough to look at every edge."""
    walk = Walk(Bounds(1, 1, brief=True))
    walk.run()
    return walk


def test_what_is_remembered_is_what_is_decided(walked: Walk) -> None:
    """On every edge, the remembered outcome is that of the very decision on the whole night."""
    compared = 0
    for number, ask, turn in turns(walked):
        after = walked.nights.night(walked.nights.after(number, ask))
        if not isinstance(turn, Turn):
            assert after == walked.nights.night(number)
        elif after != walked.nights.night(number) and not turn.born:
            seen = {slot: getattr(turn.after, slot) for slot in loads(ask)}
            kept = {slot: getattr(after, slot) for slot in seen if getattr(after, slot) is not None}
            assert kept == {slot: seen[slot] for slot in kept}
            compared += 1
    assert compared > 1000


def test_what_is_not_loaded_decides_nothing(walked: Walk) -> None:
    """Every ask says the same of a whole night as of the slots that it loads."""
    for number, ask, turn in turns(walked):
        if isinstance(turn, Turn) and turn.verdict is not None:
            whole = EVERY[ask.verb].make(walked.nights.night(number), ask)
            assert whole is not None
            assert getattr(whole, "command", None) == turn.command


def blurred(night: Night, ahead: timedelta) -> Night:
    """Return a night that differs in clock times alone: other times ahead and over, in the same order."""

    def moved(at: datetime | None) -> datetime | None:
        if at is None or at <= NOW:
            return None if at is None else at - ahead
        return at - timedelta(seconds=1) if at - NOW <= timedelta(seconds=60) else at + ahead

    def of(item: Any, *names: str) -> Any:  # noqa: ANN401 - any snapshot
        return item and evolve(item, **{name: moved(getattr(item, name)) for name in names})

    def of_purse(purse: Purse | None) -> Purse | None:
        return purse and evolve(
            purse, payment=of(purse.payment, "created_at", "expires_at", "confirmed_at", "fallback_until")
        )

    return evolve(
        night,
        purse=of_purse(night.purse),
        request=of(night.request, "created_at", "deadline_at"),
        chat=of(night.chat, "started_at", "expires_at", "closing_until"),
        extension=of(night.extension, "requested_at", "deadline_at"),
        extra=of_purse(night.extra),
    )


@pytest.mark.parametrize("ahead", [timedelta(seconds=2), timedelta(minutes=11), timedelta(hours=5)])
def test_clock_times_decide_nothing_but_by_their_order(walked: Walk, ahead: timedelta) -> None:
    """Nights that differ in clock times alone get the same verdict, and become the same night."""
    compared = 0
    for number, ask, turn in turns(walked):
        if ask.verb in PASSING:
            continue
        other = take(blurred(walked.nights.night(number), ahead), ask)
        if isinstance(turn, Turn) and isinstance(other, Turn):
            for slot in loads(ask):
                canonical, again = getattr(turn.after, slot), getattr(other.after, slot)
                if canonical != getattr(turn.before, slot):
                    assert canonical == again
            compared += 1
        elif isinstance(turn, Unmoved):
            assert isinstance(other, Unmoved)
            assert type(turn.verdict) is type(other.verdict)
            assert getattr(turn.verdict, "reason", None) == getattr(other.verdict, "reason", None)
        else:
            assert turn is other is None
    assert compared > 500


def test_a_second_interpreter_reads_the_same_rows(walked: Walk) -> None:
    """The independent reader of tables names the very row of each move."""
    read = 0
    for _number, _ask, turn in turns(walked):
        for move in turn.moves if isinstance(turn, Turn) else ():
            if move.before is not None:
                row = interpreter.verdict(
                    table_of(move),
                    move.before.status,
                    type(move.command),
                    lambda atom, move=move: atom.test(move.before, move.command, move.at),  # type: ignore[misc] # bound now
                )
                assert row is row_of(move)
                read += 1
    assert read > 500


@pytest.mark.parametrize("verb", sorted(EVERY))
def test_an_ask_without_a_subject_makes_nothing(verb: str) -> None:
    """Where nothing is in flight there is nothing to ask; only payments can be begun."""
    for slot in ("purse", "extra"):
        turn = take(Night(), Ask(verb, slot, detail="full"))
        assert (turn is not None) == verb.startswith("create")


def test_a_story_of_trouble_is_in_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is broken is told on the page too."""
    bending.dropped("chat", lambda row: row.target is SessionStatus.ENDED)(monkeypatch)
    data = figures([explore(Bounds(1, 1, brief=True))])
    assert not data["held"]
    assert "Something is broken" in markdown(data)
