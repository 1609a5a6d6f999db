"""A server that is asked to stop: no new work, what is in hand ends, sockets are told, status 0, in time."""

import asyncio
import time

import httpx2
import pytest

from halobestie_app.server import GRACE
from support.evening import House
from support.races import held
from support.server import Instance
from support.waiting import eventually

pytestmark = pytest.mark.anyio


async def readiness(instance: Instance, seen: list[int]) -> None:
    """Collect the answers of readiness, one after the other, until nobody listens any more."""
    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        while True:
            try:
                seen.append((await client.get(f"{instance.public}/readyz")).status_code)
            except httpx2.TransportError:
                return
            await asyncio.sleep(0.01)


async def test_stopping_in_good_order(house: House) -> None:
    """Readiness turns 503, the command in hand is answered, sockets close with 1012, the status is 0."""
    ayu = await house.customer()
    payment = (await ayu.pay(12)).ok(201)
    ayus = await ayu.connects()
    budis = await (await house.mitra()).connects()
    seen: list[int] = []
    looking = asyncio.create_task(readiness(house.first, seen))

    async def said_no() -> bool:
        return 503 in seen

    async with held(house, ayu) as queued:
        in_hand = asyncio.create_task(ayu.confirm(payment))
        await queued(1)
        began = time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(house.first.stop))
        assert await ayus.closed() == 1012
        assert await budis.closed() == 1012
        await eventually(said_no, what="a balancer never heard that no work is wanted")
    assert (await in_hand).ok()["status"] == "confirmed"
    assert await stopping == 0
    assert time.monotonic() - began < 10
    await looking
    assert seen[0] == 200
    assert 200 not in seen[seen.index(503) :]
    house.started()
    assert (await ayu.payment(payment))["status"] == "confirmed"
    (await ayu.give_up(payment)).ok()


async def test_a_restart_loses_nobody(house: House) -> None:
    """Stopped and started in the middle of an evening, a customer and a mitra go on where they were."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    request = await ayu.searches()
    assert await asyncio.to_thread(house.first.stop) == 0
    house.started()
    budis = await budi.connects()
    assert [offer["id"] for offer in budis.snapshot["offers"]] == [request["id"]]
    session = await budi.accepts(request)
    (await ayu.end(session["id"])).ok()


async def test_a_second_signal(house: House) -> None:
    """Whoever cannot wait signals twice; the process ends without the seconds that work in hand has."""
    ayu = await house.customer()
    payment = (await ayu.pay(12)).ok(201)
    async with held(house, ayu) as queued:
        in_hand = asyncio.create_task(ayu.confirm(payment))
        await queued(1)
        began = time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(house.first.stop))
        await asyncio.sleep(0.3)  # two signals at the same instant are one
        house.first.terminate()
        await stopping
        assert time.monotonic() - began < GRACE - 1
    with pytest.raises(httpx2.TransportError):
        await in_hand
    house.expected_trouble = "Exception in ASGI application"  # the command that was cut off says so
    house.started()
    assert (await ayu.payment(payment))["status"] in ("pending", "confirmed")
    active = (await ayu.active())["payment_session"]
    (await (ayu.back_out if active["status"] == "pending" else ayu.give_up)(active)).ok()
