"""Every route, asked wrongly: malformed, missing, extra and foreign values; nothing changes by them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from psycopg import sql

from halobestie_app.http import (
    auditing,
    client,
    client_chats,
    dashboard,
    devices,
    erasing,
    extensions,
    failures,
    histories,
    internal,
    live_chats,
    mitra,
    mitras,
    operators,
    pricing,
    public,
    quarantine,
    shared,
    talking,
)
from halobestie_app.http.route import Route
from halobestie_core.words import UserType
from support.listening import token
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

ID = "01937000-0000-7000-8000-0000000000aa"
OURS = (
    *client.ROUTES,
    *client_chats.ROUTES,
    *mitra.ROUTES,
    *extensions.ROUTES,
    *devices.ROUTES,
    *talking.ROUTES,
    *shared.ROUTES,
    *operators.ROUTES,
    *quarantine.ROUTES,
    *pricing.ROUTES,
    *histories.ROUTES,
    *dashboard.ROUTES,
    *auditing.ROUTES,
    *failures.ROUTES,
    *mitras.ROUTES,
    *live_chats.ROUTES,
    *erasing.ROUTES,
    *erasing.INTERNAL_ROUTES,
)
PAYMENT = {"payment_session_id": ID}
MORE = {"extension_payment_session_id": ID}
RETURN = {"payment_session_id": ID, "mitra_id": ID}
SAID = {"client_message_id": ID, "text": "halo"}
KINDS = (UserType.CUSTOMER, UserType.MITRA, UserType.OPERATOR)

# What each body must not be: (route, body, path of the first error), all 422 unless said otherwise.
WRONG_BODIES: list[tuple[str, object, str]] = [
    ("POST /api/client/payment-sessions", {}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": None}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": "5"}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": 5.0}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": True}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": 0}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": -5}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": 10**30}, "$.duration_minutes"),
    ("POST /api/client/payment-sessions", {"duration_minutes": 5, "mode": "video"}, "$.mode"),
    ("POST /api/client/payment-sessions", {"duration_minutes": 5, "tier_id": "x"}, "$.tier_id"),
    ("POST /api/client/payment-sessions", {"duration_minutes": 5, "is_extension": "no"}, "$.is_extension"),
    (
        "POST /api/client/payment-sessions",
        {"duration_minutes": 5, "targeted_mitra_id": 1},
        "$.targeted_mitra_id",
    ),
    ("POST /api/client/payment-sessions", {"duration_minutes": 5, "price": 1}, "$.price"),
    ("POST /api/client/payment-sessions", {"duration_minutes": 5, "amount": 0}, "$.amount"),
    ("POST /api/client/chat-requests", {"payment_session_id": "x"}, "$.payment_session_id"),
    ("POST /api/client/chat-requests", {"payment_session_id": 7}, "$.payment_session_id"),
    ("POST /api/client/chat-requests", {**PAYMENT, "topic_sensitivity": "secret"}, "$.topic_sensitivity"),
    ("POST /api/client/chat-requests", {**PAYMENT, "mitra_id": ID}, "$.mitra_id"),
    ("POST /api/client/chat-requests/returning", PAYMENT, "$.mitra_id"),
    ("POST /api/client/chat-requests/returning", {**RETURN, "mitra_id": "sari"}, "$.mitra_id"),
    ("POST /api/client/chat-requests/returning", {**RETURN, "kind": "general"}, "$.kind"),
    ("POST /api/client/chat-requests/cancel", {**PAYMENT, "why": "tired"}, "$.why"),
    ("POST /api/client/chat/sessions/{id}/end", {"closing_message": ""}, "$.closing_message"),
    ("POST /api/client/chat/sessions/{id}/end", {"closing_message": "x" * 1001}, "$.closing_message"),
    ("POST /api/client/chat/sessions/{id}/end", {"closing_message": 5}, "$.closing_message"),
    ("POST /api/client/chat/sessions/{id}/end", {"by": "mitra"}, "$.by"),
    (
        "POST /api/client/chat/sessions/{id}/extensions",
        {**MORE, "extension_payment_session_id": "x"},
        "$.extension_payment_session_id",
    ),
    (
        "POST /api/client/chat/sessions/{id}/extensions",
        {**MORE, "extension_payment_session_id": 7},
        "$.extension_payment_session_id",
    ),
    ("POST /api/client/chat/sessions/{id}/extensions", {**MORE, "duration_minutes": 0}, "$.duration_minutes"),
    (
        "POST /api/client/chat/sessions/{id}/extensions",
        {**MORE, "duration_minutes": "12"},
        "$.duration_minutes",
    ),
    ("POST /api/client/chat/sessions/{id}/extensions", {**MORE, "price": -1}, "$.price"),
    ("POST /api/client/chat/sessions/{id}/extensions", {**MORE, "price": 2.5}, "$.price"),
    ("POST /api/client/chat/sessions/{id}/extensions", {**MORE, "accepted": True}, "$.accepted"),
    ("POST /api/mitra/extensions/{id}/respond", {}, "$.accepted"),
    ("POST /api/mitra/extensions/{id}/respond", {"accepted": None}, "$.accepted"),
    ("POST /api/mitra/extensions/{id}/respond", {"accepted": "true"}, "$.accepted"),
    ("POST /api/mitra/extensions/{id}/respond", {"accepted": 1}, "$.accepted"),
    ("POST /api/mitra/extensions/{id}/respond", {"accepted": True, "via_timeout": False}, "$.via_timeout"),
    ("POST /api/shared/chat/{session_id}/messages", {"client_message_id": ID}, "$.text"),
    ("POST /api/shared/chat/{session_id}/messages", {"text": "halo"}, "$.client_message_id"),
    (
        "POST /api/shared/chat/{session_id}/messages",
        {**SAID, "client_message_id": "1"},
        "$.client_message_id",
    ),
    ("POST /api/shared/chat/{session_id}/messages", {**SAID, "text": ""}, "$.text"),
    ("POST /api/shared/chat/{session_id}/messages", {**SAID, "text": "x" * 4001}, "$.text"),
    ("POST /api/shared/chat/{session_id}/messages", {**SAID, "text": None}, "$.text"),
    ("POST /api/shared/chat/{session_id}/messages", {**SAID, "text": ["halo"]}, "$.text"),
    ("POST /api/shared/chat/{session_id}/messages", {**SAID, "text": "a\0b"}, "$"),
    ("POST /api/shared/chat/{session_id}/messages", {**SAID, "sender": "mitra"}, "$.sender"),
    ("POST /api/shared/chat/{session_id}/messages", {**SAID, "seq": 1}, "$.seq"),
    ("PUT /api/mitra/status", {}, "$.is_online"),
    ("PUT /api/mitra/status", {"is_online": "true"}, "$.is_online"),
    ("PUT /api/mitra/status", {"is_online": 1}, "$.is_online"),
    ("PUT /api/mitra/status", {"is_online": None}, "$.is_online"),
    ("PUT /api/mitra/status", {"is_online": True, "live_chats": 0}, "$.live_chats"),
    ("PUT /api/shared/devices/{installation_id}", {"platform": "ios"}, "$.fcm_token"),
    ("PUT /api/shared/devices/{installation_id}", {"platform": "ios", "fcm_token": ""}, "$.fcm_token"),
    ("PUT /api/shared/devices/{installation_id}", {"platform": "ios", "fcm_token": "a b"}, "$.fcm_token"),
    ("PUT /api/shared/devices/{installation_id}", {"platform": "ios", "fcm_token": "é"}, "$.fcm_token"),
    (
        "PUT /api/shared/devices/{installation_id}",
        {"platform": "ios", "fcm_token": "x" * 2049},
        "$.fcm_token",
    ),
    ("PUT /api/shared/devices/{installation_id}", {"fcm_token": "x"}, "$.platform"),
    ("PUT /api/shared/devices/{installation_id}", {"fcm_token": "x", "platform": "fridge"}, "$.platform"),
    (
        "PUT /api/shared/devices/{installation_id}",
        {"fcm_token": "x", "platform": "web", "user_id": ID},
        "$.user_id",
    ),
]

# A member that must be there before anything else is looked at.
MISSING_PAYMENTS: list[tuple[str, object]] = [
    (f"POST /api/client/chat-requests{path}", body)
    for path in ("", "/returning", "/cancel")
    for body in (None, {}, {"payment_session_id": None}, {"unknown": 1}, {"mitra_id": "x"})
]

WRONG_QUERIES: list[tuple[str, str]] = [
    ("GET /api/client/mitra-availability?mitra_id=", "$.mitra_id"),
    ("GET /api/client/mitra-availability?mitra_id=x", "$.mitra_id"),
    (f"GET /api/client/mitra-availability?mitra_id={ID}&mitra_id={ID}", "$.mitra_id"),
    ("GET /api/client/chat/pricing?mode=video", "$.mode"),
    ("GET /api/client/chat/extension-pricing?mode=", "$.mode"),
    ("GET /api/client/payment-sessions?limit=0", "$.limit"),
    ("GET /api/client/payment-sessions?limit=201", "$.limit"),
    ("GET /api/client/payment-sessions?limit=many", "$.limit"),
    ("GET /api/client/payment-sessions?offset=-1", "$.offset"),
    (f"GET /api/shared/chat/{ID}/messages?after_seq=-1", "$.after_seq"),
    (f"GET /api/shared/chat/{ID}/messages?after_seq={2**63}", "$.after_seq"),
    (f"GET /api/shared/chat/{ID}/messages?limit=201", "$.limit"),
    ("GET /api/client/chat/history?cursor=x", "$.cursor"),
    ("GET /api/client/chat/history?limit=0", "$.limit"),
]


def audience(route: Route) -> UserType:
    """Somebody whom the route is for."""
    return min(route.who) if route.who else UserType.CUSTOMER


def spelled_out(route: Route, id_: str = ID) -> str:
    """The path with this id wherever it has one, and some word where it has a word."""
    words = {"installation_id": "phone-1", "aggregate": "payment"}
    return route.template.format(id=id_, payment_session_id=id_, session_id=id_, **words)


def spelled(name: str) -> Route:
    """The route that a test names by method and template."""
    method, template = name.split("?", maxsplit=1)[0].split(" ")
    return next(route for route in OURS if (route.method, route.template) == (method, template))


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Reception]:
    """Both listeners, and somebody of each kind with one id."""
    async with reception(database_url) as opened:
        await opened.run(b"INSERT INTO customers (id, display_name) VALUES (%s, 'Ani')", UUID(ID))
        await opened.run(
            b"INSERT INTO mitras (id, phone, display_name) VALUES (%s, '+62811', 'Sari')", UUID(ID)
        )
        await opened.run(
            b"INSERT INTO cc_users (id, email, password_hash) VALUES (%s, 'a@example.org', '')", UUID(ID)
        )
        yield opened


async def everything(house: Reception) -> dict[str, list[tuple[Any, ...]]]:
    """Every row there is."""
    names = await (
        await house.conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    ).fetchall()
    return {
        name: await (
            await house.conn.execute(
                sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))
            )
        ).fetchall()
        for (name,) in names
    }


async def test_bodies(house: Reception, subtests: pytest.Subtests) -> None:
    """A wrong body is 422, names the member, and leaves no trace."""
    before = await everything(house)
    for name, body, path in WRONG_BODIES:
        with subtests.test(name, path=path, body=str(body)[:60]):
            route = spelled(name)
            answer = await house.ask(audience(route), UUID(ID), route.method, spelled_out(route), body)
            assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR")
            assert answer.json()["errors"][0]["path"] == path
    assert await everything(house) == before


async def test_missing_payments(house: Reception, subtests: pytest.Subtests) -> None:
    """Without a payment a chat request is 400, whatever else is wrong with it."""
    before = await everything(house)
    for name, body in MISSING_PAYMENTS:
        with subtests.test(name, body=str(body)):
            route = spelled(name)
            answer = await house.ask(UserType.CUSTOMER, UUID(ID), route.method, route.template, body)
            assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
            assert answer.json()["errors"][0]["path"] == "$.payment_session_id"
    assert await everything(house) == before


async def test_queries(house: Reception, subtests: pytest.Subtests) -> None:
    """A wrong query is 422 and names the parameter; an unknown one is ignored."""
    for name, path in WRONG_QUERIES:
        with subtests.test(name):
            answer = await house.ask(UserType.CUSTOMER, UUID(ID), "GET", name.split(" ")[1])
            assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR")
            assert answer.json()["errors"][0]["path"] == path
    ignored = await house.ask(UserType.CUSTOMER, UUID(ID), "GET", "/api/client/payment-sessions?colour=red")
    assert ignored.status_code == 200


async def test_whatever_the_route(house: Reception, subtests: pytest.Subtests) -> None:
    """On every route: no token, another kind's token, ids that are none, bodies that are no objects."""
    before = await everything(house)
    for route in OURS:
        with subtests.test(f"{route.method} {route.template}"):
            await _asked_wrongly(house, route)
    assert await everything(house) == before


async def _asked_wrongly(house: Reception, route: Route) -> None:
    listener = house.internal if route.path.startswith("/internal") else house.public
    path = spelled_out(route)
    mine = token(audience(route), UUID(ID))
    if route.who:
        assert (await listener.request(route.method, path)).status_code == 401
        broken = {"Authorization": "Bearer nonsense"}
        assert (await listener.request(route.method, path, headers=broken)).status_code == 401
        for kind in set(KINDS) - set(route.who):
            foreign = await listener.request(route.method, path, headers=token(kind, UUID(ID)))
            assert (foreign.status_code, foreign.json()["code"]) == (403, "FORBIDDEN")
    if any(not is_text for _, is_text in route.parameters):
        for wrong in ("x", "0", ID[:-1], f"{{{ID}}}", "%00", "null"):
            lost = spelled_out(route, wrong)
            assert (await listener.request(route.method, lost, headers=mine)).status_code == 404
    if route.method != "GET":
        for content in (b"[]", b"5", b'"text"', b"null", b"{", b"\xff", b'{"a": 1, "a": 2}', b"{}{}"):
            bad = await listener.request(
                route.method, path, headers={**mine, "Content-Type": "application/json"}, content=content
            )
            assert (bad.status_code, bad.json()["code"]) in [
                (422, "VALIDATION_ERROR"),
                (400, "VALIDATION_ERROR"),
            ]
        form = await listener.request(route.method, path, headers=mine, data={"a": "b"})
        assert (form.status_code, form.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
        extra = await listener.request(route.method, path, headers=mine, json={"surprise": 1})
        assert extra.status_code in {400, 422}


def test_every_route_is_asked() -> None:
    """Nobody adds a module of routes without it being asked wrongly here or with the log-ins."""
    asked = {route.template for route in OURS}
    others = {route.template for route in (*public.ROUTES, *internal.ROUTES) if not route.raw} - asked
    assert {name for name in others if "/auth/" not in name} <= {"/api/shared/me"}
