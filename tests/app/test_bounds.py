"""What a client may send us and how slowly, over real sockets: bounds come before work."""

import asyncio
import gzip
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx2
import pytest
from attrs import field, frozen

from halobestie_app import server, watchdog
from halobestie_app.http.body import LARGEST, LONGEST_QUERY, MOST_ERRORS
from halobestie_app.http.route import ANYONE, CUSTOMERS, Call, Plain, Reply, Route
from halobestie_app.server import Listener, serve
from halobestie_app.watchdog import MOST_HEADERS
from halobestie_app.ws.incoming import Malformed, read
from halobestie_core.words import UserType
from support.listening import client, serving
from support.waiting import eventually

pytestmark = pytest.mark.anyio

MANY: Final = 1_000
SECONDS: Final = 10.0
MEGABYTES: Final = 50
JSON: Final = {"Content-Type": "application/json"}


@frozen
class Names:
    """A query of one list."""

    kinds: tuple[UserType, ...] = ()


@frozen
class Given:
    """A body of one list."""

    names: tuple[str, ...] = field(factory=tuple)


async def hello(_: Plain) -> dict[str, str]:
    """Answer."""
    return {"say": "hello"}


async def look(_: Call[None, Names]) -> dict[str, str]:
    """Answer."""
    return {}


async def give(_: Call[Given, None]) -> dict[str, str]:
    """Answer."""
    return {}


async def much(_: Plain) -> Reply:
    """Answer with more than any buffer holds."""
    return Reply(raw=b"x" * (32 << 20))


ROUTES: Final = (
    Route("GET", "/api/hello", hello, "Hello", ANYONE, dict[str, str]),
    Route("GET", "/api/look", look, "Look", ANYONE, dict[str, str], query=Names),
    Route("POST", "/api/give", give, "Give", ANYONE, dict[str, str], body=Given),
    Route("POST", "/api/closed", give, "Closed", CUSTOMERS, dict[str, str], body=Given),
    Route("GET", "/api/much", much, "Much", ANYONE, dict[str, str]),
)


@asynccontextmanager
async def opened() -> AsyncIterator[int]:
    """These routes on a port."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()

    async def on_ready(addresses: object) -> None:
        assert isinstance(addresses, dict)
        port.set_result(addresses["public"][1])

    app = serving(*ROUTES)
    task = asyncio.create_task(serve([Listener("public", app, "127.0.0.1", 0)], on_ready=on_ready, stop=stop))
    try:
        yield await port
    finally:
        stop.set()
        await task


HEAD: Final = b"POST /api/give HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SLOW: Final[tuple[tuple[bytes, bytes], ...]] = (
    # what is sent at once, and what is sent once more every second
    (b"", b""),
    (b"GET /api/hel", b""),
    (b"GET /api/hello HTTP/1.1\r\nHost: x\r\nX: ", b"x"),
    (b"\r\n", b"\r\n"),
    (HEAD, b"X: y\r\n"),
    (HEAD + b"Content-Length: 1000\r\n\r\n{", b""),
    (HEAD + b"Content-Length: 1000\r\n\r\n{", b" "),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    (b"GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\nGET ", b""),
)


async def slow(port: int, at_once: bytes, again: bytes) -> float:
    """Keep a connection as long as the server lets it; how long that was."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = loop.time()
    writer.write(at_once)
    gone = asyncio.create_task(_to_the_end(reader))
    while not gone.done():
        await asyncio.wait({gone}, timeout=1)
        if again and not gone.done():
            writer.write(again)
    took = loop.time() - began
    writer.close()
    return took


async def _to_the_end(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read()


async def test_a_thousand_slow_connections_are_closed_and_nobody_waits_for_them() -> None:
    """Each within 10 seconds, however it dawdles; others are answered meanwhile as ever."""
    loop = asyncio.get_running_loop()
    async with opened() as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        kinds = list(itertools.islice(itertools.cycle(SLOW), MANY))
        dawdling = [asyncio.create_task(slow(port, *kind)) for kind in kinds]
        waits: list[float] = []
        while not all(task.done() for task in dawdling):
            began = loop.time()
            assert (await http.get("/api/hello")).status_code == 200
            waits.append(loop.time() - began)
            await asyncio.wait(dawdling, timeout=0.05)
        lasted = [task.result() for task in dawdling]
    assert max(lasted) <= SECONDS
    assert len(waits) > 20
    assert sorted(waits)[len(waits) // 2] < 0.5


async def test_fifty_megabytes_are_refused_at_64_kib() -> None:
    """Whether the length is said or not: the answer comes while the client has hardly begun."""
    chunk = b"x" * LARGEST
    for framing, piece in (
        (b"Content-Length: %d\r\n\r\n" % (MEGABYTES << 20), chunk),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%s\r\n" % (LARGEST, chunk)),
    ):
        async with opened() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD + framing)
            heard = asyncio.create_task(reader.readuntil(b"}"))
            sent = 0
            while sent < MEGABYTES << 20:
                try:
                    writer.write(piece)
                    await writer.drain()
                except ConnectionError:
                    break
                sent += LARGEST
                await asyncio.sleep(0)
                if heard.done():
                    break
            answer = await heard
            writer.close()
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"connection: close" in answer.lower()
        assert sent < MEGABYTES << 19


async def test_a_client_that_says_it_all_first_hears_413_too() -> None:
    """An ordinary client reads the answer although the line was cut while it was talking."""
    async with opened() as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        answer = await http.post("/api/give", content=b"x" * (MEGABYTES << 20), headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
        assert (await http.get("/api/hello")).status_code == 200


@pytest.mark.parametrize(
    "method,path,status",
    [
        ("POST", "/api/closed", 401),
        ("POST", "/api/nothing", 404),
        ("PUT", "/api/give", 405),
        ("GET", "/api/hello", 200),
    ],
)
async def test_a_large_body_that_nobody_reads_ends_the_connection(
    method: str, path: str, status: int
) -> None:
    """Also where something else is said first, or no body belongs at all; a small one does not."""
    async with opened() as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        large = await http.request(method, path, content=b"x" * (LARGEST + 1), headers=JSON)
        small = await http.request(method, path, content=b"{}", headers=JSON)
    assert (large.status_code, large.headers.get("connection")) == (status, "close")
    assert (small.status_code, small.headers.get("connection")) == (status, None)


async def test_a_client_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that waits for its reader holds memory."""
    monkeypatch.setattr(watchdog, "READ_SECONDS", 0.1)
    monkeypatch.setattr(server, "LOOK_EVERY", 1)
    lost: list[None] = []
    original = watchdog.WatchedProtocol.connection_lost

    def noted(self: watchdog.WatchedProtocol, failure: Exception | None) -> None:
        lost.append(None)
        original(self, failure)

    async def is_lost() -> bool:
        return bool(lost)

    monkeypatch.setattr(watchdog.WatchedProtocol, "connection_lost", noted)
    async with opened() as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /api/much HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(is_lost)
        writer.transport.abort()


async def test_so_many_headers_and_no_more() -> None:
    """431 for one more, however small they are."""
    async with opened() as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        for count, status in ((MOST_HEADERS - 10, 200), (MOST_HEADERS + 1, 431)):
            more = {f"X-{number}": "y" for number in range(count)}
            assert (await http.get("/api/hello", headers=more)).status_code == status


async def test_a_long_query_is_refused() -> None:
    """By its length, before it is taken apart; where no query belongs it is nobody's."""
    async with client(serving(*ROUTES)) as http:
        fits = await http.get("/api/look?x=" + "y" * (LONGEST_QUERY - 2))
        long = await http.get("/api/look?x=" + "y" * (LONGEST_QUERY - 1))
        nobodys = await http.get("/api/hello?x=" + "y" * LONGEST_QUERY)
    assert [answer.status_code for answer in (fits, long, nobodys)] == [200, 422, 200]


async def test_an_answer_does_not_outgrow_its_question() -> None:
    """Of a thousand errors the first are told, and how many there are."""
    async with client(serving(*ROUTES)) as http:
        for answer in (
            await http.get("/api/look?kinds=" + ",".join("x" * 1000)),
            await http.post("/api/give", json={"names": [1] * 1000}),
        ):
            assert answer.status_code == 422
            assert len(answer.json()["errors"]) == MOST_ERRORS
            assert "(1000 errors)" in answer.json()["detail"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
async def test_packed_bodies_are_415(encoding: str) -> None:
    """Nothing is unpacked; what is packed as nothing is read."""
    headers = {**JSON, "Content-Encoding": encoding}
    async with client(serving(*ROUTES)) as http:
        answer = await http.post("/api/give", content=gzip.compress(b"{}"), headers=headers)
        plain = await http.post("/api/give", content=b"{}", headers={**JSON, "Content-Encoding": "identity"})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert plain.status_code == 200


@pytest.mark.parametrize("depth", [33, 500, 1_000, 1_100, 7_000, 30_000])
async def test_depths_are_refused(depth: int) -> None:
    """Deep nesting is wrong, not our mistake: in a body of every shape, and in a frame."""
    async with client(serving(*ROUTES)) as http:
        for text in (
            b'{"names": ' + b"[" * depth + b"]" * depth + b"}",
            b'{"a":' * (depth // 5) + b"1" + b"}" * (depth // 5) if depth >= 500 else b"[" * depth,
            b'{"names": ' + b"[" * depth,
        ):
            answer = await http.post("/api/give", content=text, headers=JSON)
            assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR")
    for frame in (
        '{"type": "message", "text": ' + "[" * depth + "]" * depth + "}",
        '{"type": "resume", "chats": ' + '{"a":' * depth + "1" + "}" * depth + "}",
        '{"type": ' + "[" * depth + "]" * depth + "}",
    ):
        with pytest.raises(Malformed):
            read(frame)
