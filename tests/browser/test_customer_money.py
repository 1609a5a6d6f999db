"""The customer before a hosted page: opened, held back by the browser, left, found again; for more time."""

import re

import pytest
from playwright.async_api import Page, expect

from support.money import bill_of
from support.people import Mitra
from support.screens import CustomerPage, People

pytestmark = pytest.mark.anyio

XENDIT = True
SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "support_handles_json": {"email": "bantu@halobestie.example"},
}
NO_WINDOWS = "() => { window.opens = window.open; window.open = () => null; }"
WINDOWS_AGAIN = "() => { window.open = window.opens; }"
STATUSES = "SELECT status FROM payment_sessions WHERE customer_id = %s ORDER BY created_at"
RUN_OUT = """
UPDATE payment_sessions SET expires_at = now(), wake_at = now()
WHERE customer_id = %s AND status = 'pending' RETURNING id"""


async def pays_there(hosted: Page) -> None:
    """Press the button on the hosted page."""
    await hosted.get_by_role("button", name="Bayar sekarang").click()
    await expect(hosted).to_have_url(re.compile("success"))


async def statuses(people: People, page: CustomerPage) -> list[str]:
    """How somebody's payments stand, in the order of their beginning."""
    return [row["status"] for row in await people.house.rows(STATUSES, page.api.id)]


async def meet(ayu: CustomerPage, sari: Mitra) -> None:
    """From a search to the chat."""
    await ayu.sees("search_elapsed", "Sudah mencari")
    await sari.accepts((await ayu.api.active())["pairing_request"])
    await ayu.enters()


async def test_a_window_held_back(people: People) -> None:
    """A browser that opens no window by itself: the page says so, and a tap on the link opens it."""
    await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.page.evaluate(NO_WINDOWS)
    await ayu.pays(5)
    await ayu.sees("payment_blocked_notice")
    hosted = await ayu.other_tab(after="payment_open_button")
    await ayu.misses("payment_blocked_notice")
    await pays_there(hosted)
    await ayu.sees("search_screen")


async def test_back_from_a_page_that_never_opened(people: People) -> None:
    """Held back and never opened, going back cancels, by the browser's own back as well."""
    await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.page.evaluate(NO_WINDOWS)
    await ayu.pays(5)
    await ayu.sees("payment_blocked_notice")
    await ayu.page.go_back()
    await ayu.sees("home_screen")
    await ayu.sees("toast", "Pembayaran dibatalkan")
    assert await statuses(people, ayu) == ["abandoned"]


async def test_left_reloaded_and_paid(people: People) -> None:
    """A page that was opened is not cancelled by going back; it is found again, and paid."""
    await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.chooses(12)
    hosted = await ayu.other_tab(after="payment_pay_button")
    await ayu.sees("payment_open_button", "Buka ulang halaman pembayaran")
    await ayu.taps("back_button")
    await ayu.sees("home_payment_notice", "Rp\u00a025.000")
    await ayu.reloads()
    await ayu.sees("payment_waiting_screen")
    await ayu.taps("back_button")
    await ayu.taps("home_payment_button")
    await ayu.sees("payment_waiting_screen")
    for _ in range(2):
        await ayu.misses("support_handles")
        await ayu.taps("payment_check_button")
        await ayu.reads("Belum masuk.")
    await ayu.sees("support_handles", "bantu@halobestie.example")
    await pays_there(hosted)
    await ayu.sees("search_screen")
    assert await statuses(people, ayu) == ["confirmed"]


async def test_left_and_paid(people: People) -> None:
    """Whoever goes home from an opened page and then pays there is searched for, without another tap."""
    await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.chooses(12)
    hosted = await ayu.other_tab(after="payment_pay_button")
    await ayu.taps("back_button")
    await ayu.sees("home_payment_notice")
    await pays_there(hosted)
    await ayu.sees("search_elapsed", "Sudah mencari")


async def test_dearer_than_shown(people: People) -> None:
    """A price that rose after it was shown is told, and no page opens, until the customer wants it so."""
    await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.chooses(12)
    await ayu.sees("payment_total", "Rp\u00a025.000")
    operator = await people.house.operator()
    tiers = (await operator.get("/internal/pricing/tiers"))["rows"]
    [tier] = [one for one in tiers if (one["mode"], one["minutes"]) == ("chat", 12)]
    path = f"/internal/pricing/tiers/{tier['id']}"
    body = {"price": 30_000, "updated_at": tier["updated_at"]}
    risen = (await operator.ask("PATCH", path, body)).ok()
    try:
        await ayu.taps("payment_pay_button")
        await ayu.sees("payment_dearer_notice", "Rp\u00a030.000")
        await ayu.sees("payment_open_button", "Buka halaman pembayaran")
        assert len(ayu.context.pages) == 1
        await ayu.taps("back_button")
        await ayu.sees("toast", "Pembayaran dibatalkan")
        assert await statuses(people, ayu) == ["abandoned"]
    finally:
        (await operator.ask("PATCH", path, {"price": 25_000, "updated_at": risen["updated_at"]})).ok()


async def test_too_late(people: People) -> None:
    """A payment that ran out promises nothing; money that comes after all is owed back, and home says so."""
    assert people.xendit is not None
    await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.chooses(5)
    await (await ayu.other_tab(after="payment_pay_button")).close()
    await ayu.sees("payment_waiting_screen")
    await people.house.rows(RUN_OUT, ayu.api.id)
    await ayu.sees("payment_expired_screen", "Kalau ternyata sudah terbayar")
    await ayu.sees("support_handles")
    await ayu.taps("expired_again_button")
    await ayu.sees("payment_total")
    await ayu.goes("payments")
    await ayu.sees("payment_row", "Kalau ternyata sudah terbayar")
    await expect(ayu.see("payment_fate")).to_have_text("Kedaluwarsa")
    await ayu.goes("")
    await ayu.sees("home_screen")
    [payment] = (await ayu.api.get("/api/client/payment-sessions"))["rows"]
    people.xendit.fake.pay(bill_of(people.xendit, payment).id, late=True)
    await ayu.sees("home_owed_notice", "Rp\u00a010.000 akan dikembalikan")
    await ayu.sees("home_owed_notice", "Uangnya datang terlambat.")


async def test_more_time_over_a_reload(people: People) -> None:
    """Paying for more time outlives a reload: the sheet is there again, the rest goes by itself."""
    sari = await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.chooses(5)
    first = await ayu.other_tab(after="payment_pay_button")
    await pays_there(first)
    await meet(ayu, sari)
    await ayu.taps("chat_extend_button")
    await ayu.taps("extend_tier_12")
    hosted = await ayu.other_tab(after="extend_pay_button")
    await ayu.sees("extend_dialog", "Menunggu pembayaran")
    await ayu.reloads()
    await ayu.sees("extend_dialog", "Menunggu pembayaran")
    await ayu.taps("extend_dialog_close_button")
    await ayu.sees("extend_pending_notice")
    await pays_there(hosted)
    await ayu.sees("chat_paused_overlay", "Menunggu jawaban Sari")
    [extension] = await sari.extensions()
    (await sari.respond(extension, accepted=True)).ok()
    await ayu.sees("toast", "Ditambah 12 menit")
    await ayu.misses("chat_paused_overlay")
    assert await statuses(people, ayu) == ["consumed", "consumed"]


async def test_no_more_time(people: People) -> None:
    """Backing out before the page opened cancels; a refusal tells what becomes of the money."""
    sari = await (await people.house.mitra("Sari")).comes()
    ayu = await people.customer("Ayu")
    await ayu.chooses(5)
    await pays_there(await ayu.other_tab(after="payment_pay_button"))
    await meet(ayu, sari)
    await ayu.page.evaluate(NO_WINDOWS)
    await ayu.asks_more(5)
    await ayu.sees("payment_blocked_notice")
    await ayu.taps("extend_dialog_close_button")
    await ayu.sees("toast", "Pembayaran dibatalkan")
    await ayu.page.evaluate(WINDOWS_AGAIN)
    await ayu.taps("chat_extend_button")
    await pays_there(await ayu.other_tab(after="extend_pay_button"))
    await ayu.sees("chat_paused_overlay")
    [extension] = await sari.extensions()
    (await sari.respond(extension, accepted=False)).ok()
    await ayu.sees("extend_refused_notice", "Uangmu akan dikembalikan")
    await ayu.says("Tidak apa-apa, kak.")
    await ayu.marked("Tidak apa-apa", "sent")
    assert await statuses(people, ayu) == ["consumed", "abandoned", "failed_pairing"]
