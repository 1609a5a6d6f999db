"""Every frame that the socket sends has the members that were agreed on for its role, and no other."""

from pathlib import Path
from uuid import uuid4

import pytest

from halobestie_app.ws.frames import FRAMES
from support.evening import House
from support.people import Customer, Json, Mitra
from support.shapes import Book, differences
from support.sockets import Socket

pytestmark = pytest.mark.anyio

SETTINGS = {"mitra_stale_after_seconds": 3600, "extension_timeout_seconds": 60}
GOLDEN = Path(__file__).with_name("frames.json")
OTHERS = {
    *("ready", "snapshot", "resumed", "pong", "error", "session_timer"),
    *("message", "message_ack", "typing", "peer", "read"),
}
"""Frames that no table of reactions names."""
RUN_OUT = """
UPDATE chat_sessions SET started_at = started_at - (expires_at - now()), expires_at = now(), wake_at = now()
WHERE id = %s"""
DUE = "UPDATE pairing_requests SET deadline_at = now(), wake_at = now() WHERE id = %s"
LAPSED = "UPDATE payment_sessions SET expires_at = now(), wake_at = now() WHERE id = %s"
SILENT = "UPDATE mitras SET last_heartbeat_at = now() - interval '2 hours' WHERE id = %s"


async def pair(house: House) -> tuple[Customer, Mitra, Socket, Socket]:
    """Two people, each with a socket."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    sockets = await ayu.connects(), await budi.connects()
    for socket in sockets:
        await socket.send("resume", chats={})
        await socket.until("resumed")
    return ayu, budi, *sockets


async def talked(ayu: Customer, budi: Mitra, ayus: Socket, budis: Socket) -> None:
    """A whole chat: words, more time twice, its end."""
    await ayu.asks_again(budi)
    asked = await budis.until("chat_request")
    session = await budi.accepts(asked)
    for socket in (ayus, budis):
        await socket.until("paired")
        await socket.send("resume", chats={session["id"]: 0})
        await socket.until("resumed")
    await words(session, ayus, budis)
    for accepted in (True, False):
        extension = await ayu.asks_more(session)
        await budis.until("extension_request")
        await ayus.until("session_paused")
        (await budi.respond(extension, accepted=accepted)).ok()
        await ayus.until("extension_response")
        await ayus.until("session_resumed")
        await budis.until("session_resumed")
    await ayu.house.rows(RUN_OUT, session["id"])
    for socket in (ayus, budis):
        await socket.until("session_closing")
    (await ayu.end(session["id"])).ok()
    for socket in (ayus, budis):
        await socket.until("session_ended")


async def words(session: Json, ayus: Socket, budis: Socket) -> None:
    """Both say, type and read something; one of them something wrong."""
    id_ = session["id"]
    for mine, theirs in ((ayus, budis), (budis, ayus)):
        await mine.send("focus", session_id=id_)
        await mine.send("typing", session_id=id_)
        await theirs.until("typing")
        await mine.send("message", session_id=id_, client_message_id=str(uuid4()), text="halo")
        sequence = (await mine.until("message_ack"))["seq"]
        await theirs.until("message")
        await theirs.send("read", session_id=id_, seq=sequence)
        await mine.until("read")
        await mine.send("message", session_id=str(uuid4()), client_message_id=str(uuid4()), text="halo")
        await mine.until("error")
        await mine.send("nonsense")
        await mine.until("error")
        await mine.send("ping")
        await mine.until("pong")


async def missed(ayu: Customer, budi: Mitra, ayus: Socket, budis: Socket) -> None:
    """Requests that are declined, not answered, cancelled; payments that are given up, and lapse."""
    house = ayu.house
    request = await ayu.asks_again(budi)
    (await budi.decline(request)).ok()
    await ayus.until("returning_chat_rejected")
    request = await ayu.asks_again(budi)
    await house.rows(DUE, request["id"])
    await ayus.until("returning_chat_timeout")
    await budis.until("chat_request_closed")
    request = await ayu.searches()
    (await ayu.give_up({"id": request["payment_session_id"]})).ok()
    await ayus.until("pairing_failed")
    payment = (await ayu.pay()).ok(201)
    (await ayu.back_out(payment)).ok()
    await ayus.until("payment_updated")
    await house.rows(LAPSED, (await ayu.pay()).ok(201)["id"])
    await ayus.until("payment_expired")
    await house.rows(LAPSED, (await ayu.pays())["id"])
    await ayus.until("payment_failed")


async def vanished(house: House) -> Socket:
    """A mitra who is not heard of any more; gives what they hear."""
    wati = await (await house.mitra("Wati")).comes()
    watis = await wati.connects()
    await house.rows(SILENT, wati.id)
    await watis.until("presence", seconds=20)
    return watis


async def test_frames_are_closed(house: House) -> None:
    """Every type of frame, seen by whom it is for: no member more or less, down to the last leaf."""
    ayu, budi, ayus, budis = await pair(house)
    await talked(ayu, budi, ayus, budis)
    await missed(ayu, budi, ayus, budis)
    watis = await vanished(house)
    citra = await house.customer("Citra")
    open_ = await citra.asks_again(budi)
    session = await budi.accepts(open_)
    await citra.asks_more(session)
    again = [await citra.connects(), await budi.connects()]
    book = Book()
    for role, sockets in (("customer", [ayus, again[0]]), ("mitra", [budis, watis, again[1]])):
        for frame in [frame for socket in sockets for frame in socket.frames]:
            book.note(f"{frame['type']} for {role}", frame)
            assert "+62" not in str(frame)
    seen = {name.split(" ")[0] for name in book.shapes}
    assert seen >= (FRAMES.keys() | OTHERS) - {"payment_late"}, (FRAMES.keys() | OTHERS) - seen
    told = differences(book, GOLDEN)
    assert not told, "\n".join(told)
    (await citra.end(session["id"])).ok()
