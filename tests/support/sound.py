"""Asks a test's database, when the test is over, whether all holds that must hold at every commit.

It is the default for whoever has a database (`stores.database_url`). A test that makes up rows past the
stores says so, with the reason, and names the invariants that may then speak; without names, none is asked:

    @pytest.mark.unsound("moves deadlines by hand", "h4_time_adds_up")

Asked a thousand times a run, so everything goes in one text and one round trip (planning is what it costs),
and nothing is asked of tables that nobody ever wrote to.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Collection
from functools import cache

import psycopg
import pytest
from psycopg import sql

MARKER = "unsound(reason, *invariants): this test's database may break these invariants, or any; says why"

_EMPTY = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    " AND pg_relation_size(oid) = 0"
)
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"


def excused(node: pytest.Item) -> frozenset[str] | None:
    """Return which invariants a test's database need not keep; ``None``: any."""
    found: set[str] = set()
    for marker in node.iter_markers("unsound"):
        reason, *names = marker.args
        assert isinstance(reason, str), f"{node.nodeid}: say why"
        if not names:
            return None
        unknown = set(names) - set(_questions())
        assert not unknown, f"{node.nodeid}: no invariants of these names are asked: {unknown}"
        found |= set(names)
    return frozenset(found)


def broken(url: str, but: Collection[str] = ()) -> list[str]:
    """Return every invariant that does not hold in this database, as a sentence with its rows."""
    with psycopg.connect(url, autocommit=True, options="-c jit=off -c statement_timeout=60s") as connection:
        empty = {name for (name,) in connection.execute(_EMPTY)}
        written = {name for (name,) in connection.execute(_TABLES)} - empty
        asked = [
            name
            for name, tables in _tables(frozenset(empty | written)).items()
            if name not in but and (not tables or tables & written)
        ]
        suspects = _suspects(connection, asked)
    return asyncio.run(_said(url, but)) if suspects else []


def _suspects(connection: psycopg.Connection, asked: list[str]) -> list[str]:
    """Return whose question has an answer; a text without parameters may hold many statements."""
    cursor = connection.execute(sql.SQL("\n;\n").join(sql.SQL(_questions()[name]) for name in asked))
    found = []
    for place, name in enumerate(asked):
        if place:
            cursor.nextset()
        if cursor.rowcount:
            found.append(name)
    return found


async def _said(url: str, but: Collection[str]) -> list[str]:
    from halobestie_adapters.postgres.invariants import check  # noqa: PLC0415 - the core's tests need none of it

    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return [str(one) for one in await check(connection, eventual=False) if one.name not in but]


@cache
def _questions() -> dict[str, str]:
    """What must hold at every commit, each as a statement that needs no parameters."""
    from halobestie_adapters.postgres.invariants import Q, moves  # noqa: PLC0415 - the same

    known = sql.Literal(json.dumps(moves())).as_string()
    return {
        name: text.replace("%(moves)s", known).replace("%%", "%")
        for name, text in Q.items()
        if Q.descriptions[name].startswith("S. ")
    }


@cache
def _tables(there: frozenset[str]) -> dict[str, frozenset[str]]:
    """Which tables each question reads."""
    return {name: there & set(re.findall(r"\w+", text)) for name, text in _questions().items()}
