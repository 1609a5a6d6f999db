"""Races of log-ins on two instances: refresh against refresh and log-out, verify against verify.

Each round comes from an address of its own, by way of a proxy that is trusted: budgets are another story.
"""

import asyncio
import itertools
from functools import partial
from ipaddress import ip_address
from typing import Any

import pytest
from attrs import define, field

from support.evening import House, at_once, together
from support.people import Answer, Json
from support.races import HANDS, no_accidents
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.race]

INSTANCES = 2
VARIABLES = {"TRUSTED_PROXIES": "127.0.0.0/8", "OTP_DAILY_CAP": "999999"}
RACERS = 6
_ENDED = "SELECT count(*) FROM auth_sessions WHERE revoked_at IS NOT NULL"

_numbers = itertools.count(1)


@define
class Client:
    """Somebody at an address of their own."""

    house: House
    number: int = field(factory=lambda: next(_numbers))
    turn: Any = field(factory=lambda: itertools.cycle((0, 1)))

    @property
    def phone(self) -> str:
        """A phone of their own."""
        return f"+628{1100000000 + self.number}"

    async def post(
        self, path: str, body: Json = None, token: str | None = None, *, at: int | None = None
    ) -> Answer:
        """Ask this instance, or each in turn."""
        instance = self.house.instances[next(self.turn) if at is None else at]
        headers = {"X-Forwarded-For": str(ip_address("10.0.0.0") + self.number)}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return await self.house.ask("POST", instance.public + path, body, headers=headers)

    async def signs_up(self) -> Json:
        """Come in; gives the tokens."""
        return (await self.post("/api/shared/auth/anonymous")).ok(201)

    async def refresh(self, token: str) -> Answer:
        """Use a refresh token."""
        return await self.post("/api/shared/auth/refresh", {"refresh_token": token})

    async def code(self) -> str:
        """Have a code sent, and read it."""
        first = self.house.first
        seen = sum(f"phone={self.phone} " in line for line in first.printed)
        (await self.post("/api/client/auth/otp/request", {"phone": self.phone}, at=0)).ok(202)
        return await asyncio.to_thread(first.code_for, self.phone, seen)

    async def verify(self, code: str, token: str | None = None) -> Answer:
        """Use a code."""
        return await self.post("/api/client/auth/otp/verify", {"phone": self.phone, "code": code}, token)


async def played(house: House, rounds: int, play: Any) -> None:  # noqa: ANN401  a coroutine function of a Client
    """So many rounds, a few at a time, each by a client of its own."""
    await at_once([partial(play, Client(house)) for _ in range(rounds)], HANDS)


async def test_refresh_against_refresh(house: House, rounds: int) -> None:
    """Six clients with one token at two instances: one successor, which works; nobody is logged out."""

    async def play(client: Client) -> None:
        token = (await client.signs_up())["refresh_token"]
        answers = await together(*[client.refresh(token) for _ in range(RACERS)])
        (successor,) = {answer.ok()["refresh_token"] for answer in answers}
        lost = (await client.refresh(token)).ok()  # an answer that never arrived, asked for again
        assert lost["refresh_token"] == successor
        (await client.refresh(successor)).ok()

    before = await house.value(_ENDED)
    await played(house, rounds, play)
    assert await house.value(_ENDED) == before


async def test_a_replayed_grandparent(house: House) -> None:
    """However fast: a token two generations old ends the family, whose access tokens end within 5 s."""

    async def play(client: Client) -> None:
        first = await client.signs_up()
        second = (await client.refresh(first["refresh_token"])).ok()
        third = (await client.refresh(second["refresh_token"])).ok()
        answers = await together(*[client.refresh(first["refresh_token"]) for _ in range(RACERS)])
        assert {answer.code for answer in answers} == {"UNAUTHENTICATED"}
        (await client.refresh(third["refresh_token"])).refused("UNAUTHENTICATED", 401)
        await are_none(house, [first, second, third])

    await played(house, 30, play)


async def are_none(house: House, tokens: list[Json]) -> None:
    """Within five seconds no instance lets these access tokens in."""
    for token in tokens:
        for instance in house.instances:

            async def refused(url: str = f"{instance.public}/api/shared/me", given: Json = token) -> bool:
                headers = {"Authorization": f"Bearer {given['access_token']}"}
                return (await house.ask("GET", url, headers=headers)).code == "UNAUTHENTICATED"

            await eventually(refused, seconds=5, what="an access token still works")


async def test_refresh_against_log_out(house: House, rounds: int) -> None:
    """Whoever is first: in the end neither the token nor a successor from meanwhile is worth anything."""
    left: list[Json] = []

    async def play(client: Client) -> None:
        tokens = await client.signs_up()
        access, refresh = tokens["access_token"], tokens["refresh_token"]
        answers = await together(
            client.refresh(refresh),
            client.post("/api/shared/auth/logout", token=access),
            client.refresh(refresh),
        )
        no_accidents(answers)
        assert answers[1].status == 204
        renewed = [answer.body for answer in (answers[0], answers[2]) if answer.status == 200]
        for token in (refresh, *(one["refresh_token"] for one in renewed)):
            (await client.refresh(token)).refused("UNAUTHENTICATED", 401)
        left.extend([tokens, *renewed][-1:])

    await played(house, rounds, play)
    await are_none(house, left[-10:])


async def test_verify_against_verify(house: House, rounds: int) -> None:
    """One code, four clients, two with tokens: it is accepted once, and the phone has one account."""

    async def play(client: Client) -> None:
        first, second = await client.signs_up(), await client.signs_up()
        code = await client.code()
        given = (None, first["access_token"], None, second["access_token"])
        answers = await together(*[client.verify(code, token) for token in given])
        assert sorted(answer.code for answer in answers) == ["OK", *["OTP_INVALID"] * 3]
        (won,) = [at for at, answer in enumerate(answers) if answer.status == 200]
        user = answers[won].body["user"]
        assert (user["phone_verified"], user["is_anonymous"]) == (True, False)
        if given[won] is not None:
            assert user["id"] == (first, second)[won == 3]["user"]["id"]
        again = (await client.verify(await client.code(), second["access_token"])).ok()
        assert again["user"] == user

    await played(house, rounds, play)
    assert await house.value("SELECT max(failures) FROM otp_challenges") == 0
    verified = "SELECT count(*) FROM customers WHERE phone_verified_at IS NOT NULL"
    assert await house.value(verified) == rounds
