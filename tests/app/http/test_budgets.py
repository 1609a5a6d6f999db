"""Budgets of routes: whose they are, what they come to, and what somebody hears who has spent theirs."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from attrs import define
from starlette.datastructures import Headers

from halobestie_adapters.budgets import LocalBudgets
from halobestie_app.http import budgets, health, internal, openapi, public
from halobestie_app.http.budgets import Rates
from halobestie_app.http.listener import complete
from halobestie_app.http.problems import unauthenticated
from halobestie_app.http.route import ANYONE, CUSTOMERS, OPTIONAL, Plain, Route
from halobestie_app.problems import Code
from halobestie_core.ports.budgets import Budget
from halobestie_core.words import UserType
from support.listening import Standing, client, serving, token

pytestmark = pytest.mark.anyio

THREE = Budget("three", 3, 60)
TWO = Budget("two", 2, 60)
LOCAL = Budget("local", 2, 3, shared=False)
CUSTOMER = UserType.CUSTOMER


@define
class Clock:
    """A clock that stands until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        """What it says."""
        return self.now


async def yes(_: Plain) -> dict[str, str]:
    """Answer."""
    return {}


def route(path: str, who: Any = CUSTOMERS, **options: Any) -> Route:  # noqa: ANN401  what Route takes
    """A route that answers."""
    return Route("GET", path, yes, "Yes", who, dict[str, str], **options)


def counting(*routes: Route, clock: Callable[[], float] = Clock(), trusted: str | None = None) -> Any:  # noqa: ANN401, B008  an application
    """These routes, counted by a clock of the test's."""
    local = LocalBudgets(clock)
    networks = (ip_network(trusted),) if trusted else ()
    return serving(*routes, rates=Rates(local, local, networks))


async def statuses(http: httpx2.AsyncClient, path: str, times: int, **headers: str) -> list[int]:
    """What these many calls in a row are answered."""
    return [(await http.get(path, headers=headers)).status_code for _ in range(times)]


@pytest.mark.parametrize("budget", [THREE, Budget("here", 3, 60, shared=False)])
async def test_who_comes_too_often_hears_when_to_come_again(budget: Budget) -> None:
    """429 with whole seconds, rounded up; then it is let in; somebody else always was."""
    clock = Clock()
    async with client(counting(route("/api/a", budget=budget), clock=clock)) as http:
        ani, budi = token(CUSTOMER, uuid4()), token(CUSTOMER, uuid4())
        assert await statuses(http, "/api/a", 3, **ani) == [200, 200, 200]
        clock.now = 0.5
        refused = await http.get("/api/a", headers=ani)
        assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
        assert refused.headers["retry-after"] == "60"
        assert await statuses(http, "/api/a", 1, **budi) == [200]
        clock.now = 59.2
        assert (await http.get("/api/a", headers=ani)).headers["retry-after"] == "1"
        clock.now = 60
        assert await statuses(http, "/api/a", 4, **ani) == [200, 200, 200, 429]


async def test_routes_with_one_budget_share_it_and_others_do_not() -> None:
    """What is spent on one route is missing on the other."""
    app = counting(route("/api/a", budget=TWO), route("/api/b", budget=TWO), route("/api/c", budget=THREE))
    async with client(app) as http:
        assert await statuses(http, "/api/a", 1, **token(CUSTOMER)) == [200]
        assert await statuses(http, "/api/b", 2, **token(CUSTOMER)) == [200, 429]
        assert await statuses(http, "/api/c", 1, **token(CUSTOMER)) == [200]


@pytest.mark.parametrize("who", [ANYONE, OPTIONAL])
async def test_who_is_not_known_is_counted_by_address(who: Any) -> None:  # noqa: ANN401  Who
    """Behind our own proxy by the address that it names; else by the one that connects, whatever they say."""
    app = counting(route("/api/a", who, budget=TWO), trusted="127.0.0.0/8")
    async with client(app) as http:
        for address in ("203.0.113.1", "203.0.113.2"):
            told = await statuses(http, "/api/a", 3, **{"x-forwarded-for": f"6.6.6.6, {address}"})
            assert told == [200, 200, 429]
    async with client(counting(route("/api/a", who, budget=TWO))) as http:
        told = [
            (await http.get("/api/a", headers={"x-forwarded-for": f"203.0.113.{n}"})).status_code
            for n in range(3)
        ]
        assert told == [200, 200, 429]


async def test_only_those_who_are_refused_spend_on_a_route_of_tokens() -> None:
    """The right token has no budget, also while wrong ones have spent theirs."""

    def admit(_: Any, headers: Headers) -> None:  # noqa: ANN401  services
        if headers.get("x-token") != "right":
            raise unauthenticated()

    app = counting(route("/api/hook", ANYONE, budget=None, admit=admit, refused_budget=THREE))
    async with client(app) as http:
        assert await statuses(http, "/api/hook", 4, **{"x-token": "right"}) == [200] * 4
        assert await statuses(http, "/api/hook", 5) == [401, 401, 401, 429, 429]
        assert await statuses(http, "/api/hook", 4, **{"x-token": "right"}) == [200] * 4


async def test_a_poll_comes_five_times_a_second() -> None:
    """Five a second for ever, also by a clock that trembles; of a flood, eleven in two seconds."""
    clock = Clock()
    app = counting(route("/api/polls", budget=budgets.POLLS), clock=clock)
    async with client(app) as http:
        steady, flood = token(CUSTOMER, uuid4()), token(CUSTOMER, uuid4())
        for turn in range(60):
            clock.now = turn / 5 + (0.15 if turn % 7 == 0 else 0.0)
            assert await statuses(http, "/api/polls", 1, **steady) == [200]
        for second in range(20, 30, 2):
            clock.now = second
            assert (await statuses(http, "/api/polls", 15, **flood)).count(200) == 11
            clock.now = second + 1.9
            assert (await statuses(http, "/api/polls", 1, **flood)).count(200) == 0


async def test_apps_poll_from_many_windows() -> None:
    """Ten windows that all look every five seconds, and at the same moment, are never refused."""
    clock = Clock()
    app = counting(route("/api/polls", budget=budgets.POLLS), clock=clock)
    async with client(app) as http:
        for turn in range(6):
            clock.now = 5 * turn
            assert await statuses(http, "/api/polls", 10, **token(CUSTOMER)) == [200] * 10


def everything() -> list[Route]:
    """Every route of both listeners."""
    standing = Standing()
    kinds = ((public.PUBLIC, public.ROUTES), (internal.INTERNAL, internal.ROUTES))
    return [route for kind, routes in kinds for route in complete(kind, routes, standing)]


FREE = {"/healthz", "/readyz", openapi.PATH}
OWN = {
    "/api/shared/auth/anonymous": budgets.SIGN_UPS,
    "/api/shared/auth/refresh": budgets.REFRESHES,
    "/internal/auth/refresh": budgets.REFRESHES,
    "/api/client/mitra-availability": budgets.POLLS,
}


def test_every_route_has_its_budget() -> None:
    """600 a minute unless a line here says otherwise; only probes and the right webhooks have none."""
    for each in everything():
        if each.path in FREE:
            assert (each.budget, each.refused_budget) == (None, None), each.path
        elif each.path.startswith("/api/webhooks/"):
            assert (each.budget, each.refused_budget) == (None, budgets.WRONG_TOKENS)
        else:
            assert each.budget == OWN.get(each.path, budgets.REQUESTS), each.path
    per_minute = {one: one.limit * 60 / one.seconds for one in (budgets.REQUESTS, budgets.SIGN_UPS)}
    assert set(per_minute.values()) == {600}
    assert budgets.POLLS.limit / budgets.POLLS.seconds >= 5


def test_the_document_names_429_where_a_budget_is() -> None:
    """And nowhere else, unless the route itself says so."""
    for each in everything():
        named = Code.RATE_LIMITED in openapi.possible(each)
        spends = each.budget is not None or each.refused_budget is not None
        assert named == (spends or Code.RATE_LIMITED in each.problems), each.path
    assert {route.path for route in health.routes(Standing())} <= FREE
