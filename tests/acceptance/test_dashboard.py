"""Operators see everything at a glance, on every instance, as it changes."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.ids import uuid7
from halobestie_core.ports.identity import Audience
from halobestie_core.words import UserType
from support.evening import House
from support.events import Stream, following
from support.people import PASSWORD, Json, Operator
from support.server import SECRET_INTERNAL
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
PATH = "/internal/dashboard"
STREAM = "/internal/dashboard/stream"


def figures(seen: Json) -> Json:
    """What was seen, without the instant and without what passes by itself."""
    kept = {name: value for name, value in seen.items() if name != "at"}
    return {**kept, "searches": {**kept["searches"], "oldest_seconds": None}}


async def sees(stream: Stream, wanted: dict[str, Json]) -> Json:
    """Read until the figures are these (by dotted names); give the event's data."""
    while True:
        event = await stream.next()
        assert event is not None, "the stream ended"
        found = {}
        for name in wanted:
            value = event.data
            for part in name.split("."):
                value = value[part]
            found[name] = value
        if found == wanted:
            return event.data


def expiring(operator: Operator, seconds: float) -> Operator:
    """The same operator with a token that has so long to live."""
    tokens = JwtTokens(KeyRing([SECRET_INTERNAL.encode()]), Audience.INTERNAL)
    issued = datetime.now(UTC) - tokens.lifetime + timedelta(seconds=seconds)
    return evolve(operator, token=tokens.issue(UUID(operator.id), UserType.OPERATOR, uuid7(), issued))


async def test_figures_follow_an_evening(house: House) -> None:
    """From a search to a chat to its end, streamed by both instances, which agree."""
    boss = await house.operator()
    other = boss.via(house.instances[1])
    async with following(boss, STREAM) as one, following(other, STREAM) as two:
        assert one.answer.headers["content-type"].startswith("text/event-stream")
        assert one.answer.headers["cache-control"] == "no-store"
        first = await one.next(3)
        assert first is not None
        assert first.name == "dashboard"
        assert first.id is not None
        before = first.data
        budi, ayu = await house.mitra(), await house.customer()
        await budi.comes()
        request = await ayu.searches()
        for stream in (one, two):
            await sees(stream, {"presence.online": 1, "searches.general": 1, "presence.busy": 0})
        session = await budi.accepts(request)
        for stream in (one, two):
            await sees(stream, {"chats.active": 1, "searches.general": 0, "presence.busy": 1})
        (await ayu.end(session["id"])).ok()
        await sees(one, {"chats.active": 0, "presence.busy": 0})
        success = before["windows"]["hour"]["success"]

        async def alike() -> bool:
            mine, theirs = await boss.get(PATH), await other.get(PATH)
            done: int = mine["windows"]["hour"]["success"]["accepted"]
            return done == success["accepted"] + 1 and bool(figures(mine) == figures(theirs))

        await eventually(alike)
    seen = await boss.get(PATH)
    assert seen["complete"] is True
    assert sum(seen["windows"]["hour"]["series"]["accepted"]) == success["accepted"] + 1
    assert seen["windows"]["day"]["time_to_accept"]["p50"] > 0
    assert seen["payments"]["consumed"] == before["payments"]["consumed"] + 1


async def test_who_may_look(house: House) -> None:
    """Operators only; the public listener knows none of it."""
    ayu = await house.customer()
    for path in (PATH, STREAM):
        assert (await house.ask("GET", house.first.internal + path)).status == 401
        theirs = {"Authorization": f"Bearer {ayu.token}"}
        assert (await house.ask("GET", house.first.internal + path, headers=theirs)).status == 401
        assert (await house.ask("GET", house.first.public + path)).status == 404


async def test_a_stream_ends_with_its_token(house: House) -> None:
    """A token lives an hour, and so does what it opened."""
    async with following(expiring(await house.operator(), 2.5), STREAM) as stream:
        event = await stream.next()
        while event is not None and event.name != "end":
            event = await stream.next()
        assert event is not None
        assert event.data == {"reason": "unauthenticated"}
        assert await stream.next() is None


async def test_a_stream_ends_with_its_log_in(house: House) -> None:
    """Logged out on one instance, the stream of the other ends within a few seconds."""
    boss = await house.operator()
    email = await house.value("SELECT email FROM cc_users WHERE id = %s", boss.id)
    base = f"{house.first.internal}/internal/auth"
    said = await house.http.post(f"{base}/login", json={"email": email, "password": PASSWORD})
    cookie = said.headers["set-cookie"].partition(";")[0]
    house.http.cookies.clear()
    here = Operator(house, house.instances[1], boss.id, said.json()["access_token"])
    async with following(here, STREAM) as stream, following(boss, STREAM) as unconcerned:
        assert (await stream.next()) is not None
        (await house.ask("POST", f"{base}/logout", headers={"cookie": cookie})).ok(204)
        event = await stream.next()
        while event is not None and event.name != "end":
            event = await stream.next()
        assert event is not None
        assert event.data == {"reason": "unauthenticated"}
        assert (await unconcerned.next()) is not None
    assert (await boss.get(PATH))["complete"]


async def test_streams_are_bounded(house: House) -> None:
    """One log-in may follow on six screens; a place is free again when one is left."""
    boss = await house.operator()
    headers = {"Authorization": f"Bearer {boss.token}"}

    async def open_one(until: asyncio.Event) -> None:
        async with following(boss, STREAM) as stream:
            assert stream.answer.status_code == 200
            await stream.next()
            opened.release()
            await until.wait()

    opened, until = asyncio.Semaphore(0), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(open_one(until))
        for _ in range(6):
            await opened.acquire()
        refused = await house.ask("GET", house.first.internal + STREAM, headers=headers)
        assert (refused.status, refused.code) == (429, "RATE_LIMITED")
        until.set()

    async def free() -> bool:
        async with following(boss, STREAM) as stream:
            return stream.answer.status_code == 200

    await eventually(free)


async def test_everything_ends_when_a_server_stops(house: House) -> None:
    """A stream says so and ends at once; the server does not wait for it."""
    boss = (await house.operator()).via(house.instances[1])
    async with following(boss, STREAM) as stream:
        assert (await stream.next()) is not None
        stopping = asyncio.create_task(asyncio.to_thread(house.instances[1].stop))
        event = await stream.next(5)
        while event is not None and event.name != "end":
            event = await stream.next(5)
        assert event is not None
        assert event.data == {"reason": "restarting"}
        async with asyncio.timeout(5):
            assert await stopping == 0
    await asyncio.to_thread(house.started)


async def test_metrics_tell_of_everything_and_nobody(house: House) -> None:
    """Moves, answers, sockets and pushes are there; no phone, no id, no token, no word that was typed."""
    budi, ayu = await house.mitra("Sari Metrik"), await house.customer("Ayu Metrik")
    await budi.comes()
    await budi.connects()
    session = await budi.accepts(await ayu.searches())
    socket = await ayu.connects()
    said = {"session_id": session["id"], "client_message_id": str(uuid7()), "text": "rahasia sekali"}
    await socket.send("message", **said)
    await socket.until("message_ack")
    assert (await house.ask("GET", f"{house.first.public}/api/shared/{ayu.id}")).status == 404
    answer = await house.http.get(f"{house.first.internal}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    text = answer.text
    for line in (
        'cause="",command="accept",from_state="pending",machine="pairing",to_state="accepted"} ',
        'method="POST",route="/api/mitra/chat-requests/{id}/accept",status="2xx"} ',
        "halobestie_transitions_total{",
        'halobestie_http_request_seconds_count{listener="internal"',
        'halobestie_deadline_lateness_seconds_count{machine="chat"}',
        'halobestie_outbox_age_seconds{kind="frame"}',
        "halobestie_sockets_open 2.0",
        "halobestie_pool_size ",
        "halobestie_pool_available ",
        "halobestie_pool_waiting ",
        "halobestie_socket_message_seconds_count 1.0",
        "halobestie_socket_handshake_seconds_count ",
        "halobestie_webhook_quarantined_total{",
        "halobestie_streams_open 0.0",
    ):
        assert line in text, line
    markers = (ayu.id, budi.id, session["id"], ayu.token, budi.token, "rahasia", "Metrik", "+62", "eyJ")
    assert [marker for marker in markers if marker in text] == []
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-", text)
    assert (await house.http.get(f"{house.first.public}/metrics")).status_code == 404
    assert (await house.http.get(f"{house.first.internal}/internal/metrics")).status_code == 404
    (await ayu.end(session["id"])).ok()
