"""A whole evening as two people see it, each in a browser: from the first tap to the closing message.

Money comes by the hosted page of the stand-in for Xendit, as it would in production.
"""

import re

import pytest
from playwright.async_api import Page, expect

from support.money import bill_of
from support.screens import CustomerPage, MitraPage, People

pytestmark = pytest.mark.anyio

XENDIT = True


async def pays_there(hosted: Page) -> None:
    """Press the button on the hosted page."""
    await hosted.get_by_role("button", name="Bayar sekarang").click()
    await expect(hosted).to_have_url(re.compile("success"))


async def test_a_whole_evening(people: People) -> None:
    """Two strangers come in, find each other, pay, talk and part; nobody reloads anything."""
    ayu = await (await people.stranger(CustomerPage)).opens()
    await ayu.writes("start_name_input", "Ayu")
    await ayu.taps("start_anonymous_button")
    await ayu.sees("home_availability", "Belum ada bestie tersedia")
    await expect(ayu.see("home_start_button")).to_be_disabled()

    phone = await people.house.registers("Ratih")
    ratih = await (await people.stranger(MitraPage)).opens()
    await ratih.writes("login_phone_input", phone)
    await ratih.taps("login_phone_button")
    await ratih.sees("login_code_input")
    await ratih.writes("login_code_input", people.house.first.code_for(phone))
    await ratih.comes()

    await expect(ayu.see("home_start_button")).to_be_enabled()
    await ayu.chooses(12)
    await ayu.sees("payment_total", "Rp 25.000")
    hosted = await ayu.other_tab(after="payment_pay_button")
    await ayu.sees("payment_waiting_screen")
    await ayu.sees("payment_countdown", re.compile(r"(19:\d\d|20:00)"))
    await pays_there(hosted)

    await ratih.sees("offer_text", "Ayu ingin curhat 12 menit")
    await ratih.taps("offer_accept_button")
    await ayu.meets("Ratih")
    await ratih.sees("chat_peer_name", "Ayu")

    await ayu.says("Halo, aku lagi capek banget.")
    await ratih.hears("Halo, aku lagi capek banget.")
    await ayu.marked("Halo, aku lagi", "read")
    await ratih.see("chat_input").press_sequentially("Halo")
    await expect(ayu.see("chat_typing")).to_contain_text("Ratih sedang mengetik")
    await ratih.says("Halo Ayu. Cerita saja, pelan-pelan.")
    await ayu.hears("Halo Ayu. Cerita saja, pelan-pelan.")
    await expect(ayu.see("chat_typing")).to_be_hidden()
    await ratih.marked("Cerita saja", "read")
    assert abs(await ayu.left() - await ratih.left()) <= 1
    assert 12 * 60 - 60 < await ayu.left() <= 12 * 60

    await ayu.says_goodbye("Terima kasih sudah mendengarkan, kak.")
    await ratih.sees("chat_note", "selesai")
    await ratih.taps("chat_home_button")
    await ratih.sees("chats_empty")
    await ratih.taps("nav_history")
    await ratih.sees("history_row", "Terima kasih sudah mendengarkan, kak.")
    await ayu.taps("nav_history_link")
    await ayu.sees("history_row", "Terima kasih sudah mendengarkan, kak.")
    await ayu.see("history_again_button").wait_for()


async def test_the_hosted_page_is_opened_again(people: People) -> None:
    """Whoever closed the hosted page, and loaded the app anew, opens the page again and pays."""
    ratih = await people.mitra("Ratih")
    await ratih.comes()
    ayu = await people.customer()
    await ayu.chooses(5)
    hosted = await ayu.other_tab(after="payment_pay_button")
    await hosted.close()
    await ayu.reloads()
    await ayu.sees("payment_waiting_screen", "Rp 10.000")
    hosted = await ayu.other_tab(after="payment_open_button")
    await pays_there(hosted)
    await hosted.close()
    await ayu.sees("search_screen")
    await ratih.taps("offer_accept_button")
    await ayu.meets("Ratih")


async def test_money_that_no_webhook_told_of(people: People) -> None:
    """A webhook that never comes holds nobody up for long: to come back from the page is to ask."""
    assert people.xendit is not None
    await (await people.mitra("Ratih")).comes()
    ayu = await people.customer()
    await ayu.chooses()
    hosted = await ayu.other_tab(after="payment_pay_button")
    [payment] = (await ayu.api.get("/api/client/payment-sessions"))["rows"]
    people.xendit.fake.books.pay(bill_of(people.xendit, payment).id)
    await hosted.close()
    # Coming back asks by itself where the browser says so in time: then there is nothing left to press.
    await ayu.see("payment_check_button").or_(ayu.see("search_screen")).wait_for()
    await ayu.page.locator("[data-testid=payment_check_button]").evaluate_all("(all) => all[0]?.click()")
    await ayu.sees("search_screen")


async def test_going_back_cancels_what_was_not_opened(people: People) -> None:
    """Going back before any page was opened cancels the payment; a page that was opened keeps it."""
    await (await people.mitra("Ratih")).comes()
    ayu = await people.customer()
    await ayu.chooses()
    await (await ayu.other_tab(after="payment_pay_button")).close()
    await ayu.sees("payment_waiting_screen")
    await ayu.taps("back_button")
    await ayu.sees("home_payment_notice", "Rp 25.000")
    [payment] = (await ayu.api.get("/api/client/payment-sessions"))["rows"]
    assert payment["status"] == "pending"
    await ayu.taps("home_payment_button")
    await ayu.sees("payment_waiting_screen")
