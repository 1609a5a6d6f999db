"""A house whose money comes from a stand-in: what its tests send, and wait for. Knows no test."""

import orjson

from halobestie_app.fakes.xendit_books import Bill
from halobestie_app.fakes.xendit_hooks import TOKEN_HEADER
from halobestie_app.fakes.xendit_serving import XenditPlace
from support.evening import House
from support.people import Answer, Customer, Json
from support.waiting import eventually

PATH = "/api/webhooks/xendit"
QUICK = 5.0
"""Seconds within which what waits for nothing is done."""


def bill_of(xendit: XenditPlace, payment: Json) -> Bill:
    """The one invoice of a payment."""
    [bill] = xendit.fake.books.named(payment["id"])
    return bill


async def post(
    house: House,
    xendit: XenditPlace,
    body: Json | bytes,
    token: str | None = None,
    *,
    at: int = 0,
    kind: str = "application/json",
) -> Answer:
    """Deliver something to one instance."""
    headers = {TOKEN_HEADER: xendit.fake.hooks.token if token is None else token}
    headers |= {"Content-Type": kind} if kind else {}
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    url = house.instances[at].public + PATH
    return await house.ask("POST", url, content=content, headers=headers)


async def becomes(customer: Customer, payment: Json, status: str, seconds: float = QUICK) -> Json:
    """Wait until a payment stands so, by the database: to read it through the API asks the gateway too."""

    async def so() -> bool:
        found = await customer.house.value("SELECT status FROM payment_sessions WHERE id = %s", payment["id"])
        return bool(found == status)

    await eventually(so, seconds=seconds, what=f"not {status}")
    return await customer.payment(payment)


async def dealt_with(house: House, seconds: float = QUICK) -> None:
    """Wait until no delivery waits."""

    async def none() -> bool:
        waiting = "SELECT count(*) FROM webhook_inbox WHERE applied_at IS NULL AND quarantined_at IS NULL"
        return bool(await house.value(waiting) == 0)

    await eventually(none, seconds=seconds, what="deliveries wait")


async def books_agree(house: House, xendit: XenditPlace) -> None:
    """M10: what is paid at the gateway is a capture of ours, of that sum and currency; nothing else is."""
    bills = xendit.fake.books.bills.values()
    there = {bill.id: (bill.paid_amount, bill.currency) for bill in bills if bill.is_paid}
    rows = await house.rows("SELECT provider_invoice_id, amount, currency FROM payment_captures")
    here = {row["provider_invoice_id"]: (row["amount"], row["currency"]) for row in rows}
    assert len(rows) == len(here)
    differing = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
    assert not differing, [(key, here.get(key), there.get(key)) for key in sorted(differing)[:10]]
