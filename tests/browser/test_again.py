"""Curhat lagi, as both sides see it: accepted, silent, refused, passed on to another bestie, or to nobody."""

import pytest
from playwright.async_api import expect

from support.screens import CustomerPage, MitraPage, People

pytestmark = pytest.mark.anyio

SETTINGS = {"mitra_stale_after_seconds": 3600, "returning_chat_confirmation_timeout_seconds": 8}


async def friends(people: People) -> tuple[CustomerPage, MitraPage]:
    """A customer and the mitra they talked with before, both at home, the mitra online."""
    ayu, ratih = await people.customer("Ayu", opens=False), await people.mitra("Ratih")
    await ratih.comes()
    session = await ratih.api.accepts(await ayu.api.searches())
    (await ayu.api.end(session["id"])).ok()
    return await ayu.opens(), ratih


async def payments(ayu: CustomerPage) -> list[tuple[str, str | None]]:
    """How the customer's payments stand, the newest first."""
    rows = (await ayu.api.get("/api/client/payment-sessions"))["rows"]
    return [(row["status"], row["cause_tag"]) for row in rows]


async def test_accepted(people: People) -> None:
    """The bestie says yes while both see the same countdown, and they talk."""
    ayu, ratih = await friends(people)
    async with people.house.having(returning_chat_confirmation_timeout_seconds=30):
        await ayu.asks_again()
        await ayu.reads("Menunggu konfirmasi bestie...")
        await ayu.sees("asking_countdown", "0:2")
        await ratih.sees("offer_countdown", "0:2")
        await expect(ratih.see("offer_card")).to_have_attribute("data-kind", "returning")
        await ratih.taps("offer_accept_button")
        await ayu.meets("Ratih")
    assert (await payments(ayu))[0] == ("consumed", None)


async def test_silent_then_another_on_the_same_payment(people: People) -> None:
    """Countdowns run out on both sides by themselves; another takes over; nothing is paid twice."""
    ayu, ratih = await friends(people)
    wulan = await people.mitra("Wulan")
    await wulan.comes()
    await ayu.asks_again()
    for side, testid in ((ayu, "asking_countdown"), (ratih, "offer_countdown")):
        await side.sees(testid, "0:0")
    await wulan.misses("offer_card")
    await ratih.misses("offer_card")
    await ayu.reads("Bestie sedang tidak online")
    await ayu.sees("failed_reason", "Ratih tidak sempat menjawab")
    await ayu.taps("failed_other_button")
    await ayu.sees("search_screen")
    await wulan.sees("offer_text", "Ayu")
    await wulan.taps("offer_accept_button")
    await ayu.meets("Wulan")
    assert len(await payments(ayu)) == 2
    assert (await payments(ayu))[0] == ("consumed", None)


async def test_declined_and_nobody_else(people: People) -> None:
    """The only bestie says no: nobody else is offered until somebody comes, and back leads back."""
    ayu, ratih = await friends(people)
    await ayu.asks_again()
    await ratih.taps("offer_decline_button")
    await ayu.sees("failed_reason", "Ratih belum bisa menemani")
    await ayu.sees("failed_nobody")
    await expect(ayu.see("failed_other_button")).to_have_count(0)
    wulan = await people.mitra("Wulan")
    await wulan.comes()
    await ayu.sees("failed_other_button")
    await ayu.taps("failed_home_button")
    await ayu.sees("history_screen")
    assert (await payments(ayu))[0] == ("failed_pairing", "targeted_mitra_rejected")


async def test_still_talking(people: People) -> None:
    """Curhat lagi with whom one is talking leads back there, and costs nothing."""
    ayu, ratih = await people.customer("Ayu", opens=False), await people.mitra("Ratih")
    await ratih.comes()
    await ratih.api.accepts(await ayu.api.searches())
    await ayu.opens()
    for way_back in ("history_again_button", "history_open_link"):
        await ayu.goes("history")
        await ayu.sees("history_row", "Ratih")
        await ayu.taps(way_back)
        await ayu.sees("chat_peer_name", "Ratih")
    assert len(await payments(ayu)) == 1


async def test_offline_is_known_before_anything_is_paid(people: People) -> None:
    """A bestie who is not there is no reason to pay; the row can be tapped all the same."""
    ayu, ratih = await friends(people)
    await ratih.taps("mitra_online_switch")
    await expect(ratih.see("mitra_standing")).to_have_attribute("data-online", "false")
    await ayu.api.sees(0)
    await ayu.taps("nav_history_link")
    await expect(ayu.see("history_again_button")).to_be_enabled()
    await ayu.taps("history_again_button")
    await ayu.sees("offline_dialog", "Ratih")
    await expect(ayu.see("offline_other_button")).to_have_count(0)
    await ayu.taps("offline_back_button")
    await ayu.misses("offline_dialog")
    assert len(await payments(ayu)) == 1


async def test_gone_between_paying_and_asking(people: People) -> None:
    """The bestie leaves after the tap: the money waits for another, also where one asks the same one anew."""
    ayu, ratih = await people.customer("Ayu"), await people.house.mitra("Ratih")
    await ratih.comes()
    session = await ratih.accepts(await ayu.api.searches())
    await ayu.sees("chat_screen")  # an earlier request that this tab knows of
    (await ayu.api.end(session["id"])).ok()
    await ayu.sees("home_screen")
    await ayu.goes("history")
    await ayu.taps("history_again_button")
    await ayu.sees("payment_pay_button")
    await ratih.leaves()
    await ayu.taps("payment_pay_button")
    await ayu.sees("failed_reason", "Ratih sedang tidak bisa dihubungi")
    await ayu.sees("failed_money", "Uangmu tetap bisa dipakai")
    await ayu.sees("failed_nobody")
    assert (await payments(ayu))[0] == ("failed_pairing", "targeted_mitra_offline")
    await ayu.taps("failed_home_button")
    await ayu.taps("history_again_button")
    await ayu.sees("offline_dialog", "yang tadi kamu bayar bisa dipakai untuk bestie lain")
    await expect(ayu.see("offline_other_button")).to_have_count(0)
    wulan = await (await people.house.mitra("Wulan")).comes()
    await ayu.taps("offline_other_button")
    await ayu.sees("search_elapsed", "Sudah mencari")
    await wulan.accepts((await ayu.api.active())["pairing_request"])
    await ayu.meets("Wulan")
    assert await payments(ayu) == [("consumed", None)] * 2


async def test_cancelled_while_waiting(people: People) -> None:
    """The customer changes their mind: the card goes from the bestie's screen, the money is noted."""
    ayu, ratih = await friends(people)
    async with people.house.having(returning_chat_confirmation_timeout_seconds=30):
        await ayu.asks_again()
        await ratih.sees("offer_card")
        await ayu.taps("search_cancel_button")
        await ayu.taps("search_cancel_sure_button")
        await ratih.misses("offer_card")
        await ayu.sees("home_screen")
    assert (await payments(ayu))[0] == ("failed_pairing", "customer_cancelled")


async def test_nobody_answers_a_search(people: People) -> None:
    """A general search that nobody answers says so, and is tried again with the same money."""
    async with people.house.having(pairing_blast_timeout_seconds=8):
        ratih = await people.mitra("Ratih")
        await ratih.comes()
        ayu = await people.customer("Ayu")
        await ayu.pays()
        await ratih.sees("offer_card")
        await ayu.sees("search_elapsed", "0:0")
        await ayu.reads("Maaf, kami tidak bisa menemukan bestie...")
        await ratih.misses("offer_card")
        await ayu.taps("failed_retry_button")
        await ratih.taps("offer_accept_button")
        await ayu.meets("Ratih")
    assert await payments(ayu) == [("consumed", None)]
