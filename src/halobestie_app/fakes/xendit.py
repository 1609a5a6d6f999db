"""A stand-in for Xendit's hosted invoices: the API, the page with the button, webhooks, and every trouble.

`FakeXendit` is one of them, steered in Python or, by whoever has only HTTP, under /control
(`xendit_control`). It lives in memory, by its own clock.
"""

import base64
import binascii
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from halobestie_app.fakes import xendit_pages as pages
from halobestie_app.fakes.xendit_books import (
    MINIMUM,
    Bill,
    Books,
    Clock,
    Refusal,
    as_answer,
    as_webhook,
)
from halobestie_app.fakes.xendit_hooks import Hooks, Plan
from halobestie_app.fakes.xendit_troubles import Mode, Step, Trouble, Troubles, error

LISTED: Final = 50
"""Invoices on the front page."""
MOST: Final = 100
MISSING: Final = 404


@define(eq=False)
class FakeXendit:
    """One stand-in. ``asked``: how often each step was asked with the right key."""

    secret_key: str = field(factory=lambda: f"xnd_development_{secrets.token_urlsafe(24)}", repr=False)
    hooks: Hooks = field(factory=lambda: Hooks(secrets.token_urlsafe(24)))
    books: Books = field(factory=Books)
    troubles: Troubles = field(factory=Troubles)
    asked: Counter[Step] = field(factory=Counter)
    minimum: int = MINIMUM
    list_lag: float = 0.0
    """Seconds until a list shows an invoice."""
    tells_expiry: bool = True
    """Whether a webhook says that an invoice expired; it may never come."""
    strict_expiry: bool = False
    """Whether to expire what is expired is an error."""

    @property
    def clock(self) -> Clock:
        """The clock by which invoices expire."""
        return self.books.clock

    # ---------------------------------------------------------------------------------------- steering

    def pay(
        self,
        invoice_id: str,
        *,
        amount: Any = None,  # noqa: ANN401  JSON
        currency: str | None = None,
        late: bool = False,
        plan: Plan | None = None,
    ) -> Bill:
        """Pay as somebody on the page would, and tell. Raises `Refusal`; see `Books.pay`."""
        bill = self.books.pay(invoice_id, amount=amount, currency=currency, late=late)
        self.hooks.tell(as_webhook(bill), plan)
        return bill

    def settle(self, invoice_id: str, plan: Plan | None = None) -> Bill:
        """Let the money reach the merchant, and tell. Raises `Refusal`."""
        bill = self.books.settle(invoice_id)
        self.hooks.tell(as_webhook(bill), plan)
        return bill

    def expire(self, invoice_id: str, plan: Plan | None = None) -> Bill:
        """Close an invoice, and tell if that is told. Raises `Refusal`."""
        known = self.books.get(invoice_id).status
        bill = self.books.expire(invoice_id)
        if known != bill.status and self.tells_expiry:
            self.hooks.tell(as_webhook(bill), plan)
        return bill

    def tell(self, invoice_id: str, plan: Plan | None = None) -> None:
        """Send the webhook of an invoice as it stands, once more. Raises `Refusal`."""
        self.hooks.tell(as_webhook(self.books.get(invoice_id)), plan)

    def look(self) -> int:
        """Close and tell what is past its time; gives how many."""
        found = self.books.overdue()
        for bill in found if self.tells_expiry else ():
            self.hooks.tell(as_webhook(bill))
        return len(found)

    def trouble(self, mode: Mode | str, *on: Step | str, **how: Any) -> None:  # noqa: ANN401  a trouble's
        """Be in trouble from now on, with these steps (all)."""
        steps = frozenset(map(Step, on)) or frozenset(Step)
        self.troubles.add(Trouble(Mode(mode), steps, **how))

    def well(self) -> None:
        """End all trouble."""
        self.troubles.well()

    async def aclose(self) -> None:
        """Let go of whoever waits, and of what is on its way."""
        self.well()
        await self.hooks.aclose()

    def app(self, *more: Route) -> Starlette:
        """Give the application."""
        return Starlette(
            routes=[
                Route("/v2/invoices", self._create, methods=["POST"]),
                Route("/v2/invoices", self._list, methods=["GET"]),
                Route("/v2/invoices/{id:path}", self._get, methods=["GET"]),
                Route("/invoices/{id:path}/expire!", self._expire, methods=["POST"]),
                Route("/web/{id}", self._page, methods=["GET"]),
                Route("/web/{id}/pay", self._pay, methods=["POST"]),
                Route("/", self._front),
                Route("/style.css", self._style),
                *more,
            ]
        )

    # ----------------------------------------------------------------------------------------- the API

    async def _create(self, request: Request) -> Response:
        body = await request.body()

        def do() -> Response:
            bill = self.books.create(_object(body), self.minimum)
            return _json(as_answer(bill, _page_of(request, bill)))

        return await self._served(request, Step.CREATE, do)

    async def _list(self, request: Request) -> Response:
        query = request.query_params

        def do() -> Response:
            if "external_id" not in query:
                raise Refusal(400, "API_VALIDATION_ERROR", "This stand-in lists by external_id only")
            limit = query.get("limit", "10")
            if not limit.isdecimal() or not 1 <= int(limit) <= MOST:
                raise Refusal(400, "API_VALIDATION_ERROR", "There was an error with: limit")
            bills = self.books.named(query["external_id"], self.list_lag)[: int(limit)]
            return _json([as_answer(bill, _page_of(request, bill)) for bill in bills])

        return await self._served(request, Step.LIST, do)

    async def _get(self, request: Request) -> Response:
        def do() -> Response:
            bill = self.books.get(request.path_params["id"])
            return _json(as_answer(bill, _page_of(request, bill)))

        return await self._served(request, Step.GET, do)

    async def _expire(self, request: Request) -> Response:
        def do() -> Response:
            invoice_id = request.path_params["id"]
            if self.strict_expiry and self.books.get(invoice_id).status == "EXPIRED":
                raise Refusal(400, "INVALID_STATUS", "Invoice is expired already")
            bill = self.expire(invoice_id)
            return _json(as_answer(bill, _page_of(request, bill)))

        return await self._served(request, Step.EXPIRE, do)

    async def _served(self, request: Request, step: Step, do: Callable[[], Response]) -> Response:
        if not self._is_ours(request.headers.get("authorization", "")):
            return error(401, "INVALID_API_KEY", "API key is not authorized for this API service")
        self.asked[step] += 1

        def done() -> Response:
            try:
                return do()
            except Refusal as no:
                return error(no.status, no.code, no.message)

        return await self.troubles.through(request, step, done)

    def _is_ours(self, header: str) -> bool:
        scheme, _, packed = header.partition(" ")
        try:
            given = base64.b64decode(packed, validate=True)
        except binascii.Error:
            return False
        return scheme.lower() == "basic" and secrets.compare_digest(given, f"{self.secret_key}:".encode())

    # --------------------------------------------------------------------------------------- the pages

    async def _page(self, request: Request) -> Response:
        try:
            bill = self.books.get(request.path_params["id"])
        except Refusal:
            return _html(pages.missing_page(), status=MISSING)
        return _html(pages.bill_page(bill), bill)

    async def _pay(self, request: Request) -> Response:
        """Press the button: what is paid already leads on, what is expired says so."""
        try:
            bill = self.books.get(request.path_params["id"])
            if not bill.is_paid:
                self.pay(bill.id)
        except Refusal as no:
            if no.status == MISSING:
                return _html(pages.missing_page(), status=MISSING)
            return _html(pages.bill_page(self.books.get(request.path_params["id"])), status=410)
        target = bill.success_redirect_url or _page_of(request, bill)
        return RedirectResponse(target, 303)

    async def _front(self, _: Request) -> Response:
        return _html(pages.list_page(self.books.newest(LISTED)))

    async def _style(self, _: Request) -> Response:
        return Response(pages.style(), media_type="text/css")


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refusal(400, "INVALID_JSON_FORMAT", "The request body is not valid JSON")
    return said


def _page_of(request: Request, bill: Bill) -> str:
    return f"{str(request.base_url).rstrip('/')}/web/{bill.id}"


def _html(page: str, bill: Bill | None = None, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": pages.policy(bill), "Cache-Control": "no-store"}
    return HTMLResponse(page, status, headers=headers)


def _json(said: object) -> Response:
    return Response(orjson.dumps(said), media_type="application/json")
