"""Stories of payments that grow old. A payment is aged through the store, never by a setting."""

from datetime import datetime, timedelta

import pytest

from support.evening import House
from support.people import Json
from support.waiting import eventually

pytestmark = pytest.mark.anyio

FAILURES = "SELECT cause_tag, amount FROM pairing_failures WHERE payment_session_id = %s"
LEDGER = "SELECT kind, amount FROM customer_transactions WHERE payment_session_id = %s"


async def age(house: House, payment: Json) -> None:
    """Let a payment's deadline be now."""
    await house.rows(
        "UPDATE payment_sessions SET expires_at = now(), wake_at = now() WHERE id = %s", payment["id"]
    )


async def age_unnoticed(house: House, payment: Json) -> None:
    """Let its deadline be past, but let the clock sleep on: whoever comes next has to notice."""
    await house.rows("UPDATE payment_sessions SET expires_at = now() WHERE id = %s", payment["id"])


def at(text: str) -> datetime:
    """An instant of the API."""
    return datetime.fromisoformat(text)


async def test_never_paid(house: House) -> None:
    """Pending until the deadline: expired, nothing owed, nothing for operators, and it stays so."""
    ayu = await house.customer()
    payment = (await ayu.pay(12)).ok(201)
    assert at(payment["expires_at"]) - at(payment["created_at"]) == timedelta(minutes=20)
    await age(house, payment)

    async def expired() -> bool:
        return bool((await ayu.payment(payment))["status"] == "expired")

    await eventually(expired)
    (await ayu.confirm(payment)).refused("PAYMENT_EXPIRED")
    (await ayu.search(payment)).refused("PAYMENT_EXPIRED")
    assert not await house.rows(FAILURES, payment["id"])
    assert not await house.rows(LEDGER, payment["id"])
    assert await house.moves(payment["id"]) == ["create > pending", "tick > expired"]
    assert (await ayu.active())["payment_session"] is None


async def test_paid_and_never_used(house: House) -> None:
    """Confirmed until the deadline: failed, tagged, owed back, in the operators' queue; no fallback."""
    ayu = await house.customer()
    ayus = await ayu.connects()
    payment = await ayu.pays(60)
    assert at(payment["expires_at"]) - at(payment["confirmed_at"]) == timedelta(minutes=20)
    await ayus.until("payment_confirmed")
    await age(house, payment)
    frame = await ayus.until("payment_failed")
    assert frame["payment"]["cause_tag"] == "payment_session_expired"
    payment = await ayu.payment(payment)
    assert (payment["status"], payment["cause_tag"]) == ("failed_pairing", "payment_session_expired")
    assert (payment["refund"], payment["fallback_until"]) == ("due", None)
    assert await house.rows(FAILURES, payment["id"]) == [
        {"cause_tag": "payment_session_expired", "amount": 99000}
    ]
    assert await house.rows(LEDGER, payment["id"]) == [{"kind": "refund_due", "amount": 99000}]
    (await ayu.search(payment)).refused("PAYMENT_EXPIRED")
    (await ayu.fall_back(payment)).refused("PAYMENT_EXPIRED")


async def test_nobody_is_told_of_an_expired_payment_twice(house: House) -> None:
    """The screen hears of the expiry once."""
    ayu = await house.customer()
    ayus = await ayu.connects()
    payment = (await ayu.pay(12)).ok(201)
    await age(house, payment)
    frame = await ayus.until("payment_expired")
    assert (frame["payment"]["id"], frame["payment"]["status"]) == (payment["id"], "expired")
    later = (await ayu.pay(12)).ok(201)
    (await ayu.confirm(later)).ok()
    await ayus.until("payment_confirmed")
    assert ayus.count("payment_expired") == 1


async def test_a_search_holds_its_payment(house: House) -> None:
    """An old payment with an open search is left alone; the search's own end decides."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    request = await ayu.searches()
    payment = {"id": request["payment_session_id"]}
    await age_unnoticed(house, payment)  # while it is held it has nothing to wake for
    sentinel = await house.customer("Sentinel")
    other = (await sentinel.pay(5)).ok(201)
    await age(house, other)

    async def fired() -> bool:
        return bool((await sentinel.payment(other))["status"] == "expired")

    await eventually(fired)  # a deadline made later has fired: the held one was passed over
    assert (await ayu.payment(payment))["status"] == "confirmed"
    session = await budi.accepts(request)
    assert (await ayu.payment(payment))["status"] == "consumed"
    (await ayu.end(session["id"])).ok()


async def test_a_failed_search_of_an_old_payment(house: House) -> None:
    """A search that fails after the payment's deadline fails for its own cause, with time to fall back."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    request = await ayu.searches()
    payment = {"id": request["payment_session_id"]}
    await age_unnoticed(house, payment)
    (await budi.decline(request)).ok()
    after = await ayu.payment(payment)
    assert (after["status"], after["cause_tag"]) == ("failed_pairing", "all_mitras_rejected")
    left = await house.value(
        "SELECT fallback_until - now() FROM payment_sessions WHERE id = %s", payment["id"]
    )
    assert timedelta(seconds=115) < left <= timedelta(seconds=120)
    again = (await ayu.fall_back(payment)).ok(201)
    session = await budi.accepts(again)
    (await ayu.end(session["id"])).ok()


async def test_a_late_confirmation_expires_the_payment(house: House) -> None:
    """The deadline is judged by the command itself, whether or not the clock was first."""
    ayu = await house.customer()
    payment = (await ayu.pay(12)).ok(201)
    await age_unnoticed(house, payment)
    (await ayu.confirm(payment)).refused("PAYMENT_EXPIRED")
    assert await house.moves(payment["id"]) == ["create > pending", "confirm > expired"]
    assert (await ayu.payment(payment))["status"] == "expired"


async def test_a_late_search_fails_the_payment(house: House) -> None:
    """A search with a payment that is past its time fails the payment and opens nothing."""
    ayu = await house.customer()
    payment = await ayu.pays()
    await age_unnoticed(house, payment)
    (await ayu.search(payment)).refused("PAYMENT_EXPIRED")
    assert (await house.moves(payment["id"]))[-1] == "hold > failed_pairing (payment_session_expired)"
    assert not await house.value(
        "SELECT count(*) FROM pairing_requests WHERE payment_session_id = %s", payment["id"]
    )
    (await ayu.search(payment)).refused("PAYMENT_EXPIRED")


async def test_one_payment_at_a_time(house: House) -> None:
    """A new payment abandons a pending one; with a confirmed unused one there is no new one."""
    ayu = await house.customer()
    first, second = (await ayu.pay(5)).ok(201), (await ayu.pay(12)).ok(201)
    assert (await ayu.payment(first))["status"] == "abandoned"
    (await ayu.confirm(first)).refused("INVALID_STATE")
    (await ayu.confirm(second)).ok()
    refusal = (await ayu.pay(5)).refused("ALREADY_ACTIVE")
    assert refusal["payment_session_id"] == second["id"]
    assert (refusal["session_id"], refusal["pairing_request_id"]) == (None, None)
    request = await ayu.searches(second)
    refusal = (await ayu.pay(5)).refused("ALREADY_ACTIVE")
    assert refusal["pairing_request_id"] == request["id"]
    rows = (await ayu.get("/api/client/payment-sessions"))["rows"]
    assert {row["id"] for row in rows} == {first["id"], second["id"]}
    (await ayu.give_up(second)).ok()
