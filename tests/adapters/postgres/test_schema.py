"""The words, seeds and promises of the schema, compared with the core's."""

import re
from collections.abc import Iterable
from enum import Enum

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_core.causes import Cause
from halobestie_core.chat.model import EndReason, SessionStatus
from halobestie_core.extension.model import ExtensionStatus
from halobestie_core.flow.effects import EntryKind
from halobestie_core.pairing.model import AnswerKind, RequestStatus
from halobestie_core.payment.model import PaymentStatus
from halobestie_core.ports.gateway import InvoiceStatus
from halobestie_core.ports.id_tokens import IdentityProvider
from halobestie_core.ports.identity import ChangeKind
from halobestie_core.settings import SETTINGS, Settings
from halobestie_core.wire import to_wire
from halobestie_core.words import (
    ActorType,
    Mode,
    OperatorAction,
    Provider,
    RequestKind,
    Side,
    TopicSensitivity,
    UserType,
)

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

WORDS: dict[str, tuple[str, Iterable[Enum]]] = {
    "payment_sessions_status_known": ("status", PaymentStatus),
    "payment_sessions_cause_known": ("cause_tag", Cause),
    "payment_sessions_mode_known": ("mode", Mode),
    "payment_sessions_provider_known": ("provider", Provider),
    "payment_invoices_provider_known": ("provider", set(Provider) - {Provider.NONE}),
    "payment_invoices_status_known": ("status", InvoiceStatus),
    "payment_captures_provider_known": ("provider", set(Provider) - {Provider.NONE}),
    "pairing_requests_kind_known": ("kind", RequestKind),
    "pairing_requests_status_known": ("status", RequestStatus),
    "pairing_requests_mode_known": ("mode", Mode),
    "pairing_requests_topic_sensitivity_known": ("topic_sensitivity", TopicSensitivity),
    "pairing_answers_answer_known": ("answer", AnswerKind),
    "chat_sessions_mode_known": ("mode", Mode),
    "chat_sessions_topic_sensitivity_known": ("topic_sensitivity", TopicSensitivity),
    "chat_sessions_status_known": ("status", SessionStatus),
    "chat_sessions_end_reason_known": ("end_reason", EndReason),
    "chat_messages_sender_known": ("sender", Side),
    "chat_keys_author_known": ("author", Side),
    "session_extensions_status_known": ("status", ExtensionStatus),
    "pairing_failures_cause_known": ("cause_tag", Cause),
    "pairing_failures_action_known": ("operator_action", OperatorAction),
    "customer_transactions_kind_known": ("kind", EntryKind),
    "pricing_tiers_mode_known": ("mode", Mode),
    "pricing_promotions_mode_known": ("mode", Mode),
    "transitions_cause_known": ("cause_tag", Cause),
    "transitions_actor_type_known": ("actor_type", ActorType),
    "idempotency_keys_caller_type_known": ("caller_type", UserType),
    "auth_sessions_user_type_known": ("user_type", UserType),
    "external_identities_provider_known": ("provider", IdentityProvider),
    "operator_changes_subject_type_known": ("subject_type", UserType),
    "operator_changes_kind_known": ("change_kind", ChangeKind),
}


async def test_words_are_those_of_the_core(conn: Connection) -> None:
    """Every CHECK that lists words lists exactly those of the core's enum, in the right column."""
    query = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
    lists: dict[str, str] = dict(await (await conn.execute(query)).fetchall())
    for name, (column, words) in WORDS.items():
        assert set(re.findall(r"'(\w+)'", lists[name])) == {word.value for word in words}, name
        assert f"({column} = ANY" in lists[name]
    stated = {name for name in lists if name.endswith(("_status_known", "_cause_known"))}
    assert stated <= set(WORDS)


async def test_seeds_are_the_cores_defaults(conn: Connection) -> None:
    """A new database has every setting at its default, and a history row for each."""
    query = (
        "SELECT key, value, (SELECT after FROM app_config_history h WHERE h.key = c.key) FROM app_config c"
    )
    seeded = {key: (value, first) for key, value, first in await (await conn.execute(query)).fetchall()}
    defaults = {key: getattr(Settings(), key) for key in SETTINGS}
    assert seeded == {key: (to_wire(value), to_wire(value)) for key, value in defaults.items()}


async def test_seeded_prices(conn: Connection) -> None:
    """A new database sells 5, 12 and 60 minutes of chat; the first-session promotion is there but off."""
    tiers = await (
        await conn.execute("SELECT minutes, price, is_active FROM pricing_tiers ORDER BY 1")
    ).fetchall()
    assert tiers == [(5, 10_000, True), (12, 25_000, True), (60, 99_000, True)]
    promotion = await (
        await conn.execute("SELECT key, is_active, price, label FROM pricing_promotions")
    ).fetchall()
    assert promotion == [("first_session_discount", False, 0, "Sesi pertama gratis")]


async def test_nothing_cascades(conn: Connection) -> None:
    """No foreign key deletes or empties anything."""
    query = (
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND (confdeltype <> 'a' OR confupdtype <> 'a')"
    )
    assert await (await conn.execute(query)).fetchall() == []


async def test_heartbeats_touch_no_index(conn: Connection) -> None:
    """Nothing that a heartbeat or a message changes is indexed, so that each stays a write in place."""
    query = (
        "SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
        " WHERE i.indrelid IN ('mitras'::regclass, 'chat_sessions'::regclass)"
        " AND (a.attnum = ANY (i.indkey)"
        " OR pg_get_expr(i.indpred, i.indrelid) ~ ('\\m' || a.attname || '\\M'))"
    )
    indexed = {name for (name,) in await (await conn.execute(query)).fetchall()}
    changing = {"last_heartbeat_at", "live_chats", "last_seq", "customer_read_seq", "mitra_read_seq"}
    assert not indexed & changing
