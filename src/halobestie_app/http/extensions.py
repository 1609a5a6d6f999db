"""The routes of extensions (*Perpanjang*), the customer's and the mitra's. Holds no rule of its own."""

from typing import Any, Final
from uuid import UUID

from attrs import field, frozen
from attrs.validators import ge, optional

from halobestie_app.http.route import CUSTOMERS, MITRAS, Call, Plain, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import extensions, refusals
from halobestie_app.views.chats import Extension, PendingExtensions, extension, pending_extension
from halobestie_core.words import TimeoutPolicy


@frozen
class ExtensionWanted:
    """More minutes, with a payment of their own; that one is asked for only once the chat could be prolonged.

    Minutes and price may be repeated here, and must then be the payment's.
    """

    extension_payment_session_id: UUID | None = None
    duration_minutes: int | None = field(default=None, validator=optional(ge(1)))
    price: int | None = field(default=None, validator=optional(ge(0)))


@frozen
class Response:
    """Yes or no."""

    accepted: bool


async def ask(call: Call[ExtensionWanted, None]) -> Extension:
    """The customer wants to go on."""
    body, desk = call.body, call.services.desk
    wanted = extensions.Wanted(body.extension_payment_session_id, body.duration_minutes, body.price)
    asked = await extensions.ask(desk, call.caller.user_id, call.path["id"], wanted, call.attempt)
    return extension(asked, _policy(call))


async def list_pending(call: Plain) -> PendingExtensions:
    """Those that wait for the caller: at most one per chat."""
    seen = await call.services.desk.reads.mitra_active(call.caller.user_id)
    if seen is None:
        raise refusals.not_found("mitra")
    rows = tuple(pending_extension(one, _policy(call)) for one in seen.extensions)
    return PendingExtensions(rows, len(rows))


async def respond(call: Call[Response, None]) -> Extension:
    """The caller goes on, or does not."""
    answered = await extensions.answer(
        call.services.desk, call.caller.user_id, call.path["id"], accepted=call.body.accepted
    )
    return extension(answered, _policy(call))


def _policy(call: Call[Any, Any]) -> TimeoutPolicy:
    return call.services.desk.settings().extension_default_action_on_timeout


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/api/client/chat/sessions/{id}/extensions",
        ask,
        "Ask the mitra to go on, with a confirmed extension payment",
        CUSTOMERS,
        Extension,
        status=201,
        body=ExtensionWanted,
        problems=(
            Code.NOT_FOUND,
            Code.FORBIDDEN,
            Code.SESSION_NOT_ACTIVE,
            Code.EXTENSION_PENDING,
            Code.FIRST_SESSION_DISCOUNT_NOT_ALLOWED,
            Code.INVALID_STATE,
            Code.PAYMENT_EXPIRED,
        ),
        keyed=True,
    ),
    Route(
        "GET",
        "/api/mitra/extensions",
        list_pending,
        "Extensions that wait for my answer",
        MITRAS,
        PendingExtensions,
    ),
    Route(
        "POST",
        "/api/mitra/extensions/{id}/respond",
        respond,
        "Accept or reject an extension; the same answer may be repeated",
        MITRAS,
        Extension,
        body=Response,
        problems=(Code.NOT_FOUND, Code.FORBIDDEN, Code.EXTENSION_RESOLVED),
    ),
)
