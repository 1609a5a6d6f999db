"""The routes by which people are erased. Holds no rule of its own."""

from typing import Final
from uuid import UUID

from attrs import field, frozen
from attrs.validators import and_, max_len, min_len

from halobestie_app.http.body import invalid
from halobestie_app.http.cookies import client_cookie, taking_away
from halobestie_app.http.route import OPERATORS, PEOPLE, Call, Plain, Reply, Route
from halobestie_core.ports.erasure import Erased
from halobestie_core.ports.presence import User
from halobestie_core.ports.store import Actor
from halobestie_core.words import ActorType, UserType


@frozen
class EraseWanted:
    """Why a customer is erased: kept for ever, so it should name nobody."""

    reason: str = field(validator=and_(min_len(1), max_len(500)), repr=False)


@frozen
class Erasure:
    """How far it is: ``waiting`` while a payment, a request or a chat is open, then ``erased``."""

    customer_id: UUID
    state: Erased


async def erase_me(call: Plain) -> Reply:
    """The caller is logged out everywhere, and forgotten."""
    who = call.caller
    actor = Actor(ActorType(who.user_type.value), who.user_id)
    await call.services.erasing.ask(User(who.user_type, who.user_id), actor)
    name = client_cookie(call)
    return Reply(cookies=() if name is None else (taking_away(call, name),))


async def erase_customer(call: Call[EraseWanted, None]) -> Erasure:
    """An operator has a customer forgotten."""
    reason = call.body.reason.strip()
    if not reason:
        raise invalid([{"path": "$.reason", "message": "must hold more than spaces"}])
    customer_id = call.path["id"]
    actor = Actor(ActorType.OPERATOR, call.caller.user_id)
    state = await call.services.erasing.ask(User(UserType.CUSTOMER, customer_id), actor, reason)
    return Erasure(customer_id, state)


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "DELETE",
        "/api/shared/me",
        erase_me,
        "Be forgotten, as soon as nothing is open; every log-in ends",
        PEOPLE,
        status=202,
    ),
)

INTERNAL_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/internal/customers/{id}/erase",
        erase_customer,
        "Have a customer forgotten, for a reason that is kept",
        OPERATORS,
        Erasure,
        status=202,
        body=EraseWanted,
        keyed=True,
    ),
)
