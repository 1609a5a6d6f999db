"""The control center's working pages: failed money, mitras and chats, as operators deal with them."""

import re

import pytest
from playwright.async_api import expect

from support.control import email_of, row, says
from support.people import Customer, Json
from support.screens import OperatorPage, People
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]


async def gave_up(people: People, name: str) -> tuple[Customer, Json]:
    """A customer who paid, and then wanted nothing for it."""
    customer = await people.house.customer(name)
    payment = await customer.pays()
    return customer, (await customer.give_up(payment)).ok()


async def decides(page: OperatorPage, name: str, action: str, note: str = "") -> None:
    """Open a row's dialog, choose, and send."""
    await row(page, "failures_row", name).get_by_test_id("failure_action_button").click()
    await page.see(f"failed_action_{action}_radio").check()
    if note:
        await page.writes("failed_action_note_input", note)
    await page.taps("failed_action_submit_button")


# ------------------------------------------------------------------------------------------- failed pairings


async def test_failures_are_found_and_decided(people: People) -> None:
    """Filters narrow the queue and survive a reload; a decision is recorded, and its customer sees it."""
    ayu, payment = await gave_up(people, "Ayunda")
    citra, mitra = await people.house.customer("Citrawati"), await people.house.mitra("Sari")
    boss = await people.house.operator()
    (await boss.ask("PATCH", f"/internal/mitras/{mitra.id}", {"blocked": True})).ok()
    (await citra.ask_again(await citra.pays(mitra=mitra), mitra)).refused("TARGETED_MITRA_OFFLINE")
    page = await people.operator()
    await page.goes("failures")
    await expect(row(page, "failures_row", "Ayunda")).to_have_count(1)
    await page.taps("failures_causes_summary")
    await page.see("failures_cause_targeted_mitra_offline_checkbox").check()
    await expect(row(page, "failures_row", "Ayunda")).to_have_count(0)
    await says(row(page, "failures_row", "Citrawati"), "Masih bisa dipakai pelanggan")
    await says(row(page, "failures_row", "Citrawati"), "Sedang diblokir")
    (await citra.pay()).ok(201)  # which forfeits what was left of the first
    await page.taps("failures_clear_button")
    await says(row(page, "failures_row", "Citrawati"), "Menunggu")
    await expect(row(page, "failures_row", "Citrawati")).not_to_contain_text("Masih bisa dipakai")
    await expect(row(page, "failures_row", "Ayunda")).to_have_count(1)
    await page.writes("failures_search_input", "Ayun")
    await expect(row(page, "failures_row", "Citrawati")).to_have_count(0)
    await page.taps("failures_today_button")
    await page.reloads()
    await expect(page.see("failures_search_input")).to_have_value("Ayun")
    await expect(page.see("failures_row")).to_have_count(1)
    await decides(page, "Ayunda", "refunded", "Sudah ditransfer balik")
    await page.misses("failed_action_dialog")
    decided = row(page, "failures_row", "Ayunda")
    await says(decided, "Dikembalikan")
    await says(decided, page.email)
    await says(decided, "Sudah ditransfer balik")
    assert (await ayu.payment(payment))["refund"] == "refunded"


async def test_a_story_is_one_click_away(people: People) -> None:
    """A row leads to everything that was recorded of its payment, and back to the filters as they were."""
    await gave_up(people, "Dahlia")
    page = await people.operator()
    await page.goes("failures?q=Dahlia")
    await row(page, "failures_row", "Dahlia").get_by_test_id("failure_story_link").click()
    await page.sees("story", "Dahlia")
    await page.sees("story_timeline", "Sudah dibayar → Gagal dipasangkan")
    await expect(page.see("story_audit_link")).to_have_attribute("href", re.compile("#/audit/payment/"))
    await page.taps("back_button")
    await expect(page.see("failures_search_input")).to_have_value("Dahlia")


async def test_who_is_second_sees_who_was_first(people: People) -> None:
    """An operator whose decision comes too late is told whose was recorded, and the row says so too."""
    _, payment = await gave_up(people, "Elok")
    page, other = await people.operator(), await people.house.operator()
    await page.goes("failures?q=Elok")
    button = row(page, "failures_row", "Elok").get_by_test_id("failure_action_button")
    await button.click()
    [failure] = await other.failures(payment)
    (await other.act(failure, "credited", "dapat voucher")).ok()
    await page.see("failed_action_refunded_radio").check()
    await page.taps("failed_action_submit_button")
    first = await page.sees("failed_action_first", "Dikreditkan")
    await says(first, await email_of(people, other))
    await page.sees("failed_action_problem", "dapat voucher")
    await page.taps("failed_action_cancel_button")
    await says(row(page, "failures_row", "Elok"), "Dikreditkan")


async def test_keeping_money_needs_a_note(people: People) -> None:
    """Nothing can be sent before something is chosen, nor money kept without a word why."""
    await gave_up(people, "Fitri")
    page = await people.operator()
    await page.goes("failures?q=Fitri")
    await page.taps("failure_action_button")
    submit = page.see("failed_action_submit_button")
    await expect(submit).to_have_attribute("aria-disabled", "true")
    await page.see("failed_action_no_action_radio").check()
    await expect(submit).to_have_attribute("aria-disabled", "true")
    await page.writes("failed_action_note_input", "Pelanggan setuju")
    await submit.click()
    await says(page.see("failures_row"), "Tanpa tindakan")


async def test_by_keyboard_alone(people: People) -> None:
    """Without a mouse: to a row's decision, choose by the arrows, write a note, send it."""
    await gave_up(people, "Gendis")
    page = await people.operator()
    await page.goes("failures?q=Gendis")
    keys = page.page.keyboard
    await page.see("failure_story_link").focus()
    await keys.press("Tab")
    await expect(page.see("failure_action_button")).to_be_focused()
    await keys.press("Enter")
    await expect(page.see("failed_action_refunded_radio")).to_be_focused()
    await keys.press("Space")
    await expect(page.see("failed_action_refunded_radio")).to_be_checked()
    await keys.press("ArrowDown")
    await expect(page.see("failed_action_credited_radio")).to_be_checked()
    await keys.press("Tab")
    await keys.type("lewat papan ketik")
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.press("Enter")
    await page.misses("failed_action_dialog")
    await says(page.see("failures_row"), "lewat papan ketik")


async def test_what_was_heard_stays_while_nobody_answers(people: People) -> None:
    """Without a server the last rows stay, with a word that they are old; its return is noticed by itself."""
    await gave_up(people, "Hana")
    page = await people.operator()
    await page.goes("sessions")
    await page.goes("failures?q=Hana")
    await expect(page.see("failures_row")).to_have_count(1)
    async with page.offline():
        async with page.hidden():
            pass
        await page.sees("failures_table_old")
        await expect(page.see("failures_row")).to_have_count(1)
    await page.misses("failures_table_old")


async def test_a_customer_is_forgotten(people: People) -> None:
    """Erasing takes a reason and a typed word; afterwards the story names nobody."""
    _, payment = await gave_up(people, "Intanwati")
    page = await people.operator()
    await page.goes(f"failures/{payment['id']}")
    await page.taps("customer_erase_button")
    submit = page.see("customer_erase_submit_button")
    await page.writes("customer_erase_reason_input", "Permintaan sendiri")
    await expect(submit).to_have_attribute("aria-disabled", "true")
    await page.writes("customer_erase_typed_input", "hapus")
    await submit.click()
    await page.misses("customer_erase_dialog")
    await expect(page.see("story")).not_to_contain_text("Intanwati")


# ---------------------------------------------------------------------------------------- mitras and chats


async def test_a_mitra_is_registered_and_renamed(people: People) -> None:
    """Whoever is registered can log in with a code; a phone that somebody has is said to be theirs."""
    page = await people.operator()
    await page.goes("mitras")
    for name in ("Melati Registrasi", "Orang Lain"):
        await page.taps("mitra_register_button")
        await page.writes("mitra_phone_input", "0812 5550 1234")
        await page.writes("mitra_name_input", name)
        await page.taps("mitra_register_submit_button")
    await page.sees("mitra_register_problem", "Melati Registrasi")
    await page.taps("mitra_register_cancel_button")
    await page.writes("mitras_search_input", "Melati Reg")
    await expect(page.see("mitra_row")).to_have_count(1)
    await says(page.see("mitra_row"), "+6281255501234")
    await page.taps("mitra_rename_button")
    await page.writes("mitra_name_input", "Melati Registrasi Baru")
    await page.taps("mitra_rename_submit_button")
    await says(page.see("mitra_row"), "Melati Registrasi Baru")


async def test_a_mitra_is_blocked(people: People) -> None:
    """It is said before what will happen; then their socket closes and their chat is over."""
    budi, ayu = await people.house.mitra("Budi Blokir"), await people.house.customer("Ayu")
    await budi.comes()
    session = await budi.accepts(await ayu.searches())
    socket = await budi.connects()
    page = await people.operator()
    await page.goes("mitras?q=Budi Blokir")
    await says(page.see("mitra_presence"), "Online")
    await says(page.see("mitra_row"), "1 dari 3")
    await page.taps("mitra_block_button")
    await page.sees("mitra_block_dialog", "1 percakapan yang berjalan langsung berakhir")
    await page.taps("mitra_block_submit_button")
    await says(page.see("mitra_presence"), "Diblokir")
    assert await socket.closed() == 4403
    await eventually(lambda: is_over(ayu, session))
    await page.taps("mitra_unblock_button")
    await page.taps("mitra_unblock_submit_button")
    await says(page.see("mitra_presence"), "Offline")


async def is_over(customer: Customer, session: Json) -> bool:
    """Whether a chat has ended."""
    info = await customer.get(f"/api/shared/chat/{session['id']}/info")
    return bool(info["status"] == "ended")


async def test_a_chat_is_ended_for_a_reason(people: People) -> None:
    """The list shows who talks with whom; ending one takes a reason, which neither side is told."""
    wulan, ayu = await people.house.mitra("Wulan"), await people.house.customer("Ayu Panjang")
    await wulan.comes()
    session = await wulan.accepts(await ayu.searches())
    page = await people.operator()
    await page.goes("sessions")
    chat = row(page, "session_row", "Ayu Panjang")
    await says(chat, "Wulan")
    await says(chat, re.compile(r"1[12]:\d\d"))
    await chat.get_by_test_id("session_end_button").click()
    submit = page.see("session_end_submit_button")
    await expect(submit).to_have_attribute("aria-disabled", "true")
    await page.writes("session_end_reason_input", "Laporan pelanggan")
    await submit.click()
    await expect(chat).to_have_count(0)
    info = await ayu.get(f"/api/shared/chat/{session['id']}/info")
    assert (info["status"], info["end_reason"]) == ("ended", "operator_ended")
    assert "Laporan" not in str(info)


async def test_who_cannot_be_reached_is_flagged(people: People) -> None:
    """A chat whose mitra has no connection is marked, counted, and can be looked at alone."""
    wulan, ayu = await people.house.mitra("Wulan Jauh"), await people.house.customer("Ayu Sendiri")
    await wulan.comes()
    await wulan.accepts(await ayu.searches())
    page = await people.operator()
    await page.goes("sessions")
    await page.sees("sessions_unreachable_notice")
    await says(row(page, "session_row", "Ayu Sendiri"), "tidak terjangkau")
    await page.see("sessions_reachable_select").select_option("true")
    await expect(row(page, "session_row", "Ayu Sendiri")).to_have_count(0)


# ------------------------------------------------------------------------------------------------- language


async def test_in_english(people: People) -> None:
    """Each page says in English what it says in Indonesian, the server's words about settings too."""
    await gave_up(people, "Joko")
    page = await people.operator()
    await page.opens("/?lang=en")
    for place, title, words in (
        ("failures", "Failed pairings", "Waiting for a decision"),
        ("settings", "Settings", "How long a customer may take to pay"),
        ("pricing", "Pricing", "First-session discount"),
        ("mitras", "Mitras", "Who can take conversations"),
        ("sessions", "Live sessions", "never shown here"),
        ("quarantine", "Quarantine", "Quarantine is empty"),
    ):
        await page.goes(place)
        await expect(page.page.locator("h1")).to_have_text(title)
        await says(page.page.locator("main"), words)
