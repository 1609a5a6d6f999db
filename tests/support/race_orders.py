"""Which two commands meet in a forced order, what each hears, and how it all stands afterwards: a table.

Whichever way the order is forced, it comes to what the two come to one after the other, so it is said once.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from attrs import frozen

from support.desk import Office
from support.scenes import (
    Scene,
    answered,
    discounted,
    failed,
    last_place,
    last_word,
    offer,
    opening,
    search,
    silent,
    targeted,
    two_extensions,
)

search_over = partial(search, over=True)
opening_in_time, opening_over = partial(opening, over=False), partial(opening, over=True)
targeted_over = partial(targeted, over=True)
answered_in_time, answered_over = partial(answered, over=False), partial(answered, over=True)

CANCELLED: Final = "failed_pairing (customer_cancelled): cancelled"
TIMED_OUT: Final = "failed_pairing (targeted_mitra_timeout): auto_rejected"
REJECTED: Final = "failed_pairing (targeted_mitra_rejected): rejected"
EXPIRED: Final = "failed_pairing (no_mitra_available): expired"
LAPSED: Final = "failed_pairing (payment_session_expired): no request"
AGAIN: Final = "confirmed: auto_rejected pending"
ALL_SAID_NO: Final = "failed_pairing (all_mitras_rejected): rejected"


@frozen
class Order:
    """Two sides of a scene in an order, what they hear, how it stands; whether the first commits a move."""

    scene: Callable[[Office], Awaitable[Scene]]
    sides: tuple[str, str]
    heard: tuple[str, str]
    stands: str
    commits: bool = True

    def __str__(self) -> str:
        """Return what is done in which order."""
        return " > ".join(self.sides)


ORDERS: Final[dict[str, tuple[Order, ...]]] = {
    "accept/accept (two mitras)": (
        Order(
            search, ("Budi accepts", "Citra accepts"), ("OK", "ALREADY_TAKEN"), "consumed: accepted by Budi"
        ),
        Order(
            search, ("Citra accepts", "Budi accepts"), ("OK", "ALREADY_TAKEN"), "consumed: accepted by Citra"
        ),
    ),
    "accept/accept (the same mitra twice)": (
        Order(search, ("Budi accepts", "Budi taps again"), ("OK", "OK"), "consumed: accepted by Budi"),
        Order(search, ("Budi taps again", "Budi accepts"), ("OK", "OK"), "consumed: accepted by Budi"),
    ),
    "accept/accept (one mitra, two requests, one place)": (
        Order(last_place, ("accept one", "accept other"), ("OK", "AT_CAPACITY"), "1 chats"),
        Order(last_place, ("accept other", "accept one"), ("OK", "AT_CAPACITY"), "1 chats"),
    ),
    "accept/time-out": (
        Order(search, ("Budi accepts", "the clock"), ("OK", "OK"), "consumed: accepted by Budi"),
        Order(
            search, ("the clock", "Budi accepts"), ("OK", "OK"), "consumed: accepted by Budi", commits=False
        ),
        Order(search_over, ("Budi accepts", "the clock"), ("REQUEST_CLOSED", "OK"), EXPIRED),
        Order(search_over, ("the clock", "Budi accepts"), ("OK", "REQUEST_CLOSED"), EXPIRED),
        Order(search_over, ("Budi declines", "the clock"), ("REQUEST_CLOSED", "OK"), EXPIRED),
        Order(search_over, ("the clock", "Budi declines"), ("OK", "REQUEST_CLOSED"), EXPIRED),
    ),
    "accept/cancel": (
        Order(
            search,
            ("Budi accepts", "the customer cancels"),
            ("OK", "INVALID_STATE"),
            "consumed: accepted by Budi",
        ),
        Order(search, ("the customer cancels", "Budi accepts"), ("OK", "REQUEST_CLOSED"), CANCELLED),
    ),
    "opening a request/payment expiry": (
        Order(opening_in_time, ("search", "the clock"), ("OK", "OK"), "confirmed: pending"),
        Order(opening_in_time, ("the clock", "search"), ("OK", "OK"), "confirmed: pending", commits=False),
        Order(opening_over, ("search", "the clock"), ("PAYMENT_EXPIRED", "OK"), LAPSED),
        Order(opening_over, ("the clock", "search"), ("OK", "PAYMENT_EXPIRED"), LAPSED),
    ),
    "the last two declines together": (
        Order(search, ("Budi declines", "Citra declines"), ("OK", "OK"), ALL_SAID_NO),
        Order(search, ("Citra declines", "Budi declines"), ("OK", "OK"), ALL_SAID_NO),
    ),
    "targeted decline, time-out, fallback and cancel": (
        Order(targeted, ("accept", "decline"), ("OK", "REQUEST_CLOSED"), "consumed: accepted"),
        Order(targeted, ("decline", "accept"), ("OK", "REQUEST_CLOSED"), REJECTED),
        Order(targeted, ("accept", "fallback"), ("OK", "ALREADY_ACTIVE"), "consumed: accepted"),
        Order(
            targeted, ("fallback", "accept"), ("ALREADY_ACTIVE", "OK"), "consumed: accepted", commits=False
        ),
        Order(targeted, ("accept", "cancel"), ("OK", "INVALID_STATE"), "consumed: accepted"),
        Order(targeted, ("cancel", "accept"), ("OK", "REQUEST_CLOSED"), CANCELLED),
        Order(targeted, ("decline", "fallback"), ("OK", "OK"), "confirmed: rejected pending"),
        Order(targeted, ("fallback", "decline"), ("ALREADY_ACTIVE", "OK"), REJECTED, commits=False),
        Order(targeted, ("decline", "cancel"), ("OK", "INVALID_STATE"), REJECTED),
        Order(targeted, ("cancel", "decline"), ("OK", "REQUEST_CLOSED"), CANCELLED),
        Order(targeted, ("fallback", "cancel"), ("ALREADY_ACTIVE", "OK"), CANCELLED, commits=False),
        Order(targeted, ("cancel", "fallback"), ("OK", "INVALID_STATE"), CANCELLED),
        Order(targeted_over, ("accept", "decline"), ("REQUEST_CLOSED", "REQUEST_CLOSED"), TIMED_OUT),
        Order(targeted_over, ("decline", "accept"), ("REQUEST_CLOSED", "REQUEST_CLOSED"), TIMED_OUT),
        Order(targeted_over, ("accept", "time-out"), ("REQUEST_CLOSED", "OK"), TIMED_OUT),
        Order(targeted_over, ("time-out", "accept"), ("OK", "REQUEST_CLOSED"), TIMED_OUT),
        Order(targeted_over, ("accept", "fallback"), ("REQUEST_CLOSED", "OK"), AGAIN),
        Order(targeted_over, ("fallback", "accept"), ("OK", "REQUEST_CLOSED"), AGAIN),
        Order(targeted_over, ("accept", "cancel"), ("REQUEST_CLOSED", "INVALID_STATE"), TIMED_OUT),
        Order(targeted_over, ("cancel", "accept"), ("INVALID_STATE", "REQUEST_CLOSED"), TIMED_OUT),
        Order(targeted_over, ("decline", "time-out"), ("REQUEST_CLOSED", "OK"), TIMED_OUT),
        Order(targeted_over, ("time-out", "decline"), ("OK", "REQUEST_CLOSED"), TIMED_OUT),
        Order(targeted_over, ("decline", "fallback"), ("REQUEST_CLOSED", "OK"), AGAIN),
        Order(targeted_over, ("fallback", "decline"), ("OK", "REQUEST_CLOSED"), AGAIN),
        Order(targeted_over, ("decline", "cancel"), ("REQUEST_CLOSED", "INVALID_STATE"), TIMED_OUT),
        Order(targeted_over, ("cancel", "decline"), ("INVALID_STATE", "REQUEST_CLOSED"), TIMED_OUT),
        Order(targeted_over, ("time-out", "fallback"), ("OK", "OK"), AGAIN),
        Order(targeted_over, ("fallback", "time-out"), ("OK", "OK"), AGAIN),
        Order(targeted_over, ("time-out", "cancel"), ("OK", "INVALID_STATE"), TIMED_OUT),
        Order(targeted_over, ("cancel", "time-out"), ("INVALID_STATE", "OK"), TIMED_OUT),
        Order(
            targeted_over,
            ("fallback", "cancel"),
            ("OK", "OK"),
            "failed_pairing (customer_cancelled): auto_rejected cancelled",
        ),
        Order(targeted_over, ("cancel", "fallback"), ("INVALID_STATE", "OK"), AGAIN),
    ),
    "fallback twice": (
        Order(failed, ("fallback", "fallback again"), ("OK", "OK"), "refund_due refund_reversed: 1 searches"),
        Order(failed, ("fallback again", "fallback"), ("OK", "OK"), "refund_due refund_reversed: 1 searches"),
    ),
    "fallback/operator action": (
        Order(
            failed,
            ("fallback", "refunded"),
            ("OK", "INVALID_STATE"),
            "refund_due refund_reversed: 1 searches",
        ),
        Order(
            failed, ("refunded", "fallback"), ("OK", "ALREADY_ACTIONED"), "refund_due refunded: 0 searches"
        ),
    ),
    "offline/accept": (
        Order(offer, ("accept", "offline"), ("OK", "OK"), "offline, 1 chats"),
        Order(offer, ("offline", "accept"), ("OK", "MITRA_OFFLINE"), "offline, 0 chats"),
    ),
    "extension accept, reject, time-out and session end": (
        Order(answered_in_time, ("accept", "reject"), ("OK", "EXTENSION_RESOLVED"), "accepted: extension"),
        Order(answered_in_time, ("reject", "accept"), ("OK", "EXTENSION_RESOLVED"), "rejected: refund_due"),
        Order(answered_in_time, ("accept", "end"), ("OK", "OK"), "accepted: extension"),
        Order(answered_in_time, ("end", "accept"), ("OK", "EXTENSION_RESOLVED"), "cancelled: refund_due"),
        Order(answered_in_time, ("reject", "end"), ("OK", "OK"), "rejected: refund_due"),
        Order(answered_in_time, ("end", "reject"), ("OK", "EXTENSION_RESOLVED"), "cancelled: refund_due"),
        Order(answered_over, ("accept", "time"), ("OK", "OK"), "accepted: extension"),
        Order(answered_over, ("time", "accept"), ("OK", "OK"), "accepted: extension"),
        Order(answered_over, ("reject", "time"), ("EXTENSION_RESOLVED", "OK"), "accepted: extension"),
        Order(answered_over, ("time", "reject"), ("OK", "EXTENSION_RESOLVED"), "accepted: extension"),
        Order(answered_over, ("end", "time"), ("OK", "OK"), "cancelled: refund_due"),
        Order(answered_over, ("time", "end"), ("OK", "OK"), "accepted: extension"),
    ),
    "two extension requests": (
        Order(
            two_extensions,
            ("ask with one", "ask with other"),
            ("OK", "EXTENSION_PENDING"),
            "extending: pending",
        ),
        Order(
            two_extensions,
            ("ask with other", "ask with one"),
            ("OK", "EXTENSION_PENDING"),
            "extending: pending",
        ),
    ),
    "extension/chat expiry": (
        Order(two_extensions, ("ask with one", "the clock"), ("OK", "OK"), "extending: pending"),
        Order(two_extensions, ("the clock", "ask with one"), ("OK", "OK"), "extending: pending"),
    ),
    "message/end": (
        Order(last_word, ("message", "end"), ("OK", "OK"), "ended, 1 messages"),
        Order(last_word, ("end", "message"), ("OK", "SESSION_NOT_ACTIVE"), "ended, 0 messages"),
    ),
    "the same message on two sockets": (
        Order(last_word, ("message", "the same message"), ("OK", "OK"), "active, 1 messages"),
        Order(last_word, ("the same message", "message"), ("OK", "OK"), "active, 1 messages"),
    ),
    "two discounted payments at once": (
        Order(discounted, ("pay", "pay too"), ("OK", "OK"), "abandoned 0, pending 0: 1 claims"),
        Order(discounted, ("pay too", "pay"), ("OK", "OK"), "abandoned 0, pending 0: 1 claims"),
    ),
    "operator action twice": (
        Order(
            failed, ("refunded", "credited"), ("OK", "ALREADY_ACTIONED"), "refund_due refunded: 0 searches"
        ),
        Order(
            failed, ("credited", "refunded"), ("OK", "ALREADY_ACTIONED"), "refund_due credited: 0 searches"
        ),
    ),
    "two sweepers": (
        Order(silent, ("sweep", "sweep too"), ("OK", "OK"), "offline, 1 moves"),
        Order(silent, ("sweep too", "sweep"), ("OK", "OK"), "offline, 1 moves"),
    ),
}
