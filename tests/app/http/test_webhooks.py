"""The webhooks' route: who is let in, what is kept, and what is said while the database is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from attrs import define, field

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.inbox import PostgresInbox
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.xendit import notices
from halobestie_app.http import openapi, webhooks
from halobestie_app.usecases.webhooks import Door, digests
from support.listening import client, serving

pytestmark = pytest.mark.anyio

PATH = "/api/webhooks/xendit"
TOKEN = {"x-callback-token": "the token"}
LARGEST = 64 * 1024


@define
class Shelf:
    """An inbox of which only the beginning is needed: what was kept, or that it is away."""

    bodies: list[bytes] = field(factory=list)
    away: bool = False

    async def keep(self, _delivery_id: object, body: bytes, _notice: object) -> bool:
        """Keep a body."""
        if self.away:
            raise StoreUnavailable("away")
        self.bodies.append(body)
        return True


@define
class Services:
    """All that this route asks for."""

    door: Door | None


def door(inbox: Any) -> Door:  # noqa: ANN401 - the beginning of an inbox
    """A door with two tokens."""
    tokens = digests(("the token", "the other token"))
    return Door(inbox, notices.read, tokens, uuid7, lambda: None, lambda _: None)


@pytest.fixture
def shelf() -> Shelf:
    """What is kept in a test."""
    return Shelf()


@pytest.fixture
async def http(shelf: Shelf) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the route."""
    async with client(serving(*webhooks.ROUTES, services=Services(door(shelf)))) as opened:
        yield opened


async def test_kept_and_answered(http: httpx2.AsyncClient, shelf: Shelf) -> None:
    """With a valid token whatever comes is kept as it is, of whatever type, and answered with 200 and {}."""
    bodies = [b'{"id": "x"}', b"", b"\x00\xff", b'{"a": 1, "a": 2}', b"[[[[", b"x" * LARGEST]
    for number, content in enumerate(bodies):
        headers = {**TOKEN, **({"Content-Type": f"text/{number}"} if number else {})}
        answer = await http.post(PATH, content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {})
    assert shelf.bodies == bodies
    other = await http.post(PATH, content=b"", headers={"X-Callback-Token": "the other token"})
    assert other.status_code == 200


@pytest.mark.parametrize("token", [None, "", "the toke", "the token ", "THE TOKEN", "\xff" * 5000])
async def test_nobody_else(http: httpx2.AsyncClient, shelf: Shelf, token: str | None) -> None:
    """Without a valid token nothing is kept, and nothing is said of what would have been."""
    headers = {} if token is None else {b"x-callback-token": token.encode("latin-1")}
    answer = await http.post(PATH, content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert shelf.bodies == []


async def test_two_tokens_are_none(http: httpx2.AsyncClient, shelf: Shelf) -> None:
    """Whichever of them is right, and if both are."""
    right, wrong = (b"x-callback-token", b"the token"), (b"x-callback-token", b"wrong")
    for both in ((right, wrong), (wrong, right), (right, right)):
        answer = await http.post(PATH, content=b"{}", headers=list(both))
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert shelf.bodies == []


async def test_the_token_comes_first(http: httpx2.AsyncClient) -> None:
    """Who has no token is sent away before a byte of the body is read, however large or slow it is."""

    async def slow() -> AsyncIterator[bytes]:
        await asyncio.sleep(30)
        yield b"x"

    async with asyncio.timeout(5):
        answer = await http.post(PATH, content=slow())
    assert answer.status_code == 401
    assert (await http.post(PATH, content=b"x" * (LARGEST + 1))).status_code == 401


async def test_too_large(http: httpx2.AsyncClient, shelf: Shelf) -> None:
    """One byte more than 64 KiB is too much, whether or not it was announced."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b"x" * 1024

    for content in (b"x" * (LARGEST + 1), chunks()):
        answer = await http.post(PATH, content=content, headers=TOKEN)
        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert shelf.bodies == []


async def test_the_database_is_away(http: httpx2.AsyncClient, shelf: Shelf) -> None:
    """What cannot be kept is not said to be: the gateway comes again."""
    shelf.away = True
    answer = await http.post(PATH, content=b"{}", headers=TOKEN)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert answer.headers["retry-after"]


async def test_nobody_waits_long_for_a_database() -> None:
    """With nobody there at all the answer takes less than five seconds."""
    async with make_pool("postgresql://nobody@127.0.0.1:1/none", 1) as pool:
        services = Services(door(PostgresInbox(pool)))
        async with client(serving(*webhooks.ROUTES, services=services)) as opened:
            began = time.monotonic()
            answer = await opened.post(PATH, content=b"{}", headers=TOKEN)
    assert answer.status_code == 503
    assert time.monotonic() - began < 5


async def test_without_a_gateway() -> None:
    """Where no gateway sends webhooks there is nothing here."""
    async with client(serving(*webhooks.ROUTES, services=Services(None))) as opened:
        for headers in ({}, TOKEN):
            answer = await opened.post(PATH, content=b"{}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_in_the_document() -> None:
    """The document says that anything may come, and what may be answered."""
    told = openapi.document(webhooks.ROUTES, "x", "0")["paths"][PATH]["post"]
    assert list(told["requestBody"]["content"]) == ["*/*"]
    assert set(told["responses"]) == {"200", "401", "404", "408", "413", "429", "500", "503"}
    assert told["security"] == []
