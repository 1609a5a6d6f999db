"""Stories of what is said: over sockets that break, over two instances, to two people and nobody else."""

import asyncio
import json
import random
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql
from websockets.exceptions import ConnectionClosed

from support.evening import House
from support.people import Customer, Json, Mitra, Person
from support.server import Instance
from support.sockets import Socket
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
EACH = 50
"""Messages that each side says."""


async def meeting(house: House) -> tuple[Customer, Mitra, Json]:
    """Two who have just met, each at an instance of their own."""
    ayu, budi = await house.customer("Ayu"), (await house.mitra("Budi")).via(house.instances[1])
    await budi.comes()
    session = await budi.accepts(await ayu.searches())
    await budi.leaves()  # nobody else shall find them
    return ayu, budi, session


class Phone:
    """A device that loses its connection now and then, and says again what was not acknowledged."""

    def __init__(self, person: Person, session: Json, house: House, seed: int) -> None:
        self.got: list[Json] = []
        self.cuts = 0
        self.sent: dict[str, int] = {}
        self._person = person
        self._chat: str = session["id"]
        self._house = house
        self._chance = random.Random(seed)
        self._socket: Socket | None = None
        self._seen = 0

    async def connects(self) -> Socket:
        """Come back, on either instance, and say how far one is."""
        at: Instance = self._chance.choice(self._house.instances)
        socket = await self._person.via(at).connects()
        self._socket, self._seen = socket, 0
        await socket.send("resume", chats={self._chat: len(self.got)})
        return socket

    async def cut(self) -> None:
        """Lose the connection without a word."""
        if self._socket is not None:
            self.cuts += 1
            self._take()
            self._socket.cut()
            self._socket = None

    async def says(self, text: str) -> None:
        """Say something until it is acknowledged, over as many connections as that takes."""
        id_ = str(uuid4())
        while id_ not in self.sent:
            socket = self._socket or await self.connects()
            try:
                await socket.send("message", session_id=self._chat, client_message_id=id_, text=text)
                if self._chance.random() < 0.15:
                    await self.cut()
                    continue
                ack = await socket.until("message_ack", client_message_id=id_)
                self.sent[id_] = ack["seq"]
            except (ConnectionClosed, AssertionError):
                self._socket = None
            if self._chance.random() < 0.1:
                await self.cut()

    def _take(self) -> None:
        """Take the messages that came; each must be the next one."""
        if self._socket is None:
            return
        frames = self._socket.frames[self._seen :]
        self._seen += len(frames)
        for frame in frames:
            if frame["type"] == "message":
                message = frame["message"]
                assert message["seq"] == len(self.got) + 1, "out of order, doubled or with a gap"
                self.got.append(message)

    async def hears(self, count: int) -> None:
        """Stay until so many messages were heard."""
        if self._socket is None:
            await self.connects()

        async def so() -> bool:
            self._take()
            return len(self.got) >= count

        await eventually(so, what=f"{len(self.got)} of {count} heard")


async def test_an_evening_of_broken_sockets(house: House) -> None:
    """50 messages each way while sockets are cut at random: both sides get the same 100, in order, once."""
    ayu, budi, session = await meeting(house)
    phones = [Phone(ayu, session, house, 1), Phone(budi, session, house, 2)]

    async def talks(phone: Phone, name: str) -> None:
        for number in range(EACH):
            await phone.says(f"{name} {number}")

    await asyncio.gather(talks(phones[0], "Ayu"), talks(phones[1], "Budi"))
    for phone in phones:
        await phone.hears(2 * EACH)
    first, second = (phone.got for phone in phones)
    assert first == second
    assert [message["seq"] for message in first] == list(range(1, 2 * EACH + 1))
    for phone, sender, name in ((phones[0], "customer", "Ayu"), (phones[1], "mitra", "Budi")):
        mine = [message for message in first if message["sender"] == sender]
        assert [message["text"] for message in mine] == [f"{name} {number}" for number in range(EACH)]
        assert {message["client_message_id"]: message["seq"] for message in mine} == phone.sent
    assert min(phone.cuts for phone in phones) >= 5, "the sockets were really cut"
    print(f"cut {[phone.cuts for phone in phones]} times")  # noqa: T201  shown by `pytest -rP`
    page = await ayu.get(f"/api/shared/chat/{session['id']}/messages?limit=200")
    assert page == {"rows": first, "next": None}
    (await ayu.end(session["id"])).ok()


async def test_the_two_and_nobody_else(house: House) -> None:
    """A word of theirs is in no other socket, no log, no table and nothing that Redis holds or passes on."""
    ayu, budi, session = await meeting(house)
    citra, dewi, _ = await meeting(house)
    operator = await house.operator()
    marker = f"rahasia{uuid4().hex}"
    mine, theirs = await ayu.connects(), await budi.connects()
    strangers = [await citra.connects(), await dewi.connects()]
    passed: list[bytes] = []
    with redis.Redis.from_url(house.valkey_url) as client, client.pubsub() as ear:
        ear.psubscribe("*")
        for socket in (mine, theirs, *strangers):
            await socket.send("resume", chats={session["id"]: 0})
            await socket.until("resumed")
        await mine.send(
            "message", session_id=session["id"], client_message_id=str(uuid4()), text=f"aku {marker}"
        )
        heard = await theirs.until("message", session_id=session["id"])
        assert marker in heard["message"]["text"]
        body = {"client_message_id": str(uuid4()), "text": f"iya {marker}"}
        path = f"/api/shared/chat/{session['id']}"
        (await budi.ask("POST", f"{path}/messages", body)).ok(201)
        await mine.until("message", session_id=session["id"])
        for stranger in (citra, dewi):
            for asked in ("messages", "info"):
                refused = await stranger.ask("GET", f"{path}/{asked}")
                assert marker not in json.dumps(refused.refused("FORBIDDEN", 403))
            (await stranger.ask("POST", f"{path}/messages", body)).refused("FORBIDDEN", 403)
        assert (await operator.ask("GET", f"{path}/messages")).status in {401, 403, 404}
        end = f"/api/client/chat/sessions/{session['id']}/end"
        (await ayu.ask("POST", end, {"closing_message": f"terima kasih {marker}"})).ok()
        await theirs.until("session_ended")
        while (message := ear.get_message(timeout=0.2)) is not None:
            passed.append(bytes(message["data"]) if isinstance(message["data"], bytes) else b"")
        held = b"\n".join(repr(value).encode() for value in everything_in(client))
    assert any(b"session_ended" in one for one in passed), "what Redis passes on was really heard"
    spots: dict[str, Any] = {
        "other sockets": json.dumps([socket.frames for socket in strangers]),
        "logs": "\n".join(
            line for instance in house.instances for line in (*instance.logged, *instance.printed)
        ),
        "Redis": (held + b"\n".join(passed)).decode("utf-8", "replace"),
        "PostgreSQL": await asyncio.to_thread(dump, house.database_url),
    }
    assert session["id"] in spots["PostgreSQL"], "it was really looked through"
    found = {spot for spot, text in spots.items() if marker in text or marker.encode().hex() in text}
    assert not found
    (await citra.active())["session"]
    history = await budi.get("/api/mitra/chat/history")
    assert history["rows"][0]["closing_message"] == f"terima kasih {marker}"


def everything_in(client: redis.Redis) -> list[Any]:
    """Every key of a database of Redis, with what it holds."""
    return [(key, client.dump(key)) for key in client.scan_iter()]


def dump(database_url: str) -> str:
    """Every row of every table, bytes both as they are and in hex."""
    found: list[str] = []
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
            found += [shown(value) for row in rows for value in row]
    return "\n".join(found)


def shown(value: object) -> str:
    """A value as text."""
    return f"{value.decode('latin-1')} {value.hex()}" if isinstance(value, bytes) else str(value)


async def test_a_killed_instance_loses_nothing(house: House) -> None:
    """What an instance acknowledged before it was killed is there, and is there once when said again."""
    ayu, budi, session = await meeting(house)
    theirs = await budi.connects()
    await theirs.send("resume", chats={session["id"]: 0})
    await theirs.until("resumed")
    mine = await ayu.connects()
    ids = [str(uuid4()) for _ in range(20)]
    for number, id_ in enumerate(ids):
        await mine.send("message", session_id=session["id"], client_message_id=id_, text=str(number))
    acked = [(await mine.until("message_ack"))["client_message_id"] for _ in range(10)]
    house.instances[0].kill()
    mine.cut()
    house.instances[0].start()
    house.instances[0].wait()
    again = await ayu.connects()
    for number, id_ in enumerate(ids):
        await again.send("message", session_id=session["id"], client_message_id=id_, text=str(number))
    for id_ in ids:
        await again.until("message_ack", client_message_id=id_)
    page = await ayu.get(f"/api/shared/chat/{session['id']}/messages?limit=200")
    assert [row["seq"] for row in page["rows"]] == list(range(1, 21))
    assert {row["client_message_id"] for row in page["rows"]} == set(ids)
    assert set(acked) <= set(ids[:20])

    async def heard() -> bool:
        return theirs.count("message") == 20

    await eventually(heard, what=f"{theirs.count('message')} of 20 heard")
    got = [frame["message"] for frame in theirs.frames if frame["type"] == "message"]
    assert got == page["rows"]
    (await ayu.end(session["id"])).ok()
