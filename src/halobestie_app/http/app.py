"""One listener's application: finds the route, judges the request, calls the endpoint, writes the answer.

The order of judgement is fixed: is there such a path, such a method, a valid token, the right kind of person,
a body of bearable size and type, a well-formed body. Written against ASGI itself, because a poll is served
tens of thousands of times a second; what the table does not know goes to Starlette (sockets, pages). Knows no
business.
"""

import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import evolve
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from halobestie_app import log
from halobestie_app.http import answers, body, once, problems
from halobestie_app.http.budgets import Rates
from halobestie_app.http.doubled import judged, nowhere, refuse_doubled
from halobestie_app.http.dressing import SAFE, RawHeaders, completed, dressed
from halobestie_app.http.patience import within
from halobestie_app.http.principal import Bearers, Principal
from halobestie_app.http.route import Call, Reply, Route
from halobestie_app.http.table import Found, Table, parsed
from halobestie_app.problems import Code, Problem

if TYPE_CHECKING:
    from halobestie_app.services import Services

Watch: TypeAlias = Callable[[str, str, int, float], None]
"""Told of every answer: method, path template, status, seconds."""

SLOW: Final = 1.0
"""Seconds from which an answer gets a line in the log whatever it was."""

_WANTED: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"transfer-encoding",
        b"x-request-id",
    }
)
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFUSED: Final = 400
_ERROR: Final = 500
_HANGING_UP: Final = ((b"connection", b"close"),)
"""Said to whoever may still be sending what nobody reads."""

_log = log.get(__name__)


class App:
    """The ASGI application of one listener."""

    def __init__(
        self,
        routes: Iterable[Route],
        services: "Services",
        bearers: Bearers,
        *,
        extra: Sequence[BaseRoute] = (),
        watch: Watch | None = None,
        headers: RawHeaders = SAFE,
        rates: Rates | None = None,
    ) -> None:
        """Serve ``routes``, then ``extra``; ``headers`` are added to every answer that has not its own.

        ``rates`` counts what routes are called; without it nobody is.
        """
        self.routes = tuple(routes)
        self.mounted = tuple(extra)
        self._table = Table(self.routes)
        self._services = services
        self._bearers = bearers
        self._watch = watch
        self._rates = rates
        self._headers = tuple(headers)
        ours = secrets.token_hex(6)
        self._names = (f"{ours}-{number:x}" for number in itertools.count(1))
        refusing = {HTTPException: self._refused_elsewhere, Exception: self._broken_elsewhere}
        rest = Starlette(routes=list(extra), exception_handlers=refusing)
        rest.router.default = nowhere
        self._rest = dressed(judged(rest), self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection as ASGI says."""
        found = self._table.find(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._elsewhere(scope, receive, send)
            return
        began = time.monotonic()
        wanted = [pair for pair in scope["headers"] if pair[0] in _WANTED]
        given = dict(wanted)
        request_id = self._request_id(given)
        route: Route | None = None
        try:
            if len(given) != len(wanted):
                refuse_doubled(wanted)
            route = self._method(found, scope["method"])
            answer = (
                Reply(status=204, headers={"Allow": _allow(found)})
                if route is None
                else await self._served(route, found, scope, receive, given, request_id)
            )
        except body.Gone:
            return
        except Problem as problem:
            answer = answers.refusal(problem)
        except Exception as failure:  # noqa: BLE001  whatever it is, the client gets an answer and the log the rest
            answer = answers.refusal(_explained(failure, request_id))
        if isinstance(answer, Response):
            answer.headers["x-request-id"] = request_id
            answer.raw_headers = completed(answer.raw_headers, self._headers)
            await answer(scope, receive, send)
            return
        status = answer.status or (route.status if route else 204)
        if (status >= _REFUSED or scope["method"] not in _WITH_BODY) and body.may_be_long(given):
            answer = evolve(answer, headers={**answer.headers, "Connection": "close"})
        await self._send(scope, send, answer, status, request_id)
        self._after(scope, route, status, time.monotonic() - began)

    # ------------------------------------------------------------------------------------------ judging

    def _request_id(self, given: dict[bytes, bytes]) -> str:
        theirs = given.get(b"x-request-id")
        if theirs is not None and _REQUEST_ID.fullmatch(theirs):
            return theirs.decode("ascii")
        return next(self._names)

    @staticmethod
    def _method(found: Found, method: str) -> Route | None:
        """Give the route; None for OPTIONS, which is answered here."""
        route = found.methods.get("GET" if method == "HEAD" else method)
        if route is None and method != "OPTIONS":
            allow = _allow(found)
            raise Problem(Code.METHOD_NOT_ALLOWED, f"Here one may {allow}.", headers={"Allow": allow})
        return route

    def _principal(self, route: Route, header: bytes | None) -> Principal | None:
        if route.who is None or (header is None and not route.who):  # ANYONE; OPTIONAL without a token
            return None
        principal = self._bearers.principal(header)
        if principal is None:
            raise problems.unauthenticated()
        if route.who and principal.user_type not in route.who:
            raise Problem(Code.FORBIDDEN, f"This is not for a {principal.user_type}.")
        return principal

    async def _served(
        self,
        route: Route,
        found: Found,
        scope: Scope,
        receive: Receive,
        given: dict[bytes, bytes],
        request_id: str,
    ) -> "Reply | Response":
        try:
            ids, words = parsed(route, found.values)
        except ValueError:
            raise problems.not_found() from None
        principal = self._principal(route, given.get(b"authorization"))
        log.begin({"request_id": request_id, "user_id": principal and principal.user_id})
        if route.admit is not None:
            await self._admitted(route.admit, route, scope)
        if self._rates is not None and (budget := route.budget) is not None:
            if budget.shared:
                await self._rates.spend(budget, principal, scope)
            else:
                self._rates.spend_here(budget, principal, scope)
        raw, form = b"", None
        members: Mapping[str, object] = {}
        if route.method in _WITH_BODY:
            raw = await body.read(receive, given.get(b"content-length"))
            if not route.raw:
                members = body.members(raw, given.get(b"content-type"), given.get(b"content-encoding"))
                form = _form(route, members)
        call: Call[Any, Any] = Call(
            services=self._services,
            scope=scope,
            request_id=request_id,
            principal=principal,
            path=ids,
            words=words,
            query=None if route.query is None else body.from_query(scope["query_string"], route.query),
            body=form,
            raw_body=raw,
            bearers=self._bearers,
        )
        key = once.key_of(scope["headers"]) if route.keyed else None
        work = route.endpoint(call) if key is None else self._services.once.answer(route, call, key, members)
        answer = await _within(route.bound, work)
        return answer if isinstance(answer, Reply | Response) else Reply(answer)

    async def _admitted(self, admit: Callable[[Any, Headers], None], route: Route, scope: Scope) -> None:
        """Let in whom the route lets in; who is refused too often hears that instead."""
        try:
            admit(self._services, Headers(scope=scope))
        except Problem:
            if self._rates is not None and route.refused_budget is not None:
                await self._rates.spend(route.refused_budget, None, scope)
            raise

    # ---------------------------------------------------------------------------------------- answering

    async def _send(self, scope: Scope, send: Send, answer: Reply, status: int, request_id: str) -> None:
        content = answers.content(answer)
        headers = [*self._headers, (b"x-request-id", request_id.encode())]
        if content and "content-type" not in answer.headers:
            headers.append((b"content-type", b"application/json"))
        if status != 204:  # noqa: PLR2004  "no content" has no length either
            headers.append((b"content-length", str(len(content)).encode()))
        for name, value in answer.headers.items():
            headers.append((name.lower().encode(), value.encode("latin-1")))
        headers.extend((b"set-cookie", cookie.header().encode("latin-1")) for cookie in answer.cookies)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def _after(self, scope: Scope, route: Route | None, status: int, seconds: float) -> None:
        template = route.template if route else ""
        if self._watch is not None:
            self._watch(scope["method"], template, status, seconds)
        if status >= _ERROR or seconds >= SLOW or scope["method"] in _WITH_BODY:
            _log.info(
                "answered", method=scope["method"], route=template, status=status, seconds=round(seconds, 4)
            )

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave it to Starlette's own routes."""
        rest = self._rest
        if scope["type"] == "http" and body.may_be_long(
            {name: value for name, value in scope["headers"] if name in _WANTED}
        ):
            rest = dressed(rest, _HANGING_UP)
        try:
            await rest(scope, receive, send)
        except Exception:
            if scope["type"] != "http":
                raise  # of a page, it was answered and logged by `_broken_elsewhere`

    async def _broken_elsewhere(self, request: Request, failure: Exception) -> Response:
        """Write as a problem what broke in one of Starlette's own routes."""
        request_id = self._own_id(request.scope)
        refused = answers.refusal(_explained(failure, request_id))
        headers = {**refused.headers, "x-request-id": request_id}
        return Response(answers.content(refused), refused.status or _ERROR, headers)

    def _own_id(self, scope: Scope) -> str:
        return self._request_id({name: value for name, value in scope["headers"] if name in _WANTED})

    async def _refused_elsewhere(self, request: Request, refused: Exception) -> Response:
        """Write as a problem what Starlette's own routes refuse; an unknown path ends here too."""
        status = refused.status_code if isinstance(refused, HTTPException) else _ERROR
        code = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}.get(status, Code.VALIDATION_ERROR)
        problem = problems.not_found() if status == 404 else Problem(code, "Refused.", status=status)  # noqa: PLR2004
        headers = dict(refused.headers or {}) if isinstance(refused, HTTPException) else {}
        headers["x-request-id"] = self._own_id(request.scope)
        return Response(problems.rendered(problem), status, headers, problems.CONTENT_TYPE.decode())


def _form(route: Route, given: Mapping[str, object]) -> object:
    if route.judge is not None:
        route.judge(given)
    if route.body is not None:
        return body.formed(given, route.body)
    if given:
        raise body.invalid([{"path": f"$.{name}", "message": "is not a known field"} for name in given])
    return None


async def _within(bound: float | None, work: Coroutine[Any, Any, object]) -> object:
    """Wait for an endpoint, and give it up when its time is over."""
    if bound is None:
        return await work
    began = asyncio.get_running_loop().time()
    try:
        return await within(bound, work)
    except TimeoutError:
        if asyncio.get_running_loop().time() - began < bound:
            raise  # the endpoint's own
        raise problems.too_long(bound) from None


def _allow(found: Found) -> str:
    methods = set(found.methods) | {"OPTIONS"} | ({"HEAD"} if "GET" in found.methods else set())
    return ", ".join(sorted(methods))


def _explained(failure: Exception, request_id: str) -> Problem:
    """Log a failure, and give what the client hears of it."""
    known = problems.translated(failure)
    if known is not None:
        _log.warning("store failed", code=known.code, error=type(failure).__name__)
        return known
    _log.error("request failed", code=Code.INTERNAL_ERROR, exc_info=failure)
    return problems.broken(request_id)
