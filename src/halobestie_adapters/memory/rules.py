"""What may be there only once, in memory: the unique rules, by the names of PostgreSQL's constraints."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, TypeAlias

from halobestie_adapters.errors import Clash
from halobestie_adapters.memory.rows import KeptFailure
from halobestie_adapters.memory.shelf import Unique
from halobestie_adapters.records import CaptureRow, LedgerRow
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.effects import EntryKind
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession, PaymentStatus

_RESERVED: Final = frozenset({PaymentStatus.PENDING, PaymentStatus.CONFIRMED, PaymentStatus.CONSUMED})
_CHARGES: Final = frozenset({EntryKind.SESSION, EntryKind.EXTENSION})
_ACTIONS: Final = frozenset({EntryKind.REFUNDED, EntryKind.CREDITED, EntryKind.RETAINED})

Key: TypeAlias = Hashable | None


def _open_payment(paid: PaymentSession) -> Key:
    return paid.customer_id if paid.is_open and not paid.is_extension else None


def _discount(paid: PaymentSession) -> Key:
    reserved = paid.status in _RESERVED or paid.fallback_open
    return paid.customer_id if paid.is_first_session_discount and reserved else None


def _invoice(paid: PaymentSession) -> Key:
    return None if paid.provider_invoice_id is None else (paid.provider, paid.provider_invoice_id)


def _failure(kept: KeptFailure) -> Key:
    own = kept.row.capture_id is None and kept.superseded_at is None
    return kept.row.payment_session_id if own else None


def _surplus(kept: KeptFailure) -> Key:
    return kept.row.capture_id if kept.superseded_at is None else None


PAYMENTS: Final = (
    Unique("payment_sessions_one_open_per_customer", Clash.PAYMENT_OPEN, _open_payment),
    Unique("payment_sessions_one_discount_per_customer", Clash.DISCOUNT_RESERVED, _discount),
    Unique("payment_sessions_one_invoice", Clash.INVOICE_KNOWN, _invoice),
)
REQUESTS: Final = (
    Unique[PairingRequest](
        "pairing_requests_one_open_per_payment",
        Clash.REQUEST_OPEN,
        lambda request: request.payment_session_id if request.is_open else None,
    ),
    Unique[PairingRequest](
        "pairing_requests_one_open_per_customer",
        Clash.REQUEST_OPEN,
        lambda request: request.customer_id if request.is_open else None,
    ),
)
CHATS: Final = (
    Unique[ChatSession](
        "chat_sessions_one_per_payment", Clash.CHAT_FOR_PAYMENT, lambda chat: chat.payment_session_id
    ),
    Unique[ChatSession](
        "chat_sessions_one_per_request", Clash.CHAT_FOR_REQUEST, lambda chat: chat.pairing_request_id
    ),
    Unique[ChatSession](
        "chat_sessions_one_live_per_customer",
        Clash.SESSION_LIVE,
        lambda chat: chat.customer_id if chat.is_live else None,
    ),
)
EXTENSIONS: Final = (
    Unique[Extension](
        "session_extensions_one_per_payment",
        Clash.EXTENSION_FOR_PAYMENT,
        lambda extension: extension.payment_session_id,
    ),
    Unique[Extension](
        "session_extensions_one_pending_per_session",
        Clash.EXTENSION_PENDING,
        lambda extension: extension.session_id if extension.is_pending else None,
    ),
)
CAPTURES: Final = (
    Unique[CaptureRow](
        "payment_captures_one_per_invoice",
        Clash.CAPTURE_KNOWN,
        lambda capture: (capture.provider, capture.provider_invoice_id),
    ),
)
FAILURES: Final = (
    Unique("pairing_failures_one_open_per_payment", Clash.FAILURE_OPEN, _failure),
    Unique("pairing_failures_one_open_per_capture", Clash.FAILURE_OPEN, _surplus),
)
LEDGER: Final = (
    Unique[LedgerRow](
        "customer_transactions_one_charge_per_payment",
        Clash.CHARGED,
        lambda entry: entry.payment_session_id if entry.kind in _CHARGES else None,
    ),
    Unique[LedgerRow](
        "customer_transactions_one_due_per_failure",
        Clash.LEDGER_ENTRY_KNOWN,
        lambda entry: entry.failure_id if entry.kind is EntryKind.REFUND_DUE else None,
    ),
    Unique[LedgerRow](
        "customer_transactions_one_reversal_per_failure",
        Clash.LEDGER_ENTRY_KNOWN,
        lambda entry: entry.failure_id if entry.kind is EntryKind.REFUND_REVERSED else None,
    ),
    Unique[LedgerRow](
        "customer_transactions_one_action_per_failure",
        Clash.LEDGER_ENTRY_KNOWN,
        lambda entry: entry.failure_id if entry.kind in _ACTIONS else None,
    ),
)

__all__ = ["CAPTURES", "CHATS", "EXTENSIONS", "FAILURES", "LEDGER", "PAYMENTS", "REQUESTS"]
