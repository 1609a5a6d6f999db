"""The control center's frame, dashboard and audit: signing in, figures that move, chains that hold."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from support.browser import PHONE
from support.people import PASSWORD, Json
from support.screens import OperatorPage, People

pytestmark = pytest.mark.anyio

EDGE = '[data-testid="audit_edge"][data-event="{}"]'


async def ended_chat(people: People) -> tuple[Json, Json]:
    """A payment that was used, and the chat that it paid for, which is over."""
    ayu, ratih = await people.house.customer("Ayu"), await people.house.mitra("Ratih")
    await ratih.comes()
    payment = await ayu.pays()
    session = await ratih.accepts(await ayu.searches(payment))
    (await ayu.end(session["id"])).ok()
    await ratih.leaves()
    return payment, session


async def signs_in(page: OperatorPage, email: str, password: str = PASSWORD) -> None:
    """Fill in the form and send it."""
    await page.writes("login_email_input", email)
    await page.writes("login_password_input", password)
    await page.taps("login_button")


async def figure(page: OperatorPage, testid: str, text: str) -> None:
    """Wait until a figure says exactly this."""
    await expect(page.see(testid)).to_have_text(text)


# ------------------------------------------------------------------------------------------------ the frame


async def test_signing_in_and_out(people: People) -> None:
    """A wrong password is said in words; a log-in survives a reload, and ends in every tab at once."""
    page = await (await people.stranger(OperatorPage)).opens()
    email = await people.house.employs()
    await signs_in(page, email, "not the password")
    await page.sees("login_problem", "tidak cocok")
    await expect(page.see("login_password_input")).to_have_value("")
    await expect(page.see("login_password_input")).to_be_focused()
    await signs_in(page, email)
    await page.sees("shell_who", email)
    await page.goes("audit")
    await page.reloads()
    await page.sees("shell_who", email)
    await page.sees("audit_page")
    other = await page.second_tab()
    await other.sees("shell_who", email)
    await page.taps("shell_sign_out_button")
    await page.sees("login_button")
    await other.sees("login_button")
    await page.reloads()
    await page.sees("login_button")


async def test_nothing_is_sent_unfilled(people: People) -> None:
    """An empty form asks to be filled in, and nothing is asked of the server."""
    page = await (await people.stranger(OperatorPage)).opens()
    await page.taps("login_button")
    await expect(page.see("login_email_input")).to_be_focused()
    await page.reads("Isi dulu, ya.")
    assert page.watch.count("POST /internal/auth/login") == 0


async def test_by_keyboard_alone(people: People) -> None:
    """Without a mouse: sign in, go to the audit, reach an edge, pin it, and come back to the content."""
    page = await (await people.stranger(OperatorPage)).opens()
    keys = page.page.keyboard
    await expect(page.see("login_email_input")).to_be_focused()
    await keys.type(await people.house.employs())
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await page.settles()
    await page.see("nav_audit_link").focus()
    await keys.press("Enter")
    await expect(page.page.locator("main h1")).to_be_focused()
    await page.settles()
    edge = page.page.locator(EDGE.format("payment_confirmed"))
    for _ in range(40):
        await keys.press("Tab")
        if await edge.evaluate("(one) => one === document.activeElement"):
            break
    await expect(edge).to_be_focused()
    await page.sees("audit_edge_details", "in time")
    await keys.press("Enter")
    await expect(edge).to_have_attribute("aria-pressed", "true")
    await keys.press("Tab")
    await keys.press("Shift+Tab")
    await page.sees("audit_edge_rows", "confirm")


async def test_on_a_phone_the_pages_are_in_a_menu(people: People) -> None:
    """The menu leads to another page and closes by itself; nothing is wider than the phone."""
    page = await people.operator()
    await page.page.set_viewport_size(PHONE)
    await page.settles()
    await page.misses("nav_audit_link")
    await page.taps("shell_menu_button")
    await page.taps("nav_audit_link")
    await page.sees("audit_page")
    await page.misses("nav_audit_link")
    await page.settles()
    assert await page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_in_english(people: People) -> None:
    """Every word of the frame, the dashboard and the audit is English for who asks for that."""
    page = await people.operator()
    await page.opens("/?lang=en")
    await page.settles()
    await expect(page.page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.page.locator("main h1")).to_have_text("Dashboard")
    await page.sees("dashboard_online", "Besties online")
    await page.taps("nav_audit_link")
    await page.reads("Every move is recorded, chained, and can be decided anew.")
    await page.see("language_select").select_option("id")
    await page.reads("Setiap langkah dicatat, dirantai, dan bisa dihitung ulang.")


# -------------------------------------------------------------------------------------------- the dashboard


async def test_the_dashboard_moves(people: People) -> None:
    """Figures follow a mitra, a search, a chat and failed money by themselves, without a poll."""
    page = await people.operator()
    await page.settles()
    await page.sees("shell_connection", "Langsung")
    ayu, ratih = await people.house.customer("Ayu"), await people.house.mitra("Ratih")
    await figure(page, "dashboard_online_figure", "0")
    await ratih.comes()
    await figure(page, "dashboard_online_figure", "1")
    before = int(await page.see("dashboard_payments_figure").inner_text())
    request = await ayu.searches()
    await figure(page, "dashboard_searches_figure", "1")
    await figure(page, "dashboard_payments_figure", str(before + 1))
    session = await ratih.accepts(request)
    await figure(page, "dashboard_searches_figure", "0")
    await figure(page, "dashboard_chats_figure", "1")
    (await ayu.end(session["id"])).ok()
    await figure(page, "dashboard_chats_figure", "0")
    waiting = int(await page.see("dashboard_waiting_figure").inner_text())
    payment = await ayu.pays()
    (await ayu.give_up(payment)).ok()
    await figure(page, "dashboard_waiting_figure", str(waiting + 1))
    await page.sees("dashboard_causes", "Dibatalkan pelanggan")
    await page.taps("dashboard_window_week")
    await page.sees("dashboard_causes", "Dibatalkan pelanggan")
    assert page.watch.count("GET /internal/dashboard") == page.watch.count("GET /internal/dashboard/stream")


async def test_charts_are_readable_without_eyes(people: People) -> None:
    """A chart says in words what it shows, and has its figures as a table."""
    await ended_chat(people)
    page = await people.operator()
    await page.settles()
    chart = page.see("dashboard_pairing").get_by_role("img")
    await expect(chart).to_have_attribute(
        "aria-label", re.compile(r"Pairing dalam satu jam terakhir: \d+ diterima, \d+ gagal\.")
    )
    await page.see("dashboard_pairing").locator("summary").click()
    await expect(page.see("dashboard_pairing").get_by_role("table")).to_contain_text("Diterima")


async def test_old_figures_say_so(people: People) -> None:
    """Whoever is cut off sees how old the figures are, and the newest as soon as the line is back."""
    page = await people.operator()
    await page.settles()
    ratih = await people.house.mitra("Ratih")
    async with page.offline():
        await page.sees("dashboard_old", "Angka terakhir pukul")
        await ratih.comes()
    await page.misses("dashboard_old")
    await figure(page, "dashboard_online_figure", "1")


async def test_polls_where_no_stream_can_be(people: People) -> None:
    """Figures come by polling from a server that gives no stream, and the page says that it is so."""
    page = await people.stranger(OperatorPage)
    await page.page.route("**/internal/dashboard/stream", lambda route: route.fulfill(status=429))
    await page.opens()
    await signs_in(page, await people.house.employs())
    await page.sees("shell_connection", "Tiap beberapa detik")
    ratih = await people.house.mitra("Ratih")
    await ratih.comes()
    await figure(page, "dashboard_online_figure", "1")


async def test_a_hidden_page_holds_no_stream(people: People) -> None:
    """Nobody looks: the stream is let go; somebody looks again: there is another, at once."""
    page = await people.operator()
    await page.sees("shell_connection", "Langsung")
    streams = page.watch.count("GET /internal/dashboard/stream")
    ratih = await people.house.mitra("Ratih")
    async with page.hidden():
        await ratih.comes()
        assert page.watch.count("GET /internal/dashboard/stream") == streams
    await figure(page, "dashboard_online_figure", "1")
    assert page.watch.count("GET /internal/dashboard/stream") == streams + 1


# ------------------------------------------------------------------------------------------------ the audit


async def test_a_timeline_with_a_chain_that_holds(people: People) -> None:
    """An id of unknown kind leads to its moves with the verdict, and from there to all that belongs to it."""
    payment, session = await ended_chat(people)
    page = await people.operator()
    await page.goes("audit")
    await page.writes("audit_search_input", f"id: {payment['id'].upper()} ")
    await page.taps("audit_search_button")
    await page.sees("audit_verdict", "Rantai utuh")
    moves = page.see("audit_move")
    await expect(moves).to_have_count(4)
    for place, said in enumerate(
        ("payment_created", "payment_confirmed", "payment_held", "payment_consumed")
    ):
        await expect(moves.nth(place)).to_contain_text(said)
    await expect(moves.first).to_contain_text("WIB")
    await expect(moves.first).to_contain_text("Ayu")
    await expect(page.page.locator("[data-chained='false']")).to_have_count(0)
    await page.taps("audit_related_chat")
    await page.sees("audit_verdict", "Rantai utuh")
    await expect(page.page.locator("main h1")).to_contain_text(session["id"][-8:])
    await page.see("audit_move").first.locator("summary").click()
    await page.page.locator(f"a[href='#/audit/payment/{payment['id']}']").first.click()
    await expect(page.see("audit_move")).to_have_count(4)


async def test_what_is_not_there(people: People) -> None:
    """An id of nothing, and what is no id, are answered in words."""
    page = await people.operator()
    await page.goes("audit")
    await page.writes("audit_search_input", "yang kemarin")
    await page.taps("audit_search_button")
    await page.reads("Itu belum seperti ID.")
    await page.writes("audit_search_input", "01937000-0000-7000-8000-000000000000")
    await page.taps("audit_search_button")
    await page.reads("Tidak ada catatan dengan ID itu.")
    await page.goes("audit/payment/01937000-0000-7000-8000-000000000000")
    await page.reads("Tidak ada Pembayaran dengan ID ini.")


@asynccontextmanager
async def forged(people: People, id_: str) -> AsyncIterator[None]:
    """Somebody with every right on the database has changed who paid, for a while."""
    sql = people.house.rows
    actor = await people.house.value(
        "SELECT actor_id FROM transitions WHERE aggregate_id = %s AND version = 1", id_
    )
    change = (
        "UPDATE transitions SET actor_id = coalesce(%s::uuid, gen_random_uuid())"
        " WHERE aggregate_id = %s AND version = 1"
    )
    await sql("SET session_replication_role = replica")
    await sql(change, None, id_)
    try:
        yield
    finally:
        await sql(change, actor, id_)
        await sql("RESET session_replication_role")


async def test_a_broken_chain_is_shown(people: People) -> None:
    """A row that somebody forged past the program is told of, by name, while one looks."""
    payment, _ = await ended_chat(people)
    page = await people.operator()
    await page.goes(f"audit/payment/{payment['id']}")
    await page.sees("audit_verdict", "Rantai utuh")
    async with forged(people, payment["id"]):
        await page.sees("audit_verdict", "Rantai rusak")
        await page.sees("audit_first_difference", re.compile("actor"))
    await page.sees("audit_verdict", "Rantai utuh")


async def test_edges_count_as_it_happens(people: People) -> None:
    """Counts on the edges move with a payment; an edge tells its rows, guards and cause."""
    await ended_chat(people)
    page = await people.operator()
    await page.goes("audit")
    edge = page.page.locator(EDGE.format("payment_consumed"))
    before = int(await edge.get_attribute("data-count") or 0)
    assert before > 0
    await ended_chat(people)
    await expect(edge).to_have_attribute("data-count", str(before + 1))
    await edge.hover()
    await page.sees("audit_edge_rows", "consume")
    await page.sees("audit_edge_rows", "held")
    await page.taps("audit_machine_pairing")
    await page.page.locator(EDGE.format("pairing_failed")).first.hover()
    await page.sees("audit_edge_details", re.compile("bestie", re.IGNORECASE))
    for machine in ("chat", "extension", "presence"):
        await page.taps(f"audit_machine_{machine}")
        await page.sees(f"audit_diagram_{machine}")
    await page.page.locator("main details summary").last.click()
    await expect(page.see("audit_rows")).to_contain_text("went_online")


async def test_labels_cover_no_other(people: People) -> None:
    """In no machine's picture does a state or a label lie over another."""
    page = await people.operator()
    for machine in ("payment", "pairing", "chat", "extension", "presence"):
        await page.goes(f"audit?machine={machine}")
        await page.sees(f"audit_diagram_{machine}")
        overlaps = await page.page.evaluate(
            """() => {
              const places = ".cc-state > rect:first-of-type, .cc-edge > rect";
              const boxes = [...document.querySelectorAll(places)].map((one) => one.getBBox());
              const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width
                && a.y < b.y + b.height && b.y < a.y + a.height;
              return boxes.filter((a, at) => boxes.slice(at + 1).some((b) => meet(a, b))).length;
            }"""
        )
        assert overlaps == 0, machine


async def test_waiting_grows(people: People) -> None:
    """Too many wrong passwords: the wait is told in words and counted down, and the button waits with it."""
    page = await (await people.stranger(OperatorPage)).opens()
    email = await people.house.employs()
    problem = page.see("login_problem")
    for _ in range(12):
        await signs_in(page, email, "not the password")
        await expect(problem).to_be_visible()
        await expect(page.see("login_button")).not_to_have_attribute("data-busy", "true")
        if "tunggu" in (await problem.inner_text()):
            break
    await expect(problem).to_contain_text(re.compile(r"tunggu \d+:\d\d"))
    await expect(page.see("login_button")).to_have_attribute("aria-disabled", "true")
