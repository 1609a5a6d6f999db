"""The operators' routes over kept webhooks. Holds no rule of its own."""

from typing import Final

from attrs import field, frozen
from attrs.validators import and_, ge, le, max_len, min_len

from halobestie_app.http.route import OPERATORS, Call, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import quarantine
from halobestie_app.usecases.quarantine import AlreadyResolvedError
from halobestie_app.views.webhooks import Webhook, Webhooks, webhook, webhooks
from halobestie_core.ports.inbox import InboxState


@frozen
class WebhooksQuery:
    """Deliveries in any of these states (all, if none is named), and which part of them."""

    state: tuple[InboxState, ...] = ()
    limit: int = field(default=50, validator=and_(ge(1), le(200)))
    offset: int = field(default=0, validator=and_(ge(0), le(100_000)))


@frozen
class Resolution:
    """What was found out about a delivery."""

    note: str = field(validator=and_(min_len(1), max_len(1000)))


async def list_webhooks(call: Call[None, WebhooksQuery]) -> Webhooks:
    """A page of deliveries, the latest first."""
    query = call.query
    return webhooks(*await call.services.inbox.page(query.state, query.limit, query.offset))


async def resolve_webhook(call: Call[Resolution, None]) -> Webhook:
    """Say that a delivery in quarantine was dealt with, once."""
    try:
        filed = await quarantine.resolve(
            call.services.inbox, call.path["id"], call.body.note, call.caller.user_id
        )
    except AlreadyResolvedError as settled:
        settled.members["current"] = webhook(settled.row)
        raise
    return webhook(filed)


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/internal/webhooks",
        list_webhooks,
        "Kept webhooks, with what could not be applied",
        OPERATORS,
        Webhooks,
        query=WebhooksQuery,
    ),
    Route(
        "POST",
        "/internal/webhooks/{id}/resolve",
        resolve_webhook,
        "Say that a webhook in quarantine was dealt with; once",
        OPERATORS,
        Webhook,
        body=Resolution,
        keyed=True,
        problems=(Code.NOT_FOUND, Code.ALREADY_ACTIONED, Code.INVALID_STATE),
    ),
)
