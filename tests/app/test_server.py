"""The server over real sockets: what it bounds, and how it stops."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import websockets
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from halobestie_app import server, watchdog
from halobestie_app.http.route import ANYONE, Plain, Route
from halobestie_app.server import Address, CannotListen, Listener, serve
from support.listening import serving
from support.waiting import eventually

pytestmark = pytest.mark.anyio


async def hello(_: Plain) -> dict[str, str]:
    """Answer."""
    return {"say": "hello"}


HELLO = Route("GET", "/api/hello", hello, "Hello", ANYONE, dict[str, str])
POSTING = b"POST /api/hello HTTP/1.1\r\nHost: x\r\n"
TAKE = Route("POST", "/api/hello", hello, "Take", ANYONE, dict[str, str])


@asynccontextmanager
async def served(
    *apps: Any,  # noqa: ANN401  ASGI applications
    **options: Any,  # noqa: ANN401  what serve takes
) -> AsyncIterator[tuple[list[int], asyncio.Event, "asyncio.Task[None]"]]:
    """Serve applications on ports of the system's choice; gives the ports, the stop event and the task."""
    ready: asyncio.Future[Mapping[str, Address]] = asyncio.get_running_loop().create_future()
    stop = options.pop("stop", None) or asyncio.Event()

    async def on_ready(addresses: Mapping[str, Address]) -> None:
        ready.set_result(addresses)

    listeners = [Listener(f"l{number}", app, "127.0.0.1", 0) for number, app in enumerate(apps)]
    task = asyncio.create_task(serve(listeners, on_ready=on_ready, stop=stop, **options))
    try:
        task.add_done_callback(lambda _: ready.cancel())
        await asyncio.wait({ready})
        if task.done():
            await task
        yield [port for _, port in ready.result().values()], stop, task
    finally:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)


async def said(port: int, *parts: bytes, until: Callable[[bytes], bool] = lambda _: False) -> bytes:
    """Send bytes to a port and read until the server closes, or until it has said enough."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(15):
            while not until(heard):
                got = await reader.read(65536)
                if not got:
                    break
                heard += got
    except ConnectionError:
        pass
    finally:
        writer.close()
    return heard


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """Everything until the end; ``reset`` when the server closed while we were still sending."""
    try:
        return await reader.read()
    except ConnectionError:
        return b"reset"


async def test_several_applications_in_one_loop() -> None:
    """Each listener has its own application, and nothing of the other's."""
    other = Route("GET", "/internal/hello", hello, "Hello", ANYONE, dict[str, str])
    async with served(serving(HELLO), serving(other)) as ([one, two], _, _), httpx2.AsyncClient() as http:
        assert (await http.get(f"http://127.0.0.1:{one}/api/hello")).json() == {"say": "hello"}
        assert (await http.get(f"http://127.0.0.1:{one}/internal/hello")).status_code == 404
        assert (await http.get(f"http://127.0.0.1:{two}/api/hello")).status_code == 404
        answer = await http.get(f"http://127.0.0.1:{two}/internal/hello")
        assert answer.status_code == 200
        assert "server" not in answer.headers


async def test_a_port_in_use_is_one_clear_line() -> None:
    """The error names the listener and the address, and nothing stays open."""
    async with served(serving(HELLO)) as ([port], _, _):
        listeners = [
            Listener("public", serving(HELLO), "127.0.0.1", 0),
            Listener("internal", serving(), "127.0.0.1", port),
        ]
        with pytest.raises(CannotListen) as refused:
            await serve(listeners)
    assert (
        str(refused.value)
        == f"the internal listener cannot listen on 127.0.0.1:{port}: Address already in use"
    )


async def test_a_host_that_is_none_is_one_clear_line() -> None:
    """A name that does not resolve is told like a port in use."""
    with pytest.raises(CannotListen, match=r"the public listener cannot listen on 256\.1\.1\.1:80"):
        await serve([Listener("public", serving(), "256.1.1.1", 80)])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that waits for heads and bodies a moment only."""
    monkeypatch.setattr(server, "LOOK_EVERY", 1)
    monkeypatch.setattr(watchdog, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(watchdog, "BODY_SECONDS", 0.1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "parts,answer",
    [
        ([], b""),
        ([b"GET /api/hel"], b"HTTP/1.1 408"),
        ([b"GET /api/hello HTTP/1.1\r\nHost: x\r\nX-Slow: "], b"HTTP/1.1 408"),
        ([b"\r\n"], b"HTTP/1.1 408"),
        ([POSTING + b"Content-Length: 9\r\nContent-Type: application/json\r\n\r\n{"], b""),
        ([POSTING + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"], b""),
    ],
)
async def test_half_sent_requests_are_closed(parts: list[bytes], answer: bytes) -> None:
    """Silence, half a head and half a body end the connection, each after its time."""
    async with served(serving(HELLO, TAKE)) as ([port], _, _):
        assert (await said(port, *parts)).startswith(answer)


@pytest.mark.usefixtures("impatient")
async def test_a_client_that_sends_a_request_byte_by_byte_is_closed_too() -> None:
    """Every byte does not buy more time."""
    async with served(serving(HELLO)) as ([port], _, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        closed = asyncio.create_task(all_of(reader))

        async def dripping() -> bool:
            if not closed.done():
                writer.write(b"X")
            return closed.done()

        writer.write(b"GET /api/hello HTTP/1.1\r\nX: ")
        await eventually(dripping)
        assert closed.result() in (b"reset", watchdog._SLOW)  # noqa: SLF001  the very bytes
        writer.close()


@pytest.mark.usefixtures("impatient")
async def test_stray_line_ends_do_not_keep_a_connection() -> None:
    """Line ends between two requests cancel uvicorn's timer, so ours takes over."""
    request = b"GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served(serving(HELLO)) as ([port], _, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        await reader.readuntil(b"}")
        writer.write(b"\r\n")
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 408")
        writer.close()


@pytest.mark.usefixtures("impatient")
async def test_an_idle_connection_and_a_slow_answer_are_left_alone() -> None:
    """Between whole requests, and while we think, the client owes us nothing."""
    thought = asyncio.Event()

    async def thinks(_: Plain) -> dict[str, str]:
        await thought.wait()
        return {}

    looks: list[float] = []
    app = serving(HELLO, Route("GET", "/api/thinks", thinks, "Think", ANYONE, dict[str, str]))
    async with served(app) as ([port], _, _), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        assert (await http.get("/api/hello")).status_code == 200
        thinking = asyncio.create_task(http.get("/api/thinks"))
        look = watchdog.WatchedState.look

        async def looked_twice() -> bool:
            return len(looks) >= 2

        def counted(state: watchdog.WatchedState, now: float) -> None:
            looks.append(now)
            look(state, now)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(watchdog.WatchedState, "look", counted)
            await eventually(looked_twice)
        thought.set()
        assert (await thinking).status_code == 200


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_head_that_is_too_large_is_431(at_once: bool) -> None:
    """Whether it comes in one piece or never ends."""
    head = b"GET /api/hello HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 40_000
    async with served(serving(HELLO)) as ([port], _, _):
        parts = [head + b"\r\n\r\n"] if at_once else [head, b"x" * 40_000]
        assert (await said(port, *parts)).startswith(b"HTTP/1.1 431")


async def test_a_large_body_is_not_a_large_head() -> None:
    """A body of 64 KiB that arrives together with its head is fine."""
    body = b'{"a": "%s"}' % (b"x" * 60_000)
    request = (
        b"POST /api/hello HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
    ) % (len(body), body)
    async with served(serving(TAKE)) as ([port], _, _):
        assert (await said(port, request)).startswith(b"HTTP/1.1 422")


async def test_nonsense_is_400() -> None:
    """What is no HTTP is refused and closed."""
    async with served(serving(HELLO)) as ([port], _, _):
        assert (await said(port, b"\x16\x03\x01 nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400")
        smuggled = POSTING + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        assert (await said(port, smuggled)).startswith(b"HTTP/1.1 400")


async def test_too_large_a_body_is_refused_while_it_is_sent() -> None:
    """The answer comes after 64 KiB, not after 50 MB."""
    head = POSTING + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    async with served(serving(TAKE)) as ([port], _, _):
        heard = await said(port, head, chunk, chunk, chunk, until=lambda heard: b"TOO_LARGE" in heard)
    assert heard.startswith(b"HTTP/1.1 413")


async def test_pipelined_requests_are_answered_in_order() -> None:
    """Two requests in one packet get two answers."""
    request = b"GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served(serving(HELLO)) as ([port], _, _):
        heard = await said(port, request * 3, until=lambda heard: heard.count(b"hello") == 3)
    assert heard.count(b"HTTP/1.1 200") == 3


async def echo(socket: WebSocket) -> None:
    """Accept, and repeat what is said."""
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


@pytest.mark.usefixtures("impatient")
async def test_sockets_have_small_frames_and_no_compression() -> None:
    """16 KiB are repeated, one byte more closes with 1009; the watchdog leaves sockets alone."""
    app = serving(extra=[WebSocketRoute("/api/shared/ws", echo)])
    async with served(app) as ([port], _, _):
        url = f"ws://127.0.0.1:{port}/api/shared/ws"
        async with websockets.connect(url) as client:
            assert "Sec-WebSocket-Extensions" not in (client.response.headers if client.response else {})
            await client.send("x" * 16_384)
            assert len(await client.recv()) == 16_384
            await client.send("x" * 16_385)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 1009


@pytest.mark.usefixtures("impatient")
async def test_the_watchdog_leaves_sockets_alone() -> None:
    """A socket on which nothing is said owes no request, however often the watchdog looks."""
    looks: list[float] = []
    app = serving(extra=[WebSocketRoute("/api/shared/ws", echo)])
    look = watchdog.WatchedState.look

    async def looked_twice() -> bool:
        return len(looks) >= 2

    def counted(state: watchdog.WatchedState, now: float) -> None:
        looks.append(now)
        look(state, now)

    async with (
        served(app) as ([port], _, _),
        websockets.connect(f"ws://127.0.0.1:{port}/api/shared/ws") as client,
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(watchdog.WatchedState, "look", counted)
            await eventually(looked_twice)
        await client.send("still there")
        assert await client.recv() == "still there"


async def test_a_stop_finishes_what_is_in_hand() -> None:
    """First the farewell, then the requests in hand, then the background; nothing new is accepted."""
    began, may_end = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def slow(_: Plain) -> dict[str, str]:
        began.set()
        await may_end.wait()
        order.append("answered")
        return {"done": "yes"}

    async def farewell() -> None:
        order.append("farewell")

    async def work(told: asyncio.Event) -> None:
        await told.wait()
        order.append("told")
        may_end.set()

    app = serving(HELLO, Route("GET", "/api/slow", slow, "Slow", ANYONE, dict[str, str]))
    async with (
        served(app, on_drain=farewell, background=[work]) as ([port], stop, task),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        answer = asyncio.create_task(http.get("/api/slow"))
        await began.wait()
        stop.set()
        assert (await answer).json() == {"done": "yes"}
        await task
        with pytest.raises(httpx2.ConnectError):
            await http.get("/api/hello")
    assert order == ["farewell", "told", "answered"]


async def test_a_stop_does_not_wait_for_ever() -> None:
    """A farewell that fails, a request and a work that do not end are given up when the grace is over."""
    began = asyncio.Event()

    async def hangs(_: Plain) -> object:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def farewell() -> None:
        raise RuntimeError("nobody listens")

    async def deaf(_: asyncio.Event) -> None:
        await asyncio.Event().wait()

    app = serving(Route("GET", "/api/hangs", hangs, "Hang", ANYONE, str, bound=None))
    async with (
        served(app, on_drain=farewell, background=[deaf], grace=1.0) as ([port], stop, task),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        answer = asyncio.create_task(http.get("/api/hangs"))
        await began.wait()
        stop.set()
        async with asyncio.timeout(5):
            await task
        assert isinstance(
            (await asyncio.gather(answer, return_exceptions=True))[0], httpx2.HTTPError | httpx2.Response
        )


async def test_sockets_hear_1012_before_the_end() -> None:
    """The farewell can still speak on the sockets; those it forgets hear 1012 from the server."""
    app = serving(extra=[WebSocketRoute("/api/shared/ws", echo)])
    async with (
        served(app) as ([port], stop, _),
        websockets.connect(f"ws://127.0.0.1:{port}/api/shared/ws") as client,
    ):
        stop.set()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1012


async def test_readiness_can_be_asked_while_lingering() -> None:
    """Between the farewell and the end, a balancer can still see that it should go elsewhere."""
    drained = asyncio.Event()

    async def farewell() -> None:
        drained.set()

    async with (
        served(serving(HELLO), on_drain=farewell, linger=0.5) as ([port], stop, task),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        stop.set()
        await drained.wait()
        assert (await http.get("/api/hello")).status_code == 200
        await task


async def test_a_work_that_breaks_stops_everything_in_order() -> None:
    """A server without its background work would lie about deadlines; it ends, and says why."""

    async def breaks(_: asyncio.Event) -> None:
        raise RuntimeError("the clock stopped")

    stop = asyncio.Event()
    with pytest.raises(RuntimeError, match="the clock stopped"):
        await serve([Listener("public", serving(), "127.0.0.1", 0)], background=[breaks], stop=stop)
    assert stop.is_set()


async def test_a_cancelled_server_leaves_no_socket() -> None:
    """The port is free again when whoever served is cancelled."""
    async with served(serving(HELLO)) as ([port], _, task):
        task.cancel()
        await asyncio.wait({task})
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


PROGRAM = """
    import asyncio, json
    from halobestie_app import log
    from halobestie_app.running import run
    from halobestie_app.server import Listener, serve

    async def app(scope, receive, send): ...
    async def on_ready(addresses): print(json.dumps(addresses), flush=True)
    async def on_drain():
        print("farewell", flush=True)
        await asyncio.sleep({pause})
    async def work(told):
        await told.wait()
        print("told", flush=True)

    log.set_up()
    run(serve([Listener("public", app, "127.0.0.1", 0)], on_ready=on_ready, on_drain=on_drain,
    background=[work]))
"""


def program(pause: float) -> "subprocess.Popen[str]":
    """A server in a process of its own."""
    return subprocess.Popen(  # noqa: S603  a program of ours
        [sys.executable, "-c", textwrap.dedent(PROGRAM).replace("{pause}", str(pause))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_in_good_order(number: signal.Signals) -> None:
    """SIGTERM and SIGINT: farewell, background told, exit status 0."""
    with program(0) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["public"][0] == "127.0.0.1"
        process.send_signal(number)
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "farewell\ntold\n"), errors


async def test_a_second_signal_ends_at_once() -> None:
    """Who presses Ctrl-C twice does not wait for the farewell."""
    with program(60) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "farewell\n"
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
