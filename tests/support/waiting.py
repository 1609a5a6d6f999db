"""Waits for a condition, never for a length of time. Does not know what is waited for."""

import time
from collections.abc import Awaitable, Callable

import anyio

POLL_SECONDS = 0.002


def until(condition: Callable[[], object], *, seconds: float = 10, what: str = "") -> None:
    """Return as soon as the condition holds; AssertionError when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(what or f"not within {seconds} s: {condition}")
        time.sleep(POLL_SECONDS)


async def eventually(
    condition: Callable[[], Awaitable[object]], *, seconds: float = 10, what: str = ""
) -> None:
    """`until` for a condition that has to be awaited."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            raise AssertionError(what or f"not within {seconds} s: {condition}")
        await anyio.sleep(POLL_SECONDS)
