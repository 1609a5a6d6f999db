"""Perpanjang, as both see it: accepted, approved by silence, refused, and with the mitra's window closed."""

import pytest
from playwright.async_api import expect

from support.people import Json
from support.screens import CustomerPage, MitraPage, People
from support.tours import RUN_OUT
from support.waiting import eventually

pytestmark = pytest.mark.anyio

SETTINGS = {"mitra_stale_after_seconds": 3600, "extension_timeout_seconds": 8}
MINUTES = 12
CLEAR = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const said = box("[data-testid=toast]");
  return said.top >= box(".chat-head").bottom && said.bottom <= box(".chat-foot").top;
}"""


async def talking(people: People) -> tuple[CustomerPage, MitraPage, Json]:
    """Two people in a chat of twelve minutes, each with it on the screen, and the session."""
    ayu, ratih = await people.customer("Ayu"), await people.mitra("Ratih")
    await ratih.comes()
    session = await ratih.api.accepts(await ayu.api.searches())
    await ayu.sees("chat_screen")
    await ratih.taps("chat_item")
    await expect(ayu.see("chat_peer_state")).to_have_attribute("data-state", "here")
    return ayu, ratih, session


async def money(ayu: CustomerPage) -> tuple[str, str | None, str | None]:
    """How the last payment stands: status, cause, refund."""
    row = (await ayu.api.get("/api/client/payment-sessions"))["rows"][0]
    assert row["is_extension"]
    return row["status"], row["cause_tag"], row["refund"]


async def test_accepted(people: People) -> None:
    """Time stands still while the mitra thinks, and grows when they say yes."""
    ayu, ratih, _ = await talking(people)
    async with people.house.having(extension_timeout_seconds=60):
        before = await ayu.left()
        await ayu.asks_more(MINUTES)
        await ayu.sees("chat_paused_overlay", "Menunggu jawaban Ratih")
        await ayu.sees("chat_paused_countdown", "0:5")
        await expect(ayu.page.locator(".chat")).to_have_attribute("inert", "")
        await expect(ayu.page.locator(".chat-overlay h2")).to_be_focused()
        await ratih.sees("extension_text", "Ayu")
        await ratih.sees("extension_silence_text", "60 detik")
        await ratih.sees("extension_countdown", "0:5")
        await ratih.taps("extension_accept_button")
        await ayu.sees("toast", "Ditambah 12 menit")
        assert await ayu.page.evaluate(CLEAR), "what is said in passing covers the time left, or the composer"
    await ayu.misses("chat_paused_overlay")
    await expect(ayu.see("chat_input")).to_be_focused()
    await ratih.misses("extension_card")
    assert before + MINUTES * 60 - 30 < await ayu.left() <= before + MINUTES * 60
    assert await money(ayu) == ("consumed", None, None)
    await ayu.says("Makasih, kak!")
    await ratih.hears("Makasih, kak!")


async def test_silence_is_a_yes(people: People) -> None:
    """Nobody answers in time: it is approved by itself, as both were told."""
    ayu, ratih, _ = await talking(people)
    before = await ayu.left()
    await ayu.asks_more(MINUTES)
    await ayu.sees("chat_paused_overlay", "Kalau tidak dijawab, otomatis disetujui")
    await ratih.sees("extension_silence_text", "Tidak menjawab dalam 8 detik = otomatis disetujui")
    await ayu.misses("chat_paused_overlay")
    await ratih.misses("extension_card")
    assert await ayu.left() > before + MINUTES * 60 - 30
    assert await money(ayu) == ("consumed", None, None)


async def test_refused(people: People) -> None:
    """The mitra cannot go on: the chat goes on with the time that was left, the money is owed back."""
    ayu, ratih, _ = await talking(people)
    before = await ayu.left()
    await ayu.asks_more(MINUTES)
    await ratih.taps("extension_decline_button")
    await ayu.sees("extend_refused_notice", "Ratih belum bisa lanjut")
    await ayu.misses("chat_paused_overlay")
    assert await ayu.left() <= before
    assert await money(ayu) == ("failed_pairing", "extension_rejected", "due")
    await ratih.says("Maaf ya, aku ada urusan sebentar lagi.")
    await ayu.hears("Maaf ya")


async def test_the_mitras_window_was_closed(people: People) -> None:
    """Silence of somebody who is not there is no yes: nothing is charged."""
    ayu, ratih, _ = await talking(people)
    before = await ayu.left()
    await ratih.page.close()
    await expect(ayu.see("chat_peer_state")).to_have_attribute("data-state", "away")
    await ayu.asks_more(MINUTES)
    await ayu.sees("chat_paused_overlay")
    await ayu.sees("extend_refused_notice", "Ratih sedang terputus, jadi tidak ditagih")
    await ayu.misses("chat_paused_overlay")
    assert await ayu.left() <= before
    assert await money(ayu) == ("failed_pairing", "extension_safeguard_tripped", "due")


async def test_at_the_end_of_time(people: People) -> None:
    """When time is up there is a banner, some time to part, and still the chance to go on.

    Closing words that are still being written when the chat is over are theirs to keep.
    """
    ayu, ratih, session = await talking(people)
    await people.house.rows(RUN_OUT, session["id"])
    await ayu.sees("chat_banner", "Waktunya sudah habis")
    await ayu.says("Yah, sudah habis.")
    await ratih.hears("Yah, sudah habis.")
    await ratih.sees("chat_end_button")
    await ayu.asks_more(5)
    await ratih.taps("extension_accept_button")
    await expect(ayu.see("chat_banner")).to_be_hidden()

    async def so_long() -> bool:
        return 4 * 60 < await ayu.left() <= 5 * 60

    await eventually(so_long)
    await people.house.rows(RUN_OUT, session["id"])
    await ayu.sees("chat_banner", "Waktunya sudah habis")
    for step in ("chat_end_button", "end_sure_yes_button", "end_really_yes_button"):
        await ayu.taps(step)
    await ayu.writes("goodbye_input", "Makasih sudah menemani, kak.")
    await ratih.taps("chat_end_button")
    await ratih.taps("chat_end_confirm_button")
    await ayu.sees("over_screen", "Ratih sudah pamit")
    await ayu.sees("over_goodbye_unkept", "Makasih sudah menemani, kak.")
    await ayu.taps("over_home_button")
    await ayu.sees("home_screen")
