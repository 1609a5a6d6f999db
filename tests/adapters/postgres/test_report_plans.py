"""How PostgreSQL goes about reports on a large data set: never through a whole table."""

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
STATEMENTS: Final = compiled(load("reports"))
MORE: Final = """
INSERT INTO transitions
    (machine, aggregate_id, version, from_state, to_state, command, event, actor_type, at, facts, body,
     fingerprint, hash)
SELECT CASE n % 2 WHEN 0 THEN 'payment' ELSE 'pairing' END, u('many' || n / 4), 1 + n / 2 % 2,
       CASE n / 2 % 2 WHEN 1 THEN 'pending' END,
       CASE WHEN n / 2 % 2 = 0 THEN 'pending' WHEN n % 2 = 0 THEN 'confirmed' ELSE 'accepted' END,
       'command' || n % 7, 'event', 'system', now() - make_interval(secs => (200000 - n) * 5), '{}', '', '',
       sha256('')
FROM generate_series(4, 200000) n;
UPDATE report_progress SET counted_id = 150000, closed_id = 170000, seen_id = 190000;
INSERT INTO transition_counts (grain, bucket, machine, from_state, command, to_state, event, cause_tag, count)
SELECT grain, date_trunc('minute', now()) - make_interval(mins => n), 'payment', '', 'c' || k,
       'pending', 'e', '', 1
FROM generate_series(1, 10000) n, generate_series(1, 5) k, unnest('{60,900,3600}'::int[]) grain;
INSERT INTO acceptance_times (grain, bucket, step, count)
SELECT grain, date_trunc('minute', now()) - make_interval(mins => n), k, 1
FROM generate_series(1, 5000) n, generate_series(1, 5) k, unnest('{60,900,3600}'::int[]) grain;
INSERT INTO webhook_inbox
    (id, provider, body, received_at, quarantined_at, quarantine_reason, resolved_at, resolved_by)
SELECT gen_random_uuid(), 'xendit', '', now(), now(), 'not_json', now(), u('operator')
FROM generate_series(1, 20000) n;
INSERT INTO outbox (kind, stream, audience, payload, sent_at)
SELECT 'frame', 'customer:' || n, '{}', '{}', now() FROM generate_series(1, 20000) n;
"""
UNPLANNED: Final = frozenset({"begin", "commit", "rollback"})
SMALL: Final = frozenset({"report_progress"})


@pytest.fixture
async def crowded(world: AsyncConnection[TupleRow]) -> AsyncConnection[TupleRow]:
    """The small world among thousands who came and went, and two hundred thousand moves."""
    await world.execute("SET statement_timeout = '60s'")
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
    await conn.execute(SQL("PREPARE {} AS {}").format(name, SQL(statement.text.decode())))
    given = SQL("({})").format(SQL(", ").join([SQL("NULL")] * len(statement.order)))
    explain = SQL("EXPLAIN (FORMAT JSON) EXECUTE {}").format(name)
    row = await (await conn.execute(explain + given if statement.order else explain)).fetchone()
    assert row is not None
    plan: Mapping[str, Any] = row[0][0]["Plan"]
    return plan


@pytest.mark.unsound("makes up thousands of rows, for their number")
async def test_no_report_walks_through_a_table(crowded: AsyncConnection[TupleRow]) -> None:
    """However long the log, every query finds what it needs by an index, or by the counts."""
    walked = [
        (name, node["Relation Name"])
        for name, statement in STATEMENTS.items()
        if name not in UNPLANNED
        for node in nodes(await plan_of(crowded, statement))
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL
    ]
    assert not walked, walked
