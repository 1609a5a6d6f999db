"""A listener with nothing but the socket on it, over a real server. Knows no store; tokens are plain text."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import uvicorn
from attrs import define, field
from starlette.applications import Starlette
from starlette.types import ASGIApp

from halobestie_app.ws.endpoint import SocketEndpoint
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.protocol import SERVED_BY
from halobestie_app.ws.snapshot import Glance
from halobestie_core.ports.presence import User
from support.listening import PlainTokens
from support.sockets import Socket
from support.waiting import eventually


class _Server(uvicorn.Server):
    """Leaves signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@define
class Place:
    """Where sockets are served."""

    hub: Hub
    base: str
    revoked: set[UUID] = field(factory=set)
    before: Callable[[User], Awaitable[None]] | None = None
    """What happens while a snapshot is read."""
    unknown: set[UUID] = field(factory=set)
    sockets: list[Socket] = field(factory=list)

    async def dialled(self, user: User | None = None, seconds: float = 3600, **options: Any) -> Socket:  # noqa: ANN401  the client's
        """A socket that is open; with a user, their token is in the header."""
        socket = await Socket.dialled(self.base, None if user is None else token(user, seconds), **options)
        self.sockets.append(socket)
        return socket

    async def opened(self, user: User) -> Socket:
        """A socket that has its snapshot."""
        socket = await self.dialled(user)
        await socket.until("snapshot")
        return socket

    async def until_empty(self) -> None:
        """Wait until the server has forgotten every socket."""

        async def empty() -> bool:
            return len(self.hub) == 0

        await eventually(empty, what=f"{len(self.hub)} sockets are left")


def token(user: User, seconds: float = 3600) -> str:
    """A token of the tests."""
    return f"{user.type}.{user.id}.{seconds}"


@asynccontextmanager
async def served(app: ASGIApp, **options: Any) -> AsyncIterator[str]:  # noqa: ANN401  what uvicorn takes
    """Serve an application on a port of the system's choice; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, **{**SERVED_BY, **options}
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Place]:  # noqa: ANN401  what uvicorn takes
    """Serve nothing but sockets; `options` are uvicorn's, and the endpoint's `origins` and `revoked`."""
    revoked: set[UUID] = set()
    hub = Hub(revoked.__contains__)
    place = Place(hub, "", revoked)

    async def snapshot(user: User) -> Glance | None:
        if place.before is not None:
            await place.before(user)
        return None if user.id in place.unknown else Glance({"who": user.id})

    endpoint = SocketEndpoint(
        hub,
        PlainTokens(),
        snapshot,
        revoked=options.pop("revoked", revoked.__contains__),
        origins=options.pop("origins", ()),
    )
    async with served(Starlette(routes=list(endpoint.routes())), **options) as place.base:
        yield place
        for one in place.sockets:
            await one.close()
