"""The payment machine. Every change of a payment's status is a row here; its coupling to others is the flow's.

Two ideas carry it. *Overdue* is judged inside every transition, not only by the clock, so whichever of
customer and clock comes first, the outcome and its cause are the same. And a *held* payment is never overdue:
the search or the extension that was paid for decides, by its own deadline.
"""

from datetime import datetime, timedelta
from typing import Final

from halobestie_core.causes import FALLBACK_CAUSES, Cause
from halobestie_core.machine import (
    CARRIED,
    Ignore,
    Machine,
    Refuse,
    Row,
    always,
    asked,
    of_command,
    of_snapshot,
    the_time,
    to,
)
from halobestie_core.payment.messages import (
    Abandon,
    Confirm,
    Consume,
    Create,
    Fail,
    FallBack,
    FallbackClosed,
    FellBack,
    ForfeitFallback,
    Hold,
    LatePayment,
    PaymentAbandoned,
    PaymentConfirmed,
    PaymentConsumed,
    PaymentCreated,
    PaymentExpired,
    PaymentFailed,
    PaymentHeld,
    PaymentLapsed,
    PaymentPaidLate,
    Tick,
)
from halobestie_core.payment.model import FALLBACK_FLOOR, PaymentSession, PaymentStatus
from halobestie_core.reasons import Reason

PENDING: Final = PaymentStatus.PENDING
CONFIRMED: Final = PaymentStatus.CONFIRMED
CONSUMED: Final = PaymentStatus.CONSUMED
FAILED: Final = PaymentStatus.FAILED_PAIRING
ABANDONED: Final = PaymentStatus.ABANDONED
EXPIRED: Final = PaymentStatus.EXPIRED


@of_snapshot
def past_its_deadline(payment: PaymentSession, now: datetime) -> bool:
    """The clock has reached ``expires_at``."""
    return now >= payment.expires_at


@of_snapshot
def held(payment: PaymentSession, _now: datetime) -> bool:
    """An open request or a pending extension uses it now."""
    return payment.held_by is not None


@of_snapshot
def fallback_open(payment: PaymentSession, _now: datetime) -> bool:
    """It failed in a way that lets the same money be used once more."""
    return payment.fallback_open


@of_snapshot
def fallback_time_over(payment: PaymentSession, now: datetime) -> bool:
    """The clock has reached ``fallback_until``."""
    return payment.fallback_until is not None and now >= payment.fallback_until


@of_snapshot
def unpaired_in_time(payment: PaymentSession, _now: datetime) -> bool:
    """It failed because its own time was over, not because a search did."""
    return payment.cause_tag in {Cause.PAYMENT_SESSION_EXPIRED, Cause.LATE_PAYMENT}


@of_command
def captured(_payment: PaymentSession, command: Confirm | LatePayment, _now: datetime) -> bool:
    """Money was really taken."""
    return command.captured


@of_command
def from_the_gateway(_payment: PaymentSession, command: Confirm, _now: datetime) -> bool:
    """The gateway says so, not the customer."""
    return command.from_gateway


@of_command
def of_the_right_kind(payment: PaymentSession, command: Hold, _now: datetime) -> bool:
    """An extension's payment for an extension, any other for a search."""
    return payment.is_extension is command.for_extension


@of_command
def held_by_the_same(payment: PaymentSession, command: Hold, _now: datetime) -> bool:
    """The one who asks to hold it holds it already."""
    return payment.held_by == command.by


@of_command
def actioned(_payment: PaymentSession, command: FallBack, _now: datetime) -> bool:
    """An operator has already refunded, credited or closed it."""
    return command.actioned


overdue = (past_its_deadline & ~held).called("overdue")
in_time = (~overdue).called("in time")
paid_late = (overdue & captured).called("overdue, money captured")
unpaid_late = (overdue & ~captured).called("overdue, no money")
holdable = (of_the_right_kind & in_time & ~held).called("in time, not held, of the right kind")
fallback_possible = (fallback_open & ~fallback_time_over & ~actioned).called(
    "fallback open, in time, unactioned"
)
fallback_due = (fallback_open & fallback_time_over).called("fallback open, its time over")


def _new_window(_payment: PaymentSession, command: Confirm | LatePayment, now: datetime) -> datetime:
    """Give a full window to be paired, from the moment it is paid."""
    return now + timedelta(minutes=command.timeout_minutes)


def _lets_fall_back(payment: PaymentSession, command: Fail) -> bool:
    return command.cause in FALLBACK_CAUSES and not payment.is_extension


def _fallback_until(payment: PaymentSession, command: Fail, now: datetime) -> datetime | None:
    """Fix the fallback's end at the first failure that allows one; later failures keep it."""
    if payment.fallback_until is not None or not _lets_fall_back(payment, command):
        return payment.fallback_until
    return max(payment.expires_at, now + FALLBACK_FLOOR)


def _fallback_open(payment: PaymentSession, command: Fail, now: datetime) -> bool:
    """Open the fallback if the cause allows one and its time is not over."""
    until = _fallback_until(payment, command, now)
    return _lets_fall_back(payment, command) and until is not None and now < until


_FAILS = {
    "held_by": to(None),
    "cause_detail": asked("detail"),
    "fallback_until": _fallback_until,
    "fallback_open": _fallback_open,
}
_HOLDS = {"held_by": asked("by")}
_SPENT = {"consumed_at": the_time, "held_by": to(None)}
_PAID = {"confirmed_at": the_time, "expires_at": _new_window}
_OVER = {"fallback_open": to(False)}  # noqa: FBT003 - a field's value, not an argument
_REVIVES = _HOLDS | _OVER | {"cause_tag": to(None), "cause_detail": to(None)}


def _opens(command: Create, now: datetime) -> PaymentSession:
    return PaymentSession(
        id=command.id,
        customer_id=command.customer_id,
        amount=command.amount,
        mode=command.mode,
        duration_minutes=command.duration_minutes,
        is_extension=command.is_extension,
        is_first_session_discount=command.is_first_session_discount,
        price_source_id=command.price_source_id,
        targeted_mitra_id=command.targeted_mitra_id,
        provider=command.provider,
        created_at=now,
        expires_at=now + timedelta(minutes=command.timeout_minutes),
    )


_TOLD: Final = Reason.PAYMENT_EXPIRED
_LATE: Final = Cause.LATE_PAYMENT
_LAPSED: Final = Cause.PAYMENT_SESSION_EXPIRED

# fmt: off
PAYMENT: Final = Machine(
    name="payment",
    snapshot=PaymentSession,
    states=PaymentStatus,
    initial=PENDING,
    opening=Create,
    opens=_opens,
    born=PaymentCreated,
    about="One intent to pay for one block of minutes, and where its money stands.",
    failures=frozenset({FAILED}),
    rows=(
        #   from       asked to         and it is          becomes    so we say         because   setting   and tell
        Row(PENDING,   Confirm,         in_time,           CONFIRMED, PaymentConfirmed, None,     _PAID),
        Row(PENDING,   Confirm,         paid_late,         FAILED,    PaymentPaidLate,  _LATE,    _OVER,    _TOLD),
        Row(PENDING,   Confirm,         unpaid_late,       EXPIRED,   PaymentExpired,   None,     {},       _TOLD),
        # Money that comes late for a payment which is still pending is simply its confirmation.
        Row(PENDING,   LatePayment,     in_time,           CONFIRMED, PaymentConfirmed, None,     _PAID),
        Row(PENDING,   LatePayment,     paid_late,         FAILED,    PaymentPaidLate,  _LATE,    _OVER),
        Row(PENDING,   LatePayment,     unpaid_late,       EXPIRED,   PaymentExpired),
        Row(PENDING,   Abandon,         always,            ABANDONED, PaymentAbandoned),
        Row(PENDING,   Tick,            overdue,           EXPIRED,   PaymentExpired),
        Row(CONFIRMED, Hold,            holdable,          CONFIRMED, PaymentHeld,      None,     _HOLDS),
        Row(CONFIRMED, Hold,            overdue,           FAILED,    PaymentLapsed,    _LAPSED,  _OVER,    _TOLD),
        Row(CONFIRMED, Consume,         held,              CONSUMED,  PaymentConsumed,  None,     _SPENT),
        Row(CONFIRMED, Fail,            overdue,           FAILED,    PaymentLapsed,    _LAPSED,  _OVER,    _TOLD),
        Row(CONFIRMED, Fail,            in_time,           FAILED,    PaymentFailed,    CARRIED,  _FAILS),
        Row(CONFIRMED, Tick,            overdue,           FAILED,    PaymentLapsed,    _LAPSED,  _OVER),
        Row(FAILED,    FallBack,        fallback_possible, CONFIRMED, FellBack,         None,     _REVIVES),
        Row(FAILED,    ForfeitFallback, fallback_open,     FAILED,    FallbackClosed,   None,     _OVER),
        Row(FAILED,    Tick,            fallback_due,      FAILED,    FallbackClosed,   None,     _OVER),
        Row(EXPIRED,   LatePayment,     always,            FAILED,    PaymentPaidLate,  _LATE,    _OVER),
        Row(ABANDONED, LatePayment,     always,            FAILED,    PaymentPaidLate,  _LATE,    _OVER),
    ),
    ignored=(
        Ignore((CONFIRMED, CONSUMED), Confirm, "it is confirmed already"),
        Ignore((FAILED,), Confirm, "the gateway repeats what is already recorded", from_the_gateway),
        Ignore((CONFIRMED, CONSUMED, FAILED), LatePayment, "it counts as paid already"),
        Ignore((ABANDONED,), Abandon, "it is abandoned already"),
        Ignore((CONFIRMED,), Hold, "the same holder already has it", held_by_the_same),
        Ignore((CONSUMED,), Fail, "the late loser of a race with success"),
        Ignore((FAILED,), Fail, "it failed already; the first cause stands"),
        Ignore((PENDING, CONFIRMED, FAILED), Tick, "nothing is due"),
        Ignore((CONSUMED, ABANDONED, EXPIRED), Tick, "nothing waits here any more"),
        Ignore(tuple(PaymentStatus), ForfeitFallback, "no fallback is open"),
    ),
    refused=(
        Refuse((EXPIRED,), Confirm, Reason.PAYMENT_EXPIRED),
        Refuse((FAILED,), Confirm, Reason.PAYMENT_EXPIRED, unpaired_in_time),
        Refuse((FAILED, ABANDONED), Confirm, Reason.NOT_POSSIBLE),
        Refuse((CONFIRMED, CONSUMED, FAILED, EXPIRED), Abandon, Reason.NOT_POSSIBLE),
        # Overdue is said to be overdue, whether or not the clock has moved it yet.
        Refuse((PENDING,), Hold, Reason.PAYMENT_EXPIRED, overdue),
        Refuse((EXPIRED,), Hold, Reason.PAYMENT_EXPIRED),
        Refuse((FAILED,), Hold, Reason.PAYMENT_EXPIRED, unpaired_in_time),
        Refuse((PENDING, CONFIRMED, CONSUMED, FAILED, ABANDONED), Hold, Reason.NOT_POSSIBLE),
        Refuse(tuple(PaymentStatus), Consume, Reason.NOT_POSSIBLE),
        Refuse((PENDING,), Fail, Reason.PAYMENT_EXPIRED, overdue),
        Refuse((EXPIRED,), Fail, Reason.PAYMENT_EXPIRED),
        Refuse((PENDING, ABANDONED), Fail, Reason.NOT_POSSIBLE),
        # In this order: already actioned, its time is over, not possible.
        Refuse((FAILED,), FallBack, Reason.ALREADY_ACTIONED, actioned),
        Refuse((FAILED,), FallBack, Reason.PAYMENT_EXPIRED, fallback_time_over | unpaired_in_time),
        Refuse((PENDING, CONFIRMED), FallBack, Reason.PAYMENT_EXPIRED, overdue),
        Refuse((EXPIRED,), FallBack, Reason.PAYMENT_EXPIRED),
        Refuse((PENDING, CONFIRMED, CONSUMED, FAILED, ABANDONED), FallBack, Reason.NOT_POSSIBLE),
    ),
)
# fmt: on
