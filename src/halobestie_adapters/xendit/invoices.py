"""Xendit's invoices over HTTP. Decides nothing about when to ask again, and what money means.

Bounded: 2 s to connect, 4 s for a call however its bytes trickle in, 256 KiB of answer, no redirects. After
five calls without a sensible answer nobody is asked for a moment (`Breaker`).

What an answer means: 404 with Xendit's own word is "no such invoice"; another 4xx is a refusal, except 408
and 429, which say "later" as 5xx, redirects, time-outs and whatever cannot be read do.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, final
from urllib.parse import quote
from uuid import UUID

import httpx2
import orjson
from attrs import frozen

from halobestie_adapters.breaker import Breaker
from halobestie_adapters.xendit import reading
from halobestie_core.ports.gateway import (
    GatewayAway,
    GatewayRefused,
    Invoice,
    InvoiceStatus,
    InvoiceWish,
)

CONNECT_SECONDS: Final = 2.0
TOTAL_SECONDS: Final = 4.0
CONNECTIONS: Final = 32
LARGEST: Final = 256 * 1024
"""Bytes of an answer."""
MOST: Final = 100
"""Invoices of one payment that are asked for: as many as Xendit lists at once. A payment has one or two."""
CURRENCY: Final = "IDR"

NOT_FOUND: Final = "INVOICE_NOT_FOUND_ERROR"
_LATER: Final = frozenset({408, 429})
_REFUSED_FOR_GOOD: Final = frozenset({401, 403, 404})
_DOTS: Final = frozenset({"", ".", ".."})
"""Ids that a URL cannot carry as one segment; nobody has them."""
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,63}")

T = TypeVar("T")


@frozen
class Returns:
    """Where people are sent back to from the hosted page, by payment."""

    success: Callable[[UUID], str]
    failure: Callable[[UUID], str]


@final
class XenditInvoices:
    """`Invoices`. The client is the caller's, to be closed by them: `new_client()` makes a fitting one."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        base_url: str,
        secret_key: str,
        returns: Returns,
        *,
        clock: Callable[[], float] = time.monotonic,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        """Ask at ``base_url``; ``seconds`` for a whole call, ``clock`` in seconds for the breaker."""
        self._client = client
        self._base = base_url.rstrip("/")
        self._auth = httpx2.BasicAuth(secret_key, "")
        self._returns = returns
        self._clock = clock
        self._seconds = seconds
        self.breaker = self._breaker = Breaker(clock)

    async def create(self, wish: InvoiceWish) -> Invoice:
        """Make an invoice. Raises `GatewayAway`, after which there may be one, and `GatewayRefused`."""
        invoice = await self._bounded(lambda: self._made(wish))
        if (invoice.external_id, invoice.amount) != (str(wish.payment_id), wish.amount):
            raise GatewayAway("the answer is about another invoice")
        return invoice

    async def get(self, invoice_id: str) -> Invoice | None:
        """Return an invoice, None if there is none. Raises `GatewayAway` and `GatewayRefused`."""
        return None if invoice_id in _DOTS else await self._bounded(lambda: self._got(invoice_id))

    async def of_payment(self, payment_id: UUID) -> Sequence[Invoice]:
        """Return a payment's invoices. Raises `GatewayAway`, also if one cannot be read; `GatewayRefused`."""
        return await self._bounded(lambda: self._listed(str(payment_id)))

    async def expire(self, invoice_id: str) -> Invoice:
        """Close an invoice, and return how it stands then. Raises `GatewayAway` and `GatewayRefused`.

        What Xendit says to one that is paid, or closed already, is not written down anywhere: whatever the
        refusal is called, the invoice itself is asked.
        """
        if invoice_id in _DOTS:
            raise GatewayRefused(404, NOT_FOUND, "no invoice has such an id")
        return await self._bounded(lambda: self._expired(invoice_id))

    # ------------------------------------------------------------------------------------------- the calls

    async def _made(self, wish: InvoiceWish) -> Invoice:
        body = {
            "external_id": str(wish.payment_id),
            "amount": wish.amount,
            "currency": CURRENCY,
            "invoice_duration": wish.seconds,
            "description": wish.description,
            "success_redirect_url": self._returns.success(wish.payment_id),
            "failure_redirect_url": self._returns.failure(wish.payment_id),
            "metadata": {"payment_session_id": str(wish.payment_id)},
        }
        return reading.invoice(await self._answer("POST", "/v2/invoices", body=body))

    async def _got(self, invoice_id: str) -> Invoice | None:
        try:
            answer = await self._answer("GET", f"/v2/invoices/{quote(invoice_id, safe='')}")
        except GatewayRefused as refused:
            if refused.status == httpx2.codes.NOT_FOUND and refused.code == NOT_FOUND:
                return None
            raise
        return _itself(reading.invoice(answer), invoice_id)

    async def _listed(self, external_id: str) -> Sequence[Invoice]:
        query = {"external_id": external_id, "limit": str(MOST)}
        answer = await self._answer("GET", "/v2/invoices", query=query)
        if not isinstance(answer, list):
            raise reading.NotAnInvoice("no array")
        # One that cannot be read may be the very one that is looked for: then there is no answer.
        invoices = [reading.invoice(one) for one in answer]
        return [one for one in invoices if one.external_id == external_id]

    async def _expired(self, invoice_id: str) -> Invoice:
        try:
            answer = await self._answer("POST", f"/invoices/{quote(invoice_id, safe='')}/expire!")
        except GatewayRefused as refused:
            if refused.status in _REFUSED_FOR_GOOD:
                raise
            found = await self._got(invoice_id)
            if found is None or found.status is InvoiceStatus.PENDING:
                raise
            return found
        return _itself(reading.invoice(answer), invoice_id)

    # -------------------------------------------------------------------------------------------- asking

    async def _bounded(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make one call, within its time and the breaker's leave; whatever breaks is `GatewayAway`."""
        if self._breaker.wait():
            raise GatewayAway("resting after failures")
        began = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                result = await call()
        except GatewayAway:
            self._breaker.failed()
            raise
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, *reading.UNREADABLE) as failed:
            self._breaker.failed()
            raise GatewayAway(f"{type(failed).__name__} {failed}".strip()) from None
        except asyncio.CancelledError:
            # Who has less patience than we must not keep a silent gateway from being noticed.
            if self._clock() - began >= CONNECT_SECONDS:
                self._breaker.failed()
            raise
        except GatewayRefused:
            self._breaker.answered()
            raise
        self._breaker.answered()
        return result

    async def _answer(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401  JSON
        """Ask, and return the JSON of a success."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        async with self._client.stream(
            method,
            self._base + path,
            params=query,
            content=None if body is None else orjson.dumps(body),
            headers=headers,
            auth=self._auth,
        ) as answer:
            content = await _content(answer)
        if answer.is_success:
            return reading.parsed(content)
        raise _refusal(answer.status_code, content)


def new_client(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """Make a client: bounded, without redirects, blind to proxies in the environment."""
    return httpx2.AsyncClient(
        transport=transport,
        timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        follow_redirects=False,
        trust_env=False,
    )


async def _content(answer: httpx2.Response) -> bytes:
    """Return the bytes of an answer as they came: what is packed could unpack to anything."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise GatewayAway("the answer is packed")
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > LARGEST:
            raise GatewayAway("the answer is too long")
    return bytes(content)


def _refusal(status: int, content: bytes) -> GatewayAway | GatewayRefused:
    """Return what an answer without success means."""
    if status in _LATER or not 400 <= status < 500:  # noqa: PLR2004  what HTTP calls the client's mistake
        return GatewayAway(f"HTTP_{status}")
    code, message = f"HTTP_{status}", ""
    try:
        said = reading.members(reading.parsed(content))
    except ValueError:
        return GatewayRefused(status, code, message)  # a proxy's page: the status is all there is
    if isinstance(said.get("error_code"), str) and _CODE.fullmatch(said["error_code"]):
        code = said["error_code"]
    if isinstance(said.get("message"), str):
        message = reading.fit(said["message"])
    return GatewayRefused(status, code, message)


def _itself(invoice: Invoice, invoice_id: str) -> Invoice:
    if invoice.id != invoice_id:
        raise GatewayAway("the answer is about another invoice")
    return invoice
