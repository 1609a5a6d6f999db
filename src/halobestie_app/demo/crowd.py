"""Customers of a simulation: each pays, searches, talks and ends, again and again, until it is time to stop.

What each decides follows from its seed; what becomes of it is counted. Knows the public interfaces only.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, Final
from uuid import UUID

from halobestie_app.demo.client import LOST, Body, Client, Refused, Socket
from halobestie_app.demo.paying import HOSTED, Unpayable, is_confirmed, page_of, press
from halobestie_app.demo.tally import Tally

PAUSE: Final = (0.2, 1.0)
"""Seconds between two evenings, and between two messages."""
MESSAGES: Final = (1, 5)
LOOK_SECONDS: Final = 2.0
ACK_SECONDS: Final = 10.0
PAID_SECONDS: Final = 30.0
"""Until what was paid is confirmed."""
FORESEEN: Final = frozenset({409, 503})
"""Answers that are part of life when many want the same."""


class Customer:
    """One. ``stop`` says that no new evening begins, and that a search is given up."""

    def __init__(self, name: str, chance: Random, tally: Tally, stop: asyncio.Event) -> None:
        self._name = name
        self._chance = chance
        self._tally = tally
        self._stop = stop
        self._frames: asyncio.Queue[Body] = asyncio.Queue()

    async def live(self, base: str) -> None:
        """Live at the server at ``base`` until it is time to stop. Raises nothing but cancellation."""
        try:
            async with Client(base) as client:
                body = {"display_name": self._name}
                tokens = await self._call(client, "POST", "/api/shared/auth/anonymous", body)
                client.token = tokens["access_token"]
                while not self._stop.is_set():
                    with suppress(*LOST):  # come again, as an app does
                        await self._connected(client)
                    await self._pause()
        except Refused as refused:
            self._tally.troubles[refused.code or str(refused.status)] += 1
        except LOST as lost:
            self._tally.troubles[type(lost).__name__] += 1

    async def _connected(self, client: Client) -> None:
        async with client.socket() as socket:
            listener = asyncio.create_task(self._listen(socket))
            try:
                while not self._stop.is_set() and not listener.done():
                    try:
                        await self._evening(client, socket)
                    except Refused as refused:
                        if refused.status not in FORESEEN:
                            raise
                        self._tally.failures[refused.code] += 1
                    await self._pause()
            finally:
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self, socket: Socket) -> None:
        while True:
            frame = await socket.receive()
            self._frames.put_nowait(frame)
            if frame["type"] == "paired":
                await socket.send("ack", frame="paired", id=frame["pairing_request_id"])

    async def _evening(self, client: Client, socket: Socket) -> None:
        prices = await self._call(client, "GET", "/api/client/chat/pricing?mode=chat")
        tier = self._chance.choice(prices["tiers"])
        wanted = {"duration_minutes": tier["minutes"], "tier_id": tier["id"]}
        payment = await self._call(client, "POST", "/api/client/payment-sessions", wanted)
        if not await self._paid(client, payment):
            return
        paid = {"payment_session_id": payment["id"]}
        try:
            request = await self._call(client, "POST", "/api/client/chat-requests", paid)
            self._tally.searches += 1
            session_id = await self._until_answered(client, request, paid)
        except Refused as refused:
            # Somebody was quicker than the end of the search; or it could not begin, and its money goes back.
            session_id = refused.body.get("session_id")
            if session_id is None:
                with suppress(Refused):
                    await self._call(client, "POST", "/api/client/chat-requests/cancel", paid)
                raise
            self._tally.pairings += 1
        if session_id is not None:
            await self._talk(socket, session_id)
            await self._call(client, "POST", f"/api/client/chat/sessions/{session_id}/end")

    async def _paid(self, client: Client, payment: Body) -> bool:
        """Pay, on the hosted page if there is one; whether it was confirmed."""
        payment_id = str(payment["id"])
        path = f"/api/client/payment-sessions/{payment_id}"
        if payment["provider"] != HOSTED:
            await self._call(client, "POST", f"{path}/confirm")
            return True
        loop = asyncio.get_running_loop()
        try:
            await press(client, await page_of(client, payment))
        except Unpayable as trouble:
            self._tally.troubles[str(trouble)] += 1
            return False
        begun = loop.time()
        while payment["status"] == "pending" and loop.time() - begun < PAID_SECONDS:
            await self._heard(lambda frame: is_confirmed(frame, payment_id), LOOK_SECONDS)
            payment = await self._call(client, "GET", path)
        if payment["status"] != "confirmed":
            self._tally.troubles[f"what was paid is {payment['status']}"] += 1
            return False
        self._tally.confirming.append(loop.time() - begun)
        return True

    async def _until_answered(self, client: Client, request: Body, paid: Body) -> str | None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while request["status"] == "pending":
            if self._stop.is_set():
                await self._call(client, "POST", "/api/client/chat-requests/cancel", paid)
            else:
                await self._heard(_about("pairing_request_id", request["id"]), LOOK_SECONDS)
            request = await self._call(client, "GET", f"/api/client/chat-requests/{request['id']}")
        if request["status"] != "accepted":
            self._tally.failures[request["cause_tag"]] += 1
            return None
        self._tally.accepting.append(loop.time() - begun)
        self._tally.pairings += 1
        active = await self._call(client, "GET", "/api/client/chat/active")
        return None if active["session"] is None else str(active["session"]["id"])

    async def _talk(self, socket: Socket, session_id: str) -> None:
        loop = asyncio.get_running_loop()
        for number in range(self._chance.randint(*MESSAGES)):
            mine = str(UUID(int=self._chance.getrandbits(128), version=4))
            begun = loop.time()
            text = f"Ini pesanku yang ke-{number + 1}."
            await socket.send("message", session_id=session_id, client_message_id=mine, text=text)
            if await self._heard(_about("client_message_id", mine), ACK_SECONDS):
                self._tally.messages += 1
                self._tally.acknowledging.append(loop.time() - begun)
            else:
                self._tally.troubles["a message was not acknowledged"] += 1
            await self._pause()

    async def _heard(self, is_it: Callable[[Body], bool], seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not is_it(await self._frames.get()):
                    pass
                return True
        return False

    async def _call(
        self, client: Client, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Body:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            return (await client.call(method, path, body))[1]
        finally:
            self._tally.answering.append(loop.time() - begun)

    async def _pause(self) -> None:
        await asyncio.sleep(self._chance.uniform(*PAUSE))


def _about(member: str, value: object) -> Callable[[Body], bool]:
    return lambda frame: frame.get(member) == value
