"""Waiting no longer than promised, whatever the work waits for. Knows no route and no store."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns; raise ``TimeoutError`` when ``seconds`` are over.

    The work is then cancelled but not waited for: a driver that is cut off from its store may need many
    seconds to notice, and the caller was promised an answer.
    """
    task = asyncio.ensure_future(work)
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(task)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_let_go)


def _let_go(task: "asyncio.Task[Any]") -> None:
    """Take notice of how it ended, so that nobody reports it as forgotten."""
    if not task.cancelled():
        task.exception()
