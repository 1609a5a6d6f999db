"""The `Reads` port on PostgreSQL: what screens show, each answer in one round trip. Changes nothing.

Statements of one answer share a transaction and so a moment: a cold start never shows a payment from before
an accept beside a chat from after it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, LiteralString, TypeVar, final
from uuid import UUID

from attrs import evolve
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import AsyncRowFactory, TupleRow, kwargs_row, scalar_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.phone_hashes import PhoneHash
from halobestie_adapters.postgres import rows
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.flow.availability import Listener
from halobestie_core.ports.reads import (
    ChatInfo,
    CustomerActive,
    ExtensionSeen,
    MitraActive,
    PaymentSeen,
    Prices,
    RequestSeen,
    SessionSeen,
    Talk,
)
from halobestie_core.ports.store import Named

Q: Final = load("reads")

T = TypeVar("T")

# ---------------------------------------------------------------------- rows with their names


def payment_seen(*, operator_action: str | None, **columns: rows.Column) -> PaymentSeen:
    """A row of `payment_sessions`, with what an operator did with it."""
    return PaymentSeen(rows.payment_row(**columns), rows.action(operator_action))


def _request(*, customer_name: str, target_name: str | None, **columns: rows.Column) -> RequestSeen:
    request = rows.request_row(**columns)
    target = request.targeted_mitra_id
    return RequestSeen(
        request,
        Named(request.customer_id, customer_name),
        None if target is None or target_name is None else Named(target, target_name),
    )


def session_row(
    *,
    customer_name: str,
    mitra_name: str,
    last_seq: int,
    customer_read_seq: int,
    mitra_read_seq: int,
    **columns: rows.Column,
) -> SessionSeen:
    """A row of `chat_sessions` with both names and the counters."""
    chat = rows.chat_row(**columns)
    talk = Talk(last_seq, customer_read_seq, mitra_read_seq)
    return SessionSeen(chat, Named(chat.customer_id, customer_name), Named(chat.mitra_id, mitra_name), talk)


def _session_now(*, now: datetime, **columns: rows.Column) -> tuple[SessionSeen, datetime]:
    return session_row(**columns), now


def extension_row(
    *, customer_id: UUID, customer_name: str, mitra_id: UUID, mitra_name: str, **columns: rows.Column
) -> ExtensionSeen:
    """A row of `session_extensions` with the names of its chat."""
    return ExtensionSeen(
        rows.extension_row(**columns), Named(customer_id, customer_name), Named(mitra_id, mitra_name)
    )


# ---------------------------------------------------------------------- the port


@final
class _Reading:
    """Statements that travel together; what they found is fetched when all are on their way."""

    def __init__(self, conn: AsyncConnection[TupleRow]) -> None:
        self._conn = conn

    async def ask(
        self, query: LiteralString, make: AsyncRowFactory[T], **parameters: object
    ) -> AsyncCursor[T]:
        """Send a statement; its cursor gives rows made by ``make``."""
        cursor = self._conn.cursor(row_factory=make)
        await cursor.execute(query, parameters)
        return cursor


@final
class PostgresReads:
    """Every read the API makes."""

    def __init__(self, pool: AsyncConnectionPool, phone_hash: PhoneHash | None = None) -> None:
        """``phone_hash`` as of the store: without one no phone is known to have had the discount."""
        self._pool = pool
        self._phone_hash = phone_hash

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[_Reading]:
        """A single statement. Raises StoreUnavailable."""
        async with connection(self._pool) as conn:
            yield _Reading(conn)

    @asynccontextmanager
    async def _at_one_moment(self) -> AsyncIterator[_Reading]:
        """Several statements on one snapshot; fetch after the block. Raises StoreUnavailable."""
        async with connection(self._pool) as conn, conn.pipeline():
            await conn.execute(Q.begin)
            yield _Reading(conn)
            await conn.execute(Q.end)

    async def payment(self, payment_id: UUID) -> PaymentSeen | None:
        """One payment, whoever's it is."""
        async with self._reading() as reading:
            found = await reading.ask(Q.payment, kwargs_row(payment_seen), payment_id=payment_id)
            return await found.fetchone()

    async def payments(self, customer_id: UUID, limit: int, offset: int) -> tuple[Sequence[PaymentSeen], int]:
        """A page of one customer's payments, the latest first, and how many there are."""
        async with self._at_one_moment() as reading:
            page = await reading.ask(
                Q.payments, kwargs_row(payment_seen), customer_id=customer_id, limit=limit, offset=offset
            )
            count = await reading.ask(Q.payment_count, scalar_row, customer_id=customer_id)
        return await page.fetchall(), await _only(count)

    async def request(self, request_id: UUID) -> RequestSeen | None:
        """One request, whoever's it is."""
        async with self._reading() as reading:
            found = await reading.ask(Q.request, kwargs_row(_request), request_id=request_id)
            return await found.fetchone()

    async def session(self, session_id: UUID) -> tuple[SessionSeen, datetime] | None:
        """One chat, whoever's it is, and the moment of reading."""
        async with self._reading() as reading:
            found = await reading.ask(Q.session, kwargs_row(_session_now), session_id=session_id)
            return await found.fetchone()

    async def live_chats(
        self, customers: Collection[UUID], mitras: Collection[UUID]
    ) -> tuple[datetime, Sequence[SessionSeen]]:
        """The live chats of these people, each once, and the moment of reading."""
        async with self._at_one_moment() as reading:
            clock = await reading.ask(Q.clock, scalar_row)
            chats = await reading.ask(
                Q.live_sessions, kwargs_row(session_row), customers=list(customers), mitras=list(mitras)
            )
        return await _only(clock), await chats.fetchall()

    async def chat_info(self, session_id: UUID) -> ChatInfo | None:
        """One chat with its pending extension."""
        async with self._at_one_moment() as reading:
            which = {"session_id": session_id}
            session = await reading.ask(Q.session, kwargs_row(_session_now), **which)
            extension = await reading.ask(Q.pending_extension_of_session, kwargs_row(extension_row), **which)
        found = await session.fetchone()
        return None if found is None else ChatInfo(found[1], found[0], await extension.fetchone())

    async def extension(self, extension_id: UUID) -> ExtensionSeen | None:
        """One extension, whoever's it is."""
        async with self._reading() as reading:
            found = await reading.ask(Q.extension, kwargs_row(extension_row), extension_id=extension_id)
            return await found.fetchone()

    async def customer_active(self, customer_id: UUID) -> CustomerActive:
        """Everything a customer's cold start needs; all empty for somebody unknown."""
        async with self._at_one_moment() as reading:
            who = {"customer_id": customer_id}
            clock = await reading.ask(Q.clock, scalar_row)
            session = await reading.ask(Q.live_session_of_customer, kwargs_row(session_row), **who)
            request = await reading.ask(Q.current_request, kwargs_row(_request), **who)
            payment = await reading.ask(Q.current_payment, kwargs_row(payment_seen), **who)
            extension = await reading.ask(Q.pending_extension_of_customer, kwargs_row(extension_row), **who)
        return CustomerActive(
            now=await _only(clock),
            session=await session.fetchone(),
            request=await request.fetchone(),
            payment=await payment.fetchone(),
            extension=await extension.fetchone(),
        )

    async def mitra_active(self, mitra_id: UUID) -> MitraActive | None:
        """Everything a mitra's cold start needs; None for somebody unknown."""
        async with self._at_one_moment() as reading:
            who = {"mitra_id": mitra_id}
            clock = await reading.ask(Q.clock, scalar_row)
            mitra = await reading.ask(Q.mitra, kwargs_row(rows.listener_row), **who)
            offers = await reading.ask(Q.offers, kwargs_row(_request), **who)
            sessions = await reading.ask(Q.live_sessions_of_mitra, kwargs_row(session_row), **who)
            extensions = await reading.ask(Q.pending_extensions_of_mitra, kwargs_row(extension_row), **who)
        listener = await mitra.fetchone()
        if listener is None:
            return None
        return MitraActive(
            now=await _only(clock),
            listener=listener,
            offers=await offers.fetchall(),
            sessions=await sessions.fetchall(),
            extensions=await extensions.fetchall(),
        )

    async def mitra(self, mitra_id: UUID) -> tuple[Listener, datetime] | None:
        """One mitra's presence and load, and the moment of reading."""
        async with self._at_one_moment() as reading:
            mitra = await reading.ask(Q.mitra, kwargs_row(rows.listener_row), mitra_id=mitra_id)
            clock = await reading.ask(Q.clock, scalar_row)
        listener = await mitra.fetchone()
        return None if listener is None else (listener, await _only(clock))

    async def offered(self, request_id: UUID, wave: int | None) -> Sequence[UUID]:
        """The mitras of one wave, or of all of them, each once."""
        async with self._reading() as reading:
            found = await reading.ask(Q.offered, scalar_row, request_id=request_id, wave=wave)
            return await found.fetchall()

    async def prices(self, customer_id: UUID) -> Prices:
        """Active tiers, the promotion, and what pricing knows of the customer (nothing, if unknown)."""
        async with self._at_one_moment() as reading:
            tiers = await reading.ask(Q.tiers, kwargs_row(rows.tier_row))
            promotion = await reading.ask(Q.promotion, kwargs_row(rows.promotion_row))
            buyer = await reading.ask(Q.buyer, kwargs_row(rows.buyer_row), customer_id=customer_id)
        offered, buying = await promotion.fetchone(), await buyer.fetchone() or rows.BuyerRow()
        claim = buying.claim(offered)
        claimed = claim is not None and await self._claimed(claim, customer_id)
        return Prices(tuple(await tiers.fetchall()), offered, evolve(buying.buyer, phone_claimed=claimed))

    async def _claimed(self, phone: str, customer_id: UUID) -> bool:
        """Whether this phone had the discount under another account: asked only where that decides."""
        if self._phone_hash is None:
            return False
        phone_hmac = self._phone_hash(phone)
        if phone_hmac is None:
            return True
        async with self._reading() as reading:
            found = await reading.ask(
                Q.phone_claimed, scalar_row, phone_hmac=phone_hmac, customer_id=customer_id
            )
            return bool(await _only(found))


async def _only(found: AsyncCursor[T]) -> T:
    """The one row of a statement that always has one."""
    row = await found.fetchone()
    if row is None:
        raise StoreUnavailable("a statement that always answers gave nothing")
    return row
