"""A place in PostgreSQL whose clock is ours: its functions of time are found in a schema of ours first."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import define
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from halobestie_adapters.crypto.chat import AesChatCipher
from halobestie_adapters.memory.clock import SEVEN_IN_THE_EVENING
from halobestie_adapters.postgres.agenda import PostgresAgenda
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_adapters.postgres.idempotency import PostgresIdempotencyKeys
from halobestie_adapters.postgres.identity import PostgresIdentityStore
from halobestie_adapters.postgres.inbox import PostgresInbox
from halobestie_adapters.postgres.invoices import PostgresInvoiceBook
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.postgres.pool import conninfo, make_pool
from halobestie_adapters.postgres.presence_reads import PostgresPictures
from halobestie_adapters.postgres.pushes import PostgresDevices, PostgresPushOutbox
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.postgres.revocations import PostgresRevocations
from halobestie_adapters.postgres.unit import Cost, PostgresStore
from halobestie_core.ports.agenda import Agenda
from halobestie_core.ports.config import ConfigStore
from halobestie_core.ports.idempotency import IdempotencyKeys
from halobestie_core.ports.identity_store import IdentityStore
from halobestie_core.ports.inbox import Inbox
from halobestie_core.ports.invoices import InvoiceBook
from halobestie_core.ports.messages import Messages
from halobestie_core.ports.notify import FrameOutbox
from halobestie_core.ports.presence import HeartbeatStore, PictureSource
from halobestie_core.ports.push import Devices, PushOutbox
from halobestie_core.ports.reads import Reads
from halobestie_core.ports.revocations import RevocationList
from halobestie_core.ports.store import Store
from support.places import Dump, ids, in_order

_CIPHER: Final = AesChatCipher([b"a key of tests that is long enough"])

# Prices are as old as the hills, so that no payment is made before its price, and sealed anew for that. No
# setting was ever made.
_TRAVEL: Final = """
CREATE SCHEMA travel;
CREATE TABLE travel.present (at timestamptz NOT NULL);
CREATE FUNCTION travel.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT at FROM travel.present';
CREATE FUNCTION travel.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT at FROM travel.present';
ALTER TABLE outbox ALTER created_at SET DEFAULT travel.clock_timestamp(),
    ALTER next_attempt_at SET DEFAULT travel.clock_timestamp();
ALTER TABLE webhook_inbox ALTER next_attempt_at SET DEFAULT travel.clock_timestamp();
ALTER TABLE payment_invoices ALTER created_at SET DEFAULT travel.clock_timestamp();
SET session_replication_role = replica;
UPDATE pricing_tiers SET updated_at = '2025-01-01';
UPDATE pricing_promotions SET updated_at = '2025-01-01';
UPDATE pricing_tiers_history SET at = '2025-01-01';
UPDATE pricing_promotions_history SET at = '2025-01-01';
UPDATE pricing_tiers_history x SET seal = seal_of(to_jsonb(x) - 'seal');
UPDATE pricing_promotions_history x SET seal = seal_of(to_jsonb(x) - 'seal');
DELETE FROM app_config;
DELETE FROM app_config_history;
RESET session_replication_role;
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = travel, pg_catalog, public', current_database());
END $$;
"""

# What is compared of each table, and the order of what has one; everything of the others, by id.
_TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "payment_sessions": ("*", "id"),
    "pairing_requests": ("*", "id"),
    "pairing_waves": ("*", "number"),
    "pairing_answers": ("pairing_request_id, mitra_id, answer, at", "id"),
    "chat_sessions": (
        (
            "id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity,"
            " status, started_at, expires_at, remaining_seconds::float, paused_seconds::float, closing_until,"
            " ended_at, end_reason, wake_at, version"
        ),
        "id",
    ),
    "session_extensions": ("*", "id"),
    "payment_captures": (
        "id, provider, provider_invoice_id, payment_session_id, amount, currency, paid_at, recorded_at",
        "id",
    ),
    "pairing_failures": (
        (
            "id, payment_session_id, customer_id, capture_id, pairing_request_id, extension_id,"
            " targeted_mitra_id, cause_tag, cause_detail, amount, created_at, superseded_at, operator_action,"
            " note"
        ),
        "id",
    ),
    "customer_transactions": (
        "id, customer_id, payment_session_id, kind, amount, at, failure_id, session_id, extension_id",
        "id",
    ),
    "mitras": ("id, is_online, last_heartbeat_at, blocked_at, live_chats, version", "id"),
    "transitions": ("body, hash", "id"),
    "outbox": ("id, kind, stream, audience, payload, sent_at", "id"),
}


@define
class PostgresPlace:
    """Everything on one database. ``costs`` is what each command of the store cost."""

    conn: AsyncConnection[TupleRow]
    store: Store
    reads: Reads
    agenda: Agenda
    config: ConfigStore
    outbox: FrameOutbox
    heartbeats: HeartbeatStore
    pictures: PictureSource
    identity: IdentityStore
    revocations: RevocationList
    pushes: PushOutbox
    devices: Devices
    keys: IdempotencyKeys
    book: InvoiceBook
    inbox: Inbox
    messages: Messages
    costs: list[Cost]
    now: datetime = SEVEN_IN_THE_EVENING

    async def set(self, now: datetime) -> None:
        """Set the clock."""
        self.now = now
        await self.conn.execute("UPDATE travel.present SET at = %s", [now])

    async def customer(self, customer_id: UUID, name: str) -> None:
        """Let a customer exist."""
        await self.conn.execute(
            "INSERT INTO customers (id, display_name) VALUES (%s, %s)", [customer_id, name]
        )

    async def mitra(self, mitra_id: UUID, name: str, *, online: bool) -> None:
        """Let a mitra exist."""
        await self.conn.execute(
            "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            [mitra_id, f"+62{mitra_id.int % 10**11:011}", name, online, self.now if online else None],
        )

    async def promote(self, version_id: UUID, price: int) -> None:
        """Switch the promotion on, in a version of its own."""
        history = "SELECT after FROM pricing_promotions_history WHERE key = 'first_session_discount'"
        cursor = await self.conn.execute(f"{history} ORDER BY at DESC LIMIT 1")
        ((before,),) = await cursor.fetchall()
        after = before | {"is_active": True, "price": price, "requires_phone": False}
        await self.conn.execute(
            "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, 'prices@halobestie.example', '')",
            [version_id],
        )
        await self.conn.execute(
            "INSERT INTO pricing_promotions_history (id, key, change_kind, changed_by, at, before, after)"
            " VALUES (%s, 'first_session_discount', 'updated', %s, %s, %s, %s)",
            [version_id, version_id, self.now, Jsonb(before), Jsonb(after)],
        )
        await self.conn.execute(
            "UPDATE pricing_promotions"
            " SET is_active = true, price = %s, requires_phone = false, version_id = %s, updated_at = %s",
            [price, version_id, self.now],
        )

    async def bump(self, payment_id: UUID) -> None:
        """Move a version on."""
        await self.conn.execute(
            "UPDATE payment_sessions SET version = version + 1 WHERE id = %s", [payment_id]
        )

    async def rows(self) -> Dump:
        """Read every table."""
        return {name: in_order(name, await self._rows(name)) for name in _TABLES}

    async def _rows(self, table: str) -> list[dict[str, object]]:
        columns, order = _TABLES[table]
        query = SQL("SELECT {} FROM {} ORDER BY {}").format(
            SQL(columns), Identifier(table), Identifier(order)
        )
        async with self.conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query)
            rows = await cursor.fetchall()
        return [row | {"mitra_ids": set(row["mitra_ids"])} if "mitra_ids" in row else row for row in rows]


@asynccontextmanager
async def postgres_place(url: str, *, connections: int = 4) -> AsyncIterator[PostgresPlace]:
    """Build one on a fresh database."""
    costs: list[Cost] = []
    async with await AsyncConnection.connect(conninfo(url), autocommit=True) as conn:
        await conn.execute(SQL(_TRAVEL))
        await conn.execute("INSERT INTO travel.present VALUES (%s)", [SEVEN_IN_THE_EVENING])
        async with make_pool(url, connections) as pool:
            yield PostgresPlace(
                conn,
                PostgresStore(pool, ids(1 << 40), watch=costs.append),
                PostgresReads(pool),
                PostgresAgenda(pool),
                PostgresConfigStore(pool),
                PostgresFrameOutbox(pool),
                PostgresHeartbeats(pool),
                PostgresPictures(pool),
                PostgresIdentityStore(pool),
                PostgresRevocations(pool),
                PostgresPushOutbox(pool),
                PostgresDevices(pool),
                PostgresIdempotencyKeys(pool),
                PostgresInvoiceBook(pool),
                PostgresInbox(pool),
                PostgresMessages(pool, _CIPHER),
                costs,
            )
