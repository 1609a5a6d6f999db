"""Counts of moves against the log itself: nothing missed, nothing twice, whoever writes meanwhile."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import conninfo, make_pool
from halobestie_adapters.postgres.reports import PostgresCounting, PostgresReports
from halobestie_app.usecases import clock, pairings, presence
from halobestie_core.causes import Cause
from halobestie_core.flow.availability import House
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.reports import EdgeCount, seconds_of
from halobestie_core.words import TopicSensitivity
from support.desk import Office, office
from support.waiting import eventually

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.unsound(
        "makes up moves to be counted",
        "m1_only_moves_of_the_tables",
        "m1_moves_follow_each_other",
        "m1_rows_agree_with_their_moves",
        "m3_failures_follow_moves",
        "c2_facts_allowed_each_accept",
    ),
]

Conn = AsyncConnection[TupleRow]

HOUSE = House(cap=3, stale_after_seconds=60, require_ping=True)
MOVE = """
INSERT INTO transitions
    (machine, aggregate_id, version, from_state, to_state, command, event, cause_tag, actor_type, at, facts,
     body, fingerprint, hash)
SELECT %(machine)s, gen_random_uuid(), 1 + (%(from_state)s::text IS NOT NULL)::int, %(from_state)s,
       %(to_state)s, 'command', 'event', %(cause)s, 'system', %(at)s, '{}', '', '', sha256('')
FROM generate_series(1, %(times)s)
"""
ACCEPTED = """
INSERT INTO transitions
    (machine, aggregate_id, version, from_state, to_state, command, event, actor_type, at, facts, body,
     fingerprint, hash)
SELECT 'pairing', %s, version, from_state, to_state, 'command', 'event', 'system', at, '{}', '', '',
       sha256('')
FROM (VALUES (1, NULL, 'pending', %s::timestamptz), (2, 'pending', 'accepted', %s))
    AS move (version, from_state, to_state, at)
"""
DIRECT = """
SELECT machine, from_state, command, to_state, event, cause_tag, count(*) FROM transitions
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2 NULLS FIRST, 3, 4, 5, 6
"""
BY_BUCKET = """
SELECT grain, date_bin(make_interval(secs => grain), at, to_timestamp(0)), machine, coalesce(from_state, ''),
       to_state, coalesce(cause_tag, ''), count(*)
FROM transitions CROSS JOIN unnest('{60,900,3600}'::int[]) AS g (grain)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""
KEPT = """
SELECT grain, bucket, machine, from_state, to_state, cause_tag, sum(count)::bigint FROM transition_counts
WHERE grain > 0 GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """Connections as the server has them."""
    async with make_pool(database_url, 4) as opened:
        yield opened


async def moved(
    conn: Conn,
    machine: str = "payment",
    states: str = "- pending",
    *,
    cause: str | None = None,
    at: datetime | None = None,
    times: int = 1,
) -> None:
    """Write a move straight into the log."""
    before, after = states.split()
    given = {
        "machine": machine,
        "from_state": None if before == "-" else before,
        "to_state": after,
        "cause": cause,
        "at": at or datetime.now(UTC),
        "times": times,
    }
    await conn.execute(MOVE.encode(), given)


async def direct(conn: Conn) -> list[EdgeCount]:
    """The counts, by looking at every row."""
    return [EdgeCount(*row) for row in await (await conn.execute(DIRECT.encode())).fetchall()]


async def settled(counting: PostgresCounting, conn: Conn) -> None:
    """Count until everything in the log is counted."""

    async def done() -> bool:
        while await counting.count():
            pass
        row = await (
            await conn.execute("SELECT counted_id = (SELECT max(id) FROM transitions) FROM report_progress")
        ).fetchone()
        return row is not None and bool(row[0])

    await eventually(done, seconds=30, what="the counting never ended")


async def buckets_agree(conn: Conn) -> None:
    """Everything is counted in its minute, quarter and hour."""
    kept = await (await conn.execute(KEPT.encode())).fetchall()
    assert kept == await (await conn.execute(BY_BUCKET.encode())).fetchall()


async def test_an_empty_database_counts_nothing(pool: AsyncConnectionPool, conn: Conn) -> None:
    """Everything is there and 0; a look costs no write."""
    assert not await PostgresCounting(pool).count()
    before = await (await conn.execute("SELECT xmin, ctid FROM report_progress")).fetchall()
    assert not await PostgresCounting(pool).count()
    assert before == await (await conn.execute("SELECT xmin, ctid FROM report_progress")).fetchall()
    edges = await PostgresReports(pool).edges()
    assert edges.complete
    assert edges.rows == ()


async def test_existing_moves_are_counted_in_batches(pool: AsyncConnectionPool, conn: Conn) -> None:
    """After an upgrade, or a long stop, the past is caught up with a bounded batch at a time."""
    long_ago = datetime.now(UTC) - timedelta(days=30)
    for n in range(40):
        at = long_ago + timedelta(hours=17.3 * n)
        await moved(conn, times=25, at=at)
        await moved(conn, states="pending failed_pairing", cause="late_payment", times=3, at=at)
    counting = PostgresCounting(pool, most=100)
    [(first, last)] = await (await conn.execute("SELECT min(id), max(id) FROM transitions")).fetchall()
    counted = [first - 1]

    async def all_counted() -> bool:
        # Other databases of the server have transactions too, and the counting waits for whatever is open.
        await counting.count()
        [(so_far,)] = await (await conn.execute("SELECT counted_id FROM report_progress")).fetchall()
        counted.append(max(so_far, counted[0]))
        assert list((await PostgresReports(pool).edges()).rows) == await direct(conn)
        return bool(so_far == last)

    await eventually(all_counted, seconds=30, what="the counting never ended")
    assert max(b - a for a, b in itertools.pairwise(counted)) <= 100
    assert len(set(counted)) > 5
    await buckets_agree(conn)


async def test_a_move_committed_late_is_counted(
    pool: AsyncConnectionPool, conn: Conn, database_url: str
) -> None:
    """Its instant and its id are of long ago when it appears; the counting has waited for it."""
    counting, reports = PostgresCounting(pool), PostgresReports(pool)
    async with await AsyncConnection.connect(conninfo(database_url)) as slow:
        await moved(slow, states="- confirmed", at=datetime.now(UTC) - timedelta(minutes=5))
        await moved(conn, times=10)
        for _ in range(8):
            await counting.count()
        [(counted,)] = await (await conn.execute("SELECT counted_id FROM report_progress")).fetchall()
        assert counted == 0, "somebody with an earlier id may still commit"
        assert sum(row.count for row in (await reports.edges()).rows) == 10
        await slow.commit()
    await settled(counting, conn)
    assert list((await reports.edges()).rows) == await direct(conn)
    await buckets_agree(conn)


async def test_a_copy_on_another_server_goes_on(pool: AsyncConnectionPool, conn: Conn) -> None:
    """A restored database has transaction ids from elsewhere; they are not waited for."""
    await moved(conn, times=5)
    counting = PostgresCounting(pool)
    await counting.count()
    await counting.count()
    await conn.execute("UPDATE report_progress SET closed_xid = '18446744073709551000'")
    await settled(counting, conn)
    assert list((await PostgresReports(pool).edges()).rows) == await direct(conn)


async def test_counts_agree_while_many_write_and_several_count(
    pool: AsyncConnectionPool, conn: Conn, database_url: str
) -> None:
    """At any instant the counts and the log's end are exactly the log, whoever writes and counts."""
    chance = random.Random(7)
    stop = asyncio.Event()

    async def write(seed: int) -> None:
        own = random.Random(seed)
        async with await AsyncConnection.connect(conninfo(database_url)) as writer:
            for _ in range(60):
                at = datetime.now(UTC) - timedelta(seconds=own.choice([0, 1, 70, 4000]))
                states, cause = own.choice(
                    [
                        ("- pending", None),
                        ("pending confirmed", None),
                        ("confirmed failed_pairing", "late_payment"),
                    ]
                )
                await moved(writer, own.choice(["payment", "extension"]), states, cause=cause, at=at)
                await asyncio.sleep(own.random() / 100)  # between an id and its commit
                await (writer.rollback() if own.random() < 0.2 else writer.commit())

    async def count() -> None:
        counting = PostgresCounting(pool, most=7)
        while not stop.is_set():
            await counting.count()
            await asyncio.sleep(chance.random() / 200)

    async def compare() -> None:
        # One snapshot for both: what is counted, and what is there.
        async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as looking:
            while not stop.is_set():
                await looking.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                mine = await (await looking.execute(_edges())).fetchall()
                theirs = await (await looking.execute(DIRECT.encode())).fetchall()
                await looking.execute("COMMIT")
                assert mine == theirs
                compared.append(len(theirs))
                await asyncio.sleep(0.005)

    compared: list[int] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(count())
        group.create_task(compare())
        async with asyncio.TaskGroup() as writers:
            for seed in range(4):
                writers.create_task(write(seed))
        stop.set()
    assert len(compared) > 10
    await settled(PostgresCounting(pool), conn)
    assert list((await PostgresReports(pool).edges()).rows) == await direct(conn)
    await buckets_agree(conn)


def _edges() -> bytes:
    from halobestie_adapters.postgres.queries import load  # noqa: PLC0415

    return load("reports").edges.replace("%(most)s", "100000").encode()


async def test_old_minutes_go_and_hours_stay(pool: AsyncConnectionPool, conn: Conn) -> None:
    """Nobody draws minutes of nine days ago."""
    now = datetime.now(UTC)
    for days in (0, 7, 9, 400):
        await moved(conn, at=now - timedelta(days=days))
    counting = PostgresCounting(pool)
    await settled(counting, conn)
    assert await counting.prune(1) == 1
    assert await counting.prune(1000) == 3
    assert await counting.prune(1000) == 0
    query = "SELECT grain, count(*) FROM transition_counts GROUP BY 1 ORDER BY 1"
    assert await (await conn.execute(query)).fetchall() == [(0, 1), (60, 2), (900, 2), (3600, 4)]
    assert list((await PostgresReports(pool).edges()).rows) == await direct(conn)


async def test_a_report_says_when_it_is_behind(pool: AsyncConnectionPool, conn: Conn) -> None:
    """What is not counted is read from the log, up to a bound; beyond it the report is not complete."""
    await moved(conn, times=30)
    some = PostgresReports(pool, most_read=20)
    edges, dashboard = await some.edges(), await some.dashboard(HOUSE)
    assert (edges.complete, dashboard.complete) == (False, False)
    assert [row.count for row in edges.rows] == [20]
    await settled(PostgresCounting(pool), conn)
    edges, dashboard = await some.edges(), await some.dashboard(HOUSE)
    assert (edges.complete, dashboard.complete) == (True, True)
    assert [row.count for row in edges.rows] == [30]


@pytest.mark.parametrize("counted", [False, True])
async def test_windows_hold_what_happened(pool: AsyncConnectionPool, conn: Conn, counted: bool) -> None:
    """Each move is in the bucket of its instant, in every window that reaches so far, counted or not."""
    now = datetime.now(UTC)
    await moved(conn, times=2, at=now)
    await moved(conn, times=3, at=now - timedelta(minutes=30))
    await moved(conn, times=5, at=now - timedelta(hours=5))
    await moved(conn, times=7, at=now - timedelta(days=3))
    await moved(conn, times=11, at=now - timedelta(days=10))
    await moved(conn, states="pending confirmed", times=4, at=now)
    await moved(conn, states="confirmed failed_pairing", cause="customer_cancelled", times=1, at=now)
    await moved(conn, states="failed_pairing failed_pairing", times=9, at=now)
    await moved(conn, "pairing", "pending expired", cause="no_mitra_available", times=3, at=now)
    if counted:
        await settled(PostgresCounting(pool), conn)
    seen = await PostgresReports(pool).dashboard(HOUSE)
    pending = PaymentStatus.PENDING
    windows = (seen.windows.hour, seen.windows.day, seen.windows.week)
    assert [window.payments_by_state[pending] for window in windows] == [5, 10, 17]
    for window, buckets, seconds in zip(windows, (60, 96, 168), (60, 900, 3600), strict=True):
        series = window.series
        assert series.bucket_seconds == seconds
        every = [series.accepted, series.failed, series.p50, series.p95]
        every += [*series.payments_by_state.values(), *series.failures_by_cause.values()]
        assert {len(one) for one in every} == {buckets}
        assert set(series.failures_by_cause) == set(window.failures_by_cause) == set(Cause)
        assert set(series.payments_by_state) == set(window.payments_by_state) == set(PaymentStatus)
        assert series.starts_at + timedelta(seconds=seconds * (buckets - 1)) <= seen.at
        assert series.starts_at + timedelta(seconds=seconds * buckets) > seen.at
        place = int((now - timedelta(minutes=30) - series.starts_at).total_seconds() // seconds)
        assert series.payments_by_state[pending][place] >= 3
        assert window.failures_by_cause[Cause.CUSTOMER_CANCELLED] == 1
        assert window.payments_by_state[PaymentStatus.FAILED_PAIRING] == 1
        assert (window.success.accepted, window.success.failed, window.success.rate) == (0, 3, 0.0)
    assert seen.payments[pending] == 28 - 4
    assert seen.payments[PaymentStatus.CONFIRMED] == 3
    assert seen.payments[PaymentStatus.FAILED_PAIRING] == 1


@pytest.mark.parametrize("counted", [False, True])
async def test_times_to_accept(pool: AsyncConnectionPool, conn: Conn, counted: bool) -> None:
    """The middle and the slow end, to within 2.5 %, of each window and of each bucket."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)
    for seconds in range(1, 101):
        await conn.execute(ACCEPTED.encode(), [UUID(int=seconds), now - timedelta(seconds=seconds), now])
    if counted:
        await settled(PostgresCounting(pool), conn)
    seen = await PostgresReports(pool).dashboard(HOUSE)
    for window in (seen.windows.hour, seen.windows.day, seen.windows.week):
        assert window.success.accepted == 100
        assert window.success.rate == 1.0
        took = window.time_to_accept
        assert took.p50 == pytest.approx(50, rel=0.03)
        assert took.p95 == pytest.approx(95, rel=0.03)
        assert [value for value in window.series.p95 if value is not None] == [took.p95]
        place = window.series.accepted.index(100)
        assert window.series.p50[place] == took.p50


async def test_ages_of_what_waits(pool: AsyncConnectionPool, conn: Conn) -> None:
    """The oldest row that is due counts, kind by kind; one that was sent or put off does not."""
    reports = PostgresReports(pool)
    assert await reports.outbox_ages() == {}
    query = (
        "INSERT INTO outbox (kind, stream, audience, payload, next_attempt_at, sent_at)"
        " VALUES (%s, 'x', '{}', '{}', now() - make_interval(secs => %s), CASE WHEN %s THEN now() END)"
    )
    rows = [("frame", 5, False), ("frame", 40, False), ("frame", 90, True), ("push", 70, True)]
    for row in [*rows, ("later", -60, False), ("invoice", 7, False)]:
        await conn.execute(query.encode(), row)
    ages = await reports.outbox_ages()
    assert ages == {"frame": pytest.approx(40, abs=5), "invoice": pytest.approx(7, abs=5), "later": 0.0}


async def test_steps_are_those_of_the_core(conn: Conn) -> None:
    """The histogram's steps mean the same where they are made and where they are read."""
    for seconds in (0.06, 0.5, 1.0, 7.7, 60.0, 599.0):
        query = b"SELECT acceptance_step(make_interval(secs => %s))"
        row = await (await conn.execute(query, [seconds])).fetchone()
        assert row is not None
        assert seconds_of(row[0]) == pytest.approx(seconds, rel=0.03)


# ------------------------------------------------------------------------------------------- real evenings


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """A desk on a database that is sound at the end."""
    async with office(database_url) as opened:
        opened.change(mitra_stale_after_seconds=60)
        yield opened


async def _accepted(desk: Office) -> None:
    mitra = await desk.mitra()
    seen = await desk.searching()
    await pairings.accept(desk.desk, mitra, seen.request.id)


async def _cancelled(desk: Office) -> None:
    await desk.mitra()
    customer_id = await desk.customer()
    paid = await desk.paid(customer_id)
    await pairings.open_general(desk.desk, customer_id, paid.payment.id, TopicSensitivity.NORMAL)
    await pairings.cancel_search(desk.desk, customer_id, paid.payment.id)


async def _expired(desk: Office) -> None:
    await desk.mitra()
    seen = await desk.searching()
    await desk.age("pairing", seen.request.id, timedelta(minutes=5))
    await clock.fire(desk.desk, Due("pairing", seen.request.id))


async def _gone(desk: Office) -> None:
    await presence.switch(desk.desk, desk.beats, await desk.mitra(), online=False)


async def test_figures_of_real_evenings(desk: Office) -> None:
    """What the dashboard says is what the tables say, for everything that use cases do."""
    acts: list[Callable[[Office], Awaitable[None]]] = [_accepted, _cancelled, _expired, _gone]
    for act in (*acts, _accepted, _cancelled):
        await act(desk)
    await desk.searching()
    await desk.mitra(silent_for=timedelta(hours=1))
    house = evolve(HOUSE, cap=desk.settings.max_customers_per_mitra)
    seen = await PostgresReports(desk.pool).dashboard(house)

    async def value(query: str, *given: object) -> Any:  # noqa: ANN401  whatever is selected
        async with desk.pool.connection() as conn:
            row = await (await conn.execute(query.encode(), given)).fetchone()
        assert row is not None
        return row[0]

    assert seen.complete
    assert seen.presence.online == await value("SELECT count(*) FROM mitras WHERE is_online")
    assert seen.presence.fresh == seen.presence.online - 1
    assert seen.presence.busy == await value("SELECT sum(live_chats) FROM mitras WHERE is_online")
    assert seen.presence.capacity == seen.presence.fresh * house.cap
    assert seen.presence.free == seen.presence.capacity - seen.presence.busy
    assert (seen.searches.general, seen.searches.returning) == (1, 0)
    assert seen.searches.oldest_seconds == 0
    assert (seen.chats.active, seen.chats.extending, seen.chats.closing) == (2, 0, 0)
    for state in PaymentStatus:
        query = "SELECT count(*) FROM payment_sessions WHERE status = %s"
        assert seen.payments[state] == await value(query, state.value), state
    for cause in Cause:
        query = "SELECT count(*) FROM pairing_failures WHERE cause_tag = %s"
        assert seen.windows.hour.failures_by_cause[cause] == await value(query, cause.value), cause
    assert seen.open_failures.count == 3
    assert seen.open_failures.amount == await value("SELECT sum(amount) FROM pairing_failures")
    assert (seen.windows.day.success.accepted, seen.windows.day.success.failed) == (2, 3)
    assert seen.windows.day.success.rate == 0.4
    assert seen.windows.hour.time_to_accept.p50 is not None
