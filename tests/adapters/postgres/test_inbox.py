"""The inbox of webhooks: kept once, taken by one, dealt with once; found among a hundred thousand."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.inbox import PostgresInbox, Q
from halobestie_adapters.postgres.pool import make_pool
from halobestie_core.ports.gateway import InvoiceStatus
from halobestie_core.ports.inbox import Inbox, InboxState
from halobestie_core.ports.webhooks import Notice
from support.waiting import eventually

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]
NOTICE = Notice("invoice-1", "payment-1", InvoiceStatus.PAID, "PAID", 25_000, "IDR", 25_000)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A pool on this test's database."""
    async with make_pool(database_url, 6) as opened:
        yield opened


@pytest.fixture
def inbox(pool: AsyncConnectionPool) -> PostgresInbox:
    """The inbox."""
    return PostgresInbox(pool)


async def kept(inbox: Inbox, notice: Notice | None = NOTICE, body: bytes = b"{}") -> UUID:
    """Keep one, and give its id."""
    delivery_id = uuid7()
    await inbox.keep(delivery_id, body, notice)
    return delivery_id


async def test_one_row_per_event(inbox: Inbox) -> None:
    """An invoice's status is kept once, whatever else the body says; another status or invoice is new."""
    assert await inbox.keep(uuid7(), b"1", NOTICE)
    assert not await inbox.keep(uuid7(), b"2", NOTICE)
    assert not await inbox.keep(uuid7(), b"3", evolve(NOTICE, amount=1, external_id="x"))
    assert await inbox.keep(uuid7(), b"4", evolve(NOTICE, said="SETTLED"))
    assert await inbox.keep(uuid7(), b"5", evolve(NOTICE, invoice_id="invoice-2"))
    assert [one.body for one in await inbox.due(10)] == [b"1", b"4", b"5"]


async def test_at_the_same_moment(inbox: Inbox) -> None:
    """Of many at once exactly one is new."""
    new = await asyncio.gather(*(inbox.keep(uuid7(), b"{}", NOTICE) for _ in range(20)))
    assert sum(new) == 1


async def test_what_nobody_can_read_is_kept_each_time(inbox: Inbox) -> None:
    """Without an invoice and a status nothing is the same."""
    assert await inbox.keep(uuid7(), b"\x00\xff", None)
    assert await inbox.keep(uuid7(), b"\x00\xff", None)
    assert [one.body for one in await inbox.due(10)] == [b"\x00\xff"] * 2


async def test_whatever_is_claimed_fits(inbox: Inbox) -> None:
    """A sum beyond every measure is not kept as a sum; texts as long as they are read fit the index."""
    long = evolve(
        NOTICE, invoice_id="\U0001f600" * 128, said="\U0001f600" * 256, external_id="\U0001f600" * 256
    )
    assert await inbox.keep(uuid7(), b"{}", evolve(long, amount=10**30, paid_amount=-(10**30)))
    [row], _ = await inbox.page((), 10, 0)
    assert (row.amount, row.paid_amount, row.external_id) == (None, None, "\U0001f600" * 256)


async def test_one_takes(inbox: Inbox) -> None:
    """What is taken is nobody else's for a while, and counted; what is put off comes again in its time."""
    first, second = await kept(inbox), await kept(inbox, None)
    taken = await asyncio.gather(inbox.due(1), inbox.due(1), inbox.due(1))
    assert {one.id for some in taken for one in some} == {first, second}
    assert await inbox.due(10) == []
    await inbox.put_off(first, 0)
    [again] = await inbox.due(10)
    assert (again.id, again.attempt) == (first, 2)
    assert timedelta(0) < again.now - again.received_at < timedelta(seconds=30)


async def test_no_more_than_the_limit(inbox: Inbox, conn: Connection) -> None:
    """A claim takes as many as it says under a plan that would claim again for each row, too."""
    for number in range(10):
        await kept(inbox, evolve(NOTICE, invoice_id=str(number)))
    async with conn.transaction(force_rollback=True):
        for kind in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
            await conn.execute(f"SET LOCAL enable_{kind} = off".encode())
        taken = await conn.execute(Q.due, {"provider": "xendit", "limit": 2})
        assert len(await taken.fetchall()) == 2


async def test_a_lease_ends(inbox: Inbox, pool: AsyncConnectionPool) -> None:
    """Who dies with a delivery leaves it to the next after a quarter of a minute."""
    one = await kept(inbox)
    await inbox.due(10)
    async with pool.connection() as conn:
        left = SQL("SELECT next_attempt_at - clock_timestamp() FROM webhook_inbox")
        [[lease]] = await (await conn.execute(left)).fetchall()
        assert timedelta(seconds=14) < lease <= timedelta(seconds=15)
        await conn.execute(SQL("UPDATE webhook_inbox SET next_attempt_at = clock_timestamp() + '50 ms'"))

    async def back() -> bool:
        return [found.id for found in await inbox.due(10)] == [one]

    await eventually(back, seconds=5, what="never again")


async def test_dealt_with_once(inbox: Inbox) -> None:
    """Applied or put aside, whichever is first; what is done is not taken, not put off, not undone."""
    one, other = await kept(inbox), await kept(inbox, None)
    await inbox.applied(one)
    assert not await inbox.quarantine(one, "too late")
    assert await inbox.quarantine(other, "not_json")
    assert not await inbox.quarantine(other, "again")
    await inbox.applied(other)
    for delivery_id in (one, other):
        await inbox.put_off(delivery_id, 0)
    assert await inbox.due(10) == []
    rows, total = await inbox.page((), 10, 0)
    assert [(row.id, row.state, row.reason) for row in rows] == [
        (other, InboxState.QUARANTINED, "not_json"),
        (one, InboxState.APPLIED, None),
    ]
    assert total == 2


async def test_set_aside_once(inbox: Inbox) -> None:
    """Of one invoice and reason one row is put aside, by however many at once; nobody applies it."""
    asked = evolve(NOTICE, said="ASKED")
    new = await asyncio.gather(*(inbox.set_aside(uuid7(), b"{}", asked, "odd") for _ in range(8)))
    assert sum(new) == 1
    assert await inbox.set_aside(uuid7(), b"{}", evolve(asked, invoice_id="invoice-2"), "odd")
    assert await inbox.due(10) == []
    assert await inbox.keep(uuid7(), b"{}", NOTICE), "what is delivered is kept all the same"
    rows, _ = await inbox.page((InboxState.QUARANTINED,), 10, 0)
    assert [(row.invoice_id, row.status, row.reason) for row in rows] == [
        ("invoice-2", "ASKED", "odd"),
        ("invoice-1", "ASKED", "odd"),
    ]


async def test_a_delivery_says_it_already(inbox: Inbox) -> None:
    """What a delivery was put aside for is not put aside again."""
    one = await kept(inbox)
    assert await inbox.quarantine(one, "odd")
    assert not await inbox.set_aside(uuid7(), b"{}", evolve(NOTICE, said="ASKED"), "odd")
    assert await inbox.set_aside(uuid7(), b"{}", evolve(NOTICE, said="ASKED"), "odder")


async def test_pages(inbox: Inbox, pool: AsyncConnectionPool) -> None:
    """By states, the latest first, a part at a time, with how many there are."""
    async with pool.connection() as conn:
        who = SQL(
            "INSERT INTO cc_users (id, email, password_hash) VALUES (gen_random_uuid(), 'a@b.example', '')"
            " RETURNING id"
        )
        [[boss]] = await (await conn.execute(who)).fetchall()
    ids = [await kept(inbox, evolve(NOTICE, invoice_id=str(number))) for number in range(8)]
    for number in (0, 1):
        await inbox.applied(ids[number])
    for number in (2, 3, 4):
        await inbox.quarantine(ids[number], "not_json")
    assert await inbox.resolve(ids[4], "known", boss)
    assert not await inbox.resolve(ids[4], "again", boss)
    assert not await inbox.resolve(ids[0], "applied", boss)
    by_state = {
        InboxState.APPLIED: [1, 0],
        InboxState.QUARANTINED: [3, 2],
        InboxState.RESOLVED: [4],
        InboxState.WAITING: [7, 6, 5],
    }
    for state, numbers in by_state.items():
        rows, total = await inbox.page((state,), 10, 0)
        assert ([row.id for row in rows], total) == ([ids[number] for number in numbers], len(numbers))
    both = (InboxState.QUARANTINED, InboxState.RESOLVED)
    rows, total = await inbox.page(both, 2, 1)
    assert ([row.id for row in rows], total) == ([ids[3], ids[2]], 3)
    assert (await inbox.page((), 200, 0))[1] == 8
    filed = await inbox.filed(ids[4])
    assert filed is not None
    assert filed.resolved_by is not None
    assert (filed.resolved_by.display_name, filed.note) == ("a@b.example", "known")
    assert await inbox.filed(uuid7()) is None


MANY = """
    INSERT INTO webhook_inbox
        (id, provider, provider_invoice_id, provider_status, body, received_at, applied_at)
    SELECT gen_random_uuid(), 'xendit', n::text, 'PAID', decode(repeat('20', 600), 'hex'),
           now() - n * interval '1 second', now()
    FROM generate_series(1, 20000) n"""


async def planned(conn: Connection, name: str, given: dict[str, object]) -> str:
    """How PostgreSQL would go about it."""
    cursor = AsyncClientCursor(conn)
    await cursor.execute(b"EXPLAIN " + Q[name].encode(), given)
    return "\n".join(line for (line,) in await cursor.fetchall())


async def test_found_among_many(conn: Connection) -> None:
    """What waits, and what is in quarantine, is found by an index however much was applied before."""
    await conn.execute(MANY.encode())
    await conn.execute("ANALYZE webhook_inbox")
    states = {state.value: state is InboxState.QUARANTINED for state in InboxState}
    given = {
        "provider": "xendit", "limit": 50, "offset": 0, "reach": 50, "id": uuid7(), "seconds": 1.0,
        "reason": "x", "note": "x", "by": uuid7(), "invoice_id": "x",
        "status": "x", "external_id": "x", "amount": 1, "paid_amount": 1, "currency": "IDR", "body": b"",
        **states,
    }  # fmt: skip
    for name in ("due", "put_off", "applied", "quarantine", "page", "filed", "resolve", "set_aside"):
        plan = await planned(conn, name, given)
        assert "Seq Scan on webhook_inbox" not in plan, plan


@pytest.mark.parametrize("states", [*((state,) for state in InboxState), tuple(InboxState)])
async def test_counted_by_indexes(conn: Connection, states: tuple[InboxState, ...]) -> None:
    """How many there are of a state, or of all, is read off indexes, and no row is looked at."""
    await conn.execute(MANY.encode())
    await conn.execute("VACUUM ANALYZE webhook_inbox")
    plan = await planned(conn, "how_many", {state.value: state in states for state in InboxState})
    assert plan.count("Index Only Scan") == len(states), plan
    assert "Seq Scan" not in plan, plan
