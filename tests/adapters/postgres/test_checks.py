"""CHECKs that follow the core's tables: causes belong to their states, and whatever waits has a deadline."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import psycopg
import pytest
from attrs import evolve
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from halobestie_core.causes import Cause
from halobestie_core.chat.model import ChatSession, EndReason, SessionStatus
from halobestie_core.extension.model import Extension, ExtensionStatus
from halobestie_core.machine.table import CARRIED
from halobestie_core.pairing.model import PairingRequest, RequestStatus
from halobestie_core.pairing.table import PAIRING
from halobestie_core.payment.model import PaymentSession, PaymentStatus
from halobestie_core.words import Mode, RequestKind, TopicSensitivity

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ID = UUID(int=1)


async def test_requests_close_as_the_table_says(world: Connection) -> None:
    """A request may be written with exactly those (state, cause) pairs that the pairing table can lead to."""
    allowed: set[tuple[str, str | None]] = {(PAIRING.initial.value, None)}
    for row in PAIRING.rows:
        assert row.cause is not CARRIED
        allowed.add((row.target.value, None if row.cause is None else Cause(row.cause).value))
    kinds = {"general": "citra seeks", "returning": "citra asks sari"}
    accepted: set[tuple[str, str | None]] = set()
    for status, cause, (kind, word) in product(RequestStatus, (None, *Cause), kinds.items()):
        winner = status is RequestStatus.ACCEPTED
        if await may_be(
            world,
            "UPDATE pairing_requests SET status = %(status)s, cause_tag = %(cause)s, kind = %(kind)s,"
            " version = 9, winner_mitra_id = CASE WHEN %(winner)s THEN u('sari') END,"
            " session_id = CASE WHEN %(winner)s THEN u('chat') END,"
            " wake_at = CASE WHEN %(status)s = 'pending' THEN now() END WHERE id = u(%(word)s)",
            {"status": status, "cause": cause, "kind": kind, "winner": winner, "word": word},
        ):
            accepted.add((status.value, None if cause is None else cause.value))
    # A second open request beside the one that is there is refused for another reason; the first stands for
    # both.
    assert accepted == allowed


async def test_extensions_close_with_their_cause(world: Connection) -> None:
    """An extension may be written with exactly the causes that its states can have."""
    accepted = {
        (status.value, None if cause is None else cause.value)
        for status, cause in product(ExtensionStatus, (None, *Cause))
        if await may_be(
            world,
            "UPDATE session_extensions SET status = %(status)s, cause_tag = %(cause)s, version = 9,"
            " wake_at = CASE WHEN %(status)s = 'pending' THEN now() END WHERE id = u('ani asks more')",
            {"status": status, "cause": cause},
        )
    }
    assert accepted == {
        ("pending", None),
        ("accepted", None),
        ("rejected", "extension_rejected"),
        ("timeout", "extension_rejected"),
        ("timeout", "extension_safeguard_tripped"),
        ("cancelled", "customer_cancelled"),
        ("cancelled", "operator_ended"),
    }


def payments() -> Iterator[PaymentSession]:
    """A payment in every state: held or not, its fallback open or not."""
    pending = PaymentSession(
        id=ID,
        customer_id=ID,
        amount=1,
        mode=Mode.CHAT,
        duration_minutes=5,
        is_extension=False,
        is_first_session_discount=False,
        created_at=NOW,
        expires_at=NOW,
    )
    failed = PaymentStatus.FAILED_PAIRING
    for status in PaymentStatus:
        paid = status in {PaymentStatus.CONFIRMED, PaymentStatus.CONSUMED}
        cause = Cause.NO_MITRA_AVAILABLE if status is failed else None
        confirmed_at = NOW if paid else None
        consumed_at = NOW if status is PaymentStatus.CONSUMED else None
        yield evolve(
            pending, status=status, cause_tag=cause, confirmed_at=confirmed_at, consumed_at=consumed_at
        )
    yield evolve(pending, status=PaymentStatus.CONFIRMED, confirmed_at=NOW, held_by=ID)
    yield evolve(
        pending, status=failed, cause_tag=Cause.NO_MITRA_AVAILABLE, fallback_open=True, fallback_until=NOW
    )


async def test_a_waiting_payment_has_its_deadline(world: Connection) -> None:
    """A payment is written with a deadline exactly in the states in which the core waits for one."""
    for payment in payments():
        values = {
            "status": payment.status,
            "cause": payment.cause_tag,
            "confirmed": payment.confirmed_at,
            "consumed": payment.consumed_at,
            "held": payment.held_by,
            "open": payment.fallback_open,
            "until": payment.fallback_until,
        }
        written = (
            "UPDATE payment_sessions SET status = %(status)s, cause_tag = %(cause)s, held_by = %(held)s,"
            " confirmed_at = %(confirmed)s, consumed_at = %(consumed)s,"
            " fallback_open = %(open)s, fallback_until = %(until)s,"
            " wake_at = %(wake)s, version = 9 WHERE id = u('eka pays')"
        )
        await expect_deadline(world, written, values, payment.wake_at)


async def test_a_waiting_request_has_its_deadline(world: Connection) -> None:
    """An open request has a deadline, a closed one none."""
    request = PairingRequest(
        id=ID,
        customer_id=ID,
        payment_session_id=ID,
        kind=RequestKind.GENERAL,
        mode=Mode.CHAT,
        duration_minutes=5,
        topic_sensitivity=TopicSensitivity.NORMAL,
        created_at=NOW,
        deadline_at=NOW,
        timeout_seconds=60,
    )
    for status, cause in ((RequestStatus.PENDING, None), (RequestStatus.CANCELLED, Cause.CUSTOMER_CANCELLED)):
        written = (
            "UPDATE pairing_requests SET status = %(status)s, cause_tag = %(cause)s,"
            " wake_at = %(wake)s, version = 9 WHERE id = u('citra seeks')"
        )
        wake_at = evolve(request, status=status).wake_at
        await expect_deadline(world, written, {"status": status, "cause": cause}, wake_at)


async def test_a_waiting_chat_has_its_deadline(world: Connection) -> None:
    """An active or closing chat has a deadline; an extending or ended one has none."""
    chat = ChatSession(
        id=ID,
        customer_id=ID,
        mitra_id=ID,
        payment_session_id=ID,
        pairing_request_id=ID,
        mode=Mode.CHAT,
        topic_sensitivity=TopicSensitivity.NORMAL,
        started_at=NOW,
        expires_at=NOW,
    )
    for status in SessionStatus:
        closing = NOW if status is SessionStatus.CLOSING else None
        ended = status is SessionStatus.ENDED
        values = {
            "status": status,
            "closing": closing,
            "ended": NOW if ended else None,
            "reason": EndReason.TIME_UP if ended else None,
            "remaining": 1 if status is SessionStatus.EXTENDING else None,
        }
        written = (
            "UPDATE chat_sessions SET status = %(status)s, closing_until = %(closing)s, ended_at = %(ended)s,"
            " end_reason = %(reason)s, remaining_seconds = %(remaining)s, wake_at = %(wake)s, version = 9"
            " WHERE id = u('ani chats')"
        )
        wake_at = evolve(chat, status=status, closing_until=closing, remaining=timedelta()).wake_at
        await expect_deadline(world, written, values, wake_at)


async def test_a_waiting_extension_has_its_deadline(world: Connection) -> None:
    """A pending extension has a deadline, an answered one none."""
    extension = Extension(
        id=ID,
        session_id=ID,
        payment_session_id=ID,
        requested_duration_minutes=5,
        requested_price=1,
        requested_at=NOW,
        deadline_at=NOW,
        timeout_seconds=10,
    )
    for status, cause in (
        (ExtensionStatus.PENDING, None),
        (ExtensionStatus.ACCEPTED, None),
        (ExtensionStatus.REJECTED, Cause.EXTENSION_REJECTED),
    ):
        written = (
            "UPDATE session_extensions SET status = %(status)s, cause_tag = %(cause)s,"
            " wake_at = %(wake)s, version = 9 WHERE id = u('ani asks more')"
        )
        wake_at = evolve(extension, status=status).wake_at
        await expect_deadline(world, written, {"status": status, "cause": cause}, wake_at)


async def may_be(conn: Connection, statement: str, values: Mapping[str, object]) -> bool:
    """Whether the database takes a row like this; nothing stays of the attempt."""
    try:
        async with conn.transaction(force_rollback=True):
            written = await conn.execute(sql.SQL(statement), values)
            assert written.rowcount == 1
    except psycopg.errors.CheckViolation:
        return False
    except psycopg.errors.UniqueViolation:
        return True  # whether it is the only one is another question
    return True


async def expect_deadline(
    conn: Connection, statement: str, values: Mapping[str, object], wake_at: datetime | None
) -> None:
    """The row is taken with a deadline or without one, whichever the core says, and not the other way."""
    assert await may_be(conn, statement, {**values, "wake": NOW}) is (wake_at is not None), values
    assert await may_be(conn, statement, {**values, "wake": None}) is (wake_at is None), values
