"""People who live one evening after the other while something goes wrong, and remember what they were told.

Whoever gets no answer asks again, with the same key, another instance. What was acknowledged must be there in
the end, once: `kept` says what is not. Knows no fault.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import uuid4

import httpx2
from attrs import define, field, frozen
from websockets.exceptions import WebSocketException

from halobestie_app.fakes.xendit_serving import XenditPlace
from support.evening import House
from support.people import Answer, Customer, Json, Mitra, Person
from support.server import Instance
from support.sockets import Socket

PATIENCE: Final = 60.0
"""Seconds after which a command that nobody carries out counts as failed."""
AGAIN: Final = 0.05
HEARD: Final = 30.0
"""Seconds within which a message that was acknowledged is heard, however bad the evening."""
WORDS: Final = 4
"""Messages in one chat."""
KEPT: Final = """
SELECT (SELECT count(*) FROM chat_sessions WHERE payment_session_id = %s) AS chats,
    (SELECT count(*) FROM chat_sessions WHERE id = %s AND status = 'ended') AS ended,
    ARRAY(SELECT amount FROM customer_transactions
        WHERE payment_session_id = %s AND kind = 'session') AS charged,
    ARRAY(SELECT seq || ' ' || client_message_id FROM chat_messages
        WHERE session_id = %s ORDER BY seq) AS messages
"""


@frozen
class Told:
    """What one evening was told: ids, what it cost, and its messages as they were acknowledged."""

    payment: str
    amount: int
    session: str
    messages: tuple[str, ...]
    """Number and id of each."""


@define
class Figures:
    """How it went for the people: seconds, and what they saw."""

    answers: list[float] = field(factory=list)
    """From a request to its answer, or to the end of its connection."""
    commands: list[float] = field(factory=list)
    """From a command to its acknowledgment, however often it had to be sent."""
    heard: list[float] = field(factory=list)
    """From an acknowledgment to the socket of the other one."""
    unanswered: int = 0
    statuses: Counter[int] = field(factory=Counter)


class Crowd:
    """``size`` customers at a time with as many mitras, at every instance of a house."""

    def __init__(self, house: House, xendit: XenditPlace, seed: str, size: int) -> None:
        self.house = house
        self.figures = Figures()
        self.told: list[Told] = []
        self._xendit = xendit
        self._chance = random.Random(seed)
        self._size = size
        self._mitras: list[Mitra] = []
        self._going = True

    @asynccontextmanager
    async def living(self) -> AsyncIterator["Crowd"]:
        """Live for as long as the block lasts; everybody ends the evening they are in."""
        sari = await (await self.house.mitra("Sari")).comes()
        phone = {"fcm_token": f"token-{uuid4()}", "platform": "android"}  # only who really logged in has one
        (await sari.ask("PUT", f"/api/shared/devices/{uuid4()}", phone)).ok()
        self._mitras = [sari, *await self.house.mitras(self._size - 1)]
        customers = await self.house.customers(self._size)
        async with asyncio.TaskGroup() as group:
            for ayu in customers:
                group.create_task(self._lives(ayu))
            try:
                yield self
            finally:
                self._going = False

    async def evenings(self, count: int = 1) -> None:
        """Wait until so many more have ended well."""
        goal = len(self.told) + count
        async with asyncio.timeout(PATIENCE):
            while len(self.told) < goal:  # noqa: ASYNC110  whoever ends an evening tells nobody
                await asyncio.sleep(AGAIN / 5)

    async def passes(self, seconds: float) -> None:
        """Wait until evening after evening has filled so much time."""
        begun = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - begun < seconds:
            await self.evenings()

    # ------------------------------------------------------------------------------------------- living

    async def _lives(self, ayu: Customer) -> None:
        while self._going:
            await self._evening(ayu, self._chance.choice(self._mitras))

    async def _evening(self, ayu: Customer, budi: Mitra) -> None:
        payment = (await self._asks(ayu, "/api/client/payment-sessions", {"duration_minutes": 12})).ok(201)
        await self._pays(payment)
        place = f"/api/client/payment-sessions/{payment['id']}"
        await self._until_confirmed(ayu, f"{place}/confirm")
        wanted = {"payment_session_id": payment["id"]}
        request = (await self._asks(ayu, "/api/client/chat-requests", wanted)).ok(201)
        session = (await self._asks(budi, f"/api/mitra/chat-requests/{request['id']}/accept")).ok()["session"]
        said: list[str] = []
        async with self._listening(budi, session["id"]) as heard:
            for number in range(WORDS):
                words = {"client_message_id": str(uuid4()), "text": f"kata {number}"}
                row = (await self._asks(ayu, f"/api/shared/chat/{session['id']}/messages", words)).body
                said.append(f"{row['seq']} {words['client_message_id']}")
            await heard(len(said))
        (await self._asks(ayu, f"/api/client/chat/sessions/{session['id']}/end")).ok()
        self.told.append(Told(payment["id"], payment["amount"], session["id"], tuple(said)))

    async def _pays(self, payment: Json) -> None:
        """Pay on the gateway's page, as soon as there is one; the development gateway has none."""
        if payment["provider"] == "development":
            return
        books = self._xendit.fake.books
        async with asyncio.timeout(PATIENCE):
            while not (bills := [bill for bill in books.named(payment["id"]) if bill.status == "PENDING"]):  # noqa: ASYNC110  the gateway does not say
                await asyncio.sleep(AGAIN)
        self._xendit.fake.pay(bills[-1].id)

    async def _until_confirmed(self, ayu: Customer, path: str) -> None:
        """Say that it was paid, until that is believed: the gateway may be away."""
        async with asyncio.timeout(PATIENCE):
            while (answer := await self._asks(ayu, path)).code == "PAYMENT_NOT_SETTLED":  # noqa: ASYNC110  nobody says when
                await asyncio.sleep(2 * AGAIN)
        assert answer.ok()["status"] == "confirmed"

    async def _asks(self, who: Person, path: str, body: Json = None) -> Answer:
        """Ask until there is an answer that means something; the same command each time."""
        loop = asyncio.get_running_loop()
        begun, key = loop.time(), str(uuid4())
        while True:
            answer = await self._once(who, path, body, key)
            if answer is not None and answer.status < 500 and answer.code != "IN_PROGRESS":
                self.figures.commands.append(loop.time() - begun)
                return answer
            assert loop.time() - begun < PATIENCE, f"{path}: nobody answers ({answer})"
            await asyncio.sleep(AGAIN)

    async def _once(self, who: Person, path: str, body: Json, key: str) -> Answer | None:
        loop = asyncio.get_running_loop()
        at = self._instance()
        if at is None:
            return None
        sent = loop.time()
        try:
            answer = await who.via(at).ask("POST", path, body, headers={"Idempotency-Key": key})
        except httpx2.TransportError:
            self.figures.unanswered += 1
            return None
        else:
            self.figures.statuses[answer.status] += 1
            return answer
        finally:
            self.figures.answers.append(loop.time() - sent)

    def _instance(self) -> Instance | None:
        """One that runs, as a balancer would choose."""
        running = [one for one in self.house.instances if one.is_running and one.public]
        return self._chance.choice(running) if running else None

    # ---------------------------------------------------------------------------------------- listening

    @asynccontextmanager
    async def _listening(
        self, who: Mitra, session_id: str
    ) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
        """Hear a chat at whichever instance is there; gives what waits until so many were heard."""
        loop = asyncio.get_running_loop()
        seqs: list[int] = []
        news = asyncio.Event()

        async def hears() -> None:
            while True:
                at = self._instance()
                if at is not None:
                    with suppress(OSError, WebSocketException, AssertionError, TimeoutError):
                        await self._hear(who.via(at), session_id, seqs, news)
                await asyncio.sleep(AGAIN)

        async def heard(count: int) -> None:
            begun = loop.time()
            async with asyncio.timeout(HEARD):
                while len(seqs) < count:
                    news.clear()
                    await news.wait()
            self.figures.heard.append(loop.time() - begun)
            assert seqs == list(range(1, count + 1)), f"{session_id} was heard as {seqs}"

        task = asyncio.create_task(hears())
        try:
            yield heard
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @staticmethod
    async def _hear(who: Mitra, session_id: str, seqs: list[int], news: asyncio.Event) -> None:
        """Hear what comes on one socket, from the message after the last that was heard."""
        socket = await Socket.dialled(who.at.public, who.token)
        try:
            await socket.until("snapshot", seconds=5)
            await socket.send("resume", chats={session_id: len(seqs)})
            read, over = 0, False
            while not over:
                while read < len(socket.frames):
                    frame = socket.frames[read]
                    read += 1
                    if frame["type"] == "message" and frame["session_id"] == session_id:
                        seqs.append(frame["message"]["seq"])
                        news.set()
                over = await socket.news(seconds=HEARD)
        finally:
            socket.cut()  # the line may be dead: no farewell is waited for
            await socket.close()

    # ------------------------------------------------------------------------------------------- judging

    async def kept(self) -> list[str]:
        """What was acknowledged and is not there, or is there twice; nothing is the only good answer."""
        wrong: list[str] = []
        for one in self.told:
            [found] = await self.house.rows(KEPT, one.payment, one.session, one.payment, one.session)
            right = {"chats": 1, "ended": 1, "charged": [one.amount], "messages": list(one.messages)}
            if found != right:
                wrong.append(f"payment {one.payment}, told as {right}, stands as {found}")
        return wrong
