"""The letters of one socket: in whatever order they come, each leaves once, in its turn, none is left out."""

from uuid import UUID

from attrs import define, field
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


def test_a_late_resume() -> None:
    """What has left on this socket does not leave again; what lies before it is brought all the same."""
    letters = flowing(5)
    assert letters.take(CHAT, 6, text(6)) == texts(6)
    assert letters.resume({CHAT: 5}) == {CHAT: 6}
    assert letters.found(CHAT, 7, [(7, text(7))]) == texts(7)
    assert letters.release() == []
    assert letters.resume({CHAT: 2}) == {CHAT: 2}
    assert letters.take(CHAT, 9, text(9)) == []
    assert letters.found(CHAT, 8, [(3, text(3)), (4, text(4))]) == texts(3, 4)
    assert letters.found(CHAT, 8, [(seq, text(seq)) for seq in range(5, 9)]) == texts(5, 8)
    assert letters.release() == texts(9)
    assert letters.resume({CHAT: 2, OTHER: 0}) == {CHAT: 9, OTHER: 0}
    assert letters.found(CHAT, 9, []) == letters.found(OTHER, 1, []) == letters.release() == []
    assert letters.take(CHAT, 10, text(10)) == texts(10)


@define
class Line:
    """What was said in a chat, and what of it one socket has brought, by its number."""

    said: int
    letters: Letters = field(factory=Letters)
    got: list[int] = field(factory=list)

    def hear(self, some: list[str]) -> None:
        """Take what leaves."""
        self.got.extend(int(one.split()[1]) for one in some)

    def look(self, behind: int) -> None:
        """Bring everything behind a number, then what waits."""
        rows = [(seq, text(seq)) for seq in range(behind + 1, self.said + 1)]
        self.hear(self.letters.found(CHAT, self.said, rows))
        self.hear(self.letters.release())

    def resume(self, claim: int) -> None:
        """The client says how far it is."""
        self.look(self.letters.resume({CHAT: claim})[CHAT])

    def bring(self, seq: int) -> None:
        """A live message comes."""
        self.hear(self.letters.take(CHAT, seq, text(seq)))

    def settle(self) -> None:
        """Nothing is missing any more."""
        while missing := self.letters.missing():
            self.look(missing[CHAT])

    def happens(self, data: st.DataObject) -> bool:
        """Something is said or brought late, twice, out of turn, or never; else it is time for a resume."""
        match data.draw(st.sampled_from(["say", "bring", "bring", "resume"])):
            case "say":
                self.said += 1
            case "bring" if self.said:
                self.bring(data.draw(st.integers(1, self.said)))
                if data.draw(st.booleans()):
                    self.settle()
            case "resume":
                return False
        return True

    def ends(self) -> None:
        """The last one comes, and with it all."""
        self.settle()
        if self.said and self.said not in self.got:
            self.bring(self.said)
            self.settle()


@given(st.data())
def test_whatever_happens(data: st.DataObject) -> None:
    """Whatever comes when, and whenever it is resumed, with the truth: at last all, once, in order."""
    line = Line(data.draw(st.integers(0, 4)))
    line.letters.begin({CHAT: line.said})
    client = data.draw(st.integers(0, line.said))  # how far the client is; the truth about it
    resumed = False
    for _ in range(data.draw(st.integers(0, 25))):
        if not line.happens(data):
            client = line.got[-1] if line.got else client
            line.got.clear()
            line.resume(client)
            resumed = True
    if not resumed:
        line.resume(client)
    line.ends()
    assert line.got == list(range(client + 1, line.said + 1))


@given(st.data())
def test_a_careless_client(data: st.DataObject) -> None:
    """Who says less than the truth, however late and often, gets all that is behind the least of it, once."""
    line = Line(data.draw(st.integers(0, 4)))
    line.letters.begin({CHAT: line.said})
    least = line.said
    for _ in range(data.draw(st.integers(0, 25))):
        if not line.happens(data):
            claim = data.draw(st.integers(0, max([least, *line.got])))
            least = min(least, claim)
            line.resume(claim)
    line.hear(line.letters.release())
    line.ends()
    assert sorted(line.got) == list(range(least + 1, line.said + 1))
