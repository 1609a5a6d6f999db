"""Erasing people on a real database: what goes, what stays, what waits. Markers are searched everywhere."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import LiteralString
from uuid import uuid4

import pytest
from attrs import frozen
from psycopg.sql import SQL

from halobestie_adapters.identity.keys import keyed_hash
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres import invariants
from halobestie_adapters.postgres.auditing import MACHINES, Scope
from halobestie_adapters.postgres.erasure import PostgresErasures
from halobestie_adapters.postgres.idempotency import PostgresIdempotencyKeys
from halobestie_adapters.postgres.pushes import PostgresDevices
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.verifying import Unheard, verify
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import chats, pairings, payments, presence
from halobestie_app.usecases.erasing import Erasing
from halobestie_core.ports.erasure import PSEUDONYM, Erased
from halobestie_core.ports.idempotency import Claim, FirstAnswer, KeyOf
from halobestie_core.ports.messages import Written
from halobestie_core.ports.presence import User
from halobestie_core.ports.push import Device, Platform
from halobestie_core.ports.store import SYSTEM, Actor
from halobestie_core.words import ActorType, TopicSensitivity, UserType
from support.talking import Chat, Parlour, parlour

pytestmark = pytest.mark.anyio

PHONE = "+6281277700011"
LONG = timedelta(hours=2)
LEDGER = "SELECT kind, count(*), sum(amount) FROM customer_transactions GROUP BY 1 ORDER BY 1"


@frozen
class Room:
    """Two people who talked, everything that is kept of one of them, and the use cases."""

    talking: Parlour
    erasing: Erasing
    chat: Chat
    told: list[str]

    @property
    def customer(self) -> User:
        """The customer of the chat."""
        return self.chat.customer

    async def sql(self, query: LiteralString, *values: object) -> list[tuple[object, ...]]:
        """Run one statement."""
        return await self.talking.office.sql(SQL(query), *values)

    async def found(self, markers: Iterable[str]) -> list[str]:
        """Which of these stand anywhere."""
        everywhere = await self.talking.everything()
        return [marker for marker in markers if marker in everywhere]

    async def is_sound(self) -> None:
        """All invariants hold, and the audit finds nothing."""
        async with self.talking.office.pool.connection() as conn:
            await conn.execute("SET statement_timeout = '60s'")
            assert [str(one) for one in await invariants.check(conn, eventual=False)] == []
            report = await verify(conn, tuple(map(Scope, MACHINES)), Unheard(), books=True)
            assert report.first is None, str(report.first)
            await conn.close()


async def ends(talking: Parlour, chat: Chat, words: str | None = None) -> None:
    """The customer ends the chat, perhaps with last words."""
    last = None if words is None else chats.LastWords(talking.messages, words)
    await chats.end_by_customer(talking.office.desk, chat.customer.id, chat.id, last)


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    """Markers of one customer and one mitra wherever they can be."""
    async with parlour(database_url) as talking:
        office, told = talking.office, []
        sari = await office.mitra(online=False)
        await office.sql(SQL("UPDATE mitras SET last_heartbeat_at = NULL WHERE id = %s"), sari)
        await presence.switch(office.desk, office.beats, sari, online=True)
        chat = await talking.chat(sari)
        made = Room(
            talking,
            Erasing(PostgresErasures(office.pool), office.desk, lambda: told.append("log-ins ended")),
            chat,
            told,
        )
        await made.sql(
            "UPDATE customers SET display_name = 'Marker Nama', phone = %s, phone_verified_at = now()"
            " WHERE id = %s",
            PHONE,
            chat.customer.id,
        )
        await made.sql("UPDATE mitras SET display_name = 'Marker Bestie' WHERE id = %s", chat.mitra.id)
        await talking.said(chat.customer, chat, "marker said by the customer")
        await talking.said(chat.mitra, chat, "marker said by the mitra")
        for who in (chat.customer, chat.mitra):
            await _known(made, who)
        yield made


async def _known(room: Room, who: User) -> None:
    """Everything that is kept beside money and words."""
    pool, name = room.talking.office.pool, f"marker-{who.type.value}"
    login = uuid7()
    await room.sql(
        "INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at,"
        " absolute_expires_at) VALUES (%s, %s, %s, %s, now(), now(), now() + interval '1 day',"
        " now() + interval '2 days')",
        login,
        who.type.value,
        who.id,
        keyed_hash(b"k" * 32, login.bytes),
    )
    await PostgresDevices(pool).put(Device(f"{name}-phone", who, Platform.ANDROID, f"{name}-token"), login)
    await _answered(room, who, f"{name} was answered")
    if who.type is UserType.CUSTOMER:
        await room.sql(
            "INSERT INTO external_identities (provider, subject, customer_id) VALUES ('google', %s, %s)",
            f"{name}-subject",
            who.id,
        )
        await room.sql("INSERT INTO otp_challenges (phone, user_type) VALUES (%s, 'customer')", PHONE)
        await room.sql("INSERT INTO otp_challenges (phone, user_type) VALUES (%s, 'mitra')", PHONE)


async def _answered(room: Room, who: User, body: str) -> Claim:
    """A command with a key was answered."""
    keys = PostgresIdempotencyKeys(room.talking.office.pool)
    claim = await keys.claim(KeyOf(who, uuid4().hex), [b"h" * 32], uuid7(), timedelta(seconds=10))
    assert isinstance(claim, Claim)
    await keys.keep(claim, FirstAnswer(200, body, {}))
    return claim


def by(who: User) -> Actor:
    """Somebody as the one who asks."""
    return Actor(ActorType(who.type.value), who.id)


CUSTOMERS = (
    *("Marker Nama", PHONE, "marker said by the customer", "marker farewell"),
    *("marker-customer-phone", "marker-customer-token", "marker-customer-subject"),
    "marker-customer was answered",
)
MITRAS = (
    *("Marker Bestie", "marker said by the mitra", "marker-mitra-phone", "marker-mitra-token"),
    "marker-mitra was answered",
)


async def test_a_customer_is_forgotten(room: Room) -> None:
    """No marker of theirs stands anywhere; money, moves and the other side's words do, and all holds."""
    talking, who = room.talking, room.customer
    await ends(talking, room.chat, "marker farewell")
    assert await talking.messages.closing(room.chat.id) == "marker farewell"
    named = f'{{"customer": {{"id": "{who.id}", "display_name": "Marker Nama"}}}}'
    naming = await _answered(room, room.chat.mitra, named)
    sums = await room.sql(LEDGER)
    moves = await room.sql("SELECT count(*), max(id) FROM transitions")
    assert set(await room.found(CUSTOMERS)) == {
        marker for marker in CUSTOMERS if not marker.startswith(("marker said", "marker farewell"))
    }, "each marker is there, but what is sealed"

    assert await room.erasing.ask(who, by(who)) is Erased.DONE
    assert room.told
    assert await room.found(CUSTOMERS) == []
    assert await room.found(["Marker Bestie"]) == ["Marker Bestie"]
    assert await talking.texts(room.chat) == [(1, None), (2, "marker said by the mitra")]
    assert await talking.messages.closing(room.chat.id) is None
    past, _ = await talking.messages.history(room.chat.mitra, None, 10)
    assert [(one.seen.customer.display_name, one.closing_message) for one in past] == [(PSEUDONYM, None)]
    assert await room.sql(LEDGER) == sums
    assert await room.sql("SELECT count(*), max(id) FROM transitions") == moves
    assert await room.sql(
        "SELECT step, actor_type, actor_id FROM erasures WHERE subject_id = %s ORDER BY id", who.id
    ) == [("asked", "customer", who.id), ("done", "system", None)]
    await room.is_sound()
    again = await PostgresIdempotencyKeys(talking.office.pool).claim(
        naming.of, [b"h" * 32], uuid7(), timedelta(seconds=1)
    )
    assert isinstance(again, Claim), "the mitra's command may be answered anew"
    assert again.effect_id == naming.effect_id, "and is the same command"


async def test_a_mitra_is_forgotten(room: Room) -> None:
    """The same for a mitra, who is offered nothing from then on; what the customer said can be read."""
    talking, who = room.talking, room.chat.mitra
    (phone,) = (await room.sql("SELECT phone FROM mitras WHERE id = %s", who.id))[0]
    markers = (*MITRAS, str(phone))
    await ends(talking, room.chat)
    await presence.switch(talking.office.desk, talking.office.beats, who.id, online=True)
    assert await room.erasing.ask(who, by(who)) is Erased.DONE
    assert await room.found(markers) == []
    assert await talking.texts(room.chat) == [(1, "marker said by the customer"), (2, None)]
    assert await room.sql(
        "SELECT display_name, is_online, blocked_at IS NOT NULL FROM mitras WHERE id = %s", who.id
    ) == [(PSEUDONYM, False, True)]
    await room.is_sound()


async def test_open_things_are_waited_for(room: Room) -> None:
    """While a chat goes on nobody is forgotten; when it is over, a sweep does it, once."""
    who, people = room.customer, PostgresErasures(room.talking.office.pool)
    for whom in (who, room.chat.mitra):
        assert await room.erasing.ask(whom, by(whom)) is Erased.WAITING
    assert await room.found(["Marker Nama", "Marker Bestie"]) == ["Marker Nama", "Marker Bestie"]
    assert await room.sql("SELECT DISTINCT revoked_reason FROM auth_sessions") == [("logout",)]
    assert await people.due(10) == [], "not before its time"
    await room.talking.said(who, room.chat, "marker said by the customer")
    await ends(room.talking, room.chat)
    await room.sql("UPDATE erasures_due SET due_at = now()")
    assert await room.erasing.sweep(10) == 2
    assert await room.found([*CUSTOMERS, *MITRAS]) == []
    assert await room.erasing.sweep(10) == 0
    await room.is_sound()


@pytest.mark.parametrize("state", ["pending", "confirmed", "searching"])
async def test_open_payments_are_waited_for(database_url: str, state: str) -> None:
    """A payment that may still become a chat is waited for, and a search; a refund that is due is not."""
    async with parlour(database_url) as talking:
        office = talking.office
        erasing = Erasing(PostgresErasures(office.pool), office.desk)
        await office.mitra()
        customer_id = await office.customer()
        wanted = (await payments.create(office.desk, customer_id, payments.NewPayment(5))).payment.id
        if state != "pending":
            await payments.confirm(office.desk, customer_id, wanted)
        if state == "searching":
            await pairings.open_general(office.desk, customer_id, wanted, TopicSensitivity.NORMAL)
        whom = User(UserType.CUSTOMER, customer_id)
        assert await erasing.ask(whom, SYSTEM, "on paper") is Erased.WAITING
        if state == "pending":
            await payments.cancel(office.desk, customer_id, wanted)
        else:
            await pairings.cancel_search(office.desk, customer_id, wanted)
        assert await erasing.look(whom) is Erased.DONE
        due = await office.sql(SQL("SELECT count(*) FROM customer_transactions WHERE kind = 'refund_due'"))
        assert due == [(0 if state == "pending" else 1,)]


async def test_once_more_some_hours_later(room: Room) -> None:
    """What a request wrote that was under way is forgotten too; then nothing is left to look at."""
    who = room.customer
    await ends(room.talking, room.chat)
    assert await room.erasing.ask(who, by(who)) is Erased.DONE
    await room.sql("UPDATE customers SET display_name = 'Marker Nama' WHERE id = %s", who.id)
    await _known(room, who)
    await room.sql("UPDATE erasures_due SET due_at = now()")
    assert await room.erasing.sweep(10) == 1, "too early: it will be looked at again"
    await room.sql("ALTER TABLE erasures DISABLE TRIGGER USER")
    await room.sql("UPDATE erasures SET at = at - %s", LONG)
    await room.sql("ALTER TABLE erasures ENABLE TRIGGER USER")
    await room.sql("UPDATE auth_sessions SET revoked_at = revoked_at - %s WHERE revoked_at IS NOT NULL", LONG)
    await room.sql("UPDATE erasures_due SET due_at = now()")
    assert await room.erasing.sweep(10) == 1
    assert await room.sql("SELECT count(*) FROM erasures_due") == [(0,)]
    assert await room.sql("SELECT count(*) FROM auth_sessions WHERE user_id = %s", who.id) == [(0,)]
    assert await room.found(["Marker Nama", "marker-customer-token", "marker-customer-subject"]) == []


async def test_a_log_in_that_was_under_way(room: Room) -> None:
    """Whoever logged in while they were forgotten is logged out in seconds, not hours; then all once more."""
    who = room.customer
    due = "SELECT due_at < now() + interval '1 minute', due_at > now() + interval '1 hour' FROM erasures_due"
    alive = "SELECT count(*) FROM auth_sessions WHERE user_id = %s AND revoked_at IS NULL"
    await ends(room.talking, room.chat)
    assert await room.erasing.ask(who, by(who)) is Erased.DONE
    await _known(room, who)
    assert await room.sql(alive, who.id) == [(1,)]
    assert await room.sql(due) == [(True, False)]
    await room.sql("UPDATE erasures_due SET due_at = now()")
    assert await room.erasing.sweep(10) == 1
    assert await room.sql(alive, who.id) == [(0,)]
    assert await room.sql(due) == [(False, True)]


async def test_asked_by_several(room: Room) -> None:
    """Each asker's wish is kept once, with their reason; whoever was erased stays so; nobody is not found."""
    who, boss = room.customer, uuid7()
    operator = Actor(ActorType.OPERATOR, boss)
    await ends(room.talking, room.chat)
    for _ in range(2):
        await PostgresErasures(room.talking.office.pool).ask(who, by(who), None)
        assert await room.erasing.ask(who, operator, "a letter came") is Erased.DONE
    assert await room.sql("SELECT step, actor_type, actor_id, reason FROM erasures ORDER BY id") == [
        ("asked", "customer", who.id, None),
        ("asked", "cc_user", boss, "a letter came"),
        ("done", "system", None, None),
    ]
    with pytest.raises(Problem) as refused:
        await room.erasing.ask(User(UserType.CUSTOMER, uuid7()), operator, "why not")
    assert refused.value.code is Code.NOT_FOUND
    with pytest.raises(LookupError):
        await PostgresErasures(room.talking.office.pool).erase(room.chat.mitra)


async def test_who_was_erased_says_nothing(room: Room) -> None:
    """A message that is on its way when its author is forgotten is not kept."""
    talking = room.talking
    await ends(talking, room.chat)
    await room.erasing.ask(room.customer, by(room.customer))
    written = await talking.messages.write(room.customer, room.chat.id, uuid4(), "marker late")
    assert not isinstance(written, Written)


async def test_the_phone_is_free(room: Room) -> None:
    """Somebody may sign up with the phone of one who was forgotten, and is another."""
    await ends(room.talking, room.chat)
    await room.erasing.ask(room.customer, by(room.customer))
    await room.sql("INSERT INTO customers (id, display_name, phone) VALUES (%s, 'Baru', %s)", uuid7(), PHONE)


async def test_found_by_indexes(room: Room) -> None:
    """No statement of an erasure has to read a whole table."""
    given = {
        "id": room.customer.id,
        "phone": PHONE,
        "type": "customer",
        "step": "done",
        "actor_type": "system",
        "actor_id": None,
        "reason": None,
        "pseudonym": PSEUDONYM,
        "limit": 10,
        "later": LONG,
        "lease": LONG,
    }
    async with room.talking.office.pool.connection() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off")
        for name, statement in load("erasure").items():
            plan = await (
                await conn.execute(SQL("EXPLAIN ") + SQL(statement), given, prepare=False)
            ).fetchall()
            assert "Seq Scan" not in str(plan), (name, plan)


async def test_an_erasure_and_a_new_payment(room: Room) -> None:
    """Whichever of the two is first: a payment is waited for, and nobody who is named stays half erased."""
    office = room.talking.office
    await ends(room.talking, room.chat)
    for _ in range(10):
        customer_id = await office.customer()
        whom = User(UserType.CUSTOMER, customer_id)
        made, state = await asyncio.gather(
            payments.create(office.desk, customer_id, payments.NewPayment(5)),
            room.erasing.ask(whom, by(whom)),
        )
        named = await room.sql("SELECT display_name FROM customers WHERE id = %s", customer_id)
        assert named == [(PSEUDONYM if state is Erased.DONE else "Ayu",)]
        await payments.cancel(office.desk, customer_id, made.payment.id)
        assert await room.erasing.look(whom) is Erased.DONE
    await room.is_sound()
