"""The letters of one socket: in whatever order they come, each leaves once, in its turn, none is left out."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from halobestie_app.ws.letters import GREATEST, Letters

CHAT, OTHER = UUID(int=1), UUID(int=2)


def text(seq: int) -> str:
    """A message."""
    return f"message {seq}"


def texts(*seqs: int) -> list[str]:
    """Some messages."""
    return [text(seq) for seq in seqs]


def flowing(end: int = 0) -> Letters:
    """Letters that leave as they come."""
    letters = Letters()
    letters.begin({CHAT: end})
    assert letters.release() == []
    return letters


def test_nothing_leaves_before_the_resume() -> None:
    """Live messages wait until the client has said how far it is, and leave behind what it had missed."""
    letters = Letters()
    assert letters.take(CHAT, 6, text(6)) == []
    letters.begin({CHAT: 5})
    assert letters.take(CHAT, 7, text(7)) == []
    assert letters.resume({CHAT: 3}) == {CHAT: 3}
    assert not letters.waits_for_resume
    assert letters.take(CHAT, 8, text(8)) == []
    found = [(seq, text(seq)) for seq in (4, 5, 6)]
    assert letters.found(CHAT, 6, found) == texts(4, 5, 6)
    assert letters.release() == texts(7, 8)
    assert letters.take(CHAT, 9, text(9)) == texts(9)


def test_without_a_resume_only_what_is_new() -> None:
    """A client that says nothing gets what came since its snapshot, and nothing of before."""
    letters = Letters()
    assert letters.take(CHAT, 5, text(5)) == []
    letters.begin({CHAT: 5})
    assert letters.take(CHAT, 6, text(6)) == []
    assert letters.release() == texts(6)
    assert not letters.waits_for_resume
    assert letters.release() == []


def test_a_chat_that_begins_later() -> None:
    """A chat that was not there when the socket came begins at its first message."""
    letters = flowing()
    assert letters.take(OTHER, 1, text(1)) == texts(1)
    assert letters.take(OTHER, 3, text(3)) == []
    assert letters.missing() == {OTHER: 1}


def test_a_gap_is_looked_for_once() -> None:
    """A message that came too early waits, with all others, until what lies before it was found."""
    letters = flowing(5)
    assert letters.take(CHAT, 8, text(8)) == []
    assert letters.take(CHAT, 7, text(7)) == []
    assert letters.take(OTHER, 1, "other") == []
    assert letters.missing() == {CHAT: 5}
    assert letters.missing() == {}
    assert letters.found(CHAT, 8, [(6, text(6)), (7, text(7))]) == texts(6, 7)
    assert letters.release() == [*texts(8), "other"]
    assert letters.missing() == {}


def test_nothing_leaves_twice() -> None:
    """What has left is dropped when it comes again."""
    letters = flowing(5)
    assert letters.take(CHAT, 6, text(6)) == texts(6)
    assert letters.take(CHAT, 6, text(6)) == []
    assert letters.take(CHAT, 5, text(5)) == []
    assert letters.missing() == {}


def test_a_client_that_claims_too_much() -> None:
    """Who says they have more than there is gets the next message all the same; wild numbers are tamed."""
    letters = Letters()
    letters.begin({CHAT: 5})
    assert letters.resume({CHAT: 99, OTHER: -3, UUID(int=3): 2**70}) == {
        CHAT: 99,
        OTHER: 0,
        UUID(int=3): GREATEST,
    }
    assert letters.found(CHAT, 5, []) == []
    letters.forget(UUID(int=3))
    assert letters.behind(UUID(int=3)) == 0
    assert letters.release() == []
    assert letters.take(CHAT, 6, text(6)) == texts(6)


@given(st.data())
def test_whatever_happens(data: st.DataObject) -> None:
    """Said, brought late, twice, out of turn or never, resumed at any time: at last all, once, in order."""
    letters = Letters()
    said = data.draw(st.integers(0, 4))
    letters.begin({CHAT: said})
    client = data.draw(st.integers(0, said))  # how far the client is; the truth about it
    got: list[int] = []

    def hear(some: list[str]) -> None:
        got.extend(int(one.split()[1]) for one in some)

    def look(behind: int) -> None:
        hear(letters.found(CHAT, said, [(seq, text(seq)) for seq in range(behind + 1, said + 1)]))
        hear(letters.release())

    def settle() -> None:
        while missing := letters.missing():
            look(missing[CHAT])

    resumed = False
    for _ in range(data.draw(st.integers(0, 25))):
        match data.draw(st.sampled_from(["say", "bring", "bring", "resume"])):
            case "say":
                said += 1
            case "bring" if said:
                seq = data.draw(st.integers(1, said))
                hear(letters.take(CHAT, seq, text(seq)))
                if data.draw(st.booleans()):
                    settle()
            case "resume":
                client = got[-1] if got else client
                got.clear()
                look(letters.resume({CHAT: client})[CHAT])
                resumed = True
    if not resumed:
        look(letters.resume({CHAT: client})[CHAT])
    settle()
    if said and got[-1:] != [said]:
        hear(letters.take(CHAT, said, text(said)))
        settle()
    assert got == list(range(client + 1, said + 1))
