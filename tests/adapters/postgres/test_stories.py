"""A payment's story among thousands of others: found by indexes alone, and bounded where it may be long."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.stories import PostgresStories

pytestmark = pytest.mark.anyio

CROWD: Final = Path(__file__).with_name("crowd.sql").read_text("utf-8")
MORE: Final = """
INSERT INTO payment_captures
    (id, provider, provider_invoice_id, payment_session_id, amount, currency, paid_at, recorded_at)
SELECT u('pc' || n), 'development', 'pc' || n, u('p' || n), 10000, 'IDR', now(), now()
FROM generate_series(1, 6000) n;
INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, amount, status)
SELECT 'development', 'pc' || n, u('p' || n), 10000, 'paid' FROM generate_series(1, 6000) n;
INSERT INTO webhook_inbox (id, provider, provider_invoice_id, provider_status, body, received_at)
SELECT u('w' || n), 'development', 'pc' || n, 'PAID', '', now() FROM generate_series(1, 6000) n;
INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, session_id)
SELECT u('t' || n), u('c' || n), u('p' || n), 'session', 10000, now(), u('s' || n)
FROM generate_series(1, 6000) n;
INSERT INTO transitions
    (machine, aggregate_id, version, to_state, command, event, actor_type, at, facts, body, fingerprint, hash)
SELECT 'payment', u('p' || n), 1, 'pending', 'create', 'payment_created', 'system', now(), '{}', '', '',
       sha256('')
FROM generate_series(1, 6000) n;
"""
LONG: Final = """
INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)
SELECT u('r7'), u('m' || n), 'declined', now() FROM generate_series(1, 300) n;
INSERT INTO transitions
    (machine, aggregate_id, version, from_state, to_state, command, event, actor_type, at, facts, body,
     fingerprint, previous_hash, hash)
SELECT 'pairing', u('r7'), n, 'pending', 'pending', 'decline', 'declined', 'system', now(), '{}', '', '',
       sha256(''), sha256('')
FROM generate_series(2, 1301) n;
"""
FEW: Final = frozenset({"pricing_tiers_history", "pricing_promotions_history", "cc_users"})


@pytest.fixture
async def crowded(world: AsyncConnection[TupleRow]) -> AsyncConnection[TupleRow]:
    """The small world among thousands who came and went."""
    for script in (CROWD, MORE):
        await world.execute(script.encode())
    await world.execute("ANALYZE")
    return world


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def id_of(conn: AsyncConnection[TupleRow], word: str) -> UUID:
    """An id made from a word."""
    row = await (await conn.execute("SELECT u(%s)", [word])).fetchone()
    assert row is not None
    assert isinstance(row[0], UUID)
    return row[0]


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.unsound("makes up thousands of rows, for their number")
async def test_every_statement_is_served_by_an_index(crowded: AsyncConnection[TupleRow], mode: str) -> None:
    """No statement of a story walks through a table that grows, whether its plan knows the payment or not."""
    await crowded.execute(f"SET plan_cache_mode = {mode}".encode())
    payment = await id_of(crowded, "p7")
    walked = []
    for name, query in load("stories").items():
        if name in ("begin", "end"):
            continue
        ran = await crowded.execute(
            b"EXPLAIN (FORMAT JSON) " + query.encode(), {"payment_id": payment}, prepare=False
        )
        row = await ran.fetchone()
        assert row is not None
        walked += [
            (name, node["Relation Name"])
            for node in nodes(row[0][0]["Plan"])
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in FEW
        ]
    assert walked == []


@pytest.mark.unsound("makes up thousands of rows, for their number")
async def test_long_stories_are_bounded(crowded: AsyncConnection[TupleRow], database_url: str) -> None:
    """A hundred answers to a search and a thousand moves are told; how many there are is told as well."""
    await crowded.execute(LONG.encode())
    async with make_pool(database_url, 1) as pool:
        story = await PostgresStories(pool).of_payment(await id_of(crowded, "p7"))
    assert story is not None
    [search] = story.requests
    assert (search.answered, len(search.answers), search.waves, search.offered) == (301, 100, 1, 1)
    assert (story.moves, len(story.timeline)) == (1301, 1000)
    assert [webhook.invoice_id for webhook in story.webhooks] == ["pc7"]
    assert [invoice.invoice_id for invoice in story.invoices] == ["pc7"]
    assert [entry.amount for entry in story.ledger] == [10_000]
    assert story.session is not None
    assert len(story.extensions) == 1
