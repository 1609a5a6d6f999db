"""What a store says when it cannot do what it was asked; one vocabulary for every adapter.

It does not know which store is behind it, nor how an answer looks on the wire: a driver's own errors are
translated into these once, at the border (`halobestie_adapters.postgres.errors`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import final


class Clash(StrEnum):
    """What somebody else already has, in words: the other half of a unique constraint's name."""

    CAPTURE_KNOWN = "capture_known"
    CHARGED = "charged"
    CHAT_FOR_PAYMENT = "chat_for_payment"
    CHAT_FOR_REQUEST = "chat_for_request"
    CUSTOMER_PHONE = "customer_phone"
    DEVICE_TOKEN = "device_token"  # noqa: S105 - the name of a clash, not a secret
    DISCOUNT_CLAIMED = "discount_claimed"
    DISCOUNT_RESERVED = "discount_reserved"
    EXTENSION_FOR_PAYMENT = "extension_for_payment"
    EXTENSION_PENDING = "extension_pending"
    FAILURE_OPEN = "failure_open"
    IDEMPOTENCY_KEY = "idempotency_key"
    IDENTITY_KNOWN = "identity_known"
    INVOICE_KNOWN = "invoice_known"
    LEDGER_ENTRY_KNOWN = "ledger_entry_known"
    MESSAGE_KNOWN = "message_known"
    MITRA_PHONE = "mitra_phone"
    OPERATOR_EMAIL = "operator_email"
    PAYMENT_OPEN = "payment_open"
    REQUEST_ACCEPTED = "request_accepted"
    REQUEST_OPEN = "request_open"
    SEQUENCE_TAKEN = "sequence_taken"
    SESSION_LIVE = "session_live"
    TIER_EXISTS = "tier_exists"
    TOKEN_KNOWN = "token_known"  # noqa: S105 - the name of a clash, not a secret
    WEBHOOK_KNOWN = "webhook_known"


class StoreError(Exception):
    """Base of everything a store may raise on purpose."""


@final
class StoreUnavailable(StoreError):
    """The store cannot be reached, or did not answer in time; nothing is known about what was in flight."""


@final
class Busy(StoreError):
    """Somebody else holds what was needed; nothing was written. The same command may be tried again."""


@final
class StaleWrite(StoreError):
    """A compare-and-set met another version than the one decided on; nothing was written. Decide anew."""


@final
class Conflict(StoreError):
    """The store already holds a row that excludes this one; nothing was written.

    `clash` is the domain's word for it, `constraint` the store's own name.
    """

    def __init__(self, clash: Clash, constraint: str) -> None:
        super().__init__(clash, constraint)
        self.clash = clash
        self.constraint = constraint

    def __str__(self) -> str:
        return f"refused because of what is there already: {self.clash} ({self.constraint})"


@final
class RuleBroken(StoreError):
    """The store refused to hold something that must never be; nothing was written.

    This is a mistake in the program, never in the caller's input. `rule` is the name of the constraint or
    trigger.
    """

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(rule, detail)
        self.rule = rule
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"
