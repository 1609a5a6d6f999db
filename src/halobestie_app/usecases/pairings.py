"""Pairings: search, ask one mitra again, give up, fall back, accept, decline. Knows no clock: see `clock`."""

from datetime import datetime
from functools import partial
from uuid import UUID

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import payments, refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.once import id_for, once
from halobestie_app.usecases.perform import Done, perform
from halobestie_core import pairing
from halobestie_core.causes import Cause
from halobestie_core.flow import CancelSearch, FallBackToBlast, OpenPairing
from halobestie_core.flow.availability import Listener
from halobestie_core.pairing import OfferStatus, PairingRequest
from halobestie_core.payment import PAYMENT
from halobestie_core.ports.idempotency import Attempt
from halobestie_core.ports.reads import PaymentSeen, RequestSeen, SessionSeen
from halobestie_core.ports.store import Actor, Loaded, Named, Scope
from halobestie_core.reasons import Reason
from halobestie_core.words import ActorType, RequestKind, TopicSensitivity


async def open_general(
    desk: Desk, customer_id: UUID, payment_id: UUID, topic: TopicSensitivity, attempt: Attempt | None = None
) -> RequestSeen:
    """Blast a request to every eligible mitra."""
    return await once(
        attempt,
        partial(_opened_before, desk, customer_id),
        lambda: _open_general(desk, customer_id, payment_id, topic, id_for(desk, attempt)),
    )


async def _open_general(
    desk: Desk, customer_id: UUID, payment_id: UUID, topic: TopicSensitivity, request_id: UUID
) -> RequestSeen:
    settings = desk.settings()

    def search(loaded: Loaded) -> OpenPairing:
        payments.own(loaded, customer_id)
        return OpenPairing(
            request_id,
            settings.pairing_blast_timeout_seconds,
            topic_sensitivity=topic,
            mitra_ids=loaded.eligible,
            wave_size=settings.pairing_wave_size,
        )

    scope = _blast(desk, customer_id, payment_id)
    outcome = await perform(desk, scope, search, Actor(ActorType.CUSTOMER, customer_id))
    return await _opened(desk, customer_id, outcome)


async def open_returning(
    desk: Desk,
    customer_id: UUID,
    payment_id: UUID,
    mitra_id: UUID,
    topic: TopicSensitivity,
    attempt: Attempt | None = None,
) -> RequestSeen:
    """Ask one mitra again; if they cannot take it, the payment fails at once and the caller is told."""
    request_id = id_for(desk, attempt)
    return await once(
        attempt,
        partial(_opened_before, desk, customer_id),
        lambda: _open_returning(desk, customer_id, payment_id, mitra_id, topic, request_id),
    )


async def _open_returning(
    desk: Desk,
    customer_id: UUID,
    payment_id: UUID,
    mitra_id: UUID,
    topic: TopicSensitivity,
    request_id: UUID,
) -> RequestSeen:
    settings, house = desk.settings(), desk.house

    def ask(loaded: Loaded) -> OpenPairing:
        if payments.own(loaded, customer_id).targeted_mitra_id != mitra_id:
            message = "must be the mitra that the payment was made for"
            errors = [{"path": "$.mitra_id", "message": message}]
            raise Problem(Code.VALIDATION_ERROR, f"mitra_id {message}.", errors=errors)
        target = _target(loaded)
        return OpenPairing(
            request_id,
            settings.returning_chat_confirmation_timeout_seconds,
            kind=RequestKind.RETURNING,
            topic_sensitivity=topic,
            mitra_ids=frozenset({mitra_id}),
            targeted_mitra_id=mitra_id,
            target_gone=not house.is_here(target.presence, loaded.now),
            target_full=target.live_chats >= house.cap,
            target_detail=why_unavailable(target, loaded),
        )

    def why_unavailable(target: Listener, loaded: Loaded) -> str | None:
        if target.presence.is_blocked:
            return "blocked"
        if not target.presence.is_online:
            return None  # plainly offline: the cause says it already
        if not house.is_here(target.presence, loaded.now):
            return "stale"
        return "at_capacity" if target.live_chats >= house.cap else None

    outcome = await perform(
        desk,
        Scope(customer_id=customer_id, payment_id=payment_id, mitra_id=mitra_id, searching=True),
        ask,
        Actor(ActorType.CUSTOMER, customer_id),
    )
    opened = await _opened(desk, customer_id, outcome)
    if opened.request.cause_tag is Cause.TARGETED_MITRA_OFFLINE:
        raise TargetUnavailableError(opened)
    return opened


class TargetUnavailableError(Problem):
    """The target was offline or full: the payment has failed, and ``request`` is the record of it."""

    def __init__(self, request: RequestSeen) -> None:
        super().__init__(
            Code.TARGETED_MITRA_OFFLINE,
            "The chosen bestie is offline or full.",
            reason=request.request.cause_tag,
            cause_detail=request.request.cause_detail,
            pairing_request_id=request.request.id,
        )
        self.request = request


async def fall_back(
    desk: Desk, customer_id: UUID, payment_id: UUID, attempt: Attempt | None = None
) -> RequestSeen:
    """Use the same money for a general blast."""
    return await once(
        attempt,
        partial(_opened_before, desk, customer_id),
        lambda: _fall_back(desk, customer_id, payment_id, id_for(desk, attempt)),
    )


async def _fall_back(desk: Desk, customer_id: UUID, payment_id: UUID, request_id: UUID) -> RequestSeen:
    settings = desk.settings()

    def again(loaded: Loaded) -> FallBackToBlast:
        payments.own(loaded, customer_id)
        earlier = loaded.evening.request
        return FallBackToBlast(
            request_id,
            settings.pairing_blast_timeout_seconds,
            mitra_ids=loaded.eligible,
            wave_size=settings.pairing_wave_size,
            topic_sensitivity=TopicSensitivity.NORMAL if earlier is None else earlier.topic_sensitivity,
        )

    scope = _blast(desk, customer_id, payment_id)
    outcome = await perform(desk, scope, again, Actor(ActorType.CUSTOMER, customer_id))
    return await _opened(desk, customer_id, outcome)


async def cancel_search(desk: Desk, customer_id: UUID, payment_id: UUID) -> PaymentSeen:
    """Give up a paid session, searching or not; an accepted one is answered with its chat."""

    def give_up(loaded: Loaded) -> CancelSearch:
        payments.own(loaded, customer_id)
        return CancelSearch()

    outcome = await perform(
        desk,
        Scope(customer_id=customer_id, payment_id=payment_id, searching=True),
        give_up,
        Actor(ActorType.CUSTOMER, customer_id),
    )
    request = outcome.evening.request
    refusal = None
    if outcome.refused is not None:
        refusal = refusals.problem(outcome.refused)
    elif outcome.told is not None:
        paid, now = outcome.evening.payment, outcome.loaded.now
        refusal = refusals.told(outcome.told, paid, () if paid is None else PAYMENT.allowed(paid, now))
    if refusal is not None:
        if (
            request is not None
            and request.payment_session_id == payment_id
            and request.session_id is not None
        ):
            refusal.members["session_id"] = request.session_id
        raise refusal
    if outcome.evening.payment is None:
        raise refusals.not_found("payment session")
    return PaymentSeen(outcome.evening.payment)


async def accept(desk: Desk, mitra_id: UUID, request_id: UUID) -> tuple[SessionSeen, datetime]:
    """Take a request; one accept wins, and may be repeated. Returns the chat, and what time it is."""
    session_id, cap = desk.new_id(), desk.house.cap

    def take(loaded: Loaded) -> pairing.Accept:
        mitra = _answering(loaded)
        return pairing.Accept(
            mitra_id=mitra_id,
            session_id=session_id,
            online=mitra.presence.is_online and not mitra.presence.is_blocked,
            live_chats=mitra.live_chats,
            cap=cap,
        )

    scope = Scope(request_id=request_id, mitra_id=mitra_id)
    outcome = await perform(desk, scope, take, Actor(ActorType.MITRA, mitra_id))
    request, loaded = _judged(outcome), outcome.loaded
    chat = outcome.evening.chat
    if chat is not None and loaded.customer is not None and loaded.mitra_name is not None:
        return SessionSeen(chat, loaded.customer, Named(mitra_id, loaded.mitra_name)), loaded.now
    won = None if request.session_id is None else await desk.reads.session(request.session_id)
    if won is None:
        raise LookupError("an accepted request has its chat")
    return won


async def decline(desk: Desk, mitra_id: UUID, request_id: UUID) -> tuple[UUID, OfferStatus]:
    """Say no to a request; the last no ends the search."""
    outcome = await perform(
        desk,
        Scope(request_id=request_id, look=desk.look(limit=1, unoffered_of=request_id)),
        lambda loaded: _declining(loaded, mitra_id),
        Actor(ActorType.MITRA, mitra_id),
    )
    request = _judged(outcome)
    return request.id, request.offer_to(mitra_id) or OfferStatus.DECLINED


def _blast(desk: Desk, customer_id: UUID, payment_id: UUID) -> Scope:
    look = desk.look(limit=desk.settings().pairing_wave_size)
    return Scope(customer_id=customer_id, payment_id=payment_id, searching=True, look=look)


def _declining(loaded: Loaded, mitra_id: UUID) -> pairing.Decline:
    if loaded.evening.request is None:
        raise refusals.not_found("chat request")
    return pairing.Decline(mitra_id, eligible_left=bool(loaded.eligible))


def _answering(loaded: Loaded) -> Listener:
    if loaded.evening.request is None or loaded.mitra is None:
        raise refusals.not_found("chat request")
    return loaded.mitra


def _target(loaded: Loaded) -> Listener:
    if loaded.mitra is None:
        raise refusals.not_found("mitra")
    return loaded.mitra


def _judged(outcome: Done) -> PairingRequest:
    """Return the request after a mitra's answer, or raise what that mitra hears."""
    if outcome.refused is not None:
        raise refusals.problem(outcome.refused)
    if outcome.told is not None:
        raise refusals.told(outcome.told, outcome.evening.request)
    if outcome.evening.request is None:
        raise refusals.not_found("chat request")
    return outcome.evening.request


async def _opened_before(desk: Desk, customer_id: UUID, request_id: UUID) -> RequestSeen | None:
    """Give the request that an earlier try has opened; one whose target could not be asked is told again."""
    seen = await desk.reads.request(request_id)
    if seen is None or seen.request.customer_id != customer_id:
        return None
    gone = seen.request.cause_tag is Cause.TARGETED_MITRA_OFFLINE
    if gone and not await desk.reads.offered(request_id, None):  # else they left after they had been asked
        raise TargetUnavailableError(seen)
    return seen


async def _opened(desk: Desk, customer_id: UUID, outcome: Done) -> RequestSeen:
    if outcome.refused is not None:
        raise await payments.refused(desk, customer_id, outcome)
    if outcome.told is Reason.PAYMENT_EXPIRED:
        raise refusals.told(outcome.told, outcome.evening.payment)
    request, loaded = outcome.evening.request, outcome.loaded
    if request is None or loaded.customer is None:
        raise refusals.not_found("payment session")
    target = None
    if request.targeted_mitra_id is not None and loaded.mitra_name is not None:
        target = Named(request.targeted_mitra_id, loaded.mitra_name)
    return RequestSeen(request, loaded.customer, target)
