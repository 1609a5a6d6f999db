"""What the server's log-in may do: its work, and nothing that the catalogue shows to be for ever."""

import asyncio
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres import roles
from halobestie_adapters.postgres.migrations import MigrationRefused, migrate, pending
from halobestie_adapters.postgres.pool import conninfo

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

APPEND_ONLY = {
    "app_config_history",
    "customer_transactions",
    "erasures",
    "operator_changes",
    "pairing_failures",
    "payment_captures",
    "pricing_promotions_history",
    "pricing_tiers_history",
    "transitions",
}
OPERATORS = {"operator_action", "note", "actioned_by", "actioned_at", "superseded_at"}
FOREVER = {
    *APPEND_ONLY,
    *("customers", "mitras", "cc_users", "payment_sessions", "payment_invoices", "pairing_requests"),
    *("pairing_waves", "pairing_answers", "chat_sessions", "chat_keys", "session_extensions"),
    *("pricing_tiers", "pricing_promotions", "app_config", "webhook_inbox", "deployment_keys"),
    *("report_progress", "schema_migrations"),
}
"""Tables of which the server deletes no row."""

DDL = (
    "CREATE TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "CREATE INDEX mine ON transitions (at)",
    "ALTER TABLE transitions DISABLE TRIGGER ALL",
    "ALTER TABLE transitions ADD COLUMN mine int",
    "ALTER TABLE transitions OWNER TO halobestie_app",
    "DROP TABLE transitions",
    "DROP TRIGGER transitions_append_only ON transitions",
    "CREATE OR REPLACE FUNCTION refuse_by_rule() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET ROLE halobestie",
    "SET session_replication_role = replica",
    "INSERT INTO schema_migrations (name, checksum) VALUES ('9999_mine', '')",
    "COPY transitions TO PROGRAM 'cat'",
)


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Connection]:
    """Whoever migrated."""
    async with await AsyncConnection.connect(conninfo(database_url), autocommit=True) as conn:
        yield conn


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Connection]:
    """A server."""
    url = roles.as_server(database_url)
    async with await AsyncConnection.connect(conninfo(url), autocommit=True) as conn:
        yield conn


async def names(conn: Connection, query: str) -> set[str]:
    """One column of what a query finds."""
    return {str(name) for (name,) in await (await conn.execute(query)).fetchall()}


async def is_refused(conn: Connection, statement: SQL | Composed) -> None:
    """See that the role may not do that, rather than a rule of ours being against it."""
    with pytest.raises(InsufficientPrivilege):
        await conn.execute(statement)


async def test_what_is_for_ever_is_found(owner: Connection) -> None:
    """The tables that refuse to lose a row are those that we think of."""
    query = (
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgfoid = 'refuse_by_rule'::regproc AND tgtype & 8 <> 0"
    )
    assert await names(owner, query) == APPEND_ONLY


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
async def test_append_only(server: Connection, table: str) -> None:
    """No row can be changed, deleted or swept away, in any column but the operators'."""
    name = Identifier(table)
    query = (
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = ''"
    )
    columns = {column for (column,) in await (await server.execute(query, [table])).fetchall()}
    for column in columns - (OPERATORS if table == "pairing_failures" else set()):
        change = SQL("UPDATE {} SET {column} = DEFAULT").format(name, column=Identifier(column))
        await is_refused(server, change)
    await is_refused(server, SQL("DELETE FROM {}").format(name))
    await is_refused(server, SQL("DELETE FROM {} WHERE false").format(name))
    await is_refused(server, SQL("TRUNCATE {}").format(name))
    await is_refused(server, SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(name))
    await is_refused(server, SQL("DROP TABLE {}").format(name))


async def test_operators_act_on_failures(server: Connection) -> None:
    """The columns that are set once can be, as far as rights go."""
    for column in OPERATORS:
        change = SQL("UPDATE pairing_failures SET {column} = {column}").format(column=Identifier(column))
        await server.execute(change)


@pytest.mark.parametrize("statement", DDL)
async def test_nothing_but_rows(server: Connection, statement: LiteralString) -> None:
    """The server makes, changes and grants nothing, and is nobody else."""
    await is_refused(server, SQL(statement))


async def test_not_even_temporary_tables(owner: Connection, server: Connection) -> None:
    """One of a name of ours would be found before ours; whoever migrates may make them."""
    await roles.grant(owner)  # rights on a database are not copied with it, as ours was
    await is_refused(server, SQL("CREATE TEMP TABLE transitions (id int)"))
    await owner.execute("CREATE TEMP TABLE mine (id int)")


async def test_every_table_has_its_rights(server: Connection) -> None:
    """All can be read; rows go only from what is kept for a time; nothing can be truncated."""
    every = await names(server, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    deletable = {
        table
        for table in every
        if (await (await server.execute("SELECT has_table_privilege(%s, 'DELETE')", [table])).fetchone())
        == (True,)
    }
    assert every - deletable == FOREVER, "a new table: what may be done with it stands in roles.sql"
    for table in every:
        asked = (
            "SELECT has_table_privilege(%(of)s, 'SELECT'), has_table_privilege(%(of)s, 'TRUNCATE, TRIGGER')"
        )
        assert await (await server.execute(asked, {"of": table})).fetchone() == (True, False), table
    assert await roles.excess(server) == []


async def test_who_could_do_more_steps_down(database_url: str, server: Connection) -> None:
    """A server with the owner's log-in works as the group, and is told that it could step back up."""
    assert await roles.stepped_down(roles.as_server(database_url)) == roles.as_server(database_url)
    url = await roles.stepped_down(database_url)
    async with await AsyncConnection.connect(conninfo(url), autocommit=True) as conn:
        assert await names(conn, "SELECT current_user") == {roles.GROUP}
        assert await names(conn, "SHOW lock_timeout") == {"2s"}, "beside our other settings"
        await is_refused(conn, SQL("DELETE FROM transitions"))
        await is_refused(conn, SQL("CREATE TABLE mine (id int)"))
        (said,) = await roles.excess(conn)
        assert said == "has stepped down from halobestie, and could step back up"


async def test_a_server_cannot_migrate(empty_database_url: str, database_url: str) -> None:
    """It says which variable is missing; where nothing is to be done it asks for no right."""
    assert await migrate(roles.as_server(database_url)) == []
    with pytest.raises(MigrationRefused, match="MIGRATION_DATABASE_URL"):
        await migrate(roles.as_server(empty_database_url))


async def test_each_migration_grants(owner: Connection, server: Connection) -> None:
    """A table of a later migration is the server's to work on; what must stay is seen from its guard."""
    await owner.execute("CREATE TABLE later (id int)")
    await owner.execute("CREATE TABLE stays (id int)")
    await owner.execute(
        "CREATE TRIGGER stays_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stays"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule()"
    )
    assert not await roles.are_granted(owner)
    await roles.grant(owner)
    assert await roles.are_granted(owner)
    await server.execute("DELETE FROM later")
    await server.execute("INSERT INTO stays VALUES (1)")
    await is_refused(server, SQL("DELETE FROM stays"))
    await is_refused(server, SQL("UPDATE stays SET id = 2"))


def of(url: str, user: str, database: str) -> str:
    """The same store by another log-in."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}@{host}", path=f"/{database}").geturl()


async def test_where_no_role_may_be_made(own_stores: EmbeddedStores) -> None:
    """Migrations run all the same; once somebody has made the group, the next run gives it its rights."""
    url = of(own_stores.database_url, "landlord", "flat")
    with psycopg.connect(own_stores.database_url, autocommit=True) as admin:
        admin.execute("CREATE ROLE landlord LOGIN")
        admin.execute("CREATE DATABASE flat OWNER landlord")
        assert await migrate(url)
        assert await migrate(url) == []
        assert await roles.stepped_down(url) == url
        async with await AsyncConnection.connect(conninfo(url), autocommit=True) as conn:
            assert await pending(conn) == []
            assert not await roles.are_granted(conn)
            said = "\n".join(await roles.excess(conn))
            assert "may make tables" in said
            assert "transitions" in said
        admin.execute("CREATE ROLE halobestie_app")
        assert await migrate(url) == []
        admin.execute("CREATE ROLE tenant LOGIN IN ROLE halobestie_app")
        async with await AsyncConnection.connect(conninfo(of(url, "tenant", "flat"))) as conn:
            assert await roles.are_granted(conn)
            assert await roles.excess(conn) == []
        admin.execute("GRANT halobestie_app TO landlord")
        assert "role=halobestie_app" in await roles.stepped_down(url)


async def test_two_databases_at_once(own_stores: EmbeddedStores) -> None:
    """Roles are the cluster's: whoever is second to make them finds them made."""
    urls = [of(own_stores.database_url, "halobestie", name) for name in ("one", "two", "three")]
    with psycopg.connect(own_stores.database_url, autocommit=True) as admin:
        for name in ("one", "two", "three"):
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    await asyncio.gather(*(migrate(url) for url in urls))
    await asyncio.gather(*(roles.make_login(url) for url in urls))
    for url in urls:
        async with await AsyncConnection.connect(conninfo(roles.as_server(url))) as conn:
            assert await roles.are_granted(conn)


NEEDS = re.compile(r"\b(INSERT|UPDATE|DELETE)(?: INTO| FROM)? (?!SKIP|OF|SET)([a-z_]{3,})")


async def test_statements_are_within_the_rights(server: Connection) -> None:
    """Whatever our statements write, the server's log-in may; nothing is granted that none of them needs."""
    needed: set[tuple[str, str]] = {("schema_migrations", "SELECT")}
    for file in files("halobestie_adapters.postgres").joinpath("sql").iterdir():
        if not file.name.endswith(".sql") or file.name in ("migrations.sql", "roles.sql"):
            continue
        for statement in re.split(r"^-- name:", file.read_text("utf-8"), flags=re.MULTILINE):
            text = re.sub(r"--.*", "", statement)
            for right, table in NEEDS.findall(text):
                needed.add((table, right))
            for before in text.split("DO UPDATE")[:-1]:
                *_, (_, table) = NEEDS.findall(before)
                needed.add((table, "UPDATE"))
    given = await (
        await server.execute(
            "SELECT tablename, p FROM pg_tables, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) p"
            " WHERE schemaname = 'public' AND (has_table_privilege(tablename, p)"
            " OR p <> 'DELETE' AND has_any_column_privilege(tablename, p))"
        )
    ).fetchall()
    tables = {table for table, _ in given}
    needed = {(table, right) for table, right in needed if table in tables}
    assert needed - set(given) == set()
    assert set(given) - needed == set()
