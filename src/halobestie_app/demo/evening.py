"""A customer's whole evening against a running server, told as it happens. Knows the public interfaces only.

Three stories: somebody listens; the same one again; a search that is given up. What comes over the WebSocket
is told when it comes; what it means is read from the objects that come with it or are asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from halobestie_app.demo.client import LOST, Body, Client, Refused, Socket, Unavailable
from halobestie_app.demo.telling import Telling, rupiah

CUSTOMER: Final = "Rina"
SOMEBODY_SECONDS: Final = 20.0
"""Until the robots are there."""
LOOK_SECONDS: Final = 2.0
"""Without a frame for so long, one asks."""
FRAME_SECONDS: Final = 5.0
BREATH_SECONDS: Final = 1.5
"""A chat as long as a demo can bear."""
TRIES: Final = 3
POLL_SECONDS: Final = 0.25
CONFLICT: Final = 409
FRAMES: Final = {"ready": "the WebSocket is open", "snapshot": "nothing is current yet"}
"""What is said of frames that show no object."""


class StoryBroken(Exception):
    """The evening did not go as it should; the text says what was expected."""


async def play(base: str, telling: Telling) -> None:
    """Play the evening at the server at ``base``. Raises `StoryBroken`."""
    try:
        async with Client(base) as client:
            await _Evening(client, telling).play()
    except Refused as refused:
        raise StoryBroken(f"the server refused what it should not have: {refused}") from None
    except LOST as lost:
        raise StoryBroken(f"the server at {base} is not reached ({type(lost).__name__})") from None


class _Evening:
    def __init__(self, client: Client, telling: Telling) -> None:
        self._client = client
        self._telling = telling
        self._frames: asyncio.Queue[Body] = asyncio.Queue()
        self._tier: Body = {}

    async def play(self) -> None:
        """Play all of it."""
        self._telling.chapter(f"{CUSTOMER} arrives")
        await self._arrive()
        async with self._listening():
            self._telling.chapter("Somebody listens")
            mitra = await self._talk(await self._paid_for(), None)
            self._telling.chapter(f"Curhat lagi: {mitra['display_name']} once more")
            await self._talk(await self._paid_for(mitra["id"]), mitra)
            self._telling.chapter("A search that is given up")
            await self._give_up()
        self._telling.chapter("What became of the money")
        await self._count_up()

    # --------------------------------------------------------------------------------------- steps

    async def _arrive(self) -> None:
        tokens = await self._ask(
            "POST",
            "/api/shared/auth/anonymous",
            {"display_name": CUSTOMER},
            remark=lambda _: f"{CUSTOMER} comes in and proves nothing",
        )
        self._client.token = tokens["access_token"]
        await self._until_somebody_is_there()
        prices = await self._ask("GET", "/api/client/chat/pricing?mode=chat", remark=_price_list)
        _expect(prices["tiers"], "a price on the list")
        self._tier = min(prices["tiers"], key=lambda tier: tier["minutes"])

    async def _until_somebody_is_there(self) -> None:
        path = "/api/client/mitra-availability"
        count = 0
        try:
            async with asyncio.timeout(SOMEBODY_SECONDS):
                while not count:
                    with suppress(Unavailable):
                        count = (await self._client.get(path))["count"]
                    await asyncio.sleep(0 if count else POLL_SECONDS)
        except TimeoutError:
            raise StoryBroken(f"no mitra came online within {SOMEBODY_SECONDS:g} seconds") from None
        self._telling.answered("GET", path, 200, _how_many(count))

    async def _paid_for(self, mitra_id: str | None = None) -> str:
        wanted = {"duration_minutes": self._tier["minutes"], "tier_id": self._tier["id"]}
        if mitra_id is not None:
            wanted["targeted_mitra_id"] = mitra_id
        payment = await self._ask("POST", "/api/client/payment-sessions", wanted, kind="payment")
        confirm = f"/api/client/payment-sessions/{payment['id']}/confirm"
        payment = await self._ask("POST", confirm, kind="payment")
        _expect(payment["status"] == "confirmed", "the payment to be confirmed")
        return str(payment["id"])

    async def _talk(self, payment_id: str, mitra: Body | None) -> Body:
        """Search, be paired, talk, end; gives who listened."""
        wanted: Body = {"payment_session_id": payment_id}
        path = "/api/client/chat-requests"
        if mitra is not None:
            wanted, path = {**wanted, "mitra_id": mitra["id"]}, f"{path}/returning"
        request = await self._ask("POST", path, wanted, kind="request")
        request = await self._until_answered(request)
        _expect(request["status"] == "accepted", f"a mitra to accept, not {request['cause_tag']}")
        active = await self._ask(
            "GET", "/api/client/chat/active", remark=lambda _: "what a cold start would see"
        )
        chat = active["session"]
        _expect(chat is not None and chat["status"] == "active", "the chat to be active")
        payment = await self._ask("GET", f"/api/client/payment-sessions/{payment_id}", kind="payment")
        _expect(payment["status"] == "consumed", "the payment to be consumed")
        await asyncio.sleep(BREATH_SECONDS)
        ended = await self._ask("POST", f"/api/client/chat/sessions/{chat['id']}/end", kind="chat")
        _expect(ended["status"] == "ended", "the chat to be ended")
        await self._until_told("session_ended")
        found: Body = chat["mitra"]
        return found

    async def _give_up(self) -> None:
        """Search and cancel at once. A robot that is quicker still is talked to, and it is tried again."""
        for _ in range(TRIES):
            payment_id = await self._paid_for()
            wanted = {"payment_session_id": payment_id}
            await self._ask("POST", "/api/client/chat-requests", wanted, kind="request")
            try:
                payment = await self._ask("POST", "/api/client/chat-requests/cancel", wanted, kind="payment")
            except Refused as refused:
                if refused.status != CONFLICT or not refused.body.get("session_id"):
                    raise
                self._telling.said("somebody was quicker than the cancellation; once more")
                end = f"/api/client/chat/sessions/{refused.body['session_id']}/end"
                await self._ask("POST", end, kind="chat")
                await self._until_told("session_ended")
                continue
            _expect(payment["cause_tag"] == "customer_cancelled", "the payment to fail with its cause")
            await self._until_told("pairing_failed")
            return
        raise StoryBroken(f"{TRIES} searches were answered before they could be cancelled")

    async def _count_up(self) -> None:
        payments = await self._ask("GET", "/api/client/payment-sessions", kind=None)
        for payment in reversed(payments["rows"]):
            outcome = "charged" if payment["status"] == "consumed" else f"refund {payment['refund']}"
            self._telling.said(
                f"{rupiah(payment['amount']):>10}  {payment['status']:15} {outcome}"
                + (f" ({payment['cause_tag']})" if payment["cause_tag"] else "")
            )

    # --------------------------------------------------------------------------------------- hearing

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Tell every frame while the block runs."""
        async with self._client.socket() as socket:
            listener = asyncio.create_task(self._listen(socket))
            try:
                yield
            finally:
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self, socket: Socket) -> None:
        while True:
            frame = await socket.receive()
            self._telling.framed(frame["type"], FRAMES.get(frame["type"], ""))
            self._telling.saw(frame)
            self._frames.put_nowait(frame)
            if frame["type"] == "paired":
                await socket.send("ack", frame="paired", id=frame["pairing_request_id"])

    async def _until_answered(self, request: Body) -> Body:
        """Wait for the request's end; a frame about it is a reason to look, and so is a long silence."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + request["timeout_seconds"] + 10
        while request["status"] == "pending":
            if loop.time() > deadline:
                raise StoryBroken("nobody answered, and the window did not end")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    while (await self._frames.get()).get("pairing_request_id") != request["id"]:
                        pass
            request = await self._ask("GET", f"/api/client/chat-requests/{request['id']}", kind="request")
        return request

    async def _until_told(self, kind: str) -> None:
        """Wait for a frame that is on its way."""
        try:
            async with asyncio.timeout(FRAME_SECONDS):
                while (await self._frames.get())["type"] != kind:
                    pass
        except TimeoutError:
            raise StoryBroken(f"the frame {kind} did not come") from None

    async def _ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        kind: str | None = None,
        remark: Callable[[Body], str] = lambda _: "",
    ) -> Body:
        """Call, and tell what came of it; ``kind``: what the answer is, if it is an object with a state."""
        try:
            status, answer = await self._client.call(method, path, body)
        except Refused as refused:
            self._telling.answered(method, path, refused.status, refused.code)
            raise
        self._telling.answered(method, path, status, remark(answer))
        self._telling.saw(answer, kind)
        return answer


def _expect(held: Any, what: str) -> None:  # noqa: ANN401  anything true
    if not held:
        raise StoryBroken(f"expected {what}")


def _how_many(count: int) -> str:
    return "one mitra is there" if count == 1 else f"{count} mitras are there"


def _price_list(prices: Body) -> str:
    tiers = prices["tiers"]
    return f"{len(tiers)} blocks, from {rupiah(min(tier['price'] for tier in tiers))}" if tiers else "empty"
