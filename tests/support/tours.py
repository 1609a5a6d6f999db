"""Ways through the three apps that stop at every screen, for whoever looks at them all. Knows no judge."""

from collections.abc import AsyncIterator, Callable
from typing import Literal, TypeAlias
from uuid import uuid4

from playwright.async_api import Page, expect

from support.browser import Visitor
from support.people import Customer, Json, Mitra
from support.screens import CustomerPage, MitraPage, OperatorPage, People

Theme: TypeAlias = Literal["light", "dark"]
Stops: TypeAlias = AsyncIterator[tuple[str, Visitor]]
Tour: TypeAlias = Callable[[People], Stops]

# Long enough that nothing runs out while somebody looks.
SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 600,
    "returning_chat_confirmation_timeout_seconds": 300,
    "extension_timeout_seconds": 120,
    "closure_grace_seconds": 900,
    "support_handles_json": {"whatsapp": "+62 811 0000 000", "email": "halo@halobestie.example"},
}
OPENING = (
    ("customer", "Halo kak, aku lagi capek banget."),
    ("mitra", "Halo! Aku di sini. Cerita saja, pelan-pelan."),
    ("customer", "Kerjaan numpuk, terus aku merasa sendirian."),
    ("mitra", "Berat ya rasanya. Sudah berapa lama begitu?"),
)
# After whatever follows the theme was drawn, and whatever moves only once has moved.
STILL = """new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
  .then(() => document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity))
  .then((moving) => Promise.allSettled(moving.map((one) => one.finished)))
  .then(() => null)"""
# Its beginning moves with its end: paid minutes are not what a test may change.
RUN_OUT = """
UPDATE chat_sessions SET started_at = started_at - (expires_at - now()), expires_at = now(), wake_at = now()
WHERE id = %s"""


async def still(page: Page, theme: Theme) -> None:
    """Wear a theme, and hold still: nothing fades in or out while somebody looks."""
    await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    await page.evaluate(STILL)


async def talk(ayu: Customer, ratih: MitraPage) -> Json:
    """A chat of the two, in which something was said; gives the session."""
    session = await ratih.api.accepts(await ayu.searches())
    await say_hello(session, ayu, ratih.api)
    return session


async def say_hello(session: Json, ayu: Customer, ratih: Mitra) -> None:
    """Say how chats begin."""
    for side, text in OPENING:
        who = ayu if side == "customer" else ratih
        body = {"client_message_id": str(uuid4()), "text": text}
        (await who.ask("POST", f"/api/shared/chat/{session['id']}/messages", body)).ok(201)


async def mitras(people: People) -> Stops:
    """The mitra's app."""
    stranger = await (await people.stranger(MitraPage)).opens()
    await stranger.sees("login_screen")
    yield "mitra-login", stranger
    await stranger.writes("login_phone_input", "0812 3456 7890")
    await stranger.taps("login_phone_button")
    await stranger.sees("login_code_input")
    yield "mitra-code", stranger
    ratih = await people.mitra("Ratih")
    await ratih.sees("mitra_standing")
    yield "mitra-offline", ratih
    async for name in _around(ratih):
        yield name, ratih
    await ratih.comes()
    yield "mitra-online", ratih
    async for name in _asked(people, ratih):
        yield name, ratih
    async for name in _in_a_chat(people, ratih):
        yield name, ratih


async def _around(ratih: MitraPage) -> AsyncIterator[str]:
    """The places of an app in which nothing has happened yet."""
    for place in ("invitations", "extensions", "history"):
        await ratih.taps(f"nav_{place}")
        await ratih.sees(f"{place}_empty")
        yield f"mitra-{place}-empty"
    await ratih.taps("nav_profile")
    await ratih.sees("profile_screen")
    yield "mitra-profile"
    await ratih.taps("nav_home")


async def _asked(people: People, ratih: MitraPage) -> AsyncIterator[str]:
    """Requests, of somebody new and of somebody who was here before."""
    dewi, eka = [(await people.house.customer(name)) for name in ("Dewi", "Eka")]
    await dewi.sees(1)
    await dewi.searches()
    await ratih.sees("offer_card")
    yield "mitra-offer"
    await ratih.taps("offer_decline_button")
    await ratih.misses("offer_card")
    await eka.end((await ratih.api.accepts(await eka.searches()))["id"])
    asked = await eka.asks_again(ratih.api)
    await ratih.taps("nav_invitations")
    await ratih.sees("offer_countdown")
    yield "mitra-invitations"
    await ratih.api.decline(asked)
    await ratih.misses("offer_card")
    await ratih.taps("nav_home")


async def _in_a_chat(people: People, ratih: MitraPage) -> AsyncIterator[str]:
    """A chat, from its beginning to the list of those that are over."""
    ayu = await people.house.customer("Ayu")
    session = await talk(ayu, ratih)
    await ratih.sees("chat_item")
    yield "mitra-chats"
    await ratih.taps("chat_item")
    await ratih.hears(OPENING[-1][1])
    yield "mitra-chat"
    await ayu.asks_more(session)
    await ratih.sees("extension_card")
    yield "mitra-extension-in-chat"
    await ratih.taps("chat_back_button")
    yield "mitra-extension-card"
    await ratih.taps("extension_accept_button")
    await ratih.misses("extension_card")
    await people.house.rows(RUN_OUT, session["id"])
    await ratih.taps("chat_item")
    await ratih.taps("chat_end_button")
    await ratih.sees("chat_end_dialog")
    yield "mitra-end"
    await ratih.taps("chat_end_confirm_button")
    await ratih.sees("chat_home_button")
    yield "mitra-ended"
    await ratih.taps("chat_home_button")
    await ratih.taps("nav_history")
    await ratih.sees("history_list")
    yield "mitra-history"


async def customers(people: People) -> Stops:
    """The customer's app."""
    stranger = await (await people.stranger(CustomerPage)).opens()
    await stranger.sees("start_screen")
    yield "customer-start", stranger
    await stranger.taps("start_phone_button")
    await stranger.sees("phone_screen")
    yield "customer-phone", stranger
    await stranger.writes("login_phone_input", "0813 9999 0001")
    await stranger.taps("login_send_button")
    await stranger.sees("login_code_input")
    yield "customer-code", stranger
    ayu = await people.customer("Ayu")
    await ayu.sees("home_availability", "Belum ada bestie tersedia")
    yield "customer-home-nobody", ayu
    ratih, wulan = [await people.house.mitra(name) for name in ("Ratih", "Wulan")]
    await ratih.comes()
    async for name in _to_a_bestie(people, ayu, ratih):
        yield name, ayu
    async for name in _talking(people, ayu, ratih):
        yield name, ayu
    async for name in _afterwards(ayu, ratih, wulan):
        yield name, ayu


async def _to_a_bestie(people: People, ayu: CustomerPage, ratih: Mitra) -> AsyncIterator[str]:
    """From home to whoever was found, past a search that found nobody."""
    await expect(ayu.see("home_start_button")).to_be_enabled()
    yield "customer-home"
    await ayu.chooses()
    yield "customer-payment"
    await ayu.taps("payment_pay_button")
    await ayu.sees("search_screen")
    yield "customer-searching"
    await ayu.taps("search_cancel_button")
    await ayu.sees("search_cancel_dialog")
    yield "customer-search-cancel"
    await ayu.taps("search_go_on_button")
    [offer] = await ratih.offers()
    await ratih.decline(offer)
    await ayu.sees("failed_retry_button")
    yield "customer-failed"
    await ayu.taps("failed_retry_button")
    await ayu.sees("search_screen")
    [offer] = await ratih.offers()
    await ratih.accepts(offer)
    await ayu.sees("found_screen")
    yield "customer-found"


async def _talking(people: People, ayu: CustomerPage, ratih: Mitra) -> AsyncIterator[str]:
    """A chat, with more time and its end."""
    await ayu.sees("chat_screen")
    session = (await ayu.api.active())["session"]
    await say_hello(session, ayu.api, ratih)
    await ayu.hears(OPENING[-1][1])
    yield "customer-chat"
    await ayu.taps("chat_extend_button")
    await ayu.taps("extend_tier_12")
    yield "customer-extend"
    await ayu.taps("extend_pay_button")
    await ayu.sees("chat_paused_countdown")
    yield "customer-paused"
    [asked] = await ratih.extensions()
    await ratih.respond(asked, accepted=False)
    await ayu.sees("extend_refused_notice")
    yield "customer-refused"
    await people.house.rows(RUN_OUT, session["id"])
    await ayu.sees("chat_banner")
    yield "customer-closing"
    await ayu.taps("chat_end_button")
    await ayu.sees("end_sure_dialog")
    yield "customer-end"
    await ayu.taps("end_sure_yes_button")
    await ayu.taps("end_really_yes_button")
    await ayu.sees("goodbye_dialog")
    yield "customer-goodbye"
    await ayu.writes("goodbye_input", "Terima kasih, kak. Aku lebih lega sekarang.")
    await ayu.taps("goodbye_send_button")
    await ayu.sees("home_screen")


async def _afterwards(ayu: CustomerPage, ratih: Mitra, wulan: Mitra) -> AsyncIterator[str]:
    """Looking back, Curhat lagi, and the account."""
    for place, shown in (
        ("history", "history_row"),
        ("payments", "payment_row"),
        ("settings", "settings_screen"),
    ):
        await ayu.goes(place)
        await ayu.see(shown).first.wait_for()
        yield f"customer-{place}"
    await wulan.comes()
    await ayu.asks_again()
    await ayu.sees("asking_countdown")
    yield "customer-asking"
    [offer] = await ratih.offers()
    await ratih.decline(offer)
    await ayu.sees("failed_other_button")
    yield "customer-not-online"
    await ayu.taps("failed_home_button")
    await ratih.leaves()
    await ayu.api.sees(1)
    await ayu.taps("history_again_button")
    await ayu.sees("offline_dialog")
    yield "customer-offline"


async def control_center(people: People) -> Stops:
    """The control center."""
    stranger = await (await people.stranger(OperatorPage)).opens()
    await stranger.sees("login_button")
    yield "control-sign-in", stranger
    payment = await _days_work(people)
    rini = await people.operator()
    await rini.sees("shell_who")
    places = await rini.page.locator("nav a[href^='#/']").evaluate_all(
        "(links) => links.map((one) => one.getAttribute('href').slice(2))"
    )
    for place in places:
        await rini.goes(place)
        yield f"control-{place}", rini
    await rini.goes(f"audit/payment/{payment['id']}")
    yield "control-audit-payment", rini


async def _days_work(people: People) -> Json:
    """Chats, failures and whatever else fills pages; gives a payment with a story."""
    house = people.house
    sari, wulan = [await house.mitra(name) for name in ("Sari", "Wulan")]
    await sari.comes()
    first, *others = [await house.customer(name) for name in ("Ayu", "Bima", "Citra", "Dewi", "Eka")]
    await first.sees(1)
    for customer in others[:2]:
        await sari.accepts(await customer.searches())
    payment = await others[2].pays()
    await others[2].searches(payment)
    await others[2].give_up(payment)
    await others[3].pay()
    session = await sari.accepts(await first.searches())
    await sari.respond(await first.asks_more(session), accepted=True)
    await first.end(session["id"])
    payment = await first.pays(mitra=wulan)
    (await first.ask_again(payment, wulan)).refused("TARGETED_MITRA_OFFLINE")
    return payment
