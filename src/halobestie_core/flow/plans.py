"""How each wish becomes steps: machine commands in order, after what only the whole evening can refuse.

A plan stops at the first step that is refused (nothing is saved) or that made another move than the one
asked for (the move is saved and the caller is told). Rules of one machine stay in its table; here are
only those between them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from attrs import evolve, field, frozen

from halobestie_core import chat, extension, pairing, payment
from halobestie_core.causes import Cause
from halobestie_core.flow.effects import (
    Capture,
    Effect,
    EntryKind,
    Failure,
    FailureActioned,
    LedgerEntry,
    Record,
    Tell,
    ToCustomer,
)
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.wishes import (
    ActOnFailure,
    AskExtension,
    CancelSearch,
    FallBackToBlast,
    OpenPairing,
    RecordCapture,
)
from halobestie_core.machine import Ignored, Refused
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.reasons import Reason
from halobestie_core.words import CURRENCY, OperatorAction, RequestKind

T = TypeVar("T")

_CODE: Final = re.compile(r"[A-Z]{3}")
"""A currency as ISO 4217 spells it; the gateway may send anything."""


@frozen
class Step:
    """One machine command for one slot of the evening; ``told``: what the caller hears if it moves."""

    slot: str
    command: object
    told: Reason | None = None


@frozen
class Plan:
    """Steps in order, and what is written whatever they bring."""

    steps: tuple[Step, ...]
    records: tuple[Record, ...] = field(default=())
    effects: tuple[Effect, ...] = field(default=())


Planned = Plan | Ignored[Any] | Refused[Any]
Planner = Callable[[Evening, Any, datetime], Planned]


def begin_payment(evening: Evening, wish: payment.Create, now: datetime) -> Planned:
    """Begin a payment. One ordinary payment is open at most: a pending one is abandoned, a fallback ends."""
    earlier = evening.payment
    if earlier is not None and earlier.id == wish.id:  # a second try must not put aside what the first made
        return Ignored("this payment is begun already", earlier)
    if wish.is_extension:
        if evening.live_chat is None:
            return Refused(evening, wish, Reason.SESSION_NOT_ACTIVE, ())
        if _given_away(wish):
            return Refused(evening, wish, Reason.DISCOUNT_NOT_ALLOWED, ())
        return Plan((Step("payment", wish),))
    if earlier is None or earlier.is_extension:
        return Plan((Step("payment", wish),))
    # The earlier one may be overdue without the clock having come by: what it is *now* decides.
    today = payment.PAYMENT.decide(earlier, payment.Tick(), now).moved()
    if today.status is PaymentStatus.CONFIRMED:
        return Refused(evening, wish, Reason.ALREADY_ACTIVE, ())
    steps = [Step("payment", payment.Tick())]
    if today.status is PaymentStatus.PENDING:
        steps.append(Step("payment", payment.Abandon()))
    steps.append(Step("payment", payment.ForfeitFallback()))
    return Plan((*steps, Step("payment", wish)))


def confirm(evening: Evening, wish: payment.Confirm, now: datetime) -> Plan | Refused[Any]:
    """Confirm what is free or paid. Money arrives with :class:`RecordCapture`, which confirms by itself."""
    paid = _needed(evening.payment, wish)
    waits = paid.status is PaymentStatus.PENDING and now < paid.expires_at
    if waits and paid.amount > 0 and not wish.captured:
        return Refused(paid, wish, Reason.PAYMENT_NOT_SETTLED, payment.PAYMENT.allowed(paid, now))
    return Plan((Step("payment", wish),))


def open_pairing(evening: Evening, wish: OpenPairing, now: datetime) -> Planned:
    """Search, or be told that something of this customer is open already."""
    paid = _needed(evening.payment, wish)
    if paid.is_extension:
        return Refused(paid, wish, Reason.NOT_POSSIBLE, payment.PAYMENT.allowed(paid, now))
    request = evening.open_request
    if request is not None and _same_search(request, wish, paid):
        return Ignored("this search is open already", request)
    if request is not None or evening.live_chat is not None:
        return Refused(evening, wish, Reason.ALREADY_ACTIVE, ())
    returning = wish.kind is RequestKind.RETURNING
    if returning and (wish.targeted_mitra_id is None or wish.targeted_mitra_id != paid.targeted_mitra_id):
        return Refused(paid, wish, Reason.WRONG_TARGET, ())
    steps = [
        Step("payment", payment.Hold(wish.id, for_extension=False)),
        Step("request", _opening(wish, paid)),
    ]
    if returning:
        missing = pairing.TargetUnavailable(
            wish.target_gone, wish.target_full, at_start=True, detail=wish.target_detail
        )
        steps.append(Step("request", missing, told=Reason.TARGET_UNAVAILABLE))
    return Plan(tuple(steps))


def fall_back(evening: Evening, wish: FallBackToBlast, now: datetime) -> Planned:
    """Use the same money for a general blast: exactly one of this and an operator's action wins."""
    paid = _needed(evening.payment, wish)
    if paid.is_extension:
        return Refused(paid, wish, Reason.NOT_POSSIBLE, payment.PAYMENT.allowed(paid, now))
    request = evening.open_request
    if request is not None and request.payment_session_id == paid.id and request.kind is RequestKind.GENERAL:
        return Ignored("this search is open already", request)
    if request is not None or evening.live_chat is not None:
        return Refused(evening, wish, Reason.ALREADY_ACTIVE, ())
    actioned = evening.failure is not None and evening.failure.operator_action is not None
    search = OpenPairing(
        wish.id,
        wish.timeout_seconds,
        topic_sensitivity=wish.topic_sensitivity,
        mitra_ids=wish.mitra_ids,
        wave_size=wish.wave_size,
    )
    return Plan(
        (
            Step("payment", payment.FallBack(wish.id, actioned=actioned)),
            Step("request", _opening(search, paid)),
        )
    )


def cancel_search(evening: Evening, wish: CancelSearch, now: datetime) -> Plan | Refused[Any]:
    """Give up a paid session, searching or not. A payment that failed otherwise is not cancelled by it."""
    paid = _needed(evening.payment, wish)
    request = evening.open_request
    if request is not None and request.payment_session_id == paid.id:
        return Plan((Step("request", pairing.Cancel()),))
    refused = None
    if paid.is_extension or paid.status is PaymentStatus.CONSUMED:
        refused = Reason.NOT_POSSIBLE
    elif paid.cause_tag in {Cause.PAYMENT_SESSION_EXPIRED, Cause.LATE_PAYMENT}:
        refused = Reason.PAYMENT_EXPIRED
    elif paid.cause_tag not in {None, Cause.CUSTOMER_CANCELLED}:
        refused = Reason.NOT_POSSIBLE
    if refused is not None:
        return Refused(paid, wish, refused, payment.PAYMENT.allowed(paid, now))
    if paid.held_by is not None:
        msg = "CancelSearch needs the request that holds the payment, and the evening has another or none"
        raise LookupError(msg)
    return Plan((Step("payment", payment.Fail(Cause.CUSTOMER_CANCELLED)),))


def ask_extension(evening: Evening, wish: AskExtension, _now: datetime) -> Planned:
    """Prolong a live chat with a paid, undiscounted extension payment."""
    paid = _needed(evening.extension_payment, wish)
    pending = evening.pending_extension
    session = evening.live_chat
    if session is None:
        return Refused(evening, wish, Reason.SESSION_NOT_ACTIVE, ())
    if pending is not None:
        if pending.payment_session_id == paid.id:
            return Ignored("this extension is asked for already", pending)
        return Refused(evening, wish, Reason.EXTENSION_PENDING, ())
    if _given_away(paid):
        return Refused(evening, wish, Reason.DISCOUNT_NOT_ALLOWED, ())
    asking = extension.Ask(
        id=wish.id,
        session_id=session.id,
        payment_session_id=paid.id,
        duration_minutes=paid.duration_minutes,
        price=paid.amount,
        timeout_seconds=wish.timeout_seconds,
    )
    return Plan(
        (
            Step("extension_payment", payment.Hold(wish.id, for_extension=True)),
            Step("extension", asking),
            Step("chat", chat.RequestExtension()),
        )
    )


def record_capture(evening: Evening, wish: RecordCapture, _now: datetime) -> Plan | Ignored[Any]:
    """Write down what the gateway took, and let it confirm its payment, or owe it back as surplus."""
    paid, taken = evening.payment, wish.capture
    if wish.known:
        return Ignored("this money is recorded already", paid)
    if paid is None:
        return _surplus(wish, Cause.PAYMENT_MISMATCH, None)
    asked_for = (paid.id, paid.amount, CURRENCY)
    matches = wish.matches and (taken.payment_session_id, taken.amount, taken.currency) == asked_for
    if matches and wish.first:
        return Plan((Step("payment", _settling(paid, wish)),), records=(taken,))
    return _surplus(wish, Cause.DUPLICATE_PAYMENT if matches else Cause.PAYMENT_MISMATCH, paid)


def _surplus(wish: RecordCapture, cause: Cause, paid: PaymentSession | None) -> Plan:
    """Money beyond what was asked for moves nothing; it is kept, explained, and owed back."""
    payment_id, customer_id = (None, None) if paid is None else (paid.id, paid.customer_id)
    detail = None if cause is Cause.DUPLICATE_PAYMENT else _differing(wish.capture, paid)
    taken = evolve(wish.capture, payment_session_id=payment_id)
    row = Failure(payment_id, customer_id, cause, taken.amount, detail, invoice_id=taken.invoice_id)
    owed = LedgerEntry(
        EntryKind.REFUND_DUE, payment_id, customer_id, taken.amount, invoice_id=taken.invoice_id
    )
    return Plan((), records=(taken, row, owed))


def _differing(taken: Capture, paid: PaymentSession | None) -> str:
    """What is not as it was asked for. The currency comes first: its sum must not be read as rupiah."""
    if taken.currency != CURRENCY:
        return f"currency:{taken.currency}" if _CODE.fullmatch(taken.currency) else "currency"
    if paid is None:
        return "unknown_payment"
    return "amount" if taken.amount != paid.amount else "invoice"


def _settling(paid: PaymentSession, wish: RecordCapture) -> payment.Confirm | payment.LatePayment:
    """Money for a payment that still waits is its confirmation (too late or not); else it came late."""
    if paid.status is PaymentStatus.PENDING:
        return payment.Confirm(captured=True, timeout_minutes=wish.timeout_minutes, from_gateway=True)
    return payment.LatePayment(wish.timeout_minutes, captured=True)


_SETTLES: Final[Mapping[OperatorAction, EntryKind]] = {
    OperatorAction.REFUNDED: EntryKind.REFUNDED,
    OperatorAction.CREDITED: EntryKind.CREDITED,
    OperatorAction.NO_ACTION: EntryKind.RETAINED,
}


def act_on_failure(evening: Evening, wish: ActOnFailure, _now: datetime) -> Planned:
    """Settle failed money once, and close its fallback."""
    failure = _needed(evening.failure, wish)
    paid = None if failure.payment_session_id is None else _needed(evening.payment, wish)
    if paid is not None and failure.payment_session_id != paid.id:
        msg = "ActOnFailure needs a failure row of the evening's payment, not of another"
        raise LookupError(msg)
    if failure.superseded:
        return Refused(failure, wish, Reason.NOT_POSSIBLE, ())
    if failure.operator_action is wish.action:
        return Ignored("this action is recorded already", failure)
    if failure.operator_action is not None:
        return Refused(failure, wish, Reason.ALREADY_ACTIONED, ())
    payment_id, customer_id = (None, None) if paid is None else (paid.id, paid.customer_id)
    settled = LedgerEntry(
        _SETTLES[wish.action], payment_id, customer_id, failure.amount, invoice_id=failure.invoice_id
    )
    acted = FailureActioned(failure.id, wish.action, wish.note)
    records: tuple[Record, ...] = (acted, settled) if failure.amount > 0 else (acted,)
    if paid is None:
        return Plan((), records=records)
    if failure.invoice_id is None and paid.fallback_open:  # whose end tells the customer by itself
        return Plan((Step("payment", payment.ForfeitFallback()),), records=records)
    told = Tell(ToCustomer(paid.customer_id), "payment_updated", {"payment_session_id": str(paid.id)})
    return Plan((), records=records, effects=(told,))


def _given_away(paid: payment.Create | PaymentSession) -> bool:
    """Whether a promotion or nothing pays for it, which never prolongs a chat."""
    return paid.is_first_session_discount or paid.amount == 0


def _opening(wish: OpenPairing, paid: PaymentSession) -> pairing.Open:
    target = wish.targeted_mitra_id if wish.kind is RequestKind.RETURNING else None
    shown = wish.mitra_ids if target is None else frozenset({target})
    unavailable = target is not None and (wish.target_gone or wish.target_full)
    return pairing.Open(
        id=wish.id,
        customer_id=paid.customer_id,
        payment_session_id=paid.id,
        kind=wish.kind,
        mode=paid.mode,
        duration_minutes=paid.duration_minutes,
        topic_sensitivity=wish.topic_sensitivity,
        timeout_seconds=wish.timeout_seconds,
        mitra_ids=frozenset() if unavailable else shown,
        wave_size=wish.wave_size,
        targeted_mitra_id=target,
    )


def _same_search(request: pairing.PairingRequest, wish: OpenPairing, paid: PaymentSession) -> bool:
    return (
        request.payment_session_id == paid.id
        and request.kind is wish.kind
        and request.targeted_mitra_id == wish.targeted_mitra_id
        and request.topic_sensitivity is wish.topic_sensitivity
    )


def _needed(slot: T | None, wish: object) -> T:
    if slot is None:
        msg = f"{type(wish).__name__} needs a slot of the evening that is empty"
        raise LookupError(msg)
    return slot


PLANS: Final[Mapping[type, Planner]] = {
    payment.Create: begin_payment,
    payment.Confirm: confirm,
    OpenPairing: open_pairing,
    FallBackToBlast: fall_back,
    CancelSearch: cancel_search,
    AskExtension: ask_extension,
    RecordCapture: record_capture,
    ActOnFailure: act_on_failure,
}
