"""A pairing request as its customer sees it, and as an offer to one mitra. Knows no wave and no answer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import frozen

from halobestie_app.views.people import Caller, Person, person
from halobestie_app.views.times import seconds_until
from halobestie_core.causes import Cause
from halobestie_core.machine import Moved
from halobestie_core.pairing import PairingRequest as Request
from halobestie_core.pairing import RequestStatus
from halobestie_core.payment import PAYMENT, FallBack
from halobestie_core.ports.presence import Availability
from halobestie_core.ports.reads import PaymentSeen, RequestSeen
from halobestie_core.words import RequestKind, TopicSensitivity


@frozen
class PairingRequest:
    """One attempt to find a mitra. ``fallback_available`` is of this moment, and false when unknown."""

    id: UUID
    kind: RequestKind
    status: RequestStatus
    cause_tag: Cause | None
    cause_detail: str | None
    payment_session_id: UUID
    targeted_mitra: Person | None
    session_id: UUID | None
    created_at: datetime
    deadline_at: datetime
    timeout_seconds: int
    fallback_available: bool
    version: int


@frozen
class Offer:
    """One open request as shown to one mitra; ``id`` is the request's, the same for everybody."""

    id: UUID
    kind: RequestKind
    customer: Caller
    duration_minutes: int
    topic_sensitivity: TopicSensitivity
    deadline_at: datetime
    seconds_left: int


@frozen
class Offers:
    """The open offers to one mitra."""

    rows: tuple[Offer, ...]
    total: int


def pairing_request(seen: RequestSeen, *, fallback_available: bool = False) -> PairingRequest:
    """Show a request; whether a fallback is available is asked of `fallback_available` once it has failed."""
    request = seen.request
    return PairingRequest(
        id=request.id,
        kind=request.kind,
        status=request.status,
        cause_tag=request.cause_tag,
        cause_detail=request.cause_detail,
        payment_session_id=request.payment_session_id,
        targeted_mitra=None if seen.target is None else person(seen.target),
        session_id=request.session_id,
        created_at=request.created_at,
        deadline_at=request.deadline_at,
        timeout_seconds=request.timeout_seconds,
        fallback_available=fallback_available,
        version=request.version,
    )


def fallback_available(
    request: Request, payment: PaymentSeen | None, now: datetime, availability: Availability
) -> bool:
    """Say whether a fallback of this request would be accepted now, and somebody could be found.

    ``payment`` is the customer's open one: if it is not this request's, there is nothing to fall back on. For
    a returning request the mitra must be another than its target. False when nobody knows who is there.
    """
    if payment is None or payment.payment.id != request.payment_session_id:
        return False
    wish = FallBack(request.id, actioned=payment.operator_action is not None)
    if not isinstance(PAYMENT.decide(payment.payment, wish, now), Moved):
        return False
    eligible = availability.count()
    if eligible is None:
        return False
    if request.targeted_mitra_id is not None and availability.is_eligible(request.targeted_mitra_id):
        eligible -= 1
    return eligible > 0


def offer(seen: RequestSeen, now: datetime) -> Offer:
    """Show a request to a mitra."""
    request = seen.request
    return Offer(
        id=request.id,
        kind=request.kind,
        customer=Caller(seen.customer.display_name),
        duration_minutes=request.duration_minutes,
        topic_sensitivity=request.topic_sensitivity,
        deadline_at=request.deadline_at,
        seconds_left=seconds_until(request.deadline_at, now),
    )


def offers(seen: Iterable[RequestSeen], now: datetime) -> tuple[Offer, ...]:
    """Show every request that is offered to one mitra."""
    return tuple(offer(one, now) for one in seen)
