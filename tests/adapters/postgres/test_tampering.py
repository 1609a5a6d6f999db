"""Deliberate tampering: with triggers, checks and references switched off, whatever is changed is found."""

from collections.abc import AsyncIterator

import pytest
from psycopg.sql import SQL, Identifier

from support.desk import Office, office
from support.tampering import (
    AUDITED,
    Column,
    Connection,
    broken,
    columns,
    disarm,
    everything,
    forge,
    found,
    rows_of,
    taken_back,
)
from support.whole import lived

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

NOT_AUDITED = {
    ("transitions", "id"): "a number: that it grows within an aggregate is all it says",
    ("pairing_answers", "id"): "a number: the order of the answers is all it says",
    ("chat_sessions", "closing_message"): "words, sealed: what they say is between two people",
    ("chat_sessions", "customer_read_seq"): "a read mark, which anybody may lose",
    ("chat_sessions", "mitra_read_seq"): "a read mark, which anybody may lose",
    ("mitras", "phone"): "who a mitra is, and no machine's affair; changing it has a history of its own",
    ("mitras", "display_name"): "the same",
    ("mitras", "created_at"): "the same",
    ("mitras", "last_heartbeat_at"): "heartbeats are not logged; earlier than a move knows of is found",
}
"""Columns that may be changed unseen, and why."""
NUMBERS = {("transitions", "id"), ("pairing_answers", "id")}
"""Of these some changes are seen: those that change the order."""


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Office]:
    """A database in which much has happened."""
    async with office(database_url) as opened:
        await lived(opened)
        yield opened


@pytest.fixture
async def hands(place: Office) -> AsyncIterator[Connection]:
    """Hands that nothing refuses."""
    async with place.pool.connection() as conn:
        await conn.execute("SET statement_timeout = '60s'")
        await disarm(conn)
        yield conn
        await conn.close()  # nobody else shall have such a connection


async def test_what_was_not_touched_is_whole(hands: Connection) -> None:
    """All that use cases did is found to be as it was decided."""
    async with taken_back(hands):
        report = await everything(hands)
    assert report.first is None, str(report.first)
    assert report.questions > 50
    assert all(counted.aggregates for counted in report.counted)
    assert sum(counted.moves for counted in report.counted) > 60


async def test_every_column(hands: Connection, subtests: pytest.Subtests) -> None:
    """Each column of each audited table: another value, a value for none and none for a value are found."""
    every = await columns(hands)
    assert {column.table for column in every} == set(AUDITED)
    unseen = set()
    for column in every:
        name = (column.table, column.name)
        for what in await _ways(hands, column):
            with subtests.test(".".join(name), how=what):
                said = await _after(hands, column, what)
                if said is None:
                    unseen.add(name)
                assert said is not None or name in NOT_AUDITED
    assert set(NOT_AUDITED) - unseen <= NUMBERS, "an exception that is none"


async def _ways(conn: Connection, column: Column) -> list[str]:
    """In which ways the column can be changed in the rows that are there."""
    null = SQL("SELECT bool_or({0} IS NULL), bool_or({0} IS NOT NULL) FROM {1}")
    row = await (
        await conn.execute(null.format(Identifier(column.name), Identifier(column.table)))
    ).fetchone()
    assert row is not None
    some_null, some_not = row
    ways = [
        ("another", some_not),
        ("one for none", some_null),
        ("none for one", some_not and column.nullable),
    ]
    return [what for what, can in ways if can]


async def _after(conn: Connection, column: Column, what: str) -> str | None:
    """Change one row and audit."""
    where = SQL("IS NULL") if what == "one for none" else SQL("IS NOT NULL")
    value = SQL("NULL") if what == "none for one" else column.other
    change = SQL(
        "UPDATE {table} SET {name} = {value}"
        " WHERE ctid = (SELECT ctid FROM {table} WHERE {name} {where} ORDER BY ctid LIMIT 1)"
    ).format(table=Identifier(column.table), name=Identifier(column.name), value=value, where=where)
    async with taken_back(conn):
        await conn.execute(change)
        return await found(conn, column.table)


UNMISSED = {"operator_changes": "nothing else tells of a name that was changed"}
"""Tables of which a row may vanish unseen, and why."""


async def test_rows_that_vanish(hands: Connection, subtests: pytest.Subtests) -> None:
    """The first, the middle and the last row of each table are missed."""
    for table in AUDITED:
        if table == "mitras":
            continue  # nobody can be deleted who ever moved without being missed; see below
        rows = await rows_of(hands, table)
        for which in {rows[0], rows[len(rows) // 2], rows[-1]}:
            with subtests.test(table, row=which):
                async with taken_back(hands):
                    await hands.execute(
                        SQL("DELETE FROM {} WHERE ctid = %s::tid").format(Identifier(table)), [which]
                    )
                    assert (await found(hands, table) is None) is (table in UNMISSED)


async def test_a_mitra_who_vanishes(hands: Connection) -> None:
    """Whoever ever went online is missed."""
    async with taken_back(hands):
        await hands.execute("DELETE FROM mitras WHERE version > 1")
        assert "its row is gone" in str(await found(hands, "mitras"))


async def test_a_whole_log_that_vanishes(hands: Connection) -> None:
    """A row without any move is found."""
    async with taken_back(hands):
        await hands.execute("DELETE FROM transitions WHERE machine = 'chat'")
        assert "no move of it was ever recorded" in str(await found(hands, "chat_sessions"))


INSERTED = {
    "transitions": """
        INSERT INTO transitions
        SELECT (jsonb_populate_record(t, jsonb_build_object(
            'id', 100000, 'version', version + 1, 'previous_hash', hash))).*
        FROM transitions t WHERE command = 'consume' LIMIT 1""",
    "pairing_waves": """
        INSERT INTO pairing_waves
        SELECT pairing_request_id, number + 1, mitra_ids, at FROM pairing_waves LIMIT 1""",
    "pairing_answers": """
        INSERT INTO pairing_answers (id, pairing_request_id, mitra_id, answer, at)
        SELECT 1000, pairing_request_id, mitra_id, 'withdrawn', at FROM pairing_answers LIMIT 1""",
    "customer_transactions": """
        INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, failure_id)
        SELECT gen_random_uuid(), customer_id, payment_session_id, 'refunded', amount, at, failure_id
        FROM customer_transactions WHERE kind = 'refund_due' LIMIT 1""",
    "payment_captures": """
        INSERT INTO payment_captures
        SELECT gen_random_uuid(), provider, 'another', payment_session_id, amount, currency, paid_at,
               recorded_at
        FROM payment_captures LIMIT 1""",
    "pairing_failures": """
        INSERT INTO pairing_failures (id, payment_session_id, customer_id, cause_tag, amount, created_at)
        SELECT gen_random_uuid(), id, customer_id, 'late_payment', amount, created_at FROM payment_sessions
        WHERE status = 'consumed' LIMIT 1""",
    "pricing_tiers_history": """
        INSERT INTO pricing_tiers_history (id, tier_id, change_kind, at, before, after)
        SELECT gen_random_uuid(), tier_id, 'updated', now(), after, jsonb_set(after, '{price}', '1')
        FROM pricing_tiers_history LIMIT 1""",
    "app_config_history": """
        INSERT INTO app_config_history (id, key, change_kind, at, before, after)
        SELECT 1000, key, 'updated', now(), after, '7' FROM app_config_history LIMIT 1""",
    "mitras": """
        INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)
        VALUES (gen_random_uuid(), '+620', 'Nobody', true, now())""",
}


@pytest.mark.parametrize("armed", [False, True], ids=["sealed by nobody", "sealed by the triggers"])
async def test_rows_that_were_put_in(hands: Connection, subtests: pytest.Subtests, armed: bool) -> None:
    """A row that no use case wrote is found, also when the database sealed it as it seals every row."""
    await hands.execute(f"SET session_replication_role = {'origin' if armed else 'replica'}".encode())
    for table, insert in INSERTED.items():
        with subtests.test(table):
            async with taken_back(hands):
                await hands.execute(insert.encode())
                assert await found(hands, table) is not None


# What is set where, and what is said of it.
BELIEVABLE = [
    (
        "payment_sessions",
        "status = 'expired', consumed_at = NULL",
        "status = 'consumed'",
        "status is expired",
    ),
    ("payment_sessions", "amount = amount * 2", "status = 'failed_pairing'", "the row's amount is"),
    (
        "payment_sessions",
        "cause_tag = 'all_mitras_rejected'",
        "cause_tag = 'customer_cancelled'",
        "the row's cause_tag is all_mitras_rejected, its moves make it customer_cancelled",
    ),
    ("payment_sessions", "expires_at = expires_at + interval '1 day'", "true", "the row's expires_at is"),
    (
        "payment_sessions",
        "customer_id = (SELECT max(id::text)::uuid FROM customers)",
        "true",
        "customer_id is",
    ),
    ("pairing_requests", "winner_mitra_id = gen_random_uuid()", "status = 'accepted'", "winner_mitra_id is"),
    ("pairing_waves", "mitra_ids = mitra_ids[2:]", "cardinality(mitra_ids) > 1", "its wave names 2"),
    (
        "pairing_waves",
        "mitra_ids = array_fill(mitra_ids[1], '{3}')",
        "cardinality(mitra_ids) = 3",
        "other mitras",
    ),
    ("pairing_answers", "answer = 'withdrawn'", "answer = 'declined'", "answers, its moves make"),
    (
        "chat_sessions",
        "expires_at = expires_at + interval '5 min'",
        "status = 'ended'",
        "the row's expires_at",
    ),
    (
        "chat_sessions",
        "end_reason = 'mitra_ended'",
        "status = 'ended'",
        "the row's end_reason is mitra_ended",
    ),
    (
        "session_extensions",
        "requested_price = 1",
        "true",
        "the row's requested_price is 1, its moves make it",
    ),
    ("mitras", "blocked_at = NULL", "blocked_at IS NOT NULL", "the row's blocked_at is None"),
    (
        "mitras",
        "last_heartbeat_at = last_heartbeat_at - interval '1 h'",
        "version > 1",
        "last_heartbeat_at is",
    ),
    ("customer_transactions", "amount = amount - 1", "kind = 'session'", "m5_consumed_is_charged_once"),
    (
        "customer_transactions",
        "kind = 'credited'",
        "kind = 'refunded'",
        "m6_failure_rows_agree_with_the_ledger",
    ),
    ("pairing_failures", "cause_tag = 'late_payment'", "superseded_at IS NULL", "m3_failures_follow_moves"),
    ("pairing_failures", "amount = amount - 1", "superseded_at IS NULL", "m3_failures_follow_moves"),
    ("pairing_failures", "operator_action = 'credited'", "operator_action = 'refunded'", "m6_failure_rows"),
    ("pairing_failures", "note = 'in cash'", "note IS NOT NULL", "seals_hold"),
    ("pairing_failures", "actioned_by = gen_random_uuid()", "note IS NOT NULL", "seals_hold"),
    ("payment_captures", "amount = amount + 1", "true", "m9_captures_follow_moves"),
    (
        "pricing_tiers_history",
        """after = jsonb_set(after, '{price}', '1')""",
        "true",
        "a4_tiers_are_their_history",
    ),
    ("pricing_tiers_history", "changed_by = NULL", "changed_by IS NOT NULL", "seals_hold"),
    ("app_config_history", "changed_by = NULL", "changed_by IS NOT NULL", "seals_hold"),
]


async def test_believable_changes(hands: Connection, subtests: pytest.Subtests) -> None:
    """Each is found by whoever is to find it, beginning with the sentence that is told first."""
    for table, change, where, said in BELIEVABLE:
        with subtests.test(table, change=change):
            async with taken_back(hands):
                changed = await hands.execute(
                    f"UPDATE {table} SET {change} WHERE ctid ="  # noqa: S608 - our own words
                    f" (SELECT ctid FROM {table} WHERE {where} ORDER BY ctid LIMIT 1)".encode()
                )
                assert changed.rowcount == 1
                told = str(await found(hands, table)) + " ".join(await broken(hands))
                assert said in told


FORGED: list[tuple[str, int, dict[str, object], str | None]] = [
    ("payment", 1, {"actor_type": "mitra"}, None),
    ("payment", 2, {"to_state": "abandoned"}, "to: the table decides confirmed, recorded is abandoned"),
    (
        "payment",
        2,
        {"facts": {"captured": False, "timeout_minutes": 20, "from_gateway": True}},
        "m9_captures_follow",
    ),
    ("payment", 2, {"facts": {"captured": True, "timeout_minutes": 21, "from_gateway": True}}, "expires_at"),
    ("payment", 3, {"cause_tag": "late_payment"}, "cause: the table decides None"),
    ("chat", 1, {"facts": {}}, "its facts are not those of start"),
    ("presence", 2, {"command": "go_offline"}, "the table ignores it: offline already"),
]


async def test_a_log_that_was_written_anew(hands: Connection, subtests: pytest.Subtests) -> None:
    """With all hashes made to fit again, a move that says something else is found by what follows from it.

    Who made a move follows from nothing: against that there is the chain alone, which then must not be
    written anew.
    """
    for machine, version, said, expected in FORGED:
        with subtests.test(machine, said=said):
            async with taken_back(hands):
                await forge(hands, machine, version, **said)
                report = await everything(hands)
                assert (expected or "None") in str(report.first)


async def test_swapped_bodies(hands: Connection) -> None:
    """Two moves that say what the other said."""
    async with taken_back(hands):
        await hands.execute(
            "UPDATE transitions t SET body = o.body FROM transitions o"
            " WHERE o.aggregate_id = t.aggregate_id AND o.machine = t.machine AND t.machine = 'payment'"
            " AND (t.version, o.version) IN ((1, 2), (2, 1))"
        )
        assert "its hash is not that of what it says" in str((await everything(hands)).first)
