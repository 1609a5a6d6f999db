"""The payment table, row by row, and its hard edges."""

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from halobestie_core.causes import FALLBACK_CAUSES, Cause
from halobestie_core.machine import Ignored, Moved, Refused
from halobestie_core.payment import (
    PAYMENT,
    Abandon,
    Confirm,
    Consume,
    Fail,
    FallBack,
    ForfeitFallback,
    Hold,
    LatePayment,
    PaymentSession,
    PaymentStatus,
    Tick,
)
from halobestie_core.payment.messages import FallbackClosed, PaymentFailed, PaymentLapsed, PaymentPaidLate
from halobestie_core.reasons import Reason
from support.witnesses import HOLDER, NOW, a_payment, an_id, minutes, seconds

PENDING, CONFIRMED, CONSUMED, FAILED, ABANDONED, EXPIRED = PaymentStatus
IN_TIME, DEADLINE, LATER = NOW + minutes(9), NOW + minutes(10), NOW + minutes(30)

CONFIRM, FREE = Confirm(captured=True, timeout_minutes=10), Confirm(captured=False, timeout_minutes=10)
GATEWAY = Confirm(captured=True, timeout_minutes=10, from_gateway=True)
LATE = LatePayment(timeout_minutes=10)
HOLD = Hold(by=HOLDER, for_extension=False)
NOBODY = Fail(Cause.NO_MITRA_AVAILABLE)
CANCELLED = Fail(Cause.CUSTOMER_CANCELLED, "before pairing")
FALL_BACK = FallBack(by=HOLDER, actioned=False)
FORFEIT = ForfeitFallback()

pending = a_payment()
confirmed = PAYMENT.decide(pending, CONFIRM, NOW).moved()
held = PAYMENT.decide(confirmed, HOLD, NOW).moved()
failed = PAYMENT.decide(held, NOBODY, NOW + seconds(60)).moved()
closed = PAYMENT.decide(failed, FORFEIT, NOW + seconds(61)).moved()
lapsed = PAYMENT.decide(confirmed, Tick(), DEADLINE).moved()
consumed = PAYMENT.decide(held, Consume(), NOW).moved()
abandoned = PAYMENT.decide(pending, Abandon(), NOW).moved()
expired = PAYMENT.decide(pending, Tick(), DEADLINE).moved()


def moved(payment: PaymentSession, command: object, at: datetime) -> Moved[PaymentSession]:
    """Return the move, or fail."""
    verdict = PAYMENT.decide(payment, command, at)
    assert isinstance(verdict, Moved), verdict
    return verdict


@pytest.mark.parametrize(
    "payment, command, at, to, sets, told",
    [
        (
            pending,
            CONFIRM,
            IN_TIME,
            CONFIRMED,
            {"expires_at": IN_TIME + minutes(10), "confirmed_at": IN_TIME},
            None,
        ),
        (pending, CONFIRM, DEADLINE, FAILED, {"cause_tag": Cause.LATE_PAYMENT}, Reason.PAYMENT_EXPIRED),
        (pending, FREE, DEADLINE, EXPIRED, {}, Reason.PAYMENT_EXPIRED),
        (
            pending,
            LATE,
            IN_TIME,
            CONFIRMED,
            {"expires_at": IN_TIME + minutes(10), "confirmed_at": IN_TIME},
            None,
        ),
        (pending, LATE, DEADLINE, FAILED, {"cause_tag": Cause.LATE_PAYMENT}, None),
        (pending, evolve(LATE, captured=False), DEADLINE, EXPIRED, {}, None),
        (pending, Abandon(), IN_TIME, ABANDONED, {}, None),
        (pending, Tick(), DEADLINE, EXPIRED, {}, None),
        (confirmed, HOLD, IN_TIME, CONFIRMED, {"held_by": HOLDER}, None),
        (
            confirmed,
            HOLD,
            DEADLINE,
            FAILED,
            {"cause_tag": Cause.PAYMENT_SESSION_EXPIRED},
            Reason.PAYMENT_EXPIRED,
        ),
        (
            confirmed,
            CANCELLED,
            DEADLINE,
            FAILED,
            {"cause_tag": Cause.PAYMENT_SESSION_EXPIRED},
            Reason.PAYMENT_EXPIRED,
        ),
        (held, Consume(), LATER, CONSUMED, {"consumed_at": LATER, "held_by": None}, None),
        (
            confirmed,
            CANCELLED,
            IN_TIME,
            FAILED,
            {"cause_tag": Cause.CUSTOMER_CANCELLED, "cause_detail": "before pairing"},
            None,
        ),
        (
            held,
            NOBODY,
            LATER,
            FAILED,
            {
                "cause_tag": Cause.NO_MITRA_AVAILABLE,
                "held_by": None,
                "fallback_open": True,
                "fallback_until": LATER + seconds(120),
            },
            None,
        ),
        (confirmed, Tick(), DEADLINE, FAILED, {"cause_tag": Cause.PAYMENT_SESSION_EXPIRED}, None),
        (
            failed,
            FALL_BACK,
            IN_TIME,
            CONFIRMED,
            {"held_by": HOLDER, "cause_tag": None, "cause_detail": None, "fallback_open": False},
            None,
        ),
        (failed, FORFEIT, IN_TIME, FAILED, {"fallback_open": False}, None),
        (failed, Tick(), DEADLINE, FAILED, {"fallback_open": False}, None),
        (expired, LATE, LATER, FAILED, {"cause_tag": Cause.LATE_PAYMENT}, None),
        (abandoned, LATE, LATER, FAILED, {"cause_tag": Cause.LATE_PAYMENT}, None),
    ],
)
def test_row(
    payment: PaymentSession,
    command: object,
    at: datetime,
    to: PaymentStatus,
    sets: dict[str, Any],
    told: Reason | None,
) -> None:
    """Each row of the table ends where it says and writes what it says, and nothing else."""
    verdict = moved(payment, command, at)
    assert verdict.after == evolve(payment, status=to, version=payment.version + 1, **sets)
    assert verdict.told is told


@pytest.mark.parametrize(
    "payment, command",
    [
        (confirmed, CONFIRM),
        (consumed, CONFIRM),
        (failed, GATEWAY),
        (lapsed, GATEWAY),
        (abandoned, Abandon()),
        (consumed, NOBODY),
        (failed, CANCELLED),
        (pending, Tick()),
        (confirmed, Tick()),
        (evolve(held, expires_at=NOW), Tick()),
        (failed, Tick()),
        (closed, Tick()),
        (consumed, Tick()),
        (expired, Tick()),
        (confirmed, LATE),
        (consumed, LATE),
        (failed, LATE),
        (pending, FORFEIT),
        (closed, FORFEIT),
        (consumed, FORFEIT),
        (held, HOLD),
    ],
)
def test_harmless_repeat_is_ignored(payment: PaymentSession, command: object) -> None:
    """A command that had its effect already, or finds nothing due, changes nothing."""
    verdict = PAYMENT.decide(payment, command, NOW + seconds(62))
    assert isinstance(verdict, Ignored)
    assert verdict.snapshot is payment


@pytest.mark.parametrize(
    "payment, command, at, reason",
    [
        (expired, CONFIRM, LATER, Reason.PAYMENT_EXPIRED),
        (lapsed, CONFIRM, LATER, Reason.PAYMENT_EXPIRED),
        (failed, CONFIRM, IN_TIME, Reason.NOT_POSSIBLE),
        (abandoned, CONFIRM, IN_TIME, Reason.NOT_POSSIBLE),
        (confirmed, Abandon(), IN_TIME, Reason.NOT_POSSIBLE),
        (expired, Abandon(), LATER, Reason.NOT_POSSIBLE),
        (confirmed, Consume(), IN_TIME, Reason.NOT_POSSIBLE),
        (confirmed, evolve(HOLD, for_extension=True), IN_TIME, Reason.NOT_POSSIBLE),
        (held, evolve(HOLD, by=an_id(99)), IN_TIME, Reason.NOT_POSSIBLE),
        (pending, HOLD, IN_TIME, Reason.NOT_POSSIBLE),
        (pending, HOLD, DEADLINE, Reason.PAYMENT_EXPIRED),
        (expired, HOLD, DEADLINE, Reason.PAYMENT_EXPIRED),
        (lapsed, HOLD, DEADLINE, Reason.PAYMENT_EXPIRED),
        (closed, HOLD, IN_TIME, Reason.NOT_POSSIBLE),
        (pending, NOBODY, IN_TIME, Reason.NOT_POSSIBLE),
        (pending, NOBODY, DEADLINE, Reason.PAYMENT_EXPIRED),
        (expired, NOBODY, DEADLINE, Reason.PAYMENT_EXPIRED),
        (consumed, FALL_BACK, IN_TIME, Reason.NOT_POSSIBLE),
        (confirmed, FALL_BACK, DEADLINE, Reason.PAYMENT_EXPIRED),
        (lapsed, FALL_BACK, DEADLINE, Reason.PAYMENT_EXPIRED),
        (expired, FALL_BACK, DEADLINE, Reason.PAYMENT_EXPIRED),
    ],
)
def test_other_wish_is_refused(
    payment: PaymentSession, command: object, at: datetime, reason: Reason
) -> None:
    """A different wish is refused with its reason and changes nothing."""
    verdict = PAYMENT.decide(payment, command, at)
    assert isinstance(verdict, Refused)
    assert (verdict.snapshot, verdict.reason) == (payment, reason)


@pytest.mark.parametrize(
    "payment, actioned, at, reason",
    [
        (failed, True, LATER, Reason.ALREADY_ACTIONED),
        (failed, False, LATER, Reason.PAYMENT_EXPIRED),
        (closed, True, IN_TIME, Reason.ALREADY_ACTIONED),
        (closed, False, IN_TIME, Reason.NOT_POSSIBLE),
    ],
)
def test_fallback_is_refused_in_order(
    payment: PaymentSession, actioned: bool, at: datetime, reason: Reason
) -> None:
    """First an operator's action is named, then the time, then the state."""
    verdict = PAYMENT.decide(payment, FallBack(by=HOLDER, actioned=actioned), at)
    assert isinstance(verdict, Refused)
    assert verdict.reason is reason


def test_late_confirm_tells_whether_money_came() -> None:
    """A confirmation after the deadline fails the payment if money was taken, and only expires it if not."""
    assert moved(pending, CONFIRM, DEADLINE).events == (
        PaymentPaidLate(pending.id, DEADLINE, Cause.LATE_PAYMENT),
    )
    assert moved(pending, FREE, DEADLINE).after.cause_tag is None


@pytest.mark.parametrize("command", [HOLD, CANCELLED, Tick(), evolve(HOLD, for_extension=True)])
def test_overdue_is_overdue_whoever_comes_first(command: object) -> None:
    """Customer or clock: a confirmed payment past its deadline lapses with the same cause."""
    verdict = moved(confirmed, command, DEADLINE)
    assert verdict.events == (PaymentLapsed(confirmed.id, DEADLINE, Cause.PAYMENT_SESSION_EXPIRED),)


def test_held_payment_is_never_overdue() -> None:
    """While a search holds it, its own deadline does not count: the search's cause stands."""
    assert isinstance(PAYMENT.decide(held, Tick(), LATER), Ignored)
    assert moved(held, NOBODY, LATER).events == (PaymentFailed(held.id, LATER, Cause.NO_MITRA_AVAILABLE),)


def test_extension_payment_is_for_extensions_only() -> None:
    """An extension's payment is held by an extension and by nothing else."""
    payment = evolve(confirmed, is_extension=True)
    assert isinstance(PAYMENT.decide(payment, HOLD, IN_TIME), Refused)
    assert moved(payment, evolve(HOLD, for_extension=True), IN_TIME).after.held_by == HOLDER


@pytest.mark.parametrize("cause", Cause)
def test_only_some_causes_open_a_fallback(cause: Cause) -> None:
    """A search that failed leaves the same money usable; any other failure does not."""
    after = moved(held, Fail(cause), IN_TIME).after
    assert after.fallback_open is (cause in FALLBACK_CAUSES)
    assert (after.fallback_until is not None) is after.fallback_open


def test_extension_payment_never_falls_back() -> None:
    """Whatever the cause, an extension's payment opens no fallback."""
    after = moved(evolve(held, is_extension=True), NOBODY, IN_TIME).after
    assert (after.fallback_open, after.fallback_until) == (False, None)


@pytest.mark.parametrize(
    "at, until", [(NOW, DEADLINE), (IN_TIME, IN_TIME + seconds(120)), (LATER, LATER + seconds(120))]
)
def test_fallback_lasts_two_minutes_at_least(at: datetime, until: datetime) -> None:
    """A fallback lasts until the payment's deadline, or two minutes if that is later."""
    assert moved(held, NOBODY, at).after.fallback_until == until


def test_first_failure_fixes_the_fallback() -> None:
    """A second failure keeps the first one's time, and after it opens nothing."""
    again = moved(failed, FALL_BACK, IN_TIME).after
    until = failed.fallback_until
    assert until == DEADLINE
    once_more = moved(again, NOBODY, IN_TIME + seconds(30)).after
    assert (once_more.fallback_open, once_more.fallback_until) == (True, until)
    too_late = moved(again, NOBODY, until).after
    assert (too_late.fallback_open, too_late.fallback_until) == (False, until)


def test_a_fallback_forgets_why_the_first_search_failed() -> None:
    """Cause and detail belong to the failure's own row; the payment is as good as new."""
    after = moved(evolve(failed, cause_detail="offline"), FALL_BACK, IN_TIME).after
    assert (after.cause_tag, after.cause_detail) == (None, None)


def test_other_failure_after_a_fallback_closes_it() -> None:
    """Cancelling the second search leaves nothing to fall back on."""
    again = moved(failed, FALL_BACK, IN_TIME).after
    assert moved(again, CANCELLED, IN_TIME).after.fallback_open is False


def test_fallback_clock_closes_once() -> None:
    """The clock closes a fallback when its time is over, and then has nothing left to do."""
    verdict = moved(failed, Tick(), DEADLINE)
    assert verdict.events == (FallbackClosed(failed.id, DEADLINE),)
    assert verdict.after.cause_tag is Cause.NO_MITRA_AVAILABLE
    assert isinstance(PAYMENT.decide(verdict.after, Tick(), LATER), Ignored)


@pytest.mark.parametrize(
    "payment, wake_at",
    [
        (pending, DEADLINE),
        (confirmed, DEADLINE),
        (held, None),
        (failed, DEADLINE),
        (closed, None),
        (lapsed, None),
        (consumed, None),
        (abandoned, None),
        (expired, None),
    ],
)
def test_only_what_waits_is_woken(payment: PaymentSession, wake_at: datetime | None) -> None:
    """Pending, confirmed and not held, or failed with a fallback open: these have a deadline, no other."""
    assert payment.wake_at == wake_at


def test_open_means_it_may_still_lead_to_a_chat() -> None:
    """Pending, confirmed, or failed with a fallback open."""
    assert [p.is_open for p in (pending, held, failed)] == [True] * 3
    assert [p.is_open for p in (closed, consumed, expired, abandoned)] == [False] * 4


@pytest.mark.parametrize(
    "amount, discounted, free", [(0, True, True), (0, False, False), (5_000, True, False)]
)
def test_free_trial_is_nothing_by_promotion(amount: int, discounted: bool, free: bool) -> None:
    """Only a promotion makes a free trial."""
    assert a_payment(amount=amount, is_first_session_discount=discounted).is_free_trial is free


def test_birth_fixes_the_deadline() -> None:
    """A payment begins pending, with its whole window before it."""
    assert (pending.status, pending.created_at, pending.expires_at) == (PENDING, NOW, DEADLINE)
