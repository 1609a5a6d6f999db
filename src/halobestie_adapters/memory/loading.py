"""What one command concerns, looked up in memory: the twin of PostgreSQL's statements. Takes no lock."""

from __future__ import annotations

from typing import TypeVar, final
from uuid import UUID

from attrs import frozen

from halobestie_adapters.memory.tables import Tables
from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.availability import Listener, eligible
from halobestie_core.flow.evening import Evening, FailedMoney
from halobestie_core.flow.pricing import Buyer
from halobestie_core.pairing import AnswerKind, PairingRequest
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.store import Loaded, Look, Scope

T = TypeVar("T")


@final
@frozen
class Looking:
    """One scope, looked up."""

    tables: Tables
    scope: Scope

    @property
    def customer_id(self) -> UUID | None:
        """The customer named, or found through what is addressed."""
        scope, tables = self.scope, self.tables
        if scope.customer_id is not None:
            return scope.customer_id
        owned: PaymentSession | PairingRequest | ChatSession | None = None
        if scope.payment_id is not None:
            owned = tables.payments.get(scope.payment_id)
        elif scope.request_id is not None:
            owned = tables.requests.get(scope.request_id)
        elif scope.session_id is not None or scope.extension_id is not None:
            owned = self._chat()
        elif scope.failure_id is not None:
            owned = self._payment()
        return None if owned is None else owned.customer_id

    @property
    def mitra_id(self) -> UUID | None:
        """The mitra named, or that of the chat addressed."""
        if self.scope.mitra_id is not None or not self.scope.mitra_of_session:
            return self.scope.mitra_id
        chat = self.tables.chats.get(self.scope.session_id)
        return None if chat is None else chat.mitra_id

    def loaded(self) -> Loaded:
        """Everything the scope asks for, as it stands now."""
        scope, tables = self.scope, self.tables
        named, mitra_id = self.customer_id, self.mitra_id
        customer = None if named is None else tables.customers.get(named)
        mitra = None if mitra_id is None else tables.mitras.get(mitra_id)
        paid = scope.payment_id is not None
        evening = Evening(
            payment=self._payment(),
            request=self._request(),
            chat=self._chat(),
            extension=self._extension(),
            extension_payment=self._extension_payment(),
            failure=self._failure(),
            mitra=None if mitra is None else mitra.listener.presence,
        )
        return Loaded(
            now=tables.clock.now,
            evening=evening,
            customer=None if customer is None else customer.named,
            mitra=None if mitra is None else mitra.listener,
            mitra_name=None if mitra is None else mitra.named.display_name,
            captured=paid and self._captured(),
            recorded=scope.invoice is not None
            and any(scope.invoice == (row.provider, row.provider_invoice_id) for row in tables.captures),
            eligible=frozenset() if scope.look is None else looked(tables, scope.look),
            tiers=tuple(tier for tier in tables.tiers if tier.is_active) if scope.prices else (),
            promotion=tables.promotion if scope.prices else None,
            buyer=buyer(tables, scope.customer_id) if scope.prices else Buyer(),
        )

    def _payment(self) -> PaymentSession | None:
        scope, payments = self.scope, self.tables.payments
        if scope.payment_id is not None:
            return payments.get(scope.payment_id)
        if scope.request_id is not None:
            request = self.tables.requests.get(scope.request_id)
            return None if request is None else payments.get(request.payment_session_id)
        if scope.failure_id is not None:
            failed = self.tables.failures.get(scope.failure_id)
            return None if failed is None else payments.get(failed.row.payment_session_id)
        if scope.prices:
            return payments.holder("payment_sessions_one_open_per_customer", scope.customer_id)
        return None

    def _captured(self) -> bool:
        """Whether fitting money was recorded; what did not match has a failure row of its own."""
        unfit = {
            kept.row.capture_id
            for kept in self.tables.failures
            if kept.row.cause_tag is Cause.PAYMENT_MISMATCH
        }
        mine = (row for row in self.tables.captures if row.payment_session_id == self.scope.payment_id)
        return any(row.id not in unfit for row in mine)

    def _failure(self) -> FailedMoney | None:
        scope, failures = self.scope, self.tables.failures
        if scope.failure_id is not None:
            kept = failures.get(scope.failure_id)
        else:
            kept = failures.holder("pairing_failures_one_open_per_payment", scope.payment_id)
        if kept is None:
            return None
        capture = None if kept.row.capture_id is None else self.tables.captures.get(kept.row.capture_id)
        return FailedMoney(
            kept.row.id,
            kept.row.payment_session_id,
            kept.row.amount,
            None if kept.action is None else kept.action.action,
            None if capture is None else capture.provider_invoice_id,
            kept.superseded_at is not None,
        )

    def _request(self) -> PairingRequest | None:
        scope, requests = self.scope, self.tables.requests
        if scope.request_id is not None:
            return requests.get(scope.request_id)
        if not scope.searching:
            return None
        current = requests.holder("pairing_requests_one_open_per_customer", self.customer_id)
        return current or last_request(self.tables, scope.payment_id)

    def _chat(self) -> ChatSession | None:
        scope, chats = self.scope, self.tables.chats
        if scope.extension_id is not None:
            extension = self._extension()
            return None if extension is None else chats.get(extension.session_id)
        if scope.session_id is not None:
            return chats.get(scope.session_id)
        if scope.searching or scope.live_chat:
            return chats.holder("chat_sessions_one_live_per_customer", self.customer_id)
        return None

    def _extension(self) -> Extension | None:
        scope, extensions = self.scope, self.tables.extensions
        if scope.extension_id is not None:
            return extensions.get(scope.extension_id)
        return extensions.holder("session_extensions_one_pending_per_session", scope.session_id)

    def _extension_payment(self) -> PaymentSession | None:
        scope, payments = self.scope, self.tables.payments
        if scope.extension_payment_id is not None and scope.session_id is not None:
            return payments.get(scope.extension_payment_id)
        extension = self._extension()
        return None if extension is None else payments.get(extension.payment_session_id)


def last_request(tables: Tables, payment_id: UUID | None) -> PairingRequest | None:
    """Return the newest request of a payment."""
    mine = (request for request in tables.requests if request.payment_session_id == payment_id)
    return max(mine, key=lambda request: (request.created_at, request.id), default=None)


def looked(tables: Tables, look: Look) -> frozenset[UUID]:
    """Return the eligible mitras, least busy first before any are left out."""
    listeners: list[Listener] = [mitra.listener for mitra in tables.mitras.values()]
    able = eligible(listeners, look.house, tables.clock.now)
    if look.unoffered_of is not None:
        request = tables.requests.get(look.unoffered_of)
        if request is not None:
            able = tuple(one for one in able if request.latest(one) in {None, AnswerKind.WITHDRAWN})
    return frozenset(able[: look.limit] if look.limit else able)


def buyer(tables: Tables, customer_id: UUID | None) -> Buyer:
    """Return what pricing must know of a customer, apart from the payment that a new one replaces."""
    customer = None if customer_id is None else tables.customers.get(customer_id)
    if customer is None:
        return Buyer()
    had_session = any(
        paid.status is PaymentStatus.CONSUMED and not paid.is_extension
        for paid in tables.payments
        if paid.customer_id == customer_id
    )
    return Buyer(had_session=had_session, phone_verified=customer.phone_verified)


__all__ = ["Looking", "buyer", "last_request", "looked"]
