"""How PostgreSQL goes about the unit's statements on a large data set: never through a whole table."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.trip import Statement, compiled

pytestmark = pytest.mark.anyio

CROWD: Final = Path(__file__).with_name("crowd.sql").read_text("utf-8")
STATEMENTS: Final = compiled(load("unit"))
MORE: Final = """
INSERT INTO payment_captures
    (id, provider, provider_invoice_id, payment_session_id, amount, currency, paid_at, recorded_at)
SELECT u('pc' || n), 'development', n::text, u('p' || n), 10000, 'IDR', now(), now()
FROM generate_series(1, 6000) n;
INSERT INTO outbox (kind, stream, audience, payload, sent_at)
SELECT 'frame', 'customer:' || n, '{}', '{}', now() FROM generate_series(1, 6000) n;
INSERT INTO discount_claims (phone_hmac, payment_session_id)
SELECT sha256(n::text::bytea), u('p' || n) FROM generate_series(1, 6000) n;
INSERT INTO transitions
    (machine, aggregate_id, version, to_state, command, event, actor_type, at, facts, body, fingerprint, hash)
SELECT 'payment', u('p' || n), 1, 'pending', 'create', 'payment_created', 'system', now(), '{}', '', '',
       sha256('')
FROM generate_series(1, 6000) n;
INSERT INTO auth_sessions
    (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at, absolute_expires_at)
SELECT u('a' || n), 'mitra', u('m' || n % 3000 + 1), sha256(n::text::bytea), now(), now(), now(), now()
FROM generate_series(1, 6000) n;
"""
UNPLANNED: Final = frozenset({"begin", "commit", "rollback", "clock"})
SMALL: Final = frozenset({"pricing_tiers", "pricing_promotions"})


@pytest.fixture
async def crowded(world: AsyncConnection[TupleRow]) -> AsyncConnection[TupleRow]:
    """The small world among thousands who came and went; plans know no parameter, as on a server in use."""
    await world.execute(CROWD.encode())
    await world.execute(SQL(MORE))
    await world.execute("ANALYZE")
    await world.execute("SET plan_cache_mode = force_generic_plan")
    return world


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def plan_of(conn: AsyncConnection[TupleRow], statement: Statement) -> Mapping[str, Any]:
    """The generic plan of one statement."""
    name = Identifier(statement.name)
    text = statement.text.decode()
    await conn.execute(SQL("PREPARE {} AS {}").format(name, SQL(text)))
    given = SQL("({})").format(SQL(", ").join([SQL("NULL")] * len(statement.order)))
    explain = SQL("EXPLAIN (FORMAT JSON) EXECUTE {}").format(name)
    row = await (await conn.execute(explain + given if statement.order else explain)).fetchone()
    assert row is not None
    plan: Mapping[str, Any] = row[0][0]["Plan"]
    return plan


@pytest.mark.unsound("makes up thousands of rows, for their number")
async def test_no_statement_walks_through_a_table(crowded: AsyncConnection[TupleRow]) -> None:
    """Whatever a table has grown to, every statement of a command finds its rows by an index."""
    walked = [
        (name, node["Relation Name"])
        for name, statement in STATEMENTS.items()
        if name not in UNPLANNED
        for node in nodes(await plan_of(crowded, statement))
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL
    ]
    assert walked == []
