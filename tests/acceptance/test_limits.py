"""How often somebody may come: together at all instances, and with Redis away, when money goes on as ever."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from attrs import frozen
from websockets.exceptions import InvalidStatus

from halobestie_adapters.embedded import EmbeddedStores
from support.evening import House, at_once
from support.killing import killed, paused
from support.people import Customer
from support.server import Instance
from support.sockets import Socket

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

LIMIT = 600
MINUTE = 60
MORE = 700
HELD = 2 * 9  # what two instances may hold and nobody uses
SLOWEST = 2.0  # seconds, on a busy machine; a question that waits for Redis has its whole time-out


@pytest.fixture
def own(data_dir: Path) -> Iterator[EmbeddedStores]:
    """A Valkey of this test's own."""
    with EmbeddedStores(data_dir / "stores", durable=False) as stores:
        yield stores


@pytest.fixture
async def house(database_url: str, own: EmbeddedStores, data_dir: Path) -> AsyncIterator[House]:
    """Two servers on it."""
    opened = House(database_url, own.valkey_url, data_dir)
    try:
        yield await opened.opened(2)
    finally:
        await opened.close()


def most(seconds: float) -> int:
    """What one person may have in so long a time, however it lies."""
    return LIMIT * (1 + int(seconds // MINUTE))


@frozen
class Heard:
    """What many calls were answered, how long the longest took, and all of them."""

    statuses: Counter[int]
    waits: list[int]
    longest: float
    took: float


async def calls(house: House, who: Customer | None, times: int, instances: list[Instance]) -> Heard:
    """Ask for something that anybody may, again and again."""
    loop = asyncio.get_running_loop()
    statuses: Counter[int] = Counter()
    waits: list[int] = []
    longest = 0.0

    async def one(number: int) -> None:
        nonlocal longest
        began = loop.time()
        headers = {} if who is None else {"Authorization": f"Bearer {who.token}"}
        path = "/api/shared/support" if who is None else "/api/shared/me"
        answer = await house.http.get(f"{instances[number % len(instances)].public}{path}", headers=headers)
        longest = max(longest, loop.time() - began)
        statuses[answer.status_code] += 1
        if answer.status_code == 429:
            assert answer.json()["code"] == "RATE_LIMITED"
            waits.append(int(answer.headers["retry-after"]))

    began = loop.time()
    await at_once([partial(one, number) for number in range(times)], 8)
    assert all(0 < wait <= MINUTE for wait in waits)
    return Heard(statuses, waits, longest, loop.time() - began)


async def test_six_hundred_a_minute_at_all_instances_together(house: House) -> None:
    """Then 429 with the seconds to wait, for that person alone; strangers share their address' budget."""
    ayu, budi = await house.customers(2)
    for who in (ayu, None):
        heard = await calls(house, who, MORE, house.instances)
        assert set(heard.statuses) == {200, 429}
        assert LIMIT - HELD <= heard.statuses[200] <= most(heard.took)
    assert (await calls(house, budi, 10, house.instances)).statuses == {200: 10}


async def test_while_redis_does_not_answer(house: House, own: EmbeddedStores) -> None:
    """The same figures at each instance; nobody waits, and who pays and searches does so."""
    [ayu] = await house.customers(1)
    with paused(own):
        heard = await calls(house, ayu, MORE, house.instances[:1])
        assert set(heard.statuses) == {200, 429}
        assert LIMIT <= heard.statuses[200] <= most(heard.took)
        assert heard.longest < SLOWEST
        for customer in await house.customers(3):
            await customer.pays(5)
    house.expected_trouble = "503"


async def test_while_redis_is_killed(house: House, own: EmbeddedStores) -> None:
    """No request fails for it, and nobody has more for it; the new one counts from nothing."""
    [ayu] = await house.customers(1)
    killing = asyncio.create_task(asyncio.to_thread(killed, own))
    heard = await calls(house, ayu, MORE, house.instances[:1])
    await killing
    assert set(heard.statuses) <= {200, 429}
    assert LIMIT - HELD <= heard.statuses[200] <= most(heard.took)
    [budi] = await house.customers(1)
    again = await calls(house, budi, MORE, house.instances)
    assert LIMIT - HELD <= again.statuses[200] <= 2 * most(again.took)  # each may yet have counted alone


async def test_people_who_come_in_unproved(house: House) -> None:
    """Six hundred a minute from one address; whoever is in already is not asked."""
    url = f"{house.first.public}/api/shared/auth/anonymous"
    [ayu] = await house.customers(1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    answers = await at_once([partial(house.http.post, url, json={})] * 750, 8)
    told = Counter(answer.status_code for answer in answers)
    assert set(told) == {201, 429}
    assert LIMIT <= told[201] <= most(loop.time() - began)
    assert (await calls(house, ayu, 5, house.instances)).statuses == {200: 5}


async def test_sockets_without_a_token(house: House) -> None:
    """Who opens them without end is refused at the handshake; who is known comes in from there as ever."""
    [ayu] = await house.customers(1)
    waits: set[str] = set()

    async def knocks() -> int:
        try:
            socket = await Socket.dialled(house.first.public)
        except InvalidStatus as refused:
            waits.add(refused.response.headers["retry-after"])
            return refused.response.status_code
        await socket.close()
        return 101

    told = Counter(await at_once([knocks] * 800, 16))
    assert set(told) == {101, 429}
    assert told[101] >= LIMIT
    assert all(0 < int(wait) <= MINUTE for wait in waits)
    socket = await Socket.opened(house.first.public, ayu.token)
    await socket.close()
