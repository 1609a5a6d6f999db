"""The server is killed wherever money is on its way: it is booked once, and no invoice stays open."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest

from halobestie_app.fakes.xendit_books import as_webhook
from halobestie_app.fakes.xendit_hooks import Plan
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from halobestie_app.fakes.xendit_troubles import Mode, Step
from support.evening import House
from support.money import PATH, becomes, bill_of, dealt_with, post
from support.people import Customer, Json
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

INSTANCES = 2
LONG = 30.0
"""Seconds within which another instance has taken over what a dead one had in hand."""


@pytest.fixture(scope="module")
async def xendit() -> AsyncIterator[XenditPlace]:
    """The stand-in; a test says itself what is sent."""
    async with xendit_served() as place:
        place.fake.hooks.plan = Plan(drop=True)
        yield place


@pytest.fixture(scope="module")
def variables(xendit: XenditPlace) -> Mapping[str, str]:
    """What the servers are told."""
    return xendit.variables


@pytest.fixture(autouse=True)
async def runs_again(house: House, everything_holds: None, xendit: XenditPlace) -> AsyncIterator[None]:
    """A test that failed leaves servers for the next one."""
    xendit.fake.hooks.url = house.first.public + PATH
    yield
    xendit.fake.well()
    house.started()


async def begins(customer: Customer) -> None:
    """Begin a payment, and hear nothing of it."""
    try:
        await customer.pay()
    except httpx2.TransportError:
        return


async def only_payment(customer: Customer) -> Json:
    """The one that was begun."""
    [row] = (await customer.get("/api/client/payment-sessions"))["rows"]
    return row


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.LATE])
async def test_while_the_invoice_is_made(house: House, xendit: XenditPlace, mode: Mode) -> None:
    """Killed before or after the gateway made it: the other instance finds it, or makes one."""
    ayu = await house.customer()
    xendit.fake.trouble(mode, Step.CREATE, times=1)
    before = xendit.fake.asked[Step.CREATE]
    beginning = asyncio.ensure_future(begins(ayu))

    async def asked() -> bool:
        return xendit.fake.asked[Step.CREATE] > before

    await eventually(asked, seconds=5, what="nobody asks for an invoice")
    await asyncio.to_thread(house.first.kill)
    await beginning
    xendit.fake.well()
    there = ayu.via(house.instances[1])

    async def shown() -> bool:
        return bool((await only_payment(there))["xendit_invoice_url"])

    await eventually(shown, seconds=LONG, what="no page")
    payment = await only_payment(there)
    assert payment["xendit_invoice_url"].endswith(bill_of(xendit, payment).id)
    house.started()


async def test_between_the_inbox_and_the_books(house: House, xendit: XenditPlace) -> None:
    """Killed with a webhook in hand that was answered: the other instance applies it."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    bill = xendit.fake.pay(bill_of(xendit, payment).id)
    xendit.fake.trouble(Mode.HANG, Step.GET)
    before = xendit.fake.asked[Step.GET]
    assert (await post(house, xendit, as_webhook(bill))).status == 200

    async def asked() -> bool:
        return xendit.fake.asked[Step.GET] > before

    await eventually(asked, seconds=5, what="nobody asks")
    await asyncio.to_thread(house.first.kill)
    xendit.fake.well()
    await becomes(ayu.via(house.instances[1]), payment, "confirmed", seconds=LONG)
    house.started()
    await dealt_with(house, seconds=LONG)


async def test_paid_while_nobody_was_there(house: House, xendit: XenditPlace) -> None:
    """All servers are down when one pays, one pays late and one never does: found out when they are back."""
    people = [await house.customer() for _ in range(3)]
    paid, late, idle = [(await one.pay()).ok(201) for one in people]
    house.killed()
    xendit.fake.pay(bill_of(xendit, paid).id)
    xendit.fake.pay(bill_of(xendit, late).id)
    for one in (late, idle):
        await house.rows(
            "UPDATE payment_sessions SET expires_at = now(), wake_at = now() WHERE id = %s", one["id"]
        )
    house.started()
    await becomes(people[0], paid, "confirmed", seconds=LONG)
    owed = await becomes(people[1], late, "failed_pairing", seconds=LONG)
    assert owed["cause_tag"] == "late_payment"
    await becomes(people[2], idle, "expired", seconds=LONG)

    async def closed() -> bool:
        return bill_of(xendit, idle).status == "EXPIRED"

    await eventually(closed, seconds=LONG, what="its invoice stays open")


async def test_webhooks_while_instances_die(house: House, xendit: XenditPlace) -> None:
    """Every delivery to whoever is alive, killed in the middle of it: each payment is confirmed once."""
    people = await house.customers(12)
    payments = [(await one.pay()).ok(201) for one in people]
    for payment in payments:
        xendit.fake.pay(bill_of(xendit, payment).id)

    async def told(payment: Json, at: int) -> None:
        body = as_webhook(bill_of(xendit, payment))
        for turn in range(100):
            try:
                answer = await post(house, xendit, body, at=(at + turn) % INSTANCES)
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status == 200:
                return

    telling = [asyncio.ensure_future(told(one, at)) for at, one in enumerate(payments)]
    await asyncio.to_thread(house.first.kill)
    await asyncio.gather(*telling)
    house.started()
    for person, payment in zip(people, payments, strict=True):
        await becomes(person.via(house.instances[1]), payment, "confirmed", seconds=LONG)
    await dealt_with(house, seconds=LONG)
