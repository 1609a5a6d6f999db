"""A thousand deadlines within two seconds, over two instances: none early, each exactly once."""

import random
from collections import Counter
from functools import partial

import pytest

from support.evening import House, at_once
from support.people import Customer, Json
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {"pairing_blast_timeout_seconds": 600, "mitra_stale_after_seconds": 3600}

DUE = 1000
# What waits, and what the clock makes of it, a third of each: unpaid, unused, searched with.
SOON = """
WITH due AS (
    SELECT id, clock_timestamp() + interval '1.5 seconds' + random() * interval '2 seconds' AS d FROM {table}
    WHERE wake_at IS NOT NULL
)
UPDATE {table} AS t SET {column} = due.d, wake_at = due.d FROM due WHERE due.id = t.id"""
WITHIN_A_SECOND = """
WITH due AS (
    SELECT id, clock_timestamp() + interval '300 milliseconds' + random() * interval '700 milliseconds' AS d
    FROM payment_sessions WHERE id = ANY(%s)
)
UPDATE payment_sessions AS t SET expires_at = due.d, wake_at = due.d FROM due WHERE due.id = t.id"""
TICKS = """
SELECT count(*) AS moves, count(DISTINCT aggregate_id) AS payments FROM transitions
WHERE aggregate_id = ANY(%s) AND command = 'tick'"""
FIRED = """
SELECT t.machine, t.to_state, t.cause_tag, extract(epoch FROM t.at - d.due) * 1000 AS late_ms, t.aggregate_id
FROM transitions t
JOIN (SELECT id, expires_at AS due FROM payment_sessions WHERE status IN ('expired', 'failed_pairing')
                                                           AND cause_tag IS DISTINCT FROM 'no_mitra_available'
      UNION ALL SELECT id, deadline_at FROM pairing_requests) d ON d.id = t.aggregate_id
WHERE t.actor_type = 'clock' AND t.command IN ('tick', 'time_up')"""


async def waiting(customer: Customer, kind: int) -> Json:
    """Something of this customer's that waits for the clock."""
    if kind == 0:
        return (await customer.pay(5)).ok(201)
    if kind == 1:
        return await customer.pays(5)
    return await customer.searches()


async def test_a_thousand_at_once(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Payments unpaid, payments unused and searches: each ends once, in time, for its own cause."""
    customers = await house.customers(DUE)
    await at_once([partial(waiting, who, at % 3) for at, who in enumerate(customers)])
    await house.rows(SOON.format(table="payment_sessions", column="expires_at"))
    await house.rows(SOON.format(table="pairing_requests", column="deadline_at"))

    async def nothing_waits() -> bool:
        # A failed search leaves its fallback open, which waits for another time.
        left = """
            SELECT (SELECT count(*) FROM pairing_requests WHERE wake_at IS NOT NULL)
                 + (SELECT count(*) FROM payment_sessions WHERE wake_at IS NOT NULL AND NOT fallback_open)"""
        return bool(await house.value(left) == 0)

    await eventually(nothing_waits, seconds=20)
    fired = await house.rows(FIRED)
    assert Counter(row["aggregate_id"] for row in fired).most_common(1)[0][1] == 1, "each once"
    assert Counter((row["machine"], row["to_state"], row["cause_tag"]) for row in fired) == {
        ("payment", "expired", None): 334,
        ("payment", "failed_pairing", "payment_session_expired"): 333,
        ("pairing", "expired", "no_mitra_available"): 333,
    }
    late = sorted(float(row["late_ms"]) for row in fired)
    assert late[0] >= 0, "none early"
    with capsys.disabled():
        figures = f"p50 {late[len(late) // 2]:.1f}, p99 {late[len(late) * 99 // 100]:.1f}, max {late[-1]:.1f}"
        print(f"\n{DUE} deadlines within 2 s over two instances; late by ms: {figures}")  # noqa: T201
    failures = "SELECT count(*) AS n, count(DISTINCT payment_session_id) AS payments FROM pairing_failures"
    assert await house.rows(failures) == [{"n": 666, "payments": 666}]


async def test_one_instance_dies_among_them(house: House) -> None:
    """The instance that was firing is killed: the other one fires what is left, still each once."""
    chance = random.Random(7)
    customers = await house.customers(200)
    payments = await at_once([partial(who.via(house.first).pays, 5) for who in customers])
    ids = [payment["id"] for payment in payments]
    await house.rows(WITHIN_A_SECOND, ids)

    async def fired(count: int) -> bool:
        found = "SELECT count(*) FROM payment_sessions WHERE id = ANY(%s) AND status = 'failed_pairing'"
        return bool(await house.value(found, ids) >= count)

    await eventually(lambda: fired(chance.randrange(20, 60)))
    house.instances[1].kill()
    await eventually(lambda: fired(len(ids)))
    assert await house.rows(TICKS, ids) == [{"moves": len(ids), "payments": len(ids)}]
    house.instances[1].start()
    house.instances[1].wait()
