"""What tests of money share: a stand-in for Xendit, invoices asked of it, and who gets its webhooks."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

import httpx2
from attrs import define, field, frozen
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from halobestie_adapters.xendit.invoices import Returns, XenditInvoices, new_client
from halobestie_app.fakes.serving import served
from halobestie_app.fakes.xendit import FakeXendit
from halobestie_app.fakes.xendit_serving import xendit_served
from halobestie_app.http.returning import FAILURE, SUCCESS, page_url
from halobestie_core.ports.gateway import InvoiceWish

PUBLIC = "https://halobestie.example"
BACK = Returns(partial(page_url, PUBLIC, SUCCESS), partial(page_url, PUBLIC, FAILURE))
PATIENCE = 0.25


def wish(payment_id: UUID | None = None, amount: int = 25_000, seconds: int = 1200) -> InvoiceWish:
    """An invoice to be made."""
    return InvoiceWish(payment_id or uuid4(), amount, seconds, "Chat 12 menit")


@frozen
class Till:
    """Invoices, and the stand-in where they are asked for."""

    invoices: XenditInvoices
    fake: FakeXendit
    url: str


@asynccontextmanager
async def till(seconds: float = 4.0) -> AsyncIterator[Till]:
    """Open one, over a real network; ``seconds``: how long a call may take."""
    async with xendit_served() as place, new_client() as client:
        fake = place.fake
        yield Till(XenditInvoices(client, place.url, fake.secret_key, BACK, seconds=seconds), fake, place.url)


@define
class Letterbox:
    """Who gets webhooks: what came, and what to answer to the next ones (else 200)."""

    url: str = ""
    came: list[tuple[bytes, str]] = field(factory=list)
    answers: list[int] = field(factory=list)

    async def take(self, request: Request) -> Response:
        """Take one."""
        self.came.append((await request.body(), request.headers.get("x-callback-token", "")))
        return Response(status_code=self.answers.pop(0) if self.answers else 200)


@asynccontextmanager
async def letterbox() -> AsyncIterator[Letterbox]:
    """Put one up."""
    box = Letterbox()
    async with served(Starlette(routes=[Route("/hook", box.take, methods=["POST"])])) as url:
        box.url = f"{url}/hook"
        yield box


def answering(say: Callable[[httpx2.Request], httpx2.Response], seconds: float = 4.0) -> XenditInvoices:
    """Invoices of a gateway that answers whatever a test writes."""
    client = new_client(httpx2.MockTransport(say))
    return XenditInvoices(client, "https://gateway.example", "key", BACK, seconds=seconds)
