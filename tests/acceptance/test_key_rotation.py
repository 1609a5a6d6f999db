"""Keys are turned over while people are logged in: a real server is started anew with each step."""

import asyncio
from collections.abc import AsyncIterator

import jwt
import pytest
from attrs import define

from halobestie_adapters.identity.jwt import key_id
from support.evening import House
from support.people import PASSWORD, Customer, Operator
from support.server import SECRET, SECRET_INTERNAL

pytestmark = pytest.mark.anyio

NEW, NEW_INTERNAL = "the next key of the public listener", "the next key of the internal listener"
PHONE = "+6281234567890"


@define
class LogIn:
    """A customer's log-in."""

    house: House
    access: str
    refresh: str

    @classmethod
    async def opened(cls, house: House) -> "LogIn":
        """Come in through the front door."""
        url = f"{house.first.public}/api/shared/auth/anonymous"
        tokens = (await house.ask("POST", url)).ok(201)
        return cls(house, tokens["access_token"], tokens["refresh_token"])

    async def me(self) -> int:
        """The status of the plainest question."""
        headers = {"Authorization": f"Bearer {self.access}"}
        return (
            await self.house.ask("GET", f"{self.house.first.public}/api/shared/me", headers=headers)
        ).status

    async def renews(self) -> int:
        """Use the refresh token, and keep what it gives."""
        url = f"{self.house.first.public}/api/shared/auth/refresh"
        answer = await self.house.ask("POST", url, {"refresh_token": self.refresh})
        if answer.status == 200:
            self.access, self.refresh = answer.body["access_token"], answer.body["refresh_token"]
        return answer.status


def kid(token: str) -> str:
    """Which key made a token."""
    return str(jwt.get_unverified_header(token)["kid"])


async def restarted(house: House, public: str, internal: str) -> None:
    """The server stops in good order, and comes back with other keys."""
    assert await asyncio.to_thread(house.first.stop) == 0
    house.first.environment.update(AUTH_JWT_SECRET=public, AUTH_JWT_SECRET_INTERNAL=internal)
    await asyncio.to_thread(house.started)


@pytest.fixture
async def turned_back(house: House) -> AsyncIterator[None]:
    """After the story the keys are those of every house."""
    yield
    await restarted(house, SECRET, SECRET_INTERNAL)


@pytest.mark.usefixtures("turned_back")
async def test_nobody_is_logged_out_by_a_new_key(house: House) -> None:
    """Old tokens and codes work beside the new key, which makes what is new; later the old ones end."""
    ayu, bima, idle = [await LogIn.opened(house) for _ in range(3)]
    boss = await house.operator()
    url = f"{house.first.public}/api/client/auth/otp/request"
    (await house.ask("POST", url, {"phone": PHONE})).ok(202)
    code = await asyncio.to_thread(house.first.code_for, PHONE)

    # First every instance learns the new key, then each begins to use it.
    await restarted(house, f"{SECRET},{NEW}", f"{SECRET_INTERNAL},{NEW_INTERNAL}")
    assert (await bima.me(), await bima.renews(), kid(bima.access)) == (200, 200, key_id(SECRET.encode()))

    await restarted(house, f"{NEW},{SECRET}", f"{NEW_INTERNAL},{SECRET_INTERNAL}")
    old = LogIn(house, ayu.access, ayu.refresh)
    assert await ayu.me() == await bima.me() == 200
    socket = await Customer(house, house.first, "", ayu.access).connects()
    await socket.send("ping")
    await socket.until("pong")
    await house.hang_up()
    assert await ayu.renews() == await old.renews() == 200
    assert (ayu.refresh, kid(ayu.access)) == (old.refresh, key_id(NEW.encode()))
    await boss.via(house.first).get("/internal/config")
    verify = f"{house.first.public}/api/client/auth/otp/verify"
    (await house.ask("POST", verify, {"phone": PHONE, "code": code})).ok()
    stale = LogIn(house, bima.access, bima.refresh)
    assert (await bima.renews(), kid(bima.access)) == (200, key_id(NEW.encode()))
    boss = await again(house, boss)

    await restarted(house, NEW, NEW_INTERNAL)
    for one in (ayu, bima):
        assert (await one.me(), await one.renews(), await one.me()) == (200, 200, 200)
    assert await stale.me() == await idle.me() == await idle.renews() == 401
    await boss.via(house.first).get("/internal/config")
    await restarted(house, SECRET, SECRET_INTERNAL)
    assert await ayu.me() == await ayu.renews() == 401


async def again(house: House, boss: Operator) -> Operator:
    """The operator logs in once more."""
    email = await house.value("SELECT email FROM cc_users WHERE id = %s", boss.id)
    url = f"{house.first.internal}/internal/auth/login"
    tokens = (await house.ask("POST", url, {"email": email, "password": PASSWORD})).ok()
    assert kid(tokens["access_token"]) == key_id(NEW_INTERNAL.encode())
    return Operator(house, house.first, boss.id, tokens["access_token"])
