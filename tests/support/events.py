"""A reader of server-sent events over a real connection. Knows no event's meaning."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from attrs import define, field, frozen

from support.people import Operator


@frozen
class Event:
    """One event as it was sent."""

    name: str
    data: Any
    id: str | None = None


@define
class Stream:
    """An open stream; ``heartbeats`` counts its comments."""

    answer: httpx2.Response
    heartbeats: int = 0
    _events: "asyncio.Queue[Event | None]" = field(factory=asyncio.Queue)

    async def read(self) -> None:
        """Read until the end."""
        told: dict[str, str] = {}
        try:
            async for line in self.answer.aiter_lines():
                if line.startswith(":"):
                    self.heartbeats += 1
                elif line:
                    name, _, value = line.partition(": ")
                    told[name] = value
                elif told:
                    self._events.put_nowait(Event(told["event"], json.loads(told["data"]), told.get("id")))
                    told = {}
        finally:
            self._events.put_nowait(None)

    async def next(self, seconds: float = 10) -> Event | None:
        """The next event; None at the end of the stream."""
        async with asyncio.timeout(seconds):
            return await self._events.get()


@asynccontextmanager
async def following(operator: Operator, path: str) -> AsyncIterator[Stream]:
    """Follow a stream of the internal listener."""
    headers = {"Authorization": f"Bearer {operator.token}"}
    async with (
        httpx2.AsyncClient(trust_env=False, timeout=httpx2.Timeout(5, read=60)) as client,
        client.stream("GET", operator.at.internal + path, headers=headers) as answer,
    ):
        stream = Stream(answer)
        reading = asyncio.create_task(stream.read())
        try:
            yield stream
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
