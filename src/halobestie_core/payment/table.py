"""The payment machine. Every change of a payment's status is a row here; its coupling to others is the flow's.

Two ideas carry it. *Overdue* is judged inside every transition, not only by the clock, so whichever of customer and
clock comes first, the outcome and its cause are the same. And a *held* payment is never overdue: the search or the
extension that was paid for decides, by its own deadline.
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
    return now >= payment.expires_at


@of_snapshot
def held(payment: PaymentSession, _now: datetime) -> bool:
    return payment.held_by is not None


@of_snapshot
def fallback_open(payment: PaymentSession, _now: datetime) -> bool:
    return payment.fallback_open


@of_snapshot
def fallback_time_over(payment: PaymentSession, now: datetime) -> bool:
    return payment.fallback_until is not None and now >= payment.fallback_until


@of_snapshot
def unpaired_in_time(payment: PaymentSession, _now: datetime) -> bool:
    return payment.cause_tag in {Cause.PAYMENT_SESSION_EXPIRED, Cause.LATE_PAYMENT}


@of_command
def captured(_payment: PaymentSession, command: Confirm | LatePayment, _now: datetime) -> bool:
    return command.captured


@of_command
def from_the_gateway(_payment: PaymentSession, command: Confirm, _now: datetime) -> bool:
    return command.from_gateway


@of_command
def of_the_right_kind(payment: PaymentSession, command: Hold, _now: datetime) -> bool:
    return payment.is_extension is command.for_extension


@of_command
def held_by_the_same(payment: PaymentSession, command: Hold, _now: datetime) -> bool:
    return payment.held_by == command.by


@of_command
def actioned(_payment: PaymentSession, command: FallBack, _now: datetime) -> bool:
    return command.actioned


overdue = (past_its_deadline & ~held).called("overdue")
in_time = (~overdue).called("in time")
paid_late = (overdue & captured).called("overdue, money captured")
unpaid_late = (overdue & ~captured).called("overdue, no money")
holdable = (of_the_right_kind & in_time & ~held).called("in time, not held")
too_late_to_hold = (of_the_right_kind & overdue).called("overdue")
fallback_possible = (fallback_open & ~fallback_time_over & ~actioned).called("fallback open, in time, no action yet")
fallback_due = (fallback_open & fallback_time_over).called("fallback open, its time over")


def _new_window(_payment: PaymentSession, command: Confirm | LatePayment, now: datetime) -> datetime:
    """Give a full window to be paired, from the moment it is paid."""
    return now + timedelta(minutes=command.timeout_minutes)


def _fallback_until(payment: PaymentSession, command: Fail, now: datetime) -> datetime | None:
    """Fix the fallback's end at the first failure that allows one; later failures keep it."""
    if payment.fallback_until is not None or command.cause not in FALLBACK_CAUSES:
        return payment.fallback_until
    return max(payment.expires_at, now + FALLBACK_FLOOR)


def _fallback_open(payment: PaymentSession, command: Fail, now: datetime) -> bool:
    """Open the fallback if the cause allows one and its time is not over."""
    until = _fallback_until(payment, command, now)
    return command.cause in FALLBACK_CAUSES and not payment.is_extension and until is not None and now < until


_FAILS = {
    "held_by": to(None),
    "cause_detail": asked("detail"),
    "fallback_until": _fallback_until,
    "fallback_open": _fallback_open,
}
_PAID = {"confirmed_at": the_time, "expires_at": _new_window}
_OVER = {"fallback_open": to(False)}  # noqa: FBT003 - a field's value, not an argument


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


_EXPIRED_TOLD = Reason.PAYMENT_EXPIRED
_LAPSED = Cause.PAYMENT_SESSION_EXPIRED

# fmt: off
PAYMENT: Final = Machine(
    name="payment",
    snapshot=PaymentSession,
    states=PaymentStatus,
    initial=PENDING,
    opening=Create,
    opens=_opens,
    born=PaymentCreated,
    failures=frozenset({FAILED}),
    rows=(
        #   from       asked to         and it is          becomes     so we say         because             setting
        Row(PENDING,   Confirm,         in_time,           CONFIRMED,  PaymentConfirmed, None,               _PAID),
        Row(PENDING,   Confirm,         paid_late,         FAILED,     PaymentPaidLate,  Cause.LATE_PAYMENT, _OVER,
            _EXPIRED_TOLD),
        Row(PENDING,   Confirm,         unpaid_late,       EXPIRED,    PaymentExpired,   None,               {},
            _EXPIRED_TOLD),
        # Money that comes late for a payment which is still pending is simply its confirmation.
        Row(PENDING,   LatePayment,     in_time,           CONFIRMED,  PaymentConfirmed, None,               _PAID),
        Row(PENDING,   LatePayment,     paid_late,         FAILED,     PaymentPaidLate,  Cause.LATE_PAYMENT, _OVER),
        Row(PENDING,   LatePayment,     unpaid_late,       EXPIRED,    PaymentExpired),
        Row(PENDING,   Abandon,         always,            ABANDONED,  PaymentAbandoned),
        Row(PENDING,   Tick,            overdue,           EXPIRED,    PaymentExpired),
        Row(CONFIRMED, Hold,            holdable,          CONFIRMED,  PaymentHeld,      None,       {"held_by": asked("by")}),
        Row(CONFIRMED, Hold,            too_late_to_hold,  FAILED,     PaymentLapsed,    _LAPSED,            _OVER,
            _EXPIRED_TOLD),
        Row(CONFIRMED, Consume,         held,              CONSUMED,   PaymentConsumed,  None,
            {"consumed_at": the_time, "held_by": to(None)}),
        Row(CONFIRMED, Fail,            overdue,           FAILED,     PaymentLapsed,    _LAPSED,            _OVER,
            _EXPIRED_TOLD),
        Row(CONFIRMED, Fail,            in_time,           FAILED,     PaymentFailed,    CARRIED,            _FAILS),
        Row(CONFIRMED, Tick,            overdue,           FAILED,     PaymentLapsed,    _LAPSED,            _OVER),
        Row(FAILED,    FallBack,        fallback_possible, CONFIRMED,  FellBack,         None,
            {"held_by": asked("by"), "cause_tag": to(None), "cause_detail": to(None), **_OVER}),
        Row(FAILED,    ForfeitFallback, fallback_open,     FAILED,     FallbackClosed,   None,               _OVER),
        Row(FAILED,    Tick,            fallback_due,      FAILED,     FallbackClosed,   None,               _OVER),
        Row(EXPIRED,   LatePayment,     always,            FAILED,     PaymentPaidLate,  Cause.LATE_PAYMENT, _OVER),
        Row(ABANDONED, LatePayment,     always,            FAILED,     PaymentPaidLate,  Cause.LATE_PAYMENT, _OVER),
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
        Refuse((EXPIRED,), Hold, Reason.PAYMENT_EXPIRED),
        Refuse((FAILED,), Hold, Reason.PAYMENT_EXPIRED, unpaired_in_time),
        Refuse((PENDING, CONFIRMED, CONSUMED, FAILED, ABANDONED), Hold, Reason.NOT_POSSIBLE),
        Refuse(tuple(PaymentStatus), Consume, Reason.NOT_POSSIBLE),
        Refuse((EXPIRED,), Fail, Reason.PAYMENT_EXPIRED),
        Refuse((PENDING, ABANDONED), Fail, Reason.NOT_POSSIBLE),
        # In this order: already actioned, its time is over, not possible.
        Refuse((FAILED,), FallBack, Reason.ALREADY_ACTIONED, actioned),
        Refuse((FAILED,), FallBack, Reason.PAYMENT_EXPIRED, fallback_time_over | unpaired_in_time),
        Refuse((EXPIRED,), FallBack, Reason.PAYMENT_EXPIRED),
        Refuse((PENDING, CONFIRMED, CONSUMED, FAILED, ABANDONED), FallBack, Reason.NOT_POSSIBLE),
    ),
)
# fmt: on
