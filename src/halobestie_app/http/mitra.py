"""The mitra's routes: on and off, offers, answers, what is current. Holds no rule of its own."""

from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_app.http.route import MITRAS, Call, Plain, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import chats, pairings, presence, refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.views import active, mitras
from halobestie_app.views import pairings as pairing_views
from halobestie_app.views.chats import Session, session
from halobestie_app.views.mitras import MitraStatus
from halobestie_app.views.pairings import Offers
from halobestie_core.flow.availability import Listener
from halobestie_core.pairing import OfferStatus
from halobestie_core.ports import reads


@frozen
class Switch:
    """On or off."""

    is_online: bool


@frozen
class Accepted:
    """The chat that an accepted request became."""

    session_id: UUID
    pairing_request_id: UUID
    session: Session


@frozen
class Declined:
    """What became of one's offer."""

    id: UUID
    status: OfferStatus


# ---------------------------------------------------------------------- on and off


def _status(desk: Desk, listener: Listener) -> MitraStatus:
    return mitras.mitra_status(listener, desk.cadence, desk.settings().max_customers_per_mitra)


async def read_status(call: Plain) -> MitraStatus:
    """How the caller stands."""
    desk = call.services.desk
    found = await desk.reads.mitra(call.caller.user_id)
    if found is None:
        raise refusals.not_found("mitra")
    return _status(desk, found[0])


async def switch(call: Call[Switch, None]) -> MitraStatus:
    """The caller goes online or offline."""
    desk = call.services.desk
    listener = await presence.switch(
        desk, call.services.beats, call.caller.user_id, online=call.body.is_online
    )
    return _status(desk, listener)


async def heartbeat(call: Plain) -> MitraStatus:
    """The caller is still there."""
    desk = call.services.desk
    return _status(desk, await presence.heartbeat(desk, call.services.beats, call.caller.user_id))


# ---------------------------------------------------------------------- requests


async def _current(call: Plain) -> reads.MitraActive:
    seen = await call.services.desk.reads.mitra_active(call.caller.user_id)
    if seen is None:
        raise refusals.not_found("mitra")
    return seen


async def list_offers(call: Plain) -> Offers:
    """The open offers to the caller: at most a handful."""
    seen = await _current(call)
    rows = pairing_views.offers(seen.offers, seen.now)
    return Offers(rows, len(rows))


async def accept(call: Plain) -> Accepted:
    """The caller takes a request."""
    seen, now = await pairings.accept(call.services.desk, call.caller.user_id, call.path["id"])
    return Accepted(seen.session.id, seen.session.pairing_request_id, session(seen, now))


async def decline(call: Plain) -> Declined:
    """The caller says no."""
    request_id, status = await pairings.decline(call.services.desk, call.caller.user_id, call.path["id"])
    return Declined(request_id, status)


# ---------------------------------------------------------------------- talking


async def chat_active(call: Plain) -> active.MitraActive:
    """Everything a cold start needs."""
    desk = call.services.desk
    return active.mitra_active(await _current(call), desk.settings(), desk.cadence)


async def end_chat(call: Plain) -> Session:
    """The caller ends a chat whose paid time is over."""
    ended = await chats.end_by_mitra(call.services.desk, call.caller.user_id, call.path["id"])
    return session(ended, ended.session.ended_at or ended.session.started_at)


# ---------------------------------------------------------------------- the table

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/api/mitra/status", read_status, "On or off, and how busy", MITRAS, MitraStatus),
    Route("PUT", "/api/mitra/status", switch, "Go online or offline", MITRAS, MitraStatus, body=Switch),
    Route(
        "POST",
        "/api/mitra/heartbeat",
        heartbeat,
        "Still there",
        MITRAS,
        MitraStatus,
        problems=(Code.MITRA_OFFLINE,),
    ),
    Route("GET", "/api/mitra/chat-requests", list_offers, "Open offers to me", MITRAS, Offers),
    Route(
        "POST",
        "/api/mitra/chat-requests/{id}/accept",
        accept,
        "Take a request; the winner may repeat it",
        MITRAS,
        Accepted,
        problems=(Code.ALREADY_TAKEN, Code.REQUEST_CLOSED, Code.MITRA_OFFLINE, Code.AT_CAPACITY),
    ),
    Route(
        "POST",
        "/api/mitra/chat-requests/{id}/decline",
        decline,
        "Say no to a request",
        MITRAS,
        Declined,
        problems=(Code.ALREADY_TAKEN, Code.REQUEST_CLOSED, Code.INVALID_STATE),
    ),
    Route(
        "GET", "/api/mitra/chat/active", chat_active, "Everything that is current", MITRAS, active.MitraActive
    ),
    Route(
        "POST",
        "/api/mitra/chat/sessions/{id}/end",
        end_chat,
        "End a chat in its closing time",
        MITRAS,
        Session,
        problems=(Code.INVALID_STATE,),
    ),
)
