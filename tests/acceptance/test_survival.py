"""A store is killed, or away, in the middle of a chat; what was acknowledged is there, the chat goes on."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres.migrations import migrate
from halobestie_adapters.postgres.roles import make_login
from support.evening import House
from support.killing import killed
from support.line import Line
from support.people import Customer, Json, Mitra, Person
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

BEFORE = 10
SECONDS = 10
AWAY = 60


@pytest.fixture
def durable(data_dir: Path) -> Iterator[EmbeddedStores]:
    """Stores of this test's own that keep what they were told, as in earnest."""
    with EmbeddedStores(data_dir / "stores") as stores:
        yield stores


@pytest.fixture
async def house(durable: EmbeddedStores, data_dir: Path) -> AsyncIterator[House]:
    """Two servers on them."""
    await migrate(durable.database_url)
    await make_login(durable.database_url)
    opened = House(durable.database_url, durable.valkey_url, data_dir)
    try:
        yield await opened.opened(2)
    finally:
        await opened.close()


async def meeting(house: House) -> tuple[Customer, Mitra, Json]:
    """Two who have just met, each at a server of their own."""
    ayu, budi = await house.customer(), (await house.mitra()).via(house.instances[1])
    await budi.comes()
    return ayu, budi, await budi.accepts(await ayu.searches())


async def says(person: Person, session: Json, text: str) -> Json:
    """Say it until it is acknowledged; the same message each time."""
    body = {"client_message_id": str(uuid4()), "text": text}
    kept: list[Json] = []

    async def acknowledged() -> bool:
        try:
            answer = await person.ask("POST", f"/api/shared/chat/{session['id']}/messages", body)
        except httpx2.TransportError:
            return False
        assert answer.status in {200, 201, 503}, answer
        kept[:] = [answer.body] if answer.status < 300 else []
        return bool(kept)

    await eventually(acknowledged, seconds=SECONDS, what=f"{text!r} was not acknowledged")
    return kept[0]


async def test_postgres_killed(house: House, durable: EmbeddedStores) -> None:
    """Every message acknowledged before is there after, once; seconds later new ones are heard."""
    house.expected_trouble = "503"  # the right answer while it is away
    ayu, budi, session = await meeting(house)
    for number in range(BEFORE):
        await says(ayu, session, str(number))
    killing = asyncio.create_task(asyncio.to_thread(killed, durable, "postgres"))
    for number in range(BEFORE, 2 * BEFORE):
        await says(ayu, session, str(number))
    await killing
    await says(budi, session, "after")
    page = await budi.get(f"/api/shared/chat/{session['id']}/messages?limit=200")
    assert [row["seq"] for row in page["rows"]] == list(range(1, 2 * BEFORE + 2))
    assert [row["text"] for row in page["rows"]] == [*map(str, range(2 * BEFORE)), "after"]
    socket = await budi.connects()
    assert socket.snapshot["sessions"][0]["id"] == session["id"]
    await says(ayu, session, "heard")
    assert (await socket.until("message"))["message"]["text"] == "heard"
    await house.sql.close()
    house.sql = await AsyncConnection.connect(house.database_url, autocommit=True, row_factory=dict_row)


async def test_redis_killed(house: House, durable: EmbeddedStores) -> None:
    """Messages go on arriving at the other server, in order, before and after Redis came back empty."""
    ayu, budi, session = await meeting(house)
    socket = await budi.connects()
    await socket.send("resume", chats={session["id"]: 0})
    await socket.until("resumed")
    for number in range(BEFORE):
        await says(ayu, session, str(number))
    killing = asyncio.create_task(asyncio.to_thread(killed, durable))
    for number in range(BEFORE, 2 * BEFORE):
        await says(ayu, session, str(number))
    await killing
    await says(ayu, session, str(2 * BEFORE))
    for number in range(2 * BEFORE + 1):
        frame = await socket.until("message")
        assert (frame["message"]["seq"], frame["message"]["text"]) == (number + 1, str(number))


async def test_redis_away_for_a_minute(durable: EmbeddedStores, data_dir: Path) -> None:
    """A minute without Redis: messages and a whole pairing go on, and all is heard, in order, once."""
    await migrate(durable.database_url)
    await make_login(durable.database_url)
    async with Line(durable.valkey_url) as line:
        house = await House(durable.database_url, line.url, data_dir).opened(2)
        try:
            ayu, budi, session = await meeting(house)
            socket = await budi.connects()
            await socket.send("resume", chats={session["id"]: 0})
            await socket.until("resumed")
            loop, number, waits = asyncio.get_running_loop(), 0, []

            async def heard() -> None:
                nonlocal number
                number += 1
                said_at = loop.time()
                await says(ayu, session, str(number))
                frame = await socket.until("message")
                assert (frame["message"]["seq"], frame["message"]["text"]) == (number, str(number))
                waits.append(loop.time() - said_at)

            await heard()
            line.cut()
            until = loop.time() + AWAY
            other = await house.customer()
            paired = await budi.accepts(await other.searches())
            (await other.end(paired["id"])).ok()
            while loop.time() < until:
                await heard()
                await asyncio.sleep(1)  # the pace of somebody who types; nothing waits for it
            line.mend()
            for _ in range(BEFORE):
                await heard()
            assert statistics.median(waits) < SECONDS
        finally:
            await house.close()
