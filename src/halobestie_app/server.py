"""Listens, serves, and stops in good order: several applications and their background work in one event loop.

Knows no application. uvicorn serves; what it leaves open is closed here: signals (two servers would fight
over them), the order of stopping (its own closes sockets before anybody could say why), ports in use, and
half-sent requests.
"""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import uvicorn
from attrs import field, frozen
from starlette.types import ASGIApp

from halobestie_app import log
from halobestie_app.watchdog import WatchedProtocol, WatchedState

GRACE: Final = 8.0
"""Seconds from the signal until whatever is still in hand is cancelled."""
SOCKETS: Final[Mapping[str, Any]] = {
    "ws": "websockets-sansio",
    "ws_max_size": 16 * 1024,
    "ws_per_message_deflate": False,
}
"""How WebSockets are served: small frames, no compression."""
KEEP_ALIVE: Final = 30
"""Seconds that an idle connection is kept."""
BACKLOG: Final = 2048
LOOK_EVERY: Final = 10
"""Ticks of uvicorn's loop, a tenth of a second each, between two looks at half-sent requests."""

Address: TypeAlias = tuple[str, int]
Background: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]
"""Work beside the listeners; it should end soon after the event is set, and is cancelled if it does not."""

_log = log.get(__name__)


@frozen
class Listener:
    """An application and where it listens; port 0 lets the system choose.

    ``sockets`` is what uvicorn is told of WebSockets beyond `SOCKETS`.
    """

    name: str
    app: ASGIApp
    host: str
    port: int
    sockets: Mapping[str, Any] = field(factory=dict)


class CannotListen(Exception):
    """An address cannot be had; the text is one line for the person who started the server."""

    def __init__(self, listener: Listener, reason: OSError) -> None:
        super().__init__(listener, reason)
        self.listener = listener
        self.reason = reason

    def __str__(self) -> str:
        why = os.strerror(self.reason.errno) if self.reason.errno else str(self.reason)
        where = f"{self.listener.host}:{self.listener.port}"
        return f"the {self.listener.name} listener cannot listen on {where}: {why}"


async def serve(
    listeners: Sequence[Listener],
    *,
    on_ready: Callable[[Mapping[str, Address]], Awaitable[None]] | None = None,
    on_drain: Callable[[], Awaitable[None]] | None = None,
    background: Sequence[Background] = (),
    stop: asyncio.Event | None = None,
    grace: float = GRACE,
    linger: float = 0.0,
) -> None:
    """Serve until ``stop`` is set, by SIGTERM, SIGINT or the caller; a second signal ends everything at once.

    ``on_ready`` gets the addresses by listener name once all of them answer. When it is time to stop,
    ``on_drain`` turns readiness to 503 and says farewell to sockets; after ``linger`` seconds more nothing
    new is accepted, what is in hand is finished, background work is told to end, and after ``grace`` seconds
    in all whatever is left is cancelled. Raises `CannotListen`, and what a background work raised (after an
    orderly stop).
    """
    stopping = stop or asyncio.Event()
    sockets = _bound(listeners)
    servers = [_Server(_configured(listener)) for listener in listeners]
    told = asyncio.Event()
    failures: list[Exception] = []

    async def worked(work: Background) -> None:
        try:
            await work(told)
        except Exception as failure:  # noqa: BLE001  raised below, after an orderly stop
            _log.error("background work failed", task=_name(work), exc_info=failure)
            failures.append(failure)
            stopping.set()

    def ended(task: asyncio.Task[None]) -> None:
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, Exception):
            failures.append(failure)
        stopping.set()

    tasks: list[asyncio.Task[None]] = []
    with _signals(stopping, tasks):
        try:
            tasks += [
                asyncio.create_task(server.serve(sockets=[one]), name=listener.name)
                for server, one, listener in zip(servers, sockets, listeners, strict=True)
            ]
            for task in tasks:
                task.add_done_callback(ended)
            await _started(servers, tasks)
            tasks += [asyncio.create_task(worked(work), name=_name(work)) for work in background]
            addresses = _addresses(listeners, sockets)
            if on_ready is not None:
                await on_ready(addresses)
            await stopping.wait()
            _log.info("stopping")
            ending = asyncio.create_task(_end(servers, tuple(tasks), told, on_drain, grace, linger))
            tasks.append(ending)  # so that a second signal cancels it too
            await asyncio.wait({ending})
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for server, one in zip(servers, sockets, strict=True):
                server.close()
                one.close()
    if failures:
        raise failures[0]


async def _end(
    servers: Sequence["_Server"],
    tasks: Sequence[asyncio.Task[None]],
    told: asyncio.Event,
    on_drain: Callable[[], Awaitable[None]] | None,
    grace: float,
    linger: float,
) -> None:
    """Say farewell, finish what is in hand, and give up on the rest when the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + grace - 0.5  # the last half second is for cancelling
    if on_drain is not None:
        try:
            async with asyncio.timeout_at(loop.time() + grace / 3):
                await on_drain()
        except Exception as failure:  # noqa: BLE001  a farewell that fails must not keep the rest from ending
            _log.error("farewell failed", exc_info=failure)
    if linger:
        await asyncio.wait(tasks, timeout=linger)
    told.set()
    for server in servers:
        server.config.timeout_graceful_shutdown = max(1, int(end - loop.time()))
        server.should_exit = True
    _, left = await asyncio.wait(tasks, timeout=max(0.0, end - loop.time()))
    for task in left:
        _log.warning("cancelled at the end of the grace", task=task.get_name())


class _Server(uvicorn.Server):
    """uvicorn's server, leaving signals alone and watching over half-sent requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.watched = WatchedState()
        self.server_state = self.watched

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Look once a second at the connections that owe something."""
        if counter % LOOK_EVERY == 0:
            self.watched.look(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def close(self) -> None:
        """Close what a cancelled server leaves open."""
        for listening in getattr(self, "servers", ()):
            listening.close()
        for connection in list(self.watched.connections):
            if connection.transport is not None:
                connection.transport.abort()


def _configured(listener: Listener) -> uvicorn.Config:
    return uvicorn.Config(
        listener.app,
        http=WatchedProtocol,
        **{**SOCKETS, **listener.sockets},
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        backlog=BACKLOG,
    )


def _bound(listeners: Sequence[Listener]) -> list[socket.socket]:
    """Take every address, or none. Raises `CannotListen`."""
    taken: list[socket.socket] = []
    try:
        for listener in listeners:
            taken.append(_bind(listener))  # noqa: PERF401  a comprehension would lose them on the way out
    except CannotListen:
        for one in taken:
            one.close()
        raise
    return taken


def _bind(listener: Listener) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        one = socket.socket(family, socket.SOCK_STREAM)
    except OSError as reason:
        raise CannotListen(listener, reason) from None
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(address)
        one.listen(BACKLOG)
        one.setblocking(False)  # noqa: FBT003  the standard library's
    except OSError as reason:
        one.close()
        raise CannotListen(listener, reason) from None
    return one


def _addresses(listeners: Sequence[Listener], sockets: Sequence[socket.socket]) -> dict[str, Address]:
    return {
        listener.name: (listener.host, one.getsockname()[1])
        for listener, one in zip(listeners, sockets, strict=True)
    }


async def _started(servers: Sequence[_Server], tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait until every listener answers; a server that ended instead raises what ended it."""
    while not all(server.started for server in servers):
        for task in tasks:
            if task.done():
                await task
        await asyncio.sleep(0)


@contextlib.contextmanager
def _signals(stopping: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> Iterator[None]:
    """Let the first signal stop in good order, and the second at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def asked(number: signal.Signals) -> None:
        _log.info("signal", signal=number.name)
        if stopping.is_set():
            for task in tasks:
                task.cancel()
        stopping.set()

    loop = asyncio.get_running_loop()
    handled = (signal.SIGTERM, signal.SIGINT)
    for number in handled:
        loop.add_signal_handler(number, asked, number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def _name(work: Background) -> str:
    return getattr(work, "__qualname__", type(work).__name__)
