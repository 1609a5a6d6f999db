"""Customers' and mitras' routes of identity. Knows no limit, no key and no query: parse, use case, answer."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias
from uuid import UUID

import attrs
from attrs import field, frozen
from attrs.validators import and_, matches_re, max_len, min_len, optional

from halobestie_app.http.body import invalid
from halobestie_app.http.budgets import REFRESHES, SIGN_UPS
from halobestie_app.http.cookies import (
    KEPT,
    client_cookie,
    kept,
    refuse_foreign_origin,
    setting,
    taking_away,
)
from halobestie_app.http.problems import unauthenticated
from halobestie_app.http.route import ANYONE, OPTIONAL, PEOPLE, Call, Plain, Reply, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import identity_rules as rules
from halobestie_app.usecases.identity import CodeSent
from halobestie_app.usecases.log_ins import LoggedIn
from halobestie_core.ports.id_tokens import IdentityProvider
from halobestie_core.ports.identity import Person
from halobestie_core.words import UserType

# ---------------------------------------------------------------------- what comes in

Validator: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], Any]

_NAME: Final[Validator] = and_(min_len(1), max_len(rules.NAME_CHARACTERS))
_PHONE: Final[Validator] = and_(min_len(1), max_len(32))
_ID_TOKEN: Final = 8192
_REFRESH_TOKEN: Final[Validator] = and_(min_len(1), max_len(512))


@frozen
class SignUp:
    """Somebody comes in and proves nothing."""

    display_name: str | None = field(default=None, validator=optional(_NAME))


@frozen
class PhoneGiven:
    """Where to send a code: E.164."""

    phone: str = field(validator=_PHONE)


@frozen
class CodeGiven:
    """The code that came to a phone."""

    phone: str = field(validator=_PHONE)
    code: str = field(validator=matches_re(r"[0-9]{6}"), repr=False)


@frozen
class IdTokenGiven:
    """What Google or Apple gave the app."""

    id_token: str = field(validator=and_(min_len(1), max_len(_ID_TOKEN)), repr=False)


@frozen
class TokenGiven:
    """A refresh token; left out where a cookie carries it."""

    refresh_token: str | None = field(default=None, validator=optional(_REFRESH_TOKEN), repr=False)


@frozen
class NameGiven:
    """The name to be called by."""

    display_name: str = field(validator=_NAME)


# ---------------------------------------------------------------------- what goes out


@frozen
class Me:
    """A customer or mitra, as they see themselves."""

    id: UUID
    user_type: UserType
    display_name: str
    is_anonymous: bool
    phone_verified: bool


@frozen
class Tokens:
    """What somebody who logged in is given; ``refresh_token`` is null where a cookie carries it."""

    access_token: str
    refresh_token: str | None
    token_type: str
    expires_in: int
    user: Me


def _me(person: Person) -> Me:
    return Me(person.id, person.user_type, person.display_name, person.is_anonymous, person.phone_verified)


def _tokens(call: Call[Any, Any], logged_in: LoggedIn) -> Reply:
    """The tokens, the refresh token in a cookie for an app in a browser."""
    if not isinstance(logged_in.who, Person):
        raise TypeError("an operator logged in on the public listener")
    name = client_cookie(call)
    body = Tokens(
        logged_in.access_token,
        logged_in.refresh_token if name is None else None,
        "Bearer",
        logged_in.expires_in,
        _me(logged_in.who),
    )
    return Reply(body, cookies=() if name is None else (setting(call, name, logged_in.refresh_token, KEPT),))


# --------------------------------------------------------------------------------------------- what happens


async def sign_up(call: Call[SignUp, None]) -> Reply:
    """A new anonymous customer."""
    return _tokens(call, await call.services.identity.sign_up(call.body.display_name))


async def request_customer_code(call: Call[PhoneGiven, None]) -> CodeSent:
    """A code for the customer's app."""
    return await _code_sent(call, UserType.CUSTOMER)


async def request_mitra_code(call: Call[PhoneGiven, None]) -> CodeSent:
    """A code for the mitra's app."""
    return await _code_sent(call, UserType.MITRA)


async def _code_sent(call: Call[PhoneGiven, None], user_type: UserType) -> CodeSent:
    sent: CodeSent = await call.services.identity.request_code(user_type, call.body.phone, call.address)
    return sent


async def verify_customer(call: Call[CodeGiven, None]) -> Reply:
    """A customer with a code, perhaps known until now by their token only."""
    given = call.body
    return _tokens(
        call, await call.services.identity.verify_customer(given.phone, given.code, _customer(call))
    )


async def verify_google(call: Call[IdTokenGiven, None]) -> Reply:
    """A customer by Google's word, perhaps known until now by their token only."""
    return await _verified(call, IdentityProvider.GOOGLE)


async def verify_apple(call: Call[IdTokenGiven, None]) -> Reply:
    """A customer by Apple's word, perhaps known until now by their token only."""
    return await _verified(call, IdentityProvider.APPLE)


async def _verified(call: Call[IdTokenGiven, None], provider: IdentityProvider) -> Reply:
    token = call.body.id_token
    return _tokens(call, await call.services.identity.verify_identity(provider, token, _customer(call)))


def _customer(call: Call[Any, Any]) -> UUID | None:
    """The customer whose token came along; a mitra's is no customer to upgrade."""
    who = call.principal
    return who.user_id if who is not None and who.user_type is UserType.CUSTOMER else None


async def verify_mitra(call: Call[CodeGiven, None]) -> Reply:
    """A mitra with a code."""
    return _tokens(call, await call.services.identity.verify_mitra(call.body.phone, call.body.code))


async def refresh(call: Call[TokenGiven, None]) -> Reply:
    """New tokens for a refresh token, from the body or, for an app in a browser, from its cookie."""
    name = client_cookie(call)
    if name is None:
        token = call.body.refresh_token
        if token is None:
            raise invalid([{"path": "$.refresh_token", "message": "is required"}])
    else:
        refuse_foreign_origin(call, call.services.environment.cors_origins_public)
        token = kept(call, name)
        if token is None:
            raise unauthenticated()
    return _tokens(call, await call.services.identity.log_ins.renew(token))


async def log_out(call: Plain) -> Reply:
    """The caller's log-in is over."""
    await call.services.identity.log_ins.end(call.caller.session_id)
    name = client_cookie(call)
    return Reply(cookies=() if name is None else (taking_away(call, name),))


async def me(call: Plain) -> Me:
    """The caller."""
    return _me(await call.services.identity.me(call.caller.user_type, call.caller.user_id))


async def rename(call: Call[NameGiven, None]) -> Me:
    """The caller with another name."""
    who = call.caller
    return _me(await call.services.identity.rename(who.user_type, who.user_id, call.body.display_name))


_SENDING: Final = (Code.RATE_LIMITED, Code.PROVIDER_NOT_CONFIGURED, Code.UNAVAILABLE)
_GUESSING: Final = (Code.OTP_INVALID, Code.OTP_LOCKED)

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/api/shared/auth/anonymous",
        sign_up,
        "Come in without proving anything",
        ANYONE,
        Tokens,
        status=201,
        body=SignUp,
        budget=SIGN_UPS,
    ),
    Route(
        "POST",
        "/api/client/auth/otp/request",
        request_customer_code,
        "Have a code sent to a customer's phone",
        ANYONE,
        CodeSent,
        status=202,
        body=PhoneGiven,
        problems=_SENDING,
    ),
    Route(
        "POST",
        "/api/client/auth/otp/verify",
        verify_customer,
        "Log in as a customer with a code; an anonymous caller keeps id and history",
        OPTIONAL,
        Tokens,
        body=CodeGiven,
        problems=_GUESSING,
    ),
    *(
        Route(
            "POST",
            f"/api/client/auth/{provider}",
            endpoint,
            f"Log in as a customer with {name}; an anonymous caller keeps id and history",
            OPTIONAL,
            Tokens,
            body=IdTokenGiven,
            problems=(Code.UNAUTHENTICATED, Code.PROVIDER_NOT_CONFIGURED, Code.UNAVAILABLE),
        )
        for provider, endpoint, name in (
            ("google", verify_google, "Google"),
            ("apple", verify_apple, "Apple"),
        )
    ),
    Route(
        "POST",
        "/api/mitra/auth/otp/request",
        request_mitra_code,
        "Have a code sent to a mitra's phone",
        ANYONE,
        CodeSent,
        status=202,
        body=PhoneGiven,
        problems=_SENDING,
    ),
    Route(
        "POST",
        "/api/mitra/auth/otp/verify",
        verify_mitra,
        "Log in as a mitra with a code",
        ANYONE,
        Tokens,
        body=CodeGiven,
        problems=(*_GUESSING, Code.MITRA_NOT_REGISTERED, Code.FORBIDDEN),
    ),
    Route(
        "POST",
        "/api/shared/auth/refresh",
        refresh,
        "Exchange a refresh token for new tokens",
        ANYONE,
        Tokens,
        body=TokenGiven,
        budget=REFRESHES,
        problems=(Code.UNAUTHENTICATED, Code.FORBIDDEN),
    ),
    Route("POST", "/api/shared/auth/logout", log_out, "End this log-in", PEOPLE, status=204),
    Route("GET", "/api/shared/me", me, "The caller", PEOPLE, Me),
    Route("PATCH", "/api/shared/me", rename, "Change the caller's name", PEOPLE, Me, body=NameGiven),
)
