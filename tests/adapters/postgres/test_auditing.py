"""The audit's reading: in little room, of one moment, and in the order of the ids."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres import invariants
from halobestie_adapters.postgres.auditing import MACHINES, PostgresAudits, Scope, snapshot
from halobestie_adapters.postgres.migrations import migrate, read
from halobestie_adapters.postgres.pool import conninfo
from halobestie_adapters.postgres.streams import AT_ONCE, streamed
from halobestie_adapters.postgres.verifying import BOOKS, Report, Unheard, verify
from halobestie_app.usecases import pairings, payments
from support.desk import Office, office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Office]:
    """A desk on a database."""
    async with office(database_url) as opened:
        yield opened


async def audited(place: Office) -> Report:
    """Audit everything."""
    async with place.pool.connection() as conn:
        return await verify(conn, tuple(map(Scope, MACHINES)), Unheard(), books=True)


async def test_while_the_server_works(place: Office) -> None:
    """Each audit sees one moment, whatever is committed meanwhile, and finds it whole."""
    over = asyncio.Event()

    async def busy() -> int:
        done = 0
        while not over.is_set():
            customer = await place.customer()
            paid = await place.paid(customer)
            await pairings.cancel_search(place.desk, customer, paid.payment.id)
            done += 1
        return done

    working = [asyncio.create_task(busy()) for _ in range(3)]
    seen = []
    for _ in range(5):
        report = await audited(place)
        assert report.first is None, str(report.first)
        seen.append(report.counted[0].moves)
    over.set()
    assert sum(await asyncio.gather(*working)) > 0
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


async def test_prices_are_edited_meanwhile(place: Office) -> None:
    """Until the questions about prices come, last of all, an audit keeps no edit of a price waiting."""
    shut = SQL("LOCK TABLE pricing_tiers, pricing_promotions IN ACCESS EXCLUSIVE MODE NOWAIT")
    about_prices = {"a4_tiers_are_their_history", "a4_promotions_are_their_history"}
    async with place.pool.connection() as conn, snapshot(conn):
        given = {"moves": Jsonb(invariants.moves())}
        asked = [*BOOKS.items(), *invariants.Q.items()]
        for name, question in asked[: -len(about_prices)]:
            assert name not in about_prices
            await conn.execute(question, given)
        async with place.pool.connection() as editing, editing.transaction():
            await editing.execute(shut)


async def test_groups_longer_than_what_is_held(place: Office) -> None:
    """Rows of one id come together, in several pieces if there are many; ids come in order."""
    query = SQL("SELECT n / 1000 AS at, n FROM generate_series(0, 2999) AS n ORDER BY 1, 2").as_string()
    async with (
        place.pool.connection() as conn,
        conn.transaction(),
        streamed(conn, "numbers", query, {}) as stream,
    ):
        for key in range(3):
            assert await stream.key() == key
            assert await stream.all_of(uuid7()) == []
            pieces = [len(rows) async for rows in stream.of(key)]  # type: ignore[arg-type] # any key will do
            assert sum(pieces) == 1000
            assert max(pieces) <= AT_ONCE
        assert await stream.key() is None


async def test_nothing_is_nothing(place: Office) -> None:
    """What there is not has no verdict and no lines."""
    audits = PostgresAudits(place.pool)
    for machine in MACHINES:
        assert await audits.verdict(machine, uuid7()) is None
        assert await audits.lines(machine, uuid7(), 0, 10) == []


async def test_a_body_that_is_no_json(place: Office) -> None:
    """Whatever was put in place of a body is a difference, and no error."""
    customer = await place.customer()
    begun = await payments.create(place.desk, customer, payments.NewPayment(5))
    async with place.pool.connection() as conn, conn.transaction():
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute("UPDATE transitions SET body = 'not {', hash = sha256('not {')")
    found = await PostgresAudits(place.pool).verdict("payment", begun.payment.id)
    assert found is not None
    assert "what was hashed is no record of a move" in str(found.difference)


async def test_a_row_that_cannot_be_read(place: Office) -> None:
    """A word that no machine knows is a difference, and no error."""
    customer = await place.customer()
    begun = await payments.create(place.desk, customer, payments.NewPayment(5))
    async with place.pool.connection() as conn:
        await conn.execute("ALTER TABLE payment_sessions DROP CONSTRAINT payment_sessions_provider_known")
        await conn.execute("UPDATE payment_sessions SET provider = 'somebody'")
    found = await PostgresAudits(place.pool).verdict("payment", begun.payment.id)
    assert "its row cannot be read: 'somebody' is not a valid Provider" in str(found and found.difference)


OLD_ROWS = """
INSERT INTO cc_users (id, email, password_hash) VALUES (uuid(1), 'boss@example.org', '');
INSERT INTO payment_captures VALUES (uuid(2), 'xendit', 'nobody''s', NULL, 99, 'IDR', now(), now());
INSERT INTO pairing_failures (
    id, capture_id, cause_tag, amount, created_at, operator_action, actioned_by, actioned_at)
VALUES (uuid(3), uuid(2), 'payment_mismatch', 99, now(), 'credited', uuid(1), now());
INSERT INTO customer_transactions (id, kind, amount, at, failure_id)
VALUES (uuid(4), 'refund_due', 99, now(), uuid(3)), (uuid(5), 'credited', 99, now(), uuid(3));
"""


async def test_what_is_older_than_its_seal(empty_database_url: str) -> None:
    """Rows of a database that knew no seals are sealed as they stand, and their guards are back in place."""
    every = read()
    await migrate(empty_database_url, [one for one in every if one.name < "0012"])
    async with await AsyncConnection.connect(conninfo(empty_database_url), autocommit=True) as conn:
        await conn.execute(
            "CREATE FUNCTION uuid(n int) RETURNS uuid LANGUAGE sql RETURN lpad(n::text, 32, '0')::uuid"
        )
        await conn.execute(SQL(OLD_ROWS), prepare=False)
        await migrate(empty_database_url)
        report = await verify(conn, tuple(map(Scope, MACHINES)), Unheard(), books=True)
        assert report.first is None, str(report.first)
        await conn.execute("ALTER TABLE payment_captures DISABLE TRIGGER payment_captures_append_only")
        await conn.execute("UPDATE payment_captures SET paid_at = paid_at - interval '1 second'")
        report = await verify(conn, (), Unheard(), books=True)
        assert "seals_hold" in str(report.first)
