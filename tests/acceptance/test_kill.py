"""The server is killed between any two steps of an evening and started again: the evening goes on."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from support.evening import House
from support.people import Customer, Json
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 600}
RUN_OUT = """
UPDATE chat_sessions SET started_at = started_at - (expires_at - now()), expires_at = now(), wake_at = now()
WHERE id = %s"""
CLOSE = "UPDATE chat_sessions SET closing_until = now(), wake_at = now() WHERE id = %s"
OLD = "UPDATE payment_sessions SET expires_at = now(), wake_at = now() WHERE id = %s"
LATE = """
SELECT max(extract(epoch FROM t.at - %s::timestamptz)) FROM transitions t
WHERE t.aggregate_id = %s AND t.actor_type = 'clock'"""


@pytest.fixture(autouse=True)
async def runs_again(house: House, everything_holds: None) -> AsyncIterator[None]:
    """A test that failed leaves a server for the next one."""
    yield
    house.started()


def again(house: House) -> None:
    """Kill -9, and start."""
    house.killed()
    house.started()


async def test_an_evening_among_kills(house: House) -> None:
    """Killed after each step: each finds what the one before left, and happens once."""
    ayu, budi = await house.customer(), await house.mitra()
    again(house)
    await budi.comes()
    again(house)
    payment = (await ayu.pay(12)).ok(201)
    again(house)
    (await ayu.confirm(payment)).ok()
    again(house)
    request = (await ayu.search(payment)).ok(201)
    again(house)
    (offer,) = await budi.offers()
    assert offer["id"] == request["id"]
    session = await budi.accepts(request)
    again(house)
    assert (await ayu.active())["session"]["id"] == session["id"]
    assert (await budi.accept(request)).ok()["session_id"] == session["id"]
    house.killed()
    await house.rows(RUN_OUT, session["id"])
    house.started()
    await eventually(lambda: stands(house, session, "closing"))
    house.killed()
    await house.rows(CLOSE, session["id"])
    house.started()
    await eventually(lambda: stands(house, session, "ended"))
    moves = await house.moves(session["id"])
    assert moves[1:] == ["time_up > closing", "time_up > ended"]
    assert await house.states(payment["id"]) == ["pending", "confirmed", "confirmed", "consumed"]
    assert (await budi.get("/api/mitra/status"))["active_sessions"] == 0


async def test_a_second_chance_among_kills(house: House) -> None:
    """Declined, fallen back on everybody, accepted: killed after each step."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    request = await ayu.asks_again(budi)
    again(house)
    (await budi.decline(request)).ok()
    again(house)
    active = await ayu.active()
    assert active["pairing_request"]["cause_tag"] == "targeted_mitra_rejected"
    payment = active["payment_session"]
    second = (await ayu.fall_back(payment)).ok(201)
    again(house)
    session = await citra.accepts(second)
    again(house)
    assert (await ayu.end(session["id"])).ok()["status"] == "ended"
    again(house)
    assert (await ayu.end(session["id"])).ok()["end_reason"] == "customer_ended"


async def test_deadlines_that_passed_meanwhile(house: House) -> None:
    """What fell due while nobody ran is fired once, within a second of the start."""
    unpaid, unused, searching = [await house.customer(name) for name in ("Unpaid", "Unused", "Searching")]
    first = (await unpaid.pay(5)).ok(201)
    second = await unused.pays(5)
    request = await searching.searches()
    house.killed()
    for payment in (first, second):
        await house.rows(OLD, payment["id"])
    await house.rows(
        "UPDATE pairing_requests SET deadline_at = now(), wake_at = now() WHERE id = %s", request["id"]
    )
    house.first.start()
    house.first.wait()
    ready = await house.value("SELECT clock_timestamp()")

    async def done() -> bool:
        states = [(await unpaid.payment(first))["status"], (await unused.payment(second))["status"]]
        return states == ["expired", "failed_pairing"]

    await eventually(done, seconds=3)
    await eventually(lambda: is_(searching, request, "expired"), seconds=3)
    for aggregate in (first, second, request):
        assert await house.value(LATE, ready, aggregate["id"]) < 1.0, "seconds after it was ready"
        clock = "SELECT count(*) FROM transitions WHERE aggregate_id = %s AND actor_type = 'clock'"
        assert await house.value(clock, aggregate["id"]) == 1


async def test_news_that_was_not_told(house: House) -> None:
    """An offer that was committed but not sent before the kill is found by the mitra who connects again."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    payment = await ayu.pays()
    search = asyncio.create_task(ayu.search(payment))
    request = (await search).ok(201)
    house.killed()
    house.started()
    budis = await budi.connects()
    (offer,) = budis.snapshot["offers"]
    assert offer["id"] == request["id"]
    ayus = await ayu.connects()
    assert ayus.snapshot["pairing_request"]["id"] == request["id"]
    session = await budi.accepts(request)
    await ayus.until("paired", session_id=session["id"])
    (await ayu.end(session["id"])).ok()


async def stands(house: House, session: Json, status: str) -> bool:
    """Whether a chat is in this state."""
    return bool(await house.value("SELECT status FROM chat_sessions WHERE id = %s", session["id"]) == status)


async def is_(customer: Customer, request: Json, status: str) -> bool:
    """Whether a request is in this state."""
    return bool((await customer.request(request))["status"] == status)
