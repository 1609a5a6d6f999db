"""What is kept for a time only: rows aged by hand go when they are old, and none before; what stays holds."""

from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import pytest
from attrs import frozen
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres import invariants
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.retention import PostgresRetention
from halobestie_app.environment import read
from halobestie_app.usecases import chats
from halobestie_app.wiring.keeping import retention
from halobestie_app.workers.housekeeping import Housekeeping
from support.talking import Chat, Parlour, parlour

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
YEAR = 365 * DAY


@frozen
class Attic:
    """Where people talk, and what sweeps there."""

    talking: Parlour
    kept: PostgresRetention

    async def sql(self, query: LiteralString, *values: object) -> list[tuple[object, ...]]:
        """Run one statement."""
        return await self.talking.office.sql(SQL(query), *values)

    async def ended(self, messages: int = 3) -> Chat:
        """A chat that is over, with closing words."""
        chat = await self.talking.chat()
        for number in range(messages):
            await self.talking.said(chat.customer if number % 2 else chat.mitra, chat, f"marker {number}")
        words = chats.LastWords(self.talking.messages, "marker farewell")
        await chats.end_by_customer(self.talking.office.desk, chat.customer.id, chat.id, words)
        return chat

    async def age(self, chat: Chat, by: timedelta) -> None:
        """Let it have ended so long ago."""
        await self.sql("UPDATE chat_sessions SET ended_at = ended_at - %s WHERE id = %s", by, chat.id)

    async def complaints(self) -> list[str]:
        """Invariants that do not hold."""
        async with self.talking.office.pool.connection() as conn:
            return [str(one) for one in await invariants.check(conn, eventual=False)]


@pytest.fixture
async def attic(database_url: str) -> AsyncIterator[Attic]:
    """A fresh one."""
    async with parlour(database_url) as talking:
        yield Attic(talking, PostgresRetention(talking.office.pool))


async def test_old_chats_are_purged_whole(attic: Attic) -> None:
    """A chat that ended a year ago loses keys, messages and closing words; others lose nothing."""
    old, young, live = await attic.ended(), await attic.ended(), await attic.talking.chat()
    await attic.talking.said(live.customer, live, "still here")
    await attic.age(old, YEAR + DAY)
    await attic.age(young, YEAR - DAY)
    assert await attic.kept.messages(YEAR, 100) == 3
    assert await attic.kept.messages(YEAR, 100) == 0
    assert await attic.talking.texts(old) == []
    assert await attic.talking.messages.closing(old.id) is None
    assert len(await attic.talking.texts(young)) == 3
    assert await attic.talking.messages.closing(young.id) == "marker farewell"
    assert await attic.sql(
        "SELECT last_seq, purged_at IS NOT NULL,"
        " (SELECT count(*) FROM chat_keys k WHERE k.session_id = s.id AND destroyed_at IS NULL)"
        " FROM chat_sessions s WHERE id = %s",
        old.id,
    ) == [(3, True, 0)]
    assert await attic.complaints() == []


async def test_a_long_chat_goes_in_batches(attic: Attic) -> None:
    """Its keys go first; after each batch everything holds, and the last one marks it as purged."""
    chat = await attic.ended(5)
    await attic.age(chat, YEAR + DAY)
    gone = []
    while removed := await attic.kept.messages(YEAR, 2):
        gone.append(removed)
        assert await attic.complaints() == []
        assert all(text is None for _, text in await attic.talking.texts(chat))
        assert len(gone) < 10
    assert await attic.sql("SELECT count(*) FROM chat_messages") == [(0,)]
    assert await attic.sql("SELECT purged_at IS NOT NULL FROM chat_sessions") == [(True,)]


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM chat_messages WHERE seq = 1",
        "DELETE FROM chat_messages",
        "UPDATE chat_sessions SET purged_at = now(), closing_message = NULL",
    ],
)
@pytest.mark.unsound("plants what is to be missed", "h1_messages_without_a_gap")
async def test_messages_that_vanish_otherwise_are_missed(attic: Attic, harm: LiteralString) -> None:
    """What retention did not remove must be there, and what it marked as gone must not."""
    await attic.ended()
    await attic.sql(harm)
    assert "h1_messages_without_a_gap" in "\n".join(await attic.complaints())


async def test_bodies_of_webhooks(attic: Attic) -> None:
    """What was dealt with 90 days ago is emptied, its row stays; what waits for somebody keeps its body."""
    made: dict[str, UUID] = {}
    for name, days in (("old", 91), ("young", 89), ("waiting", 91), ("held", 91)):
        made[name] = uuid7()
        await attic.sql(
            "INSERT INTO webhook_inbox (id, provider, body, received_at)"
            " VALUES (%s, 'xendit', 'marker', now() - %s)",
            made[name],
            days * DAY,
        )
    dealt_with = [made["old"], made["young"]]
    await attic.sql("UPDATE webhook_inbox SET applied_at = now() WHERE id = ANY (%s)", dealt_with)
    held = "UPDATE webhook_inbox SET quarantined_at = now(), quarantine_reason = 'unreadable' WHERE id = %s"
    await attic.sql(held, made["held"])
    assert await attic.kept.webhook_bodies(90 * DAY, 100) == 1
    assert await attic.kept.webhook_bodies(90 * DAY, 100) == 0
    empty = await attic.sql("SELECT id FROM webhook_inbox WHERE octet_length(body) = 0")
    assert empty == [(made["old"],)]


def test_bodies_go_by_the_days_of_the_deployment() -> None:
    """Nothing but that sweep empties one, and whoever has a person forgotten: no second clock beside it."""
    folder = Path(str(files("halobestie_adapters.postgres") / "sql"))
    texts = {path.name: path.read_text() for path in folder.glob("*.sql")}
    assert {name for name, text in texts.items() if "SET body = ''" in text} == {
        "retention.sql",
        "erasure.sql",
    }


async def test_the_outbox(attic: Attic) -> None:
    """What was sent two days ago goes; what was not sent stays, however old."""
    await attic.talking.chat()
    await attic.sql("UPDATE outbox SET sent_at = now() - interval '3 days' WHERE mod(id, 3) = 0")
    await attic.sql("UPDATE outbox SET sent_at = now() - interval '1 day' WHERE mod(id, 3) = 1")
    await attic.sql(
        "INSERT INTO push_results (outbox_id, installation_id, fate, at) VALUES"
        " (1, 'old', 'sent', now() - interval '3 days'), (1, 'young', 'sent', now() - interval '1 day')"
    )
    before = await attic.sql("SELECT id FROM outbox WHERE mod(id, 3) <> 0 ORDER BY id")
    assert await attic.kept.outbox(2 * DAY, 1000) > 0
    assert await attic.sql("SELECT id FROM outbox ORDER BY id") == before
    assert await attic.kept.push_results(2 * DAY, 1000) == 1
    assert await attic.sql("SELECT installation_id FROM push_results") == [("young",)]


async def test_codes_and_log_ins(attic: Attic) -> None:
    """Codes go after a day, counts of log-ins too unless one is locked, log-ins 90 days after they ended."""
    await attic.sql(
        "INSERT INTO otp_challenges (phone, user_type, touched_at) VALUES"
        " ('+621', 'customer', now() - interval '25 hours'),"
        " ('+622', 'customer', now() - interval '23 hours')"
    )
    assert await attic.kept.codes(DAY, 10) == 1
    await attic.sql(
        "INSERT INTO login_attempts (email_hash, failures, tried_at, locked_until) VALUES"
        " (sha256('a'), 1, now() - interval '25 hours', NULL),"
        " (sha256('b'), 9, now() - interval '25 hours', now() + interval '1 hour'),"
        " (sha256('c'), 1, now() - interval '23 hours', NULL)"
    )
    assert await attic.kept.attempts(DAY, 10) == 1
    for name, days in (("ended", 91), ("fresh", 89), ("unused", 91), ("live", -30)):
        await attic.sql(
            "INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at,"
            " expires_at, absolute_expires_at) VALUES (%s, 'customer', %s, sha256(%s), now(), now(),"
            " now() - %s, now() + interval '200 days')",
            uuid7(),
            uuid7(),
            name.encode(),
            days * DAY,
        )
    await attic.sql(
        "UPDATE auth_sessions SET revoked_at = expires_at, revoked_reason = 'logout'"
        " WHERE token_hash IN (sha256('ended'), sha256('fresh'))"
    )
    assert await attic.kept.ended_log_ins(90 * DAY, 10) == 1
    assert await attic.kept.unused_log_ins(90 * DAY, 10) == 1
    assert await attic.sql("SELECT count(*) FROM auth_sessions") == [(2,)]


async def test_a_batch_is_a_batch(attic: Attic) -> None:
    """No sweep takes more than it was told; the loop takes the rest, and leaves what is young."""
    await attic.sql(
        "INSERT INTO otp_challenges (phone, user_type, touched_at)"
        " SELECT '+62' || n, 'customer', now() - interval '2 days' FROM generate_series(1, 25) n"
    )
    assert await attic.kept.codes(DAY, 10) == 10
    chores = retention(read({}), attic.talking.office.pool)
    sweeper = Housekeeping(chores, batch=10)
    for _ in range(2):
        await sweeper.sweep()
    assert await attic.sql("SELECT count(*) FROM otp_challenges") == [(0,)]


INDEXES = {
    "chats_to_purge": "chat_sessions_unpurged",
    "empty_webhooks": "webhook_inbox_with_body",
    "delete_outbox": "outbox_pkey",
    "delete_push_results": "push_results_by_age",
    "delete_codes": "otp_challenges_by_age",
    "delete_attempts": "login_attempts_by_age",
    "delete_revoked": "auth_sessions_revoked",
    "delete_run_out": "auth_sessions_run_out",
    "delete_messages": "chat_messages_pkey",
}


@pytest.mark.parametrize("name", INDEXES)
async def test_found_by_an_index(attic: Attic, name: str) -> None:
    """Whoever sweeps reads what is old, by an index made for it, and not the table."""
    given = {"kept": DAY, "limit": 10, "chats": [UUID(int=0)]}
    async with attic.talking.office.pool.connection() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off")
        await conn.execute("SET LOCAL enable_bitmapscan = off")
        await conn.execute("SET LOCAL enable_sort = off")
        rows = await (await conn.execute(SQL("EXPLAIN ") + SQL(load("retention")[name]), given)).fetchall()
    assert INDEXES[name] in "\n".join(str(row[0]) for row in rows)
