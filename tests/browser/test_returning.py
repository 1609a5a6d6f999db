"""Reload, a second tab, a network that is cut, a laptop that sleeps: from every screen the apps find back.

Each test brings somebody to a screen, and does all four to them. While the laptop sleeps the evening goes
on without it; whoever wakes it finds what has become of it.
"""

from collections.abc import Awaitable, Callable

import pytest
from attrs import frozen
from playwright.async_api import expect

from support.browser import Visitor
from support.people import Json
from support.screens import CustomerPage, MitraPage, OperatorPage, People
from support.tours import RUN_OUT

pytestmark = pytest.mark.anyio

SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 120,
    "returning_chat_confirmation_timeout_seconds": 120,
    "extension_timeout_seconds": 120,
    "closure_grace_seconds": 300,
}


@frozen
class Place:
    """Where somebody is: what they see, what happens while they sleep, and what they see then."""

    who: Visitor
    shown: str
    meanwhile: Callable[[], Awaitable[object]]
    then: Callable[[], Awaitable[object]]


async def comes_back(place: Place) -> None:
    """Do everything that happens to devices, and look each time."""
    who = place.who
    await who.sees(place.shown)
    await who.reloads()
    await who.sees(place.shown)
    tab = await who.second_tab()
    await tab.sees(place.shown)
    await tab.page.close()
    async with who.offline():
        await expect(who.see("offline_bar")).to_have_attribute("data-shown", "true")
    await expect(who.see("offline_bar")).to_have_attribute("data-shown", "false")
    await who.sees(place.shown)
    async with who.asleep():
        await place.meanwhile()
    await place.then()


async def chat(people: People) -> tuple[CustomerPage, MitraPage, Json]:
    """Two people who talk, at the first screens of their apps, and the session."""
    ayu, ratih = await people.customer("Ayu"), await people.mitra("Ratih")
    await ratih.comes()
    return ayu, ratih, await ratih.api.accepts(await ayu.api.searches())


async def test_home(people: People) -> None:
    """At home: somebody comes online meanwhile."""
    ayu, ratih = await people.customer(), await people.house.mitra()

    async def enabled() -> None:
        await expect(ayu.see("home_start_button")).to_be_enabled()

    await comes_back(Place(ayu, "home_screen", ratih.comes, enabled))


async def test_choosing(people: People) -> None:
    """Before the price: whoever wakes up pays, and is asked for."""
    ratih = await people.mitra("Ratih")
    ayu = await people.customer()
    await ratih.comes()
    await ayu.chooses()

    async def pays() -> None:
        await ayu.taps("payment_pay_button")
        await ayu.sees("search_screen")
        await ratih.sees("offer_card")

    await comes_back(Place(ayu, "payment_total", ayu.api.active, pays))


async def test_searching(people: People) -> None:
    """In a search: somebody accepts meanwhile."""
    ratih = await people.mitra("Ratih")
    ayu = await people.customer()
    await ratih.comes()
    await ayu.pays()

    async def accepts() -> None:
        await ratih.taps("offer_accept_button")
        await ratih.sees("chat_screen")

    async def talks() -> None:
        await ayu.sees("chat_screen")
        await ayu.says("Halo!")
        await ratih.hears("Halo!")

    await comes_back(Place(ayu, "search_screen", accepts, talks))


async def test_asking_one_bestie(people: People) -> None:
    """In Curhat lagi: the bestie says no meanwhile."""
    ayu, ratih, session = await chat(people)
    (await ayu.api.end(session["id"])).ok()
    await ayu.reloads()
    await ayu.sees("home_screen")
    await ayu.asks_again()

    async def declines() -> None:
        await ratih.taps("offer_decline_button")
        await ratih.misses("offer_card")

    async def reads() -> None:
        await ayu.sees("failed_reason", "Ratih belum bisa menemani")

    await comes_back(Place(ayu, "asking_countdown", declines, reads))


async def test_nobody_was_found(people: People) -> None:
    """After a search for nothing: the money is still there, and finds somebody."""
    ratih = await people.mitra("Ratih")
    ayu = await people.customer()
    await ratih.comes()
    await ayu.pays()
    await ratih.taps("offer_decline_button")

    async def tries() -> None:
        await ayu.taps("failed_retry_button")
        await ratih.sees("offer_card")

    await comes_back(Place(ayu, "failed_reason", ayu.api.active, tries))


async def test_in_a_chat(people: People) -> None:
    """In a chat: what was said meanwhile is there, once, and what one writes without a network goes out."""
    ayu, ratih, _ = await chat(people)
    await ratih.taps("chat_item")
    await ayu.says("Sebelum apa-apa")
    await ayu.marked("Sebelum apa-apa", "read")

    async def writes() -> None:
        await ratih.says("Kamu masih di sana?")
        await ratih.marked("Kamu masih", "sent")

    async def reads() -> None:
        await ayu.hears("Kamu masih di sana?")
        await expect(ayu.see("chat_message")).to_have_count(2)
        await ratih.marked("Kamu masih", "read")

    await comes_back(Place(ayu, "chat_log", writes, reads))
    async with ayu.offline():
        await ayu.says("Tanpa jaringan")
        await ayu.marked("Tanpa jaringan", "pending")
    await ratih.hears("Tanpa jaringan")
    await ayu.marked("Tanpa jaringan", "read")
    await expect(ratih.see("chat_message")).to_have_count(3)


async def test_paused(people: People) -> None:
    """While an extension waits: it is accepted meanwhile."""
    ayu, ratih, _ = await chat(people)
    await ayu.asks_more()

    async def accepts() -> None:
        await ratih.taps("extension_accept_button")
        await ratih.misses("extension_card")

    async def goes_on() -> None:
        await ayu.misses("chat_paused_overlay")
        assert await ayu.left() > 20 * 60

    await comes_back(Place(ayu, "chat_paused_countdown", accepts, goes_on))


async def test_parting(people: People) -> None:
    """When time is up: the mitra ends the chat meanwhile."""
    ayu, ratih, session = await chat(people)
    await people.house.rows(RUN_OUT, session["id"])
    await ratih.taps("chat_item")

    async def ends() -> None:
        await ratih.taps("chat_end_button")
        await ratih.taps("chat_end_confirm_button")
        await ratih.sees("chat_home_button")

    async def over() -> None:
        await ayu.sees("over_screen", "Ratih")

    await comes_back(Place(ayu, "chat_banner", ends, over))


async def test_a_mitra_who_waits(people: People) -> None:
    """Online: somebody searches meanwhile."""
    ratih, ayu = await people.mitra("Ratih"), await people.house.customer("Ayu")
    await ratih.comes()
    await ayu.sees(1)

    async def asked() -> None:
        await ratih.sees("offer_text", "Ayu")
        await ratih.taps("offer_accept_button")
        await ratih.sees("chat_peer_name", "Ayu")

    await comes_back(Place(ratih, "mitra_standing", ayu.searches, asked))


async def test_a_mitra_who_is_asked(people: People) -> None:
    """With a card on the screen: the customer changes their mind meanwhile."""
    ratih, ayu = await people.mitra("Ratih"), await people.house.customer("Ayu")
    await ratih.comes()
    await ayu.sees(1)
    payment = await ayu.pays()
    await ayu.searches(payment)

    async def gives_up() -> None:
        (await ayu.give_up(payment)).ok()

    async def gone() -> None:
        await ratih.misses("offer_card")

    await comes_back(Place(ratih, "offer_countdown", gives_up, gone))


async def test_a_mitra_in_a_chat(people: People) -> None:
    """In a chat: more time is asked for meanwhile, in a card that also survives everything."""
    ayu, ratih, session = await chat(people)
    await ratih.taps("chat_item")

    async def asks() -> None:
        await ayu.api.asks_more(session)

    async def asked() -> None:
        await ratih.sees("extension_text", "Ayu")

    await comes_back(Place(ratih, "chat_log", asks, asked))

    async def ends() -> None:
        (await ayu.api.end(session["id"])).ok()

    async def over() -> None:
        await ratih.misses("extension_card")
        await ratih.sees("chat_home_button")

    await comes_back(Place(ratih, "extension_countdown", ends, over))


async def test_an_operator(people: People) -> None:
    """In the control center: figures come again, and a second tab needs no password."""
    rini = await people.operator()
    await rini.sees("shell_who")
    await rini.reloads()
    await rini.sees("shell_who")
    tab = await rini.second_tab()
    await tab.sees("shell_who")
    await tab.page.close()
    live = rini.see("shell_connection")
    await expect(live).to_have_attribute("data-state", "live")
    async with rini.offline():
        await expect(live).not_to_have_attribute("data-state", "live")
    await expect(live).to_have_attribute("data-state", "live")
    async with rini.asleep():
        await (await people.house.mitra()).comes()
    await expect(live).to_have_attribute("data-state", "live")


async def test_what_is_done_in_one_tab_is_seen_in_the_other(people: People) -> None:
    """Signing out in one tab signs out the other; a chat is on both screens, each message once."""
    ayu, ratih, _ = await chat(people)
    tab = await ayu.second_tab()
    await tab.sees("chat_screen")
    await tab.says("Dari tab kedua")
    await ayu.hears("Dari tab kedua")
    await ratih.taps("chat_item")
    await ratih.hears("Dari tab kedua")
    for side in (ayu, tab):
        await expect(side.see("chat_message")).to_have_count(1)
    await tab.says_goodbye()
    await ayu.sees("home_screen")
    await tab.goes("settings")
    await tab.taps("settings_logout_button")
    await tab.taps("logout_yes_button")
    await tab.sees("start_screen")
    await ayu.sees("start_screen")


async def test_without_a_network_from_the_start(people: People) -> None:
    """An app that was installed opens without a network, says so, and goes on when there is one."""
    ayu = await people.customer()
    await ayu.sees("home_screen")
    await ayu.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await ayu.reloads()
    await ayu.sees("home_screen")
    async with ayu.offline():
        await ayu.reloads()
        await ayu.sees("loading_screen")
        await ayu.sees("problem")
    await ayu.sees("home_screen")


async def test_the_door_of_the_control_center(people: People) -> None:
    """Whoever is not signed in sees the door, after a reload too."""
    nobody = await (await people.stranger(OperatorPage)).opens()
    await nobody.sees("login_button")
    await nobody.reloads()
    await nobody.sees("login_button")
