"""The gateway's invoices: the twin in memory and the real adapter over HTTP live through the same stories."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from halobestie_core.payment import PAYMENT, Create
from halobestie_core.ports.gateway import (
    GatewayAway,
    GatewayRefused,
    Invoice,
    Invoices,
    InvoiceStatus,
    InvoiceWish,
)
from halobestie_core.ports.webhooks import Notice
from halobestie_core.words import Mode, Provider
from support.gateways import Outside, RealOutside, TwinOutside, real_outside
from support.paying import wish

pytestmark = pytest.mark.anyio

Call = Callable[[Invoices, Invoice], Awaitable[object]]
CALLS: dict[str, Call] = {
    "create": lambda invoices, made: invoices.create(wish(UUID(made.external_id))),
    "get": lambda invoices, made: invoices.get(made.id),
    "of_payment": lambda invoices, made: invoices.of_payment(UUID(made.external_id)),
    "expire": lambda invoices, made: invoices.expire(made.id),
}


@pytest.fixture
async def over_http() -> AsyncIterator[RealOutside]:
    """The real adapter, with a stand-in that listens."""
    async with real_outside() as opened:
        yield opened


@pytest.fixture(params=["twin", "real"])
def outside(request: pytest.FixtureRequest) -> Outside:
    """Either kind."""
    if request.param == "twin":
        return TwinOutside()
    found: RealOutside = request.getfixturevalue("over_http")
    return found


def facts(invoice: Invoice | None) -> tuple[object, ...]:
    """What is the same at both: all but the name and the page that the gateway thought of."""
    assert invoice is not None
    return (
        invoice.status,
        invoice.said,
        invoice.amount,
        invoice.currency,
        invoice.paid_amount,
        invoice.paid_at is not None,
        invoice.exact,
        invoice.taken,
    )


WAITING = (InvoiceStatus.PENDING, "PENDING", 25_000, "IDR", None, False, True, 0)
CLOSED = (InvoiceStatus.EXPIRED, "EXPIRED", 25_000, "IDR", None, False, True, 0)
PAID = (InvoiceStatus.PAID, "PAID", 25_000, "IDR", 25_000, True, True, 25_000)


async def test_what_is_made(outside: Outside) -> None:
    """It waits, bears the payment's id, has a page of its own, and is found as it was told."""
    wanted = wish()
    made = await outside.invoices.create(wanted)
    assert facts(made) == WAITING
    assert made.external_id == str(wanted.payment_id)
    assert made.url is not None
    assert made.url.startswith("http")
    assert await outside.invoices.get(made.id) == made
    assert await outside.invoices.of_payment(wanted.payment_id) == [made]
    assert outside.told() == []


async def test_once_more_for_the_same_payment(outside: Outside) -> None:
    """Two, with an id and a page each; both are listed, the newest first, and nobody else's."""
    wanted = wish()
    one = await outside.invoices.create(wanted)
    outside.later(1)
    other = await outside.invoices.create(wanted)
    await outside.invoices.create(wish())
    assert one.id != other.id
    assert one.url != other.url
    assert await outside.invoices.of_payment(wanted.payment_id) == [other, one]
    assert await outside.invoices.of_payment(uuid4()) == []


@pytest.mark.parametrize("invoice_id", ["0" * 24, "", "..", "a/b?c=d#e", "é 1"])
async def test_nobody_knows_it(outside: Outside, invoice_id: str) -> None:
    """There is none to be seen; to close it is refused by the gateway's own word."""
    assert await outside.invoices.get(invoice_id) is None
    with pytest.raises(GatewayRefused) as refused:
        await outside.invoices.expire(invoice_id)
    assert (refused.value.status, refused.value.code) == (404, "INVOICE_NOT_FOUND_ERROR")
    assert not outside.pay(invoice_id)


@pytest.mark.parametrize(
    "amount, seconds, code",
    [
        (999, 1200, "AMOUNT_BELOW_MINIMUM_LIMIT"),
        (0, 1200, "AMOUNT_BELOW_MINIMUM_LIMIT"),
        (-25_000, 1200, "AMOUNT_BELOW_MINIMUM_LIMIT"),
        (25_000, 0, "API_VALIDATION_ERROR"),
        (25_000, 367 * 24 * 3600, "API_VALIDATION_ERROR"),
    ],
)
async def test_what_is_not_made(outside: Outside, amount: int, seconds: int, code: str) -> None:
    """Too small a sum, or no sensible time to pay it, is refused for good, and nothing is there."""
    wanted = wish(amount=amount, seconds=seconds)
    with pytest.raises(GatewayRefused) as refused:
        await outside.invoices.create(wanted)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert not refused.value.is_of_us
    assert await outside.invoices.of_payment(wanted.payment_id) == []


async def test_the_smallest_sum(outside: Outside) -> None:
    """A thousand rupiah is enough."""
    assert (await outside.invoices.create(wish(amount=1_000))).amount == 1_000


async def test_closing(outside: Outside) -> None:
    """Closed is closed, the second time too; nobody can pay on its page, and one webhook says so."""
    made = await outside.invoices.create(wish())
    for _ in range(2):
        assert facts(await outside.invoices.expire(made.id)) == CLOSED
    assert not outside.pay(made.id)
    assert facts(await outside.invoices.get(made.id)) == CLOSED
    assert [notice.said for notice in heard(outside)] == ["EXPIRED"]


async def test_it_closes_by_itself(outside: Outside) -> None:
    """When its time is over, by the gateway's clock; to close it then changes nothing."""
    made = await outside.invoices.create(wish(seconds=60))
    outside.later(59)
    assert facts(await outside.invoices.get(made.id)) == WAITING
    outside.later(1)
    assert [notice.said for notice in heard(outside)] == ["EXPIRED"]
    assert facts(await outside.invoices.get(made.id)) == CLOSED
    assert facts(await outside.invoices.expire(made.id)) == CLOSED
    assert [facts(one) for one in await outside.invoices.of_payment(UUID(made.external_id))] == [CLOSED]
    assert len(outside.told()) == 1


async def test_paid(outside: Outside) -> None:
    """There is money, once, with how much and since when; a webhook names the same sums."""
    made = await outside.invoices.create(wish())
    before = outside.now
    assert outside.pay(made.id)
    assert not outside.pay(made.id)
    paid = await outside.invoices.get(made.id)
    assert facts(paid) == PAID
    assert paid is not None
    assert paid.paid_at is not None
    assert before <= paid.paid_at <= outside.now
    assert paid.paid_at.utcoffset() == timedelta(0)
    assert (paid.id, paid.external_id, paid.url) == (made.id, made.external_id, made.url)
    assert outside.told() == [
        Notice(
            invoice_id=made.id,
            external_id=made.external_id,
            status=InvoiceStatus.PAID,
            said="PAID",
            amount=25_000,
            currency="IDR",
            paid_amount=25_000,
        )
    ]


async def test_paid_money_stays(outside: Outside) -> None:
    """Neither its time nor whoever closes it takes a paid invoice back: closing tells how it stands."""
    made = await outside.invoices.create(wish(seconds=60))
    outside.pay(made.id)
    assert facts(await outside.invoices.expire(made.id)) == PAID
    outside.later(3600)
    assert facts(await outside.invoices.get(made.id)) == PAID
    assert [facts(one) for one in await outside.invoices.of_payment(UUID(made.external_id))] == [PAID]
    assert len(outside.told()) == 1


@pytest.mark.parametrize("closed", ["by us", "by its time"])
async def test_paid_late(outside: Outside, closed: str) -> None:
    """Money may come after the end; then it is paid like any other, and told after the end."""
    made = await outside.invoices.create(wish(seconds=60))
    if closed == "by us":
        await outside.invoices.expire(made.id)
    else:
        outside.later(61)
    assert not outside.pay(made.id)
    assert outside.pay(made.id, late=True)
    assert facts(await outside.invoices.get(made.id)) == PAID
    assert facts(await outside.invoices.expire(made.id)) == PAID
    assert "PAID" in [notice.said for notice in heard(outside)]


@pytest.mark.parametrize("amount", [1, 24_999, 25_001])
async def test_another_sum(outside: Outside, amount: int) -> None:
    """What was asked for and what was paid are told apart, when asked and by webhook."""
    made = await outside.invoices.create(wish())
    outside.pay(made.id, amount=amount)
    found = await outside.invoices.get(made.id)
    assert facts(found) == (InvoiceStatus.PAID, "PAID", 25_000, "IDR", amount, True, True, amount)
    assert [(notice.amount, notice.paid_amount) for notice in heard(outside)] == [(25_000, amount)]


async def test_another_currency(outside: Outside) -> None:
    """It is named; what it is worth is nobody's guess."""
    made = await outside.invoices.create(wish())
    outside.pay(made.id, currency="USD")
    found = await outside.invoices.get(made.id)
    assert found is not None
    assert (found.status, found.currency) == (InvoiceStatus.PAID, "USD")
    assert [notice.currency for notice in heard(outside)] == ["USD"]


async def test_settled(outside: Outside) -> None:
    """Money that has reached us is paid money with another word, told once more."""
    made = await outside.invoices.create(wish())
    assert not outside.settle(made.id)
    outside.pay(made.id)
    assert outside.settle(made.id)
    assert facts(await outside.invoices.get(made.id)) == (PAID[0], "SETTLED", *PAID[2:])
    assert facts(await outside.invoices.expire(made.id)) == (PAID[0], "SETTLED", *PAID[2:])
    assert not outside.pay(made.id)
    assert [notice.said for notice in heard(outside)] == ["PAID", "SETTLED"]


async def test_two_are_paid(outside: Outside) -> None:
    """Each invoice of a payment takes money by itself: both sums are there."""
    wanted = wish()
    made = [await outside.invoices.create(wanted) for _ in range(2)]
    assert [outside.pay(one.id) for one in made] == [True, True]
    assert [one.taken for one in await outside.invoices.of_payment(wanted.payment_id)] == [25_000] * 2


@pytest.mark.parametrize("call", CALLS)
async def test_away(outside: Outside, call: str) -> None:
    """Nobody answers: one error for every call, nothing was done, and afterwards all is as before."""
    made = await outside.invoices.create(wish())
    outside.away(yes=True)
    with pytest.raises(GatewayAway):
        await CALLS[call](outside.invoices, made)
    outside.away(yes=False)
    assert await outside.invoices.of_payment(UUID(made.external_id)) == [made]


async def test_away_is_not_closed_to_payers(outside: Outside) -> None:
    """Who pays meanwhile has paid."""
    made = await outside.invoices.create(wish())
    outside.away(yes=True)
    assert outside.pay(made.id)
    outside.away(yes=False)
    assert facts(await outside.invoices.get(made.id)) == PAID


async def test_made_but_never_heard_of(outside: Outside) -> None:
    """After silence there may be an invoice all the same: looking by the payment's id finds it."""
    wanted = wish()
    outside.deafen(yes=True)
    with pytest.raises(GatewayAway):
        await outside.invoices.create(wanted)
    outside.deafen(yes=False)
    [found] = await outside.invoices.of_payment(wanted.payment_id)
    assert facts(found) == WAITING
    outside.deafen(yes=True)
    with pytest.raises(GatewayAway):
        await outside.invoices.expire(found.id)
    outside.deafen(yes=False)
    assert facts(await outside.invoices.get(found.id)) == CLOSED


async def test_nothing_to_give_at_a_confirmation(outside: Outside) -> None:
    """Its payments are Xendit's, and their money comes by asking for the invoice."""
    assert outside.gateway.provider is Provider.XENDIT
    wanted = InvoiceWish(uuid4(), 25_000, 1200, "Chat 12 menit")
    made = await outside.invoices.create(wanted)
    outside.pay(made.id)
    command = Create(
        wanted.payment_id,
        uuid4(),
        25_000,
        Mode.CHAT,
        12,
        is_extension=False,
        is_first_session_discount=False,
        timeout_minutes=20,
        provider=Provider.XENDIT,
    )
    begun = PAYMENT.open(command, outside.now).after
    assert await outside.gateway.paid(begun) is None


def heard(outside: Outside) -> list[Notice]:
    """What webhooks said; all of them can be read."""
    found = [said for said in outside.told() if isinstance(said, Notice)]
    assert len(found) == len(outside.told())
    return found
