"""The routes of what is said, on a real database: messages, what they answer, histories page by page."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from attrs import frozen

from halobestie_core.words import UserType
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

CUSTOMER, MITRA = UserType.CUSTOMER, UserType.MITRA
MESSAGE = {"seq", "sender", "client_message_id", "text", "sent_at"}
PAST = {
    "session_id", "status", "mode", "started_at", "ended_at", "duration_minutes", "end_reason",
    "closing_message",
}  # fmt: skip


@frozen
class Pair:
    """Two who talk, and what they can do."""

    house: Reception
    ani: UUID
    sari: UUID
    chat: str

    @property
    def path(self) -> str:
        """Where the messages are."""
        return f"/api/shared/chat/{self.chat}/messages"

    async def says(self, text: str, *, mitra: bool = False, id_: str | None = None, status: int = 201) -> Any:  # noqa: ANN401  JSON
        """Say something."""
        kind, who = (MITRA, self.sari) if mitra else (CUSTOMER, self.ani)
        body = {"client_message_id": id_ or str(uuid4()), "text": text}
        return await self.house.said(status, kind, who, "POST", self.path, body)

    async def gets(self, path: str, *, mitra: bool = False, status: int = 200) -> Any:  # noqa: ANN401  JSON
        """Read something."""
        kind, who = (MITRA, self.sari) if mitra else (CUSTOMER, self.ani)
        return await self.house.said(status, kind, who, "GET", path)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Reception]:
    """Both listeners."""
    async with reception(database_url) as opened:
        yield opened


@pytest.fixture
async def pair(house: Reception) -> Pair:
    """Two who have just met."""
    return await met(house, await house.mitra())


async def met(house: Reception, sari: UUID) -> Pair:
    """A new customer talks with this mitra."""
    ani = await house.customer()
    paid = await house.paid(ani)
    wish = {"payment_session_id": paid}
    request = await house.said(201, CUSTOMER, ani, "POST", "/api/client/chat-requests", wish)
    accept = f"/api/mitra/chat-requests/{request['id']}/accept"
    won = await house.said(200, MITRA, sari, "POST", accept)
    return Pair(house, ani, sari, won["session_id"])


async def test_said_and_read(pair: Pair) -> None:
    """What one side says both read, in order, with exactly the promised members."""
    first = await pair.says("halo")
    second = await pair.says("halo, ada apa?", mitra=True)
    assert set(first) == MESSAGE
    assert (first["seq"], first["sender"], first["text"]) == (1, "customer", "halo")
    assert (second["seq"], second["sender"]) == (2, "mitra")
    page = await pair.gets(pair.path, mitra=True)
    assert page == {"rows": [first, second], "next": None}
    assert await pair.gets(f"{pair.path}?after_seq=1") == {"rows": [second], "next": None}
    assert await pair.gets(f"{pair.path}?cursor=1") == {"rows": [second], "next": None}
    assert await pair.gets(f"{pair.path}?after_seq=1&limit=&cursor=") == {"rows": [second], "next": None}
    assert await pair.gets(f"{pair.path}?limit=1") == {"rows": [first], "next": 1}
    assert await pair.gets(f"{pair.path}?after_seq=2") == {"rows": [], "next": None}


async def test_a_resend(pair: Pair) -> None:
    """A resend gets the same message; the same id with another text is a conflict."""
    id_ = str(uuid4())
    first = await pair.says("halo", id_=id_)
    assert await pair.says("halo", id_=id_) == first
    refused = await pair.says("hai", id_=id_, status=409)
    assert (refused["code"], refused["state"], refused["allowed"]) == ("INVALID_STATE", "active", [])
    assert (await pair.gets(pair.path))["rows"] == [first]


async def test_strangers(pair: Pair) -> None:
    """Who is no side of a chat is told so and nothing else; what does not exist is not found."""
    other = await met(pair.house, await pair.house.mitra("Tini"))
    await pair.says("rahasia")
    body = {"client_message_id": str(uuid4()), "text": "halo"}
    for kind, who in ((CUSTOMER, other.ani), (MITRA, other.sari)):
        for chat, status, code in ((pair.chat, 403, "FORBIDDEN"), (uuid4(), 404, "NOT_FOUND")):
            base = f"/api/shared/chat/{chat}"
            for method, path, given in (
                ("GET", "messages", None),
                ("GET", "info", None),
                ("POST", "messages", body),
            ):
                refused = await pair.house.said(status, kind, who, method, f"{base}/{path}", given)
                assert refused["code"] == code
                assert "rahasia" not in str(refused)
    operator = await pair.house.operator()
    answer = await pair.house.public.get(pair.path)
    assert answer.status_code == 401
    assert (await pair.house.ask(UserType.OPERATOR, operator, "GET", pair.path)).status_code == 404


async def test_info(pair: Pair) -> None:
    """Both sides see the chat with how much was said, who has read how far, and what it waits for."""
    await pair.says("halo")
    mine, theirs = [
        await pair.gets(f"/api/shared/chat/{pair.chat}/info", mitra=side) for side in (False, True)
    ]
    assert (mine["id"], mine["status"], mine["last_seq"]) == (pair.chat, "active", 1)
    assert (mine["read"], mine["pending_extension"]) == ({"customer": 0, "mitra": 0}, None)
    assert mine["customer"]["display_name"] == "Ani"
    assert set(mine) == set(theirs)

    more = await pair.house.paid(pair.ani, is_extension=True)
    path = f"/api/client/chat/sessions/{pair.chat}/extensions"
    body = {"extension_payment_session_id": more}
    asked = await pair.house.said(201, CUSTOMER, pair.ani, "POST", path, body)
    info = await pair.gets(f"/api/shared/chat/{pair.chat}/info", mitra=True)
    assert info["status"] == "extending"
    assert info["pending_extension"] == {
        "extension_id": asked["id"],
        "duration_minutes": 5,
        "price": 10000,
        "requested_at": asked["requested_at"],
        "expires_at": asked["deadline_at"],
        "timeout_seconds": asked["timeout_seconds"],
        "default_action": asked["default_action"],
    }
    refused = await pair.says("masih ada?", status=409)
    assert refused["code"] == "SESSION_PAUSED"
    respond = f"/api/mitra/extensions/{asked['id']}/respond"
    await pair.house.said(200, MITRA, pair.sari, "POST", respond, {"accepted": True})
    history = await pair.gets("/api/client/chat/history")
    assert history["rows"][0]["duration_minutes"] == 10, "what was prolonged counts"


async def test_the_end(pair: Pair) -> None:
    """An ended chat takes nothing more and is still read; last words are in both histories."""
    said = await pair.says("halo")
    end = f"/api/client/chat/sessions/{pair.chat}/end"
    await pair.house.said(200, CUSTOMER, pair.ani, "POST", end, {"closing_message": "terima kasih"})
    assert (await pair.says("masih ada?", mitra=True, status=409))["code"] == "SESSION_NOT_ACTIVE"
    assert (await pair.gets(pair.path, mitra=True))["rows"] == [said]
    mine = await pair.gets("/api/client/chat/history")
    theirs = await pair.gets("/api/mitra/chat/history", mitra=True)
    assert set(mine["rows"][0]) == PAST | {"mitra"}
    assert set(theirs["rows"][0]) == PAST | {"customer"}
    assert mine["rows"][0]["mitra"] == {"id": str(pair.sari), "display_name": "Sari"}
    for history in (mine, theirs):
        row = history["rows"][0]
        assert (row["session_id"], row["status"], row["end_reason"]) == (pair.chat, "ended", "customer_ended")
        assert (row["closing_message"], row["duration_minutes"], history["next"]) == ("terima kasih", 5, None)


async def test_histories_in_pages(house: Reception) -> None:
    """A history is followed from page to page to its end; what is no cursor of ours is refused."""
    sari = await house.mitra()
    pairs = [await met(house, sari) for _ in range(3)]
    assert (await pairs[0].gets("/api/mitra/chat/history", mitra=True))["rows"] == [], (
        "live ones are not past"
    )
    for pair in pairs:
        path = f"/api/client/chat/sessions/{pair.chat}/end"
        await house.said(200, CUSTOMER, pair.ani, "POST", path, {})
    found: list[str] = []
    cursor = ""
    while True:
        page = await pairs[0].gets(f"/api/mitra/chat/history?limit=1{cursor}", mitra=True)
        found += [row["session_id"] for row in page["rows"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == [pair.chat for pair in reversed(pairs)]
    for wrong in ("x", "%00", "AAAA", "é", "_" * 32, "A" * 28, "x" * 201):
        refused = await house.ask(MITRA, sari, "GET", f"/api/mitra/chat/history?cursor={wrong}")
        assert refused.status_code == 422, wrong
