"""Invoices asked of the stand-in over a real network: every call, every error, every way to be away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import httpx2
import pytest
from attrs import evolve

from halobestie_adapters.breaker import TRIPS_AFTER
from halobestie_adapters.xendit.gateway import XenditGateway
from halobestie_adapters.xendit.invoices import XenditInvoices, new_client
from halobestie_app.fakes.xendit_troubles import Mode, Step
from halobestie_core.ports.gateway import GatewayAway, GatewayRefused, InvoiceStatus
from halobestie_core.words import Provider
from support.paying import BACK, PATIENCE, Till, till, wish

pytestmark = pytest.mark.anyio

AWAY = [Mode.DOWN, Mode.BUSY, Mode.BROKEN, Mode.HANG, Mode.RESET]


@pytest.fixture
async def open_till() -> AsyncIterator[Till]:
    """Invoices with their usual patience."""
    async with till() as opened:
        yield opened


@pytest.fixture
async def quick_till() -> AsyncIterator[Till]:
    """Invoices that do not wait long."""
    async with till(PATIENCE) as opened:
        yield opened


async def test_what_is_made(open_till: Till) -> None:
    """Every member of the contract reaches the gateway, and what it says comes back."""
    wanted = wish(UUID("0197a3a0-0000-7000-8000-000000000001"), 25_000, 1187)
    made = await open_till.invoices.create(wanted)
    assert (made.status, made.said, made.exact) == (InvoiceStatus.PENDING, "PENDING", True)
    assert (made.external_id, made.amount, made.currency) == (str(wanted.payment_id), 25_000, "IDR")
    assert (made.paid_amount, made.paid_at, made.taken) == (None, None, 0)
    assert made.url == f"{open_till.url}/web/{made.id}"
    [bill] = open_till.fake.books.bills.values()
    assert (bill.expires - bill.created).total_seconds() == 1187
    assert bill.description == "Chat 12 menit"
    assert bill.metadata == {"payment_session_id": str(wanted.payment_id)}
    back = "https://halobestie.example/payment/return"
    assert bill.success_redirect_url == f"{back}/success?payment_session_id={wanted.payment_id}"
    assert bill.failure_redirect_url == f"{back}/failure?payment_session_id={wanted.payment_id}"


async def test_two_creations_make_two(open_till: Till) -> None:
    """The external id is not unique; both are found by it, and nobody else's."""
    wanted = wish()
    one, two = [await open_till.invoices.create(wanted) for _ in range(2)]
    await open_till.invoices.create(wish())
    found = await open_till.invoices.of_payment(wanted.payment_id)
    assert {invoice.id for invoice in found} == {one.id, two.id}
    assert await open_till.invoices.of_payment(uuid4()) == []


async def test_paid_settled_and_asked(open_till: Till) -> None:
    """PAID and SETTLED both mean paid, with how much and since when."""
    made = await open_till.invoices.create(wish())
    bill = open_till.fake.pay(made.id)
    paid = await open_till.invoices.get(made.id)
    assert paid is not None
    assert (paid.status, paid.said, paid.taken) == (InvoiceStatus.PAID, "PAID", 25_000)
    assert (paid.paid_amount, paid.paid_at) == (25_000, bill.paid_at)
    open_till.fake.settle(made.id)
    settled = await open_till.invoices.get(made.id)
    assert settled == evolve(paid, said="SETTLED")


async def test_an_invoice_that_nobody_knows(open_till: Till) -> None:
    """None, whatever the id looks like; no id leaves its place in the URL."""
    for invoice_id in ("0" * 24, "../../web/x", "a/b?c=d#e", "%2e%2e", "..", ".", "", "é 1"):
        assert await open_till.invoices.get(invoice_id) is None
    with pytest.raises(GatewayRefused, match="404 INVOICE_NOT_FOUND_ERROR"):
        await open_till.invoices.expire("0" * 24)
    with pytest.raises(GatewayRefused, match="404 INVOICE_NOT_FOUND_ERROR"):
        await open_till.invoices.expire("..")


async def test_it_expires_by_itself(open_till: Till) -> None:
    """The gateway's clock decides."""
    made = await open_till.invoices.create(wish(seconds=60))
    open_till.fake.clock.move(61)
    found = await open_till.invoices.get(made.id)
    assert found is not None
    assert (found.status, found.taken) == (InvoiceStatus.EXPIRED, 0)


@pytest.mark.parametrize("strict", [False, True])
async def test_expiring(open_till: Till, strict: bool) -> None:
    """Closed is closed, also the second time, whether that is an error there or not."""
    open_till.fake.strict_expiry = strict
    made = await open_till.invoices.create(wish())
    for _ in range(2):
        closed = await open_till.invoices.expire(made.id)
        assert (closed.id, closed.status) == (made.id, InvoiceStatus.EXPIRED)


async def test_expiring_what_is_paid(open_till: Till) -> None:
    """The money was first: the refusal is answered by how the invoice stands."""
    made = await open_till.invoices.create(wish())
    open_till.fake.pay(made.id)
    found = await open_till.invoices.expire(made.id)
    assert (found.status, found.taken) == (InvoiceStatus.PAID, 25_000)


async def test_an_expiry_refused_for_no_reason(open_till: Till) -> None:
    """One that is still open is not said to be closed."""
    made = await open_till.invoices.create(wish())
    open_till.fake.trouble(Mode.REFUSE, Step.EXPIRE, code="SOMETHING_NEW")
    with pytest.raises(GatewayRefused, match="SOMETHING_NEW"):
        await open_till.invoices.expire(made.id)


async def test_too_little_money(open_till: Till) -> None:
    """A refusal carries the gateway's own word."""
    with pytest.raises(GatewayRefused) as refused:
        await open_till.invoices.create(wish(amount=5))
    assert (refused.value.status, refused.value.code) == (400, "AMOUNT_BELOW_MINIMUM_LIMIT")


async def test_a_wrong_key(open_till: Till) -> None:
    """401, for every call; an unknown invoice is not what it means. The error does not hold the key."""
    async with new_client() as client:
        stranger = XenditInvoices(client, open_till.url, "xnd_hunter2", BACK)
        for call in (
            stranger.get("x"),
            stranger.of_payment(uuid4()),
            stranger.create(wish()),
            stranger.expire("x"),
        ):
            with pytest.raises(GatewayRefused) as refused:
                await call
            assert (refused.value.status, refused.value.code) == (401, "INVALID_API_KEY")
            assert "hunter2" not in str(refused.value)
    assert not open_till.fake.asked


@pytest.mark.parametrize("status, code", [(403, "REQUEST_FORBIDDEN_ERROR"), (404, "CHANNEL_NOT_FOUND")])
async def test_other_refusals(open_till: Till, status: int, code: str) -> None:
    """Another word than that of a missing invoice is no answer about one."""
    open_till.fake.trouble(Mode.REFUSE, status=status, code=code)
    with pytest.raises(GatewayRefused) as refused:
        await open_till.invoices.get("x")
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize("mode", AWAY)
@pytest.mark.parametrize("step", list(Step))
async def test_away(quick_till: Till, mode: Mode, step: Step) -> None:
    """Whatever silence looks like, it is the same error, in time; then all is as before."""
    made = await quick_till.invoices.create(wish())
    payment_id = UUID(made.external_id)
    quick_till.fake.trouble(mode)
    calls: dict[Step, Callable[[], Awaitable[object]]] = {
        Step.CREATE: lambda: quick_till.invoices.create(wish()),
        Step.GET: lambda: quick_till.invoices.get(made.id),
        Step.LIST: lambda: quick_till.invoices.of_payment(payment_id),
        Step.EXPIRE: lambda: quick_till.invoices.expire(made.id),
    }
    async with asyncio.timeout(PATIENCE + 2):
        with pytest.raises(GatewayAway):
            await calls[step]()
    quick_till.fake.well()
    assert await quick_till.invoices.get(made.id) == made


@pytest.mark.parametrize("mode", [Mode.LATE, Mode.LOST])
async def test_made_but_never_told(quick_till: Till, mode: Mode) -> None:
    """After a time-out the list shows what was made all the same, perhaps a moment later."""
    wanted = wish()
    quick_till.fake.list_lag = 5
    quick_till.fake.trouble(mode, Step.CREATE)
    with pytest.raises(GatewayAway):
        await quick_till.invoices.create(wanted)
    assert await quick_till.invoices.of_payment(wanted.payment_id) == []
    quick_till.fake.clock.move(5)
    [found] = await quick_till.invoices.of_payment(wanted.payment_id)
    assert (found.status, found.amount) == (InvoiceStatus.PENDING, 25_000)


async def test_slow_is_not_away(open_till: Till) -> None:
    """An answer in time is an answer."""
    open_till.fake.trouble(Mode.SLOW, seconds=0.05)
    assert (await open_till.invoices.create(wish())).status is InvoiceStatus.PENDING


async def test_nobody_listens() -> None:
    """A refused connection is the same as silence."""
    async with new_client() as client:
        with pytest.raises(GatewayAway):
            await XenditInvoices(client, "http://127.0.0.1:1", "key", BACK).get("x")


async def test_after_failures_nobody_is_asked_for_a_moment() -> None:
    """Five failures in a row; refusals are answers. Later one try finds out."""
    now, asked = [0.0], [0]
    status = [503]

    def say(_: httpx2.Request) -> httpx2.Response:
        asked[0] += 1
        return httpx2.Response(status[0], json={"error_code": "INVOICE_NOT_FOUND_ERROR", "message": ""})

    async with new_client(httpx2.MockTransport(say)) as client:
        invoices = XenditInvoices(client, "https://gateway.example", "key", BACK, clock=lambda: now[0])
        for _ in range(TRIPS_AFTER + 3):
            with pytest.raises(GatewayAway):
                await invoices.get("x")
        assert asked[0] == TRIPS_AFTER
        now[0], status[0] = 1.5, 404
        for _ in range(TRIPS_AFTER + 3):
            assert await invoices.get("x") is None
        assert asked[0] == 2 * TRIPS_AFTER + 3


async def test_impatient_callers_notice_silence_too() -> None:
    """Calls that are given up after two seconds of silence count as failures."""
    now = [0.0]

    async def silent(_: httpx2.Request) -> httpx2.Response:
        now[0] += 3.0
        await asyncio.Event().wait()
        raise AssertionError

    async with new_client(httpx2.MockTransport(silent)) as client:
        invoices = XenditInvoices(client, "https://gateway.example", "key", BACK, clock=lambda: now[0])
        for _ in range(TRIPS_AFTER):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await invoices.get("x")
        with pytest.raises(GatewayAway, match="resting"):
            await invoices.get("x")


def test_the_gateway_itself() -> None:
    """Its payments are Xendit's."""
    assert XenditGateway().provider is Provider.XENDIT
