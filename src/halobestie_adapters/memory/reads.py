"""The `Reads` port in memory: what screens show. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import final
from uuid import UUID

from attrs import evolve

from halobestie_adapters.memory.loading import buyer, last_request
from halobestie_adapters.memory.tables import Tables
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.availability import Listener
from halobestie_core.pairing import OfferStatus, PairingRequest
from halobestie_core.payment import PaymentSession, PaymentStatus
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
from halobestie_core.words import Side


@final
class MemoryReads:
    """Every read the API makes."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def payment(self, payment_id: UUID) -> PaymentSeen | None:
        """One payment, whoever's it is."""
        return self._payment(self._tables.payments.get(payment_id))

    async def payments(self, customer_id: UUID, limit: int, offset: int) -> tuple[Sequence[PaymentSeen], int]:
        """A page of one customer's payments, the latest first, and how many there are."""
        mine = [paid for paid in self._tables.payments if paid.customer_id == customer_id]
        mine.sort(key=lambda paid: (paid.created_at, paid.id), reverse=True)
        page = mine[offset : offset + limit]
        return [seen for paid in page if (seen := self._payment(paid)) is not None], len(mine)

    async def request(self, request_id: UUID) -> RequestSeen | None:
        """One request, whoever's it is."""
        return self._request(self._tables.requests.get(request_id))

    async def session(self, session_id: UUID) -> tuple[SessionSeen, datetime] | None:
        """One chat, whoever's it is, and the moment of reading."""
        seen = self._session(self._tables.chats.get(session_id))
        return None if seen is None else (seen, self._tables.clock.now)

    async def chat_info(self, session_id: UUID) -> ChatInfo | None:
        """One chat with its pending extension."""
        chat = self._tables.chats.get(session_id)
        seen = self._session(chat)
        return (
            None
            if seen is None
            else ChatInfo(self._tables.clock.now, seen, self._extension(self._pending(chat)))
        )

    async def extension(self, extension_id: UUID) -> ExtensionSeen | None:
        """One extension, whoever's it is."""
        return self._extension(self._tables.extensions.get(extension_id))

    async def customer_active(self, customer_id: UUID) -> CustomerActive:
        """Everything a customer's cold start needs; all empty for somebody unknown."""
        tables = self._tables
        chat = tables.chats.holder("chat_sessions_one_live_per_customer", customer_id)
        paid = tables.payments.holder("payment_sessions_one_open_per_customer", customer_id)
        if paid is None and chat is not None:
            paid = self._paying_more(customer_id) or tables.payments.get(chat.payment_session_id)
        return CustomerActive(
            now=tables.clock.now,
            session=self._session(chat),
            request=self._request(self._current_request(customer_id)),
            payment=self._payment(paid),
            extension=self._extension(self._pending(chat)),
        )

    async def mitra_active(self, mitra_id: UUID) -> MitraActive | None:
        """Everything a mitra's cold start needs; None for somebody unknown."""
        tables = self._tables
        if mitra_id not in tables.mitras:
            return None
        chats = [chat for chat in tables.chats if chat.is_live and chat.mitra_id == mitra_id]
        chats.sort(key=lambda chat: (chat.started_at, chat.id))
        asked = [extension for chat in chats if (extension := self._pending(chat)) is not None]
        asked.sort(key=lambda extension: (extension.requested_at, extension.id))
        return MitraActive(
            now=tables.clock.now,
            listener=tables.mitras[mitra_id].listener,
            offers=[seen for one in self._offers(mitra_id) if (seen := self._request(one)) is not None],
            sessions=[with_names for chat in chats if (with_names := self._session(chat)) is not None],
            extensions=[named for one in asked if (named := self._extension(one)) is not None],
        )

    async def mitra(self, mitra_id: UUID) -> tuple[Listener, datetime] | None:
        """One mitra's presence and load, and the moment of reading."""
        mitra = self._tables.mitras.get(mitra_id)
        return None if mitra is None else (mitra.listener, self._tables.clock.now)

    async def offered(self, request_id: UUID, wave: int | None) -> Sequence[UUID]:
        """The mitras of one wave, or of all of them, each once."""
        request = self._tables.requests.get(request_id)
        waves = () if request is None else request.waves
        return list({mitra for one in waves if wave in {None, one.number} for mitra in one.mitra_ids})

    async def prices(self, customer_id: UUID) -> Prices:
        """Active tiers, the promotion, and what pricing knows of the customer (nothing, if unknown)."""
        tables = self._tables
        active = tuple(tier for tier in tables.tiers if tier.is_active)
        reserved = any(
            paid.status is PaymentStatus.CONFIRMED and paid.is_first_session_discount
            for paid in tables.payments
            if paid.customer_id == customer_id
        )
        buying = evolve(buyer(tables, customer_id), discount_reserved=reserved)
        return Prices(active, tables.promotion, buying)

    # -- which ----------------------------------------------------------------------------------------------

    def _current_request(self, customer_id: UUID) -> PairingRequest | None:
        """The open request, else the last one of a payment that may still be used for another."""
        tables = self._tables
        searching = tables.requests.holder("pairing_requests_one_open_per_customer", customer_id)
        if searching is not None:
            return searching
        paid = tables.payments.holder("payment_sessions_one_open_per_customer", customer_id)
        until = None if paid is None or not paid.fallback_open else paid.fallback_until
        if paid is None or until is None or until <= tables.clock.now:
            return None
        return last_request(tables, paid.id)

    def _paying_more(self, customer_id: UUID) -> PaymentSession | None:
        """The open payment for more time: asked with, else paid, else the latest."""
        mine = [paid for paid in self._tables.payments if paid.customer_id == customer_id]
        more = [paid for paid in mine if paid.is_extension and paid.is_open]
        return max(
            more,
            key=lambda paid: (
                paid.held_by is not None,
                paid.status is PaymentStatus.CONFIRMED,
                paid.created_at,
                paid.id,
            ),
            default=None,
        )

    def _offers(self, mitra_id: UUID) -> Sequence[PairingRequest]:
        now = self._tables.clock.now
        open_ones = (one for one in self._tables.requests if one.is_open and one.deadline_at > now)
        mine = (one for one in open_ones if one.latest(mitra_id) is OfferStatus.OFFERED)
        return sorted(mine, key=lambda request: (request.created_at, request.id))

    def _pending(self, chat: ChatSession | None) -> Extension | None:
        rule = "session_extensions_one_pending_per_session"
        return None if chat is None else self._tables.extensions.holder(rule, chat.id)

    # -- with their names ------------------------------------------------------------------------------------

    def _payment(self, paid: PaymentSession | None) -> PaymentSeen | None:
        if paid is None:
            return None
        kept = self._tables.failures.holder("pairing_failures_one_open_per_payment", paid.id)
        return PaymentSeen(paid, None if kept is None or kept.action is None else kept.action.action)

    def _request(self, request: PairingRequest | None) -> RequestSeen | None:
        if request is None:
            return None
        target = request.targeted_mitra_id
        return RequestSeen(
            evolve(request, waves=(), answers=()),
            self._customer(request.customer_id),
            None if target is None else self._mitra(target),
        )

    def _session(self, chat: ChatSession | None) -> SessionSeen | None:
        if chat is None:
            return None
        customer, mitra = self._customer(chat.customer_id), self._mitra(chat.mitra_id)
        return SessionSeen(chat, customer, mitra, self._talk(chat))

    def _talk(self, chat: ChatSession) -> Talk:
        marks = (self._tables.read_marks.get((chat.id, side), 0) for side in (Side.CUSTOMER, Side.MITRA))
        return Talk(len(self._tables.messages.get(chat.id, ())), *marks)

    def _extension(self, extension: Extension | None) -> ExtensionSeen | None:
        chat = None if extension is None else self._tables.chats.get(extension.session_id)
        if extension is None or chat is None:
            return None
        return ExtensionSeen(extension, self._customer(chat.customer_id), self._mitra(chat.mitra_id))

    def _customer(self, customer_id: UUID) -> Named:
        return self._tables.customers[customer_id].named

    def _mitra(self, mitra_id: UUID) -> Named:
        return self._tables.mitras[mitra_id].named


__all__ = ["MemoryReads"]
