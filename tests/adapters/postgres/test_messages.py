"""Messages on a real database: sealed at rest, kept once whoever races, in two round trips.

What the port promises on any store is told in the contract.
"""

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
from halobestie_core.ports.messages import NotTheirs, Rewrapped, Unwritten, Written
from halobestie_core.ports.presence import User
from halobestie_core.reasons import Reason
from halobestie_core.words import UserType
from support.talking import CIPHER, Chat, Parlour, parlour
from support.tapped import tapped

pytestmark = pytest.mark.anyio

MARKER = "rahasiakuSATU"


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Parlour]:
    """People who talk; afterwards everything that must hold still does."""
    async with parlour(database_url) as opened:
        yield opened


@pytest.fixture
async def chat(room: Parlour) -> Chat:
    """A live chat."""
    return await room.chat()


# ---------------------------------------------------------------------- writing


async def test_strangers_leave_no_key(room: Parlour, chat: Chat) -> None:
    """Who is no side of a chat is refused before anything is made for them."""
    other = await room.chat()
    await room.said(chat.customer, chat, MARKER)
    crossed = (User(UserType.MITRA, chat.customer.id), User(UserType.CUSTOMER, chat.mitra.id))
    for who in (other.customer, other.mitra, *crossed):
        with pytest.raises(NotTheirs):
            await room.messages.write(who, chat.id, uuid4(), "?")
    for customer_id in (other.customer.id, chat.mitra.id):
        with pytest.raises(NotTheirs):
            await room.messages.sealed_closing(customer_id, chat.id, "?")
    assert await room.office.sql(SQL("SELECT author FROM chat_keys")) == [("customer",)]


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


# ---------------------------------------------------------------------- last words


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


async def test_what_a_message_costs(database_url: str) -> None:
    """Kept in two round trips, refused in two (the second takes back), read in one."""
    async with tapped(database_url) as tap, parlour(tap.url, connections=1) as room:
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
