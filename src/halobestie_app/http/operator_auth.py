"""Operators' routes of identity. Knows no limit, no key and no query: parse, use case, answer.

The refresh token is never in a body: the control center runs in a browser.
"""

from typing import Any, Final
from uuid import UUID

from attrs import field, frozen
from attrs.validators import and_, max_len, min_len

from halobestie_app.http.budgets import REFRESHES
from halobestie_app.http.cookies import KEPT, OPERATOR, kept, refuse_foreign_origin, setting, taking_away
from halobestie_app.http.problems import unauthenticated
from halobestie_app.http.route import ANYONE, Call, Plain, Reply, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import identity_rules as rules
from halobestie_app.usecases.log_ins import LoggedIn
from halobestie_core.ports.identity import Operator
from halobestie_core.words import UserType


@frozen
class PasswordGiven:
    """An operator's proof."""

    email: str = field(validator=and_(min_len(1), max_len(rules.EMAIL_CHARACTERS)))
    password: str = field(validator=and_(min_len(1), max_len(rules.PASSWORD_CHARACTERS[1])), repr=False)


@frozen
class OperatorSeen:
    """An operator, as they see themselves."""

    id: UUID
    user_type: UserType
    email: str


@frozen
class OperatorTokens:
    """What an operator who logged in is given; the refresh token is in a cookie."""

    access_token: str
    token_type: str
    expires_in: int
    user: OperatorSeen


def _operator_tokens(call: Call[Any, Any], logged_in: LoggedIn) -> Reply:
    if not isinstance(logged_in.who, Operator):
        raise TypeError("somebody else than an operator logged in on the internal listener")
    seen = OperatorSeen(logged_in.who.id, UserType.OPERATOR, logged_in.who.email)
    body = OperatorTokens(logged_in.access_token, "Bearer", logged_in.expires_in, seen)
    return Reply(body, cookies=(setting(call, OPERATOR, logged_in.refresh_token, KEPT),))


async def log_in_operator(call: Call[PasswordGiven, None]) -> Reply:
    """An operator with a password."""
    refuse_foreign_origin(call, call.services.environment.cors_origins_internal)
    given = call.body
    logged_in = await call.services.operators.log_in(given.email, given.password, call.address)
    return _operator_tokens(call, logged_in)


async def refresh_operator(call: Plain) -> Reply:
    """New tokens for the cookie."""
    refuse_foreign_origin(call, call.services.environment.cors_origins_internal)
    token = kept(call, OPERATOR)
    if token is None:
        raise unauthenticated()
    return _operator_tokens(call, await call.services.operators.log_ins.renew(token))


async def log_out_operator(call: Plain) -> Reply:
    """The cookie's log-in is over; so it is without one."""
    refuse_foreign_origin(call, call.services.environment.cors_origins_internal)
    token = kept(call, OPERATOR)
    if token is not None:
        await call.services.operators.log_ins.end_by_token(token)
    return Reply(cookies=(taking_away(call, OPERATOR),))


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/internal/auth/login",
        log_in_operator,
        "Log in as an operator",
        ANYONE,
        OperatorTokens,
        body=PasswordGiven,
        problems=(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.RATE_LIMITED, Code.UNAVAILABLE),
    ),
    Route(
        "POST",
        "/internal/auth/refresh",
        refresh_operator,
        "Exchange the cookie for new tokens",
        ANYONE,
        OperatorTokens,
        problems=(Code.UNAUTHENTICATED, Code.FORBIDDEN),
        budget=REFRESHES,
    ),
    Route(
        "POST",
        "/internal/auth/logout",
        log_out_operator,
        "End the cookie's log-in",
        ANYONE,
        status=204,
        problems=(Code.FORBIDDEN,),
    ),
)
