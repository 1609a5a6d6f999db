"""The migration runner."""

import asyncio

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_adapters.postgres.migrations import Migration, MigrationRefused, migrate, pending, read
from halobestie_adapters.postgres.pool import conninfo

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

FILES = {
    "0001_a.sql": "CREATE TABLE a (x int); INSERT INTO a VALUES (1);",
    "0002_b.sql": "CREATE TABLE b (share text DEFAULT '50%');",
    "0003_c.sql": "INSERT INTO a VALUES (3);",
}


def first(count: int) -> tuple[Migration, ...]:
    """The first migrations of three."""
    return read(FILES)[:count]


async def numbers(url: str) -> list[int]:
    """What the migrations that ran have written."""
    async with await AsyncConnection.connect(conninfo(url)) as conn:
        return [x for (x,) in await (await conn.execute("SELECT x FROM a ORDER BY x")).fetchall()]


async def test_runs_what_is_missing_in_order(empty_database_url: str) -> None:
    """Each file runs once, in order; a second run finds nothing to do."""
    assert await migrate(empty_database_url, first(2)) == ["0001_a", "0002_b"]
    assert await migrate(empty_database_url, first(3)) == ["0003_c"]
    assert await migrate(empty_database_url, first(3)) == []
    assert await numbers(empty_database_url) == [1, 3]


async def test_our_own_files(empty_database_url: str, conn: Connection) -> None:
    """Our own migrations run on an empty database, and leave nothing pending in a fresh one."""
    assert await migrate(empty_database_url) == [migration.name for migration in read()]
    assert await pending(conn) == []


async def test_four_at_once(empty_database_url: str) -> None:
    """Four instances that start together run every file exactly once between them."""
    applied = await asyncio.gather(*(migrate(empty_database_url, read(FILES)) for _ in range(4)))
    assert sorted(name for names in applied for name in names) == ["0001_a", "0002_b", "0003_c"]
    assert await numbers(empty_database_url) == [1, 3]


async def test_pending_names_what_is_missing(empty_database_url: str) -> None:
    """What is pending is told without running or writing anything."""
    async with await AsyncConnection.connect(conninfo(empty_database_url), autocommit=True) as conn:
        assert await pending(conn, first(2)) == ["0001_a", "0002_b"]
        assert await (await conn.execute("SELECT to_regclass('schema_migrations')")).fetchone() == (None,)
        assert await migrate(conn, first(1)) == ["0001_a"]
        assert await pending(conn, first(2)) == ["0002_b"]


async def test_failing_file_leaves_nothing(empty_database_url: str) -> None:
    """A file that fails leaves no trace of itself, keeps those before it, and gives the lock back."""
    broken = read({**FILES, "0002_b.sql": "INSERT INTO a VALUES (2); SELECT 1 / 0;"})
    with pytest.raises(Exception, match="division by zero"):
        await migrate(empty_database_url, broken)
    assert await numbers(empty_database_url) == [1]
    assert await migrate(empty_database_url, first(3)) == ["0002_b", "0003_c"]


async def test_changed_file_is_refused(empty_database_url: str) -> None:
    """A file that was edited after it ran stops everything, and the sentence says which."""
    await migrate(empty_database_url, first(1))
    edited = read({**FILES, "0001_a.sql": FILES["0001_a.sql"] + "\n"})
    with pytest.raises(MigrationRefused, match="0001_a was changed after it ran"):
        await migrate(empty_database_url, edited)
    with pytest.raises(MigrationRefused, match="0001_a was changed"):
        async with await AsyncConnection.connect(conninfo(empty_database_url), autocommit=True) as conn:
            await pending(conn, edited)
    assert await numbers(empty_database_url) == [1]


async def test_missing_earlier_file_is_refused(empty_database_url: str) -> None:
    """A file that ran but is gone stops everything while later files are there."""
    await migrate(empty_database_url, first(2))
    with pytest.raises(MigrationRefused, match="0002_b ran here, but its file is gone"):
        await migrate(empty_database_url, (*first(1), *first(3)[2:]))


async def test_slipped_in_file_is_refused(empty_database_url: str) -> None:
    """A file that would have to run before one that has run already is refused."""
    await migrate(empty_database_url, (*first(1), *first(3)[2:]))
    with pytest.raises(MigrationRefused, match="0002_b has not run, but the later 0003_c has"):
        await migrate(empty_database_url, first(3))


async def test_database_ahead_of_us_is_current(empty_database_url: str) -> None:
    """An older instance beside a newer database has nothing to do and nothing to complain of."""
    await migrate(empty_database_url, first(3))
    assert await migrate(empty_database_url, first(2)) == []


@pytest.mark.parametrize(
    "source, complaint",
    [
        ({"1_a.sql": ""}, "not named NNNN_name.sql"),
        ({"0001_a.sql": "", "0001_b.sql": ""}, "0001_a.sql and 0001_b.sql have the same number"),
    ],
)
def test_bad_names(source: dict[str, str], complaint: str) -> None:
    """A file whose name does not say its place is refused before anything runs."""
    with pytest.raises(MigrationRefused, match=complaint):
        read(source)
