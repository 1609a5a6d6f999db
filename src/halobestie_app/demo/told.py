"""A customer's app whose every call and every frame is told as it happens. Knows no story."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from halobestie_app.demo.client import Body, Client, Refused, Socket
from halobestie_app.demo.telling import Telling

LOOK_SECONDS: Final = 2.0
"""Without a frame for so long, one asks."""
FRAME_SECONDS: Final = 5.0
FRAMES: Final = {"ready": "the WebSocket is open", "snapshot": "nothing is current yet"}
"""What is said of frames that show no object."""


class StoryBroken(Exception):
    """The evening did not go as it should; the text says what was expected."""


class Told:
    """One client, and who it tells. ``me``: the customer's name."""

    def __init__(self, client: Client, telling: Telling, me: str) -> None:
        self.client = client
        self.telling = telling
        self._names = {"customer": me}
        self._frames: asyncio.Queue[Body] = asyncio.Queue()
        self._socket: Socket | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        kind: str | None = None,
        remark: Callable[[Body], str] = lambda _: "",
    ) -> Body:
        """Call, and tell what came of it; ``kind``: what the answer is, if it is an object with a state."""
        try:
            status, answer = await self.client.call(method, path, body)
        except Refused as refused:
            self.telling.answered(method, path, refused.status, refused.code)
            raise
        self.telling.answered(method, path, status, remark(answer))
        self.telling.saw(answer, kind)
        return answer

    # --------------------------------------------------------------------------------------- frames

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Tell every frame while the block runs."""
        async with self.client.socket() as socket:
            self._socket = socket
            listener = asyncio.create_task(self._listen(socket))
            try:
                yield
            finally:
                self._socket = None
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self, socket: Socket) -> None:
        while True:
            frame = await socket.receive()
            kind = frame["type"]
            if kind == "paired":
                self._names["mitra"] = frame["mitra"]["display_name"]
            self.telling.framed(kind, self._remark(frame))
            self.telling.saw(frame)
            self._frames.put_nowait(frame)
            match kind:
                case "paired":
                    await socket.send("ack", frame=kind, id=frame["pairing_request_id"])
                case "extension_response":
                    await socket.send("ack", frame=kind, id=frame["extension_id"])
                case "snapshot":
                    await socket.send("resume", chats={})

    async def send(self, kind: str, remark: str, **members: object) -> None:
        """Send a frame, and tell it; inside `listening` only. Raises `LOST`."""
        if self._socket is None:
            raise StoryBroken("the WebSocket is not open")
        self.telling.sent(kind, remark)
        await self._socket.send(kind, **members)

    async def until(self, what: str, seconds: float, is_it: Callable[[Body], bool]) -> None:
        """Wait for a frame that is on its way. Raises `StoryBroken`."""
        try:
            async with asyncio.timeout(seconds):
                while not is_it(await self._frames.get()):
                    pass
        except TimeoutError:
            raise StoryBroken(f"{what} did not come") from None

    async def until_told(self, kind: str, seconds: float = FRAME_SECONDS) -> None:
        """Wait for a frame of this type. Raises `StoryBroken`."""
        await self.until(f"the frame {kind}", seconds, lambda frame: frame["type"] == kind)

    async def until_answered(self, request: Body) -> Body:
        """Wait for a request's end; a frame about it is a reason to look, and so is a long silence."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + request["timeout_seconds"] + 10
        while request["status"] == "pending":
            if loop.time() > deadline:
                raise StoryBroken("nobody answered, and the window did not end")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    while (await self._frames.get()).get("pairing_request_id") != request["id"]:
                        pass
            request = await self.ask("GET", f"/api/client/chat-requests/{request['id']}", kind="request")
        return request

    def _remark(self, frame: Body) -> str:
        match frame["type"]:
            case "message":
                said = frame["message"]
                return f"{self._names.get(said['sender'], said['sender'])}: {said['text']}"
            case "message_ack":
                return f"kept, number {frame['seq']} of this chat"
            case "typing":
                return f"{self._names.get('mitra', 'the mitra')} is writing"
            case "peer":
                return f"{self._names.get('mitra', 'the mitra')} is {frame['state']}"
            case "session_timer":
                return f"{frame['seconds_left']} seconds left"
        return FRAMES.get(frame["type"], "")


def expect(held: Any, what: str) -> None:  # noqa: ANN401  anything true
    """Raise `StoryBroken` unless something is as it should be."""
    if not held:
        raise StoryBroken(f"expected {what}")
