"""HTTP as no client should speak it: too slow, or not at all. Knows no route's business."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Final
from urllib.parse import urlsplit

HEAD: Final = b"POST /api/shared/auth/anonymous HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
UPGRADE: Final = (
    b"GET /api/shared/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
DEAF: Final = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100
"""Who asks for so much reads none of it."""
SLOW: Final = b"HTTP/1.1 408 "
NOBODY: Final = (4401).to_bytes(2)
"""A socket has to say who it is before anything else that it begins counts."""
DAWDLERS: Final[Sequence[tuple[bytes, bytes, bytes]]] = (
    (b"", b"", b""),
    (b"GET /heal", b"", SLOW),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", b"x", SLOW),
    (HEAD, b"X: y\r\n", SLOW),
    (HEAD + b"Content-Length: 1000\r\n\r\n{", b" ", SLOW),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", SLOW),
    (DEAF, b"GET", b""),
    (UPGRADE + b"\x81\xfe", b"", NOBODY),
    (UPGRADE + b"\x01\x81\x00\x00\x00\x00x", b"", NOBODY),
)
"""What is sent at once, and what once more every second: requests, bodies and frames that never end; and with
what word one is sent away, by a status or a frame that closes. None where nothing was said, or is heard."""
CLOSE: Final = b"\r\n\r\n\x88"
"""A handshake, and then nothing but the frame that closes: its length and its code follow."""
PATIENCE: Final = 10.0
LONG: Final = b"x" * 70_000
DEEP: Final = b"[" * 30_000
METHODS: Final = (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"BREW", b"get", b"", b"\x00")
PATHS: Final = (
    b"/api/client/payment-sessions",
    b"/api/client/chat-requests",
    b"/api/client/chat/history?limit=-1&cursor=%00",
    b"/api/shared/auth/refresh",
    b"/api/webhooks/xendit",
    b"/api/mitra/heartbeat",
    b"/api/../internal/config",
    b"/%ff%fe",
    b"*",
    b"http://elsewhere/",
    b"/" + b"a" * 9_000,
)
BODIES: Final = (
    b"", b"{}", b"[]", b"null", b"{", b'{"duration_minutes": 1e999}', b'{"duration_minutes": "\\ud800"}',
    b'{"a": 1, "a": 2}', b"\xff\xfe{}", b"\xef\xbb\xbf{}", DEEP, LONG, b'{"x": ' + DEEP, b"0" * 5_000,
)  # fmt: skip
HEADERS: Final = (
    b"Content-Length: -1", b"Content-Length: 5\r\nContent-Length: 6", b"Transfer-Encoding: chunked, gzip",
    b"Content-Encoding: gzip", b"Content-Type: text/\x00", b"X" * 9_000 + b": y", b": nobody", b" folded",
    b"Authorization: Bearer \xf0\x9f\x92\xa9", b"Idempotency-Key: " + b"k" * 5_000, b"Expect: 100-continue",
)  # fmt: skip


async def dawdled(base: str, number: int) -> float:
    """Dawdle in one of the manners of `DAWDLERS` until the server has enough; gives how long that took."""
    at_once, again, word = DAWDLERS[number % len(DAWDLERS)]
    loop = asyncio.get_running_loop()
    parts = urlsplit(base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1024)
    begun = loop.time()
    writer.write(at_once)
    gone = asyncio.create_task(_gone(writer) if at_once is DEAF else _last_word(reader))
    while not gone.done():
        await asyncio.wait({gone}, timeout=1)
        if again and not gone.done():
            writer.write(again)
    writer.close()
    assert gone.result().startswith(word), f"{at_once[:60]!r} was sent away with {gone.result()[:60]!r}"
    assert word or not gone.result(), f"{at_once[:60]!r} heard {gone.result()[:60]!r}"
    return loop.time() - begun


async def _last_word(reader: asyncio.StreamReader) -> bytes:
    """Read until the end, or until a socket is told to close; gives all, or the code with which it closes."""
    heard = b""
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            heard += data
            _, told, frame = heard.partition(CLOSE)
            if told and len(frame) > 2:
                return frame[1:3]
    return heard


async def _gone(writer: asyncio.StreamWriter) -> bytes:
    """Wait for the end without reading."""
    while not writer.transport.is_closing():  # noqa: ASYNC110  whoever does not read is told nothing
        await asyncio.sleep(0.1)
    return b""


class Bent:
    """Makes requests that are wrong in one way or many, by seeded chance."""

    def __init__(self, chance: Random, token: str) -> None:
        self._chance = chance
        self._token = token.encode()

    def next(self) -> bytes:
        """Make one."""
        bend: Callable[[bytes], bytes] = self._chance.choice(
            (self._as_it_is, self._cut, self._flipped, self._chunked, self._noise)
        )
        return bend(self._request())

    def _request(self) -> bytes:
        chance = self._chance
        method, path, body = chance.choice(METHODS), chance.choice(PATHS), chance.choice(BODIES)
        headers = [b"Host: x", b"Connection: close", b"Content-Type: application/json"]
        if chance.random() < 0.7:
            headers.append(b"Authorization: Bearer " + self._token)
        if chance.random() < 0.5:
            headers.append(chance.choice(HEADERS))
        headers.append(b"Content-Length: %d" % len(body))
        return b"%s %s HTTP/1.1\r\n%s\r\n\r\n%s" % (method, path, b"\r\n".join(headers), body)

    def _as_it_is(self, request: bytes) -> bytes:
        return request

    def _cut(self, request: bytes) -> bytes:
        return request[: self._chance.randrange(len(request))]

    def _flipped(self, request: bytes) -> bytes:
        found = bytearray(request)
        for _ in range(self._chance.randint(1, 8)):
            found[self._chance.randrange(min(len(found), 300))] = self._chance.randrange(256)
        return bytes(found)

    def _chunked(self, _: bytes) -> bytes:
        size = self._chance.choice((b"zz", b"-5", b"ffffffffffffffff", b"5;x=", b""))
        return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\nhello\r\n0\r\n\r\n"

    def _noise(self, _: bytes) -> bytes:
        return self._chance.randbytes(self._chance.randint(1, 400))


async def status_of(base: str, request: bytes) -> int | None:
    """Say it, and nothing more; the status of the answer, if one comes."""
    parts = urlsplit(base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    line = b""
    with suppress(ConnectionError, TimeoutError):
        writer.write(request)
        writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            line = await reader.readline()
    writer.transport.abort()
    words = line.split()
    return int(words[1]) if len(words) > 1 and line.startswith(b"HTTP/1.") else None
