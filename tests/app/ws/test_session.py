"""One socket's conversation, without a socket."""

from functools import partial
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_app.ws.incoming import FRAMES, LARGEST, Message
from halobestie_app.ws.session import (
    AUTH_SECONDS,
    MALFORMED_IN_A_ROW,
    RATE,
    RATE_SECONDS,
    SILENT_SECONDS,
    Caller,
    CatchUp,
    Close,
    CloseCode,
    Noted,
    Say,
    Send,
    Session,
    Welcome,
)
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType

ANI, BUDI = User(UserType.CUSTOMER, uuid4()), User(UserType.CUSTOMER, uuid4())
LOGIN = uuid4()
TOKENS = {"ani": (ANI, 3600.0), "ani again": (ANI, 7200.0), "budi": (BUDI, 3600.0), "brief": (ANI, 30.0)}


def verify(token: str, now: float) -> Caller | None:
    """The tokens of this test."""
    known = TOKENS.get(token)
    return None if known is None else Caller(known[0], LOGIN, now + known[1])


def said(frame: object) -> str:
    """A frame as text."""
    return orjson.dumps(frame).decode()


def auth(token: str) -> str:
    """An auth frame."""
    return said({"type": "auth", "access_token": token})


def opened(token: str = "ani") -> Session:
    """A session that is open since 0."""
    session = Session(verify, 0)
    [welcome] = session.begin(token, 0)
    assert isinstance(welcome, Welcome)
    return session


def code(intents: object) -> CloseCode:
    """The code of a close, which must be the last intent and end everything."""
    assert isinstance(intents, list)
    assert isinstance(intents[-1], Close)
    return intents[-1].code


# ------------------------------------------------------------------------------------------- handshake


def test_token_in_the_header() -> None:
    """A valid token in the header opens at once."""
    session = Session(verify, 0)
    assert session.begin("ani", 5) == [Welcome(Caller(ANI, LOGIN, 3605))]


def test_token_in_the_first_frame() -> None:
    """Without a header the first frame brings the token."""
    session = Session(verify, 0)
    assert session.begin(None, 0) == []
    assert session.hear(auth("ani"), 9) == [Welcome(Caller(ANI, LOGIN, 3609))]


def test_invalid_tokens() -> None:
    """A token that is not valid closes, wherever it came."""
    assert code(Session(verify, 0).begin("nobody", 0)) is CloseCode.UNAUTHENTICATED
    assert code(Session(verify, 0).begin("", 0)) is CloseCode.UNAUTHENTICATED
    assert code(Session(verify, 0).hear(auth("nobody"), 0)) is CloseCode.UNAUTHENTICATED


@pytest.mark.parametrize("first", [said({"type": "ping"}), said({"type": "resume"}), "nonsense", None])
def test_anything_else_first(first: str | None) -> None:
    """Nothing but auth is heard from somebody unknown."""
    assert code(Session(verify, 0).hear(first, 0)) is CloseCode.UNAUTHENTICATED


def test_no_token_in_time() -> None:
    """Ten seconds are given, and no more."""
    session = Session(verify, 100)
    assert session.tick(100 + AUTH_SECONDS - 0.1) == []
    assert code(session.tick(100 + AUTH_SECONDS)) is CloseCode.UNAUTHENTICATED


# ----------------------------------------------------------------------------------------------- open


def test_ping() -> None:
    """A ping is answered."""
    assert opened().hear(said({"type": "ping"}), 1) == [Send({"type": "pong"})]


def test_resume() -> None:
    """The client says how far it is, in as many chats as it likes."""
    chat = uuid4()
    assert opened().hear(said({"type": "resume", "chats": {str(chat): 7}}), 1) == [CatchUp({chat: 7})]
    assert opened().hear(said({"type": "resume"}), 1) == [CatchUp({})]


def test_noted() -> None:
    """What was seen, and what is on the screen, is taken without an answer."""
    for frame in (
        {"type": "ack", "frame": "paired", "id": str(uuid4())},
        {"type": "focus", "session_id": str(uuid4())},
        {"type": "focus", "session_id": None},
        {"type": "focus"},
    ):
        [intent] = opened().hear(said(frame), 1)
        assert isinstance(intent, Noted)


def test_said() -> None:
    """A message is handed on with its id; typing and reading are noted."""
    chat, id_ = uuid4(), uuid4()
    frame = {"type": "message", "session_id": str(chat), "client_message_id": str(id_), "text": "halo"}
    assert opened().hear(said(frame), 1) == [Say(Message(chat, id_, "halo"))]
    for noted in ({"type": "typing"}, {"type": "read", "seq": 3}):
        [intent] = opened().hear(said({**noted, "session_id": str(chat)}), 1)
        assert isinstance(intent, Noted)


@pytest.mark.parametrize(
    "wrong", [{"text": ""}, {"text": "x" * 4001}, {"text": "a\0b"}, {"session_id": "x"}, {"to": 1}]
)
def test_a_malformed_message_is_named(wrong: dict[str, object]) -> None:
    """Whoever sent a malformed message hears which one it was, if that can be read."""
    id_ = uuid4()
    frame = {"type": "message", "session_id": str(uuid4()), "client_message_id": str(id_), "text": "halo"}
    [answer] = opened().hear(said({**frame, **wrong}), 1)
    assert isinstance(answer, Send)
    assert (answer.frame["code"], answer.frame["client_message_id"]) == ("VALIDATION_ERROR", id_)
    [unnamed] = opened().hear(said({**frame, "client_message_id": "7"}), 1)
    assert isinstance(unnamed, Send)
    assert "client_message_id" not in unnamed.frame


def test_renewed_in_place() -> None:
    """A newer token of the same person prolongs the session, silently."""
    session = opened("brief")
    assert session.hear(auth("ani again"), 20) == []
    assert session.hear(said({"type": "ping"}), 40) == [Send({"type": "pong"})]
    assert session.tick(41) == []


def test_somebody_elses_token() -> None:
    """A session does not change its person, and an invalid token ends it."""
    assert code(opened().hear(auth("budi"), 1)) is CloseCode.UNAUTHENTICATED
    assert code(opened().hear(auth("nobody"), 1)) is CloseCode.UNAUTHENTICATED


def test_token_expires() -> None:
    """A token that was not renewed ends the session."""
    session = opened("brief")
    assert session.tick(29.9) == []
    assert code(session.tick(30)) is CloseCode.UNAUTHENTICATED


def test_log_in_revoked() -> None:
    """A log-in that has ended takes its sockets with it."""
    session = opened()
    assert session.tick(1, revoked=False) == []
    assert code(session.tick(1, revoked=True)) is CloseCode.SHUT_OUT


def test_silence() -> None:
    """Neither a frame nor a protocol pong for twice the heartbeat: closed."""
    assert code(opened().tick(SILENT_SECONDS)) is CloseCode.SILENT
    heard = opened()
    heard.hear(said({"type": "ping"}), 10)
    assert heard.tick(SILENT_SECONDS + 9) == []
    assert heard.tick(SILENT_SECONDS + 30, heard=40) == []
    assert code(heard.tick(SILENT_SECONDS + 40, heard=40)) is CloseCode.SILENT


# ------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "nonsense",
        "[]",
        "7",
        "{}",
        said({"type": None}),
        said({"type": "nothing we know"}),
        said({"type": ["auth"]}),
        said({"type": "ping", "extra": 1}),
        said({"type": "auth"}),
        said({"type": "auth", "access_token": 7}),
        said({"type": "auth", "access_token": "x" * 5000}),
        said({"type": "resume", "chats": []}),
        said({"type": "resume", "chats": {"x": 1}}),
        said({"type": "resume", "chats": {str(UUID(int=1)): "1"}}),
        said({"type": "ack", "frame": "paired"}),
        said({"type": "focus", "session_id": "x"}),
        "[" * 10_000,
    ],
)
def test_malformed(text: str | None) -> None:
    """A malformed frame is answered with an error and changes nothing."""
    session = opened()
    [answer] = session.hear(text, 1)
    assert isinstance(answer, Send)
    assert (answer.frame["type"], answer.frame["code"]) == ("error", "VALIDATION_ERROR")
    assert session.hear(said({"type": "ping"}), 2) == [Send({"type": "pong"})]


def test_ten_malformed_in_a_row() -> None:
    """Nine are borne, again and again; the tenth in a row closes."""
    session = opened()
    for _ in range(3):
        for _ in range(MALFORMED_IN_A_ROW - 1):
            assert len(session.hear("nonsense", 1)) == 1
        session.hear(said({"type": "ping"}), 1)
    for _ in range(MALFORMED_IN_A_ROW - 1):
        session.hear("nonsense", 1)
    assert code(session.hear("nonsense", 1)) is CloseCode.POLICY


def test_too_large() -> None:
    """Bytes count, not characters."""
    assert code(opened().hear("x" * (LARGEST + 1), 1)) is CloseCode.TOO_LARGE
    assert code(opened().hear("é" * (LARGEST // 2 + 1), 1)) is CloseCode.TOO_LARGE
    assert isinstance(opened().hear("x" * LARGEST, 1)[0], Send)


def test_flooding() -> None:
    """So many messages a minute, and not one more."""
    session = opened()
    for _ in range(RATE):
        assert session.hear(said({"type": "ping"}), 1) == [Send({"type": "pong"})]
    assert code(session.hear(said({"type": "ping"}), RATE_SECONDS - 0.1)) is CloseCode.TOO_FAST_OR_SLOW


def test_flooding_across_two_minutes() -> None:
    """A minute is any minute: what was said at the end of one still counts at the beginning of the next."""
    session = opened()
    for late in range(RATE):
        session.hear(said({"type": "ping"}), RATE_SECONDS - 0.5 + late / 1000)
    assert code(session.hear(said({"type": "ping"}), RATE_SECONDS + 1)) is CloseCode.TOO_FAST_OR_SLOW


def test_steady_talk() -> None:
    """Whoever stays below the rate may talk for ever."""
    session = opened()
    for second in range(600):
        assert session.hear(said({"type": "ping"}), second) == [Send({"type": "pong"})]


# ------------------------------------------------------------------------------------------------ closed


def test_closed_is_closed() -> None:
    """A closed session says nothing more."""
    session = opened()
    session.tick(3600)
    assert session.hear(auth("ani"), 3601) == []
    assert session.tick(9999) == []
    lost = opened()
    lost.lost()
    assert lost.tick(9999) == []


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.text()
    | st.uuids().map(str)
    | st.sampled_from([*TOKENS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    ["access_token", "chats", "frame", "id", "session_id", "client_message_id", "text", "seq", "x"]
)
frames = st.one_of(
    st.none(),
    st.text(),
    values.map(said),
    st.builds(
        lambda kind, rest: said({**rest, "type": kind}),
        st.sampled_from([*FRAMES, "nonsense"]),
        st.dictionaries(names, values, max_size=3),
    ),
    st.sampled_from([*map(auth, TOKENS)]),
)


@given(st.data())
def test_fuzz(data: st.DataObject) -> None:
    """Whatever is heard and however time passes, nothing breaks, and after a close nothing follows."""
    session, now = Session(verify, 0), 0.0
    session.begin(data.draw(st.sampled_from([None, "ani", "brief", "nobody"])), now)
    closed = session.closed
    for text in data.draw(st.lists(frames, max_size=30)):
        now += data.draw(st.floats(0, 20))
        for told in (session.tick, partial(session.hear, text)):
            intents = told(now)
            assert not (closed and intents)
            for place, intent in enumerate(intents):
                if isinstance(intent, Close):
                    closed = True
                    assert place == len(intents) - 1
            assert closed or session.caller is not None or not intents
            assert closed is session.closed
