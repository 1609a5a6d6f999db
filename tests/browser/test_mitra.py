"""The mitra's app by itself: logging in, on and off, cards over every screen, and what refuses them."""

import re

import pytest
from playwright.async_api import expect

from support.people import Customer
from support.screens import MitraPage, People
from support.waiting import eventually

pytestmark = pytest.mark.anyio

SETTINGS = {"mitra_stale_after_seconds": 3600, "max_customers_per_mitra": 2}
VARIABLES = {"MITRA_HEARTBEAT_CADENCE_SECONDS": "1"}

PLACES = ("invitations", "extensions", "history", "profile")
HEARTBEAT = "POST /api/mitra/heartbeat"


async def listening(people: People, name: str = "Budi") -> MitraPage:
    """A mitra who is online by their own switch."""
    budi = await people.mitra(name)
    await budi.taps("mitra_online_switch")
    await budi.sees("mitra_online_text", "Kamu online")
    return budi


async def beats(page: MitraPage, more: int = 3) -> None:
    """Wait for so many heartbeats."""
    before = page.watch.count(HEARTBEAT)

    async def enough() -> bool:
        return page.watch.count(HEARTBEAT) >= before + more

    await eventually(enough, seconds=20, what="no heartbeats")


async def asking(people: People, name: str = "Ayu", **members: str) -> Customer:
    """A customer whose general request is open."""
    customer = await people.house.customer(name)
    (await customer.search(await customer.pays(), **members)).ok(201)
    return customer


async def test_logging_in(people: People) -> None:
    """A phone that is no mitra's hears so kindly; the right one gets in, and stays in over a reload."""
    page = await (await people.stranger(MitraPage)).opens()
    await page.writes("login_phone_input", "0812")
    await page.taps("login_phone_button")
    await page.reads("belum lengkap")
    await page.writes("login_phone_input", "0899-1111-2222")
    await page.taps("login_phone_button")
    await page.sees("login_code_input")
    await page.writes("login_code_input", people.house.first.code_for("+6289911112222"))
    await page.sees("login_not_registered", "belum terdaftar")
    await page.taps("login_other_button")
    phone = await people.house.registers("Budi")
    await page.writes("login_phone_input", phone.replace("+62", "0"))
    await page.taps("login_phone_button")
    await page.sees("login_code_input")
    code = people.house.first.code_for(phone)
    await page.writes("login_code_input", "000000" if code != "000000" else "111111")
    await page.reads("Kodenya salah")
    await page.writes("login_code_input", code)
    await page.reads("Hai, Budi")
    await page.reloads()
    await page.sees("mitra_online_text", "Kamu offline")
    await page.taps("nav_profile")
    await page.taps("profile_logout_button")
    await page.taps("logout_confirm_button")
    await page.sees("login_phone_input")


async def test_on_and_off(people: People) -> None:
    """Heartbeats come at the cadence that the server states, hidden or not, and end with the switch."""
    budi = await listening(people)
    await beats(budi)
    async with budi.hidden():
        await beats(budi)
    await budi.reloads()
    await budi.sees("mitra_online_text", "Kamu online")
    await beats(budi)
    await budi.taps("mitra_online_switch")
    await budi.sees("mitra_online_text", "Kamu offline")
    assert (await budi.api.get("/api/mitra/status"))["is_online"] is False


async def test_what_the_server_says_is_so(people: People) -> None:
    """Switched off elsewhere, it is so here; found offline after an absence, it says so; a tap leads back."""
    budi = await listening(people)
    await budi.api.leaves()
    await budi.sees("mitra_online_text", "Kamu offline")
    await budi.misses("mitra_taken_offline")
    await budi.taps("mitra_online_switch")
    await budi.sees("mitra_online_text", "Kamu online")
    async with budi.offline():
        await budi.api.leaves()
    await budi.sees("mitra_online_text", "Kamu offline")
    await budi.sees("mitra_taken_offline")
    await expect(budi.see("mitra_online_switch")).not_to_be_checked()
    await budi.taps("mitra_online_again_button")
    await budi.sees("mitra_online_text", "Kamu online")
    await budi.misses("mitra_taken_offline")


async def test_a_card_over_any_screen(people: People) -> None:
    """A request shows wherever one is, over a question too, and goes when the customer gives up."""
    budi = await listening(people)
    await budi.taps("nav_profile")
    await budi.taps("profile_logout_button")
    await budi.sees("logout_dialog")
    ayu = await people.house.customer("Ayu")
    payment = await ayu.pays()
    (await ayu.search(payment, topic_sensitivity="sensitive")).ok(201)
    await budi.misses("logout_dialog")
    await budi.see("offer_accept_button").click(trial=True)
    for place in PLACES:
        await budi.taps(f"nav_{place}")
        card = await budi.sees("offer_card", "Ayu ingin curhat 12 menit")
        await expect(card.get_by_test_id("topic")).to_have_text("Topik sensitif")
        await expect(card.get_by_test_id("offer_countdown")).to_contain_text(re.compile(r"0:\d\d|1:00"))
        await budi.sees("nav_invitations_count", "1")
    (await ayu.give_up(payment)).ok()
    await budi.misses("offer_card")
    await budi.sees("toast", "Ayu membatalkan permintaannya")
    await budi.misses("nav_invitations_count")


async def test_a_returning_request_closes_itself(people: People) -> None:
    """Curhat lagi shows its own time; nobody answers, and the card goes when the server says so."""
    budi = await listening(people)
    async with people.house.having(returning_chat_confirmation_timeout_seconds=5):
        ayu = await people.house.customer("Ayu")
        await ayu.asks_again(budi.api)
        card = await budi.sees("offer_card", "Curhat lagi")
        await expect(card).to_have_attribute("data-kind", "returning")
        await budi.sees("offer_countdown", re.compile(r"0:0\d"))
        await budi.misses("offer_card")
        await budi.sees("toast", "Waktu menjawab Ayu sudah habis")


async def test_taken_by_another(people: People) -> None:
    """Who is second hears so in kind words, and the card goes."""
    budi, citra = await listening(people, "Budi"), await listening(people, "Citra")
    await asking(people)
    await budi.sees("offer_card")
    await citra.taps("offer_accept_button")
    await citra.sees("chat_screen")
    await budi.misses("offer_card")
    await budi.sees("toast", "sudah diambil bestie lain")


async def test_saying_no(people: People) -> None:
    """A request that is declined goes, and comes back with no reload."""
    budi = await listening(people)
    await asking(people)
    await budi.taps("offer_decline_button")
    await budi.misses("offer_card")
    await budi.reloads()
    await budi.sees("mitra_standing")
    await budi.misses("offer_card")


async def test_full(people: People) -> None:
    """At capacity an offer that is still there cannot be accepted, and the app says why."""
    async with people.house.having(max_customers_per_mitra=1):
        budi = await listening(people)
        await asking(people, "Ayu")
        await asking(people, "Citra")
        await budi.taps("nav_invitations")
        await expect(budi.see("offer_card")).to_have_count(2)
        await budi.see("offer_accept_button").first.click()
        await budi.sees("chat_screen")
        await budi.taps("offer_accept_button")
        await budi.sees("toast", "Obrolanmu sedang penuh")
        await budi.taps("card_small_button")
        await budi.misses("offer_card")
        await budi.sees("card_small", "Citra ingin curhat")
        await budi.taps("chat_back_button")
        await budi.sees("mitra_load", "1 dari 1")


async def test_keyboard_only(people: People) -> None:
    """On, accepted, answered and back, without a mouse."""
    budi = await people.mitra("Budi")
    await budi.sees("mitra_online_switch")

    async def reaches(testid: str) -> None:
        for _ in range(40):
            if await budi.see(testid).evaluate("each => each === document.activeElement"):
                return
            await budi.page.keyboard.press("Tab")
        raise AssertionError(f"{testid} cannot be reached")

    await reaches("mitra_online_switch")
    await budi.page.keyboard.press("Space")
    await budi.sees("mitra_online_text", "Kamu online")
    await asking(people)
    await budi.sees("offer_card")
    await reaches("offer_accept_button")
    await budi.page.keyboard.press("Enter")
    await budi.sees("chat_screen")
    await reaches("chat_input")
    await budi.page.keyboard.type("Halo Ayu")
    await budi.page.keyboard.press("Enter")
    await budi.marked("Halo Ayu", "sent")
    await reaches("chat_back_button")
    await budi.page.keyboard.press("Enter")
    await budi.sees("home_screen")


async def test_english(people: People) -> None:
    """Whoever wants English has it, everywhere and for good."""
    budi = await people.mitra("Budi")
    await budi.taps("nav_profile")
    await budi.see("language_select").select_option("en")
    await budi.reads("Sound and notifications")
    await budi.reloads()
    await budi.taps("nav_home")
    await budi.sees("mitra_online_text", "You are offline")
    await budi.taps("mitra_online_switch")
    await budi.sees("mitra_online_text", "You are online")
    await asking(people)
    await budi.sees("offer_card", "Ayu would like to talk for 12 minutes")
    assert await budi.page.evaluate("document.documentElement.lang") == "en"


async def test_one_switch_in_every_window(people: People) -> None:
    """Who switches off in one window is off in the other, and nobody pretends that the server did it."""
    budi = await listening(people)
    other = await budi.second_tab()
    await other.sees("mitra_online_text", "Kamu online")
    await other.taps("mitra_online_switch")
    await budi.sees("mitra_online_text", "Kamu offline")
    await budi.misses("mitra_taken_offline")
