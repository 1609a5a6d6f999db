"""What the apps share, in real tabs against real servers: who is signed in, and what is said once."""

import asyncio
import json
import time
from typing import Any

import pytest
from playwright.async_api import Request, Route

from support.bare import BarePage, bare
from support.browser import CUT
from support.screens import People

pytestmark = pytest.mark.anyio

REFRESH = "/api/shared/auth/refresh"
TOKEN = "api.token()"
PAYMENTS = "/api/client/payment-sessions"


async def anew(page: BarePage) -> str:
    """A token in place of the present one; or the code of why not."""
    said: str = await page.does(
        "async () => { const token = await api.token(); return failing(api.token({ refused: token })); }"
    )
    return said


async def test_two_tabs_refresh_once(people: People) -> None:
    """Two tabs that need a new token at once ask for one, and both have it."""
    one = await bare(people)
    first = await one.signs_in()
    two = await one.second_tab()
    await two.does("api.start()")
    assert one.watch.count(f"POST {REFRESH}") == 0, "the other tab had one"
    assert await two.does(TOKEN) == first["access_token"]
    before = first["access_token"]
    renewed = "(before) => api.token({ refused: before })"
    tokens = await asyncio.gather(*(page.does(renewed, before) for page in (one, two, one, two)))
    assert len(set(tokens)) == 1
    assert tokens[0] != before
    assert one.watch.count(f"POST {REFRESH}") == 1


async def test_a_cold_start_signs_in_by_the_cookie(people: People) -> None:
    """A page that is loaded again knows who is there after one refresh, however many ask."""
    page = await bare(people)
    tokens = await page.signs_in()
    await page.reloads()
    await page.holds("window.ready")
    assert await page.does("api.user.value === undefined")
    await page.does("Promise.all([api.start(), api.token(), api.get('/api/shared/me')])")
    assert await page.does("api.user.value.id") == tokens["user"]["id"]
    assert page.watch.count(f"POST {REFRESH}") == 1
    assert tokens["refresh_token"] is None, "no script sees it"
    kept = await page.does("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert tokens["access_token"] not in kept


async def test_a_refused_token_is_refreshed_and_the_call_repeated(people: People) -> None:
    """A call whose token the server does not take is answered all the same, with a new one."""
    page = await bare(people)
    tokens = await page.signs_in()
    await page.does(
        "(user) => api.signedIn({ access_token: 'e30.e30.x', expires_in: 3600, user })", tokens["user"]
    )
    assert (await page.does("api.get('/api/shared/me')"))["id"] == tokens["user"]["id"]
    assert page.watch.count("GET /api/shared/me") == 2
    assert page.watch.count(f"POST {REFRESH}") == 1


async def test_nothing_is_repeated_for_somebody_else(people: People) -> None:
    """What one person asked for, and was not answered, is not asked in the name of who comes next."""
    page = await bare(people)
    await page.signs_in()
    page.watch.expects(*CUT)
    await page.page.route(f"**{PAYMENTS}", lambda route: route.abort())
    wish = "api.post(path, { duration_minutes: 12 }, { key: true })"
    async with page.page.expect_request(f"**{PAYMENTS}"):
        await page.does(f"(path) => {{ window.wish = failing({wish}); }}", PAYMENTS)
    await page.signs_in()
    await page.page.unroute(f"**{PAYMENTS}")
    assert await page.does("wish") == "UNAUTHENTICATED"
    assert (await page.does("(path) => api.get(path)", PAYMENTS))["total"] == 0


async def test_a_refused_refresh_signs_every_tab_out(people: People) -> None:
    """When the log-in is over, all tabs know it."""
    one = await bare(people)
    await one.signs_in()
    two = await one.second_tab()
    await two.does("api.start()")
    await one.context.clear_cookies()
    assert await anew(one) == "UNAUTHENTICATED"
    assert await one.does("api.user.value") is None
    await two.holds("api.user.value === null")


async def test_no_answer_signs_nobody_out(people: People) -> None:
    """Neither a network that is away nor a server that is, ends a log-in; afterwards it goes on."""
    page = await bare(people)
    tokens = await page.signs_in()
    async with page.unreachable():
        assert await anew(page) == "OFFLINE"
    page.watch.expects("503 (Service Unavailable)")

    async def away(route: Route) -> None:
        body = json.dumps({"code": "UNAVAILABLE", "status": 503})
        await route.fulfill(status=503, body=body, headers={"Retry-After": "1"})

    await page.page.route(f"**{REFRESH}", away)
    assert await anew(page) == "UNAVAILABLE"
    await page.page.unroute(f"**{REFRESH}", away)
    assert await page.does("api.user.value.id") == tokens["user"]["id"]
    assert (await page.does("api.get('/api/shared/me')"))["id"] == tokens["user"]["id"]


async def test_a_start_without_network_goes_on_by_itself(people: People) -> None:
    """A cold start that reaches nobody says why, and finds out who is there as soon as it can."""
    page = await bare(people)
    tokens = await page.signs_in()
    await page.reloads()
    await page.holds("window.ready")
    async with page.unreachable():
        await page.does("api.start()")
        assert await page.does("[api.user.value === undefined, api.trouble.value.code]") == [True, "OFFLINE"]
    await page.holds("(id) => api.user.value?.id === id", tokens["user"]["id"])
    assert await page.does("api.trouble.value") is None


async def test_signing_out_reaches_every_tab_and_stays(people: People) -> None:
    """Who signs out in one tab is out in the others, their sockets are closed, and no reload undoes it."""
    one = await bare(people)
    await one.signs_in()
    two = await one.second_tab()
    await two.does("api.start()")
    await two.connects()
    await one.does("api.signOut()")
    await two.holds("api.user.value === null && socket.state.value === 'off'")
    await one.reloads()
    await one.holds("window.ready")
    await one.does("api.start()")
    assert await one.does("api.user.value") is None


async def test_signing_out_without_network_is_made_up_for(people: People) -> None:
    """A server that could not be told that somebody left is told at the next start."""
    page = await bare(people)
    await page.signs_in()
    async with page.unreachable():
        await page.does("api.signOut()")
        assert await page.does("api.user.value") is None
    assert await page.context.cookies(), "the log-in is still there"
    await page.reloads()
    await page.holds("window.ready")
    await page.does("api.start()")
    assert await page.does("api.user.value") is None
    assert not await page.context.cookies()


async def test_a_repeated_command_keeps_its_key(people: People) -> None:
    """A command whose answer was lost is repeated under the same key, and done once."""
    page = await bare(people)
    tokens = await page.signs_in()
    page.watch.expects(*CUT)
    keys: list[Any] = []
    page.page.on("request", lambda request: _noted(keys, request))
    lost = 0

    async def loses(route: Route) -> None:
        nonlocal lost
        lost += 1
        if lost > 2:
            await route.fallback()
            return
        await route.fetch()
        await route.abort("connectionreset")

    await page.page.route("**/api/client/payment-sessions", loses)
    payment = await page.does(
        "api.post('/api/client/payment-sessions', { duration_minutes: 12, mode: 'chat' }, { key: true })"
    )
    assert payment["status"] == "pending"
    assert len(keys) == 3
    assert len(set(keys)) == 1
    made = await people.house.rows(
        "SELECT id FROM payment_sessions WHERE customer_id = %s", tokens["user"]["id"]
    )
    assert [str(row["id"]) for row in made] == [payment["id"]]


def _noted(keys: list[Any], request: Request) -> None:
    if request.url.endswith("/payment-sessions"):
        keys.append(request.headers.get("idempotency-key"))


async def test_the_servers_clock_is_known(people: People) -> None:
    """A device whose clock is two hours late counts on the server's time all the same."""
    page = await people.stranger(BarePage)
    await page.context.add_init_script("{ const now = Date.now; Date.now = () => now() - 7_200_000; }")
    await page.opens()
    await page.signs_in()
    assert abs(await page.does("time.serverNow() / 1000") - time.time()) < 2.5, "by the Date of answers"
    await page.connects()
    assert abs(await page.does("time.serverNow() / 1000") - time.time()) < 0.5, "by the frames"
    left = await page.does("(until) => time.secondsLeft(until * 1000)", time.time() + 60)
    assert 59 <= left <= 61
