"""The customer's app by itself: coming in, choosing, going back, failures, the account; by keys."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Route, expect

from support.people import Json
from support.screens import CustomerPage, People

pytestmark = pytest.mark.anyio

SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 5,
    "support_handles_json": {"whatsapp": "+62811000111", "email": "bantu@halobestie.example"},
}
PROMOTION = "/internal/pricing/promotions/first_session_discount"
STATUSES = "SELECT status FROM payment_sessions WHERE customer_id = %s ORDER BY created_at"


async def stranger(people: People, path: str | None = None) -> CustomerPage:
    """Somebody who opens the app for the first time."""
    return await (await people.stranger(CustomerPage)).opens(path)


async def statuses(people: People, page: CustomerPage) -> list[str]:
    """How somebody's payments stand, in the order of their beginning."""
    return [row["status"] for row in await people.house.rows(STATUSES, page.api.id)]


async def searched(page: CustomerPage) -> Json:
    """Wait until the screen shows a search; gives that."""
    await page.sees("search_elapsed", "Sudah mencari")
    return (await page.api.active())["pairing_request"]


@asynccontextmanager
async def without(page: CustomerPage, pattern: str) -> AsyncIterator[None]:
    """Have calls to some addresses end nowhere."""
    page.watch.expects("net::ERR_")

    async def lost(route: Route) -> None:
        await route.abort()

    await page.page.route(pattern, lost)
    try:
        yield
    finally:
        await page.page.unroute(pattern, lost)


async def talked(people: People, ayu: CustomerPage) -> None:
    """Have a chat with Sari behind them."""
    sari = await (await people.house.mitra("Sari")).comes()
    session = await sari.accepts(await ayu.api.searches(await ayu.api.pays(5)))
    (await ayu.api.end(session["id"])).ok()


GIVEN_UP = """async () => {
  const { isReusable } = await import("/app/model/where.js");
  const paid = { status: "failed_pairing", cause_tag: "no_mitra_available", refund: "due" };
  return ["2026-01-02T20:00:00Z", null].map((until) => isReusable({ ...paid, fallback_until: until }, 0));
}"""
OLD_ANSWER = """async () => {
  const { createEvening } = await import("/app/model/evening.js");
  const evening = createEvening({ api: {} });
  const said = [["old", "pending", 1], ["old", "abandoned", 2], ["new", "confirmed", 2]];
  said.push(said[0]);
  for (const [id, status, version] of said) evening.takePayment({ id, status, version, is_extension: false });
  return evening.payment.value.id;
}"""

# ---------------------------------------------------------------------- coming in


async def test_in_one_tap(people: People) -> None:
    """A name and one tap lead home; a reload finds the same person again, and so does another tab."""
    ayu = await stranger(people)
    await ayu.writes("start_name_input", "Ayu")
    await ayu.taps("start_anonymous_button")
    await ayu.sees("home_screen", "Hai, Ayu")
    await ayu.sees("home_keep_notice")
    await ayu.reloads()
    await ayu.sees("home_screen", "Hai, Ayu")
    other = await ayu.second_tab()
    await other.sees("home_screen", "Hai, Ayu")


async def test_by_phone(people: People) -> None:
    """A phone as people write it, a wrong code, the right one; and out again, in every tab."""
    phone = "+6281299900011"
    ayu = await stranger(people)
    await ayu.taps("start_phone_button")
    await ayu.writes("login_phone_input", "0812")
    await ayu.taps("login_send_button")
    await ayu.reads("Nomornya belum lengkap")
    await ayu.writes("login_phone_input", "0812-9990 0011")
    await ayu.taps("login_send_button")
    await ayu.reads(f"Kode sudah dikirim ke {phone}")
    await ayu.writes("login_code_input", "000000")
    await ayu.taps("login_verify_button")
    await ayu.reads("Kodenya salah")
    await ayu.writes("login_code_input", await asyncio.to_thread(people.house.first.code_for, phone))
    await ayu.see("login_code_input").press("Enter")
    await ayu.sees("home_screen")
    await ayu.misses("home_keep_notice")
    other = await ayu.second_tab()
    await other.sees("home_screen")
    await ayu.taps("nav_settings_link")
    await ayu.sees("settings_phone_state", "sudah tertaut")
    await ayu.taps("settings_logout_button")
    await ayu.taps("logout_yes_button")
    await ayu.sees("start_screen")
    await other.sees("start_screen")
    await ayu.reloads()
    await ayu.sees("start_screen")


async def test_a_phone_keeps_the_history(people: People) -> None:
    """Who came in without an account adds a phone, and still has the chats of before."""
    phone = "+6281299900022"
    ayu = await people.customer("Ayu")
    await talked(people, ayu)
    await ayu.taps("home_keep_link")
    await ayu.writes("login_phone_input", "081299900022")
    await ayu.taps("login_send_button")
    await ayu.sees("login_code_input")
    await ayu.writes("login_code_input", await asyncio.to_thread(people.house.first.code_for, phone))
    await ayu.taps("login_verify_button")
    await ayu.sees("toast", "Nomormu sudah tertaut")
    await ayu.misses("home_keep_notice")
    await ayu.taps("nav_history_link")
    await ayu.sees("history_row", "Sari")
    known = await people.house.value("SELECT phone FROM customers WHERE id = %s", ayu.api.id)
    assert known == phone


async def test_forgotten(people: People) -> None:
    """To be deleted takes a word typed out; then nobody is signed in, and the name is gone."""
    ayu = await people.customer("Ayu")
    await ayu.taps("nav_settings_link")
    await ayu.taps("settings_delete_button")
    await expect(ayu.see("delete_do_button")).to_be_disabled()
    await ayu.writes("delete_word_input", "hapus")
    await ayu.taps("delete_do_button")
    await ayu.sees("start_screen")
    await ayu.reloads()
    await ayu.sees("start_screen")
    names = await people.house.rows("SELECT display_name FROM customers WHERE id = %s", ayu.api.id)
    assert [row["display_name"] for row in names] != ["Ayu"]


async def test_another_name(people: People) -> None:
    """A name is changed in the account, and greeted at home; an empty one is not taken; help comes late."""
    ayu = await people.customer("Ayu")
    async with without(ayu, "**/api/shared/support"):
        await ayu.taps("nav_settings_link")
        await ayu.sees("support_problem")
    await ayu.taps("support_retry_button")
    await ayu.sees("support_handles", "bantu@halobestie.example")
    await ayu.writes("settings_name_input", "  ")
    await ayu.taps("settings_name_button")
    await ayu.reads("Isi 1 sampai 40 huruf")
    await ayu.writes("settings_name_input", "Ayu Kecil")
    await ayu.taps("settings_name_button")
    await ayu.sees("toast", "Namamu sudah diganti")
    await ayu.taps("nav_home_link")
    await ayu.sees("home_screen", "Hai, Ayu Kecil")


# ---------------------------------------------------------------------- choosing and paying


async def test_a_free_first_session(people: People) -> None:
    """The first session's price stands beside the usual one, struck through; a free one is just begun."""
    house = people.house
    boss, ayu = await house.operator(), await people.customer("Ayu")
    promotion = await boss.get(PROMOTION)
    wish = {"is_active": True, "requires_phone": False, "updated_at": promotion["updated_at"]}
    (await boss.ask("PATCH", PROMOTION, wish)).ok()
    await (await house.mitra("Sari")).comes()
    await ayu.taps("home_start_button")
    await expect(ayu.see("payment_tier_5").locator("s")).to_contain_text("Rp\u00a010.000")
    await ayu.sees("payment_tier_5", "Gratis")
    await ayu.sees("payment_total", "Gratis")
    await ayu.sees("payment_pay_button", "Mulai")
    await ayu.taps("payment_tier_12")
    await ayu.sees("payment_total", "Rp\u00a025.000")
    await ayu.sees("payment_pay_button", "Bayar")
    await ayu.taps("payment_tier_5")
    await ayu.taps("payment_pay_button")
    await ayu.sees("search_screen")
    [payment] = (await ayu.api.get("/api/client/payment-sessions"))["rows"]
    assert (payment["amount"], payment["is_free_trial"], payment["status"]) == (0, True, "confirmed")
    await ayu.taps("search_cancel_button")
    await ayu.sees("search_cancel_dialog", "Kamu bisa mulai lagi kapan saja.")
    await ayu.taps("search_cancel_sure_button")
    await ayu.sees("home_screen")
    after = await boss.get(PROMOTION)
    off = {"is_active": False, "updated_at": after["updated_at"]}
    (await boss.ask("PATCH", PROMOTION, off)).ok()


async def test_back_cancels_and_a_reload_does_not(people: People) -> None:
    """A payment that was begun outlives a reload, and is cancelled by going back in any way."""
    await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    async with without(ayu, "**/confirm"):
        await ayu.pays(12)
        await ayu.sees("payment_waiting_screen", "Rp\u00a025.000")
    await ayu.reloads()
    await ayu.sees("payment_countdown")
    assert await statuses(people, ayu) == ["pending"]
    await ayu.taps("back_button")
    await ayu.sees("home_screen")
    await ayu.sees("toast", "Pembayaran dibatalkan")
    assert await statuses(people, ayu) == ["abandoned"]
    async with without(ayu, "**/confirm"):
        await ayu.pays(5)
        await ayu.sees("payment_waiting_screen")
        await ayu.page.go_back()
    await ayu.sees("home_screen")
    await expect(ayu.see("home_payment_notice")).to_have_count(0)
    assert await statuses(people, ayu) == ["abandoned", "abandoned"]


async def test_paid_for_in_another_tab(people: People) -> None:
    """Whatever begins in one tab is found by the other, which loses nothing when both look."""
    sari = await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    other = await ayu.second_tab()
    await other.sees("home_start_button")
    await ayu.pays(5)
    await ayu.sees("search_screen")
    await other.sees("search_screen")
    await sari.accepts(await searched(ayu))
    for tab in (ayu, other):
        await tab.enters()
        await tab.sees("chat_peer_name", "Sari")


# ---------------------------------------------------------------------- nobody


async def test_an_answer_that_comes_too_late(people: People) -> None:
    """What an old answer says of a payment that is over does not hide the one that was paid since."""
    ayu = await people.customer("Ayu")
    assert await ayu.page.evaluate(OLD_ANSWER) == "new"
    assert await ayu.page.evaluate(GIVEN_UP) == [True, False], "money that was given up is none"


async def test_nobody_was_found(people: People) -> None:
    """A search that nobody answers ends in plain words, a second try for the same money, and help."""
    sari = await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.pays(5)
    await ayu.sees("search_elapsed", re.compile(r"Sudah mencari 0:0\d"))
    await ayu.sees("failed_screen", "Maaf, kami tidak bisa menemukan bestie...")
    await ayu.sees("failed_money", "Coba lagi tanpa bayar ulang")
    await ayu.sees("support_handles", "bantu@halobestie.example")
    await ayu.taps("failed_retry_button")
    await ayu.sees("search_screen")
    (await sari.decline(await searched(ayu))).ok()
    await ayu.sees("failed_reason", "sedang tidak bisa")
    await ayu.reloads()
    await ayu.sees("failed_screen")
    await ayu.taps("failed_home_button")
    await ayu.sees("home_reuse_notice")
    await ayu.taps("home_reuse_button")
    await ayu.sees("failed_screen")
    await ayu.taps("failed_home_button")
    await ayu.taps("home_start_button")
    await ayu.sees("spare_notice", "Rp\u00a010.000")
    await ayu.taps("payment_pay_button")
    await ayu.sees("spare_dialog", "akan dikembalikan oleh tim kami")
    await ayu.taps("spare_dialog_close_button")
    await ayu.taps("spare_use_button")
    await ayu.taps("search_cancel_button")
    await ayu.sees("search_cancel_dialog", "Rp\u00a010.000")
    await ayu.taps("search_cancel_sure_button")
    await ayu.sees("home_screen")
    await ayu.misses("home_reuse_notice")
    await ayu.sees("home_owed_notice", "Rp\u00a010.000 akan dikembalikan")
    await ayu.taps("home_owed_ok_button")
    await ayu.misses("home_owed_notice")
    async with ayu.page.expect_response("**/api/client/payment-sessions?*"):
        await ayu.reloads()
    await ayu.sees("home_screen")
    await ayu.misses("home_owed_notice")
    await ayu.page.evaluate("location.hash = '#/payments'")
    await ayu.sees("payment_fate", "Akan dikembalikan")
    await ayu.reads("Kamu membatalkannya.")


async def test_an_operator_was_faster(people: People) -> None:
    """Money that an operator deals with cannot be used again, and the screen that offered it says so."""
    await (await people.house.mitra("Sari")).comes()
    boss, ayu = await people.house.operator(), await people.customer("Ayu")
    await ayu.pays(5)
    await ayu.sees("failed_retry_button")
    [payment] = (await ayu.api.get("/api/client/payment-sessions"))["rows"]
    [row] = await boss.failures(payment)
    (await boss.act(row, "refunded")).ok()
    await ayu.sees("failed_money", "sudah kami kembalikan")
    await ayu.misses("failed_retry_button")
    await ayu.taps("failed_home_button")
    await ayu.sees("home_screen")


# ---------------------------------------------------------------------- looking back


async def test_read_again(people: People) -> None:
    """A chat that is over can be read again, and written to no more."""
    ayu = await people.customer("Ayu")
    sari = await (await people.house.mitra("Sari")).comes()
    session = await sari.accepts(await ayu.api.searches(await ayu.api.pays(5)))
    said = {"client_message_id": session["id"], "text": "Terima kasih sudah mendengarkan."}
    (await ayu.api.ask("POST", f"/api/shared/chat/{session['id']}/messages", said)).ok(201)
    url = f"/api/client/chat/sessions/{session['id']}/end"
    (await ayu.api.ask("POST", url, {"closing_message": "Sampai jumpa!"})).ok()
    await ayu.taps("nav_history_link")
    await ayu.sees("history_row", "Sampai jumpa!")
    await ayu.taps("history_read_link")
    await ayu.hears("Terima kasih sudah mendengarkan.")
    await expect(ayu.see("chat_input")).to_have_count(0)
    await ayu.taps("back_button")
    await ayu.sees("history_screen")


# ---------------------------------------------------------------------- by keys, in English


async def test_by_keys_alone(people: People) -> None:
    """From the first screen to the end of a chat without a pointer, the focus always somewhere sensible."""
    sari = await (await people.house.mitra("Sari")).comes()
    ayu = await stranger(people)
    keys = ayu.page.keyboard

    async def reaches(testid: str) -> None:
        await ayu.sees(testid)
        for _ in range(25):
            here = await ayu.page.evaluate("document.activeElement?.dataset.testid ?? ''")
            if here == testid:
                return
            await keys.press("Tab")
        raise AssertionError(f"{testid} was not reached")

    await reaches("start_name_input")
    await keys.type("Ayu")
    await keys.press("Enter")
    await expect(ayu.see("home_start_button")).to_be_enabled()
    await reaches("home_start_button")
    await keys.press("Enter")
    await ayu.sees("payment_tier_5")
    while not await ayu.page.evaluate("document.activeElement?.type === 'radio'"):
        await keys.press("Tab")
    await keys.press("ArrowDown")
    await ayu.sees("payment_total", "Rp\u00a025.000")
    await reaches("payment_pay_button")
    await keys.press("Space")
    await ayu.sees("search_screen")
    offers = await sari.offers()
    session = await sari.accepts(max(offers, key=lambda offer: offer["deadline_at"]))
    await reaches("found_go_button")
    await keys.press("Enter")
    await reaches("chat_input")
    await keys.type("Halo")
    await keys.press("Enter")
    await ayu.marked("Halo", "sent")
    await reaches("chat_end_button")
    await keys.press("Enter")
    await reaches("end_sure_yes_button")
    await keys.press("Escape")
    await ayu.misses("end_sure_dialog")
    await expect(ayu.see("chat_end_button")).to_be_focused()
    await keys.press("Enter")
    await reaches("end_sure_yes_button")
    await keys.press("Enter")
    await reaches("end_really_yes_button")
    await keys.press("Enter")
    await reaches("goodbye_skip_button")
    await keys.press("Enter")
    await ayu.sees("home_screen")
    ended = await people.house.value("SELECT end_reason FROM chat_sessions WHERE id = %s", session["id"])
    assert ended == "customer_ended"


async def test_in_english(people: People) -> None:
    """``?lang=en`` and the account's choice turn every word at once, and are remembered."""
    ayu = await stranger(people, "/app/?lang=en")
    await ayu.sees("start_anonymous_button", "Start without an account")
    await expect(ayu.page.locator("html")).to_have_attribute("lang", "en")
    await ayu.taps("start_anonymous_button")
    await ayu.sees("home_start_button", "Start talking")
    await ayu.sees("home_availability", re.compile("bestie"))
    await ayu.taps("nav_settings_link")
    await ayu.see("language_select").select_option("id")
    await ayu.reads("Nama panggilan")
    await ayu.see("theme_select").select_option("dark")
    await expect(ayu.page.locator("html")).to_have_attribute("data-theme", "dark")
    await ayu.opens()
    await ayu.sees("home_start_button", "Mulai Curhat")
    await expect(ayu.page.locator("html")).to_have_attribute("data-theme", "dark")
