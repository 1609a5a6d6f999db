"""Hears the messages of a chat over a socket that may be cut at any time. Knows no evening and no fault."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from websockets.exceptions import WebSocketException

from support.asking import AGAIN, Asking
from support.people import Mitra
from support.sockets import Socket

HEARD: Final = 30.0
"""Seconds within which a message that was acknowledged is heard, however bad the evening."""


@asynccontextmanager
async def listening(
    asking: Asking, who: Mitra, session_id: str
) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Hear a chat at whichever instance is there; gives what waits until so many were heard."""
    loop = asyncio.get_running_loop()
    seqs: list[int] = []
    news = asyncio.Event()

    async def hears() -> None:
        while True:
            at = asking.instance()
            if at is not None:
                with suppress(OSError, WebSocketException, AssertionError, TimeoutError):
                    await _hear(who.via(at), session_id, seqs, news)
            await asyncio.sleep(AGAIN)

    async def heard(count: int) -> None:
        begun = loop.time()
        async with asyncio.timeout(HEARD):
            while len(seqs) < count:
                news.clear()
                await news.wait()
        asking.figures.heard.append(loop.time() - begun)
        assert seqs == list(range(1, count + 1)), f"{session_id} was heard as {seqs}"

    task = asyncio.create_task(hears())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _hear(who: Mitra, session_id: str, seqs: list[int], news: asyncio.Event) -> None:
    """Hear what comes on one socket, from the message after the last that was heard."""
    socket = await Socket.dialled(who.at.public, who.token)
    try:
        await socket.until("snapshot", seconds=5)
        await socket.send("resume", chats={session_id: len(seqs)})
        read, over = 0, False
        while not over:
            while read < len(socket.frames):
                frame = socket.frames[read]
                read += 1
                if frame["type"] == "message" and frame["session_id"] == session_id:
                    seqs.append(frame["message"]["seq"])
                    news.set()
            over = await socket.news(seconds=HEARD)
    finally:
        socket.cut()  # the line may be dead: no farewell is waited for
        await socket.close()
