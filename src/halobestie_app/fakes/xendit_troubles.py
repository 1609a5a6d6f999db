"""What can be wrong with the stand-in for Xendit: away, silent, cut off, slow, late, busy, broken, refusing.

Knows no invoice: it stands between a request and whoever answers it.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import orjson
from attrs import define, evolve, field, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response


class Mode(StrEnum):
    """One kind of trouble."""

    DOWN = "down"
    """503 at once."""
    BUSY = "busy"
    """429 at once."""
    BROKEN = "broken"
    """200, with something that is no JSON."""
    REFUSE = "refuse"
    """The error that the trouble names."""
    HANG = "hang"
    """Nothing is done and nothing answered; 503, should somebody still wait when it is over."""
    RESET = "reset"
    """Nothing is done, and the connection is cut."""
    SLOW = "slow"
    """Done and answered after some seconds."""
    LATE = "late"
    """Done at once, but never answered: a creation that looks like a time-out."""
    LOST = "lost"
    """Done at once, but the connection is cut before the answer."""


class Step(StrEnum):
    """What a client may ask."""

    CREATE = "create"
    GET = "get"
    LIST = "list"
    EXPIRE = "expire"


@frozen
class Trouble:
    """Trouble with some steps (all), so many times (always)."""

    mode: Mode
    on: frozenset[Step] = frozenset(Step)
    times: int | None = None
    seconds: float = 1.0
    status: int = 400
    code: str = "API_VALIDATION_ERROR"


_RST: Final = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a closed connection a reset one."""


@define(eq=False)
class Troubles:
    """Those that are on, the first that fits first."""

    listed: list[Trouble] = field(factory=list)
    _over: asyncio.Event = field(factory=asyncio.Event)

    def add(self, trouble: Trouble) -> None:
        """Begin one."""
        self.listed.append(trouble)

    def well(self) -> None:
        """End them all; who was kept waiting is answered."""
        self.listed.clear()
        self._over.set()
        self._over = asyncio.Event()

    async def through(self, request: Request, step: Step, do: Callable[[], Response]) -> Response:
        """Answer a request by way of what is wrong."""
        trouble = self._next(step)
        if trouble is None:
            return do()
        answer = _instead(trouble)
        if answer is not None:
            return answer
        if trouble.mode is Mode.SLOW:
            await asyncio.sleep(trouble.seconds)
        done = do() if trouble.mode in (Mode.SLOW, Mode.LATE, Mode.LOST) else None
        if trouble.mode in (Mode.RESET, Mode.LOST):
            return await _cut(request)
        if trouble.mode in (Mode.HANG, Mode.LATE) and not await self._is_over(request):
            return Response(status_code=499)
        return done or _unavailable()

    def _next(self, step: Step) -> Trouble | None:
        for number, one in enumerate(self.listed):
            if step in one.on:
                if one.times is not None:
                    left = [evolve(one, times=one.times - 1)] if one.times > 1 else []
                    self.listed[number : number + 1] = left
                return one
        return None

    async def _is_over(self, request: Request) -> bool:
        """Wait until the trouble is over, or (False) until nobody waits for an answer any more."""
        over = asyncio.ensure_future(self._over.wait())
        gone = asyncio.ensure_future(_gone(request))
        try:
            done, _ = await asyncio.wait({over, gone}, return_when=asyncio.FIRST_COMPLETED)
            return over in done
        finally:
            for waiting in (over, gone):
                waiting.cancel()
            await asyncio.gather(over, gone, return_exceptions=True)


def error(status: int, code: str, message: str) -> Response:
    """Return an error in Xendit's form."""
    said = {"error_code": code, "message": message}
    return Response(orjson.dumps(said), status, media_type="application/json")


def _unavailable() -> Response:
    return error(503, "SERVER_ERROR", "Service is unavailable")


def _instead(trouble: Trouble) -> Response | None:
    """Return what is answered without doing anything, if that is the trouble."""
    match trouble.mode:
        case Mode.DOWN:
            return _unavailable()
        case Mode.BUSY:
            return error(429, "RATE_LIMIT_EXCEEDED", "Too many requests")
        case Mode.BROKEN:
            return HTMLResponse("<!DOCTYPE html><title>Welcome</title>")
        case Mode.REFUSE:
            return error(trouble.status, trouble.code, "Something is wrong")
    return None


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cut(request: Request) -> Response:
    """Reset the connection, as far as uvicorn lets one."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("cut off")  # without a network there is no connection to cut
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    transport.abort()
    await _gone(request)
    return Response(status_code=499)
