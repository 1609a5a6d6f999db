"""Messages on a real database: numbered without a gap, kept once, sealed, read by their two sides only."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from uuid import UUID, uuid4

import pytest
from attrs import evolve
from psycopg.sql import SQL

from halobestie_adapters.crypto.chat import AesChatCipher
from halobestie_adapters.errors import Busy, Conflict, RuleBroken
from halobestie_adapters.postgres.chat_keys import PostgresChatKeys
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import chats
from halobestie_core.chat import SessionStatus
from halobestie_core.ports.cipher import CannotOpen
from halobestie_core.ports.messages import Message, NotTheirs, Place, Rewrapped, Unwritten, Written
from halobestie_core.ports.presence import User
from halobestie_core.reasons import Reason
from halobestie_core.words import Side, UserType
from support.talking import CIPHER, Chat, Parlour, parlour
from support.tapped import tapped

pytestmark = pytest.mark.anyio

MARKER = "rahasiakuSATU"


@pytest.fixture
async def room(sound_database_url: str) -> AsyncIterator[Parlour]:
    """People who talk; afterwards everything that must hold still does."""
    async with parlour(sound_database_url) as opened:
        yield opened


@pytest.fixture
async def chat(room: Parlour) -> Chat:
    """A live chat."""
    return await room.chat()


# ---------------------------------------------------------------------- writing


async def test_both_sides_talk(room: Parlour, chat: Chat) -> None:
    """Messages are numbered from 1 in the order in which they came, whoever's they are."""
    first = await room.said(chat.customer, chat, "halo kak")
    second = await room.said(chat.mitra, chat, "halo, aku di sini 🌿")
    third = await room.said(chat.customer, chat, "aku sedih")
    assert [one.seq for one in (first, second, third)] == [1, 2, 3]
    assert [one.sender for one in (first, second, third)] == [Side.CUSTOMER, Side.MITRA, Side.CUSTOMER]
    assert first.sent_at <= second.sent_at <= third.sent_at
    assert await room.texts(chat) == [(1, "halo kak"), (2, "halo, aku di sini 🌿"), (3, "aku sedih")]
    assert await room.messages.one(chat.id, 2) == second
    assert await room.messages.one(chat.id, 4) is None


async def test_a_resend_is_the_same_message(room: Parlour, chat: Chat) -> None:
    """The same id and text is the same message, also once the chat is over; nothing new is told."""
    message_id = uuid4()
    first = await room.said(chat.customer, chat, "halo", message_id)
    await room.said(chat.mitra, chat, "ya?")
    told = await room.office.sql(SQL("SELECT count(*) FROM outbox WHERE payload ->> 'frame' = 'message'"))
    again = await room.messages.write(chat.customer, chat.id, message_id, "halo")
    assert again == Written(first, repeated=True)
    asked = await room.pauses(chat)
    assert await room.messages.write(chat.customer, chat.id, message_id, "halo") == again
    await room.goes_on(chat, asked)
    await chats.end_by_customer(room.office.desk, chat.customer.id, chat.id)
    assert await room.messages.write(chat.customer, chat.id, message_id, "halo") == again
    assert [(n, t) for n, t in await room.texts(chat)] == [(1, "halo"), (2, "ya?")]
    assert told == await room.office.sql(
        SQL("SELECT count(*) FROM outbox WHERE payload ->> 'frame' = 'message'")
    )


async def test_an_id_belongs_to_one_text(room: Parlour, chat: Chat) -> None:
    """The same id with another text is refused; the other side may use that id for something of theirs."""
    message_id = uuid4()
    await room.said(chat.customer, chat, "halo", message_id)
    refused = await room.messages.write(chat.customer, chat.id, message_id, "hai")
    assert refused == Unwritten(Reason.MESSAGE_DIFFERS, SessionStatus.ACTIVE)
    await room.said(chat.mitra, chat, "hai", message_id)
    assert await room.texts(chat) == [(1, "halo"), (2, "hai")]


async def test_silence(room: Parlour, chat: Chat) -> None:
    """A paused chat takes nothing, an ended one nothing either, and what is refused leaves no trace."""
    await room.said(chat.customer, chat, "halo")
    asked = await room.pauses(chat)
    for who in (chat.customer, chat.mitra):
        refused = await room.messages.write(who, chat.id, uuid4(), "?")
        assert refused == Unwritten(Reason.SESSION_PAUSED, SessionStatus.EXTENDING)
    await room.goes_on(chat, asked)
    await chats.end_by_customer(room.office.desk, chat.customer.id, chat.id)
    for who in (chat.customer, chat.mitra):
        refused = await room.messages.write(who, chat.id, uuid4(), "?")
        assert refused == Unwritten(Reason.SESSION_NOT_ACTIVE, SessionStatus.ENDED)
    assert await room.texts(chat) == [(1, "halo")]


async def test_goodbyes(room: Parlour, chat: Chat) -> None:
    """A closing chat takes words until its grace is over, whether or not the clock has come by."""
    await room.closes(chat)
    await room.said(chat.mitra, chat, "sampai jumpa")
    await room.said(chat.customer, chat, "dadah")
    await room.closes(chat, grace_over=True)
    refused = await room.messages.write(chat.customer, chat.id, uuid4(), "masih ada?")
    assert refused == Unwritten(Reason.SESSION_NOT_ACTIVE, SessionStatus.CLOSING)
    assert await room.texts(chat) == [(1, "sampai jumpa"), (2, "dadah")]


async def test_only_the_two(room: Parlour, chat: Chat) -> None:
    """Another customer or mitra, or a side's id under the other kind, can do nothing, here or nowhere."""
    other = await room.chat()
    await room.said(chat.customer, chat, MARKER)
    messages = room.messages
    crossed = (User(UserType.MITRA, chat.customer.id), User(UserType.CUSTOMER, chat.mitra.id))
    for who in (other.customer, other.mitra, *crossed, User(UserType.CUSTOMER, uuid4())):
        for session_id, exists in ((chat.id, True), (uuid4(), False)):
            for tried in (
                messages.write(who, session_id, uuid4(), "?"),
                messages.page(who, session_id, 0, 10),
                messages.mark_read(who, session_id, 1),
            ):
                with pytest.raises(NotTheirs) as refused:
                    await tried
                assert refused.value.exists is exists
        assert await messages.missed(who, {chat.id: 0}, 10) == ()
    for customer_id in (other.customer.id, chat.mitra.id):
        with pytest.raises(NotTheirs):
            await messages.sealed_closing(customer_id, chat.id, "?")
    assert await room.texts(chat) == [(1, MARKER)]
    assert await room.office.sql(SQL("SELECT author FROM chat_keys")) == [("customer",)]


async def test_both_sides_are_told_by_ids(room: Parlour, chat: Chat) -> None:
    """Each message leaves a frame per side and the receiver's push, which name it and hold nothing of it."""
    await room.said(chat.customer, chat, MARKER)
    rows = await room.office.sql(
        SQL("SELECT kind, stream, audience, payload FROM outbox ORDER BY id DESC LIMIT 3")
    )
    names = {"frame": "message", "session_id": str(chat.id), "seq": "1"}
    push = {"type": "message", "session_id": str(chat.id), "seq": "1", "until": None}
    to_customer, to_mitra = {"customer": str(chat.customer.id)}, {"mitra": str(chat.mitra.id)}
    assert rows[::-1] == [
        ("frame", f"customer:{chat.customer.id}", to_customer, names),
        ("frame", f"mitra:{chat.mitra.id}", to_mitra, names),
        ("push", f"push:mitra:{chat.mitra.id}", to_mitra, push),
    ]


async def test_only_the_chats_row_is_waited_for(room: Parlour, chat: Chat) -> None:
    """A message waits for nobody who holds the customer or the mitra; only for whoever holds its chat."""
    async with room.office.pool.connection() as conn, conn.transaction(force_rollback=True):
        await conn.execute("SELECT FROM customers FOR NO KEY UPDATE")
        await conn.execute("SELECT FROM mitras FOR NO KEY UPDATE")
        await room.said(chat.customer, chat, "halo")
    async with room.office.pool.connection() as conn, conn.transaction(force_rollback=True):
        await conn.execute("SELECT FROM chat_sessions FOR NO KEY UPDATE")
        with pytest.raises(Busy):
            await room.said(chat.customer, chat, "hai")
    assert await room.texts(chat) == [(1, "halo")]


async def test_the_database_itself_refuses(room: Parlour, chat: Chat) -> None:
    """Past the program: no words into silence, no number twice, no key that comes back once destroyed."""
    insert = SQL(
        "INSERT INTO chat_messages (session_id, seq, sender, client_message_id, text_encrypted, sent_at)"
        " VALUES (%s, %s, 'mitra', gen_random_uuid(), '', now())"
    )
    await room.said(chat.mitra, chat, "halo")
    with pytest.raises(Conflict):
        await _translated(room, insert, chat.id, 1)
    asked = await room.pauses(chat)
    with pytest.raises(RuleBroken, match="chat_messages_while_it_may_be_spoken"):
        await _translated(room, insert, chat.id, 2)
    await room.goes_on(chat, asked)
    await room.office.sql(SQL("UPDATE chat_keys SET wrapped_key = NULL, key_id = NULL, destroyed_at = now()"))
    with pytest.raises(RuleBroken, match="chat_keys_stay_destroyed"):
        await _translated(
            room, SQL("UPDATE chat_keys SET destroyed_at = NULL, wrapped_key = '', key_id = 'x'")
        )


async def _translated(room: Parlour, statement: SQL, *values: object) -> None:
    with translated():
        await room.office.sql(statement, *values)


# ---------------------------------------------------------------------- at rest


async def test_a_dump_shows_no_text(room: Parlour, chat: Chat) -> None:
    """Searched through every column of every row of every table, no word of anybody's is found."""
    await room.said(chat.customer, chat, f"aku {MARKER} sendiri")
    await room.said(chat.mitra, chat, f"iya, {MARKER}")
    words = chats.LastWords(room.messages, f"terima kasih {MARKER}")
    await chats.end_by_customer(room.office.desk, chat.customer.id, chat.id, words)
    dump = await room.everything()
    assert str(chat.id) in dump, "it was looked at all"
    for shown in (MARKER, MARKER.encode().hex(), MARKER[::-1]):
        assert shown not in dump


async def test_keys_of_an_erased_person(room: Parlour, chat: Chat) -> None:
    """Once a person's keys are destroyed their words are gone; the other's are still there."""
    await room.said(chat.customer, chat, "rahasia")
    await room.said(chat.mitra, chat, "aku dengar")
    words = chats.LastWords(room.messages, "terima kasih")
    await chats.end_by_customer(room.office.desk, chat.customer.id, chat.id, words)
    await room.office.sql(
        SQL(
            "UPDATE chat_keys SET wrapped_key = NULL, key_id = NULL, destroyed_at = now()"
            " WHERE author = 'customer'"
        )
    )
    assert await room.texts(chat) == [(1, None), (2, "aku dengar")]
    ((past,), _) = await room.messages.history(chat.mitra, None, 10)
    assert past.closing_message is None


async def test_moved_rows_do_not_open(room: Parlour, chat: Chat) -> None:
    """Two messages whose texts are exchanged in the database are not read as each other's."""
    await room.said(chat.customer, chat, "satu")
    await room.said(chat.customer, chat, "dua")
    await room.office.sql(
        SQL(
            "UPDATE chat_messages m SET text_encrypted = o.text_encrypted FROM chat_messages o"
            " WHERE o.session_id = m.session_id AND o.seq = 3 - m.seq"
        )
    )
    with pytest.raises(CannotOpen):
        await room.texts(chat)


async def test_keys_are_wrapped_anew(room: Parlour, chat: Chat) -> None:
    """Wrapped anew, every text opens with the new key alone; a second time there is nothing to do."""
    others = [await room.chat() for _ in range(3)]
    for one in (chat, *others):
        await room.said(one.customer, one, "halo")
        await room.said(one.mitra, one, "halo juga")
    new, old = b"the new key of tests, long enough", b"a key of tests that is long enough"
    keys = PostgresChatKeys(room.office.pool, AesChatCipher([new, old]), batch=3)
    assert await keys.rewrap() == Rewrapped(seen=8, rewrapped=8, lost=0)
    assert await keys.rewrap() == Rewrapped(seen=8, rewrapped=0, lost=0)
    after = evolve(room, messages=PostgresMessages(room.office.pool, AesChatCipher([new])))
    for one in (chat, *others):
        assert await after.texts(one) == [(1, "halo"), (2, "halo juga")]
    assert await PostgresChatKeys(room.office.pool, CIPHER).rewrap() == Rewrapped(8, 0, lost=8)


# ---------------------------------------------------------------------- reading


async def test_pages(room: Parlour, chat: Chat) -> None:
    """A chat is read in pages, each of which says whether there is another."""
    said = [await room.said(chat.customer, chat, str(n)) for n in range(1, 6)]
    read: list[Message] = []
    more = True
    while more:
        page = await room.messages.page(chat.mitra, chat.id, len(read), 2)
        assert len(page.rows) == (2 if page.more else 1)
        read += page.rows
        more = page.more
    assert read == said
    assert (await room.messages.page(chat.mitra, chat.id, 5, 2)).rows == ()
    assert not (await room.messages.page(chat.mitra, chat.id, 3, 2)).more


async def test_what_was_missed(room: Parlour) -> None:
    """One look gives, for several chats, what came behind each number given; a stranger's is left out."""
    mitra = await room.office.mitra()
    first, second, empty, foreign = [await room.chat(mitra) for _ in range(3)] + [await room.chat()]
    for text in ("a", "b", "c"):
        await room.said(first.customer, first, text)
    await room.said(second.customer, second, "d")
    asked = {first.id: 1, second.id: 7, empty.id: 0, foreign.id: 0, uuid4(): 0}
    missed = {one.session_id: one for one in await room.messages.missed(first.mitra, asked, 10)}
    assert set(missed) == {first.id, second.id, empty.id}
    assert [one.text for one in missed[first.id].rows] == ["b", "c"]
    assert (missed[second.id].rows, missed[second.id].last_seq) == ((), 1)
    assert (missed[empty.id].rows, missed[empty.id].last_seq) == ((), 0)
    (some,) = await room.messages.missed(first.mitra, {first.id: 0}, 2)
    assert ([one.seq for one in some.rows], some.last_seq) == ([1, 2], 3)


async def test_read_marks(room: Parlour, chat: Chat) -> None:
    """Each side has a mark of its own, which never goes back, nor beyond what was said."""
    for _ in range(3):
        await room.said(chat.customer, chat, "halo")
    marks = [await room.messages.mark_read(chat.mitra, chat.id, seq) for seq in (2, 1, 2, 99, 3, 0)]
    assert [(one.seq, one.moved) for one in marks] == [
        (2, True), (2, False), (2, False), (3, True), (3, False), (3, False),
    ]  # fmt: skip
    assert {one.other for one in marks} == {chat.customer}
    mine = await room.messages.mark_read(chat.customer, chat.id, 1)
    assert (mine.seq, mine.moved, mine.other) == (1, True, chat.mitra)
    found = await room.office.desk.reads.session(chat.id)
    assert found is not None
    talk = found[0].talk
    assert talk is not None
    assert (talk.last_seq, talk.customer_read_seq, talk.mitra_read_seq) == (3, 1, 3)


async def test_histories(room: Parlour) -> None:
    """Both sides find their chats, the latest first, page by page; a mitra only those that have ended."""
    mitra = await room.office.mitra()
    met = [await room.chat(mitra) for _ in range(3)]
    for number, one in enumerate(met[:2]):
        words = chats.LastWords(room.messages, f"dadah {number}")
        await chats.end_by_customer(room.office.desk, one.customer.id, one.id, words)
    (live,), _ = await room.messages.history(met[2].customer, None, 10)
    assert (live.seen.session.status, live.closing_message, live.duration_minutes) == (
        SessionStatus.ACTIVE, None, 5,
    )  # fmt: skip
    assert await room.messages.history(
        met[2].customer, Place(live.seen.session.started_at, met[2].id), 9
    ) == (
        [],
        None,
    )
    first, place = await room.messages.history(met[0].mitra, None, 1)
    second, end = await room.messages.history(met[0].mitra, place, 1)
    assert [(one.seen.session.id, one.closing_message) for one in (*first, *second)] == [
        (met[1].id, "dadah 1"),
        (met[0].id, "dadah 0"),
    ]
    assert place is not None
    assert end is None


async def test_last_words_are_kept_or_refused(room: Parlour, chat: Chat) -> None:
    """Repeated, the end is answered again; with other last words it is refused, and the first ones stay."""
    desk, who = room.office.desk, chat.customer.id
    words = chats.LastWords(room.messages, "terima kasih")
    ended = await chats.end_by_customer(desk, who, chat.id, words)
    assert ended.session.status is SessionStatus.ENDED
    assert (await chats.end_by_customer(desk, who, chat.id, words)).session == ended.session
    assert (await chats.end_by_customer(desk, who, chat.id)).session == ended.session
    with pytest.raises(Problem) as refused:
        await chats.end_by_customer(desk, who, chat.id, chats.LastWords(room.messages, "atau tidak"))
    assert refused.value.code is Code.SESSION_NOT_ACTIVE
    assert await room.messages.closing(chat.id) == "terima kasih"
    other = await room.chat()
    for session_id, code in ((other.id, Code.FORBIDDEN), (uuid4(), Code.NOT_FOUND)):
        with pytest.raises(Problem) as stranger:
            await chats.end_by_customer(desk, who, session_id, words)
        assert stranger.value.code is code


# ---------------------------------------------------------------------- races


async def test_message_and_end(room: Parlour, rounds: int) -> None:
    """A message races the end of its chat: it is kept, or refused for good; never a word after the end."""
    outcomes: Counter[str] = Counter()
    for number in range(rounds):
        chat = await room.chat()
        end = chats.end_by_customer(room.office.desk, chat.customer.id, chat.id)
        tried = [room.messages.write(chat.mitra, chat.id, uuid4(), text) for text in "abc"]
        order = [end, *tried] if number % 2 else [*tried, end]
        results = await asyncio.gather(*order)
        kept = [one.message for one in results if isinstance(one, Written)]
        refused = [one for one in results if isinstance(one, Unwritten)]
        assert len(kept) + len(refused) == 3
        assert {one.reason for one in refused} <= {Reason.SESSION_NOT_ACTIVE}
        assert await room.texts(chat) == sorted((one.seq, one.text) for one in kept)
        outcomes[f"{len(kept)} of 3 kept"] += 1
    print(f"{rounds} rounds: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    assert len(outcomes) > 1, "both must have been first at times"


async def test_the_same_message_on_two_sockets(room: Parlour, rounds: int) -> None:
    """The same message sent twice at once is one message with one number, for both who sent it."""
    chat = await room.chat()
    repeated = 0
    for number in range(rounds):
        message_id = UUID(int=number)
        two = await asyncio.gather(
            *(room.messages.write(chat.customer, chat.id, message_id, "halo") for _ in range(2))
        )
        assert {one.message.seq for one in two if isinstance(one, Written)} == {number + 1}
        repeated += sum(isinstance(one, Written) and one.repeated for one in two)
    assert repeated == rounds
    told = await room.office.sql(SQL("SELECT count(*) FROM outbox WHERE payload ->> 'frame' = 'message'"))
    assert told == [(2 * rounds,)]


@pytest.mark.race
async def test_everybody_talks_at_once(room: Parlour) -> None:
    """Eight messages at a time from both sides, first words and keys included: no number lost, none twice."""
    for _ in range(40):
        chat = await room.chat()
        sides = (chat.customer, chat.mitra) * 4
        said = await asyncio.gather(*(room.said(who, chat, str(n)) for n, who in enumerate(sides)))
        assert sorted(one.seq for one in said) == list(range(1, 9))
        assert await room.texts(chat) == [
            (one.seq, one.text) for one in sorted(said, key=lambda one: one.seq)
        ]


# ---------------------------------------------------------------------- what it costs


async def test_what_a_message_costs(sound_database_url: str) -> None:
    """Kept in two round trips, refused in two (the second takes back), read in one."""
    async with tapped(sound_database_url) as tap, parlour(tap.url, connections=1) as room:
        chat = await room.chat()
        await room.said(chat.customer, chat, "warm")  # statements are prepared, the key is made
        await room.said(chat.mitra, chat, "warm")
        await room.messages.missed(chat.mitra, {chat.id: 0}, 10)
        message_id = uuid4()

        async def trips(asked: Awaitable[object]) -> int:
            before = tap.round_trips
            await asked
            return tap.round_trips - before

        assert await trips(room.said(chat.customer, chat, "halo", message_id)) == 2
        assert await trips(room.messages.write(chat.customer, chat.id, message_id, "hai")) == 2
        assert await trips(room.messages.missed(chat.mitra, {chat.id: 0}, 10)) == 1
