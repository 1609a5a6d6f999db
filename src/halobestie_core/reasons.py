"""Why a command was refused: one closed list with its sentences. Knows no machine and no HTTP."""

from enum import StrEnum


class Reason(StrEnum):
    """What the caller hears. The API turns each into one problem code."""

    NOT_POSSIBLE = "not_possible"
    PAYMENT_EXPIRED = "payment_expired"
    PAYMENT_NOT_SETTLED = "payment_not_settled"
    ALREADY_ACTIVE = "already_active"
    ALREADY_ACTIONED = "already_actioned"
    ALREADY_TAKEN = "already_taken"
    REQUEST_CLOSED = "request_closed"
    NOT_OFFERED = "not_offered"
    MITRA_OFFLINE = "mitra_offline"
    MITRA_BLOCKED = "mitra_blocked"
    AT_CAPACITY = "at_capacity"
    TARGET_UNAVAILABLE = "target_unavailable"
    WRONG_TARGET = "wrong_target"
    SESSION_NOT_ACTIVE = "session_not_active"
    SESSION_PAUSED = "session_paused"
    MESSAGE_DIFFERS = "message_differs"
    EXTENSION_PENDING = "extension_pending"
    EXTENSION_RESOLVED = "extension_resolved"
    DISCOUNT_NOT_ALLOWED = "discount_not_allowed"


SENTENCES: dict[Reason, str] = {
    Reason.NOT_POSSIBLE: "This is not possible in the present state.",
    Reason.PAYMENT_EXPIRED: "The time to use this payment is over.",
    Reason.PAYMENT_NOT_SETTLED: "The money for this payment has not arrived yet.",
    Reason.ALREADY_ACTIVE: "Something else of this customer is still open.",
    Reason.ALREADY_ACTIONED: "An operator has already dealt with this payment.",
    Reason.ALREADY_TAKEN: "Another bestie accepted this request first.",
    Reason.REQUEST_CLOSED: "This request is closed.",
    Reason.NOT_OFFERED: "This request was not offered to this bestie.",
    Reason.MITRA_OFFLINE: "The bestie is offline.",
    Reason.MITRA_BLOCKED: "The bestie is blocked.",
    Reason.AT_CAPACITY: "The bestie already has as many chats as allowed.",
    Reason.TARGET_UNAVAILABLE: "The chosen bestie is offline or full.",
    Reason.WRONG_TARGET: "This payment was made for another bestie.",
    Reason.SESSION_NOT_ACTIVE: "The chat session is not active.",
    Reason.SESSION_PAUSED: "The chat session is paused while an extension waits for its answer.",
    Reason.MESSAGE_DIFFERS: "A message with this id was sent with another text.",
    Reason.EXTENSION_PENDING: "Another extension of this chat is still waiting for its answer.",
    Reason.EXTENSION_RESOLVED: "The extension was already answered otherwise.",
    Reason.DISCOUNT_NOT_ALLOWED: "A discounted or free payment cannot prolong a chat.",
}
