"""Stories of a general search: found, nobody there, everybody declines, given up."""

import pytest

from support.evening import House
from support.people import Customer, Json, Mitra, is_id
from support.waiting import eventually

pytestmark = pytest.mark.anyio

SETTINGS = {"pairing_blast_timeout_seconds": 5, "mitra_stale_after_seconds": 3600}
LEDGER = (
    "SELECT kind, amount, failure_id FROM customer_transactions WHERE payment_session_id = %s ORDER BY at, id"
)
FAILURES = """
SELECT cause_tag, amount, superseded_at, pairing_request_id FROM pairing_failures
WHERE payment_session_id = %s"""
IN_TIME = """
SELECT t.at < r.deadline_at FROM transitions t JOIN pairing_requests r ON r.id = t.aggregate_id
WHERE r.id = %s AND t.to_state = 'rejected'"""
WAVES = """
SELECT number, cardinality(mitra_ids) AS size, at FROM pairing_waves
WHERE pairing_request_id = %s ORDER BY number"""


async def test_an_evening_from_payment_to_chat(house: House) -> None:
    """Created, confirmed, searched, accepted: consumed, one active chat, one charge; who lost is told."""
    ayu, budi, citra, dewi = (
        await house.customer("Ayu"),
        *[await house.mitra(n) for n in ("Budi", "Citra", "Dewi")],
    )
    for mitra in (budi, citra):
        await mitra.comes()
    citras, dewis, ayus = await citra.connects(), await dewi.connects(), await ayu.connects()

    payment = (await ayu.pay(12)).ok(201)
    assert is_id(payment["id"])
    assert (payment["status"], payment["amount"], payment["currency"]) == ("pending", 25000, "IDR")
    payment = (await ayu.confirm(payment)).ok()
    assert (payment["status"], payment["refund"]) == ("confirmed", None)
    request = await ayu.searches(payment)
    assert (request["kind"], request["status"], request["timeout_seconds"]) == ("general", "pending", 5)
    offer = await citras.until("chat_request", id=request["id"])
    assert offer["customer"] == {"display_name": "Ayu"}
    (row,) = await budi.offers()
    assert (row["id"], row["duration_minutes"], row["customer"]) == (
        request["id"],
        12,
        {"display_name": "Ayu"},
    )

    answer = (await budi.accept(request)).ok()
    session = answer["session"]
    assert answer["session_id"] == session["id"]
    assert (session["status"], session["mitra"]["display_name"]) == ("active", "Budi")
    assert 12 * 60 - 2 <= session["seconds_left"] <= 12 * 60

    closed = await citras.until("chat_request_closed", id=request["id"])
    assert closed["reason"] == "taken"
    paired = await ayus.until("paired", session_id=session["id"])
    assert paired["mitra"] == {"id": budi.id, "display_name": "Budi"}
    (await citra.accept(request)).refused("ALREADY_TAKEN")
    (await dewi.accept(request)).refused("ALREADY_TAKEN")
    assert not await citra.offers()
    assert not dewis.count("chat_request"), "who is offline is offered nothing"

    assert (await ayu.payment(payment))["status"] == "consumed"
    assert (await ayu.request(request))["session_id"] == session["id"]
    active = await ayu.active()
    assert active["session"]["id"] == session["id"]
    assert (active["pairing_request"], active["extension"]) == (None, None)
    assert await house.rows(LEDGER, payment["id"]) == [
        {"kind": "session", "amount": 25000, "failure_id": None}
    ]
    assert await house.states(payment["id"]) == ["pending", "confirmed", "confirmed", "consumed"]
    await ends_well(ayu, budi, session)


async def ends_well(ayu: Customer, budi: Mitra, session: Json) -> None:
    """The customer says goodbye; the mitra is free again."""
    ended = (await ayu.end(session["id"])).ok()
    assert (ended["status"], ended["end_reason"], ended["seconds_left"]) == ("ended", "customer_ended", 0)
    assert (await budi.get("/api/mitra/status"))["active_sessions"] == 0


async def test_whatever_is_repeated_is_answered_with_what_is(house: House) -> None:
    """Each command of an evening, sent twice, gives the same answer and has one effect."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Budi")
    await budi.comes()
    payment = (await ayu.pay(12)).ok(201)
    first, again = (await ayu.confirm(payment)).ok(), (await ayu.confirm(payment)).ok()
    assert first == again
    request = await ayu.searches(payment)
    assert (await ayu.search(payment)).ok(201)["id"] == request["id"]
    won = (await budi.accept(request)).ok()
    assert (await budi.accept(request)).ok()["session_id"] == won["session_id"]
    assert (await ayu.confirm(payment)).ok()["status"] == "consumed"
    (await ayu.end(won["session_id"])).ok()
    assert (await ayu.end(won["session_id"])).ok()["status"] == "ended"
    assert (
        await house.value(
            "SELECT count(*) FROM customer_transactions WHERE payment_session_id = %s", payment["id"]
        )
        == 1
    )


async def test_nobody_accepts(house: House) -> None:
    """Silence until the window ends: the payment fails, tagged, with one failure row and the refund due."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Budi")
    await budi.comes()
    ayus, budis = await ayu.connects(), await budi.connects()
    await ayu.sees(1)
    request = await ayu.searches()
    failed = await ayus.until("pairing_failed", pairing_request_id=request["id"])
    assert failed["cause_tag"] == "no_mitra_available"
    assert failed["fallback_available"] is True
    closed = await budis.until("chat_request_closed", id=request["id"])
    assert closed["reason"] == "timeout"
    request = await ayu.request(request)
    assert (request["status"], request["cause_tag"]) == ("expired", "no_mitra_available")
    payment = await ayu.payment({"id": request["payment_session_id"]})
    assert (payment["status"], payment["cause_tag"], payment["refund"]) == (
        "failed_pairing",
        "no_mitra_available",
        "due",
    )
    (row,) = await house.rows(FAILURES, payment["id"])
    assert (row["cause_tag"], row["amount"], row["superseded_at"]) == ("no_mitra_available", 25000, None)
    assert str(row["pairing_request_id"]) == request["id"]
    assert [row["kind"] for row in await house.rows(LEDGER, payment["id"])] == ["refund_due"]
    (await budi.accept(request)).refused("REQUEST_CLOSED")


async def test_nobody_is_there(house: House) -> None:
    """With nobody eligible at the start the search stays open, and whoever comes meanwhile is offered it."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Budi")
    budis = await budi.connects()
    request = await ayu.searches()
    assert request["status"] == "pending"
    await budi.comes()
    await budis.until("chat_request", id=request["id"])
    session = await budi.accepts(request)
    await ends_well(ayu, budi, session)


async def test_everybody_declines(house: House) -> None:
    """The last no ends the search at once, not at the end of the window."""
    ayu, budi, citra = await house.customer("Ayu"), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    ayus = await ayu.connects()
    request = await ayu.searches()
    assert (await budi.decline(request)).ok() == {"id": request["id"], "status": "declined"}
    assert (await budi.decline(request)).ok() == {"id": request["id"], "status": "declined"}
    (await budi.accept(request)).refused("REQUEST_CLOSED")
    assert (await ayu.request(request))["status"] == "pending"
    (await citra.decline(request)).ok()
    after = await ayu.request(request)
    assert (after["status"], after["cause_tag"]) == ("rejected", "all_mitras_rejected")
    await ayus.until("pairing_failed", cause_tag="all_mitras_rejected")
    assert await house.value(IN_TIME, request["id"])
    (row,) = await house.rows(FAILURES, request["payment_session_id"])
    assert row["cause_tag"] == "all_mitras_rejected"


async def test_who_left_does_not_decline(house: House) -> None:
    """A mitra who goes offline is withdrawn, not counted as a no; back online, they are offered it again."""
    ayu, budi, citra = await house.customer("Ayu"), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    citras = await citra.connects()
    request = await ayu.searches()
    await citras.until("chat_request", id=request["id"])
    await citra.leaves()
    await citras.until("chat_request_closed", id=request["id"], reason="withdrawn")
    (await budi.decline(request)).ok()
    assert (await ayu.request(request))["status"] == "pending"
    assert not await citra.offers()
    await citra.comes()
    await citras.until("chat_request", id=request["id"])
    session = await citra.accepts(request)
    await ends_well(ayu, citra, session)


async def test_backing_out_before_paying(house: House) -> None:
    """Cancelled while pending: abandoned, nothing owed, nothing for operators."""
    ayu = await house.customer("Ayu")
    payment = (await ayu.pay(12)).ok(201)
    assert (await ayu.back_out(payment)).ok()["status"] == "abandoned"
    assert (await ayu.back_out(payment)).ok()["status"] == "abandoned"
    refusal = (await ayu.confirm(payment)).refused("INVALID_STATE")
    assert refusal["state"] == "abandoned"
    assert not await house.rows(FAILURES, payment["id"])
    assert not await house.rows(LEDGER, payment["id"])
    paid = await ayu.pays()
    (await ayu.back_out(paid)).refused("INVALID_STATE")
    (await ayu.give_up(paid)).ok()


async def test_giving_up_a_search(house: House) -> None:
    """Cancelled while searching: the request is cancelled, the payment failed as the customer's wish."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Budi")
    await budi.comes()
    budis, ayus = await budi.connects(), await ayu.connects()
    request = await ayu.searches()
    await budis.until("chat_request", id=request["id"])
    payment = (await ayu.give_up({"id": request["payment_session_id"]})).ok()
    assert (payment["status"], payment["cause_tag"], payment["refund"]) == (
        "failed_pairing",
        "customer_cancelled",
        "due",
    )
    closed = await budis.until("chat_request_closed", id=request["id"])
    assert closed["reason"] == "cancelled"
    await ayus.until("pairing_failed", cause_tag="customer_cancelled", fallback_available=False)
    assert (await ayu.request(request))["status"] == "cancelled"
    (await budi.accept(request)).refused("REQUEST_CLOSED")
    (await ayu.fall_back(payment)).refused("INVALID_STATE")
    (row,) = await house.rows(FAILURES, payment["id"])
    assert row["cause_tag"] == "customer_cancelled"


async def test_giving_up_what_was_not_searched_with(house: House) -> None:
    """A confirmed payment can be given up without a search; an accepted one cannot, and names its chat."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Budi")
    payment = (await ayu.give_up(await ayu.pays())).ok()
    assert (payment["status"], payment["cause_tag"]) == ("failed_pairing", "customer_cancelled")
    await budi.comes()
    request = await ayu.searches()
    session = await budi.accepts(request)
    refusal = (await ayu.give_up({"id": request["payment_session_id"]})).refused("INVALID_STATE")
    assert refusal["session_id"] == session["id"]
    await ends_well(ayu, budi, session)


async def test_waves(house: House) -> None:
    """With a wave size, the least busy are asked first and the others after a third of the window."""
    async with house.having(pairing_wave_size=1, pairing_blast_timeout_seconds=6):
        ayu, busy, free = await house.customer("Ayu"), await house.mitra("Busy"), await house.mitra("Free")
        other = await house.customer("Other")
        await busy.comes()
        session = await busy.accepts(await other.searches())
        await free.comes()
        busys, frees = await busy.connects(), await free.connects()
        request = await ayu.searches()
        await frees.until("chat_request", id=request["id"])
        assert not busys.count("chat_request")
        await busys.until("chat_request", id=request["id"])
        waves = await house.rows(WAVES, request["id"])
        assert [(wave["number"], wave["size"]) for wave in waves] == [(1, 1), (2, 1)]
        assert 2.0 <= (waves[1]["at"] - waves[0]["at"]).total_seconds() < 3.0
        await eventually(lambda: _is(ayu, request, "expired"))
        (await other.end(session["id"])).ok()


async def _is(customer: Customer, request: Json, status: str) -> bool:
    return bool((await customer.request(request))["status"] == status)
