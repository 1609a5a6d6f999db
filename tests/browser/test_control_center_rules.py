"""The control center's settings and prices: changed, in force, and lost to each other, as operators do it."""

from typing import Any

import pytest
from playwright.async_api import Request, expect

from support.control import email_of, row, says
from support.people import Customer
from support.screens import OperatorPage, People

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

BLAST = "pairing_blast_timeout_seconds"
THRESHOLD = "mitra_stale_after_seconds"


async def setting(people: People, key: str) -> Any:  # noqa: ANN401  of whatever type it is
    """What is in force."""
    operator = await people.house.operator()
    rows = (await operator.get("/internal/config"))["rows"]
    return next(one["value"] for one in rows if one["key"] == key)


# ------------------------------------------------------------------------------------------------- settings


async def test_a_setting_is_changed_and_in_force(people: People) -> None:
    """What is typed waits for whoever looks elsewhere; only that is sent, in force, and in the history."""
    page = await people.operator()
    await page.goes("settings")
    before = await page.see(f"settings_{BLAST}_input").input_value()
    await page.writes(f"settings_{BLAST}_input", "77")
    await page.taps("nav_sessions_link")
    await expect(row(page, "toast", "kembali ke Pengaturan")).to_be_visible()
    await page.goes("settings")
    await expect(page.see(f"settings_{BLAST}_input")).to_have_value("77")
    async with page.page.expect_request(is_change) as sent:
        await page.taps("settings_searching_save_button")
    assert list((await sent.value).post_data_json or ()) == [BLAST]
    await expect(row(page, "toast", "Tersimpan dan sudah berlaku")).to_be_visible()
    ayu = await people.house.customer()
    await (await people.house.mitra()).comes()
    assert (await ayu.searches())["timeout_seconds"] == 77
    await page.taps("settings_history")
    change = page.see("settings_history_table").locator("tbody tr").first
    await says(change, page.email)
    await says(change, "77")
    await people.house.settings(**{BLAST: int(before)})


def is_change(request: Request) -> bool:
    """Whether it changes settings."""
    return request.method == "PATCH" and request.url.endswith("/internal/config")


@pytest.mark.parametrize("choice, after", [("yours", 88), ("theirs", 66)])
async def test_a_lost_lock_shows_both_values(people: People, choice: str, after: int) -> None:
    """Who saves second sees what is stored, by whom, beside what they wanted, and chooses."""
    async with people.house.having(**{BLAST: 60, "closure_grace_seconds": 60}):
        page, other = await people.operator(), await people.house.operator()
        await page.goes("settings")
        await page.writes(f"settings_{BLAST}_input", "88")
        (await other.change(**{BLAST: 66})).ok()
        await page.taps("settings_searching_save_button")
        await page.sees(f"settings_conflict_{BLAST}_theirs", "66")
        await page.sees(f"settings_conflict_{BLAST}_yours", "88")
        await says(page.see("settings_conflict"), await email_of(people, other))
        await page.see(f"settings_conflict_{BLAST}_{choice}_radio").check()
        await page.taps("settings_conflict_save_button")
        await page.sees("toast")
        await expect(page.see(f"settings_{BLAST}_input")).to_have_value(str(after))
        assert await setting(people, BLAST) == after


async def test_saving_one_group_hides_no_lost_lock_of_another(people: People) -> None:
    """Saving brings newer values for all; what was typed over an older one still shows both."""
    async with people.house.having(**{BLAST: 60, "closure_grace_seconds": 60}):
        page, other = await people.operator(), await people.house.operator()
        await page.goes("settings")
        await page.writes(f"settings_{BLAST}_input", "88")
        (await other.change(**{BLAST: 66})).ok()
        await page.writes("settings_closure_grace_seconds_input", "61")
        await page.taps("settings_chatting_save_button")
        await page.sees("toast")
        await page.taps("settings_searching_save_button")
        await page.sees(f"settings_conflict_{BLAST}_theirs", "66")
        assert await setting(people, BLAST) == 66


async def test_the_cadence_is_the_least_threshold(people: People) -> None:
    """The cadence is shown and cannot be typed over; a threshold below it is refused, and not sent."""
    page = await people.operator()
    await page.goes("settings")
    cadence = page.see("settings_heartbeat_cadence_seconds_input")
    await expect(cadence).to_have_value("30 detik")
    await expect(cadence).not_to_be_editable()
    await says(page.see(f"settings_{THRESHOLD}"), "Batas: 30 sampai 86400.")
    field = page.see(f"settings_{THRESHOLD}_input")
    await field.fill("29")
    await page.reads("Ambang offline tidak boleh di bawah irama tanda hidup: paling sedikit 30 detik.")
    await page.taps("settings_mitras_save_button")
    await expect(field).to_be_focused()
    assert page.watch.count("PATCH /internal/config") == 0
    await field.fill("45")
    await page.reads("Di bawah dua kali irama (60 detik)")
    await page.taps("settings_mitras_undo_button")
    await expect(field).to_have_value("3600")


async def test_support_handles_are_a_form(people: People) -> None:
    """What operators write there is what customers see; what they leave empty is not there."""
    page = await people.operator()
    await page.goes("settings")
    await page.writes("settings_support_handles_json_whatsapp_input", "+6281234567890")
    await page.writes("settings_support_handles_json_email_input", " bantuan@halobestie.example ")
    await page.taps("settings_support_save_button")
    await page.sees("toast")
    answer = await people.house.ask("GET", f"{people.house.first.public}/api/shared/support")
    assert answer.ok()["handles"] == {"whatsapp": "+6281234567890", "email": "bantuan@halobestie.example"}


# -------------------------------------------------------------------------------------------------- pricing


async def test_prices_are_added_edited_taken_away_and_brought_back(people: People) -> None:
    """A tier's whole life, each step of it on sale at once and in the history."""
    page = await people.operator()
    ayu = await people.house.customer()
    await page.goes("pricing")
    await adds(page, "12", "1")
    await page.sees("tier_add_problem", "12 menit sudah dijual")
    await page.taps("tier_add_cancel_button")
    await adds(page, "33", "33.000")
    tier = row(page, "tier_row", "33 menit")
    await says(tier, "33.000")
    assert await price_of(ayu, 33) == 33_000
    await tier.get_by_test_id("tier_edit_button").click()
    await expect(page.see("tier_minutes_fixed")).not_to_be_editable()
    await page.writes("tier_price_input", "35000")
    await page.taps("tier_edit_submit_button")
    await says(tier, "35.000")
    await tier.get_by_test_id("tier_remove_button").click()
    await page.taps("tier_remove_submit_button")
    await expect(tier).to_have_count(0)
    assert await price_of(ayu, 33) is None
    await adds(page, "33", "1000")
    await page.sees("tier_add_problem", "pernah dijual")
    await page.taps("tier_add_reactivate_button")
    await says(tier, "35.000")
    assert await price_of(ayu, 33) == 35_000
    await page.taps("pricing_history")
    changes = page.see("pricing_history_table").locator("tbody tr").filter(has_text="33 menit")
    for place, kind in enumerate(("Diaktifkan lagi", "Dinonaktifkan", "Diubah", "Dibuat")):
        await says(changes.nth(place), kind)
        await says(changes.nth(place), page.email)


async def adds(page: OperatorPage, minutes: str, price: str) -> None:
    """Fill in what is to be sold, and send it."""
    await page.taps("tier_add_button")
    await page.writes("tier_minutes_input", minutes)
    await page.writes("tier_price_input", price)
    await page.taps("tier_add_submit_button")


async def price_of(customer: Customer, minutes: int) -> int | None:
    """What so many minutes cost a customer now."""
    tiers = (await customer.get("/api/client/chat/pricing?mode=chat"))["tiers"]
    return next((one["price"] for one in tiers if one["minutes"] == minutes), None)


async def order_of(customer: Customer) -> list[int]:
    """The minutes, as a customer is shown them."""
    return [one["minutes"] for one in (await customer.get("/api/client/chat/pricing?mode=chat"))["tiers"]]


async def test_tiers_are_put_in_order(people: People) -> None:
    """By buttons or by keys; customers see the order once it is saved, and not before."""
    page, ayu = await people.operator(), await people.house.customer()
    await page.goes("pricing")
    before = await order_of(ayu)
    first = page.see("tier_row").first
    await first.get_by_test_id("tier_down_button").click()
    moved = row(page, "tier_row", f"{before[0]} menit")
    await expect(moved.get_by_test_id("tier_down_button")).to_be_focused()
    await says(page.see("tier_moved"), f"{before[0]} menit: urutan 2")
    await page.page.keyboard.press("Alt+ArrowDown")
    await says(page.see("tier_moved"), f"{before[0]} menit: urutan 3")
    assert await order_of(ayu) == before
    await page.taps("tier_order_save_button")
    await page.misses("tier_order_save_button")
    assert await order_of(ayu) == [before[1], before[2], before[0], *before[3:]]


async def test_an_order_that_came_too_late_is_kept(people: People) -> None:
    """If a tier changed meanwhile nothing is saved, the wished order stays, and can be saved on top of it."""
    page, other = await people.operator(), await people.house.operator()
    ayu = await people.house.customer()
    await page.goes("pricing")
    await page.see("tier_row").first.get_by_test_id("tier_down_button").click()
    tiers = (await other.get("/internal/pricing/tiers"))["rows"]
    tier = next(one for one in tiers if one["is_active"])
    body = {"price": tier["price"] + 500, "updated_at": tier["updated_at"]}
    (await other.ask("PATCH", f"/internal/pricing/tiers/{tier['id']}", body)).ok()
    before = await order_of(ayu)
    await page.taps("tier_order_save_button")
    await page.sees("tier_order_stale")
    assert await order_of(ayu) == before
    await page.taps("tier_order_save_button")
    await page.misses("tier_order_stale")
    assert await order_of(ayu) == [before[1], before[0], *before[2:]]


async def test_a_price_that_somebody_changed_first(people: People) -> None:
    """Who saves second sees both prices, and theirs only counts when they say so."""
    page, other = await people.operator(), await people.house.operator()
    ayu = await people.house.customer()
    await page.goes("pricing")
    await row(page, "tier_row", "60 menit").get_by_test_id("tier_edit_button").click()
    await page.writes("tier_price_input", "90000")
    tiers = (await other.get("/internal/pricing/tiers"))["rows"]
    tier = next(one for one in tiers if one["minutes"] == 60)
    body = {"price": 95_000, "updated_at": tier["updated_at"]}
    (await other.ask("PATCH", f"/internal/pricing/tiers/{tier['id']}", body)).ok()
    await page.taps("tier_edit_submit_button")
    await page.sees("tier_conflict_price_theirs", "95.000")
    await page.sees("tier_conflict_price_yours", "90.000")
    assert await price_of(ayu, 60) == 95_000
    await page.see("tier_conflict_price_yours_radio").check()
    await page.taps("tier_conflict_save_button")
    await says(row(page, "tier_row", "60 menit"), "90.000")
    assert await price_of(ayu, 60) == 90_000


async def test_the_discount_is_one_form(people: People) -> None:
    """Nothing counts, or is lost, before it is saved as a whole; afterwards a new customer is offered it."""
    page, ayu = await people.operator(), await people.house.customer()
    path = "/api/client/chat/pricing?mode=chat"
    await page.goes("pricing")
    await page.see("promotion_active_switch").check()
    await page.see("promotion_phone_switch").uncheck()
    await page.writes("promotion_minutes_input", "12")
    await page.writes("promotion_price_input", "5.000")
    await page.writes("promotion_label_input", "Pertama lebih hemat")
    await page.goes("sessions")
    await page.goes("pricing")
    await expect(page.see("promotion_label_input")).to_have_value("Pertama lebih hemat")
    assert (await ayu.get(path))["first_session_discount"] is None
    await page.taps("promotion_save_button")
    await page.sees("promotion_state", "Sedang berlaku")
    assert (await ayu.get(path))["first_session_discount"] == {
        "minutes": 12,
        "price": 5_000,
        "label": "Pertama lebih hemat",
    }
    await page.see("promotion_active_switch").uncheck()
    await page.taps("promotion_save_button")
    await page.sees("promotion_state", "Tidak aktif")
    await page.taps("pricing_history")
    await says(page.see("pricing_history_table").locator("tbody tr").nth(1), "Pertama lebih hemat")
