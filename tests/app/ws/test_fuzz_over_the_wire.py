"""Noise on the sockets of a real server, about a real chat, while the two in it go on talking."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from support.evening import House
from support.noise import Noise, Noisy
from support.people import Customer, Person
from support.sockets import Socket

pytestmark = pytest.mark.anyio

MAKERS = 4
CONVERSATIONS = 25
"""That each of them begins."""
MOST = 240
"""Frames of one conversation; more than a minute allows."""
ENOUGH = 3000

OURS = {1008, 4401, 4413, 4429}
PROTOCOLS = {1002, 1007}
"""What the WebSocket itself has to say: a broken frame, text that is none."""


@pytest.fixture
async def house(database_url: str, valkey_url: str, data_dir: Path) -> AsyncIterator[House]:
    """A server."""
    opened = House(database_url, valkey_url, data_dir)
    try:
        yield await opened.opened()
    finally:
        await opened.close()


async def sends(socket: Socket, noise: Noise) -> None:
    """Send it in whatever way it can be sent."""
    if noise.text is None:
        await socket.send_raw(b"\x00\xff")
        return
    try:
        noise.text.encode()
    except UnicodeEncodeError:
        await socket.send_raw(noise.text.encode("utf-8", "surrogatepass"), is_text=True)
    else:
        await socket.send_raw(noise.text)


async def flushed(socket: Socket) -> None:
    """Everything that was sent before has been heard; the answer to this cannot be another's."""
    id_ = str(uuid4())
    await socket.send("ping")
    await socket.send("message", client_message_id=id_)
    await socket.until("error", client_message_id=id_)


async def converses(person: Person, noisy: Noisy, chance: Random) -> tuple[int, int | None]:
    """Talk nonsense on a new socket; gives how many frames, and the code if the server had enough."""
    socket = await Socket.opened(person.at.public, person.token)
    mood = chance.choice((noisy.next, noisy.next, noisy.next, noisy.well, noisy.ping, noisy.wrong))
    sent = 0
    try:
        for _ in range(chance.randrange(MOST)):
            await sends(socket, mood())
            sent += 1
        await flushed(socket)
        if chance.random() < 0.1:
            socket.scribble(bytes(chance.randrange(256) for _ in range(200)))
            return sent, await socket.closed()
    except (ConnectionClosed, AssertionError):  # the server hung up before the last answer
        return sent, await socket.closed()
    await socket.close()
    return sent, None


async def test_noise(house: House) -> None:
    """Thousands of wrong frames end in the specified codes; two who talk meanwhile notice nothing."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    session = await budi.accepts(await ayu.searches())
    chat = session["id"]
    ayus, budis = await ayu.connects(), await budi.connects()
    for socket in (ayus, budis):
        await socket.send("resume", chats={chat: 0})
        await socket.until("resumed")
    strangers: list[Customer] = await house.customers(MAKERS - 1)
    sent, codes = 0, Counter[int | None]()

    async def maker(seed: int, person: Person) -> None:
        nonlocal sent
        chance = Random(seed)
        noisy = Noisy(chance, (UUID(chat), UUID(int=seed)), (person.token,) * 5 + ("nobody",))
        for _ in range(CONVERSATIONS):
            frames, code = await converses(person, noisy, chance)
            sent += frames
            codes[code] += 1

    async def talk(stop: asyncio.Event) -> list[str]:
        said = []
        while not stop.is_set():
            said.append(str(uuid4()))
            frame = {"session_id": chat, "client_message_id": said[-1], "text": "tenang"}
            await ayus.send("message", **frame)
            await ayus.until("message_ack", client_message_id=said[-1], seconds=3)
            await asyncio.sleep(0.6)  # at a pace that a socket allows
        return said

    stop = asyncio.Event()
    talking = asyncio.create_task(talk(stop))
    try:
        async with asyncio.TaskGroup() as group:
            for seed, person in enumerate((ayu, *strangers)):
                group.create_task(maker(seed, person))
    finally:
        stop.set()
    said = await talking
    assert sent >= ENOUGH, sent
    assert set(codes) - {None} <= OURS | PROTOCOLS, codes
    assert codes.keys() >= {1008, 4413, 4429}, codes
    await budis.send("ping")
    await budis.until("pong")
    heard = [frame["message"] for frame in budis.frames if frame["type"] == "message"]
    assert [message["seq"] for message in heard] == list(range(1, len(heard) + 1))
    assert {message["client_message_id"] for message in heard} >= set(said)
    (await ayu.end(chat)).ok()
    await budis.until("session_ended")
    await house.goes_home()
    await house.is_sound()
