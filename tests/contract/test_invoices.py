"""The book of invoices: both kinds take errands, hand out pages, and lease looks alike."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core.flow.effects import InvoiceStep
from halobestie_core.payment import Abandon, Create
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from halobestie_core.ports.store import Loaded, Scope
from halobestie_core.words import Provider
from support.places import Place, later
from support.steps import AYU, PAYMENT, create, do

pytestmark = pytest.mark.anyio

FIRST = timedelta(seconds=10)
INVOICE = Invoice(
    "inv-1", str(PAYMENT), InvoiceStatus.PENDING, "PENDING", 10_000, "IDR", "https://pay.example/1"
)
PAID = evolve(INVOICE, status=InvoiceStatus.PAID, said="PAID", paid_amount=10_000)
EXPIRED = evolve(INVOICE, status=InvoiceStatus.EXPIRED, said="EXPIRED")


async def begun(place: Place) -> None:
    """Ayu has begun a payment that is paid on an invoice."""

    def begin(loaded: Loaded) -> Create:
        return evolve(create(loaded), provider=Provider.XENDIT)

    await do(place, Scope(customer_id=AYU, prices=True), begin)


async def over(place: Place) -> None:
    """And has gone back."""
    await do(place, Scope(customer_id=AYU, payment_id=PAYMENT), lambda _loaded: Abandon())


async def test_an_errand_has_one_taker(house: Place) -> None:
    """Whoever begins has five seconds; then it is anybody's, for twenty."""
    await begun(house)
    errand = await house.book.begin(PAYMENT)
    assert errand is not None
    assert (errand.step, errand.payment_id, errand.attempt) == (InvoiceStep.CREATE, PAYMENT, 1)
    assert await house.book.begin(PAYMENT) is None
    assert await house.book.errands(9) == []
    await later(house, seconds=5)
    [again] = await house.book.errands(9)
    assert (again.id, again.attempt) == (errand.id, 2)
    await later(house, seconds=19)
    assert await house.book.errands(9) == []
    await house.book.again(errand.id, 0.5)
    await later(house, seconds=0.5)
    assert len(await house.book.errands(9)) == 1
    await house.book.done(errand.id)
    await later(house, minutes=1)
    assert await house.book.errands(9) == []


async def test_nobody_takes_a_new_errand(house: Place) -> None:
    """It belongs to whoever began the payment for five seconds."""
    await begun(house)
    assert await house.book.errands(9) == []
    await later(house, seconds=5)
    assert len(await house.book.errands(9)) == 1


async def test_a_page_is_handed_out(house: Place) -> None:
    """The payment bears its invoice, the errand is over, and who did not wait is told."""
    await begun(house)
    assert await house.book.hand_out(PAYMENT, INVOICE, first_look=FIRST, late=True)
    seen = await house.reads.payment(PAYMENT)
    assert seen is not None
    assert (seen.payment.provider_invoice_id, seen.payment.xendit_invoice_url) == ("inv-1", INVOICE.url)
    async with house.outbox.claimed(9) as claim:
        assert [frame.frame for frame in claim.frames] == ["payment_updated"]
    await later(house, minutes=1)
    assert await house.book.errands(9) == []
    other = evolve(INVOICE, id="inv-2")
    assert await house.book.hand_out(PAYMENT, other, first_look=FIRST, late=True)
    seen = await house.reads.payment(PAYMENT)
    assert seen is not None
    assert seen.payment.provider_invoice_id == "inv-1"


async def test_a_page_that_comes_too_late_is_closed(house: Place) -> None:
    """A payment that is over shows no page, and leaves the errand of closing it."""
    await begun(house)
    await over(house)
    closing = await house.book.errands(9)
    assert [one.step for one in closing] == [InvoiceStep.EXPIRE]
    assert not await house.book.hand_out(PAYMENT, INVOICE, first_look=FIRST, late=True)
    seen = await house.reads.payment(PAYMENT)
    assert seen is not None
    assert (seen.payment.provider_invoice_id, seen.payment.xendit_invoice_url) == ("inv-1", None)
    assert [one.step for one in await house.book.errands(9)] == [InvoiceStep.EXPIRE]


async def test_a_status_goes_forward(house: Place) -> None:
    """What was paid stays paid, and is looked at no more once it is settled."""
    await begun(house)
    book = house.book
    for said, stands in ((INVOICE, "pending"), (EXPIRED, "expired"), (INVOICE, "expired"), (PAID, "paid")):
        await book.seen(said, PAYMENT, settled=False, first_look=FIRST)
        assert [one.status.value for one in await book.of_payment(PAYMENT)] == [stands]
    await book.seen(EXPIRED, None, settled=True, first_look=FIRST)
    known = await book.known("inv-1")
    assert known is not None
    assert (known.payment_id, known.status) == (PAYMENT, InvoiceStatus.PAID)
    assert await book.watched("", 9) == []
    assert await book.known("inv-2") is None


async def test_a_look_is_one_instances(house: Place) -> None:
    """A due invoice is taken for a while; the open ones apart from those that are over."""
    await begun(house)
    book, lease = house.book, timedelta(seconds=20)
    await book.seen(INVOICE, PAYMENT, settled=False, first_look=FIRST)
    assert await book.due(9, lease) == []
    await later(house, seconds=10)
    [seen] = await book.due(9, lease)
    assert (seen.invoice_id, seen.payment_id, seen.status) == ("inv-1", PAYMENT, InvoiceStatus.PENDING)
    assert await book.due(9, lease) == []
    await book.put_off("inv-1", house.now + timedelta(seconds=5))
    await later(house, seconds=5)
    await book.seen(EXPIRED, PAYMENT, settled=False, first_look=FIRST)
    assert await book.due(9, lease) == []
    assert len(await book.due(9, lease, over=True)) == 1
    await book.soon("inv-1")
    assert len(await book.due(9, lease, over=True)) == 1
    await book.put_off("inv-1", None)
    await book.soon("inv-1")
    assert await book.due(9, lease, over=True) == []


async def test_the_right_to_ask_is_taken(house: Place) -> None:
    """Once within five seconds, whoever looks."""
    await begun(house)
    book, every = house.book, timedelta(seconds=5)
    await book.hand_out(PAYMENT, INVOICE, first_look=FIRST, late=False)
    assert await book.may_ask(PAYMENT, every) == ["inv-1"]
    await later(house, seconds=4)
    assert await book.may_ask(PAYMENT, every) == []
    await later(house, seconds=1)
    assert await book.may_ask(PAYMENT, every) == ["inv-1"]


async def test_all_that_may_bring_money_is_listed(house: Place) -> None:
    """Invoices that are not settled, and payments of this gateway."""
    await begun(house)
    await house.book.hand_out(PAYMENT, INVOICE, first_look=FIRST, late=False)
    assert [one.invoice_id for one in await house.book.watched("", 9)] == ["inv-1"]
    assert await house.book.watched("inv-1", 9) == []
    assert await house.book.begun(UUID(int=0), 9, timedelta(hours=48)) in ([], [PAYMENT])
