"""What a robot says: an answer to the customer's last word, once, whatever happens to its sockets."""

from random import Random
from typing import Any

import pytest

from halobestie_app.demo import answers as module
from halobestie_app.demo.answers import Answers

pytestmark = pytest.mark.anyio

CHAT = "0190163d-8694-739b-aea5-966c26f8ad91"


class Wire:
    """A socket that remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send(self, kind: str, **members: object) -> None:
        """Remember it."""
        self.sent.append({"type": kind, **members})

    @property
    def messages(self) -> list[tuple[object, object]]:
        """Id and text of each message."""
        return [
            (frame["client_message_id"], frame["text"]) for frame in self.sent if frame["type"] == "message"
        ]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A robot's, who needs no time to think."""
    for name in ("READING", "WRITING"):
        monkeypatch.setattr(module, name, (0.0, 0.0))
    return Answers("Sari", Random(1))


def opened(answers: Answers) -> Wire:
    """Give them a new socket."""
    wire = Wire()
    answers.opened(wire)  # type: ignore[arg-type] # it sends like one
    return wire


def message(seq: int, sender: str) -> dict[str, Any]:
    """The frame of a message."""
    return {"type": "message", "session_id": CHAT, "message": {"seq": seq, "sender": sender, "text": "..."}}


async def test_the_last_word_of_the_customer_is_answered_once(answers: Answers) -> None:
    """Several in a row get one answer; one's own need none."""
    wire = opened(answers)
    assert not answers.is_owed(CHAT)
    for seq in (1, 2, 3):
        await answers.hear(message(seq, "customer"))
    assert answers.is_owed(CHAT)
    await answers.answer(CHAT)
    assert not answers.is_owed(CHAT)
    await answers.hear(message(4, "mitra"))
    await answers.answer(CHAT)
    assert len(wire.messages) == 1


async def test_an_answer_that_may_be_lost_is_said_again_under_its_id(answers: Answers) -> None:
    """The server then keeps it once, for the text is the same too."""
    first = opened(answers)
    await answers.hear(message(1, "customer"))
    await answers.answer(CHAT)
    answers.closed()
    second = opened(answers)
    assert answers.is_owed(CHAT)
    await answers.answer(CHAT)
    assert first.messages == second.messages


async def test_what_was_refused_is_owed_again(answers: Answers) -> None:
    """As while an extension is pending."""
    opened(answers)
    await answers.hear(message(1, "customer"))
    await answers.answer(CHAT)
    await answers.hear({"type": "error", "code": "SESSION_PAUSED", "session_id": CHAT})
    assert answers.is_owed(CHAT)


async def test_a_snapshot_is_answered_by_how_far_one_is(answers: Answers) -> None:
    """What was missed comes then; chats that are over are forgotten."""
    await answers.hear(message(7, "mitra"))
    await answers.hear({**message(9, "customer"), "session_id": "over"})
    wire = opened(answers)
    await answers.hear({"type": "snapshot", "sessions": [{"id": CHAT}, {"id": "new"}]})
    assert wire.sent == [{"type": "resume", "chats": {CHAT: 7, "new": 0}}]
    assert not answers.is_owed("over")


async def test_nothing_is_said_when_nobody_can_hear_it(answers: Answers) -> None:
    """It stays owed, and is no error."""
    await answers.hear(message(1, "customer"))
    await answers.greet(CHAT, "Rina")
    await answers.answer(CHAT)
    assert answers.is_owed(CHAT)
