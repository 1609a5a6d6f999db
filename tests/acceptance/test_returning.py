"""Stories of asking one mitra again, and of falling back on everybody with the same money."""

import pytest

from halobestie_adapters.ids import uuid7
from support.evening import House
from support.people import Customer, Json, Mitra

pytestmark = pytest.mark.anyio

SETTINGS = {
    "returning_chat_confirmation_timeout_seconds": 5,
    "pairing_blast_timeout_seconds": 30,
    "max_customers_per_mitra": 1,
    "mitra_stale_after_seconds": 3600,
}
FAILURES = """
SELECT cause_tag, superseded_at IS NOT NULL AS superseded FROM pairing_failures
WHERE payment_session_id = %s ORDER BY created_at"""
LEDGER = "SELECT kind FROM customer_transactions WHERE payment_session_id = %s ORDER BY at, id"


async def ledger(house: House, payment: Json) -> list[str]:
    """What was written about a payment's money, in order."""
    return [row["kind"] for row in await house.rows(LEDGER, payment["id"])]


async def failures(house: House, payment: Json) -> list[tuple[str, bool]]:
    """The causes recorded for operators, and whether each is superseded."""
    return [(row["cause_tag"], row["superseded"]) for row in await house.rows(FAILURES, payment["id"])]


async def declined(ayu: Customer, budi: Mitra) -> Json:
    """A payment whose target said no."""
    request = await ayu.asks_again(budi)
    (await budi.decline(request)).ok()
    return await ayu.payment({"id": request["payment_session_id"]})


async def test_the_target_accepts(house: House) -> None:
    """Only the mitra asked for is told, only they can accept, and the chat is with them."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    budis, citras = await budi.connects(), await citra.connects()
    request = await ayu.asks_again(budi)
    assert (request["kind"], request["timeout_seconds"]) == ("returning", 5)
    assert request["targeted_mitra"] == {"id": budi.id, "display_name": "Budi"}
    frame = await budis.until("chat_request", id=request["id"])
    assert frame["request_type"] == "returning"
    (await citra.accept(request)).refused("NOT_FOUND", 404)
    session = await budi.accepts(request)
    assert session["mitra"]["id"] == budi.id
    assert not citras.count("chat_request")
    assert await ledger(house, {"id": request["payment_session_id"]}) == ["session"]
    (await ayu.end(session["id"])).ok()


async def test_the_target_declines_and_somebody_else_is_found(house: House) -> None:
    """Declined: failed at once; the same payment falls back on everybody else and becomes a chat."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    ayus, citras = await ayu.connects(), await citra.connects()
    await ayu.sees(2)
    payment = await declined(ayu, budi)
    assert (payment["status"], payment["cause_tag"]) == ("failed_pairing", "targeted_mitra_rejected")
    frame = await ayus.until("returning_chat_rejected")
    assert (frame["cause_tag"], frame["fallback_available"]) == ("targeted_mitra_rejected", True)

    request = (await ayu.fall_back(payment)).ok(201)
    assert (request["kind"], request["payment_session_id"]) == ("general", payment["id"])
    assert (await ayu.fall_back(payment)).ok(201)["id"] == request["id"], "a repeat is the same search"
    await citras.until("chat_request", id=request["id"])
    assert (await ayu.payment(payment))["refund"] is None
    session = await citra.accepts(request)
    assert await failures(house, payment) == [("targeted_mitra_rejected", True)]
    assert await ledger(house, payment) == ["refund_due", "refund_reversed", "session"]
    assert await house.value("SELECT count(*) FROM payment_sessions WHERE customer_id = %s", ayu.id) == 1
    (await ayu.end(session["id"])).ok()


async def test_the_target_is_silent(house: House) -> None:
    """No answer until the window ends is a time-out, and the target's offer is closed."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    ayus, budis = await ayu.connects(), await budi.connects()
    request = await ayu.asks_again(budi)
    frame = await ayus.until("returning_chat_timeout", pairing_request_id=request["id"])
    assert frame["cause_tag"] == "targeted_mitra_timeout"
    assert frame["fallback_available"] is False, "nobody but the target is there"
    await budis.until("chat_request_closed", id=request["id"], reason="timeout")
    request = await ayu.request(request)
    assert (request["status"], request["cause_tag"]) == ("auto_rejected", "targeted_mitra_timeout")
    (await budi.accept(request)).refused("REQUEST_CLOSED")
    await house.mitras(1)  # somebody else comes, and now it is
    assert (await ayu.fall_back({"id": request["payment_session_id"]})).ok(201)["status"] == "pending"
    (await ayu.give_up({"id": request["payment_session_id"]})).ok()


async def test_the_target_is_offline_from_the_start(house: House) -> None:
    """409 at once, with the payment failed and recorded, and a fallback on offer."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await citra.comes()
    payment = await ayu.pays(mitra=budi)
    refusal = (await ayu.ask_again(payment, budi)).refused("TARGETED_MITRA_OFFLINE")
    assert (refusal["reason"], refusal["cause_detail"]) == ("targeted_mitra_offline", None)
    request = await ayu.request({"id": refusal["pairing_request_id"]})
    assert (request["status"], request["cause_tag"]) == ("auto_rejected", "targeted_mitra_offline")
    assert (await ayu.payment(payment))["cause_tag"] == "targeted_mitra_offline"
    assert await failures(house, payment) == [("targeted_mitra_offline", False)]
    session = await citra.accepts((await ayu.fall_back(payment)).ok(201))
    (await ayu.end(session["id"])).ok()


async def test_the_target_is_full(house: House) -> None:
    """At capacity counts as offline, and says so."""
    ayu, other, budi = await house.customer(), await house.customer("Other"), await house.mitra("Budi")
    await budi.comes()
    session = await budi.accepts(await other.searches())
    refusal = (await ayu.ask_again(await ayu.pays(mitra=budi), budi)).refused("TARGETED_MITRA_OFFLINE")
    assert (refusal["reason"], refusal["cause_detail"]) == ("targeted_mitra_offline", "at_capacity")
    assert refusal["fallback_available"] is False
    (await other.end(session["id"])).ok()


async def test_the_target_leaves_meanwhile(house: House) -> None:
    """Offline while being asked: failed well before the window ends."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    ayus = await ayu.connects()
    request = await ayu.asks_again(budi)
    await budi.leaves()
    frame = await ayus.until("returning_chat_rejected", pairing_request_id=request["id"])
    assert frame["cause_tag"] == "targeted_mitra_offline"
    left = """
        SELECT r.deadline_at - t.at > interval '3 seconds' FROM pairing_requests r
        JOIN transitions t ON t.aggregate_id = r.id AND t.to_state = 'auto_rejected' WHERE r.id = %s"""
    assert await house.value(left, request["id"])


async def test_a_fallback_may_fail_and_be_tried_again(house: House) -> None:
    """Every failed attempt has its own row; all but the last superseded; the window stays the first one's."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    payment = await declined(ayu, budi)
    until = payment["fallback_until"]
    for _ in range(2):
        request = (await ayu.fall_back(payment)).ok(201)
        for mitra in (budi, citra):
            (await mitra.decline(request)).ok()
        payment = await ayu.payment(payment)
        assert (payment["cause_tag"], payment["fallback_until"]) == ("all_mitras_rejected", until)
    session = await citra.accepts((await ayu.fall_back(payment)).ok(201))
    assert await failures(house, payment) == [
        ("targeted_mitra_rejected", True),
        ("all_mitras_rejected", True),
        ("all_mitras_rejected", True),
    ]
    assert await ledger(house, payment) == [*["refund_due", "refund_reversed"] * 3, "session"]
    (await ayu.end(session["id"])).ok()


async def test_a_cold_start_still_offers_it(house: House) -> None:
    """An app that was closed finds the failed request with its fallback, until it is used or forfeited."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    await house.mitras(1)
    await ayu.sees(2)
    payment = await declined(ayu, budi)
    active = await ayu.active()
    assert active["session"] is None
    assert active["pairing_request"]["cause_tag"] == "targeted_mitra_rejected"
    assert active["pairing_request"]["fallback_available"] is True
    assert (active["payment_session"]["id"], active["payment_session"]["refund"]) == (payment["id"], "due")
    snapshot = (await ayu.connects()).snapshot
    assert snapshot["pairing_request"]["id"] == active["pairing_request"]["id"]

    newer = (await ayu.pay(5)).ok(201)
    active = await ayu.active()
    assert (active["pairing_request"], active["payment_session"]["id"]) == (None, newer["id"])
    (await ayu.fall_back(payment)).refused("INVALID_STATE")
    assert await failures(house, payment) == [("targeted_mitra_rejected", False)], "the refund is still due"
    assert (await house.moves(payment["id"]))[-1] == "forfeit_fallback > failed_pairing"


async def test_a_fallback_has_its_time(house: House) -> None:
    """After ``fallback_until`` the clock closes it, once, and a fallback is too late."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    payment = await declined(ayu, budi)
    ayus = await ayu.connects()
    await house.rows(
        "UPDATE payment_sessions SET fallback_until = now(), wake_at = now() WHERE id = %s", payment["id"]
    )
    await ayus.until("payment_updated")
    (await ayu.fall_back(payment)).refused("PAYMENT_EXPIRED")
    assert (await ayu.active())["pairing_request"] is None
    assert (await house.moves(payment["id"]))[-1] == "tick > failed_pairing"


async def test_an_operator_was_first(house: House) -> None:
    """A fallback after an operator's action is refused: the money went another way."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    payment = await declined(ayu, budi)
    operator = await house.operator()
    acted = """
        WITH acted AS (
            UPDATE pairing_failures SET operator_action = 'refunded', actioned_by = %s, actioned_at = now()
            WHERE payment_session_id = %s RETURNING *)
        INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, failure_id)
        SELECT %s, customer_id, payment_session_id, 'refunded', amount, now(), id FROM acted"""
    await house.rows(acted, operator.id, payment["id"], uuid7())
    (await ayu.fall_back(payment)).refused("ALREADY_ACTIONED")
    assert (await ayu.payment(payment))["refund"] == "refunded"


async def test_only_the_one_who_was_paid_for(house: House) -> None:
    """A returning request is for the payment's own target; with a target one may also ask everybody."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await citra.comes()
    payment = await ayu.pays(mitra=budi)
    errors = (await ayu.ask_again(payment, citra)).refused("VALIDATION_ERROR", 422)["errors"]
    assert errors[0]["path"] == "$.mitra_id"
    assert (await ayu.payment(payment))["status"] == "confirmed"
    session = await citra.accepts(await ayu.searches(payment))
    (await ayu.end(session["id"])).ok()
    untargeted = await ayu.pays()
    (await ayu.ask_again(untargeted, citra)).refused("VALIDATION_ERROR", 422)
    (await ayu.give_up(untargeted)).ok()
