"""Why some entries of the tables and some reasons are never met, whatever the size of the house."""

from typing import Final

_LATE: Final = "money for a payment that still waits is its Confirm (RecordCapture)"
_KNOWN: Final = "news of money that is booked end before the table is asked (RecordCapture)"
_TOGETHER: Final = "no wish of its own; whoever asks for it has found the other half in order"
_PLANNED: Final = "the plan of the whole evening answers before the table is asked"
_ADDRESSED: Final = "it is asked only of a returning request, or of one that is open"
_WORDS: Final = "words change no chat, and no message is explored"

# By the beginning of the entry.
WHY: Final[dict[tuple[str, str], str]] = {
    ("payment", "row pending --late_payment"): _LATE,
    ("payment", "failed_pairing: ignored confirm [from the gateway]"): _KNOWN,
    ("payment", "confirmed consumed failed_pairing: ignored late_payment"): _KNOWN,
    ("payment", "confirmed: ignored hold [held by the same]"): _PLANNED,
    ("payment", "consumed: ignored fail"): _TOGETHER,
    ("payment", "pending confirmed consumed failed_pairing abandoned expired: ignored forfeit"): _TOGETHER,
    ("payment", "pending confirmed consumed failed_pairing abandoned expired: refused consume"): _TOGETHER,
    ("pairing", "row pending --target_unavailable [overdue, general]"): _ADDRESSED,
    ("pairing", "pending: ignored next_wave"): "the clock asks for a wave only when one is due",
    ("pairing", "accepted rejected auto_rejected expired cancelled: ignored next_wave"): _ADDRESSED,
    ("pairing", "accepted rejected auto_rejected expired cancelled: ignored target_unavailable"): _ADDRESSED,
    ("pairing", "cancelled: ignored cancel"): _PLANNED,
    ("pairing", "accepted rejected auto_rejected expired: refused cancel"): _PLANNED,
    ("chat", "extending: refused request_extension"): _PLANNED,
    ("chat", "ended: refused request_extension"): _PLANNED,
    ("chat", "active closing ended: refused extension_accepted"): _TOGETHER,
    ("chat", "active closing ended: refused extension_refused"): _TOGETHER,
    ("extension", "accepted rejected timeout cancelled: ignored cancel"): _TOGETHER,
    ("reason", "session_paused"): _WORDS,
    ("reason", "message_differs"): _WORDS,
}
ELSEWHERE: Final = "not within these bounds"


def why_not(of: str, entry: str) -> str:
    """Return why this was never taken; what is not known here is not within the bounds."""
    known = (why for (table, begins), why in WHY.items() if table == of and entry.startswith(begins))
    return next(known, ELSEWHERE)
