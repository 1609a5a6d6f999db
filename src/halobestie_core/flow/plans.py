"""How each wish becomes steps: machine commands in order, after what only the whole evening can refuse.

A plan stops at the first step that is refused (nothing is saved) or that made another move than the one asked for (the
move is saved and the caller is told). Rules of one machine stay in its table; here are only those between them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from attrs import field, frozen

from halobestie_core import chat, extension, machine, pairing, payment
from halobestie_core.causes import Cause
from halobestie_core.flow.effects import (
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
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.reasons import Reason
from halobestie_core.words import OperatorAction, RequestKind

T = TypeVar("T")


@frozen
class Step:
    """One machine command for one slot of the evening."""

    slot: str
    command: object


@frozen
class Plan:
    """Steps in order, and what is written whatever they bring."""

    steps: tuple[Step, ...]
    records: tuple[Record, ...] = field(default=())
    effects: tuple[Effect, ...] = field(default=())


Ignored = machine.Ignored[Any]
Refused = machine.Refused[Any]
Planner = Callable[[Evening, Any, datetime], "Plan | Ignored | Refused"]


def begin_payment(evening: Evening, wish: payment.Create, now: datetime) -> Plan | Refused:
    """Begin a payment. At most one ordinary payment is open: a pending one is abandoned, a fallback forfeited."""
    if wish.is_extension:
        if evening.live_chat is None:
            return Refused(evening, wish, Reason.SESSION_NOT_ACTIVE, ())
        return Plan((Step("payment", wish),))
    earlier = evening.payment
    if earlier is None:
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


def open_pairing(evening: Evening, wish: OpenPairing, _now: datetime) -> Plan | Ignored | Refused:
    """Search, or be told that something of this customer is open already."""
    paid = _needed(evening.payment, wish)
    request = evening.open_request
    if request is not None and _same_search(request, wish, paid):
        return Ignored("this search is open already", request)
    if request is not None or evening.live_chat is not None:
        return Refused(evening, wish, Reason.ALREADY_ACTIVE, ())
    steps = [Step("payment", payment.Hold(wish.id, for_extension=False)), Step("request", _opening(wish, paid))]
    if wish.kind is RequestKind.RETURNING:
        missing = pairing.TargetUnavailable(
            wish.target_gone, wish.target_full, at_start=True, detail=wish.target_detail
        )
        steps.append(Step("request", missing))
    return Plan(tuple(steps))


def fall_back(evening: Evening, wish: FallBackToBlast, _now: datetime) -> Plan | Ignored | Refused:
    """Use the same money for a general blast: exactly one of this and an operator's action wins."""
    paid = _needed(evening.payment, wish)
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
        (Step("payment", payment.FallBack(wish.id, actioned=actioned)), Step("request", _opening(search, paid)))
    )


def cancel_search(evening: Evening, wish: CancelSearch, _now: datetime) -> Plan | Refused:
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
        return Refused(paid, wish, refused, ())
    return Plan((Step("payment", payment.Fail(Cause.CUSTOMER_CANCELLED)),))


def ask_extension(evening: Evening, wish: AskExtension, _now: datetime) -> Plan | Ignored | Refused:
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
    if paid.is_first_session_discount or paid.amount == 0:
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


def record_capture(evening: Evening, wish: RecordCapture, _now: datetime) -> Plan:
    """Write down what the gateway took, and let it confirm its payment, or owe it back as surplus."""
    paid = _needed(evening.payment, wish)
    if wish.matches and wish.first:
        money = payment.LatePayment(wish.timeout_minutes, captured=True)
        return Plan((Step("payment", money),), records=(wish.capture,))
    cause = Cause.DUPLICATE_PAYMENT if wish.matches else Cause.PAYMENT_MISMATCH
    taken = wish.capture
    surplus = Failure(paid.id, paid.customer_id, cause, taken.amount, invoice_id=taken.invoice_id)
    owed = LedgerEntry(
        EntryKind.REFUND_DUE, paid.id, paid.customer_id, taken.amount, invoice_id=taken.invoice_id
    )
    return Plan((), records=(taken, surplus, owed))


_SETTLES: Final[Mapping[OperatorAction, EntryKind]] = {
    OperatorAction.REFUNDED: EntryKind.REFUNDED,
    OperatorAction.CREDITED: EntryKind.CREDITED,
    OperatorAction.NO_ACTION: EntryKind.RETAINED,
}


def act_on_failure(evening: Evening, wish: ActOnFailure, _now: datetime) -> Plan | Ignored | Refused:
    """Settle failed money once, and close its fallback."""
    paid = _needed(evening.payment, wish)
    failure = _needed(evening.failure, wish)
    if failure.operator_action is wish.action:
        return Ignored("this action is recorded already", paid)
    if failure.operator_action is not None:
        return Refused(paid, wish, Reason.ALREADY_ACTIONED, ())
    settled = LedgerEntry(_SETTLES[wish.action], paid.id, paid.customer_id, failure.amount)
    told = Tell(ToCustomer(paid.customer_id), "payment_updated", {"payment_session_id": str(paid.id)})
    return Plan(
        (Step("payment", payment.ForfeitFallback()),),
        records=(FailureActioned(paid.id, wish.action, wish.note), *((settled,) if failure.amount > 0 else ())),
        effects=() if paid.fallback_open else (told,),  # closing the fallback tells them by itself
    )


def _opening(wish: OpenPairing, paid: PaymentSession) -> pairing.Open:
    unavailable = wish.target_gone or wish.target_full
    return pairing.Open(
        id=wish.id,
        customer_id=paid.customer_id,
        payment_session_id=paid.id,
        kind=wish.kind,
        mode=paid.mode,
        duration_minutes=paid.duration_minutes,
        topic_sensitivity=wish.topic_sensitivity,
        timeout_seconds=wish.timeout_seconds,
        mitra_ids=frozenset() if unavailable else wish.mitra_ids,
        wave_size=wish.wave_size,
        targeted_mitra_id=wish.targeted_mitra_id,
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
    OpenPairing: open_pairing,
    FallBackToBlast: fall_back,
    CancelSearch: cancel_search,
    AskExtension: ask_extension,
    RecordCapture: record_capture,
    ActOnFailure: act_on_failure,
}
