"""A route as data, what its endpoint is called with, and what it may answer. Knows no server and no business.

The table of routes is the one source of the dispatcher, the published document and the authorisation tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

import attrs
from attrs import define, field, frozen
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from halobestie_app.http.address import counted_client
from halobestie_app.http.budgets import REQUESTS
from halobestie_app.http.principal import Bearers, Principal
from halobestie_app.problems import Code
from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.idempotency import Attempt
from halobestie_core.words import UserType

if TYPE_CHECKING:
    from starlette.types import Scope

    from halobestie_app.services import Services

BodyT = TypeVar("BodyT")
QueryT = TypeVar("QueryT")

Who: TypeAlias = frozenset[UserType] | None

ANYONE: Final[Who] = None
"""No token is looked at."""
OPTIONAL: Final[Who] = frozenset()
"""A token may be sent; one that is sent must be valid."""
CUSTOMERS: Final[Who] = frozenset({UserType.CUSTOMER})
MITRAS: Final[Who] = frozenset({UserType.MITRA})
OPERATORS: Final[Who] = frozenset({UserType.OPERATOR})
PEOPLE: Final[Who] = frozenset({UserType.CUSTOMER, UserType.MITRA})
"""Both sides of a chat."""

BOUND: Final = 5.0
"""Seconds that an endpoint may take before the answer is 503."""


@define(slots=False, eq=False)
class Call(Generic[BodyT, QueryT]):
    """One request, judged: the token, the path, the query and the body have the promised form."""

    services: Services
    scope: Scope = field(repr=False)
    request_id: str
    principal: Principal | None
    path: Mapping[str, UUID]
    words: Mapping[str, str]
    query: QueryT
    body: BodyT = field(repr=False)
    raw_body: bytes = field(repr=False, default=b"")
    attempt: Attempt | None = None
    """Of a request with an ``Idempotency-Key``, on a route that honours one."""
    bearers: Bearers | None = field(repr=False, default=None)

    def new_id(self) -> UUID:
        """Make the id of what this command creates: with a key, the same at every try."""
        return self.services.desk.new_id() if self.attempt is None else self.attempt.id

    @property
    def caller(self) -> Principal:
        """The principal of a route that asks for one."""
        if self.principal is None:
            raise LookupError("this route asks for no token, so nobody is known to call it")
        return self.principal

    def is_let_in(self) -> bool:
        """Whether the caller would still be let in: for answers that take longer than a token may live.

        Raises `Problem` while nobody can tell.
        """
        header = self.headers.get("authorization", "").encode("latin-1")
        return self.bearers is not None and self.bearers.principal(header) is not None

    @cached_property
    def address(self) -> str:
        """Under what is counted who this came from."""
        return counted_client(self.scope, self.services.environment.trusted_proxies)

    @cached_property
    def headers(self) -> Headers:
        """The request's headers, by name in any case."""
        return Headers(scope=self.scope)

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The request's cookies."""
        return cookie_parser(self.headers.get("cookie", ""))


Plain: TypeAlias = Call[None, None]
"""The call of a route with neither body nor query."""

Endpoint: TypeAlias = Callable[[Call[Any, Any]], Coroutine[Any, Any, object]]


@frozen
class Cookie:
    """A cookie to set; ``max_age`` in seconds, 0 takes it away."""

    name: str
    value: str = field(repr=False)
    max_age: int
    secure: bool = True
    path: str = "/"

    def header(self) -> str:
        """The value of ``Set-Cookie``: always httpOnly and SameSite=Strict."""
        secure = "; Secure" if self.secure else ""
        attributes = f"Path={self.path}; Max-Age={self.max_age}{secure}; HttpOnly; SameSite=Strict"
        return f"{self.name}={self.value}; {attributes}"


@frozen
class Reply:
    """An answer with more than an object: another status, headers, cookies, or JSON already written.

    A header that replaces one of ours (``content-type``) is spelled in lower case.
    """

    body: object = None
    status: int | None = None
    headers: Mapping[str, str] = field(factory=dict)
    cookies: tuple[Cookie, ...] = ()
    raw: bytes | None = None


_PARAMETER: Final = re.compile(r"\{([a-z_]+)(:str)?\}")


@frozen
class Route:
    """One method on one path.

    ``path`` holds parameters as ``{id}`` (a UUID, found in ``call.path``; anything else is 404) or
    ``{aggregate:str}`` (one segment of text, in ``call.words``). ``body`` and ``query`` are attrs classes
    read by `from_wire` and `from_query`; without ``body`` the request must be empty or ``{}``. ``answer`` is
    the type of what the endpoint returns, itself or in a `Reply`; None means no content. ``status`` is that
    of success, by default 200, or 204 without content. ``problems`` are the codes beyond those that any route
    may give. ``judge`` looks at the body's members before anything else does and may raise a `Problem`.
    ``bound`` is in seconds; None only where nothing can be waited for. ``media`` is the answer's type.
    ``keyed``: an ``Idempotency-Key`` is honoured; for commands of a known caller that give an object.
    ``raw``: the body may be anything, of any type; the endpoint finds it in ``call.raw_body``. ``admit``
    looks at the headers before a byte of the body is read, and may raise a `Problem`. ``budget`` is what a
    call is taken from, the caller's or, of somebody unknown, their address'; ``refused_budget`` what a call
    is taken from that ``admit`` refuses. None: it may be called as often as anybody likes.
    """

    method: str = field(validator=attrs.validators.in_(("GET", "POST", "PUT", "PATCH", "DELETE")))
    path: str = field(validator=attrs.validators.matches_re(r"(/[a-z0-9._-]+|/\{[a-z_]+(:str)?\})+"))
    endpoint: Endpoint
    summary: str
    who: Who
    answer: Any = None
    status: int = field(kw_only=True)
    body: type[attrs.AttrsInstance] | None = field(default=None, kw_only=True)
    query: type[attrs.AttrsInstance] | None = field(default=None, kw_only=True)
    problems: tuple[Code, ...] = field(default=(), kw_only=True)
    judge: Callable[[Mapping[str, object]], None] | None = field(default=None, kw_only=True)
    bound: float | None = field(default=BOUND, kw_only=True)
    media: str = field(default="application/json", kw_only=True)
    keyed: bool = field(default=False, kw_only=True)
    raw: bool = field(default=False, kw_only=True)
    admit: Callable[[Services, Headers], None] | None = field(default=None, kw_only=True)
    budget: Budget | None = field(default=REQUESTS, kw_only=True)
    refused_budget: Budget | None = field(default=None, kw_only=True)
    parameters: tuple[tuple[str, bool], ...] = field(init=False, repr=False)
    """The path's parameters in order: each name, and whether it is text rather than an id."""
    template: str = field(init=False, repr=False)
    """The path as documents write it: ``/chat-requests/{id}``."""

    @keyed.validator
    def _(self, _field: object, keyed: bool) -> None:  # noqa: FBT001  attrs calls it so
        if keyed and (self.method != "POST" or not self.who or self.query is not None):
            raise ValueError(
                f"{self.path}: a key belongs to a caller's POST, all of whose wish is in path and body"
            )

    @status.default
    def _(self) -> int:
        return 204 if self.answer is None else 200

    @parameters.default
    def _(self) -> tuple[tuple[str, bool], ...]:
        return tuple((name, bool(text)) for name, text in _PARAMETER.findall(self.path))

    @template.default
    def _(self) -> str:
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def body_required(self) -> bool:
        """Whether a request without a body is refused."""
        if self.body is None:
            return False
        return any(member.default is attrs.NOTHING for member in attrs.fields(self.body) if member.init)
