"""The way to Redis."""

import asyncio
import time
from pathlib import Path

import pytest
import uvloop

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.redis.connection import RedisLink
from support.killing import killed, paused
from support.waiting import eventually

pytestmark = pytest.mark.anyio


async def test_asks(link: RedisLink) -> None:
    """Answers come as bytes, and having had one is remembered."""
    assert (link.reached, link.is_up) == (False, False)
    await link.ask("SET", link.key("a", "b"), "1")
    assert await link.ask("GET", link.key("a", "b")) == b"1"
    assert (link.reached, link.is_up) == (True, True)
    assert await link.probe() is None


async def test_several_at_once(link: RedisLink) -> None:
    """Several commands have their answers in order, whether or not they are atomic."""
    for atomic in (False, True):
        commands = [("SET", link.key("n"), 1), ("INCR", link.key("n")), ("PTTL", link.key("n"))]
        assert (await link.batch(commands, atomic=atomic))[1:] == [2, -1]


async def test_nobody_there(tmp_path: Path) -> None:
    """A server that is not there is StoreUnavailable at once, and was never reached."""
    link = RedisLink(f"unix://{tmp_path}/nothing")
    before = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await link.ask("PING")
    with pytest.raises(StoreUnavailable):
        await link.batch([("PING",)])
    assert await link.probe() == "Redis cannot be reached."
    assert time.monotonic() - before < 2
    assert not link.reached
    await link.aclose()


async def test_a_mistake_of_ours_is_told_in_the_same_word(link: RedisLink) -> None:
    """What the server refuses is StoreUnavailable too: nobody downstream can do more about it."""
    with pytest.raises(StoreUnavailable, match="ResponseError"):
        await link.ask("GET")


@pytest.mark.faults
async def test_paused(own_stores: EmbeddedStores) -> None:
    """A server that accepts and never answers holds nobody up for longer than allowed."""
    link = RedisLink(own_stores.valkey_url, seconds=0.3)
    assert await link.is_reachable()
    with paused(own_stores):
        before = time.monotonic()
        assert not await link.is_reachable()
        assert time.monotonic() - before < 2
        assert (link.reached, link.is_up) == (True, False)
    await eventually(link.is_reachable)
    assert link.is_up
    await link.aclose()


@pytest.mark.faults
async def test_started_again(own_stores: EmbeddedStores) -> None:
    """After a restart of the server no question fails for the sake of an old connection."""
    link = RedisLink(own_stores.valkey_url, seconds=5)
    assert await link.is_reachable()
    killed(own_stores)
    assert await link.is_reachable()
    await link.aclose()


async def test_a_line_that_was_reset(valkey_url: str) -> None:
    """On uvloop, which says so in a word of its own, the question is asked again on a fresh line."""

    async def asks_again() -> bytes:
        link = RedisLink(valkey_url, seconds=5)
        await link.ask("PING")
        for line in link._client.connection_pool._available_connections:  # noqa: SLF001  the moment has to be this one
            line._writer.transport.abort()  # noqa: SLF001  as above
        answer: bytes = await link.ask("ECHO", "still there")
        await link.aclose()
        return answer

    assert await asyncio.to_thread(uvloop.run, asks_again()) == b"still there"
