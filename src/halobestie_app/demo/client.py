"""A client of the public interfaces: requests, and the frames of the WebSocket. Knows no story."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeAlias
from urllib.parse import urlsplit

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

Body: TypeAlias = dict[str, Any]

SECONDS: Final = 10.0
"""For one request; the server answers within five."""
SOCKET: Final = "/api/shared/ws"

UNAVAILABLE: Final = 503
TOO_OFTEN: Final = 429
LONGEST_WAIT: Final = 60
"""Seconds that are waited for a budget, at most a minute's; what takes longer is told."""

LOST: Final = (httpx2.HTTPError, WebSocketException, OSError, TimeoutError)
"""Whatever says that the server is away for the moment."""


class Refused(Exception):
    """The server said no; ``code`` and ``detail`` are its words, the rest of the problem is in ``body``."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.code = str(body.get("code", ""))

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.body.get('detail', '')}"


class Unavailable(Refused):
    """The server cannot say for the moment."""

    def __init__(self, body: Body) -> None:
        super().__init__(UNAVAILABLE, body)


class Client:
    """One caller. ``token``: their access token, once they have one."""

    def __init__(self, base: str) -> None:
        self.token: str | None = None
        self._base = base
        self._http = httpx2.AsyncClient(base_url=base, timeout=SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str) -> Body:
        """Ask. Raises `Refused`, and `LOST`."""
        return (await self.call("GET", path))[1]

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Body:
        """Tell. Raises `Refused`, and `LOST`."""
        return (await self.call("POST", path, body))[1]

    async def put(self, path: str, body: Mapping[str, Any]) -> Body:
        """Set. Raises `Refused`, and `LOST`."""
        return (await self.call("PUT", path, body))[1]

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Body]:
        """Send one request and give the answer's status and JSON. Raises `Refused`, and `LOST`."""
        answer = await self._asked(method, path, body)
        try:
            said: Body = orjson.loads(answer.content) if answer.content else {}
        except ValueError:  # something else listens there
            said = {"detail": "the answer is no JSON"}
        if answer.is_success:
            return answer.status_code, said
        raise Unavailable(said) if answer.status_code == UNAVAILABLE else Refused(answer.status_code, said)

    async def _asked(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx2.Response:
        """Send it, and again after a while for as long as it was too often."""
        given = None if body is None else dict(body)
        while True:
            answer = await self._http.request(method, path, headers=self._headers(), json=given)
            wait = answer.headers.get("retry-after", "")
            if answer.status_code != TOO_OFTEN or not wait.isdecimal() or int(wait) > LONGEST_WAIT:
                return answer
            await asyncio.sleep(int(wait))

    async def browse(self, method: str, url: str) -> tuple[int, str]:
        """Ask for a page anywhere, as a stranger and without following it; its status and text. `LOST`."""
        answer = await self._http.request(method, url)
        return answer.status_code, answer.text

    @asynccontextmanager
    async def socket(self) -> AsyncIterator["Socket"]:
        """Open the WebSocket. Raises `Refused` when the handshake is, and `LOST`."""
        where = urlsplit(self._base)
        url = where._replace(scheme="wss" if where.scheme == "https" else "ws", path=SOCKET).geturl()
        try:
            async with connect(
                url,
                additional_headers=self._headers(),
                proxy=None,
                compression=None,
                open_timeout=SECONDS,
                close_timeout=1,
            ) as open_one:
                yield Socket(open_one)
        except InvalidStatus as refused:
            raise Refused(refused.response.status_code, {"detail": "the WebSocket was refused"}) from None

    def _headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}


class Socket:
    """An open WebSocket, as a row of frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> Body:
        """Wait for the next frame. Raises `LOST` when there will be none."""
        frame: Body = orjson.loads(await self._connection.recv())
        return frame

    async def send(self, kind: str, **members: object) -> None:
        """Send a frame. Raises `LOST`."""
        await self._connection.send(orjson.dumps({"type": kind, **members}).decode())
