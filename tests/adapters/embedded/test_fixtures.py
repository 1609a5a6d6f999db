"""What the fixtures of `support.stores` promise: fresh, migrated, one's own, and checked."""

from collections.abc import Iterator

import psycopg
import pytest
import redis
from psycopg import sql

MADE = "kept"


@pytest.mark.parametrize("turn", [1, 2])
def test_database_is_fresh(database_url: str, turn: int) -> None:
    """Each test has the migrated tables and nothing of the test before."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (0,)
        connection.execute(sql.SQL("CREATE TABLE {} ()").format(sql.Identifier(MADE)))


def test_empty_database(empty_database_url: str) -> None:
    """The database for tests of migrations has no table."""
    with psycopg.connect(empty_database_url) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (0,)


@pytest.mark.parametrize("turn", [1, 2])
def test_valkey_is_fresh(valkey_url: str, turn: int) -> None:
    """Each test has a database of Valkey with nothing in it, and not the first one."""
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0
        assert client.client_info()["db"] != 0
        client.set(MADE, 1)


@pytest.fixture(scope="module")
def forgotten() -> Iterator[list[psycopg.Connection]]:
    """Connections that outlive their test."""
    connections: list[psycopg.Connection] = []
    yield connections
    for connection in connections:
        connection.close()


def test_dropped_under_a_session(database_url: str, forgotten: list[psycopg.Connection]) -> None:
    """A session that a test forgot, amid a transaction, does not keep its database from being dropped."""
    forgotten.append(psycopg.connect(database_url))
    forgotten[0].execute("SELECT 1")


def test_sound(database_url: str) -> None:
    """A database in which nothing happened passes the invariants."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT 1")
