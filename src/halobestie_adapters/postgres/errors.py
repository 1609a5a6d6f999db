"""The driver's errors in our own words: the one place where a constraint's name becomes a domain word.

It does not know who asked, nor what the caller will be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import psycopg
from psycopg import errors as pg
from psycopg_pool import PoolClosed

from halobestie_adapters.errors import (
    Busy,
    Clash,
    Conflict,
    RuleBroken,
    StaleWrite,
    StoreError,
    StoreUnavailable,
)

STALE_WRITE: Final = "HB001"  # raised by our must_match() when a compare-and-set matched nothing
RULE_BROKEN: Final = "HB002"  # raised by our triggers: append-only tables, versions that only grow

CLASHES: Final = MappingProxyType(
    {
        "auth_sessions_token_hash": Clash.TOKEN_KNOWN,
        "cc_users_email": Clash.OPERATOR_EMAIL,
        "chat_messages_client_message_id": Clash.MESSAGE_KNOWN,
        "chat_messages_pkey": Clash.SEQUENCE_TAKEN,
        "chat_sessions_one_live_per_customer": Clash.SESSION_LIVE,
        "chat_sessions_one_per_payment": Clash.CHAT_FOR_PAYMENT,
        "chat_sessions_one_per_request": Clash.CHAT_FOR_REQUEST,
        "customer_transactions_one_action_per_failure": Clash.LEDGER_ENTRY_KNOWN,
        "customer_transactions_one_charge_per_payment": Clash.CHARGED,
        "customer_transactions_one_due_per_failure": Clash.LEDGER_ENTRY_KNOWN,
        "customer_transactions_one_reversal_per_failure": Clash.LEDGER_ENTRY_KNOWN,
        "customers_phone": Clash.CUSTOMER_PHONE,
        "devices_token": Clash.DEVICE_TOKEN,
        "discount_claims_pkey": Clash.DISCOUNT_CLAIMED,
        "external_identities_pkey": Clash.IDENTITY_KNOWN,
        "idempotency_keys_pkey": Clash.IDEMPOTENCY_KEY,
        "mitras_phone": Clash.MITRA_PHONE,
        "pairing_answers_one_accepted": Clash.REQUEST_ACCEPTED,
        "pairing_failures_one_open_per_capture": Clash.FAILURE_OPEN,
        "pairing_failures_one_open_per_payment": Clash.FAILURE_OPEN,
        "pairing_requests_one_open_per_customer": Clash.REQUEST_OPEN,
        "pairing_requests_one_open_per_payment": Clash.REQUEST_OPEN,
        "payment_captures_one_per_invoice": Clash.CAPTURE_KNOWN,
        "payment_sessions_one_discount_per_customer": Clash.DISCOUNT_RESERVED,
        "payment_sessions_one_invoice": Clash.INVOICE_KNOWN,
        "payment_sessions_one_open_per_customer": Clash.PAYMENT_OPEN,
        "pricing_tiers_mode_minutes": Clash.TIER_EXISTS,
        "session_extensions_one_pending_per_session": Clash.EXTENSION_PENDING,
        "session_extensions_one_per_payment": Clash.EXTENSION_FOR_PAYMENT,
        "webhook_inbox_one_per_event": Clash.WEBHOOK_KNOWN,
    }
)

# The log of moves holds one row per version: whoever writes the same version second has decided on a stale
# row.
_STALE_CONSTRAINTS: Final = frozenset({"transitions_one_per_version"})

_BUSY: Final = (pg.SerializationFailure, pg.DeadlockDetected, pg.LockNotAvailable)

# Beyond what the driver calls operational: a store that answers but cannot serve (a replica after a
# fail-over, a transaction the server gave up on). A statement that ran into its time-out is here too: its
# caller has waited enough.
_UNAVAILABLE: Final = (
    pg.ReadOnlySqlTransaction,
    pg.IdleInTransactionSessionTimeout,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolClosed,
)


def translate(error: psycopg.Error) -> StoreError | None:
    """Our word for a driver's error; None for a plain mistake in a statement, to be seen as it is."""
    constraint = error.diag.constraint_name or ""
    if error.sqlstate == STALE_WRITE or constraint in _STALE_CONSTRAINTS:
        return StaleWrite(str(error))
    if error.sqlstate == RULE_BROKEN:
        return RuleBroken(constraint or "rule", error.diag.message_primary or "")
    if isinstance(error, _BUSY):
        return Busy(str(error))
    if isinstance(error, pg.UniqueViolation) and constraint in CLASHES:
        return Conflict(CLASHES[constraint], constraint)
    if isinstance(error, psycopg.IntegrityError):
        # The detail line of PostgreSQL shows the row; rows hold phones. The primary message names only the
        # constraint.
        return RuleBroken(constraint or "not_null", error.diag.message_primary or "")
    if isinstance(error, _UNAVAILABLE):
        return StoreUnavailable(str(error))
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises inside into StoreUnavailable, Busy, StaleWrite, Conflict or RuleBroken."""
    try:
        yield
    except psycopg.Error as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from error
