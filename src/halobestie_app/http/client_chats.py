"""The customer's routes from the search on: requests, what is current, the end. Holds no rule of its own."""

from typing import Any, Final
from uuid import UUID

from attrs import field, frozen
from attrs.validators import and_, max_len, min_len, optional

from halobestie_app.http.body import requires
from halobestie_app.http.route import CUSTOMERS, Call, Plain, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import chats, pairings, refusals
from halobestie_app.views import active
from halobestie_app.views.chats import Session, session
from halobestie_app.views.pairings import PairingRequest, fallback_available, pairing_request
from halobestie_app.views.payments import PaymentSession, payment_session
from halobestie_core.ports.reads import RequestSeen
from halobestie_core.words import TopicSensitivity

# ---------------------------------------------------------------------- what comes in


@frozen
class SearchWanted:
    """A search among every mitra who is free."""

    payment_session_id: UUID
    topic_sensitivity: TopicSensitivity = TopicSensitivity.NORMAL


@frozen
class ReturnWanted:
    """A search for one mitra."""

    payment_session_id: UUID
    mitra_id: UUID
    topic_sensitivity: TopicSensitivity = TopicSensitivity.NORMAL


@frozen
class SearchGivenUp:
    """The payment that shall not be used."""

    payment_session_id: UUID


@frozen
class Goodbye:
    """Last words."""

    closing_message: str | None = field(
        default=None, validator=optional(and_(min_len(1), max_len(1000))), repr=False
    )


# ---------------------------------------------------------------------- searching


async def search(call: Call[SearchWanted, None]) -> PairingRequest:
    """Ask everybody who is free."""
    wanted = call.body
    opened = await pairings.open_general(
        call.services.desk,
        call.caller.user_id,
        wanted.payment_session_id,
        wanted.topic_sensitivity,
        call.attempt,
    )
    return pairing_request(opened)


async def search_returning(call: Call[ReturnWanted, None]) -> PairingRequest:
    """Ask one mitra; one who cannot be asked is a problem that says whether others could."""
    wanted, caller = call.body, call.caller.user_id
    try:
        opened = await pairings.open_returning(
            call.services.desk,
            caller,
            wanted.payment_session_id,
            wanted.mitra_id,
            wanted.topic_sensitivity,
            call.attempt,
        )
    except pairings.TargetUnavailableError as gone:
        gone.members["fallback_available"] = await _may_fall_back(call, gone.request)
        raise
    return pairing_request(opened)


async def cancel_search(call: Call[SearchGivenUp, None]) -> PaymentSession:
    """The customer gives up a paid session."""
    return payment_session(
        await pairings.cancel_search(call.services.desk, call.caller.user_id, call.body.payment_session_id)
    )


async def fall_back(call: Plain) -> PairingRequest:
    """Ask everybody with the money of a request that failed."""
    desk, payment_id = call.services.desk, call.path["payment_session_id"]
    return pairing_request(await pairings.fall_back(desk, call.caller.user_id, payment_id, call.attempt))


async def read_request(call: Plain) -> PairingRequest:
    """One of the caller's requests."""
    seen = await call.services.desk.reads.request(call.path["id"])
    if seen is None:
        raise refusals.not_found("chat request")
    if seen.request.customer_id != call.caller.user_id:
        raise refusals.not_yours("chat request")
    failed = seen.request.cause_tag is not None
    return pairing_request(seen, fallback_available=failed and await _may_fall_back(call, seen))


async def _may_fall_back(call: Call[Any, Any], seen: RequestSeen) -> bool:
    current = await call.services.desk.reads.customer_active(seen.request.customer_id)
    return fallback_available(seen.request, current.payment, current.now, call.services.availability)


# ---------------------------------------------------------------------- talking


async def chat_active(call: Plain) -> active.CustomerActive:
    """Everything a cold start needs."""
    desk = call.services.desk
    seen = await desk.reads.customer_active(call.caller.user_id)
    return active.customer_active(seen, desk.settings(), call.services.availability)


async def end_chat(call: Call[Goodbye, None]) -> Session:
    """The customer ends a chat."""
    services, said = call.services, call.body.closing_message
    words = None if said is None else chats.LastWords(services.talking.messages, said)
    ended = await chats.end_by_customer(services.desk, call.caller.user_id, call.path["id"], words)
    return session(ended, ended.session.ended_at or ended.session.started_at)


# ---------------------------------------------------------------------- the table

_PAID: Final = (Code.NOT_FOUND, Code.FORBIDDEN, Code.INVALID_STATE, Code.PAYMENT_EXPIRED)
_of_payment: Final = requires("payment_session_id")

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/api/client/chat-requests",
        search,
        "Search among every mitra who is free",
        CUSTOMERS,
        PairingRequest,
        status=201,
        body=SearchWanted,
        judge=_of_payment,
        problems=(*_PAID, Code.ALREADY_ACTIVE),
        keyed=True,
    ),
    Route(
        "POST",
        "/api/client/chat-requests/returning",
        search_returning,
        "Ask one mitra again",
        CUSTOMERS,
        PairingRequest,
        status=201,
        body=ReturnWanted,
        judge=_of_payment,
        problems=(*_PAID, Code.ALREADY_ACTIVE, Code.TARGETED_MITRA_OFFLINE),
        keyed=True,
    ),
    Route(
        "POST",
        "/api/client/chat-requests/cancel",
        cancel_search,
        "Give up a paid session, searching or not",
        CUSTOMERS,
        PaymentSession,
        body=SearchGivenUp,
        judge=_of_payment,
        problems=_PAID,
        keyed=True,
    ),
    Route(
        "POST",
        "/api/client/chat-requests/{payment_session_id}/fallback-to-blast",
        fall_back,
        "Search among everybody with the money of a request that failed",
        CUSTOMERS,
        PairingRequest,
        status=201,
        problems=(*_PAID, Code.ALREADY_ACTIVE, Code.ALREADY_ACTIONED),
        keyed=True,
    ),
    Route(
        "GET",
        "/api/client/chat-requests/{id}",
        read_request,
        "One request",
        CUSTOMERS,
        PairingRequest,
    ),
    Route(
        "GET",
        "/api/client/chat/active",
        chat_active,
        "Everything that is current",
        CUSTOMERS,
        active.CustomerActive,
    ),
    Route(
        "POST",
        "/api/client/chat/sessions/{id}/end",
        end_chat,
        "End a chat",
        CUSTOMERS,
        Session,
        body=Goodbye,
        problems=(Code.INVALID_STATE, Code.SESSION_NOT_ACTIVE),
        keyed=True,
    ),
)
