"""What screens show: asked of a small world, and explained on a large one."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres import rows
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_core.causes import Cause
from halobestie_core.chat import EndReason, SessionStatus
from halobestie_core.flow.pricing import Buyer
from halobestie_core.pairing import RequestStatus
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.reads import Reads
from halobestie_core.ports.store import Named
from halobestie_core.words import Mode, OperatorAction

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

CROWD = Path(__file__).with_name("crowd.sql").read_text("utf-8")
GROWING = frozenset(
    {
        "payment_sessions", "pairing_requests", "pairing_waves", "pairing_answers", "pairing_failures",
        "chat_sessions", "chat_messages", "chat_keys", "session_extensions", "customers", "mitras",
    }
)  # fmt: skip


def u(word: str) -> UUID:
    """The id that the world gives to a word."""
    return UUID(bytes=hashlib.md5(word.encode(), usedforsecurity=False).digest())


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A pool on this test's database."""
    async with make_pool(database_url, 1) as opened:
        yield opened


@pytest.fixture
async def reads(pool: AsyncConnectionPool, world: Connection) -> Reads:
    """The reads, on the small world."""
    return PostgresReads(pool)


# ---------------------------------------------------------------------- rows


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10)))
def test_spans_are_exact(span: timedelta) -> None:
    """A span of time survives its column to the microsecond."""
    assert rows.span(rows.seconds(span)) == span


def test_wrong_columns_are_named() -> None:
    """A query that selects too little or too much is told which column it is."""
    with pytest.raises(TypeError, match=r"lacks \['at'\] and has unexpected \['id'\]"):
        rows.answer_row(mitra_id=u("sari"), answer="declined", id=1)


# ---------------------------------------------------------------------- one thing


async def test_payment(reads: Reads) -> None:
    """A payment is read with every column as the core knows it."""
    seen = await reads.payment(u("budi pays"))
    assert seen is not None
    payment = seen.payment
    assert (payment.customer_id, payment.amount, payment.mode) == (u("budi"), 10000, Mode.CHAT)
    assert (payment.status, payment.cause_tag) == (PaymentStatus.FAILED_PAIRING, Cause.NO_MITRA_AVAILABLE)
    assert payment.fallback_open
    assert payment.wake_at == payment.fallback_until
    assert payment.version == 4
    assert seen.operator_action is None


async def test_payment_that_an_operator_settled(reads: Reads) -> None:
    """The action on the payment's own failure is seen; surplus money of the same payment is not its own."""
    seen = await reads.payment(u("dewi pays"))
    assert seen is not None
    assert seen.operator_action is OperatorAction.REFUNDED


async def test_nothing_there(reads: Reads) -> None:
    """What does not exist is None, and an unknown customer has nothing current."""
    nobody = uuid4()
    assert await reads.payment(nobody) is None
    assert await reads.request(nobody) is None
    assert await reads.session(nobody) is None
    assert await reads.extension(nobody) is None
    assert await reads.mitra(nobody) is None
    assert await reads.mitra_active(nobody) is None
    assert await reads.payments(nobody, 50, 0) == ([], 0)
    active = await reads.customer_active(nobody)
    assert (active.session, active.request, active.payment, active.extension) == (None, None, None, None)


async def test_payments_in_pages(reads: Reads) -> None:
    """A customer's payments come latest first, page by page, with their number."""
    page, total = await reads.payments(u("ani"), 2, 0)
    assert [seen.payment.id for seen in page] == [u("ani extends more"), u("ani extends")]
    assert total == 3
    page, total = await reads.payments(u("ani"), 2, 2)
    assert [seen.payment.id for seen in page] == [u("ani pays")]
    assert total == 3


async def test_request(reads: Reads) -> None:
    """A request has the name of its target and of its customer."""
    seen = await reads.request(u("citra asks sari"))
    assert seen is not None
    assert seen.request.status is RequestStatus.AUTO_REJECTED
    assert seen.customer == Named(u("citra"), "citra")
    assert seen.target == Named(u("sari"), "sari")
    general = await reads.request(u("citra seeks"))
    assert general is not None
    assert general.target is None


async def test_session(reads: Reads) -> None:
    """A chat has both names, exact spans, and the moment of reading."""
    found = await reads.session(u("ani chats"))
    assert found is not None
    seen, now = found
    assert seen.session.status is SessionStatus.EXTENDING
    assert seen.session.remaining == timedelta(seconds=216)
    assert seen.session.paused == timedelta(seconds=6)
    assert (seen.customer, seen.mitra) == (Named(u("ani"), "ani"), Named(u("sari"), "sari"))
    assert now > seen.session.started_at


async def test_ended_session(reads: Reads) -> None:
    """An ended chat has its reason and nothing that waits."""
    found = await reads.session(u("fitri chats"))
    assert found is not None
    assert found[0].session.end_reason is EndReason.TIME_UP
    assert found[0].session.wake_at is None


async def test_extension(reads: Reads) -> None:
    """An extension has the names of its chat."""
    seen = await reads.extension(u("ani asks more"))
    assert seen is not None
    assert seen.extension.is_pending
    assert (seen.customer.id, seen.mitra.display_name) == (u("ani"), "sari")


async def test_mitra(reads: Reads) -> None:
    """A mitra is read with presence and load."""
    found = await reads.mitra(u("sari"))
    assert found is not None
    listener, now = found
    assert listener.presence.is_online
    assert listener.live_chats == 1
    assert listener.presence.last_heartbeat_at is not None
    assert listener.presence.last_heartbeat_at <= now


# ---------------------------------------------------------------------- a customer's cold start


async def test_customer_in_a_chat(reads: Reads) -> None:
    """In a chat: the chat, the extension it waits for and what that is paid with; no request."""
    active = await reads.customer_active(u("ani"))
    assert active.session is not None
    assert active.session.session.id == u("ani chats")
    assert active.payment is not None
    assert active.payment.payment.id == u("ani extends more")
    assert active.extension is not None
    assert active.extension.extension.id == u("ani asks more")
    assert active.request is None


async def test_customer_who_searches(reads: Reads) -> None:
    """Searching: the open request, not the earlier one of the same payment."""
    active = await reads.customer_active(u("citra"))
    assert active.request is not None
    assert active.request.request.id == u("citra seeks")
    assert active.payment is not None
    assert active.payment.payment.held_by == u("citra seeks")
    assert active.session is None


@pytest.mark.unsound("moves a deadline by hand", "t1_waiting_rows_wake")
async def test_customer_who_may_fall_back(reads: Reads, conn: Connection) -> None:
    """The last failed request is there as long as the same money may be used again, and no longer."""
    active = await reads.customer_active(u("budi"))
    assert active.request is not None
    assert active.request.request.id == u("budi seeks")
    assert active.payment is not None
    assert active.payment.payment.fallback_open
    await conn.execute(
        "UPDATE payment_sessions SET fallback_until = now() - interval '1 second' WHERE id = %s",
        [u("budi pays")],
    )
    assert (await reads.customer_active(u("budi"))).request is None


@pytest.mark.parametrize("customer", ["dewi", "fitri"])
async def test_customer_who_is_done(reads: Reads, customer: str) -> None:
    """What is over is not current."""
    active = await reads.customer_active(u(customer))
    assert (active.session, active.request, active.payment, active.extension) == (None, None, None, None)


async def test_customer_who_is_about_to_pay(reads: Reads) -> None:
    """A pending payment is current; one that ran out is not."""
    active = await reads.customer_active(u("eka"))
    assert active.payment is not None
    assert active.payment.payment.id == u("eka pays")


# ---------------------------------------------------------------------- a mitra's cold start


async def test_mitra_with_everything(reads: Reads) -> None:
    """A mitra sees who seeks them, whom they talk with and what waits for their answer."""
    active = await reads.mitra_active(u("sari"))
    assert active is not None
    assert [seen.request.id for seen in active.offers] == [u("citra seeks")]
    assert [seen.session.id for seen in active.sessions] == [u("ani chats")]
    assert [seen.extension.id for seen in active.extensions] == [u("ani asks more")]
    assert active.listener.live_chats == 1


async def _offers(reads: Reads, mitra: str) -> list[UUID]:
    active = await reads.mitra_active(u(mitra))
    assert active is not None
    return [seen.request.id for seen in active.offers]


async def test_declined_offer_is_gone(reads: Reads) -> None:
    """Who declined is not asked again."""
    assert await _offers(reads, "tini") == []


@pytest.mark.unsound("makes up waves", "t4_whoever_must_hear_is_told")
async def test_withdrawn_offer_comes_back(reads: Reads, conn: Connection) -> None:
    """An offer withdrawn is gone, and there again when it was made again."""
    withdraw = (
        "INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)"
        " VALUES (%s, %s, 'withdrawn', now())"
    )
    offer = "INSERT INTO pairing_waves VALUES (%s, %s, ARRAY[%s::uuid], %s)"
    await conn.execute(withdraw, [u("citra seeks"), u("sari")])
    assert await _offers(reads, "sari") == []
    row = await (await conn.execute("SELECT max(at) FROM pairing_answers")).fetchone()
    assert row is not None
    await conn.execute(offer, [u("citra seeks"), 2, u("sari"), row[0]])  # at the very instant: made after it
    assert await _offers(reads, "sari") == [u("citra seeks")]
    await conn.execute(withdraw, [u("citra seeks"), u("sari")])
    assert await _offers(reads, "sari") == []
    await conn.execute("INSERT INTO pairing_waves VALUES (%s, 3, ARRAY[%s::uuid], clock_timestamp())", [
        u("citra seeks"), u("sari"),
    ])  # fmt: skip
    assert await _offers(reads, "sari") == [u("citra seeks")]


@pytest.mark.unsound("moves a deadline by hand", "t1_waiting_rows_wake")
async def test_overdue_offer_is_gone(reads: Reads, conn: Connection) -> None:
    """A request whose window is over is not shown, even before the clock came by."""
    await conn.execute(
        "UPDATE pairing_requests SET deadline_at = now() - interval '1 second' WHERE id = %s",
        [u("citra seeks")],
    )
    assert await _offers(reads, "sari") == []


@pytest.mark.unsound("makes up waves", "t4_whoever_must_hear_is_told")
async def test_offered(reads: Reads, conn: Connection) -> None:
    """Whom a request was shown: in one wave, or ever, each once."""
    await conn.execute(
        "INSERT INTO pairing_waves VALUES (%s, 2, ARRAY[%s::uuid], now())", [u("citra seeks"), u("sari")]
    )
    assert set(await reads.offered(u("citra seeks"), 1)) == {u("sari"), u("tini")}
    assert await reads.offered(u("citra seeks"), 2) == [u("sari")]
    assert sorted(await reads.offered(u("citra seeks"), None)) == sorted([u("sari"), u("tini")])
    assert await reads.offered(u("citra seeks"), 9) == []


# ---------------------------------------------------------------------- prices


async def test_prices(reads: Reads) -> None:
    """The seeded tiers and promotion, and what is known of the customer."""
    prices = await reads.prices(u("eka"))
    assert sorted((tier.minutes, tier.price) for tier in prices.tiers) == [
        (5, 10000),
        (12, 25000),
        (60, 99000),
    ]
    assert prices.promotion is not None
    assert not prices.promotion.is_active
    assert prices.buyer == Buyer()


@pytest.mark.unsound("switches a tier off by hand", "a4_tiers_are_their_history")
async def test_prices_know_who_had_a_session(reads: Reads, conn: Connection) -> None:
    """Who had a session, even a free one, or has a phone is known; a tier that is off is not for sale."""
    await conn.execute(
        "UPDATE customers SET phone_verified_at = now(), phone = '+62811' WHERE id = %s", [u("fitri")]
    )
    await conn.execute("UPDATE pricing_tiers SET is_active = false WHERE minutes = 60")
    prices = await reads.prices(u("fitri"))
    assert prices.buyer == Buyer(had_session=True, phone_verified=True)
    assert len(prices.tiers) == 2
    assert (await reads.prices(uuid4())).buyer == Buyer()


# ---------------------------------------------------------------------- at any size


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@pytest.fixture
async def crowded(world: Connection) -> Connection:
    """The small world among thousands who came and went."""
    await world.execute(CROWD.encode())
    await world.execute("ANALYZE")
    return world


@pytest.mark.unsound("makes up thousands of rows, for their number")
async def test_every_read_is_served_by_an_index(crowded: Connection) -> None:
    """On a large data set no read walks through a table that grows."""
    parameters = {
        "payment_id": u("p7"), "request_id": u("r7"), "session_id": u("s7"), "extension_id": u("x7"),
        "customer_id": u("c7"), "mitra_id": u("m7"), "wave": 1, "limit": 50, "offset": 0,
        "customers": [u("c7"), u("c8")], "mitras": [u("m7")], "person": u("c7"),
        "sessions": [u("s7"), u("s8")], "after": [0, 1], "seq": 1, "author": "customer",
        "client_message_id": u("x"), "before_at": "infinity", "before_id": u("s9"), "phone_hmac": "00" * 32,
    }  # fmt: skip
    walked: list[tuple[str, str]] = []
    for name, query in [*load("reads").items(), *load("messages").items()]:
        if not query.startswith("SELECT"):
            continue
        cursor = AsyncClientCursor(crowded)
        await cursor.execute(f"EXPLAIN (FORMAT JSON) {query}".encode(), parameters)
        row = await cursor.fetchone()
        assert row is not None
        walked += [
            (name, node["Relation Name"])
            for node in _nodes(row[0][0]["Plan"])
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING
        ]
    assert walked == []
