"""Money that arrives: invoices, webhooks on two instances, and everything that goes wrong on the way.

The gateway is the stand-in, in this process; the two servers know it as they would know the real one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from random import Random

import httpx2
import pytest

from halobestie_app.fakes.xendit_books import Bill, as_webhook
from halobestie_app.fakes.xendit_hooks import Plan
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from halobestie_app.fakes.xendit_troubles import Mode, Step
from support.evening import House, at_once
from support.money import PATH, QUICK, becomes, bill_of, dealt_with, post
from support.people import Answer, Json
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2


@pytest.fixture(scope="module")
async def xendit() -> AsyncIterator[XenditPlace]:
    """The stand-in."""
    async with xendit_served() as place:
        place.fake.hooks.plan = Plan(drop=True)  # a test says itself what is sent
        yield place


@pytest.fixture(scope="module")
def variables(xendit: XenditPlace) -> Mapping[str, str]:
    """What the servers are told; two tokens are valid."""
    told = dict(xendit.variables)
    told["XENDIT_CALLBACK_TOKEN"] += ",the token of yesterday"
    return told


@pytest.fixture(autouse=True)
async def told(house: House, xendit: XenditPlace) -> AsyncIterator[None]:
    """Webhooks go to the first instance, unless sent otherwise; trouble ends with its test."""
    xendit.fake.hooks.url = house.first.public + PATH
    house.expected_trouble = ("a webhook is put aside", "the gateway refuses")
    yield
    xendit.fake.well()


async def state_of(house: House, bill: Bill) -> list[tuple[str, str | None]]:
    """What became of the deliveries that named an invoice: by the gateway's word, the reason if put aside."""
    rows = await house.rows(
        """
        SELECT provider_status, quarantine_reason, applied_at IS NOT NULL AS applied FROM webhook_inbox
        WHERE provider_invoice_id = %s ORDER BY received_at""",
        bill.id,
    )
    return [
        (row["provider_status"], "applied" if row["applied"] else row["quarantine_reason"]) for row in rows
    ]


# ------------------------------------------------------------------------------------------------- stories


async def test_paying_on_the_page(house: House, xendit: XenditPlace) -> None:
    """The page comes with the payment; who pays there is told, and can search, without a word of theirs."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    payment = (await ayu.pay()).ok(201)
    bill = bill_of(xendit, payment)
    assert payment["provider"] == "xendit"
    assert payment["xendit_invoice_url"] == f"{xendit.url}/web/{bill.id}"
    assert (await ayu.confirm(payment)).refused("PAYMENT_NOT_SETTLED")
    socket = await ayu.connects()
    async with httpx2.AsyncClient(trust_env=False) as browser:
        xendit.fake.hooks.plan = Plan()
        pressed = await browser.post(f"{payment['xendit_invoice_url']}/pay")
        xendit.fake.hooks.plan = Plan(drop=True)
    assert pressed.status_code == 303
    assert payment["id"] in pressed.headers["location"]
    frame = await socket.until("payment_confirmed")
    assert frame["payment"]["status"] == "confirmed"
    assert (await ayu.confirm(payment)).ok()["status"] == "confirmed"
    chat = await budi.accepts(await ayu.searches(payment))
    assert chat["status"] == "active"
    assert await state_of(house, bill) == [("PAID", "applied")]


@pytest.mark.parametrize("token", ["", "x", "the token of tomorrow"])
async def test_a_wrong_token(house: House, xendit: XenditPlace, token: str) -> None:
    """Nobody but the gateway is listened to; nothing is kept."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    bill = xendit.fake.pay(bill_of(xendit, payment).id)
    (await post(house, xendit, as_webhook(bill), token)).refused("UNAUTHENTICATED", 401)
    assert await state_of(house, bill) == []


async def test_no_token(house: House, xendit: XenditPlace) -> None:
    """Without the header it is the same, and a token of ours does not help."""
    ayu = await house.customer()
    url = house.first.public + PATH
    (await house.ask("POST", url, {})).refused("UNAUTHENTICATED", 401)
    (await ayu.ask("POST", PATH, {})).refused("UNAUTHENTICATED", 401)
    assert (await house.ask("GET", url)).status == 405
    assert (await house.ask("POST", house.first.internal + PATH, {})).status == 404


async def test_both_tokens_of_a_rotation(house: House, xendit: XenditPlace) -> None:
    """The token before is valid as well."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    bill = xendit.fake.pay(bill_of(xendit, payment).id)
    answer = await post(house, xendit, as_webhook(bill), "the token of yesterday")
    assert answer == Answer(200, {})
    await becomes(ayu, payment, "confirmed")


async def test_too_large(house: House, xendit: XenditPlace) -> None:
    """64 KiB and no more."""
    (await post(house, xendit, b"x" * (64 * 1024 + 1))).refused("TOO_LARGE", 413)
    assert (await post(house, xendit, b"x" * (64 * 1024))).status == 200
    await dealt_with(house)


async def test_whatever_it_is(house: House, xendit: XenditPlace) -> None:
    """With the right token everything is kept and answered, whatever type it claims; an operator sees it."""
    before = await house.value("SELECT count(*) FROM webhook_inbox")
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
        answer = await post(house, xendit, b"\xff nonsense", kind=kind)
        assert answer == Answer(200, {})
    assert await house.value("SELECT count(*) FROM webhook_inbox") == before + 4
    await dealt_with(house)
    boss = await house.operator()
    page = await boss.get("/internal/webhooks?state=quarantined&limit=4")
    assert page["total"] >= 4
    for row in page["rows"]:
        assert (row["state"], row["reason"], row["invoice_id"]) == ("quarantined", "not_json", None)
        assert "body" not in row
    one = page["rows"][0]
    resolve = f"/internal/webhooks/{one['id']}/resolve"
    done = (await boss.ask("POST", resolve, {"note": "noise"})).ok()
    assert (done["state"], done["note"], done["resolved_by"]["id"]) == ("resolved", "noise", boss.id)
    assert "@" in done["resolved_by"]["display_name"]
    assert (await boss.ask("POST", resolve, {"note": "noise"})).ok() == done
    again = (await boss.ask("POST", resolve, {"note": "no"})).refused("ALREADY_ACTIONED")
    assert again["current"] == done
    (await boss.ask("POST", resolve, {"note": ""})).refused("VALIDATION_ERROR", 422)
    assert (await boss.get("/internal/webhooks?state=quarantined"))["total"] == page["total"] - 1
    assert one["id"] in {row["id"] for row in (await boss.get("/internal/webhooks?state=resolved"))["rows"]}


async def test_amount_currency_and_name(house: House, xendit: XenditPlace) -> None:
    """A body that is not about our invoice moves nothing, is put aside, and is counted."""
    ayu = await house.customer()
    for altered, reason in (
        ({"amount": 1}, "amount_mismatch"),
        ({"currency": "USD"}, "currency_mismatch"),
        ({"external_id": "somebody"}, "external_id_mismatch"),
        ({"status": "FLYING"}, "unknown_status"),
        ({"amount": 0.5}, "sum_not_whole"),
    ):
        payment = (await ayu.pay()).ok(201)
        bill = bill_of(xendit, payment)
        body = {**as_webhook(bill), "status": "PAID", "paid_amount": bill.amount, **altered}
        assert (await post(house, xendit, body)).status == 200
        await dealt_with(house)
        assert [why for _, why in await state_of(house, bill)] == [reason]
        assert (await ayu.payment(payment))["status"] == "pending"
        assert (
            await house.value(
                "SELECT count(*) FROM payment_captures WHERE payment_session_id = %s", payment["id"]
            )
            == 0
        )
        metrics = await house.http.get(f"{house.first.internal}/metrics")
        other = await house.http.get(f"{house.instances[1].internal}/metrics")
        counted = f'halobestie_webhook_quarantined_total{{reason="{reason}"}}'
        lines = [line for text in (metrics, other) for line in text.text.splitlines() if counted in line]
        assert sum(float(line.split()[-1]) for line in lines) >= 1


async def test_many_copies_in_disorder_on_two_instances(house: House, xendit: XenditPlace) -> None:
    """Every delivery five times, shuffled over two instances: confirmed once."""
    customers = await house.customers(10)
    payments = [(await one.pay()).ok(201) for one in customers]
    bills = [bill_of(xendit, payment) for payment in payments]
    for bill in bills:
        xendit.fake.pay(bill.id)
    news: list[tuple[Bill, str]] = [
        (bill, word) for bill in bills for word in ("PENDING", "PAID", "SETTLED", "EXPIRED") for _ in range(5)
    ]
    chance = Random(4)
    chance.shuffle(news)

    async def one(bill: Bill, word: str) -> Answer:
        return await post(house, xendit, {**as_webhook(bill), "status": word}, at=chance.randrange(INSTANCES))

    answers = await at_once([partial(one, bill, word) for bill, word in news])
    assert {answer.status for answer in answers} == {200}
    for who, payment in zip(customers, payments, strict=True):
        await becomes(who, payment, "confirmed")
        captures = "SELECT count(*) FROM payment_captures WHERE payment_session_id = %s"
        assert await house.value(captures, payment["id"]) == 1
        assert await house.states(payment["id"]) == ["pending", "confirmed"]
    await dealt_with(house)
    for bill in bills:
        assert sorted(await state_of(house, bill)) == [
            ("EXPIRED", "applied"),
            ("PAID", "applied"),
            ("PENDING", "applied"),
            ("SETTLED", "applied"),
        ]


async def test_a_lost_webhook_is_healed_by_whoever_looks(house: House, xendit: XenditPlace) -> None:
    """The webhook never comes; the customer's own look, or confirmation, is enough."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    xendit.fake.pay(bill_of(xendit, payment).id)
    assert (await ayu.payment(payment))["status"] == "confirmed"
    cinta = await house.customer()
    payment = (await cinta.pay()).ok(201)
    xendit.fake.pay(bill_of(xendit, payment).id)
    assert (await cinta.confirm(payment)).ok()["status"] == "confirmed"


async def test_a_lost_webhook_is_healed_without_anybody(house: House, xendit: XenditPlace) -> None:
    """The webhook never comes, nobody looks: ten seconds after the invoice was made it is found out."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    xendit.fake.pay(bill_of(xendit, payment).id)
    await becomes(ayu, payment, "confirmed", seconds=15)


async def test_the_gateway_is_away_and_back(house: House, xendit: XenditPlace) -> None:
    """Without the gateway there is no page, and no news is lost; when it is back both are made good."""
    ayu, cinta = await house.customers(2)
    paid = (await ayu.pay()).ok(201)
    bill = xendit.fake.pay(bill_of(xendit, paid).id)
    xendit.fake.trouble(Mode.DOWN)
    socket = await cinta.connects()
    unpaged = (await cinta.pay()).ok(201)
    assert unpaged["xendit_invoice_url"] is None
    assert (await post(house, xendit, as_webhook(bill))).status == 200
    assert (await ayu.payment(paid))["status"] == "pending"
    xendit.fake.well()
    frame = await socket.until("payment_updated", seconds=20)
    assert frame["payment"]["xendit_invoice_url"]
    await becomes(ayu, paid, "confirmed", seconds=20)
    assert (await cinta.payment(unpaged))["xendit_invoice_url"]


async def test_nobody_heard_that_the_invoice_was_made(house: House, xendit: XenditPlace) -> None:
    """After an answer that was lost the invoice is found again, and not made twice."""
    ayu = await house.customer()
    xendit.fake.trouble(Mode.LOST, Step.CREATE, times=1)
    socket = await ayu.connects()
    payment = (await ayu.pay()).ok(201)
    assert payment["xendit_invoice_url"] is None
    frame = await socket.until("payment_updated", seconds=12)
    assert frame["payment"]["xendit_invoice_url"] == f"{xendit.url}/web/{bill_of(xendit, payment).id}"


async def test_a_page_that_will_never_come(house: House, xendit: XenditPlace) -> None:
    """What the gateway refuses for good is over in the very answer, and on the socket."""
    ayu = await house.customer()
    socket = await ayu.connects()
    xendit.fake.trouble(Mode.REFUSE, Step.CREATE, code="AMOUNT_BELOW_MINIMUM_LIMIT")
    payment = (await ayu.pay()).ok(201)
    assert (payment["status"], payment["xendit_invoice_url"]) == ("abandoned", None)
    assert (await socket.until("payment_updated"))["payment"]["status"] == "abandoned"
    xendit.fake.well()
    assert (await ayu.pay()).ok(201)["xendit_invoice_url"]


async def test_slow_is_not_for_ever(house: House, xendit: XenditPlace) -> None:
    """A silent gateway keeps nobody longer than four seconds."""
    ayu = await house.customer()
    xendit.fake.trouble(Mode.HANG, Step.CREATE, times=1)
    began = time.monotonic()
    payment = (await ayu.pay()).ok(201)
    assert time.monotonic() - began < 4.8
    assert payment["xendit_invoice_url"] is None
    (await ayu.back_out(payment)).ok()


async def test_after_its_time(house: House, xendit: XenditPlace) -> None:
    """Its time is over, so the invoice is closed; money that comes all the same is owed back."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    bill = bill_of(xendit, payment)
    await house.rows(
        "UPDATE payment_sessions SET expires_at = statement_timestamp(), wake_at = statement_timestamp()"
        " WHERE id = %s",
        payment["id"],
    )
    await becomes(ayu, payment, "expired")

    async def closed() -> bool:
        return bill.status == "EXPIRED"

    await eventually(closed, seconds=QUICK, what="the invoice stays open")
    xendit.fake.pay(bill.id, late=True, plan=Plan(copies=3))
    late = await becomes(ayu, payment, "failed_pairing")
    assert (late["cause_tag"], late["refund"]) == ("late_payment", "due")


async def test_going_back(house: House, xendit: XenditPlace) -> None:
    """Who goes back can pay no more; a payment that replaces another closes the other's invoice too."""
    ayu = await house.customer()
    first = (await ayu.pay()).ok(201)
    second = (await ayu.pay()).ok(201)
    (await ayu.back_out(second)).ok()

    async def closed() -> bool:
        return {bill_of(xendit, one).status for one in (first, second)} == {"EXPIRED"}

    await eventually(closed, seconds=QUICK, what="an invoice stays open")


async def test_paid_just_before_going_back(house: House, xendit: XenditPlace) -> None:
    """The invoice will not close because it is paid: the money is owed back."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    xendit.fake.pay(bill_of(xendit, payment).id)
    (await ayu.back_out(payment)).ok()
    late = await becomes(ayu, payment, "failed_pairing")
    assert late["cause_tag"] == "late_payment"


async def test_two_invoices_paid(house: House, xendit: XenditPlace) -> None:
    """A second invoice paid for the same payment is a duplicate, owed back."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    first = bill_of(xendit, payment)
    second = xendit.fake.books.create({"external_id": payment["id"], "amount": first.amount})
    for bill in (first, second):
        xendit.fake.pay(bill.id, plan=Plan())
    await becomes(ayu, payment, "confirmed")
    await dealt_with(house)

    async def both() -> bool:
        query = "SELECT count(*) FROM pairing_failures WHERE payment_session_id = %s AND cause_tag = %s"
        return bool(await house.value(query, payment["id"], "duplicate_payment") == 1)

    await eventually(both, seconds=QUICK, what="no duplicate")


async def test_the_gateway_says_less(house: House, xendit: XenditPlace) -> None:
    """Less money than was asked for, by the gateway's own word: owed back, and put aside."""
    ayu = await house.customer()
    payment = (await ayu.pay()).ok(201)
    bill = bill_of(xendit, payment)
    xendit.fake.pay(bill.id, amount=1_000, plan=Plan(alter={"paid_amount": bill.amount}))
    await dealt_with(house)

    async def put_aside() -> bool:
        return await state_of(house, bill) == [("PAID", "payment_mismatch")]

    await eventually(put_aside, seconds=QUICK, what="not put aside")
    assert (await ayu.payment(payment))["status"] == "pending"
    failures = "SELECT cause_tag, amount FROM pairing_failures WHERE payment_session_id = %s"
    assert await house.rows(failures, payment["id"]) == [{"cause_tag": "payment_mismatch", "amount": 1_000}]


async def test_webhooks_are_quick(house: House, xendit: XenditPlace) -> None:
    """A burst on two instances is answered at once, whatever the gateway takes to be asked."""
    customers = await house.customers(20)
    payments = [(await one.pay()).ok(201) for one in customers]
    xendit.fake.trouble(Mode.SLOW, Step.GET, seconds=0.3)
    for payment in payments:
        xendit.fake.pay(bill_of(xendit, payment).id)
    took: list[float] = []

    async def one(number: int, payment: Json) -> None:
        body = as_webhook(bill_of(xendit, payment))
        began = time.monotonic()
        assert (await post(house, xendit, body, at=number % INSTANCES)).status == 200
        took.append(time.monotonic() - began)

    await asyncio.gather(*(one(number, payment) for number, payment in enumerate(payments)))
    print(f"slowest of {len(took)}: {max(took):.3f} s")  # noqa: T201  shown by `pytest -rP`
    assert max(took) < 1.0
    for who, payment in zip(customers, payments, strict=True):
        await becomes(who, payment, "confirmed")
