"""The socket over a real server: who is let in, what comes first, and how it ends."""

import asyncio
import contextlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from halobestie_adapters.errors import StoreUnavailable
from halobestie_app.problems import Code, Problem
from halobestie_app.ws.endpoint import PATH
from halobestie_app.ws.hub import MOST_PER_USER
from halobestie_app.ws.incoming import LARGEST
from halobestie_core.ports.identity import Revoked
from halobestie_core.ports.presence import User
from halobestie_core.ports.revocations import Ended
from halobestie_core.words import UserType
from support.socketing import Place, serving, token
from support.waiting import eventually

pytestmark = pytest.mark.anyio

ANI = User(UserType.CUSTOMER, UUID(int=1))
BUDI = User(UserType.CUSTOMER, UUID(int=2))
SARI = User(UserType.MITRA, UUID(int=3))
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


# ------------------------------------------------------------------------------------------- handshake


async def test_token_in_the_header(place: Place) -> None:
    """With a token in the header `ready` and `snapshot` come at once, in this order."""
    socket = await place.opened(ANI)
    ready, snapshot = socket.frames
    assert ready["type"] == "ready"
    assert ready["heartbeat_seconds"] == 25
    UUID(ready["connection_id"])
    assert snapshot == {"type": "snapshot", "at": snapshot["at"], "who": str(ANI.id)}


async def test_token_in_the_first_frame(place: Place) -> None:
    """A browser sends its token in the first frame; before that nothing comes."""
    socket = await place.dialled()
    await socket.send("auth", access_token=token(SARI))
    assert (await socket.until("snapshot"))["who"] == str(SARI.id)
    assert [frame["type"] for frame in socket.frames] == ["ready", "snapshot"]


@pytest.mark.parametrize("first", ['{"type": "auth", "access_token": "x"}', '{"type": "ping"}', "nonsense"])
async def test_no_token(place: Place, first: str) -> None:
    """Anything but a valid token as the first frame closes with 4401."""
    socket = await place.dialled()
    await socket.send_raw(first)
    assert await socket.closed() == 4401
    assert socket.frames == []


async def test_bad_token_in_the_header(place: Place) -> None:
    """A token in the header that is not valid closes with 4401: an operator's, one that has expired."""
    operator = User(UserType.OPERATOR, UUID(int=9))
    for socket in (await place.dialled(operator), await place.dialled(ANI, seconds=-1)):
        assert await socket.closed() == 4401


async def test_never_a_token_in_the_address(place: Place) -> None:
    """A token in the address is not looked at."""
    async with connect(
        f"{place.base.replace('http', 'ws')}/api/shared/ws?access_token={token(ANI)}", proxy=None
    ) as raw:
        await raw.send('{"type": "ping"}')
        await raw.wait_closed()
        assert raw.close_code == 4401


async def test_origins() -> None:
    """A page of this host or of a known origin may connect, others get 403; programs send no origin."""
    async with serving(origins=["https://app.example"]) as place:
        for origin in (None, "https://app.example", place.base):
            socket = await place.dialled(ANI, origin=origin)
            await socket.until("snapshot")
        for origin in (
            "https://evil.example",
            "null",
            "https://app.example.evil",
            "http://[",
            place.base + "1",
            place.base.replace("http:", "ftp:"),
            place.base.replace("http:", ""),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await place.dialled(ANI, origin=origin)
            assert refused.value.response.status_code == 403
            assert b'"FORBIDDEN"' in (refused.value.response.body or b"")


async def test_two_origins_are_none(place: Place) -> None:
    """Whichever of them is this host's: no browser sends that, and the protocol itself refuses it."""
    twice = [("Origin", place.base), ("Origin", place.base)]
    with pytest.raises(InvalidStatus) as refused:
        await connect(place.base.replace("http", "ws") + PATH, additional_headers=twice, proxy=None)
    assert refused.value.response.status_code == 400


async def test_revoked_log_in(place: Place) -> None:
    """A token of a log-in that has ended opens nothing; a socket that was open goes with 4403."""
    socket = await place.opened(ANI)
    place.revoked.add(ANI.id)
    assert await (await place.dialled(ANI)).closed() == 4401
    await place.hub.look()
    assert await socket.closed() == 4403


async def test_logged_out_at_once(place: Place) -> None:
    """Whoever logs out is gone at once, everybody else stays."""
    leaving, staying = await place.opened(ANI), await place.opened(BUDI)
    place.hub.close_logins([Ended(ANI.id, Revoked.LOGOUT, NOW), Ended(SARI.id, Revoked.REUSE, NOW)])
    assert await leaving.closed() == 4403
    place.hub.close_user(SARI)
    await staying.send("ping")
    await staying.until("pong")


async def test_blocked_with_a_last_word(place: Place) -> None:
    """Whoever is blocked still hears of it, but is heard no more; the next look closes."""
    silent, talking = await place.opened(ANI), await place.opened(ANI)
    place.revoked.add(ANI.id)
    place.hub.close_logins([Ended(ANI.id, Revoked.BLOCKED, NOW)])
    place.hub.push(ANI, '{"type": "presence"}')
    await silent.until("presence")
    await talking.send("focus", session_id=None)
    assert await talking.closed() == 4403
    await place.hub.look()
    assert await silent.closed() == 4403


async def test_nobody_knows_whose_log_in_has_ended() -> None:
    """No token is taken and no frame obeyed, with the advice to come back; who only listens stays."""
    known = True

    def revoked(_login: UUID) -> bool:
        if not known:
            raise Problem(Code.UNAVAILABLE, "It cannot be told.")
        return False

    async with serving(revoked=revoked) as place:
        socket, renewing, behind = [await place.opened(one) for one in (ANI, ANI, BUDI)]
        known = False
        assert await (await place.dialled(SARI)).closed() == 1012
        await renewing.send("auth", access_token=token(ANI))
        assert await renewing.closed() == 1012
        await behind.send("resume", chats={})
        assert await behind.closed() == 1012
        chat, message = str(UUID(int=5)), str(UUID(int=6))
        await socket.send("message", session_id=chat, client_message_id=message, text="hello")
        await socket.until("error", code="UNAVAILABLE", session_id=chat, client_message_id=message)
        await socket.send("focus", session_id=None)
        await socket.until("error", code="UNAVAILABLE")
        await place.hub.look()
        await socket.send("ping")
        await socket.until("pong")


async def test_nobody_any_more(place: Place) -> None:
    """A token of somebody who does not exist any more is shut out."""
    place.unknown.add(ANI.id)
    assert await (await place.dialled(ANI)).closed() == 4403


async def test_store_away(place: Place) -> None:
    """While a snapshot cannot be read the client is asked to come back."""

    async def away(_: User) -> None:
        raise StoreUnavailable("gone")

    place.before = away
    assert await (await place.dialled(ANI)).closed() == 1012


# ------------------------------------------------------------------------------------------ conversation


async def test_no_silent_gap(place: Place) -> None:
    """What happens while the snapshot is read comes right behind it."""

    async def meanwhile(user: User) -> None:
        place.hub.push(user, '{"type": "paired", "number": 1}')
        place.hub.push(user, '{"type": "paired", "number": 2}')

    place.before = meanwhile
    socket = await place.opened(ANI)
    place.hub.push(ANI, '{"type": "paired", "number": 3}')
    await socket.until("paired", number=3)
    assert [frame["type"] for frame in socket.frames] == ["ready", "snapshot", "paired", "paired", "paired"]
    assert [frame["number"] for frame in socket.frames[2:]] == [1, 2, 3]


async def test_resume_and_ping(place: Place) -> None:
    """A resume is answered, and so is a ping."""
    socket = await place.opened(ANI)
    await socket.send("resume", chats={str(UUID(int=7)): 3})
    await socket.until("resumed")
    await socket.send("ping")
    await socket.until("pong")


async def test_malformed(place: Place) -> None:
    """Malformed frames are answered; ten in a row end it; nobody else notices."""
    other, socket = await place.opened(BUDI), await place.opened(ANI)
    for _ in range(10):
        await socket.send_raw("nonsense")
    assert await socket.closed() == 1008
    assert socket.count("error", code="VALIDATION_ERROR") == 10
    await other.send("ping")
    await other.until("pong")


async def test_too_large(place: Place) -> None:
    """A frame of more than 16 KiB closes with 4413, a little or far too large, whole or in fragments."""
    fits = await place.opened(ANI)
    await fits.send_raw(" " * LARGEST)
    await fits.until("error")
    for size in (LARGEST + 1, 5_000_000):
        large = await place.opened(BUDI)
        with_peer_gone = asyncio.create_task(large.send_raw("x" * size))
        assert await large.closed() == 4413
        await asyncio.gather(with_peer_gone, return_exceptions=True)
    async with connect(
        f"{place.base.replace('http', 'ws')}/api/shared/ws",
        additional_headers={"Authorization": f"Bearer {token(ANI)}"},
        proxy=None,
    ) as raw:
        await asyncio.gather(raw.send(["x" * 6000] * 4), return_exceptions=True)
        await raw.wait_closed()
        assert raw.close_code == 4413


async def test_flooding(place: Place) -> None:
    """More than 120 messages a minute close with 4429."""
    socket = await place.opened(ANI)
    for _ in range(121):
        await socket.send("ping")
    assert await socket.closed() == 4429


async def test_binary(place: Place) -> None:
    """A binary message is malformed."""
    async with connect(
        f"{place.base.replace('http', 'ws')}/api/shared/ws",
        additional_headers={"Authorization": f"Bearer {token(ANI)}"},
        proxy=None,
    ) as raw:
        await raw.recv()
        await raw.recv()
        await raw.send(b"\xff\x00")
        assert '"error"' in str(await raw.recv())


# -------------------------------------------------------------------------------------------- the end


async def test_too_many_sockets(place: Place) -> None:
    """A user has three sockets; with the fourth the oldest goes, and only that."""
    sockets = [await place.opened(ANI) for _ in range(MOST_PER_USER + 1)]
    assert await sockets[0].closed() == 4409
    place.hub.push(ANI, '{"type": "paired"}')
    for socket in sockets[1:]:
        await socket.until("paired")
    assert sockets[0].count("paired") == 0


async def test_renewed_and_expired(place: Place) -> None:
    """A newer token renews in place; one that expires closes with 4401."""
    socket, left = await place.dialled(ANI, seconds=0.5), await place.dialled(BUDI, seconds=0.5)
    await socket.until("snapshot")
    await left.until("snapshot")
    await socket.send("auth", access_token=token(ANI))
    await socket.send("ping")
    await socket.until("pong")

    async def expired() -> bool:
        await place.hub.look()
        return place.hub.has(BUDI) is False

    await eventually(expired)
    assert await left.closed() == 4401
    await socket.send("ping")
    await socket.until("pong")


async def test_gone_is_forgotten(place: Place) -> None:
    """A client that leaves is forgotten, and whoever watches is told once."""
    told: list[tuple[User, bool]] = []
    place.hub.watch(lambda user, present: told.append((user, present)))
    one, other = await place.opened(ANI), await place.opened(ANI)
    await one.close()
    await other.close()
    await place.until_empty()
    assert told == [(ANI, True), (ANI, False)]
    assert place.hub.users() == ()


async def test_drained(place: Place) -> None:
    """When the server is to end everybody hears 1012, after what was on its way, and nobody comes in."""
    sockets = [await place.opened(ANI), await place.opened(SARI), await place.dialled()]
    place.hub.push(ANI, '{"type": "paired"}')
    await place.hub.drain()
    assert [await socket.closed() for socket in sockets] == [1012, 1012, 1012]
    assert sockets[0].count("paired") == 1
    assert await (await place.dialled(BUDI)).closed() == 1012
    await place.until_empty()


async def test_slow_reader(place: Place) -> None:
    """A peer that does not read is closed with 4429 before 256 KiB wait for it; others do not notice."""
    other = await place.opened(BUDI)
    text = '{"type": "paired", "x": "' + "x" * 10_000 + '"}'
    async with connect(
        f"{place.base.replace('http', 'ws')}/api/shared/ws",
        additional_headers={"Authorization": f"Bearer {token(ANI)}"},
        proxy=None,
        max_queue=1,
    ) as raw:

        async def closed() -> bool:
            place.hub.push(ANI, text)
            return not place.hub.has(ANI)

        await eventually(closed, what="the slow reader stays")
        place.hub.push(BUDI, '{"type": "paired"}')
        await other.until("paired")
        with contextlib.suppress(ConnectionClosed):
            while True:
                await raw.recv()
        assert raw.close_code == 4429


async def test_silent_peer(place: Place) -> None:
    """A peer that answers protocol pings is not silent, though it says nothing."""
    async with serving(ws_ping_interval=0.05) as pinging:
        await pinging.opened(ANI)
        [(socket, _)] = list(pinging.hub._all.items())  # noqa: SLF001  nobody else can tell when it was heard
        assert socket.line is not None
        before = socket.line.heard

        async def heard() -> bool:
            return socket.line is not None and socket.line.heard > before

        await eventually(heard)


async def test_another_server() -> None:
    """Under a server that has no line for us everything else works; it has its own word for too large."""
    async with serving(ws="websockets-sansio", ws_ping_timeout=20) as plain:
        socket = await plain.opened(ANI)
        await socket.send("ping")
        await socket.until("pong")
        await socket.send_raw("x" * (LARGEST + 1))
        assert await socket.closed() == 1009
        slow = await plain.opened(BUDI)
        await plain.hub.drain()
        assert await slow.closed() == 1012
        await plain.until_empty()
