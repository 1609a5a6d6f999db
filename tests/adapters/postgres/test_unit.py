"""The unit of work where it is more than its contract: lost connections, cancelled tasks, hashes, clocks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters import audit
from halobestie_adapters.errors import Busy, Conflict, StaleWrite, StoreUnavailable
from halobestie_adapters.postgres.invariants import check
from halobestie_adapters.postgres.pool import connection, make_pool
from halobestie_core import chat, pairing
from halobestie_core.flow import decide
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.store import SYSTEM, Actor, Scope
from halobestie_core.words import ActorType, Party
from support.blasts import Stage
from support.waiting import eventually

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A pool of two connections."""
    async with make_pool(database_url, 2, acquire_seconds=1) as opened:
        yield opened


@pytest.fixture
async def stage(pool: AsyncConnectionPool, conn: Connection) -> Stage:
    """A store on it, with a connection that looks behind the scenes."""
    return Stage(pool, conn)


async def count(conn: Connection, what: str) -> int:
    """How many rows there are in (and where) `what`, which is SQL of a test."""
    row = await (await conn.execute(f"SELECT count(*) FROM {what}".encode())).fetchone()  # noqa: S608
    assert row is not None
    return int(row[0])


async def healthy(pool: AsyncConnectionPool, conn: Connection) -> None:
    """Every connection of the pool can be had, is idle, and nobody holds a lock."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(2):
            borrowed = await stack.enter_async_context(connection(pool))
            assert borrowed.info.transaction_status is TransactionStatus.IDLE

    async def nobody_waits_or_holds() -> bool:
        return not await count(
            conn,
            "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (state LIKE 'idle in transaction%' OR state = 'active')",
        )

    await eventually(nobody_waits_or_holds)


# -- everything or nothing -----------------------------------------------------------------------------------


async def test_an_error_in_the_middle_undoes_all(stage: Stage, conn: Connection) -> None:
    """A statement that fails behind others that did not: nothing is there, and the connection is well."""
    await stage.open_search(3)
    await conn.execute("ALTER TABLE outbox ADD CONSTRAINT nothing_more CHECK (false) NOT VALID")
    with pytest.raises(Exception, match="nothing_more"):
        await stage.accept(stage.mitras[0])
    assert await count(conn, "chat_sessions") == 0
    assert await count(conn, "pairing_requests WHERE status = 'pending'") == 1
    await conn.execute("ALTER TABLE outbox DROP CONSTRAINT nothing_more")
    await healthy(stage.pool, conn)
    assert isinstance(await stage.accept(stage.mitras[0]), Moved)
    assert await check(conn, eventual=False) == []


@pytest.mark.parametrize("table", ["payment_sessions", "pairing_requests"])
@pytest.mark.unsound("moves a version by hand", "m1_rows_agree_with_their_moves")
async def test_the_version_decided_on_must_be_there(stage: Stage, conn: Connection, table: str) -> None:
    """Any aggregate whose version moved behind our back: StaleWrite, and nothing of the accept is there."""
    await stage.open_search(3)
    before = await count(conn, "transitions")
    mitra = stage.mitras[0]
    async with stage.store.unit(Scope(request_id=stage.request, mitra_id=mitra)) as unit:
        take = pairing.Accept(mitra, stage.session, online=True, live_chats=0, cap=3)
        verdict = decide(unit.loaded.evening, take, unit.loaded.now)
        assert isinstance(verdict, Moved)
        await conn.execute(SQL("UPDATE {} SET version = version + 1").format(Identifier(table)))
        with pytest.raises(StaleWrite):
            await unit.save(verdict, Actor(ActorType.MITRA, mitra))
    assert (await count(conn, "chat_sessions"), await count(conn, "transitions")) == (0, before)


@pytest.mark.unsound("moves a version by hand", "m1_rows_agree_with_their_moves")
async def test_a_move_logged_twice_is_stale(stage: Stage, conn: Connection) -> None:
    """The log itself refuses a second row of one version: a guard that knows nothing of the first."""
    await stage.open_search(3)
    async with stage.store.unit(Scope(request_id=stage.request)) as unit:
        seen = unit.loaded
    verdict = decide(seen.evening, pairing.Decline(stage.mitras[1], eligible_left=False), seen.now)
    assert isinstance(verdict, Moved)
    async with stage.store.unit(Scope(request_id=stage.request)) as unit:
        await unit.save(verdict, SYSTEM)
    await conn.execute("ALTER TABLE pairing_requests DISABLE TRIGGER USER")
    await conn.execute("UPDATE pairing_requests SET version = 1")
    with pytest.raises(StaleWrite):
        async with stage.store.unit(Scope(request_id=stage.request)) as unit:
            await unit.save(verdict, SYSTEM)
    assert await count(conn, "pairing_answers") == 1


async def test_unique_rules_come_out_as_words(stage: Stage) -> None:
    """What a constraint refuses is a Conflict in the domain's words, raised by ``save``."""
    await stage.people(3)
    await stage.create()
    other = Stage(stage.pool, stage.conn, customer=stage.customer, mitras=stage.mitras)
    async with stage.store.unit(Scope(prices=True)) as unit:  # without looking at what is open
        verdict = decide(unit.loaded.evening, other.begun(unit.loaded), unit.loaded.now)
        assert isinstance(verdict, Moved)
        with pytest.raises(Conflict, match="payment_sessions_one_open_per_customer"):
            await unit.save(verdict, SYSTEM)


# -- connections ---------------------------------------------------------------------------------------------


async def test_refusals_keep_prepared_statements(stage: Stage, database_url: str) -> None:
    """A command that saves nothing rolls back, and the next on its connection prepares nothing again."""
    await stage.open_search(3)
    async with make_pool(database_url, 1) as single:
        alone = Stage(single, stage.conn, request=stage.request)
        for _ in range(3):
            await alone.do(Scope(request_id=stage.request), lambda _: pairing.TimeUp())
            async with connection(single) as conn:
                prepared = await count(conn, "pg_prepared_statements WHERE name NOT LIKE '\\_pg3%'")
            assert prepared == 8


async def test_dropped_statements_are_prepared_again(stage: Stage) -> None:
    """Somebody else's roll-back made the driver drop everything prepared: the next command prepares anew."""
    await stage.open_search(3)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(2):
            conn = await stack.enter_async_context(connection(stage.pool))
            await conn.execute("DEALLOCATE ALL")
    assert isinstance(await stage.accept(stage.mitras[0]), Moved)


END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction'
"""


async def test_a_lost_connection_before_the_commit(stage: Stage, conn: Connection) -> None:
    """The backend is gone between loading and saving: StoreUnavailable, nothing written, a new connection."""
    await stage.open_search(3)
    async with stage.store.unit(Scope(request_id=stage.request)) as unit:
        decline = pairing.Decline(stage.mitras[1], eligible_left=True)
        verdict = decide(unit.loaded.evening, decline, unit.loaded.now)
        assert isinstance(verdict, Moved)
        await conn.execute(END_OTHERS)
        with pytest.raises(StoreUnavailable):
            await unit.save(verdict, SYSTEM)
    assert await count(conn, "pairing_answers") == 0
    await healthy(stage.pool, conn)


async def test_a_connection_lost_at_the_commit(stage: Stage, conn: Connection) -> None:
    """The backend dies during the COMMIT: StoreUnavailable, and whether it was written is not known."""
    await stage.open_search(3)
    # A deferred constraint trigger runs inside COMMIT, and there the backend ends itself.
    await conn.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END $$"
    )
    await conn.execute(
        "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON chat_sessions DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION die()"
    )
    with pytest.raises(StoreUnavailable):
        await stage.accept(stage.mitras[0])
    await conn.execute("DROP TRIGGER dies ON chat_sessions")
    await healthy(stage.pool, conn)
    assert isinstance(await stage.accept(stage.mitras[0]), Moved)


async def test_a_problem_is_not_hidden_by_a_lost_connection(stage: Stage, conn: Connection) -> None:
    """What the caller raises comes out, though there is nothing left to roll back."""
    await stage.open_search(3)

    async def fail() -> None:
        async with stage.store.unit(Scope(request_id=stage.request)):
            await conn.execute(END_OTHERS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await healthy(stage.pool, conn)


@pytest.mark.parametrize("again", [False, True])
async def test_a_task_cancelled_while_it_waits_for_a_lock(
    stage: Stage, conn: Connection, again: bool
) -> None:
    """Once or twice cancelled, it leaves no lock, no open transaction and no lost place in the pool."""
    await stage.open_search(3)

    async def waits() -> bool:
        return await count(conn, "pg_locks WHERE NOT granted") == 1

    async with stage.store.unit(Scope(request_id=stage.request)):
        waiting = asyncio.create_task(stage.do(Scope(request_id=stage.request), lambda _: pairing.TimeUp()))
        await eventually(waits)
        waiting.cancel()
        if again:
            await asyncio.sleep(0)
            waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await healthy(stage.pool, conn)
    assert isinstance(await stage.accept(stage.mitras[0]), Moved)


async def test_a_task_cancelled_while_it_saves(stage: Stage, conn: Connection) -> None:
    """Cancelled in the middle of its writes: all or nothing, and the connection is not used again."""
    await stage.open_search(3)
    await conn.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$"
    )
    await conn.execute(
        "CREATE TRIGGER slowly AFTER INSERT ON chat_sessions FOR EACH ROW EXECUTE FUNCTION slow()"
    )

    async def sleeps() -> bool:
        return await count(conn, "pg_stat_activity WHERE wait_event = 'PgSleep'") == 1

    saving = asyncio.create_task(stage.accept(stage.mitras[0]))
    await eventually(sleeps)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    await conn.execute("DROP TRIGGER slowly ON chat_sessions")
    await healthy(stage.pool, conn)
    assert await count(conn, "chat_sessions") == 0
    assert isinstance(await stage.accept(stage.mitras[0]), Moved)


async def test_a_unit_cancelled_in_the_callers_code(stage: Stage, conn: Connection) -> None:
    """Cancelled between loading and saving: rolled back, and the connection is as good as new."""
    await stage.open_search(3)
    inside, never = asyncio.Event(), asyncio.Event()

    async def hesitate() -> None:
        async with stage.store.unit(Scope(request_id=stage.request)):
            inside.set()
            await never.wait()

    task = asyncio.create_task(hesitate())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await healthy(stage.pool, conn)


# -- locks and the clock -------------------------------------------------------------------------------------


async def test_the_clock_is_read_after_the_locks(stage: Stage, conn: Connection) -> None:
    """Who waited 1.5 s for a lock sees the time at which they got it, not the one at which they asked."""
    await stage.open_search(3)
    seen = []

    async def load() -> None:
        async with stage.store.unit(Scope(customer_id=stage.customer, mitra_id=stage.mitras[0])) as unit:
            seen.append(unit.loaded.now)

    async def waits() -> bool:
        return await count(conn, "pg_locks WHERE NOT granted") == 1

    async with conn.transaction():
        await conn.execute("SELECT 1 FROM mitras WHERE id = %s FOR UPDATE", [stage.mitras[0]])
        blocked = asyncio.create_task(load())
        await eventually(waits)
        await conn.execute("SELECT pg_sleep(1.5)")
        row = await (await conn.execute("SELECT clock_timestamp()")).fetchone()
    await blocked
    assert row is not None
    assert seen[0] >= row[0]


async def test_a_lock_that_is_held_too_long_is_busy(stage: Stage, conn: Connection) -> None:
    """After two seconds the store says Busy, and nothing is left open."""
    await stage.open_search(3)
    async with conn.transaction():
        await conn.execute("SELECT 1 FROM mitras FOR UPDATE")
        with pytest.raises(Busy):
            await stage.accept(stage.mitras[0])
    await healthy(stage.pool, conn)


async def test_locks_do_not_stop_references(stage: Stage, conn: Connection) -> None:
    """Rows that only refer to a locked customer or mitra can be written meanwhile."""
    await stage.open_search(3)
    async with stage.store.unit(Scope(request_id=stage.request, mitra_id=stage.mitras[0])):
        await conn.execute("SET lock_timeout = '100ms'")
        await conn.execute(
            "INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)"
            " VALUES (%s, %s, 'declined', now())",
            [stage.request, stage.mitras[0]],
        )


# -- the log -------------------------------------------------------------------------------------------------


async def test_hashes_can_be_computed_again(stage: Stage, conn: Connection) -> None:
    """Every row's hash covers its body and the hash before it, and its columns say what its body says."""
    await stage.talk()
    await stage.do(Scope(session_id=stage.session, mitra_of_session=True), lambda _: chat.End(Party.CUSTOMER))
    cursor = await conn.execute(
        "SELECT machine, aggregate_id, version, body, previous_hash, hash,"
        " body::jsonb - 'at' = to_jsonb(t) - '{id,at,body,previous_hash,hash}'::text[],"
        " (body::jsonb ->> 'at')::timestamptz = at FROM transitions t ORDER BY id"
    )
    heads: dict[tuple[str, object], bytes] = {}
    rows = await cursor.fetchall()
    for machine, aggregate, _version, body, previous, hashed, agrees, same_time in rows:
        assert previous == heads.get((machine, aggregate))
        assert hashed == audit.chained(previous, body)
        assert (agrees, same_time) == (True, True)
        heads[machine, aggregate] = hashed
    assert len(rows) == 8
    assert await check(conn, eventual=False) == []


async def test_two_moves_of_one_aggregate_are_chained(stage: Stage, conn: Connection) -> None:
    """A command that moves one payment twice logs both, the second on the first."""
    await stage.people(3)
    await stage.create()
    again = Stage(stage.pool, conn, customer=stage.customer, mitras=stage.mitras)
    await conn.execute("UPDATE payment_sessions SET expires_at = now(), wake_at = now()")
    await conn.execute("SELECT pg_sleep(0.01)")
    await again.create()
    cursor = await conn.execute(
        "SELECT version, to_state FROM transitions WHERE aggregate_id = %s ORDER BY version", [stage.payment]
    )
    assert await cursor.fetchall() == [(1, "pending"), (2, "expired")]
    assert await check(conn, eventual=False) == []


async def test_facts_hold_no_crowd(stage: Stage, conn: Connection) -> None:
    """A set of mitras is logged as its size and fingerprint, and the fingerprint is that of the wave."""
    await stage.open_search(3)
    row = await (
        await conn.execute(
            "SELECT facts -> 'mitra_ids', mitra_ids FROM transitions, pairing_waves WHERE command = 'open'"
        )
    ).fetchone()
    assert row is not None
    assert row[0] == {"count": 3, "sha256": audit.fingerprint_of(set(row[1]))}


async def test_an_overdue_search_is_closed_once(stage: Stage, conn: Connection) -> None:
    """Two clocks at once: one closes it, the other finds it closed."""
    await stage.open_search(3)
    await conn.execute(
        "UPDATE pairing_requests SET deadline_at = deadline_at - %s, wake_at = wake_at - %s",
        [timedelta(minutes=2)] * 2,
    )

    async def fire() -> bool:
        verdict = await stage.do(Scope(request_id=stage.request), lambda _: pairing.TimeUp())
        return isinstance(verdict, Moved)

    assert sorted(await asyncio.gather(fire(), fire())) == [False, True]
    assert await check(conn, eventual=False) == []
