"""Pushes on a real database: who gets one, when, and what becomes of those that cannot be sent."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from uuid import UUID

import pytest
import structlog
from psycopg.sql import SQL

from halobestie_adapters.postgres.pushes import Q
from halobestie_app import log
from halobestie_app.usecases import pairings
from halobestie_app.workers.pushes import LoggedPushes
from halobestie_core.ports.presence import User
from halobestie_core.ports.reads import RequestSeen
from halobestie_core.words import TopicSensitivity, UserType
from support.extending import talking
from support.pushing import Mailroom, asked_again, connect

pytestmark = pytest.mark.anyio

NORMAL = TopicSensitivity.NORMAL


async def acknowledged(
    room: Mailroom, mitra: UUID, request: RequestSeen, frame: str = "chat_request"
) -> bool:
    """Tell that a frame was seen; whether a push waited for that."""
    return await room.outbox.acknowledge(User(UserType.MITRA, mitra), frame, request.request.id)


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What the log says; afterwards logging is as it was found."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    log.set_up("json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


# ---------------------------------------------------------------------------------------------- ack or push


async def test_nobody_connected(room: Mailroom) -> None:
    """At once, with the rest of the window as its life."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    await asked_again(room, sari)
    assert await room.round() == 1
    [received] = room.post.fake.inbox
    assert received.message["android"]["ttl"] == "19s"
    assert await room.outcomes() == [("chat_request", "sent")]
    assert await room.fates() == {"sari": "sent"}
    assert await room.round() == 0


async def test_acknowledged_in_time(room: Mailroom) -> None:
    """Somebody connected has two seconds; who acknowledges gets no push."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    connect(room, sari)
    request = await asked_again(room, sari)
    await room.round()
    assert await room.outcomes() == [("chat_request", None)]
    assert await acknowledged(room, sari, request)
    assert not await acknowledged(room, sari, request), "a second time finds nothing"
    await room.later(2)
    assert await room.round() == 0
    assert (room.sent, await room.outcomes()) == ([], [("chat_request", "acked")])


async def test_not_acknowledged(room: Mailroom) -> None:
    """A written socket is not a seen frame: after two seconds the push goes, with what is left."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    connect(room, sari)
    await asked_again(room, sari)
    await room.round()
    assert await room.round() == 0, "not before its time"
    await room.later(2)
    assert await room.round() == 1
    [received] = room.post.fake.inbox
    assert received.message["android"]["ttl"] == "17s"


async def test_the_two_seconds_are_kept_by_themselves(room: Mailroom) -> None:
    """The running loop comes back for an unacknowledged frame, and not before two seconds."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    connect(room, sari)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    running = asyncio.create_task(room.pushes.run(stop))
    began = loop.time()
    await asked_again(room, sari)
    room.pushes.nudge()
    while not room.sent and loop.time() < began + 10:  # noqa: ASYNC110  what it waits for is in another part
        await asyncio.sleep(0.01)
    took = loop.time() - began
    stop.set()
    await running
    assert room.sent == [("sari", "chat_request")]
    assert 2.0 <= took < 4.0


async def test_the_acknowledgement_of_something_else(room: Mailroom) -> None:
    """Another frame, another request, another person: none of them counts."""
    sari, dewi = await room.office.mitra(), await room.office.mitra()
    connect(room, sari)
    request, other = await asked_again(room, sari), await asked_again(room, dewi)
    assert not await acknowledged(room, dewi, request)
    assert not await acknowledged(room, sari, other)
    assert not await acknowledged(room, sari, request, "paired")
    customer = User(UserType.CUSTOMER, sari)
    assert not await room.outbox.acknowledge(customer, "chat_request", request.request.id)
    assert await room.outcomes() == [("chat_request", None)] * 2


async def test_unknown_means_unreachable(room: Mailroom) -> None:
    """With Redis away everybody counts as not connected."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    room.office.sockets.here = None
    await asked_again(room, sari)
    await room.office.searching()
    await room.round()
    assert sorted(room.sent) == [("sari", "chat_request")] * 2


async def test_a_blast(room: Mailroom) -> None:
    """At once, to those of the wave who have no socket, one row for all."""
    mitras = [await room.office.mitra() for _ in range(30)]
    for number, mitra in enumerate(mitras):
        await room.phone(mitra, f"phone {number:02}")
    connect(room, *mitras[::2])
    await room.office.searching()
    assert await room.round() == 1
    assert sorted(token for token, _ in room.sent) == [f"phone {number:02}" for number in range(1, 30, 2)]
    assert await room.outcomes() == [("chat_request", "sent")]


async def test_everybody_of_the_wave_is_connected(room: Mailroom) -> None:
    """Then there is nobody to push to."""
    connect(room, await room.office.mitra())
    await room.office.searching()
    await room.round()
    assert await room.outcomes() == [("chat_request", "unneeded")]


async def test_what_is_over_is_not_pushed(room: Mailroom) -> None:
    """Somebody else was faster than the push."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    request = await room.office.searching()
    await pairings.accept(room.office.desk, sari, request.request.id)
    await room.round()
    assert room.sent == []
    assert await room.outcomes() == [("chat_request", "unneeded"), ("paired", "nobody")]


# -------------------------------------------------------------------------------------- windows and troubles


async def test_past_its_window(room: Mailroom) -> None:
    """It is recorded as missed, and nobody is asked."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    await asked_again(room, sari)
    await room.later(19.5)
    await room.round()
    assert room.post.fake.asked == []
    assert await room.outcomes() == [("chat_request", "missed")]


async def test_a_device_that_is_gone(room: Mailroom) -> None:
    """It is dropped; the other phone of the same person gets the push all the same."""
    sari = await room.office.mitra()
    await room.phone(sari, "old")
    await room.phone(sari, "new")
    room.post.fake.expect("UNREGISTERED", token="old")
    await asked_again(room, sari)
    await room.round()
    assert room.sent == [("new", "chat_request")]
    assert await room.kept() == ["new"]
    assert await room.fates() == {"new": "sent", "old": "dropped"}
    assert await room.outcomes() == [("chat_request", "sent")]


async def test_a_quota_in_a_short_window(room: Mailroom) -> None:
    """A minute is more than a window has: it is not tried again, and recorded as missed."""
    talk = await talking(room.office)
    await room.phone(talk.mitra, "sari")
    await room.round()
    room.post.fake.expect("QUOTA_EXCEEDED", times=9)
    await talk.asks()
    await room.round()
    assert (await room.outcomes())[-1] == ("extension_request", "missed")
    for _ in range(3):
        await room.later(3)
        assert await room.round() == 0
    assert [one.answer for one in room.post.fake.asked] == ["QUOTA_EXCEEDED"]


async def test_only_who_asked_for_it_is_tried_again(room: Mailroom) -> None:
    """One phone took it, one is to be tried later; the next round is for that one alone."""
    sari = await room.office.mitra()
    await room.phone(sari, "one")
    await room.phone(sari, "two")
    room.post.fake.expect("UNAVAILABLE", token="two", retry_after="3")
    await asked_again(room, sari)
    await room.round()
    assert await room.fates() == {"one": "sent", "two": "waiting"}
    assert await room.outcomes() == [("chat_request", None)]
    assert await room.round() == 0
    await room.later(3.1)
    assert await room.round() == 1
    assert [(one.token, one.message["android"]["ttl"]) for one in room.post.fake.inbox] == [
        ("one", "19s"),
        ("two", "16s"),
    ]
    assert await room.fates() == {"one": "sent", "two": "sent"}
    assert await room.outcomes() == [("chat_request", "sent")]


async def test_tried_until_the_window_ends(room: Mailroom) -> None:
    """Ever less often, with chance; then it is missed."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    room.post.fake.expect("INTERNAL", times=99, form="html")
    await asked_again(room, sari)
    pauses = []
    while await room.round():
        [(left,)] = await room.office.sql(
            SQL("SELECT next_attempt_at - now() FROM outbox WHERE kind = 'push'")
        )
        pauses.append(left.total_seconds())
        await room.later(max(0, pauses[-1]) + 0.01)
    tries = [one.answer for one in room.post.fake.asked]
    assert 4 <= len(tries) <= 6
    assert all(2**at * 0.4 <= pause <= 2**at for at, pause in enumerate(pauses[:3]))
    assert await room.outcomes() == [("chat_request", "missed")]
    assert await room.fates() == {"sari": "missed"}
    assert await room.kept() == ["sari"]


async def test_whose_device_waits_and_goes(room: Mailroom) -> None:
    """A device that was removed before its second try ends the row."""
    sari = await room.office.mitra()
    phone = await room.phone(sari, "sari")
    room.post.fake.expect("UNAVAILABLE")
    await asked_again(room, sari)
    await room.round()
    await room.devices.forget(phone.user, phone.installation_id)
    await room.later(2)
    assert await room.round() == 1
    assert await room.outcomes() == [("chat_request", "nobody")]


async def test_no_device(room: Mailroom) -> None:
    """Nobody is asked, and the row is done."""
    await asked_again(room, await room.office.mitra())
    await room.round()
    assert (room.post.fake.token_requests, await room.outcomes()) == (0, [("chat_request", "nobody")])


async def test_a_log_in_that_ended(room: Mailroom) -> None:
    """Who logged out, or was blocked, gets no push at that phone."""
    sari = await room.office.mitra()
    await room.phone(sari, "sari")
    await room.log_out(sari)
    await asked_again(room, sari)
    await room.round()
    assert await room.outcomes() == [("chat_request", "nobody")]


async def test_two_instances(room: Mailroom) -> None:
    """Each push goes out once, whoever looks."""
    mitras = [await room.office.mitra() for _ in range(12)]
    for number, mitra in enumerate(mitras):
        await room.phone(mitra, f"phone {number:02}")
        await asked_again(room, mitra)
    other = room.instance()
    await asyncio.gather(room.pushes.take(), other.take(), room.pushes.take(), other.take())
    await asyncio.gather(room.pushes.finished(), other.finished())
    assert sorted(token for token, _ in room.sent) == [f"phone {number:02}" for number in range(12)]


async def test_an_instance_that_dies_with_a_push(room: Mailroom) -> None:
    """Its rows come back while an extension's window still runs."""
    talk = await talking(room.office)
    await room.phone(talk.mitra, "sari")
    await room.round()
    await talk.asks()
    assert len(await room.outbox.take(10)) == 1, "taken by somebody who is never heard of again"
    assert await room.round() == 0
    await room.later(6.6)
    await room.round()
    assert [(one.token, one.message["android"]["ttl"]) for one in room.post.fake.inbox] == [("sari", "3s")]


# ------------------------------------------------------------------------------------- the log, the store


async def test_without_firebase(room: Mailroom, said: io.StringIO) -> None:
    """Type and result are logged; no name, no token, no id of anybody."""
    sari = await room.office.mitra()
    await room.phone(sari, "a-token-of-a-phone")
    room.pushes.sender = LoggedPushes()
    await asked_again(room, sari)
    await room.round()
    lines = said.getvalue().splitlines()
    first = next(json.loads(line) for line in lines if '"logged"' in line)
    assert first.keys() == {"event", "kind", "result", "at", "level", "logger"}
    assert (first["kind"], first["result"]) == ("chat_request", "logged")
    assert not any(secret in said.getvalue() for secret in ("a-token-of-a-phone", "Ayu", "Sari", str(sari)))
    assert await room.outcomes() == [("chat_request", "sent")]


async def test_served_by_indexes(room: Mailroom) -> None:
    """Among many pushes that were sent, the few that wait are found by an index."""
    await room.office.sql(
        SQL(
            "INSERT INTO outbox (kind, stream, audience, payload, sent_at, created_at, next_attempt_at)"
            """ SELECT 'push', 'push:mitra:' || n, '{"mitra": "x"}', '{"type": "paired"}', now(),"""
            " now() - interval '1 day', now() - interval '1 day' FROM generate_series(1, 100000) n"
        )
    )
    await room.office.sql(SQL("ANALYZE outbox"))
    user = {"stream": "push:mitra:7", "frame": "paired", "object_id": "x"}
    async with room.office.pool.connection() as conn:
        for query, given in ((Q.take_pushes, {"limit": 50}), (Q.acknowledge, user)):
            rows = await (await conn.execute(b"EXPLAIN " + query.encode(), given)).fetchall()
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, plan
