"""One socket as the rest of the server sees it, over transports that misbehave."""

import asyncio

import pytest
from attrs import define, field

from halobestie_app.ws.session import CloseCode, Session
from halobestie_app.ws.socket import MOST_QUEUED, SLOW_SECONDS, Socket
from support.waiting import eventually

pytestmark = pytest.mark.anyio


@define
class Wire:
    """A transport that can be stopped."""

    said: list[str] = field(factory=list)
    ended: list[tuple[int, str]] = field(factory=list)
    flows: asyncio.Event = field(factory=asyncio.Event)
    broken: Exception | None = None

    async def send(self, text: str) -> None:
        """Write, when the transport flows."""
        await self.flows.wait()
        if self.broken is not None:
            raise self.broken
        self.said.append(text)

    async def end(self, code: int, reason: str) -> None:
        """Close."""
        await self.flows.wait()
        self.ended.append((code, reason))


@define
class Cable:
    """A line that was cut, or not."""

    heard: float = 0.0
    cuts: list[int] = field(factory=list)

    def cut(self, code: int, _: str) -> None:
        """Cut it."""
        self.cuts.append(code)


def made(*, flows: bool = True, line: Cable | None = None) -> tuple[Socket, Wire]:
    """A socket and its transport."""
    wire = Wire()
    if flows:
        wire.flows.set()
    return Socket(Session(lambda _, __: None, 0), wire.send, wire.end, line), wire


async def test_in_order() -> None:
    """What is pushed goes out in order, then the close, and nothing after it."""
    socket, wire = made()
    for number in range(100):
        socket.push(str(number))
    socket.close(CloseCode.RESTARTING, "restarting")
    socket.push("too late")
    socket.close(CloseCode.SHUT_OUT, "again")
    await socket.written()
    assert wire.said == [str(number) for number in range(100)]
    assert wire.ended == [(1012, "restarting")]
    assert socket.session.closed


async def test_held_back() -> None:
    """While it holds nothing goes out; then first what it held for."""
    socket, wire = made()
    socket.push("ready")
    socket.hold()
    socket.push("meanwhile")
    await socket.written()
    assert wire.said == ["ready"]
    socket.release("snapshot")
    socket.push("later")
    await socket.written()
    assert wire.said == ["ready", "snapshot", "meanwhile", "later"]


async def test_too_much_waits() -> None:
    """A peer for whom too much waits is cut off; what waited is dropped."""
    line = Cable()
    socket, wire = made(flows=False, line=line)
    for _ in range(MOST_QUEUED // 1000 + 2):
        socket.push("x" * 1000)
    assert line.cuts == [4429]
    assert socket.closing == (CloseCode.TOO_FAST_OR_SLOW, "too much is waiting to be read")
    wire.flows.set()
    await socket.written()
    assert wire.said == []


async def test_too_much_is_held() -> None:
    """What waits behind a snapshot counts too."""
    line = Cable()
    socket, _ = made(line=line)
    socket.hold()
    for _ in range(MOST_QUEUED // 1000 + 2):
        socket.push("x" * 1000)
    assert line.cuts == [4429]
    socket.release("snapshot")


async def test_without_a_line() -> None:
    """Where there is no line the transport's own close is used."""
    socket, wire = made()
    socket.close(CloseCode.TOO_FAST_OR_SLOW, "slow")
    await socket.written()
    assert wire.ended == [(4429, "slow")]


async def test_stuck() -> None:
    """One write may take its time, and no longer."""
    line = Cable()
    socket, _ = made(flows=False, line=line)
    socket.push("x")
    await asyncio.sleep(0)
    now = asyncio.get_running_loop().time()
    socket.look(now + SLOW_SECONDS / 2)
    assert line.cuts == []
    socket.look(now + SLOW_SECONDS + 1)
    assert line.cuts == [4429]


async def test_stuck_at_its_farewell() -> None:
    """A peer that does not even read its farewell is cut off with the code it was meant to hear."""
    line = Cable()
    socket, _ = made(flows=False, line=line)
    socket.push("x")
    socket.close(CloseCode.TOO_MANY_SOCKETS, "another device came")
    await asyncio.sleep(0)
    socket.look(asyncio.get_running_loop().time() + SLOW_SECONDS + 1)
    assert line.cuts == [4409]


async def test_stuck_without_a_line() -> None:
    """Without a line the reader of the socket is given up instead."""
    socket, _ = made(flows=False)
    reader = asyncio.create_task(asyncio.Event().wait())
    socket.reader = reader
    socket.push("x")
    socket.close(CloseCode.RESTARTING, "restarting")
    await asyncio.sleep(0)
    socket.look(asyncio.get_running_loop().time() + SLOW_SECONDS + 1)
    with pytest.raises(asyncio.CancelledError):
        await reader
    socket.gone()


@pytest.mark.parametrize("failure", [OSError("gone"), RuntimeError("closed")])
async def test_peer_gone(failure: Exception) -> None:
    """A transport that breaks ends the writing, quietly."""
    socket, wire = made()
    wire.broken = failure
    socket.push("x")
    await socket.written()
    socket.gone()
    socket.push("y")
    assert wire.said == []


async def test_idle_sockets_cost_no_task() -> None:
    """A socket with nothing to say has no task."""
    socket, wire = made()
    before = len(asyncio.all_tasks())
    socket.push("x")
    assert len(asyncio.all_tasks()) == before + 1

    async def done() -> bool:
        return len(asyncio.all_tasks()) == before

    await eventually(done)
    assert wire.said == ["x"]
