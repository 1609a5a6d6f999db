"""Payments: begin, confirm, go back. The server alone knows the price. Knows no invoice and no webhook."""

from uuid import UUID

from attrs import frozen

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import looking, refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.once import id_for, once
from halobestie_app.usecases.perform import Done, perform
from halobestie_core import payment
from halobestie_core.errors import UnknownTierError
from halobestie_core.flow import RecordCapture, pricing
from halobestie_core.flow.effects import Capture
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.gateway import Taken
from halobestie_core.ports.idempotency import Attempt
from halobestie_core.ports.reads import PaymentSeen
from halobestie_core.ports.store import Actor, Loaded, Scope
from halobestie_core.reasons import Reason
from halobestie_core.words import ActorType, Mode, Provider


@frozen
class NewPayment:
    """What a customer asks to pay for."""

    duration_minutes: int
    mode: Mode = Mode.CHAT
    tier_id: UUID | None = None
    targeted_mitra_id: UUID | None = None
    is_extension: bool = False


async def create(
    desk: Desk, customer_id: UUID, wanted: NewPayment, attempt: Attempt | None = None
) -> PaymentSeen:
    """Begin a payment, priced in the creating transaction.

    A pending one is abandoned, a fallback forfeited.
    """

    async def before(payment_id: UUID) -> PaymentSeen | None:
        seen = await desk.reads.payment(payment_id)
        return seen if seen is not None and seen.payment.customer_id == customer_id else None

    return await once(attempt, before, lambda: _create(desk, customer_id, wanted, id_for(desk, attempt)))


async def _create(desk: Desk, customer_id: UUID, wanted: NewPayment, payment_id: UUID) -> PaymentSeen:
    if wanted.targeted_mitra_id is not None and await desk.reads.mitra(wanted.targeted_mitra_id) is None:
        raise refusals.not_found("mitra")

    def begin(loaded: Loaded) -> payment.Create:
        if loaded.customer is None:
            raise Problem(Code.UNAUTHENTICATED, "This account is gone; come in again.")
        quote = _quoted(loaded, wanted)
        return payment.Create(
            id=payment_id,
            customer_id=customer_id,
            amount=quote.price,
            mode=wanted.mode,
            duration_minutes=wanted.duration_minutes,
            is_extension=wanted.is_extension,
            is_first_session_discount=quote.is_first_session_discount,
            timeout_minutes=desk.settings().payment_session_timeout_minutes,
            price_source_id=quote.price_source_id,
            targeted_mitra_id=wanted.targeted_mitra_id,
            provider=desk.gateway.provider if quote.price > 0 else Provider.NONE,
        )

    # A search that is over, but not closed yet, is closed before the new payment begins: so it is loaded too.
    scope = Scope(
        customer_id=customer_id,
        prices=True,
        searching=not wanted.is_extension,
        live_chat=wanted.is_extension,
    )
    outcome = await perform(desk, scope, begin, Actor(ActorType.CUSTOMER, customer_id))
    if outcome.refused is not None:
        raise await refused(desk, customer_id, outcome)
    return PaymentSeen(_payment(outcome))


async def confirm(desk: Desk, customer_id: UUID, payment_id: UUID) -> PaymentSeen:
    """Confirm a payment: a free one at once, any other when the gateway says that it has the money."""
    before = (await owned(desk, customer_id, payment_id)).payment
    taken = None
    if before.status is PaymentStatus.PENDING and before.amount > 0:
        taken = await desk.gateway.paid(before)
        await looking.look(desk, before)
    window = desk.settings().payment_session_timeout_minutes

    def settle(loaded: Loaded) -> payment.Confirm | RecordCapture:
        current = _needed(loaded.evening.payment)
        waiting = current.status is PaymentStatus.PENDING
        if waiting and taken is not None and (taken.until is None or loaded.now < taken.until):
            return _capture(current, taken, loaded, window)
        return payment.Confirm(captured=False, timeout_minutes=window)

    outcome = await perform(
        desk,
        Scope(customer_id=customer_id, payment_id=payment_id),
        settle,
        Actor(ActorType.CUSTOMER, customer_id),
    )
    return await _answered(desk, customer_id, outcome)


async def read(desk: Desk, customer_id: UUID, payment_id: UUID) -> PaymentSeen:
    """Return a payment as it stands, after a look at what the gateway has for it."""
    seen = await owned(desk, customer_id, payment_id)
    if await looking.look(desk, seen.payment) is None:
        return seen
    return await owned(desk, customer_id, payment_id)


async def cancel(desk: Desk, customer_id: UUID, payment_id: UUID) -> PaymentSeen:
    """Go back before paying."""

    def go_back(loaded: Loaded) -> payment.Abandon:
        own(loaded, customer_id)
        return payment.Abandon()

    outcome = await perform(
        desk,
        Scope(customer_id=customer_id, payment_id=payment_id),
        go_back,
        Actor(ActorType.CUSTOMER, customer_id),
    )
    return await _answered(desk, customer_id, outcome)


async def owned(desk: Desk, customer_id: UUID, payment_id: UUID) -> PaymentSeen:
    """Return a payment of this customer; 404 if there is none of this id, 403 if it is somebody else's."""
    seen = await desk.reads.payment(payment_id)
    if seen is None:
        raise refusals.not_found("payment session")
    if seen.payment.customer_id != customer_id:
        raise refusals.not_yours("payment session")
    return seen


def own(loaded: Loaded, customer_id: UUID) -> PaymentSession:
    """Return the payment that was loaded; 404 if there is none, 403 if it is somebody else's."""
    found = _needed(loaded.evening.payment)
    if found.customer_id != customer_id:
        raise refusals.not_yours("payment session")
    return found


async def refused(desk: Desk, customer_id: UUID, outcome: Done) -> Problem:
    """Return the problem of a refused command; where something else is open, with what that is."""
    if outcome.refused is None:
        raise LookupError("nothing was refused")
    if outcome.refused.reason is not Reason.ALREADY_ACTIVE:
        return refusals.problem(outcome.refused)
    now = await desk.reads.customer_active(customer_id)
    request = now.request.request if now.request is not None and now.request.request.is_open else None
    unused = now.payment.payment if now.payment is not None else None
    if unused is not None and (unused.status is not PaymentStatus.CONFIRMED or unused.is_extension):
        unused = None
    return refusals.problem(
        outcome.refused,
        session_id=None if now.session is None else now.session.session.id,
        pairing_request_id=None if request is None else request.id,
        payment_session_id=None if unused is None else unused.id,
    )


async def _answered(desk: Desk, customer_id: UUID, outcome: Done) -> PaymentSeen:
    if outcome.refused is not None:
        raise await refused(desk, customer_id, outcome)
    if outcome.told is not None:
        raise refusals.told(outcome.told, outcome.evening.payment)
    failure = outcome.evening.failure
    return PaymentSeen(_payment(outcome), None if failure is None else failure.operator_action)


def _quoted(loaded: Loaded, wanted: NewPayment) -> pricing.Quote:
    try:
        return pricing.quote(
            loaded.tiers,
            loaded.promotion,
            loaded.buyer,
            mode=wanted.mode,
            minutes=wanted.duration_minutes,
            tier_id=wanted.tier_id,
            is_extension=wanted.is_extension,
        )
    except UnknownTierError as unknown:
        detail = f"Nobody sells {unknown.minutes} minutes of {unknown.mode}."
        raise Problem(Code.UNKNOWN_TIER, detail) from unknown


def _capture(current: PaymentSession, taken: Taken, loaded: Loaded, window: int) -> RecordCapture:
    money = Capture(
        current.provider,
        taken.invoice_id,
        current.id,
        taken.amount,
        taken.currency,
        taken.paid_at or loaded.now,
    )
    matches = taken.amount == current.amount and taken.currency == "IDR"
    return RecordCapture(money, first=not loaded.captured, matches=matches, timeout_minutes=window)


def _payment(outcome: Done) -> PaymentSession:
    return _needed(outcome.evening.payment)


def _needed(found: PaymentSession | None) -> PaymentSession:
    if found is None:
        raise refusals.not_found("payment session")
    return found
