"""Robot mitras: each behaves as a mitra's app would, with a person before it who always says yes.

They know the public interfaces only. What they do next is read from the server (level, not edge): a frame is
a reason to look, and without frames they look every few seconds. Whatever breaks, they come back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Final, TypeAlias

from halobestie_app import log
from halobestie_app.demo.answers import Answers
from halobestie_app.demo.client import LOST, Body, Client, Refused
from halobestie_app.demo.codes import Overheard
from halobestie_app.demo.people import Mitra
from halobestie_app.demo.place import Place

TALKING: Final = ("active", "closing")
LOOK_SECONDS: Final = 5.0
"""Between two looks while frames come; without them much less."""
BLIND_LOOK_SECONDS: Final = 1.0
BACK_OFF_SECONDS: Final = (0.5, 15.0)
RECONNECT_SECONDS: Final = (0.5, 2.0)
THINKING: Final = {"general": (1.0, 2.5), "returning": (0.8, 1.6), "extension": (0.8, 1.6)}
"""Seconds until somebody says yes: at least, at most."""
COURTESY: Final = 15.0
"""Seconds more that they think about what everybody is asked, while a person could answer."""
PARTING: Final = (4.0, 8.0)
RENEW_BEFORE: Final = 60.0
"""Seconds before an access token ends that a new one is fetched."""
ADDRESSED: Final = {"chat_request": "returning", "paired": None, "extension_request": None}
"""Frames that are acknowledged, and of which request type (None: any)."""
UNAUTHENTICATED: Final = 401

Say: TypeAlias = Callable[[str, str], None]
"""Told what a robot does: who, what."""
Yields: TypeAlias = Callable[[], Awaitable[bool]]
"""Asked whether a person is there who should be let go first."""

_log = log.get(__name__)


class Robot:
    """One robot. ``chance`` makes it wait like a person. ``online`` is set once it was online."""

    def __init__(
        self, mitra: Mitra, place: Place, codes: Overheard, say: Say, chance: Random, yields: Yields
    ) -> None:
        self._mitra = mitra
        self._place = place
        self._codes = codes
        self._say = say
        self._chance = chance
        self._yields = yields
        self.online = asyncio.Event()
        self._refresh_token: str | None = None
        self._look = asyncio.Event()
        self._hears = False
        self._busy: set[str] = set()
        self._answers = Answers(mitra.name, chance)

    async def live(self, base: str) -> None:
        """Work at the server at ``base`` until cancelled; come back after whatever goes wrong."""
        notes = self._place.read()
        self._refresh_token = notes.sessions.get(self._mitra.phone) if notes else None
        shortest, longest = BACK_OFF_SECONDS
        pause = shortest
        while True:
            try:
                async with Client(base) as client:
                    await self._log_in(client)
                    pause = shortest
                    await self._work(client)
            except* (Refused, *LOST) as trouble:
                _log.warning("a robot is away", error=type(trouble.exceptions[0]).__name__)
            except* Exception as mistake:  # noqa: BLE001  ours, to be seen; the demo goes on
                _log.error("a robot stumbled", exc_info=mistake)
            await asyncio.sleep(pause * self._chance.uniform(0.8, 1.2))
            pause = min(pause * 2, longest)

    async def _work(self, client: Client) -> None:
        status = await client.put("/api/mitra/status", {"is_online": True})
        self.online.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat(client, float(status["heartbeat_cadence_seconds"])))
            tasks.create_task(self._listen(client))
            tasks.create_task(self._attend(client, tasks))

    # ------------------------------------------------------------------------------------------- logging in

    async def _log_in(self, client: Client) -> None:
        """With the token of last time, else with a code. Raises `Refused`, and `LOST`."""
        if self._refresh_token is not None:
            try:
                await self._renew(client)
            except Refused as refused:
                if refused.status != UNAUTHENTICATED:
                    raise
                self._refresh_token = None  # gone with its database, or ended
            else:
                return
        phone = self._mitra.phone
        await client.post("/api/mitra/auth/otp/request", {"phone": phone})
        code = self._codes.take(phone)
        self._keep(client, await client.post("/api/mitra/auth/otp/verify", {"phone": phone, "code": code}))

    async def _renew(self, client: Client) -> float:
        tokens = await client.post("/api/shared/auth/refresh", {"refresh_token": self._refresh_token})
        return self._keep(client, tokens)

    def _keep(self, client: Client, tokens: Body) -> float:
        client.token = tokens["access_token"]
        self._refresh_token = tokens["refresh_token"]
        self._place.remember(self._mitra.phone, tokens["refresh_token"])
        return float(tokens["expires_in"])

    # ------------------------------------------------------------------------------------- being reachable

    async def _beat(self, client: Client, cadence: float) -> None:
        """Say every ``cadence`` seconds that somebody is there; one who was taken offline comes back."""
        while True:
            await asyncio.sleep(cadence)
            try:
                await client.post("/api/mitra/heartbeat")
            except Refused as refused:
                if refused.code != "MITRA_OFFLINE":
                    raise
                await client.put("/api/mitra/status", {"is_online": True})

    async def _listen(self, client: Client) -> None:
        """Keep the WebSocket open. Without one, there is still looking."""
        while True:
            try:
                async with client.socket() as socket:
                    self._hears = True
                    self._answers.opened(socket)
                    while True:
                        frame = await socket.receive()
                        await self._answers.hear(frame)
                        self._look.set()
                        if _is_addressed(frame):
                            await socket.send("ack", frame=frame["type"], id=_addressed_id(frame))
            except Refused as refused:
                if refused.status == UNAUTHENTICATED:
                    raise
            except LOST as lost:
                _log.warning(
                    "a robot hears nothing for a moment", error=type(lost).__name__, detail=str(lost)
                )
            finally:
                self._hears = False
                self._answers.closed()
            await asyncio.sleep(self._chance.uniform(*RECONNECT_SECONDS))

    # ------------------------------------------------------------------------------------------- attending

    async def _attend(self, client: Client, tasks: asyncio.TaskGroup) -> None:
        """Look at what is there, and see to whatever nobody sees to yet."""
        while True:
            self._look.clear()
            now = await client.get("/api/mitra/chat/active")
            for offer in now["offers"]:
                self._see_to(offer["id"], self._answer(client, offer), tasks)
            for asked in now["extensions"]:
                self._see_to(asked["id"], self._go_on(client, asked), tasks)
            for chat in now["sessions"]:
                if chat["status"] in TALKING and self._answers.is_owed(chat["id"]):
                    self._see_to(f"talk {chat['id']}", self._talk(chat), tasks)
                if chat["status"] == "closing" and self._mitra.parts_early:
                    self._see_to(chat["id"], self._part(client, chat), tasks)
            try:
                async with asyncio.timeout(LOOK_SECONDS if self._hears else BLIND_LOOK_SECONDS):
                    await self._look.wait()
            except TimeoutError:
                pass

    def _see_to(self, what: str, work: Any, tasks: asyncio.TaskGroup) -> None:  # noqa: ANN401  a coroutine
        if what in self._busy:
            work.close()
            return
        self._busy.add(what)
        tasks.create_task(self._once(what, work))

    async def _once(self, what: str, work: Awaitable[None]) -> None:
        try:
            await work
        finally:
            self._busy.discard(what)

    async def _answer(self, client: Client, offer: Body) -> None:
        """Say yes after a moment of thought; who is too late shrugs, who is full asks again later."""
        await asyncio.sleep(self._chance.uniform(*THINKING[offer["kind"]]))
        if offer["kind"] == "general" and await self._yields():
            await asyncio.sleep(COURTESY)
        accepted = await self._tried(client, f"/api/mitra/chat-requests/{offer['id']}/accept")
        if accepted is not None:
            who, minutes = offer["customer"]["display_name"], offer["duration_minutes"]
            again = " again" if offer["kind"] == "returning" else ""
            self._say(self._mitra.name, f"listens to {who}{again}, {minutes} minutes")
            await self._answers.greet(accepted["session_id"], who)

    async def _talk(self, chat: Body) -> None:
        """Answer, and look again: something may have been said meanwhile."""
        await self._answers.answer(chat["id"])
        self._look.set()

    async def _go_on(self, client: Client, asked: Body) -> None:
        """Say yes to more time."""
        await asyncio.sleep(self._chance.uniform(*THINKING["extension"]))
        path = f"/api/mitra/extensions/{asked['id']}/respond"
        if await self._tried(client, path, {"accepted": True}) is not None:
            who, minutes = asked["customer"]["display_name"], asked["duration_minutes"]
            self._say(self._mitra.name, f"stays with {who}, {minutes} minutes more")

    async def _part(self, client: Client, chat: Body) -> None:
        """Say goodbye when the paid time is over."""
        await asyncio.sleep(self._chance.uniform(*PARTING))
        if await self._tried(client, f"/api/mitra/chat/sessions/{chat['id']}/end") is not None:
            self._say(self._mitra.name, f"says goodbye to {chat['customer']['display_name']}")

    async def _tried(self, client: Client, path: str, body: Body | None = None) -> Body | None:
        """Do it if the server agrees; gives its answer. Raises `LOST`, and `Refused` to who is logged out."""
        try:
            return await client.post(path, body)
        except Refused as refused:
            if refused.status == UNAUTHENTICATED:
                raise
            return None


def _is_addressed(frame: Body) -> bool:
    kind = frame.get("type")
    return kind in ADDRESSED and ADDRESSED[kind] in (None, frame.get("request_type"))


def _addressed_id(frame: Body) -> object:
    return frame.get("extension_id") or frame.get("pairing_request_id") or frame.get("id")
