"""The nouns and small enums that every machine shares. Knows no rule and no state.

Spellings are those of the database, of the API and of the generated documents.
"""

from enum import StrEnum
from typing import Final

CURRENCY: Final = "IDR"
"""The one currency; amounts are whole rupiah everywhere."""


class Mode(StrEnum):
    """How people talk. Pricing and records carry it; only ``chat`` is served."""

    CHAT = "chat"
    CALL = "call"


class TopicSensitivity(StrEnum):
    """What the customer says of the topic before a mitra accepts."""

    NORMAL = "normal"
    SENSITIVE = "sensitive"


class RequestKind(StrEnum):
    """A blast to every eligible mitra, or one mitra asked again (*Curhat lagi*)."""

    GENERAL = "general"
    RETURNING = "returning"


class UserType(StrEnum):
    """Who may hold a token."""

    CUSTOMER = "customer"
    MITRA = "mitra"
    OPERATOR = "cc_user"


class ActorType(StrEnum):
    """Who caused a recorded move."""

    CUSTOMER = "customer"
    MITRA = "mitra"
    OPERATOR = "cc_user"
    GATEWAY = "gateway"
    CLOCK = "clock"
    SYSTEM = "system"


class Party(StrEnum):
    """Who ended a chat by hand."""

    CUSTOMER = "customer"
    MITRA = "mitra"
    OPERATOR = "operator"


class Side(StrEnum):
    """The two sides of a chat: who writes in it."""

    CUSTOMER = "customer"
    MITRA = "mitra"


class TimeoutPolicy(StrEnum):
    """What silence means when an extension's window ends."""

    AUTO_APPROVE = "auto_approve"
    AUTO_REJECT = "auto_reject"


class Provider(StrEnum):
    """Who takes the money: nobody (amount 0), the development gateway, or Xendit."""

    NONE = "none"
    DEVELOPMENT = "development"
    XENDIT = "xendit"


class OperatorAction(StrEnum):
    """What an operator did with failed money; set once."""

    REFUNDED = "refunded"
    CREDITED = "credited"
    NO_ACTION = "no_action"
