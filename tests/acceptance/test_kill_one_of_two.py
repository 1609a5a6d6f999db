"""One of two servers is killed in the middle of a command; the command is repeated at the other."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from support.evening import House
from support.people import Answer, Customer, Mitra
from support.server import Instance
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

INSTANCES = 2
SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 600}
ROUNDS = 8
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND kind IN ('frame', 'later')"


async def killed_while(
    house: House, asking: Awaitable[Answer], chance: random.Random, *, committed: bool
) -> Answer | None:
    """Kill the second instance after something was asked of it; its answer, if there was one.

    At any moment, or as soon as what was asked for can be seen in the database.
    """
    moves = "SELECT count(*) FROM transitions"
    before = await house.value(moves)
    asked = asyncio.ensure_future(asking)

    async def carried_out() -> bool:
        return bool(await house.value(moves) > before)

    if committed:
        await eventually(carried_out)
    else:
        await asyncio.wait({asked}, timeout=chance.uniform(0, 0.03))
    house.instances[1].kill()
    try:
        return await asked
    except httpx2.TransportError:
        return None


@pytest.mark.parametrize("step", ["confirm", "search", "accept", "give_up"])
async def test_a_command_cut_off(house: House, step: str) -> None:
    """Whether or not the first try was carried out, the repeat is answered as if it were the first, once."""
    chance = random.Random(step)
    budi = await (await house.mitra()).comes()
    unanswered = 0
    for number in range(ROUNDS):
        ayu = await house.customer()
        send = await prepared(step, ayu, budi)
        sent = send(house.instances[1])
        answer = await killed_while(house, sent, chance, committed=number % 2 == 1)
        unanswered += answer is None
        second = await send(house.first)
        assert second.status in (200, 201), second.body
        if answer is not None and answer.status < 300:
            assert answer.body.get("id") == second.body.get("id")
        house.instances[1].start()
        await goodbye(ayu)
        house.started()
    print(f"{step}: {unanswered} of {ROUNDS} were cut off")  # noqa: T201  shown by `pytest -rP`


async def prepared(step: str, ayu: Customer, budi: Mitra) -> Callable[[Instance], Awaitable[Answer]]:
    """The step, ready to be sent to an instance, as often as one likes."""
    payment = (await ayu.pay()).ok(201)
    if step == "confirm":
        return lambda at: ayu.via(at).confirm(payment)
    (await ayu.confirm(payment)).ok()
    if step == "search":
        return lambda at: ayu.via(at).search(payment)
    request = await ayu.searches(payment)
    if step == "accept":
        return lambda at: budi.via(at).accept(request)
    return lambda at: ayu.via(at).give_up(payment)


async def goodbye(ayu: Customer) -> None:
    """Leave nothing open."""
    active = await ayu.active()
    if active["session"]:
        (await ayu.end(active["session"]["id"])).ok()
    elif active["payment_session"] and active["payment_session"]["status"] == "confirmed":
        (await ayu.give_up(active["payment_session"])).ok()


async def test_the_other_one_tells(house: House) -> None:
    """What the killed instance committed is told by the other one, to those connected there."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    budis = await budi.connects()
    payment = await ayu.pays()
    request = (await ayu.via(house.instances[1]).search(payment)).ok(201)
    house.instances[1].kill()
    await budis.until("chat_request", id=request["id"])

    async def nothing_unsent() -> bool:
        return bool(await house.value(UNSENT) == 0)

    await eventually(nothing_unsent, seconds=3)
    (await ayu.give_up(payment)).ok()
    await budis.until("chat_request_closed", id=request["id"])
    house.started()
