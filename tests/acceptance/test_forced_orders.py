"""Races whose order is forced: a lock is held while commands queue up behind it, in the order of the test.

The moment of the lock decides, not that of asking: who asked in time and got the lock too late, is late.
"""

import asyncio

import pytest

from support.evening import House
from support.races import due_in, held
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 60}


async def test_accept_then_cancel(house: House) -> None:
    """First in the queue wins: the chat begins, and the cancellation names it."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    request = await ayu.searches()
    async with held(house, ayu) as queued:
        accept = asyncio.create_task(budi.accept(request))
        await queued(1)
        cancel = asyncio.create_task(
            ayu.via(house.instances[1]).give_up({"id": request["payment_session_id"]})
        )
        await queued(2)
    session_id = (await accept).ok()["session_id"]
    assert (await cancel).refused("INVALID_STATE")["session_id"] == session_id
    (await ayu.end(session_id)).ok()


async def test_cancel_then_accept(house: House) -> None:
    """The other way round: cancelled, and the accept hears that it is closed."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    request = await ayu.searches()
    async with held(house, ayu) as queued:
        cancel = asyncio.create_task(ayu.give_up({"id": request["payment_session_id"]}))
        await queued(1)
        accept = asyncio.create_task(budi.via(house.instances[1]).accept(request))
        await queued(2)
    assert (await cancel).ok()["cause_tag"] == "customer_cancelled"
    (await accept).refused("REQUEST_CLOSED")


async def test_an_accept_that_waited_past_the_end(house: House) -> None:
    """Asked in time, decided too late: time is read after the locks, so the window has ended first."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    request = await ayu.searches()
    async with held(house, ayu) as queued:
        await due_in(house, request, 400)
        accept = asyncio.create_task(budi.accept(request))
        await queued(1)

        async def over() -> bool:
            past = "SELECT clock_timestamp() > deadline_at FROM pairing_requests WHERE id = %s"
            return bool(await house.value(past, request["id"]))

        assert not await over(), "the accept was not sent in time: the machine is too slow for this test"
        await eventually(over)
    (await accept).refused("REQUEST_CLOSED")
    after = await ayu.request(request)
    assert (after["status"], after["cause_tag"]) == ("expired", "no_mitra_available")
    assert sum("> expired" in move for move in await house.moves(request["id"])) == 1


async def test_a_search_that_waited_past_the_end(house: House) -> None:
    """A search that got its lock after the payment's deadline fails the payment."""
    ayu = await house.customer()
    payment = await ayu.pays()
    async with held(house, ayu) as queued:
        search = asyncio.create_task(ayu.search(payment))
        await queued(1)
        await house.rows(
            "UPDATE payment_sessions SET expires_at = now(), wake_at = now() WHERE id = %s",
            payment["id"],
        )
    (await search).refused("PAYMENT_EXPIRED")
    assert (await ayu.payment(payment))["cause_tag"] == "payment_session_expired"


async def test_two_accepts_in_order(house: House) -> None:
    """Who queued first wins, whichever instance they asked."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    request = await ayu.searches()
    async with held(house, ayu) as queued:
        first = asyncio.create_task(citra.via(house.instances[1]).accept(request))
        await queued(1)
        second = asyncio.create_task(budi.accept(request))
        await queued(2)
    session = (await first).ok()["session"]
    assert session["mitra"]["id"] == citra.id
    (await second).refused("ALREADY_TAKEN")
    (await ayu.end(session["id"])).ok()


async def test_a_decline_that_waited_past_the_end(house: House) -> None:
    """The last no, too late: the cause is the window's end, not everybody's no."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    request = await ayu.searches()
    async with held(house, ayu) as queued:
        await due_in(house, request, 300)
        decline = asyncio.create_task(budi.decline(request))
        await queued(1)

        async def over() -> bool:
            past = "SELECT clock_timestamp() > deadline_at FROM pairing_requests WHERE id = %s"
            return bool(await house.value(past, request["id"]))

        await eventually(over)
    (await decline).refused("REQUEST_CLOSED")
    assert (await ayu.request(request))["cause_tag"] == "no_mitra_available"


async def test_a_lock_that_is_not_given_up(house: House) -> None:
    """Who waits for a lock beyond its time-out hears 503 within five seconds, and nothing has happened."""
    ayu = await house.customer()
    payment = (await ayu.pay(12)).ok(201)
    loop = asyncio.get_running_loop()
    async with held(house, ayu) as queued:
        began = loop.time()
        confirm = asyncio.create_task(ayu.confirm(payment))
        await queued(1)
        (await confirm).refused("UNAVAILABLE", 503)
        assert loop.time() - began < 5
    house.expected_trouble = '"status":503'
    assert (await ayu.payment(payment))["status"] == "pending"
    (await ayu.confirm(payment)).ok()
    (await ayu.give_up(payment)).ok()
