"""The mitra's chats: two at once, more time, the end, and finding the way back from whatever happens."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from support.people import Customer, Json
from support.screens import MitraPage, People
from support.tours import RUN_OUT
from support.waiting import eventually

pytestmark = pytest.mark.anyio

SETTINGS = {"mitra_stale_after_seconds": 3600, "extension_timeout_seconds": 60, "closure_grace_seconds": 180}


OUTCOME = """
SELECT outcome FROM outbox
WHERE kind = 'push' AND payload ->> 'extension_id' = %s AND sent_at IS NOT NULL"""


async def meets(people: People, budi: MitraPage, name: str, **about: str) -> tuple[Customer, Json]:
    """Somebody new asks, and is taken by a tap; the chat is on the screen."""
    customer = await people.house.customer(name)
    (await customer.search(await customer.pays(), **about)).ok(201)
    await budi.sees("offer_card", name)
    await budi.taps("offer_accept_button")
    await expect(budi.see("chat_peer_name")).to_have_text(name)
    return customer, (await customer.active())["session"]


async def listening(people: People) -> MitraPage:
    """A mitra who is online by their own switch."""
    budi = await people.mitra("Budi")
    await budi.comes()
    return budi


async def says(customer: Customer, session: Json, text: str) -> int:
    """The customer says something; gives its number."""
    body = {"client_message_id": str(uuid4()), "text": text}
    path = f"/api/shared/chat/{session['id']}/messages"
    return int((await customer.ask("POST", path, body)).ok(201)["seq"])


async def read_until(customer: Customer, session: Json, seq: int) -> None:
    """Wait until the mitra's app says that this was read."""

    async def so_far() -> bool:
        info = await customer.get(f"/api/shared/chat/{session['id']}/info")
        return bool(info["read"]["mitra"] >= seq)

    await eventually(so_far, seconds=15, what=f"{seq} is not read")


async def said(customer: Customer, session: Json) -> list[str]:
    """All that was said, in order."""
    rows = (await customer.get(f"/api/shared/chat/{session['id']}/messages"))["rows"]
    return [row["text"] for row in rows]


async def test_two_chats_at_once(people: People) -> None:
    """What comes in the chat that is not on the screen is counted, and read only when it is looked at."""
    budi = await listening(people)
    ayu, first = await meets(people, budi, "Ayu")
    await read_until(ayu, first, await says(ayu, first, "Halo kak"))
    _, second = await meets(people, budi, "Citra")
    assert first["id"] != second["id"]
    seq = await says(ayu, first, "Kakak masih di situ?")
    await budi.sees("chat_tab_unread", "1")
    await expect(budi.page).to_have_title(re.compile(r"^\(1\) "))
    info = await ayu.get(f"/api/shared/chat/{first['id']}/info")
    assert info["read"]["mitra"] == seq - 1
    await budi.see("chat_tab").filter(has_text="Ayu").click()
    await budi.hears("Kakak masih di situ?")
    await read_until(ayu, first, seq)
    await budi.misses("chat_tab_unread")
    await budi.taps("chat_back_button")
    await expect(budi.see("chat_item")).to_have_count(2)
    await budi.sees("mitra_load", "2 dari")


async def test_marks_typing_and_nearness(people: People) -> None:
    """A message is sent, then read; the other one is here, and typing."""
    budi = await listening(people)
    ayu, session = await meets(people, budi, "Ayu")
    socket = await ayu.connects()
    await socket.send("focus", session_id=session["id"])
    await expect(budi.see("chat_peer_state")).to_have_attribute("data-state", "here")
    await budi.writes("chat_input", "Halo Ayu")
    await socket.until("typing", session_id=session["id"])
    await budi.page.keyboard.press("Enter")
    await budi.marked("Halo Ayu", "sent")
    await socket.send("read", session_id=session["id"], seq=1)
    await budi.marked("Halo Ayu", "read")
    await socket.send("typing", session_id=session["id"])
    await budi.sees("chat_typing", "Ayu sedang mengetik")
    await says(ayu, session, "Hai kak")
    await budi.misses("chat_typing")
    await socket.until("read", session_id=session["id"], seq=2)


async def clear_of_toasts(people: People, budi: MitraPage) -> None:
    """What is said in passing does not lie over the card that is to be answered."""
    citra = await people.house.customer("Citra")
    payment = await citra.pays()
    (await citra.search(payment)).ok(201)
    await budi.sees("offer_card")
    (await citra.give_up(payment)).ok()
    toast = await (await budi.sees("toast", "Citra membatalkan")).bounding_box()
    card = await budi.see("extension_card").bounding_box()
    assert toast is not None
    assert card is not None
    assert toast["y"] + toast["height"] <= card["y"]


@pytest.mark.parametrize(
    "policy, words", [("auto_approve", "otomatis disetujui"), ("auto_reject", "otomatis ditolak")]
)
async def test_the_card_says_what_silence_means(people: People, policy: str, words: str) -> None:
    """Seconds and consequence follow the settings, with the topic; over another screen, and in the chat."""
    budi = await listening(people)
    ayu, session = await meets(people, budi, "Ayu", topic_sensitivity="sensitive")
    await budi.taps("chat_back_button")
    async with people.house.having(extension_default_action_on_timeout=policy, extension_timeout_seconds=45):
        await ayu.asks_more(session)
        await budi.sees("extension_silence_text", f"Tidak menjawab dalam 45 detik = {words}")
        await budi.sees("extension_text", "Ayu mau lanjut +12 menit")
        await expect(budi.see("extension_card").get_by_test_id("topic")).to_have_text("Topik sensitif")
        await budi.taps("extension_open_button")
        await expect(budi.see("extension_card")).to_have_count(1)
        await budi.sees("topic", "Topik sensitif")
        await budi.sees("chat_note", "dijeda")
        await clear_of_toasts(people, budi)
        await expect(budi.see("chat_input")).to_be_disabled()
        await budi.taps("extension_decline_button")
    await budi.misses("extension_card")
    await expect(budi.see("chat_input")).to_be_enabled()
    await ayu.end(session["id"])
    await budi.sees("chat_note", "sudah selesai")


async def became(people: People, asked: Json) -> str:
    """Wait until it is known what became of the push about a request; gives that."""
    found: list[Json] = []

    async def known() -> bool:
        found[:] = await people.house.rows(OUTCOME, asked["id"])
        return bool(found)

    await eventually(known, seconds=10, what="nothing became of the push")
    return str(found[0]["outcome"])


async def test_a_request_that_is_seen_needs_no_push(people: People) -> None:
    """The app says that it shows a request; hidden and silent it does not, and the phone is asked instead."""
    budi = await listening(people)
    ayu, session = await meets(people, budi, "Ayu")
    asked = await ayu.asks_more(session)
    await budi.sees("extension_card")
    assert await became(people, asked) == "acked"
    await budi.taps("extension_accept_button")
    await budi.misses("extension_card")
    await budi.taps("chat_back_button")
    await budi.taps("nav_profile")
    await budi.taps("profile_sound_switch")
    async with budi.hidden():
        asked = await ayu.asks_more(session)
        assert await became(people, asked) != "acked"
    await budi.sees("extension_card")


async def test_ending_only_when_time_is_over(people: People) -> None:
    """No way to end paid time; in the goodbye one may write, and end it, and then it is history."""
    budi = await listening(people)
    _, session = await meets(people, budi, "Ayu")
    await budi.misses("chat_end_button")
    await people.house.rows(RUN_OUT, session["id"])
    await budi.sees("chat_note", "Waktunya sudah habis")
    await budi.writes("chat_input", "Sampai jumpa, Ayu")
    await budi.taps("chat_send_button")
    await budi.marked("Sampai jumpa, Ayu", "sent")
    await budi.taps("chat_end_button")
    await budi.sees("chat_end_dialog")
    citra = await people.house.customer("Citra")
    payment = await citra.pays()
    (await citra.search(payment)).ok(201)
    await budi.misses("chat_end_dialog")
    await budi.see("offer_decline_button").click(trial=True)
    (await citra.give_up(payment)).ok()
    await budi.misses("offer_card")
    await budi.taps("chat_end_button")
    await budi.taps("chat_end_confirm_button")
    await budi.sees("chat_note", "sudah selesai")
    await budi.taps("chat_home_button")
    await budi.sees("chats_empty")
    await budi.taps("nav_history")
    await budi.sees("history_row", "Kamu akhiri")


async def test_a_reload_in_a_chat(people: People) -> None:
    """A reload shows the same chat with all that was said, and the words that were not sent yet."""
    budi = await listening(people)
    ayu, session = await meets(people, budi, "Ayu")
    await says(ayu, session, "Halo kak")
    await budi.writes("chat_input", "Belum selesai")
    await budi.reloads()
    await expect(budi.see("chat_peer_name")).to_have_text("Ayu")
    await budi.hears("Halo kak")
    await expect(budi.see("chat_input")).to_have_value("Belum selesai")
    await ayu.end(session["id"])
    await budi.sees("chat_note", "sudah selesai")
    await budi.reloads()
    await budi.sees("chat_note", "sudah selesai")


async def test_without_a_network(people: People) -> None:
    """What is said meanwhile goes by itself, once and in its order; what was missed is there."""
    budi = await listening(people)
    ayu, session = await meets(people, budi, "Ayu")
    async with budi.offline():
        for text in ("satu", "dua"):
            await budi.writes("chat_input", text)
            await budi.page.keyboard.press("Enter")
        await budi.marked("dua", "pending")
        await budi.sees("offline_bar", "offline")
        await says(ayu, session, "Halo?")
    await budi.marked("dua", "sent")
    await budi.hears("Halo?")
    assert await said(ayu, session) == ["Halo?", "satu", "dua"]


async def test_a_closed_laptop(people: People) -> None:
    """A chat that ended while the laptop slept is over when it wakes; a new request is there."""
    budi = await listening(people)
    ayu, session = await meets(people, budi, "Ayu")
    async with budi.asleep():
        await ayu.end(session["id"])
        await (await people.house.customer("Citra")).searches()
    await budi.sees("chat_note", "sudah selesai")
    await budi.sees("offer_card", "Citra")


async def test_too_many_windows(people: People) -> None:
    """The oldest of four windows gives way, says so, and can take it back; a draft stays where it is."""
    budi = await listening(people)
    others = [await budi.second_tab() for _ in range(3)]
    await others[-1].sees("mitra_online_text", "Kamu online")
    await budi.sees("offline_bar", "jendela lain")
    await budi.page.bring_to_front()
    await budi.see("take_back_button").press("Enter")
    await expect(budi.see("take_back_button")).to_be_hidden()
    await (await people.house.customer("Ayu")).searches()
    await budi.sees("offer_card", "Ayu")
    await others[-1].taps("offer_accept_button")
    await budi.misses("offer_card")
    await budi.sees("chat_item", "Ayu")


async def test_far_up_in_a_long_chat(people: People) -> None:
    """Who reads further up is not torn away: what is new is counted, and a tap away."""
    budi = await listening(people)
    ayu, session = await meets(people, budi, "Ayu")
    for number in range(25):
        await says(ayu, session, f"Kalimat nomor {number}")
    await budi.hears("Kalimat nomor 24")
    await budi.see("chat_log").evaluate("box => { box.scrollTop = 0; }")
    seq = await says(ayu, session, "Yang paling baru")
    await budi.sees("chat_new_chip", "1 pesan baru")
    info = await ayu.get(f"/api/shared/chat/{session['id']}/info")
    assert info["read"]["mitra"] < seq
    await budi.taps("chat_new_chip")
    await budi.misses("chat_new_chip")
    await read_until(ayu, session, seq)
