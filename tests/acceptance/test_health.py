"""Up, ready, and doing without Redis: what a balancer is told, and what people still can do."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import redis

from support.evening import House
from support.line import Line
from support.people import Answer
from support.server import Instance
from support.waiting import eventually

pytestmark = pytest.mark.anyio

SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 600}


@pytest.fixture(scope="module")
async def line(house: House) -> AsyncIterator[Line]:
    """The way of a second instance to Redis."""
    async with Line(house.valkey_url) as opened:
        yield opened


@pytest.fixture(scope="module")
async def cuttable(house: House, line: Line) -> Instance:
    """A second instance on the same database, whose Redis can be taken away."""
    instance = Instance(house.database_url, line.url, house.folder)
    instance.start()
    house.instances.append(instance)
    await asyncio.to_thread(instance.wait)
    return instance


async def ready(house: House, instance: Instance) -> Answer:
    """What readiness says."""
    return await house.ask("GET", f"{instance.public}/readyz")


async def test_up_and_ready(house: House) -> None:
    """Both listeners say so, to anybody."""
    for base in (house.first.public, house.first.internal):
        assert (await house.ask("GET", f"{base}/healthz")).ok() == {"status": "ok"}
        said = (await house.ask("GET", f"{base}/readyz")).ok()
        assert (said["status"], said["degraded"]) == ("ready", [])


async def test_the_documents(house: House) -> None:
    """Each listener publishes its own routes, in OpenAPI 3.1, and no other's."""
    for base, prefix in ((house.first.public, "/api/"), (house.first.internal, "/internal/")):
        document = (await house.ask("GET", f"{base}/openapi.json")).ok()
        assert document["openapi"].startswith("3.1")
        for path in document["paths"]:
            assert path.startswith(prefix) or path in ("/healthz", "/readyz", "/openapi.json")
    for base, path in ((house.first.public, "/internal/config"), (house.first.internal, "/api/shared/me")):
        (await house.ask("GET", base + path)).refused("NOT_FOUND", 404)


async def test_an_evening_without_redis(house: House, line: Line, cuttable: Instance) -> None:
    """Redis is lost: degraded, not drained; availability unknown; payments, searches, chats, frames go on."""
    ayu, budi = (await house.customer()).via(cuttable), (await house.mitra()).via(cuttable)
    await budi.comes()
    assert (await ready(house, cuttable)).ok()["degraded"] == []
    line.cut()

    async def unknown() -> bool:
        return (await ayu.availability()).status == 503

    await eventually(unknown, seconds=2)
    house.expected_trouble = '"status":503'
    assert (await ready(house, cuttable)).ok()["degraded"] == ["redis"]
    ayus, budis = await ayu.connects(), await budi.connects()
    request = await ayu.searches()
    await budis.until("chat_request", id=request["id"], seconds=5)
    session = await budi.accepts(request)
    await ayus.until("paired", session_id=session["id"], seconds=5)
    (await ayu.end(session["id"])).ok()
    await budis.until("session_ended", seconds=5)

    line.mend()

    async def known() -> bool:
        answer = await ayu.availability(budi)
        return answer.status == 200 and bool(answer.body["target_available"])

    await eventually(known, seconds=5)
    assert (await ready(house, cuttable)).ok()["degraded"] == []


async def test_redis_comes_back_empty(house: House) -> None:
    """Everything in Redis is forgotten: soon it is known again, from PostgreSQL."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()

    async def known() -> bool:
        answer = await ayu.availability(budi)
        return answer.status == 200 and answer.body == {
            "available": True,
            "count": 1,
            "target_available": True,
        }

    await eventually(known, seconds=5)
    with redis.Redis.from_url(house.valkey_url) as client:
        client.flushdb()
    await eventually(known, seconds=5)
    budis = await budi.connects()
    request = await ayu.searches()
    await budis.until("chat_request", id=request["id"])
    (await ayu.give_up({"id": request["payment_session_id"]})).ok()


async def test_redis_was_never_there(house: House) -> None:
    """An instance that never reached Redis gets no work, and says why."""
    lost = Instance(house.database_url, "redis://127.0.0.1:9/0", house.folder)
    lost.start()
    try:

        async def says_why() -> bool:
            printed = next(
                (found for text in lost.printed if (found := re.search("public.*(http://.*)", text))), None
            )
            if printed is None:
                return False
            answer = await house.ask("GET", f"{printed[1]}/readyz")
            answer.refused("UNAVAILABLE", 503)
            return "Redis" in answer.body["detail"]

        await eventually(says_why, seconds=20)
    finally:
        lost.close()


async def test_what_a_server_refuses_to_start_with(house: House, tmp_path: Path) -> None:
    """A variable that makes no sense, or an address in use, stops the start with one line that names it."""
    taken = house.first.public.removeprefix("http://")
    for name, value in (("PUBLIC_BIND", "nowhere"), ("PUBLIC_BIND", taken), ("AUTH_JWT_SECRET", "short")):
        refused = Instance(house.database_url, house.valkey_url, tmp_path, **{name: value})
        refused.start()
        assert await asyncio.to_thread(refused.ended, 20) != 0
        said = [line for line in refused.logged if not line.startswith("{")]
        assert len(said) == 1, refused.logged
        assert name in said[0] or taken in said[0]
        assert value == taken or value not in said[0], "what may be a secret is not repeated"


async def test_half_a_request(house: House) -> None:
    """A request that is never finished is hung up on, and others do not notice."""
    host, _, port = house.first.public.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /api/shared/auth/anonymous HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{house.first.public}/healthz")).status_code == 200
    async with asyncio.timeout(15):
        said = await reader.read()
    assert said == b"" or b" 408 " in said.splitlines()[0]
    writer.close()
    await writer.wait_closed()
