"""A customer's whole evening against a running server, told as it happens. Knows the public interfaces only.

Three stories: somebody listens, and longer than was planned; the same one again; a search that is given up.
What comes over the WebSocket is told when it comes; what it means is read from the objects that come with it
or are asked for.
"""

import asyncio
from contextlib import suppress
from typing import Final
from uuid import uuid4

from halobestie_app.demo.client import LOST, Body, Client, Refused, Unavailable
from halobestie_app.demo.paying import HOSTED, Unpayable, is_confirmed, page_of, press
from halobestie_app.demo.telling import Telling, rupiah
from halobestie_app.demo.told import StoryBroken, Told, expect

CUSTOMER: Final = "Rina"
SOMEBODY_SECONDS: Final = 20.0
"""Until the robots are there."""
ANSWER_SECONDS: Final = 15.0
"""Until somebody answers a message."""
BREATH_SECONDS: Final = 1.5
"""A chat as long as a demo can bear."""
TRIES: Final = 3
POLL_SECONDS: Final = 0.25
PAID_SECONDS: Final = 30.0
"""Until what was paid is confirmed: by a webhook at once, without one when the gateway is asked."""
CONFLICT: Final = 409
FIRST: Final = ("Halo, makasih sudah ada.", "Hari ini capek banget di kantor.")
LATER: Final = ("Boleh cerita sedikit lagi?",)
CLOSING: Final = "Makasih, aku jauh lebih lega."


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
        self._told = Told(client, telling, CUSTOMER)
        self._tier: Body = {}

    async def play(self) -> None:
        """Play all of it."""
        self._told.telling.chapter(f"{CUSTOMER} arrives")
        await self._arrive()
        async with self._told.listening():
            self._told.telling.chapter("Somebody listens")
            mitra = await self._talk(await self._paid_for(), None)
            self._told.telling.chapter(f"Curhat lagi: {mitra['display_name']} once more")
            await self._talk(await self._paid_for(mitra["id"]), mitra)
            self._told.telling.chapter("A search that is given up")
            await self._give_up()
        self._told.telling.chapter("What became of the money")
        await self._count_up()

    # --------------------------------------------------------------------------------------- steps

    async def _arrive(self) -> None:
        tokens = await self._told.ask(
            "POST",
            "/api/shared/auth/anonymous",
            {"display_name": CUSTOMER},
            remark=lambda _: f"{CUSTOMER} comes in and proves nothing",
        )
        self._told.client.token = tokens["access_token"]
        await self._until_somebody_is_there()
        prices = await self._told.ask("GET", "/api/client/chat/pricing?mode=chat", remark=_price_list)
        expect(prices["tiers"], "a price on the list")
        self._tier = min(prices["tiers"], key=lambda tier: tier["minutes"])

    async def _until_somebody_is_there(self) -> None:
        path = "/api/client/mitra-availability"
        count = 0
        try:
            async with asyncio.timeout(SOMEBODY_SECONDS):
                while not count:
                    with suppress(Unavailable):
                        count = (await self._told.client.get(path))["count"]
                    await asyncio.sleep(0 if count else POLL_SECONDS)
        except TimeoutError:
            raise StoryBroken(f"no mitra came online within {SOMEBODY_SECONDS:g} seconds") from None
        self._told.telling.answered("GET", path, 200, _how_many(count))

    async def _paid_for(self, mitra_id: str | None = None, *, is_extension: bool = False) -> str:
        wanted = {"duration_minutes": self._tier["minutes"], "tier_id": self._tier["id"]}
        if mitra_id is not None:
            wanted["targeted_mitra_id"] = mitra_id
        if is_extension:
            wanted["is_extension"] = True
        payment = await self._told.ask("POST", "/api/client/payment-sessions", wanted, kind="payment")
        path = f"/api/client/payment-sessions/{payment['id']}"
        if payment["provider"] == HOSTED:
            await self._pay_on_page(payment)
            payment = await self._told.ask("GET", path, kind="payment")
        else:
            payment = await self._told.ask("POST", f"{path}/confirm", kind="payment")
        expect(payment["status"] == "confirmed", "the payment to be confirmed")
        return str(payment["id"])

    async def _pay_on_page(self, payment: Body) -> None:
        """Open the gateway's page and press its button; the server hears of it by itself."""
        payment_id = str(payment["id"])
        try:
            url = await page_of(self._told.client, payment)
            self._told.telling.said(f"{CUSTOMER} pays {rupiah(payment['amount'])} at {url}")
            await press(self._told.client, url)
        except Unpayable as trouble:
            raise StoryBroken(str(trouble)) from None
        await self._told.until(
            "the frame payment_confirmed", PAID_SECONDS, lambda frame: is_confirmed(frame, payment_id)
        )

    async def _talk(self, payment_id: str, mitra: Body | None) -> Body:
        """Search, be paired, talk, end; gives who listened."""
        wanted: Body = {"payment_session_id": payment_id}
        path = "/api/client/chat-requests"
        if mitra is not None:
            wanted, path = {**wanted, "mitra_id": mitra["id"]}, f"{path}/returning"
        request = await self._told.ask("POST", path, wanted, kind="request")
        request = await self._told.until_answered(request)
        expect(request["status"] == "accepted", f"a mitra to accept, not {request['cause_tag']}")
        active = await self._told.ask(
            "GET", "/api/client/chat/active", remark=lambda _: "what a cold start would see"
        )
        chat = active["session"]
        expect(chat is not None and chat["status"] == "active", "the chat to be active")
        await self._expect_consumed(payment_id)
        closing: Body = {}
        if mitra is None:
            await self._converse(chat, FIRST)
            await self._prolong(chat)
            await self._converse(chat, LATER)
            closing = {"closing_message": CLOSING}
        else:
            await asyncio.sleep(BREATH_SECONDS)
        end = f"/api/client/chat/sessions/{chat['id']}/end"
        ended = await self._told.ask(
            "POST", end, closing, kind="chat", remark=lambda _: CLOSING if closing else ""
        )
        expect(ended["status"] == "ended", "the chat to be ended")
        await self._told.until_told("session_ended")
        found: Body = chat["mitra"]
        return found

    async def _converse(self, chat: Body, lines: tuple[str, ...]) -> None:
        """Say these lines, one after the other, and wait for what is answered to each."""
        for text in lines:
            mine = str(uuid4())
            await self._told.send(
                "message",
                f"{CUSTOMER}: {text}",
                session_id=chat["id"],
                client_message_id=mine,
                text=text,
            )
            heard = _Exchange(mine).hear
            await self._told.until("an answer to a message", ANSWER_SECONDS, heard)

    async def _prolong(self, chat: Body) -> None:
        """Pay for more, ask, and see that it is longer by what was paid."""
        self._told.telling.chapter("Perpanjang: it did them good, so they go on")
        payment_id = await self._paid_for(is_extension=True)
        asked = await self._told.ask(
            "POST",
            f"/api/client/chat/sessions/{chat['id']}/extensions",
            {"extension_payment_session_id": payment_id},
            kind="extension",
        )
        await self._told.until_told("extension_response", asked["timeout_seconds"] + ANSWER_SECONDS)
        active = await self._told.ask("GET", "/api/client/chat/active")
        longer = active["session"]
        expect(longer is not None and longer["status"] == "active", "the chat to go on")
        minutes = round((longer["seconds_left"] - chat["seconds_left"]) / 60)
        expect(minutes == self._tier["minutes"], "the chat to be longer by what was paid")
        self._told.telling.said(f"{round(longer['seconds_left'] / 60)} minutes left")
        await self._expect_consumed(payment_id)

    async def _expect_consumed(self, payment_id: str) -> None:
        payment = await self._told.ask("GET", f"/api/client/payment-sessions/{payment_id}", kind="payment")
        expect(payment["status"] == "consumed", "the payment to be consumed")

    async def _give_up(self) -> None:
        """Search and cancel at once. A robot that is quicker still is talked to, and it is tried again."""
        for _ in range(TRIES):
            payment_id = await self._paid_for()
            wanted = {"payment_session_id": payment_id}
            await self._told.ask("POST", "/api/client/chat-requests", wanted, kind="request")
            try:
                payment = await self._told.ask(
                    "POST", "/api/client/chat-requests/cancel", wanted, kind="payment"
                )
            except Refused as refused:
                if refused.status != CONFLICT or not refused.body.get("session_id"):
                    raise
                self._told.telling.said("somebody was quicker than the cancellation; once more")
                end = f"/api/client/chat/sessions/{refused.body['session_id']}/end"
                await self._told.ask("POST", end, kind="chat")
                await self._told.until_told("session_ended")
                continue
            expect(payment["cause_tag"] == "customer_cancelled", "the payment to fail with its cause")
            await self._told.until_told("pairing_failed")
            return
        raise StoryBroken(f"{TRIES} searches were answered before they could be cancelled")

    async def _count_up(self) -> None:
        payments = await self._told.ask("GET", "/api/client/payment-sessions", kind=None)
        for payment in reversed(payments["rows"]):
            outcome = "charged" if payment["status"] == "consumed" else f"refund {payment['refund']}"
            self._told.telling.said(
                f"{rupiah(payment['amount']):>10}  {payment['status']:15} {outcome}"
                + (", for more time" if payment["is_extension"] else "")
                + (f" ({payment['cause_tag']})" if payment["cause_tag"] else "")
            )


class _Exchange:
    """One message of ours: acknowledged, and shown to us as to everybody; what comes behind it answers it."""

    def __init__(self, client_message_id: str) -> None:
        self._id = client_message_id
        self._acked = self._shown = self._answered = False

    def hear(self, frame: Body) -> bool:
        """Whether this frame completes it."""
        match frame["type"]:
            case "message_ack":
                self._acked |= frame["client_message_id"] == self._id
            case "message":
                self._answered |= self._shown and frame["message"]["sender"] == "mitra"
                self._shown |= frame["message"]["client_message_id"] == self._id
        return self._acked and self._answered


def _how_many(count: int) -> str:
    return "one mitra is there" if count == 1 else f"{count} mitras are there"


def _price_list(prices: Body) -> str:
    tiers = prices["tiers"]
    return f"{len(tiers)} blocks, from {rupiah(min(tier['price'] for tier in tiers))}" if tiers else "empty"
