"""A client of the WebSocket: keeps every frame, waits for the one that a test is about. Knows no story."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SECONDS = 10


class Socket:
    """One open socket; `frames` is all that came, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.frames: list[dict[str, Any]] = []
        self.noting: Callable[[Any], None] | None = None
        """Told of every frame that is sent."""
        self._connection = connection
        self._read = 0
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._keep())

    @classmethod
    async def dialled(cls, base: str, token: str | None = None, *, origin: str | None = None) -> Self:
        """Connect; with a token, in the header that apps use."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if origin is not None:
            headers["Origin"] = origin
        url = base.replace("http://", "ws://") + "/api/shared/ws"
        return cls(await connect(url, additional_headers=headers, proxy=None, compression=None))

    @classmethod
    async def opened(cls, base: str, token: str) -> Self:
        """Connect and read up to the snapshot."""
        socket = await cls.dialled(base, token)
        await socket.until("snapshot")
        return socket

    @property
    def snapshot(self) -> dict[str, Any]:
        """What was current on connecting."""
        return next(frame for frame in self.frames if frame["type"] == "snapshot")

    async def _keep(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self._connection:
                self.frames.append(json.loads(message))
                self._news.set()
        self._news.set()

    async def send(self, type_: str, **members: object) -> None:
        """Send a frame."""
        if self.noting is not None:
            self.noting(members)
        await self._connection.send(json.dumps({"type": type_, **members}))

    async def send_raw(self, text: str | bytes, *, is_text: bool | None = None) -> None:
        """Send what may be no frame at all; bytes are sent as they are, and may be called text."""
        await self._connection.send(text, text=is_text)

    def scribble(self, data: bytes) -> None:
        """Write on the connection what is no WebSocket at all."""
        self._connection.transport.write(data)

    async def until(self, type_: str, *, seconds: float = SECONDS, **members: object) -> dict[str, Any]:
        """The next frame of this type, with these members, after the one that was last waited for."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for at in range(self._read, len(self.frames)):
                        frame = self.frames[at]
                        if frame["type"] == type_ and all(
                            frame.get(name) == value for name, value in members.items()
                        ):
                            self._read = at + 1
                            return frame
                    assert not self._reader.done(), f"closed ({self._connection.close_code}) before {type_}"
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            seen = [frame["type"] for frame in self.frames]
            raise AssertionError(f"no {type_} {members} within {seconds} s, only {seen}") from None

    async def news(self, seconds: float = SECONDS) -> bool:
        """Wait until something comes; gives whether it is the end."""
        if not self._reader.done():
            async with asyncio.timeout(seconds):
                self._news.clear()
                await self._news.wait()
        return self._reader.done()

    def count(self, type_: str, **members: object) -> int:
        """How many such frames came."""
        return sum(
            frame["type"] == type_ and all(frame.get(name) == value for name, value in members.items())
            for frame in self.frames
        )

    async def closed(self, seconds: float = SECONDS) -> int | None:
        """Wait for the other side to close; gives the code."""
        async with asyncio.timeout(seconds):
            await asyncio.shield(self._reader)
        return self._connection.close_code

    def cut(self) -> None:
        """Lose the connection, without a word."""
        self._connection.transport.abort()

    async def close(self) -> None:
        """Hang up."""
        if not self._reader.done():
            await self._connection.close()
        await self._reader
