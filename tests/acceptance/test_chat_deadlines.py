"""Stories of chats that run out and close by themselves. A chat is aged through the store."""

import pytest

from support.evening import House
from support.people import Customer, Json, Mitra
from support.waiting import eventually

pytestmark = pytest.mark.anyio

# Its beginning moves with its end: paid minutes are not what a test may change.
RUN_OUT = """
UPDATE chat_sessions SET started_at = started_at - (expires_at - now()), expires_at = now(), wake_at = now()
WHERE id = %s"""
CLOSE = "UPDATE chat_sessions SET closing_until = now(), wake_at = now() WHERE id = %s"


async def talking(house: House) -> tuple[Customer, Mitra, Json]:
    """Two people in a chat."""
    ayu, budi = await house.customer(), await house.mitra("Budi")
    await budi.comes()
    return ayu, budi, await budi.accepts(await ayu.searches())


async def info(ayu: Customer, session: Json) -> Json:
    """How the chat stands."""
    (found,) = await ayu.house.rows(
        "SELECT status, end_reason, wake_at FROM chat_sessions WHERE id = %s", session["id"]
    )
    return found


async def test_the_paid_time_runs_out(house: House) -> None:
    """The clock closes the chat, and after the goodbye's time ends it; the mitra has a free place again."""
    ayu, budi, session = await talking(house)
    ayus, budis = await ayu.connects(), await budi.connects()
    await house.rows(RUN_OUT, session["id"])
    for socket in (ayus, budis):
        frame = await socket.until("session_closing")
        assert frame["session"]["id"] == session["id"]
        assert frame["session"]["closing_until"] == frame["closing_until"]
    active = (await ayu.active())["session"]
    assert active["status"] == "closing"
    assert 55 <= active["seconds_left"] <= 60
    assert (await budi.get("/api/mitra/status"))["active_sessions"] == 1
    await house.rows(CLOSE, session["id"])
    for socket in (ayus, budis):
        await socket.until("session_ended", end_reason="time_up")
    assert (await ayu.active())["session"] is None
    assert (await budi.get("/api/mitra/status"))["active_sessions"] == 0
    moves = await house.moves(session["id"])
    assert moves[1:] == ["time_up > closing", "time_up > ended"]


async def test_a_mitra_ends_only_what_is_over(house: House) -> None:
    """The mitra may not end paid time; in closing they may, and their repeat is answered with what is."""
    ayu, budi, session = await talking(house)
    refusal = (await budi.end(session["id"])).refused("INVALID_STATE")
    assert refusal["state"] == "active"
    await house.rows(RUN_OUT, session["id"])

    async def closing() -> bool:
        return bool((await info(ayu, session))["status"] == "closing")

    await eventually(closing)
    assert (await budi.end(session["id"])).ok()["end_reason"] == "mitra_ended"
    assert (await budi.end(session["id"])).ok()["status"] == "ended"
    (await ayu.end(session["id"])).refused("SESSION_NOT_ACTIVE")


async def test_no_grace(house: House) -> None:
    """With a grace of zero the chat closes and ends at once."""
    async with house.having(closure_grace_seconds=0):
        ayu, _, session = await talking(house)
        await house.rows(RUN_OUT, session["id"])

        async def ended() -> bool:
            return bool((await info(ayu, session))["end_reason"] == "time_up")

        await eventually(ended)


async def test_a_foreign_chat(house: House) -> None:
    """Nobody ends somebody else's chat."""
    ayu, budi, session = await talking(house)
    stranger, other = await house.customer("Stranger"), await house.mitra("Other")
    (await stranger.end(session["id"])).refused("FORBIDDEN", 403)
    (await other.end(session["id"])).refused("FORBIDDEN", 403)
    (await budi.end(ayu.id)).refused("NOT_FOUND", 404)
    assert (await info(ayu, session))["status"] == "active"
    (await ayu.end(session["id"])).ok()


async def test_goodbye_words(house: House) -> None:
    """Last words are kept with the end of the chat, and both sides find them in their history."""
    ayu, budi, session = await talking(house)
    said = "terima kasih, kak, sudah mendengarkan"
    path = f"/api/client/chat/sessions/{session['id']}/end"
    assert (await ayu.ask("POST", path, {"closing_message": said})).ok()["status"] == "ended"
    for person, history in ((ayu, "/api/client/chat/history"), (budi, "/api/mitra/chat/history")):
        row = (await person.get(history))["rows"][0]
        assert (row["session_id"], row["closing_message"]) == (session["id"], said)
