"""A hundred thousand frames of every kind of nonsense, and what the conversation makes of each."""

import contextlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from random import Random
from uuid import UUID

import orjson
import pytest
from attrs import define, field, fields
from hypothesis import given
from hypothesis import strategies as st

from halobestie_app.ws.incoming import FRAMES, LONGEST_TEXT, Malformed, read
from halobestie_app.ws.session import (
    MALFORMED_IN_A_ROW,
    RATE,
    RATE_SECONDS,
    Caller,
    CatchUp,
    Close,
    CloseCode,
    Intent,
    Noted,
    Say,
    Send,
    Session,
    Welcome,
)
from halobestie_core.ports.presence import User
from halobestie_core.wire import to_wire
from halobestie_core.words import UserType
from support.noise import MALFORMED, OVERSIZE, UNSURE, Noise, Noisy

SEEDS = 10
FRAMES_EACH = 10_000
LONGEST_ANSWER = 500
"""Bytes of an error, however long the names are that were sent."""

ANI, BUDI = User(UserType.CUSTOMER, UUID(int=1)), User(UserType.CUSTOMER, UUID(int=2))
TOKENS = {"ani": ANI, "budi": BUDI}
CHATS = (UUID(int=10), UUID(int=11))
MEANS = {
    "ping": Send,
    "resume": CatchUp,
    "message": Say,
    "ack": Noted,
    "focus": Noted,
    "typing": Noted,
    "read": Noted,
}


def verify(token: str, _: float) -> Caller | None:
    """The tokens of this test: two people's, which are good for ever."""
    user = TOKENS.get(token)
    return None if user is None else Caller(user, user.id, math.inf)


@define
class Judge:
    """What the specification says of one conversation, counted anew: what must come of each frame."""

    who: User | None
    heard: list[float] = field(factory=list)
    wrong: int = 0

    def judges(self, noise: Noise, now: float, intents: Sequence[Intent]) -> CloseCode | None:
        """Compare; gives the code if the conversation is over."""
        self.heard.append(now)
        if sum(now - RATE_SECONDS < then for then in self.heard) > RATE:
            return _closed(intents, CloseCode.TOO_FAST_OR_SLOW)
        if noise.meaning == OVERSIZE:
            return _closed(intents, CloseCode.TOO_LARGE)
        meaning = _really(noise)
        if self.who is None and meaning != "auth":
            return _closed(intents, CloseCode.UNAUTHENTICATED)
        if meaning == MALFORMED:
            self.wrong += 1
            _is_error(intents[0])
            if self.wrong == MALFORMED_IN_A_ROW:
                return _closed(intents[1:], CloseCode.POLICY)
            assert len(intents) == 1
            return None
        self.wrong = 0
        if meaning == "auth":
            return self._authenticates(noise, intents)
        [intent] = intents
        assert isinstance(intent, MEANS[meaning])
        assert not isinstance(intent, Send) or intent.frame == {"type": "pong"}
        if isinstance(intent, Say):
            assert 1 <= len(intent.frame.text) <= LONGEST_TEXT
            assert "\0" not in intent.frame.text
            intent.frame.text.encode()  # no half characters
        return None

    def _authenticates(self, noise: Noise, intents: Sequence[Intent]) -> CloseCode | None:
        user = TOKENS.get(orjson.loads(noise.text or "")["access_token"])
        if user is None or self.who not in (None, user):
            return _closed(intents, CloseCode.UNAUTHENTICATED)
        assert [type(intent) for intent in intents] == ([Welcome] if self.who is None else [])
        self.who = user
        return None


def _really(noise: Noise) -> str:
    """What a frame is; where noise cannot say, reading can, which must agree where it can."""
    try:
        meaning = type(read(noise.text or "")).__name__.lower()
    except Malformed:
        meaning = MALFORMED
    assert noise.meaning in (meaning, UNSURE), noise
    return meaning


def _closed(intents: Sequence[Intent], code: CloseCode) -> CloseCode:
    [close] = intents
    assert isinstance(close, Close)
    assert close.code is code
    return code


def _is_error(intent: Intent) -> None:
    assert isinstance(intent, Send)
    assert set(intent.frame) - {"client_message_id"} == {"type", "code", "detail"}
    assert (intent.frame["type"], intent.frame["code"]) == ("error", "VALIDATION_ERROR")
    assert len(orjson.dumps(to_wire(dict(intent.frame)))) <= LONGEST_ANSWER


@pytest.mark.parametrize("seed", range(SEEDS))
def test_noise(seed: int) -> None:
    """Every frame comes to what the specification says, nothing breaks, and after a close nothing follows."""
    chance = Random(seed)
    noisy = Noisy(chance, CHATS, ("ani", "ani", "budi", "nobody", ""))
    heard, ends = 0, Counter[CloseCode]()
    while heard < FRAMES_EACH:
        now = 0.0
        header = chance.random() < 0.9
        session, judge = Session(verify, now), Judge(ANI if header else None)
        assert len(session.begin("ani" if header else None, now)) == header
        mood = chance.choice((noisy.next, noisy.next, noisy.well, noisy.ping, noisy.wrong))
        pauses = chance.choice(((0.0,), (0.5, 0.6), (0.0, 0.1, 5.0)))
        for _ in range(chance.randrange(400)):
            noise = mood()
            now += chance.choice(pauses)
            assert session.tick(now) == []
            heard += 1
            over = judge.judges(noise, now, session.hear(noise.text, now))
            assert session.closed is (over is not None)
            if over is not None:
                ends[over] += 1
                assert session.hear('{"type": "ping"}', now) == []
                assert session.tick(now + 9999) == []
                break
    assert set(ends) == {
        CloseCode.UNAUTHENTICATED,
        CloseCode.TOO_LARGE,
        CloseCode.TOO_FAST_OR_SLOW,
        CloseCode.POLICY,
    }


texts = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=50)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.uuids().map(str),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts | st.uuids().map(str), inner, max_size=4)
    ),
    max_leaves=12,
)
names = st.sampled_from(sorted({member.name for form in FRAMES.values() for member in fields(form)}))


@given(
    texts
    | anything.map(json.dumps)
    | st.builds(
        lambda kind, rest: json.dumps({**rest, "type": kind}),
        st.sampled_from([*FRAMES]),
        st.dictionaries(names | texts, anything, max_size=4),
    )
)
def test_reading(text: str) -> None:
    """Any text is one of our frames, or it is malformed."""
    with contextlib.suppress(Malformed):
        assert type(read(text)) in FRAMES.values()
