"""The socket: who gets in, what is current on connecting, what is told afterwards, and coming back."""

import contextlib

import pytest
from websockets.exceptions import InvalidStatus

from support.evening import House, together
from support.people import Json, Mitra, Person
from support.sockets import Socket

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 600}
MOVING = ("seconds_left", "type", "at")


async def dialled(house: House, token: str | None = None, **options: str) -> Socket:
    """A connection that may or may not be let in."""
    socket = await Socket.dialled(house.first.public, token, **options)
    house.sockets.append(socket)
    return socket


def still(shown: Json) -> Json:
    """What was shown, without what moves by itself."""
    if isinstance(shown, dict):
        return {name: still(value) for name, value in shown.items() if name not in MOVING}
    return [still(value) for value in shown] if isinstance(shown, list) else shown


async def snapshot(person: Person) -> Json:
    """What a new socket is shown first."""
    return (await person.connects()).snapshot


async def test_getting_in(house: House) -> None:
    """By header or by a first frame; then ``ready``, then a snapshot; and no token in the address."""
    ayu = await house.customer()
    by_header = await dialled(house, ayu.token)
    ready = await by_header.until("ready")
    assert ready["heartbeat_seconds"] == 25
    assert ready["connection_id"]
    await by_header.until("snapshot")
    by_frame = await dialled(house)
    await by_frame.send("auth", access_token=ayu.token)
    assert (await by_frame.until("ready"))["connection_id"] != ready["connection_id"]
    await by_frame.until("snapshot")
    assert [frame["type"] for frame in by_frame.frames] == ["ready", "snapshot"]
    await by_frame.send("resume", chats={})
    await by_frame.until("resumed")
    await by_frame.send("ping")
    await by_frame.until("pong")
    await by_frame.send("auth", access_token=ayu.token)  # renewed in place
    await by_frame.send("ping")
    await by_frame.until("pong")


async def test_staying_out(house: House) -> None:
    """A token that is none, an operator's, none at all, another frame first: 4401. A foreign page: 403."""
    operator, ayu = await house.operator(), await house.customer()
    silent = await dialled(house)
    for token in ("nonsense", operator.token):
        assert await (await dialled(house, token)).closed() == 4401
        socket = await dialled(house)
        await socket.send("auth", access_token=token)
        assert await socket.closed() == 4401
    early = await dialled(house)
    await early.send("ping")
    assert await early.closed() == 4401
    with pytest.raises(InvalidStatus) as refusal:
        await dialled(house, ayu.token, origin="https://evil.example")
    assert refusal.value.response.status_code == 403
    other = await dialled(house, (await house.customer()).token)
    await other.until("snapshot")
    await other.send("auth", access_token=ayu.token)
    assert await other.closed() == 4401, "another person's token renews nothing"
    assert await silent.closed(seconds=13) == 4401


async def test_the_snapshot_is_what_a_cold_start_shows(house: House) -> None:
    """At each step of an evening, both sides' snapshots are what ``chat/active`` says."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()

    async def same() -> None:
        mine, theirs = await snapshot(ayu), await snapshot(budi)
        assert still(mine) == still(await ayu.active())
        assert still(theirs) == still(await budi.get("/api/mitra/chat/active"))
        await house.hang_up()

    await same()
    payment = (await ayu.pay(12, budi)).ok(201)
    await same()
    (await ayu.confirm(payment)).ok()
    await same()
    request = (await ayu.ask_again(payment, budi)).ok(201)
    await same()
    (await budi.decline(request)).ok()
    await same()
    request = (await ayu.fall_back(payment)).ok(201)
    await same()
    session = await budi.accepts(request)
    await same()
    (await ayu.end(session["id"])).ok()
    await same()


async def test_each_step_is_told(house: House) -> None:
    """Every frame carries its whole object as the routes show it, with a version that only grows."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Budi")
    ayus = await ayu.via(house.instances[1]).connects()
    budis = await budi.via(house.instances[1]).connects()
    await budi.comes()
    payment = (await ayu.pay(12)).ok(201)
    (await ayu.confirm(payment)).ok()
    frame = await ayus.until("payment_confirmed")
    assert still(frame["payment"]) == still(await ayu.payment(payment))
    request = await ayu.searches(payment)
    offered = await budis.until("chat_request", id=request["id"])
    (offer,) = await budi.offers()
    assert {name: offered[name] for name in ("deadline_at", "duration_minutes", "topic_sensitivity")} == {
        name: offer[name] for name in ("deadline_at", "duration_minutes", "topic_sensitivity")
    }
    assert (offered["request_type"], offered["timeout_seconds"]) == ("general", 600)
    session = await budi.accepts(request)
    for socket in (ayus, budis):
        paired = await socket.until("paired", session_id=session["id"])
        assert paired["pairing_request_id"] == request["id"]
        assert paired["customer"] == {"id": ayu.id, "display_name": "Ayu"}
        assert paired["mitra"] == {"id": budi.id, "display_name": "Budi"}
        assert still(paired["session"]) == still(session)
    (await ayu.end(session["id"])).ok()
    for socket in (ayus, budis):
        ended = await socket.until("session_ended", end_reason="customer_ended")
        assert ended["session"]["version"] > session["version"]
    for socket in (ayus, budis):
        assert all(
            frame["at"].endswith("Z")
            for frame in socket.frames
            if frame["type"] != "resumed" and "at" in frame
        )
        assert all(
            "at" in frame for frame in socket.frames if frame["type"] in ("payment_confirmed", "paired")
        )


async def test_coming_back(house: House) -> None:
    """Cut off in the middle, whatever happened meanwhile is in the next snapshot; what follows is told."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    ayus = await ayu.connects()
    request = await ayu.searches()
    await ayus.close()
    session = await budi.accepts(request)
    ayus = await ayu.via(house.instances[1]).connects()
    assert ayus.snapshot["session"]["id"] == session["id"]
    (await ayu.end(session["id"])).ok()
    await ayus.until("session_ended")


async def test_several_screens(house: House) -> None:
    """Every screen of a person hears everything; of a fourth, the oldest has to go."""
    ayu = await house.customer()
    screens = [await ayu.connects() for _ in range(3)]
    payment = await ayu.pays()
    for screen in screens:
        await screen.until("payment_confirmed")
    fourth = await ayu.connects()
    assert await screens[0].closed() == 4409
    (await ayu.give_up(payment)).ok()
    for screen in (*screens[1:], fourth):
        await screen.until("payment_updated")


async def test_every_loser_is_told(house: House) -> None:
    """Of a dozen mitras on two instances, one wins and eleven hear that it is taken, each once."""
    mitras = await house.mitras(12)
    sockets = await together(*[mitra.connects() for mitra in mitras])
    ayu = await house.customer()
    request = await ayu.searches()
    for socket in sockets:
        await socket.until("chat_request", id=request["id"])
    session = await mitras[0].accepts(request)
    for socket in sockets[1:]:
        await socket.until("chat_request_closed", id=request["id"], reason="taken")
    await sockets[0].until("paired")
    for mitra, socket in zip(mitras, sockets, strict=True):
        await flushed(socket)
        assert socket.count("chat_request", id=request["id"]) == 1
        assert socket.count("chat_request_closed") == (mitra is not mitras[0])
        assert socket.count("paired") == (mitra is mitras[0])
    (await ayu.end(session["id"])).ok()


async def flushed(socket: Socket) -> None:
    """Whatever was sent before has arrived."""
    await socket.send("ping")
    await socket.until("pong")


async def test_nonsense(house: House) -> None:
    """A malformed frame gets an error; ten in a row, a frame too large, too many frames close the socket."""
    ayu = await house.customer()
    socket = await ayu.connects()
    for text in (
        "",
        "{",
        "[]",
        "12",
        '{"type": 5}',
        '{"type": "dance"}',
        '{"no": "type"}',
    ):
        await socket.send_raw(text)
        assert (await socket.until("error"))["code"] == "VALIDATION_ERROR"
    await flushed(socket)  # a good one in between, and counting begins anew
    for _ in range(10):
        await socket.send_raw("{")
    assert await socket.closed() == 1008
    large = await ayu.connects()
    await large.send_raw('{"type": "ping", "filler": "' + "x" * 16 * 1024 + '"}')
    assert await large.closed() == 4413
    hasty = await ayu.connects()
    with contextlib.suppress(ConnectionError):
        for _ in range(121):
            await hasty.send("ping")
    assert await hasty.closed() == 4429


async def test_a_mitra_is_told_of_their_presence(house: House) -> None:
    """Taken offline by the server, a mitra is told why; a socket is no heartbeat."""
    budi: Mitra = await house.mitra()
    await budi.comes()
    budis = await budi.connects()
    await budis.send("ping")
    old = "UPDATE mitras SET last_heartbeat_at = now() - interval '2 hours' WHERE id = %s"
    await house.rows(old, budi.id)
    frame = await budis.until("presence")
    assert "stale" in str(frame)
    assert not (await budi.get("/api/mitra/status"))["is_online"]
