"""Mulai Curhat is to be pressed while somebody is there to listen, and not while nobody can say."""

import pytest
from playwright.async_api import Route, expect

from support.browser import AVAILABILITY
from support.screens import CustomerPage, People
from support.waiting import eventually

pytestmark = pytest.mark.anyio

POLL = f"GET {AVAILABILITY}"
A_MINUTE = 60_000


async def asks_once_more(ayu: CustomerPage) -> None:
    """Wait until the app has asked again who is there."""
    before = ayu.watch.count(POLL)

    async def again() -> bool:
        return ayu.watch.count(POLL) > before

    await eventually(again, seconds=15)


async def test_the_button_follows_the_last_mitra(people: People) -> None:
    """It lights up with the first mitra who comes, and goes out with the last who leaves; so does Bayar."""
    ayu = await people.customer()
    start = ayu.see("home_start_button")
    ratih, wulan = await people.house.mitra("Ratih"), await people.house.mitra("Wulan")
    await ayu.sees("home_availability", "Belum ada bestie tersedia")
    await expect(start).to_be_disabled()
    await ratih.comes()
    await expect(start).to_be_enabled()
    await wulan.comes()
    await ayu.api.sees(2)
    await ratih.leaves()
    await ayu.api.sees(1)
    await asks_once_more(ayu)
    await asks_once_more(ayu)
    await expect(start).to_be_enabled()
    await ayu.chooses()
    await expect(ayu.see("payment_pay_button")).to_be_enabled()
    await wulan.leaves()
    await expect(ayu.see("payment_pay_button")).to_be_disabled()
    await ayu.sees("payment_note", "Belum ada bestie tersedia")
    await ayu.taps("back_button")
    await expect(start).to_be_disabled()
    await ayu.sees("home_availability", "Belum ada bestie tersedia")
    await expect(ayu.see("home_screen")).not_to_contain_text("2")


async def test_nobody_asks_for_a_page_that_is_hidden(people: People) -> None:
    """While somebody looks elsewhere nothing is asked, for however long; and at once when they look again."""
    ayu = await people.stranger(CustomerPage)
    await ayu.page.clock.install()
    await ayu.opens()
    await ayu.taps("start_anonymous_button")
    await ayu.sees("home_availability", "Belum ada bestie tersedia")
    async with ayu.hidden():
        await ayu.page.clock.run_for(A_MINUTE)
        before = ayu.watch.count(POLL)
        await ayu.page.clock.run_for(10 * A_MINUTE)
        assert ayu.watch.count(POLL) == before
        await (await people.house.mitra()).comes()
    await expect(ayu.see("home_start_button")).to_be_enabled()
    assert ayu.watch.count(POLL) > before


async def test_off_when_nobody_can_say(people: People) -> None:
    """Without an answer there is no promise: the button is off until one comes, and then on by itself."""
    await (await people.house.mitra()).comes()
    ayu = await people.customer()
    start = ayu.see("home_start_button")
    await expect(start).to_be_enabled()
    async with ayu.unreachable():
        await ayu.sees("home_availability", "Kami belum bisa mengecek bestie")
        await expect(start).to_be_disabled()
    await expect(start).to_be_enabled()

    async def unavailable(route: Route) -> None:
        await route.fulfill(status=503, headers={"Retry-After": "1"}, json={"code": "UNAVAILABLE"})

    await ayu.page.route(f"**{AVAILABILITY}", unavailable)
    await ayu.sees("home_availability", "Kami belum bisa mengecek bestie")
    await expect(start).to_be_disabled()
    await ayu.page.unroute(f"**{AVAILABILITY}")
    await expect(start).to_be_enabled()
