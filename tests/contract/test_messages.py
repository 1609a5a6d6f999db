"""What is said in chats: both kinds number it without a gap, keep it once, show it to its two sides only."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import define

from halobestie_app.usecases import chats, clock, extensions, pairings, payments
from halobestie_core.chat import SessionStatus
from halobestie_core.extension import Extension
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.messages import Message, NotTheirs, Unwritten, Written
from halobestie_core.ports.messages import Place as Bookmark
from halobestie_core.ports.presence import User
from halobestie_core.reasons import Reason
from halobestie_core.settings import Settings
from halobestie_core.words import Side, TopicSensitivity, UserType
from support.lives import Life
from support.places import Place, Row, ids, later
from support.steps import AYU, BIMA, NOBODY, SARI, TINI

pytestmark = pytest.mark.anyio

ONE, TWO = UUID(int=0xE1), UUID(int=0xE2)


@define
class Talk:
    """A chat of two people at a place."""

    life: Life
    id: UUID
    customer: User
    mitra: User

    @property
    def place(self) -> Place:
        """Where they are."""
        return self.life.place

    async def say(self, who: User, text: str, message_id: UUID | None = None) -> Message:
        """Say something that is kept."""
        message_id = _new_id() if message_id is None else message_id
        written = await self.place.messages.write(who, self.id, message_id, text)
        assert isinstance(written, Written), written
        return written.message

    async def refused(self, who: User) -> Unwritten:
        """Say something that is not kept."""
        written = await self.place.messages.write(who, self.id, _new_id(), "?")
        assert isinstance(written, Unwritten), written
        return written

    async def texts(self) -> list[tuple[int, str | None]]:
        """Everything that was said, in order."""
        page = await self.place.messages.page(self.customer, self.id, 0, 1000)
        return [(message.seq, message.text) for message in page.rows]

    async def told(self) -> list[Row]:
        """What the outbox holds of messages."""
        rows = (await self.place.rows())["outbox"]
        mine = [row for row in rows if "'seq'" in str(row["payload"])]
        return sorted(mine, key=lambda row: int(str(row["id"])))

    async def pauses(self) -> Extension:
        """An extension waits for its answer."""
        desk, who = self.life.desk, self.customer.id
        paid = await payments.create(desk, who, payments.NewPayment(5, is_extension=True))
        await payments.confirm(desk, who, paid.payment.id)
        return await extensions.ask(desk, who, self.id, extensions.Wanted(paid.payment.id))

    async def goes_on(self, asked: Extension, *, longer: bool = False) -> None:
        """The mitra has answered."""
        await extensions.answer(self.life.desk, self.mitra.id, asked.id, accepted=longer)

    async def ends(self, words: str | None = None) -> None:
        """The customer leaves."""
        last = None if words is None else chats.LastWords(self.place.messages, words)
        await chats.end_by_customer(self.life.desk, self.customer.id, self.id, last)


_new_id = ids(1 << 60)


async def met(life: Life, customer_id: UUID = AYU, mitra_id: UUID = SARI) -> Talk:
    """Two people who have just met."""
    desk = life.desk
    paid = (await payments.create(desk, customer_id, payments.NewPayment(5))).payment
    await payments.confirm(desk, customer_id, paid.id)
    opened = await pairings.open_general(desk, customer_id, paid.id, TopicSensitivity.NORMAL)
    seen, _ = await pairings.accept(desk, mitra_id, opened.request.id)
    return Talk(life, seen.session.id, User(UserType.CUSTOMER, customer_id), User(UserType.MITRA, mitra_id))


@pytest.fixture
def life(house: Place) -> Life:
    """A desk at the place."""
    return Life(house, Settings())


@pytest.fixture
async def talk(life: Life) -> Talk:
    """Ayu and Sari talk."""
    return await met(life)


# -- writing -------------------------------------------------------------------------------------------------


async def test_both_sides_talk(talk: Talk) -> None:
    """Messages are numbered from 1 in the order in which they came, whoever's they are."""
    first = await talk.say(talk.customer, "halo kak")
    await later(talk.place, seconds=1)
    second = await talk.say(talk.mitra, "halo, aku di sini 🌿")
    third = await talk.say(talk.customer, "aku sedih")
    assert [one.seq for one in (first, second, third)] == [1, 2, 3]
    assert [one.sender for one in (first, second, third)] == [Side.CUSTOMER, Side.MITRA, Side.CUSTOMER]
    assert (second.sent_at, third.sent_at) == (talk.place.now, talk.place.now)
    assert first.sent_at == talk.place.now - timedelta(seconds=1)
    assert await talk.texts() == [(1, "halo kak"), (2, "halo, aku di sini 🌿"), (3, "aku sedih")]
    assert await talk.place.messages.one(talk.id, 2) == second
    assert await talk.place.messages.one(talk.id, 4) is None
    assert await talk.place.messages.one(NOBODY, 1) is None


async def test_a_resend_is_the_same_message(talk: Talk) -> None:
    """The same id and text is the same message, also once the chat is over; nothing new is told."""
    messages = talk.place.messages
    first = await talk.say(talk.customer, "halo", ONE)
    await talk.say(talk.mitra, "ya?")
    told = await talk.told()
    again = await messages.write(talk.customer, talk.id, ONE, "halo")
    assert again == Written(first, repeated=True)
    asked = await talk.pauses()
    assert await messages.write(talk.customer, talk.id, ONE, "halo") == again
    await talk.goes_on(asked)
    await talk.ends()
    assert await messages.write(talk.customer, talk.id, ONE, "halo") == again
    assert await talk.texts() == [(1, "halo"), (2, "ya?")]
    assert await talk.told() == told


async def test_an_id_belongs_to_one_text(talk: Talk) -> None:
    """The same id with another text is refused; the other side may use that id for something of theirs."""
    await talk.say(talk.customer, "halo", ONE)
    refused = await talk.place.messages.write(talk.customer, talk.id, ONE, "hai")
    assert refused == Unwritten(Reason.MESSAGE_DIFFERS, SessionStatus.ACTIVE)
    await talk.say(talk.mitra, "hai", ONE)
    assert await talk.texts() == [(1, "halo"), (2, "hai")]


async def test_each_chat_counts_for_itself(life: Life) -> None:
    """Numbers begin with 1 in each chat, and an id may be used in each."""
    one, other = await met(life), await met(life, BIMA)
    for talk in (one, other):
        assert (await talk.say(talk.mitra, "halo", ONE)).seq == 1


async def test_silence(talk: Talk) -> None:
    """A paused chat takes nothing, an ended one nothing either, and what is refused leaves no trace."""
    await talk.say(talk.customer, "halo")
    asked = await talk.pauses()
    told = await talk.told()
    for who in (talk.customer, talk.mitra):
        assert await talk.refused(who) == Unwritten(Reason.SESSION_PAUSED, SessionStatus.EXTENDING)
    await talk.goes_on(asked)
    await talk.ends()
    for who in (talk.customer, talk.mitra):
        assert await talk.refused(who) == Unwritten(Reason.SESSION_NOT_ACTIVE, SessionStatus.ENDED)
    assert await talk.texts() == [(1, "halo")]
    assert await talk.told() == told


async def test_words_go_on_after_a_pause(talk: Talk) -> None:
    """Whatever the answer was, the next message has the next number."""
    for number, longer in enumerate((False, True), 1):
        await talk.goes_on(await talk.pauses(), longer=longer)
        assert (await talk.say(talk.mitra, "masih di sini")).seq == number


async def test_goodbyes(talk: Talk) -> None:
    """A closing chat takes words until its grace is over, whether or not the clock has come by."""
    await later(talk.place, minutes=5)
    await clock.fire(talk.life.desk, Due("chat", talk.id))
    await talk.say(talk.mitra, "sampai jumpa")
    await talk.say(talk.customer, "dadah")
    seen = await talk.place.reads.session(talk.id)
    assert seen is not None
    until = seen[0].session.closing_until
    assert until is not None
    await talk.place.set(until)
    assert await talk.refused(talk.customer) == Unwritten(Reason.SESSION_NOT_ACTIVE, SessionStatus.CLOSING)
    assert await talk.texts() == [(1, "sampai jumpa"), (2, "dadah")]


async def test_only_the_two(life: Life, talk: Talk) -> None:
    """Another customer or mitra, or a side's id under the other kind, can do nothing, here or nowhere."""
    other, messages = await met(life, BIMA, TINI), talk.place.messages
    await talk.say(talk.customer, "rahasia")
    told = await talk.told()
    crossed = (User(UserType.MITRA, AYU), User(UserType.CUSTOMER, SARI))
    for who in (other.customer, other.mitra, *crossed, User(UserType.CUSTOMER, NOBODY)):
        for session_id, exists in ((talk.id, True), (NOBODY, False)):
            for tried in (
                messages.write(who, session_id, TWO, "?"),
                messages.page(who, session_id, 0, 10),
                messages.mark_read(who, session_id, 1),
            ):
                with pytest.raises(NotTheirs) as refused:
                    await tried
                assert refused.value.exists is exists
        assert await messages.missed(who, {talk.id: 0}, 10) == ()
    for customer_id in (BIMA, SARI):
        with pytest.raises(NotTheirs):
            await messages.sealed_closing(customer_id, talk.id, "?")
    assert await talk.texts() == [(1, "rahasia")]
    assert await talk.told() == told


async def test_both_sides_are_told_by_ids(talk: Talk) -> None:
    """Each message leaves a frame per side and the receiver's push, which name it and hold nothing of it."""
    await talk.say(talk.customer, "rahasia")
    names = {"session_id": str(talk.id), "seq": "1"}
    frame, push = {"frame": "message", **names}, {"type": "message", **names, "until": None}
    to_customer, to_mitra = {"customer": str(AYU)}, {"mitra": str(SARI)}
    told = [(row["kind"], row["stream"], row["audience"], row["payload"]) for row in await talk.told()]
    assert told == [
        ("frame", f"customer:{AYU}", to_customer, frame),
        ("frame", f"mitra:{SARI}", to_mitra, frame),
        ("push", f"push:mitra:{SARI}", to_mitra, push),
    ]


async def test_everybody_talks_at_once(talk: Talk) -> None:
    """Eight messages at a time from both sides, each sent twice: no number lost, none given twice."""
    for _ in range(5):
        before = len(await talk.texts())
        sides = [(who, _new_id()) for who in (talk.customer, talk.mitra) * 4]
        said = await asyncio.gather(
            *(talk.say(who, str(message_id), message_id) for who, message_id in sides * 2)
        )
        assert said[:8] == said[8:]
        assert sorted(one.seq for one in said[:8]) == list(range(before + 1, before + 9))
        in_order = sorted((one.seq, one.text) for one in said[:8])
        assert (await talk.texts())[before:] == in_order


# -- reading -------------------------------------------------------------------------------------------------


async def test_pages(talk: Talk) -> None:
    """A chat is read in pages, each of which says whether there is another."""
    messages = talk.place.messages
    said = [await talk.say(talk.customer, str(n)) for n in range(1, 6)]
    read: list[Message] = []
    more = True
    while more:
        page = await messages.page(talk.mitra, talk.id, len(read), 2)
        assert len(page.rows) == (2 if page.more else 1)
        read += page.rows
        more = page.more
    assert read == said
    assert tuple((await messages.page(talk.mitra, talk.id, 5, 2)).rows) == ()
    assert not (await messages.page(talk.mitra, talk.id, 3, 2)).more


async def test_what_was_missed(life: Life, talk: Talk) -> None:
    """One look gives, for several chats, what came behind each number given; a stranger's is left out."""
    other, messages = await met(life, BIMA), life.place.messages
    for text in ("a", "b", "c"):
        await talk.say(talk.customer, text)
    await other.say(other.customer, "d")
    missed = {
        one.session_id: one
        for one in await messages.missed(talk.mitra, {talk.id: 1, other.id: 7, NOBODY: 0}, 10)
    }
    assert set(missed) == {talk.id, other.id}
    assert [one.text for one in missed[talk.id].rows] == ["b", "c"]
    assert (tuple(missed[other.id].rows), missed[other.id].last_seq) == ((), 1)
    mine = await messages.missed(talk.customer, {talk.id: 0, other.id: 0}, 2)
    [some] = mine
    assert ([one.seq for one in some.rows], some.last_seq) == ([1, 2], 3)


async def test_read_marks(talk: Talk) -> None:
    """Each side has a mark of its own, which never goes back, nor beyond what was said."""
    messages = talk.place.messages
    for _ in range(3):
        await talk.say(talk.customer, "halo")
    marks = [await messages.mark_read(talk.mitra, talk.id, seq) for seq in (2, 1, 2, 99, 3, 0)]
    assert [(one.seq, one.moved) for one in marks] == [
        (2, True), (2, False), (2, False), (3, True), (3, False), (3, False),
    ]  # fmt: skip
    assert {one.other for one in marks} == {talk.customer}
    mine = await messages.mark_read(talk.customer, talk.id, 1)
    assert (mine.seq, mine.moved, mine.other) == (1, True, talk.mitra)
    found = await talk.place.reads.session(talk.id)
    assert found is not None
    shown = found[0].talk
    assert shown is not None
    assert (shown.last_seq, shown.customer_read_seq, shown.mitra_read_seq) == (3, 1, 3)


async def test_histories(life: Life) -> None:
    """Both sides find their chats, the latest first, page by page; a mitra only those that have ended."""
    messages, talks = life.place.messages, []
    for number, customer_id in enumerate((AYU, BIMA, AYU)):
        talks.append(await met(life, customer_id))
        await later(life.place, seconds=1)
        await talks[-1].say(talks[-1].customer, "halo")
        if number == 1:
            await talks[-1].goes_on(await talks[-1].pauses(), longer=True)
        if number < 2:
            await talks[-1].ends(f"dadah {number}")
    (live, before), _ = await messages.history(talks[2].customer, None, 10)
    assert (live.seen.session.status, live.closing_message, live.duration_minutes) == (
        SessionStatus.ACTIVE, None, 5,
    )  # fmt: skip
    assert before.seen.session.id == talks[0].id
    first, bookmark = await messages.history(talks[0].mitra, None, 1)
    second, end = await messages.history(talks[0].mitra, bookmark, 1)
    past = [(one.seen.session.id, one.closing_message, one.duration_minutes) for one in (*first, *second)]
    assert past == [(talks[1].id, "dadah 1", 10), (talks[0].id, "dadah 0", 5)]
    assert bookmark == Bookmark(first[0].seen.session.started_at, talks[1].id)
    assert end is None
    assert [one.seen.customer.display_name for one in (*first, *second)] == ["Bima", "Ayu"]


async def test_last_words(talk: Talk) -> None:
    """Closing words are there with the end of the chat, and nowhere before."""
    assert await talk.place.messages.closing(talk.id) is None
    await talk.ends("terima kasih")
    assert await talk.place.messages.closing(talk.id) == "terima kasih"
    assert await talk.place.messages.closing(NOBODY) is None
