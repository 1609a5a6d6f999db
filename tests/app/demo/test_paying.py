"""Paying on a hosted page as a program: the button of the stand-in, and pages that have none."""

from collections.abc import AsyncIterator

import pytest
from attrs import frozen

from halobestie_app.demo.client import Client
from halobestie_app.demo.paying import Unpayable, is_confirmed, page_of, press
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served

pytestmark = pytest.mark.anyio

WANTED = {"external_id": "ours", "amount": 25000, "success_redirect_url": "halobestie://payment/1"}


@frozen
class Payer:
    """Somebody with a browser, and where bills are."""

    client: Client
    place: XenditPlace

    def bill(self) -> tuple[str, str]:
        """A new bill: its id, and its page."""
        bill = self.place.fake.books.create(WANTED)
        return bill.id, f"{self.place.url}/web/{bill.id}"


@pytest.fixture
async def payer() -> AsyncIterator[Payer]:
    """One."""
    async with xendit_served() as place, Client(place.url) as client:
        yield Payer(client, place)


async def test_the_button_pays(payer: Payer) -> None:
    """Where it leads afterwards is the app's business."""
    bill_id, url = payer.bill()
    await press(payer.client, url)
    assert payer.place.fake.books.get(bill_id).status == "PAID"


async def test_pages_without_a_button(payer: Payer) -> None:
    """Paid already, expired, or no bill at all: one line says where to look."""
    (paid, first), (expired, second) = payer.bill(), payer.bill()
    payer.place.fake.pay(paid)
    payer.place.fake.expire(expired)
    for url in (first, second, f"{payer.place.url}/web/nobodys", payer.place.url):
        with pytest.raises(Unpayable, match=f"no button at {url}"):
            await press(payer.client, url)


async def test_a_payment_that_has_its_page(payer: Payer) -> None:
    """It is where the payment says."""
    assert await page_of(payer.client, {"id": "1", "xendit_invoice_url": "http://x"}) == "http://x"


def test_what_confirms() -> None:
    """A frame about this payment, and no other."""
    frame = {"type": "payment_confirmed", "payment": {"id": "1"}}
    assert is_confirmed(frame, "1")
    assert not is_confirmed(frame, "2")
    assert not is_confirmed({"type": "payment_updated", "payment": {"id": "1"}}, "1")
    assert not is_confirmed({"type": "ready"}, "1")
