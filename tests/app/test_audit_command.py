"""``halobestie audit verify``: says what it looked at, names the first difference, and ends accordingly."""

import asyncio
import sys
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL

from support.desk import office
from support.program import Ran, Shell
from support.whole import lived

NOWHERE = "redis://127.0.0.1:1"


class Audit:
    """The command, on a database in which much has happened."""

    def __init__(self, shell: Shell, database_url: str) -> None:
        self.shell = shell
        self.database_url = database_url
        shell.variables |= {"DATABASE_URL": database_url, "VALKEY_URL": NOWHERE}
        asyncio.run(self._live())

    async def _live(self) -> None:
        async with office(self.database_url) as place:
            await lived(place)

    def verify(self, *words: str) -> Ran:
        """Type it."""
        return self.shell.run("audit", "verify", *words)

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """Do something by hand, past the triggers; the rows of the last statement."""

        async def run() -> list[tuple[object, ...]]:
            async with await AsyncConnection.connect(self.database_url, autocommit=True) as conn:
                await conn.execute("SET session_replication_role = replica")
                cursor = conn.cursor()
                for statement in statements:
                    await cursor.execute(SQL(statement))
                return await cursor.fetchall() if cursor.description else []

        return asyncio.run(run())


@pytest.fixture
def audit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> Audit:
    """The command, ready."""
    return Audit(Shell(monkeypatch, capsys, tmp_path), database_url)


def test_all_is_well(audit: Audit) -> None:
    """It counts what it looked at, and ends with status 0."""
    done = audit.verify()
    assert (done.status, done.errors) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[1] for line in lines[:5]] == [
        "payments",
        "requests",
        "chats",
        "extensions",
        "mitras",
    ]
    assert "questions about ledger, failures, captures, histories and rows" in lines[5]
    assert "moves per second" in lines[6]
    assert "Everything is as it was decided." in lines
    assert "Anchor" not in done.out  # nothing is a minute old


@pytest.mark.unsound("plants what an audit is to find")
def test_the_first_difference(audit: Audit) -> None:
    """A row that was changed by hand is named, with status 1."""
    audit.sql("UPDATE chat_sessions SET end_reason = 'time_up' WHERE status = 'ended'")
    ((chat,),) = audit.sql("SELECT id FROM chat_sessions WHERE status = 'ended'")
    done = audit.verify()
    assert done.status == 1
    told = f"chat {chat}: the row's end_reason is time_up, its moves make it customer_ended"
    assert f"The first difference:\n{told}\n" in done.out
    assert "Everything" not in done.out


@pytest.mark.unsound("plants what an audit is to find")
def test_several_differences(audit: Audit) -> None:
    """The first is named, the others counted; a broken book is a difference too."""
    audit.sql("UPDATE payment_sessions SET duration_minutes = 6", "DELETE FROM payment_captures")
    done = audit.verify()
    assert done.status == 1
    assert "the row's duration_minutes is 6, its moves make it 5" in done.out
    assert "in all." in done.out


@pytest.mark.unsound("plants what an audit is to find")
def test_a_part(audit: Audit) -> None:
    """Of a part the log is looked at and the books are not; what is elsewhere is not seen."""
    audit.sql("UPDATE payment_sessions SET duration_minutes = 6")
    ((chat,),) = audit.sql("SELECT id FROM chat_sessions WHERE status = 'ended'")
    chats = audit.verify("--aggregate", "chat_sessions")
    assert chats.status == 0
    assert "2 chats" in chats.out
    assert "payments" not in chats.out
    assert "questions" not in chats.out
    one = audit.verify("--aggregate", "chat", "--id", str(chat))
    assert one.status == 0
    assert "1 chats" in one.out
    assert audit.verify("--aggregate", "payment").status == 1


def test_since(audit: Audit) -> None:
    """Only what moved since then is looked at; a day and an instant will do."""
    assert "10 payments" in audit.verify("--since", "2020-01-01").out
    assert "0 payments" in audit.verify("--since", "2120-01-01T00:00:00Z").out


def test_what_is_not_understood(audit: Audit) -> None:
    """Each mistake has its line."""
    gone = audit.verify("--aggregate", "chat", "--id", "00000000-0000-0000-0000-000000000001")
    assert gone.status == 1
    assert "there is no chat 00000000" in gone.errors
    for words, said in (
        (("--id", "00000000-0000-0000-0000-000000000001"), "--id needs --aggregate"),
        (("--aggregate", "unicorn"), "unicorn"),
        (("--since", "yesterday"), "'yesterday' is no instant"),
        (("--anchor", "yesterday"), "'yesterday' is no anchor"),
    ):
        wrong = audit.verify(*words)
        assert wrong.status == 2
        assert said in wrong.errors


def test_an_anchor(audit: Audit) -> None:
    """A log that was written anew, hashes and all, is not the one that was anchored."""
    audit.sql("UPDATE transitions SET at = at - interval '1 hour'")
    late = audit.verify().out  # the columns differ now from what was hashed; the hashes are as they were
    assert "what was hashed says" in late
    audit.sql("UPDATE transitions SET at = (body::jsonb ->> 'at')::timestamptz")
    ((last,),) = audit.sql("SELECT max(id) FROM transitions")
    ((digest,),) = audit.sql(
        "SELECT encode(sha256(string_agg(hash, ''::bytea ORDER BY id)), 'hex') FROM transitions"
    )
    assert audit.verify("--anchor", f"{last}:{digest}").status == 0
    # Who made the last move of a payment follows from nothing; its hash can be made to fit.
    audit.sql(
        "CREATE TEMP TABLE forged AS SELECT id, replace(body, '\"customer\"', '\"mitra\"') AS said"
        " FROM transitions WHERE command = 'abandon'",
        "UPDATE transitions t SET body = said, actor_type = 'mitra',"
        " hash = sha256(t.previous_hash || convert_to(said, 'UTF8')) FROM forged f WHERE f.id = t.id",
    )
    assert audit.verify().status == 0
    found = audit.verify("--anchor", f"{last}:{digest}")
    assert found.status == 1
    assert "What was recorded until then is not what it was" in found.out


def test_migrations_that_are_missing(audit: Audit) -> None:
    """A database that is not up to date is not judged."""
    audit.sql("DELETE FROM schema_migrations WHERE name = (SELECT max(name) FROM schema_migrations)")
    behind = audit.verify()
    assert behind.status == 1
    assert "migrations are missing: 00" in behind.errors


def test_progress_on_a_terminal(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars grow on a terminal, on standard error, and nowhere else."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    done = audit.verify()
    assert done.status == 0
    assert "moves" in done.errors
    assert "questions" in done.errors
    assert "Everything is as it was decided." in done.out


def test_embedded_stores(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data_dir: Path
) -> None:
    """Without an address it starts the data folder's own stores, as every command does."""
    shell = Shell(monkeypatch, capsys, data_dir)
    assert shell.run("migrate").status == 0
    done = shell.run("audit", "verify")
    assert (done.status, done.errors) == (0, "")
    assert "0 payments" in done.out
