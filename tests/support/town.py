"""Two of everybody, and situations for both: what a table of routes is asked about. Knows no route's guard.

A `Side` is a customer and the mitra they deal with, both made for one row of the table, so that nothing that
a row does is seen by the next. A situation plays one side up to some point and notes the ids of what is
there.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import jwt
from attrs import define, field, frozen

from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.ids import uuid7
from halobestie_app.fakes.xendit_serving import XenditPlace
from halobestie_core.ports.identity import Audience
from halobestie_core.words import UserType
from support.evening import House
from support.issuer import FakeIssuer
from support.money import bill_of, post
from support.people import PASSWORD, Customer, Json, Mitra, Operator
from support.server import SECRET, SECRET_INTERNAL
from support.waiting import eventually

GOOGLE = "https://accounts.google.com"
APPLE = "https://appleid.apple.com"
RUN_OUT = """
UPDATE chat_sessions SET started_at = started_at - (expires_at - now()), expires_at = now(), wake_at = now()
WHERE id = %s"""
_OPEN = "SELECT payment_session_id FROM pairing_requests WHERE customer_id = %s AND status = 'pending'"
_WAITING = "SELECT id FROM outbox WHERE kind = 'later' AND sent_at IS NULL"
_KEYS = {Audience.PUBLIC: SECRET, Audience.INTERNAL: SECRET_INTERNAL}
_numbers, _minutes = itertools.count(1), itertools.count(100)


@define
class Side:
    """A customer and a mitra; ``ids`` names what they have."""

    customer: Customer
    mitra: Mitra
    phones: tuple[str, str]
    ids: dict[str, Any] = field(factory=dict)


@frozen
class Town:
    """A house with its gateway, its issuer of identities, and somebody in the control center."""

    house: House
    xendit: XenditPlace
    issuers: dict[str, FakeIssuer]
    boss: Operator
    cookie: str
    """The boss's refresh token, as a browser would send it."""
    ended: UUID
    """A log-in that is over."""

    async def side(self) -> Side:
        """Two people nobody has seen."""
        house = self.house
        [customer], [mitra] = await house.customers(1), await house.mitras(1, online=False)
        phone = fresh_phone()
        await house.sql.execute(
            "UPDATE customers SET phone = %s, phone_verified_at = now() WHERE id = %s", (phone, customer.id)
        )
        other = await house.value("SELECT phone FROM mitras WHERE id = %s", mitra.id)
        ids = {"customer": customer.id, "mitra": mitra.id, "nothing": "-", "device": f"phone-{uuid7()}"}
        return Side(customer, mitra, (phone, other), ids)

    def token(
        self, person: UUID, kind: UserType, login: UUID | None = None, at: datetime | None = None
    ) -> str:
        """Make a token as the server would: of a log-in, and of some time."""
        audience = Audience.INTERNAL if kind is UserType.OPERATOR else Audience.PUBLIC
        tokens = JwtTokens(KeyRing([_KEYS[audience].encode()]), audience)
        return tokens.issue(person, kind, login or uuid7(), at or datetime.now(UTC))

    async def operator(self) -> Operator:
        """Make an operator who needs no password."""
        id_ = uuid7()
        added = "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, '')"
        await self.house.sql.execute(added, (id_, f"{id_}@halobestie.example"))
        return Operator(self.house, self.house.first, str(id_), self.token(id_, UserType.OPERATOR))

    def readdressed(self, token: str) -> str:
        """Make the same token for the other listener, with the key of its own."""
        claims = jwt.decode(token, options={"verify_signature": False})
        here = Audience(claims["aud"])
        claims["aud"] = next(one.value for one in Audience if one is not here)
        return jwt.encode(claims, _KEYS[here], "HS256", headers=jwt.get_unverified_header(token))

    def past(self) -> datetime:
        """When a token was made that is over now."""
        return datetime.now(UTC) - timedelta(hours=2)

    async def promote(self, *, is_active: bool) -> str:
        """Have first sessions cheaper, or not; gives the version of the promotion."""
        path = "/internal/pricing/promotions/first_session_discount"
        now = await self.boss.get(path)
        if now["is_active"] is not is_active:
            change = {"updated_at": now["updated_at"], "is_active": is_active}
            now = (await self.boss.ask("PATCH", path, change)).ok()
        return str(now["updated_at"])

    async def empty(self, *sides: Side) -> None:
        """Leave nothing open that would move by itself later, and nobody waiting."""
        for side in sides:
            # Their tokens may be over by now, and so may whatever they had.
            side.customer.token = self.token(self.house.as_id(side.customer), UserType.CUSTOMER)
            side.mitra.token = self.token(self.house.as_id(side.mitra), UserType.MITRA)
            for payment in await self.house.rows(_OPEN, side.customer.id):
                await side.customer.give_up({"id": str(payment["payment_session_id"])})
            if "session" in side.ids:
                await side.customer.end(side.ids["session"])
            await side.mitra.switch(online=False)

        await self.promote(is_active=False)

        async def quiet() -> bool:
            return not await self.house.rows(_WAITING)

        await eventually(quiet, what="commands wait")


Situation: TypeAlias = Callable[[Town, Side], Awaitable[None]]


def fresh_phone() -> str:
    """Give a phone that nobody has."""
    return f"+62813{next(_numbers):08}"


# ------------------------------------------------------------------------------------------- paying


async def idle(town: Town, side: Side) -> None:
    """Two people, nothing between them; the mitra is there."""
    await side.mitra.comes()


async def _paid(town: Town, side: Side, **wish: Json) -> Json:
    payment = (await side.customer.pay(12, **wish)).ok(201)
    town.xendit.fake.pay(bill_of(town.xendit, payment).id)
    return (await side.customer.confirm(payment)).ok()


async def pending(town: Town, side: Side) -> None:
    """A payment that was begun, and paid at the gateway, which nobody has told us yet."""
    await idle(town, side)
    payment = (await side.customer.pay(12)).ok(201)
    town.xendit.fake.pay(bill_of(town.xendit, payment).id)
    side.ids["payment"] = payment["id"]


async def unpaid(town: Town, side: Side) -> None:
    """A payment that was begun."""
    await idle(town, side)
    side.ids["payment"] = (await side.customer.pay(12)).ok(201)["id"]


async def confirmed(town: Town, side: Side) -> None:
    """A payment that can be used."""
    await idle(town, side)
    side.ids["payment"] = (await _paid(town, side))["id"]


async def targeted(town: Town, side: Side) -> None:
    """A payment for this mitra."""
    await idle(town, side)
    side.ids["payment"] = (await _paid(town, side, targeted_mitra_id=side.mitra.id))["id"]


async def failed(town: Town, side: Side) -> None:
    """Money that was paid in vain."""
    await confirmed(town, side)
    (await side.customer.give_up({"id": side.ids["payment"]})).ok()
    side.ids["failure"] = str(
        await town.house.value(
            "SELECT id FROM pairing_failures WHERE payment_session_id = %s", side.ids["payment"]
        )
    )


# ------------------------------------------------------------------------------------------- meeting


async def asked(town: Town, side: Side) -> None:
    """An open request to this mitra alone."""
    await targeted(town, side)
    request = (await side.customer.ask_again({"id": side.ids["payment"]}, side.mitra)).ok(201)
    side.ids["request"] = request["id"]


async def turned_down(town: Town, side: Side) -> None:
    """The mitra said no; another may be found with the same money."""
    await asked(town, side)
    (await side.mitra.decline({"id": side.ids["request"]})).ok()


async def talking(town: Town, side: Side) -> None:
    """A chat in which both have said something."""
    await asked(town, side)
    side.ids["session"] = (await side.mitra.accepts({"id": side.ids["request"]}))["id"]
    path = f"/api/shared/chat/{side.ids['session']}/messages"
    for person in (side.customer, side.mitra):
        (await person.ask("POST", path, {"client_message_id": str(uuid7()), "text": "halo"})).ok(201)


async def closing(town: Town, side: Side) -> None:
    """A chat whose paid time is over."""
    await talking(town, side)
    await town.house.rows(RUN_OUT, side.ids["session"])

    async def closes() -> bool:
        query = "SELECT status FROM chat_sessions WHERE id = %s"
        return bool(await town.house.value(query, side.ids["session"]) == "closing")

    await eventually(closes, what="it does not close")


async def ended(town: Town, side: Side) -> None:
    """A chat that is over, with last words."""
    await talking(town, side)
    path = f"/api/client/chat/sessions/{side.ids['session']}/end"
    (await side.customer.ask("POST", path, {"closing_message": "terima kasih"})).ok()


async def prolonging(town: Town, side: Side) -> None:
    """A chat, and money for more of it."""
    await talking(town, side)
    side.ids["more"] = (await _paid(town, side, is_extension=True))["id"]


async def extending(town: Town, side: Side) -> None:
    """An extension that waits for its answer."""
    await prolonging(town, side)
    side.ids["extension"] = (
        await side.customer.ask_more({"id": side.ids["session"]}, {"id": side.ids["more"]})
    ).ok(201)["id"]


# -------------------------------------------------------------------------------------- operators


async def settled(town: Town, side: Side) -> None:
    """Money that was paid in vain, and what an operator did about it."""
    await failed(town, side)
    (await town.boss.act({"id": side.ids["failure"]}, "refunded", "by transfer")).ok()


async def quarantined(town: Town, side: Side) -> None:
    """A webhook that nobody can read."""
    query = "SELECT id FROM webhook_inbox WHERE quarantined_at IS NOT NULL"
    before = {row["id"] for row in await town.house.rows(query)}
    (await post(town.house, town.xendit, b'{"id": ' + str(uuid7()).encode())).ok()
    found: set[Any] = set()

    async def put_aside() -> bool:
        found.update({row["id"] for row in await town.house.rows(query)} - before)
        return bool(found)

    await eventually(put_aside, what="nothing was put aside")
    side.ids["webhook"] = str(found.pop())


async def priced(town: Town, side: Side) -> None:
    """A tier of one's own."""
    wish = {"mode": "chat", "minutes": next(_minutes), "price": 5000}
    tier = (await town.boss.ask("POST", "/internal/pricing/tiers", wish)).ok(201)
    side.ids |= {"tier": tier["id"], "tier_version": tier["updated_at"], "minutes": next(_minutes)}
    rows = (await town.boss.get("/internal/pricing/tiers"))["rows"]
    side.ids["order"] = [
        {"id": row["id"], "updated_at": row["updated_at"]}
        for row in rows
        if row["mode"] == "chat" and row["is_active"]
    ]
    side.ids["promotion_version"] = await town.promote(is_active=False)


async def promoted(town: Town, side: Side) -> None:
    """First sessions are cheaper."""
    await town.promote(is_active=True)


async def unpriced(town: Town, side: Side) -> None:
    """A tier that was taken back."""
    await priced(town, side)
    path = f"/internal/pricing/tiers/{side.ids['tier']}"
    version = side.ids["tier_version"].replace("+", "%2B")
    side.ids["tier_version"] = (await town.boss.ask("DELETE", f"{path}?updated_at={version}")).ok()[
        "updated_at"
    ]


async def configured(town: Town, side: Side) -> None:
    """Settings as they stand."""
    rows = (await town.boss.get("/internal/config"))["rows"]
    side.ids["setting_version"] = next(
        row["updated_at"] for row in rows if row["key"] == "pairing_blast_timeout_seconds"
    )


# -------------------------------------------------------------------------------------- coming in


async def logged_in(town: Town, side: Side) -> None:
    """A log-in with a refresh token."""
    url = f"{town.house.first.public}/api/shared/auth/anonymous"
    side.ids["refresh"] = (await town.house.ask("POST", url, {})).ok(201)["refresh_token"]


async def _code(town: Town, side: Side, kind: str, phone: str) -> None:
    url = f"{town.house.first.public}/api/{kind}/auth/otp/request"
    (await town.house.ask("POST", url, {"phone": phone})).ok(202)
    code = await asyncio.to_thread(town.house.first.code_for, phone)
    side.ids |= {"phone": phone, "code": code}


async def customers_code(town: Town, side: Side) -> None:
    """A code on a phone that nobody has used."""
    await _code(town, side, "client", fresh_phone())


async def mitras_code(town: Town, side: Side) -> None:
    """A code on a registered phone."""
    await _code(town, side, "mitra", await town.house.registers("Wati"))


async def id_tokens(town: Town, side: Side) -> None:
    """Somebody whom both providers know."""
    for name, issuer in town.issuers.items():
        side.ids[name] = issuer.token(f"subject-{uuid7()}")


async def at_the_door(town: Town, side: Side) -> None:
    """The operator's own e-mail and password, and the cookie of a log-in."""
    email = await town.house.value("SELECT email FROM cc_users WHERE id = %s", town.boss.id)
    side.ids |= {"email": email, "password": PASSWORD}
