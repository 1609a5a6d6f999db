"""The book of invoices: errands and looks are one's at a time, statuses go forward, plans use indexes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.invoices import Q
from halobestie_core.flow.effects import InvoiceStep
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from halobestie_core.ports.invoices import InvoiceBook
from support.billing import Bank, bank

pytestmark = pytest.mark.anyio

FIRST = timedelta(seconds=10)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Bank]:
    """A desk with a till."""
    async with bank(database_url) as opened:
        yield opened


def of(payment_id: UUID, name: str = "i-1", status: InvoiceStatus = InvoiceStatus.PENDING) -> Invoice:
    """What a gateway says."""
    return Invoice(
        name, str(payment_id), status, status.upper(), 10_000, "IDR", f"https://pay.example/{name}"
    )


async def statuses(book: InvoiceBook, payment_id: UUID) -> list[str]:
    """How the invoices of a payment were last seen."""
    return [one.status.value for one in await book.of_payment(payment_id)]


async def test_one_begins(house: Bank) -> None:
    """The errand of making an invoice has one taker, who has five seconds."""
    seen = await house.begins(billed=False)
    book, which = house.till.book, seen.payment.id
    taken = await asyncio.gather(*(book.begin(which) for _ in range(5)))
    [errand] = [one for one in taken if one is not None]
    assert (errand.step, errand.payment_id, errand.attempt) == (InvoiceStep.CREATE, which, 1)
    left = SQL("SELECT next_attempt_at - clock_timestamp() FROM outbox WHERE kind = 'invoice'")
    [[lease]] = await house.sql(left)
    assert timedelta(seconds=4) < lease <= timedelta(seconds=5)
    assert await book.begin(uuid7()) is None


async def test_errands_are_left_alone_for_five_seconds(house: Bank) -> None:
    """Nobody takes a new errand before whoever began the payment had the time to run it."""
    await house.begins(billed=False)
    assert await house.till.book.errands(10) == []
    left = SQL("SELECT next_attempt_at - created_at FROM outbox WHERE kind = 'invoice'")
    [[wait]] = await house.sql(left)
    assert timedelta(seconds=4) < wait <= timedelta(seconds=5.5)


async def test_hand_out_twice(house: Bank) -> None:
    """The first invoice stays the one that is shown; both are in the book; late news is told each time."""
    seen = await house.begins(billed=False)
    book, which = house.till.book, seen.payment.id
    assert await book.hand_out(which, of(which), first_look=FIRST, late=False)
    assert await book.hand_out(which, of(which, "i-2"), first_look=FIRST, late=True)
    stands = await house.again(seen)
    assert stands.payment.provider_invoice_id == "i-1"
    assert stands.payment.xendit_invoice_url == "https://pay.example/i-1"
    assert await statuses(book, which) == ["pending", "pending"]
    frames = SQL("SELECT FROM outbox WHERE kind = 'frame' AND payload ->> 'frame' = 'payment_updated'")
    assert await house.sql(frames) == []
    assert await house.till.book.errands(10) == []
    assert stands.payment.version == seen.payment.version


async def test_a_status_never_goes_back(house: Bank) -> None:
    """PAID stays, EXPIRED is not pending again, what is not understood changes nothing."""
    seen = await house.begins(billed=False)
    book, which = house.till.book, seen.payment.id
    for status, stands in (
        ("pending", "pending"),
        ("unknown", "pending"),
        ("expired", "expired"),
        ("pending", "expired"),
        ("paid", "paid"),
        ("expired", "paid"),
        ("unknown", "paid"),
    ):
        await book.seen(of(which, status=InvoiceStatus(status)), which, settled=False, first_look=FIRST)
        assert await statuses(book, which) == [stands]


async def test_settled_stays_settled(house: Bank) -> None:
    """Nothing makes anybody look again for money that is in the books."""
    seen = await house.begins(billed=False)
    book, which = house.till.book, seen.payment.id
    paid = of(which, status=InvoiceStatus.PAID)
    await book.seen(paid, which, settled=True, first_look=FIRST)
    await book.seen(paid, which, settled=False, first_look=FIRST)
    await book.hand_out(which, of(which), first_look=FIRST, late=False)
    await book.soon("i-1")
    await book.put_off("i-1", datetime.now(UTC))
    assert await book.may_ask(which, timedelta(0)) == []
    assert await book.due(10, FIRST) == []
    assert await book.watched("", 10) == []


async def test_asking_takes_turns(house: Bank) -> None:
    """One in five seconds may ask, of however many."""
    seen = await house.begins()
    book, which = house.till.book, seen.payment.id
    every = timedelta(seconds=5)
    asked = await asyncio.gather(*(book.may_ask(which, every) for _ in range(8)))
    assert sorted(map(len, asked)) == [0] * 7 + [1]
    await house.sql(SQL("UPDATE payment_invoices SET looked_at = looked_at - interval '5 seconds'"))
    assert len(await book.may_ask(which, every)) == 1


async def test_an_invoice_that_matches_nobody(house: Bank) -> None:
    """It can be written down, and becomes somebody's when its payment is known."""
    book = house.till.book
    seen = await house.begins(billed=False)
    lone = of(seen.payment.id, "lone")
    await book.seen(lone, None, settled=True, first_look=FIRST)
    known = await book.known("lone")
    assert known is not None
    assert known.payment_id is None
    await book.seen(evolve(lone), seen.payment.id, settled=True, first_look=FIRST)
    known = await book.known("lone")
    assert known is not None
    assert known.payment_id == seen.payment.id
    assert await book.known("nobody's") is None


async def test_what_can_be_paid_stands_behind_nothing(house: Bank) -> None:
    """Each kind is taken by itself, the longest due first: however many of the other have waited."""
    seen = await house.begins(billed=False)
    book, which = house.till.book, seen.payment.id
    for number in range(12):
        status = InvoiceStatus.PENDING if number in (9, 11) else InvoiceStatus.EXPIRED
        wait = timedelta(seconds=number - 20)
        await book.seen(of(which, f"i-{number}", status), which, settled=False, first_look=wait)
    assert {one.invoice_id for one in await book.due(5, FIRST)} == {"i-9", "i-11"}
    assert {one.invoice_id for one in await book.due(3, FIRST, over=True)} == {"i-0", "i-1", "i-2"}
    assert {one.invoice_id for one in await book.due(3, FIRST, over=True)} == {"i-3", "i-4", "i-5"}
    assert await book.due(5, FIRST) == []


async def test_no_more_than_the_limit(house: Bank) -> None:
    """A claim takes as many as it says under a plan that would claim again for each row, too."""
    seen = await house.begins(billed=False)
    for number in range(10):
        for status in (InvoiceStatus.PENDING, InvoiceStatus.EXPIRED):
            one = of(seen.payment.id, f"{status}-{number}", status)
            await house.till.book.seen(one, seen.payment.id, settled=False, first_look=-FIRST)
        await house.begins(billed=False)
    await house.sql(SQL("UPDATE outbox SET next_attempt_at = now() - interval '1 s' WHERE kind = 'invoice'"))
    given = {"provider": "xendit", "limit": 2, "lease": FIRST}
    async with house.pool.connection() as conn, conn.transaction(force_rollback=True):
        for kind in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
            await conn.execute(f"SET LOCAL enable_{kind} = off".encode())
        for name in ("due_open", "due_over", "errands"):
            assert len(await (await conn.execute(Q[name], given)).fetchall()) == 2, name


WAITING = SQL(
    """
    INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, amount, status, next_look_at)
    SELECT 'xendit', 'waiting ' || n, %s, 10000, CASE WHEN n %% 1000 = 0 THEN 'pending' ELSE 'expired' END,
           now() - n * interval '1 second'
    FROM generate_series(1, 20000) n
    """
)


async def test_a_few_among_many_that_wait(house: Bank) -> None:
    """However many wait of what is over, what can be paid is found by an index that has nothing else."""
    seen = await house.begins(billed=False)
    await house.sql(WAITING, seen.payment.id)
    await house.sql(SQL("ANALYZE"))
    given = {"provider": "xendit", "limit": 6, "lease": FIRST}
    claimed = "\n".join(await _plan(house, "due_open", given))
    assert "payment_invoices_pending" in claimed, claimed
    claimed = "\n".join(await _plan(house, "due_over", given))
    assert "payment_invoices_due" in claimed, claimed
    assert len(await house.till.book.due(30, FIRST)) == 20


MANY = SQL(
    """
    WITH people AS (
        INSERT INTO customers (id, display_name)
        SELECT gen_random_uuid(), 'Many' FROM generate_series(1, 3000) RETURNING id
    ), begun AS (
        INSERT INTO payment_sessions (
            id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status,
            provider, created_at, expires_at, version
        )
        SELECT ('01000000-0000-7000-8000-' || right(id::text, 12))::uuid, id, 10000, 'chat', 5, false, false,
               'expired', 'xendit', now() - interval '30 days', now() - interval '29 days', 2
        FROM people RETURNING id
    ), billed AS (
        INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, amount, status)
        SELECT 'xendit', id::text, id, 10000, 'expired' FROM begun RETURNING 1
    )
    INSERT INTO outbox (kind, stream, audience, payload, sent_at)
    SELECT 'invoice', 'payment:' || id, '{}', '{"step": "create"}', now() FROM begun, billed LIMIT 20000
    """
)


@pytest.mark.unsound(
    "makes up thousands of rows, for their number", "m1_rows_agree_with_their_moves", "m8_price_has_a_source"
)
async def test_found_among_many(house: Bank) -> None:
    """However many invoices there were, what waits is found by an index."""
    await house.sql(MANY)
    await house.sql(SQL("ANALYZE"))
    given = {
        "provider": "xendit", "payment_id": uuid7(), "invoice_id": "x", "limit": 50, "errand_id": 1,
        "seconds": 1.0, "url": "x", "amount": 1, "status": "pending", "asked": True, "settled": False,
        "first_look": FIRST, "late": True, "every": FIRST, "lease": FIRST, "until": datetime.now(UTC),
        "after": "x", "within": timedelta(days=2),
    }  # fmt: skip
    walked = []
    for name in Q:
        more = {"after": UUID(int=0)} if name == "begun" else {}
        plan = await _plan(house, name, {**given, **more})
        walked += [
            (name, line)
            for line in plan
            if "Seq Scan on" in line and any(table in line for table in ("payment", "outbox", "customers"))
        ]
    assert walked == []


async def _plan(house: Bank, name: str, given: dict[str, object]) -> list[str]:
    async with house.pool.connection() as conn:
        plain: AsyncConnection[TupleRow] = conn
        cursor = AsyncClientCursor(plain)
        await cursor.execute(b"EXPLAIN " + Q[name].encode(), given)
        return [line for (line,) in await cursor.fetchall()]
