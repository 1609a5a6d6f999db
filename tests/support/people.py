"""Customers, mitras and operators, who know the public contract and nothing of the program behind it.

A verb in the third person happens as told or the test ends (``await ayu.pays(12)`` gives the confirmed
payment); an imperative gives whatever the server answered (``await budi.accept(request)``), to be judged.
"""

from typing import TYPE_CHECKING, Any, Self, TypeAlias
from uuid import UUID

from attrs import define, evolve, frozen

from support.sockets import Socket
from support.waiting import eventually

if TYPE_CHECKING:
    from support.evening import House
    from support.server import Instance

Json: TypeAlias = Any
"""What JSON gives; a test names the members it expects."""

PASSWORD = "quite a long password"


@frozen
class Answer:
    """A status and the object that came with it."""

    status: int
    body: Json

    def ok(self, status: int = 200) -> Json:
        """The object of a command that succeeded."""
        assert self.status == status, f"{self.status}: {self.body}"
        return self.body

    def refused(self, code: str, status: int = 409) -> Json:
        """The problem of one that did not."""
        assert (self.status, self.body.get("code")) == (status, code), f"{self.status}: {self.body}"
        return self.body

    @property
    def code(self) -> str:
        """The problem's code, or ``OK``."""
        return "OK" if self.status < 400 else str(self.body["code"])


@define
class Person:
    """Somebody with a token, who talks to one instance of the server."""

    house: "House"
    at: "Instance"
    id: str
    token: str

    def via(self, instance: "Instance") -> Self:
        """The same person, whose requests go to another instance."""
        return evolve(self, at=instance)

    async def ask(self, method: str, path: str, body: Json = None, **options: Any) -> Answer:  # noqa: ANN401
        """Send one request of one's own."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        base = self.at.internal if path.startswith("/internal") else self.at.public
        return await self.house.ask(method, base + path, body, headers=headers, **options)

    async def get(self, path: str) -> Json:
        """Read what is there."""
        return (await self.ask("GET", path)).ok()

    async def connects(self) -> Socket:
        """Open a socket and read it up to the snapshot."""
        socket = await Socket.opened(self.at.public, self.token)
        socket.noting = self.house.secrets.note
        self.house.sockets.append(socket)
        return socket


@define
class Customer(Person):
    """Somebody who wants to talk."""

    async def pay(self, minutes: int = 12, mitra: "Mitra | None" = None, **members: Json) -> Answer:
        """Create a payment session."""
        target = {} if mitra is None else {"targeted_mitra_id": mitra.id}
        return await self.ask(
            "POST", "/api/client/payment-sessions", {"duration_minutes": minutes, **target, **members}
        )

    async def confirm(self, payment: Json) -> Answer:
        """Say that it was paid."""
        return await self.ask("POST", f"/api/client/payment-sessions/{payment['id']}/confirm")

    async def back_out(self, payment: Json) -> Answer:
        """Go back before paying."""
        return await self.ask("POST", f"/api/client/payment-sessions/{payment['id']}/cancel")

    async def pays(self, minutes: int = 12, mitra: "Mitra | None" = None) -> Json:
        """Have a confirmed payment."""
        return (await self.confirm((await self.pay(minutes, mitra)).ok(201))).ok()

    async def search(self, payment: Json, **members: Json) -> Answer:
        """Ask every mitra who is free."""
        body = {"payment_session_id": payment["id"], **members}
        return await self.ask("POST", "/api/client/chat-requests", body)

    async def searches(self, payment: Json | None = None) -> Json:
        """Have an open general request."""
        return (await self.search(await self.pays() if payment is None else payment)).ok(201)

    async def ask_again(self, payment: Json, mitra: "Mitra") -> Answer:
        """Ask one mitra (Curhat lagi)."""
        body = {"payment_session_id": payment["id"], "mitra_id": mitra.id}
        return await self.ask("POST", "/api/client/chat-requests/returning", body)

    async def asks_again(self, mitra: "Mitra") -> Json:
        """Have an open returning request."""
        return (await self.ask_again(await self.pays(mitra=mitra), mitra)).ok(201)

    async def give_up(self, payment: Json) -> Answer:
        """Cancel what was paid, searching or not."""
        body = {"payment_session_id": payment["id"]}
        return await self.ask("POST", "/api/client/chat-requests/cancel", body)

    async def fall_back(self, payment: Json) -> Answer:
        """Chat dengan bestie lain, with the same money."""
        return await self.ask("POST", f"/api/client/chat-requests/{payment['id']}/fallback-to-blast")

    async def payment(self, payment: Json) -> Json:
        """How a payment stands."""
        return await self.get(f"/api/client/payment-sessions/{payment['id']}")

    async def request(self, request: Json) -> Json:
        """How a request stands."""
        return await self.get(f"/api/client/chat-requests/{request['id']}")

    async def active(self) -> Json:
        """What a cold start shows."""
        return await self.get("/api/client/chat/active")

    async def pays_more(self, minutes: int = 12) -> Json:
        """Have a confirmed payment for more minutes."""
        return (await self.confirm((await self.pay(minutes, is_extension=True)).ok(201))).ok()

    async def ask_more(self, session: Json, payment: Json, **members: Json) -> Answer:
        """Perpanjang, with a payment."""
        body = {"extension_payment_session_id": payment["id"], **members}
        return await self.ask("POST", f"/api/client/chat/sessions/{session['id']}/extensions", body)

    async def asks_more(self, session: Json, minutes: int = 12) -> Json:
        """Have a pending extension."""
        return (await self.ask_more(session, await self.pays_more(minutes))).ok(201)

    async def end(self, session_id: str) -> Answer:
        """Say goodbye."""
        return await self.ask("POST", f"/api/client/chat/sessions/{session_id}/end")

    async def availability(self, mitra: "Mitra | None" = None) -> Answer:
        """Ask whether anybody is there."""
        query = "" if mitra is None else f"?mitra_id={mitra.id}"
        return await self.ask("GET", f"/api/client/mitra-availability{query}")

    async def sees(self, count: int) -> None:
        """Wait until so many mitras are available; the picture of them may be a moment old."""

        async def so_many() -> bool:
            answer = await self.availability()
            return answer.status == 200 and bool(answer.body["count"] == count)

        await eventually(so_many, seconds=5, what=f"not {count} available")


@define
class Mitra(Person):
    """Somebody who listens."""

    async def switch(self, *, online: bool) -> Answer:
        """Go online or offline."""
        return await self.ask("PUT", "/api/mitra/status", {"is_online": online})

    async def comes(self) -> Self:
        """Be online."""
        assert (await self.switch(online=True)).ok()["is_online"]
        return self

    async def leaves(self) -> None:
        """Be offline."""
        assert not (await self.switch(online=False)).ok()["is_online"]

    async def heartbeat(self) -> Answer:
        """Still there."""
        return await self.ask("POST", "/api/mitra/heartbeat")

    async def offers(self) -> list[Json]:
        """The open offers."""
        rows: list[Json] = (await self.get("/api/mitra/chat-requests"))["rows"]
        return rows

    async def accept(self, request: Json) -> Answer:
        """Take a request."""
        return await self.ask("POST", f"/api/mitra/chat-requests/{request['id']}/accept")

    async def accepts(self, request: Json) -> Json:
        """Win a request; gives the chat."""
        return (await self.accept(request)).ok()["session"]

    async def decline(self, request: Json) -> Answer:
        """Say no."""
        return await self.ask("POST", f"/api/mitra/chat-requests/{request['id']}/decline")

    async def extensions(self) -> list[Json]:
        """Those that wait for an answer."""
        rows: list[Json] = (await self.get("/api/mitra/extensions"))["rows"]
        return rows

    async def respond(self, extension: Json, *, accepted: bool) -> Answer:
        """Go on, or not."""
        path = f"/api/mitra/extensions/{extension['id']}/respond"
        return await self.ask("POST", path, {"accepted": accepted})

    async def end(self, session_id: str) -> Answer:
        """End a chat whose time is over."""
        return await self.ask("POST", f"/api/mitra/chat/sessions/{session_id}/end")


@define
class Operator(Person):
    """Somebody in the control center."""

    async def change(self, **values: Json) -> Answer:
        """Change settings, as they stand now."""
        rows = {row["key"]: row for row in (await self.get("/internal/config"))["rows"]}
        body = {key: {"value": value, "updated_at": rows[key]["updated_at"]} for key, value in values.items()}
        return await self.ask("PATCH", "/internal/config", body)

    async def failures(self, payment: Json) -> list[Json]:
        """The failure rows of a payment, the newest first."""
        rows: list[Json] = (await self.get(f"/internal/failed-pairings?q={payment['id']}"))["rows"]
        return rows

    async def act(self, row: Json, action: str, note: str | None = None) -> Answer:
        """Say what was done with failed money."""
        body = {"action": action} if note is None else {"action": action, "note": note}
        return await self.ask("POST", f"/internal/failed-pairings/{row['id']}/action", body)


def is_id(text: str) -> bool:
    """Whether this is an id as the API spells them."""
    return str(UUID(text)) == text
