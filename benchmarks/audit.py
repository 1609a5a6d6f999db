"""How many recorded moves an audit decides anew per second, on a database of its own. Prints JSON.

The log is that of whole evenings (paid, searched, accepted, ended), made by deciding them and written as the
server writes it. The books are asked too, and timed apart; there is no ledger here, so what they answer is
of no interest.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL

from halobestie_adapters import audit
from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres.aggregates import written
from halobestie_adapters.postgres.auditing import MACHINES, Scope, count, snapshot
from halobestie_adapters.postgres.migrations import migrate
from halobestie_adapters.postgres.packed import adapters
from halobestie_adapters.postgres.pool import conninfo
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.verifying import BOOKS, Unheard, look
from halobestie_core.audit import chained
from halobestie_core.machine import Moved
from halobestie_core.ports.store import SYSTEM
from halobestie_core.presence import MitraPresence
from halobestie_core.testing import CUSTOMER, World, chatting
from halobestie_core.words import Party

EVENINGS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
UNIT = load("unit")
_LOG = SQL(
    "INSERT INTO transitions (machine, aggregate_id, version, from_state, to_state, command, event,"
    " cause_tag, actor_type, actor_id, at, facts, body, fingerprint, previous_hash, hash)"
    " SELECT m.machine, m.aggregate_id, m.version, m.from_state, m.to_state, m.command, m.event, m.cause_tag,"
    " m.actor_type, m.actor_id, m.at, m.facts, %(body)s::text, m.fingerprint, %(previous)s, %(hash)s"
    " FROM jsonb_to_record(%(body)s::text::jsonb) AS m (machine text, aggregate_id uuid, version integer,"
    " from_state text, to_state text, command text, event text, cause_tag text, actor_type text,"
    " actor_id uuid, at timestamptz, facts jsonb, fingerprint text)"
)
_MITRA = SQL(
    "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at, version)"
    " VALUES (%(id)s, %(id)s::text, 'Sari', %(is_online)s, %(last_heartbeat_at)s, %(version)s)"
)


def evening(number: int) -> World:
    """Return an evening whose ids are its own."""
    world = World(ids=number * 100)
    mitra_id = world.new_id()
    world.mitras[mitra_id] = MitraPresence(mitra_id)
    world.go_online(mitra_id)
    chatting(world)
    world.end(Party.CUSTOMER)
    return world


def log(moves: list[Moved[Any]]) -> Iterator[dict[str, object]]:
    """Yield the rows of the log."""
    last: dict[object, bytes] = {}
    for move in audit.logged(moves):
        key, body = (audit.machine_of(move).name, move.after.id), audit.body(move, SYSTEM)
        previous = last.get(key)
        last[key] = chained(previous, body)
        yield {"body": body, "previous": previous, "hash": last[key]}


async def fill(conn: AsyncConnection[Any]) -> None:
    """Write all evenings."""
    await conn.execute("SET session_replication_role = replica")
    await conn.execute("INSERT INTO customers (id, display_name) VALUES (%s, 'Ayu')", [CUSTOMER])
    async with conn.transaction(), conn.pipeline():
        cursor = conn.cursor()
        for number in range(1, EVENINGS + 1):
            world = evening(number)
            for name, given in written(world.moves):
                if name == "update_presence":
                    await cursor.execute(_MITRA, given)
                elif name.startswith("insert"):
                    await cursor.execute(UNIT[name], given)
            for row in log(world.moves):
                await cursor.execute(_LOG, row)
    await conn.execute("RESET session_replication_role")
    await conn.execute("ANALYZE")


async def measured(url: str) -> dict[str, object]:
    """Fill a database and audit it."""
    await migrate(url)
    async with await AsyncConnection.connect(conninfo(url), autocommit=True, context=adapters()) as conn:
        await fill(conn)
        scopes = tuple(Scope(machine) for machine in MACHINES)
        async with snapshot(conn):
            moves = sum([await count(conn, scope) for scope in scopes])
            began = time.perf_counter()
            report = await look(conn, scopes, Unheard(), books=False)
            replayed = time.perf_counter() - began
            began = time.perf_counter()
            asked = await look(conn, (), Unheard(), books=True)
            books = time.perf_counter() - began
    assert report.first is None, str(report.first)
    return {
        "moves": moves,
        "moves_per_second": round(moves / replayed),
        "seconds": round(replayed, 2),
        "questions": asked.questions,
        "seconds_of_questions": round(books, 2),
        "known_to_the_books": len(BOOKS),
    }


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStores(folder, durable=False) as stores:
        print(json.dumps(asyncio.run(measured(stores.database_url)), indent=2))


if __name__ == "__main__":
    main()
