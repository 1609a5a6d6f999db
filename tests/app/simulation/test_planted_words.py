"""Servers that keep messages wrongly, in one thing each: the simulation finds it, and names the law."""

from uuid import UUID

import pytest

from halobestie_adapters.errors import StoreError
from halobestie_adapters.memory.clock import SEVEN_IN_THE_EVENING
from halobestie_app.simulation import Fault, Report, night
from halobestie_app.simulation import instance as instances
from halobestie_app.simulation.words import Words
from halobestie_app.usecases import talking
from halobestie_app.usecases.talking import Talking
from halobestie_core.ports.messages import Message
from halobestie_core.ports.presence import User
from halobestie_core.words import Side, UserType
from support import planted_words

NIGHTS = 20
STEPS = 200


def found(fault: Fault | None = None) -> Report | None:
    """The first night in which something is wrong."""
    faults = frozenset[Fault]() if fault is None else frozenset({fault})
    every = (night(seed, steps=STEPS, faults=faults) for seed in range(1, NIGHTS + 1))
    return next((one for one in every if one.breaches), None)


@pytest.mark.parametrize(
    "wrong, fault, law",
    [
        pytest.param(planted_words.Counting, None, "numbered_without_a_gap", id="counts without a lock"),
        pytest.param(planted_words.Forgetful, None, "numbered_without_a_gap", id="forgets what was said"),
        pytest.param(planted_words.Promising, None, "H2", id="says so before it is kept"),
        pytest.param(planted_words.Hasty, None, "H3", id="writes into what has ended meanwhile"),
        pytest.param(planted_words.Deaf, None, "H3", id="writes into silence"),
        pytest.param(planted_words.Mute, None, "T4", id="tells nobody"),
        pytest.param(planted_words.Blind, Fault.HOSTILE, "H3", id="does not ask whose chat it is"),
    ],
)
def test_words_kept_wrongly_are_found(
    monkeypatch: pytest.MonkeyPatch, wrong: type, fault: Fault | None, law: str
) -> None:
    """Each of these breaks one law within a few nights, and that one is named."""
    monkeypatch.setattr(instances, "MemoryMessages", wrong)
    report = found(fault)
    assert report is not None
    assert any(law in breach for breach in report.breaches), report.breaches


def test_silence_is_seen_in_the_log_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nobody there at the moment, the log of moves and the messages' times still show it."""

    def looks_away(_words: Words, *_given: object) -> None:
        """Whatever is written."""

    monkeypatch.setattr(instances, "MemoryMessages", planted_words.Deaf)
    monkeypatch.setattr(Words, "written", looks_away)
    report = found()
    assert report is not None
    assert any("nothing_into_silence" in breach for breach in report.breaches), report.breaches


def test_a_lost_answer_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes silence of the database for a kept message acknowledges some that are not there."""
    say = talking.say

    async def hopes(desk: Talking, who: User, chat_id: UUID, message_id: UUID, text: str) -> Message:
        try:
            return await say(desk, who, chat_id, message_id, text)
        except StoreError:
            side = Side.CUSTOMER if who.type is UserType.CUSTOMER else Side.MITRA
            return Message(1, side, message_id, text, SEVEN_IN_THE_EVENING)

    monkeypatch.setattr(talking, "say", hopes)
    report = found(Fault.COMMIT_UNKNOWN)
    assert report is not None
    assert any("H2" in breach for breach in report.breaches), report.breaches
