"""Hands that change a database past everything that would refuse it. Knows no test."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from attrs import frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg.sql import SQL, Composed, Identifier
from psycopg.types.json import Jsonb

from halobestie_adapters.postgres import invariants
from halobestie_adapters.postgres.auditing import MACHINES, Scope
from halobestie_adapters.postgres.verifying import BOOKS, Report, Unheard, look
from halobestie_core.audit import chained

Connection = AsyncConnection[TupleRow]

# The tables of which every row is audited, and the machine whose log made them, if one did.
AUDITED: Final[dict[str, str | None]] = {
    "transitions": None,
    "payment_sessions": "payment",
    "pairing_requests": "pairing",
    "pairing_waves": "pairing",
    "pairing_answers": "pairing",
    "chat_sessions": "chat",
    "session_extensions": "extension",
    "mitras": "presence",
    "payment_captures": None,
    "pairing_failures": None,
    "customer_transactions": None,
    "pricing_tiers": None,
    "pricing_tiers_history": None,
    "pricing_promotions": None,
    "pricing_promotions_history": None,
    "app_config": None,
    "app_config_history": None,
    "operator_changes": None,
}

# What a value of each type may be changed into.
_OTHERS: Final = {
    "uuid": "gen_random_uuid()",
    "text": "coalesce({column}, '') || '?'",
    "boolean": "NOT coalesce({column}, false)",
    "integer": "coalesce({column}, 0) + 1",
    "bigint": "coalesce({column}, 0) + 1000000",
    "numeric": "coalesce({column}, 0) + 1",
    "timestamp with time zone": "coalesce({column}, clock_timestamp()) + interval '1 microsecond'",
    "jsonb": """'{{"forged": true}}'""",
    "bytea": "sha256('forged')",
    "ARRAY": "array_append({column}, gen_random_uuid())",
}


@frozen
class Column:
    """A column as the database describes it."""

    table: str
    name: str
    kind: str
    nullable: bool

    @property
    def other(self) -> SQL | Composed:
        """Say another value than the one that stands."""
        return SQL(_OTHERS[self.kind]).format(column=Identifier(self.name))


async def columns(conn: Connection) -> list[Column]:
    """Every column that can be written of the tables that are audited."""
    query = (
        "SELECT table_name, column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = ANY (%s) AND is_generated = 'NEVER'"
        " ORDER BY table_name, ordinal_position"
    )
    found = await (await conn.execute(SQL(query), [list(AUDITED)])).fetchall()
    return [Column(*row) for row in found]


async def disarm(conn: Connection) -> None:
    """Switch off triggers and references for this connection, and drop what else would refuse a value."""
    await conn.execute("SET session_replication_role = replica")
    query = (
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype = 'c' AND conrelid::regclass::text = ANY (%s)"
    )
    for table, name in await (await conn.execute(SQL(query), [list(AUDITED)])).fetchall():
        drop = SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(Identifier(table), Identifier(name))
        await conn.execute(drop)
    query = (
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = ANY (%s) AND is_identity = 'YES'"
    )
    for table, name in await (await conn.execute(SQL(query), [list(AUDITED)])).fetchall():
        drop = SQL("ALTER TABLE {} ALTER {} DROP IDENTITY").format(Identifier(table), Identifier(name))
        await conn.execute(drop)


@asynccontextmanager
async def taken_back(conn: Connection) -> AsyncIterator[None]:
    """Whatever is done inside is undone."""
    async with conn.transaction(force_rollback=True):
        yield


async def found(conn: Connection, table: str) -> str | None:
    """Audit, beginning where a difference of this table is likely; the first difference, if there is one."""
    machine = AUDITED[table]
    if machine is not None:
        report = await look(conn, (Scope(machine),), Unheard(), books=False)
        if report.first is not None:
            return str(report.first)
    report = await everything(conn)
    return None if report.first is None else str(report.first)


async def everything(conn: Connection) -> Report:
    """Audit everything."""
    return await look(conn, tuple(Scope(machine) for machine in MACHINES), Unheard(), books=True)


async def broken(conn: Connection) -> list[str]:
    """Every question about the books whose answer is wrong, by name."""
    wrong = [violation.name for violation in await invariants.ask(conn, eventual=False)]
    for name, question in BOOKS.items():
        if await (await conn.execute(question)).fetchone() is not None:
            wrong.append(name)
    return wrong


async def rows_of(conn: Connection, table: str) -> list[str]:
    """Where the rows of a table are, in the order of what they are known by."""
    order = {"pairing_waves": "pairing_request_id, number", "app_config": "key", "pricing_promotions": "key"}
    query = SQL("SELECT ctid::text FROM {} ORDER BY {}").format(
        Identifier(table), SQL(order.get(table, "id"))
    )
    return [row[0] for row in await (await conn.execute(query)).fetchall()]


async def forge(conn: Connection, machine: str, version: int, **said: object) -> None:
    """Let the first move of such a version say something else, in columns, body and every hash after it."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        query = "SELECT aggregate_id FROM transitions WHERE machine = %s AND version = %s ORDER BY id LIMIT 1"
        found = await (await cursor.execute(SQL(query), [machine, version])).fetchone()
        assert found is not None
        query = "SELECT * FROM transitions WHERE aggregate_id = %s AND machine = %s ORDER BY version"
        log = await (await cursor.execute(SQL(query), [found["aggregate_id"], machine])).fetchall()
    previous: bytes | None = None
    for row in log:
        changed = said if row["version"] == version else {}
        body = _text(json.loads(row["body"]) | changed)
        set_columns = {**changed, "body": body, "previous_hash": previous, "hash": chained(previous, body)}
        await _set(conn, row["id"], set_columns)
        previous = chained(previous, body)


def _text(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


async def _set(conn: Connection, row_id: int, values: dict[str, object]) -> None:
    parts = SQL(", ").join(SQL("{} = %s").format(Identifier(name)) for name in values)
    given = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
    await conn.execute(SQL("UPDATE transitions SET {} WHERE id = %s").format(parts), [*given, row_id])
