"""Is anybody there? Right soon after it changed, on every instance; no poll asks PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from psycopg import AsyncConnection, sql

from support.evening import House, at_once, together
from support.people import Customer, Mitra
from support.server import Instance
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
VARIABLES = {"MITRA_HEARTBEAT_CADENCE_SECONDS": "1"}
SETTINGS = {"mitra_stale_after_seconds": 3600, "max_customers_per_mitra": 2}
POLLS = 200
SILENT = "UPDATE mitras SET last_heartbeat_at = now() - %s::interval WHERE id = %s"


async def shows(
    ayu: Customer, count: int, target: Mitra | None = None, *, there: bool | None = None, seconds: float = 5
) -> None:
    """Wait until every instance says so."""
    wanted = {"available": count > 0, "count": count}
    if there is not None:
        wanted["target_available"] = there

    async def said(instance: Instance) -> bool:
        answer = await ayu.via(instance).availability(target)
        return answer.status == 200 and bool(answer.body == wanted)

    for instance in ayu.house.instances:
        await eventually(partial(said, instance), seconds=seconds, what=f"not {count} on {instance.public}")


async def test_it_follows_who_is_there(house: House) -> None:
    """The first to come opens it, the last to go closes it."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await shows(ayu, 0)
    await budi.comes()
    await shows(ayu, 1)
    await citra.via(house.instances[1]).comes()
    await shows(ayu, 2)
    await budi.leaves()
    await shows(ayu, 1)
    await citra.leaves()
    await shows(ayu, 0)


async def test_it_follows_capacity(house: House) -> None:
    """A mitra counts until their last place is taken, and again as soon as one is free."""
    ayu, first, second = [await house.customer(name) for name in ("Ayu", "First", "Second")]
    budi = await (await house.mitra("Budi")).comes()
    one = await budi.accepts(await first.searches())
    await shows(ayu, 1, budi, there=True)
    two = await budi.accepts(await second.searches())
    await shows(ayu, 0, budi, there=False)
    (await first.end(one["id"])).ok()
    await shows(ayu, 1, budi, there=True)
    async with house.having(max_customers_per_mitra=1):
        await shows(ayu, 0, budi, there=False)
    await shows(ayu, 1, budi, there=True)
    (await second.end(two["id"])).ok()


async def test_it_follows_heartbeats(house: House) -> None:
    """Who is not heard of goes offline by the clock, once, and is told; who is heard of stays."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    await budi.comes()
    await citra.comes()
    budis = await budi.connects()
    await shows(ayu, 2)

    async def only_citra() -> bool:
        (await citra.heartbeat()).ok()
        await asyncio.sleep(0.1)  # how often she beats
        answer = await ayu.availability(budi)
        return bool(answer.body == {"available": True, "count": 1, "target_available": False})

    await house.rows(SILENT, "4 seconds", budi.id)
    (await citra.heartbeat()).ok()
    async with house.having(mitra_stale_after_seconds=5):
        await eventually(only_citra)
        await budis.until("presence")
        (await budi.heartbeat()).refused("MITRA_OFFLINE")
        assert not (await budi.get("/api/mitra/status"))["is_online"]
        assert (await house.moves(budi.id))[-1] == "stale > offline"
        await shows(ayu, 0, seconds=10)  # nobody beats any more


async def test_where_pings_are_not_required(house: House) -> None:
    """However long nothing is heard of them, a mitra stays until they leave."""
    ayu, budi, citra = await house.customer(), await house.mitra("Budi"), await house.mitra("Citra")
    async with house.having(mitra_require_ping=False):
        await budi.comes()
        await house.rows(SILENT, "3 hours", budi.id)
        for _ in range(3):  # the sweep comes by once a second; somebody else's coming and going takes time
            await shows(ayu, 1, budi, there=True)
            await citra.comes()
            await shows(ayu, 2)
            await citra.leaves()
        assert (await house.moves(budi.id))[-1] == "go_online > online"
        await budi.leaves()


@asynccontextmanager
async def everything_locked(house: House) -> AsyncIterator[None]:
    """Nobody can read or write any table: whatever asks PostgreSQL has to wait."""
    async with await AsyncConnection.connect(house.database_url) as connection:
        tables = await house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = sql.SQL(", ").join(sql.Identifier(row["tablename"]) for row in tables)
        await connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
        yield
        await connection.rollback()


async def test_a_poll_does_not_touch_postgresql(house: House) -> None:
    """With every table locked, hundreds of polls are answered at once; nobody waits for a table."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    crowd = await house.customers(POLLS // 10)
    await budi.comes()
    await shows(ayu, 1)
    async with everything_locked(house):
        loop = asyncio.get_running_loop()
        began = loop.time()
        answers = await at_once([partial(one.availability, budi) for one in crowd] * 10)
        took = loop.time() - began
        blocked = asyncio.create_task(ayu.active())
        assert {answer.status for answer in answers} == {200}
        assert all(answer.body["target_available"] for answer in answers)
        assert not blocked.done(), "the lock did not hold: a read went through"
    assert (await blocked)["session"] is None
    assert took < 2, "with a lock in the way, one query alone takes the lock's whole time-out"


async def test_an_old_picture_is_no_answer(house: House) -> None:
    """When nobody could look for five seconds the answer is 503, not a guess; then it is right again."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    await shows(ayu, 1)
    async with everything_locked(house):

        async def unknown() -> bool:
            answers = await together(*[ayu.via(one).availability() for one in house.instances])
            for answer in answers:
                assert answer.status in (200, 503)
                assert answer.status == 503 or answer.body["count"] == 1
            return all(answer.code == "UNAVAILABLE" for answer in answers)

        await eventually(unknown, seconds=8)
    await shows(ayu, 1)
    house.expected_trouble = '"status":503'


async def test_it_is_for_customers(house: House) -> None:
    """Mitras and strangers are not told; an id that is none is refused."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    (await budi.ask("GET", "/api/client/mitra-availability")).refused("FORBIDDEN", 403)
    bad = await ayu.ask("GET", "/api/client/mitra-availability?mitra_id=nobody")
    bad.refused("VALIDATION_ERROR", 422)
