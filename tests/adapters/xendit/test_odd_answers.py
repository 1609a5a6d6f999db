"""Answers that a gateway should not give, written by hand: none of them is believed, none breaks anything."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import orjson
import pytest

from halobestie_adapters.xendit.invoices import LARGEST, XenditInvoices, new_client
from halobestie_core.ports.gateway import GatewayAway, GatewayRefused, Invoice, InvoiceStatus
from support.paying import BACK, answering, wish

pytestmark = pytest.mark.anyio

PAYMENT = UUID("0197a3a0-0000-7000-8000-000000000001")
WHOLE: dict[str, Any] = {
    "id": "inv-1",
    "external_id": str(PAYMENT),
    "status": "PENDING",
    "amount": 25000,
    "currency": "IDR",
    "invoice_url": "https://checkout.example/web/inv-1",
    "colour": ["of", {"nobody": "knows"}],
}


def says(body: object, status: int = 200) -> Callable[[httpx2.Request], httpx2.Response]:
    """A gateway that always says the same; bytes as they are."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return lambda _: httpx2.Response(status, content=content)


async def got(body: object) -> Invoice:
    """How an invoice is understood."""
    invoice = await answering(says(body)).get("inv-1")
    assert invoice is not None
    return invoice


def with_amount(text: str) -> bytes:
    """An invoice whose sum is written like this."""
    return orjson.dumps({**WHOLE, "amount": 12321}).replace(b"12321", text.encode())


@pytest.mark.parametrize(
    "text, amount",
    [("25000", 25000), ("25000.0", 25000), ("25000.00", 25000), ("2.5e4", 25000), ("0", 0), ("-0.0", 0)],
)
async def test_whole_sums(text: str, amount: int) -> None:
    """A whole number is one however it is written."""
    invoice = await got(with_amount(text))
    assert (invoice.amount, invoice.exact) == (amount, True)


@pytest.mark.parametrize(
    "text",
    [
        "25000.5", "25000.0000000000000000001", '"25000"', "true", "null", "[25000]", "-1", "1e400",
        "9007199254740992",
    ],
)  # fmt: skip
async def test_sums_that_are_none(text: str) -> None:
    """Fractions, texts, booleans and what nobody can hold are no rupiah, and nothing is rounded."""
    invoice = await got(with_amount(text))
    assert (invoice.amount, invoice.paid_amount, invoice.exact) == (0, None, False)
    paid = await got({**WHOLE, "status": "PAID", "paid_amount": 25000.5})
    assert (paid.amount, paid.paid_amount, paid.exact, paid.taken) == (0, None, False, 0)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e99999999999999999999", "9" * 5000])
async def test_numbers_that_are_no_json(text: str) -> None:
    """Such an answer is none."""
    with pytest.raises(GatewayAway):
        await got(with_amount(text))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe\xff", b"[" * 100_000, b'"PAID"', b"null", b"[]", b"<html>", b"\x1f\x8b\x08"]
    + [
        orjson.dumps({k: v for k, v in WHOLE.items() if k != name})
        for name in ("id", "external_id", "status", "currency")
    ]
    + [
        orjson.dumps({**WHOLE, name: odd})
        for name, odd in [
            ("id", 7), ("id", ""), ("id", "x" * 200), ("id", "a\nb"), ("id", "a\x00"), ("status", None),
            ("external_id", {}), ("currency", 360),
        ]
    ],
)  # fmt: skip
async def test_what_is_no_invoice(body: bytes) -> None:
    """Whatever is missing or of another kind, there is no answer; in a list neither."""
    with pytest.raises(GatewayAway):
        await got(body)
    if body:
        with pytest.raises(GatewayAway):
            await answering(says(b"[" + body + b"]")).of_payment(PAYMENT)


async def test_unknown_statuses() -> None:
    """A word that we do not know is passed on as such, made fit to be shown."""
    invoice = await got({**WHOLE, "status": "PAID_MAYBE\x1b[31m"})
    assert (invoice.status, invoice.taken) == (InvoiceStatus.UNKNOWN, 0)
    assert invoice.said == "PAID_MAYBE\ufffd[31m"
    assert (await got({**WHOLE, "status": "paid"})).status is InvoiceStatus.UNKNOWN


async def test_texts_that_no_table_takes() -> None:
    """Somebody else's name for an invoice may be anything; ours is never like that."""
    body = orjson.dumps({**WHOLE, "external_id": "a\x00b" + "x" * 9999}).replace(b"x" * 9, b"\\ud800")
    invoice = await got(body)
    assert len(invoice.external_id) == 256
    assert invoice.external_id.isprintable()


@pytest.mark.parametrize(
    "said, moment",
    [
        ("2026-01-02T13:00:00.123Z", datetime(2026, 1, 2, 13, 0, 0, 123000, tzinfo=UTC)),
        ("2026-01-02T20:00:00+07:00", datetime(2026, 1, 2, 13, 0, tzinfo=UTC)),
        ("2026-01-02T13:00:00", None), ("yesterday", None), (17, None), ("0001-01-01T00:00:00+14:00", None),
    ],
)  # fmt: skip
async def test_when_it_was_paid(said: object, moment: datetime | None) -> None:
    """An instant is one with an offset; without it nobody knows, and the money counts all the same."""
    invoice = await got({**WHOLE, "status": "PAID", "paid_amount": 25000, "paid_at": said})
    assert (invoice.paid_at, invoice.taken) == (moment, 25000)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a b", "https://" + "x" * 3000, 7, None, "/web"]
)
async def test_urls_that_nobody_should_open(url: object) -> None:
    """They are not handed out."""
    assert (await got({**WHOLE, "invoice_url": url})).url is None


async def test_answers_about_something_else() -> None:
    """Another id than asked for, another sum than wished for: not an answer. In a list they are left out."""
    with pytest.raises(GatewayAway, match="another invoice"):
        await got({**WHOLE, "id": "inv-2"})
    with pytest.raises(GatewayAway, match="another invoice"):
        await answering(says({**WHOLE, "id": "inv-2"})).expire("inv-1")
    with pytest.raises(GatewayAway, match="another invoice"):
        await answering(says(WHOLE)).create(wish(PAYMENT, 24_999))
    with pytest.raises(GatewayAway, match="another invoice"):
        await answering(says(WHOLE)).create(wish(None, 25_000))
    listed = [{**WHOLE, "external_id": "somebody's"}, WHOLE]
    assert [one.id for one in await answering(says(listed)).of_payment(PAYMENT)] == ["inv-1"]


async def test_answers_without_end() -> None:
    """Not more than a bounded number of bytes is read, and nothing is unpacked."""
    with pytest.raises(GatewayAway, match="too long"):
        await got(b" " * (LARGEST + 1) + orjson.dumps(WHOLE))

    async def bomb() -> AsyncIterator[bytes]:
        yield gzip.compress(orjson.dumps(WHOLE))

    def packed(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-encoding": "gzip"}, content=bomb())

    with pytest.raises(GatewayAway, match="packed"):
        await answering(packed).get("inv-1")


async def test_bytes_that_trickle() -> None:
    """Each byte is in time, the whole is not."""
    over = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b" ")
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), 0.01)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, new_client() as client:
        invoices = XenditInvoices(client, f"http://127.0.0.1:{port}", "key", BACK, seconds=0.1)
        with pytest.raises(GatewayAway, match="TimeoutError"):
            await invoices.get("inv-1")
        await over.wait()


@pytest.mark.parametrize("status", [204, 301, 302, 304, 408, 429, 500, 502, 503, 504, 520])
async def test_later(status: int) -> None:
    """Redirects are not followed; what is not an answer means later."""
    seen: list[str] = []

    def say(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.host)
        return httpx2.Response(status, headers={"location": "https://elsewhere.example/"})

    with pytest.raises(GatewayAway):
        await answering(say).get("inv-1")
    assert seen == ["gateway.example"]


@pytest.mark.parametrize(
    "status, body, code, message",
    [
        (400, {"error_code": "API_VALIDATION_ERROR", "message": "a\nb"}, "API_VALIDATION_ERROR", "a\ufffdb"),
        (400, {"error_code": "<script>", "message": 7}, "HTTP_400", ""),
        (403, b"<html>", "HTTP_403", ""),
        (404, b"<html>", "HTTP_404", ""),
        (409, {"error_code": ["X"]}, "HTTP_409", ""),
        (418, [], "HTTP_418", ""),
    ],
)
async def test_refusals_in_odd_words(status: int, body: object, code: str, message: str) -> None:
    """A code is a plain word or the status; a proxy's 404 does not mean that there is no invoice."""
    with pytest.raises(GatewayRefused) as refused:
        await answering(says(body, status)).get("inv-1")
    assert (refused.value.status, refused.value.code, refused.value.message) == (status, code, message)


async def test_what_goes_over_the_wire() -> None:
    """Basic authorisation by the key alone, JSON as JSON, the expiry without /v2, ids quoted."""
    seen: list[httpx2.Request] = []

    def say(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(503)

    gateway = answering(say)
    for call in (gateway.get("a/b c"), gateway.expire("a/b"), gateway.of_payment(PAYMENT)):
        with pytest.raises(GatewayAway):
            await call
    assert {request.headers["authorization"] for request in seen} == {"Basic a2V5Og=="}
    assert [request.url.raw_path for request in seen] == [
        b"/v2/invoices/a%2Fb%20c",
        b"/invoices/a%2Fb/expire!",
        f"/v2/invoices?external_id={PAYMENT}&limit=100".encode(),
    ]
