"""The invariants asked in SQL: silent on a consistent world, each heard when its contradiction is planted."""

from pathlib import Path

import pytest
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from halobestie_adapters.postgres.invariants import Q, Violation, check, moves
from support.paragraphs import paragraphs

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

PLANTED = list(paragraphs(Path(__file__).with_name("contradictions.sql"), "heard by"))


async def test_silent_on_an_empty_database(conn: Connection) -> None:
    """A new database breaks nothing."""
    assert await check(conn) == []


async def test_silent_on_a_consistent_world(world: Connection) -> None:
    """Payments, requests, chats, failures, fallbacks and refunds that are as they should be break nothing."""
    assert await check(world) == []


async def test_each_contradiction_is_heard(world: Connection, subtests: pytest.Subtests) -> None:
    """Each planted contradiction is heard by its invariant, and taken back afterwards."""
    await drop_what_would_refuse(world)
    for name, plant in PLANTED:
        with subtests.test(name, plant=plant):
            assert await after_planting(world, plant, name), "nothing was heard"
    assert await check(world) == [], "what was planted was not taken back"


async def test_only_what_holds_at_every_commit(world: Connection) -> None:
    """What only holds in time can be left out, for a database on which nothing works."""
    await world.execute(
        "UPDATE payment_sessions SET wake_at = ago(1), expires_at = ago(1) WHERE id = u('eka pays')"
    )
    assert [violation.name for violation in await check(world)] == ["t3_nothing_overdue"]
    assert await check(world, eventual=False) == []


def test_every_invariant_has_its_contradiction() -> None:
    """No invariant is there that was never seen to speak; each says whether it holds always or in time."""
    assert {name for name, _ in PLANTED} == set(Q)
    assert all(text.startswith(("S. ", "E ")) for text in Q.descriptions.values())


def test_moves_come_from_the_tables() -> None:
    """The moves that may be recorded are those of the core's five tables, births and causes included."""
    known = moves()
    assert {move["machine"] for move in known} == {"payment", "pairing", "chat", "extension", "presence"}
    assert {
        "machine": "payment",
        "from_state": "confirmed",
        "command": "fail",
        "to_state": "failed_pairing",
        "cause_tag": None,
        "carried": True,
    } in known
    assert {
        "machine": "pairing",
        "from_state": None,
        "command": "open",
        "to_state": "pending",
        "cause_tag": None,
        "carried": False,
    } in known


def test_a_violation_says_what_is_wrong() -> None:
    """A violation reads as a sentence, with the first rows and the number of the others."""
    violation = Violation(
        "x1_thing", "S. A thing is one.", ({"id": 1, "n": 2}, {"id": 2}, {"id": 3}, {"id": 4})
    )
    assert str(violation) == "x1_thing: S. A thing is one. Broken by: id=1, n=2; id=2; id=3 and 1 more"


async def after_planting(conn: Connection, plant: str, name: str) -> list[TupleRow]:
    """What one invariant says once a contradiction was planted; nothing of it stays."""
    async with conn.transaction(force_rollback=True):
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute(sql.SQL(plant), prepare=False)
        return await (await conn.execute(Q[name], {"moves": Jsonb(moves())})).fetchall()


async def drop_what_would_refuse(conn: Connection) -> None:
    """Drop every CHECK and unique index but the keys: this is about the second opinion, not the first."""
    rows = await (
        await conn.execute(
            "SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', c.relname, k.conname)"
            " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            " WHERE k.contype IN ('c', 'u') AND c.relnamespace = 'public'::regnamespace"
            " UNION ALL"
            " SELECT format('DROP INDEX %I', c.relname)"
            " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indisunique AND NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace"
            " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)"
        )
    ).fetchall()
    for (statement,) in rows:
        await conn.execute(sql.SQL(statement))
