"""The routes of customers and mitras on a real database: shapes, codes, whose is whose."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from halobestie_core.words import UserType
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

CUSTOMER, MITRA = UserType.CUSTOMER, UserType.MITRA

PAYMENTS = "/api/client/payment-sessions"
REQUESTS = "/api/client/chat-requests"
OFFERS = "/api/mitra/chat-requests"

PAYMENT_KEYS = (
    "id status amount currency mode duration_minutes is_extension is_free_trial is_first_session_discount"
    " targeted_mitra_id cause_tag cause_detail created_at confirmed_at consumed_at expires_at fallback_until"
    " refund provider xendit_invoice_url version"
)
REQUEST_KEYS = (
    "id kind status cause_tag cause_detail payment_session_id targeted_mitra session_id created_at"
    " deadline_at timeout_seconds fallback_available version"
)
SESSION_KEYS = (
    "id status mode topic_sensitivity customer mitra started_at expires_at closing_until seconds_left"
    " ended_at end_reason version"
)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Reception]:
    """Both listeners."""
    async with reception(database_url) as opened:
        yield opened


# ---------------------------------------------------------------------- looking around


async def test_availability_from_memory(house: Reception) -> None:
    """Counts and targets come from the board; a stranger is not available; an unknown picture is 503."""
    ani, sari = await house.customer(), await house.mitra()
    path = "/api/client/mitra-availability"
    assert await house.said(200, CUSTOMER, ani, "GET", path) == {"available": True, "count": 1}
    with_target = await house.said(200, CUSTOMER, ani, "GET", f"{path}?mitra_id={sari}")
    assert with_target == {"available": True, "count": 1, "target_available": True}
    assert not (await house.said(200, CUSTOMER, ani, "GET", f"{path}?mitra_id={uuid4()}"))["target_available"]
    assert (await house.said(422, CUSTOMER, ani, "GET", f"{path}?mitra_id=sari"))[
        "code"
    ] == "VALIDATION_ERROR"
    house.services.availability.eligible = None
    refused = await house.ask(CUSTOMER, ani, "GET", path)
    assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
    assert int(refused.headers["Retry-After"]) >= 1


async def test_prices(house: Reception) -> None:
    """The seeded tiers, in order; without the promotion everybody pays the list price."""
    ani = await house.customer()
    shown = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/pricing?mode=chat")
    assert list(shown) == ["mode", "tiers", "first_session_discount"]
    assert [(tier["minutes"], tier["price"]) for tier in shown["tiers"]] == [
        (5, 10000),
        (12, 25000),
        (60, 99000),
    ]
    names = "id minutes price list_price label is_first_session_discount is_free_trial"
    assert " ".join(shown["tiers"][0]) == names
    assert shown["first_session_discount"] is None


@pytest.mark.unsound(
    "switches the promotion on by hand", "a4_promotions_are_their_history", "m8_price_has_a_source"
)
async def test_discount(house: Reception) -> None:
    """The promotion replaces one tier's price for somebody new, and never that of an extension."""
    ani = await house.customer()
    await house.run(b"UPDATE pricing_promotions SET is_active = true, requires_phone = false")
    shown = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/pricing")
    assert shown["first_session_discount"] == {"minutes": 5, "price": 0, "label": "Sesi pertama gratis"}
    first = shown["tiers"][0]
    assert (first["price"], first["list_price"], first["is_free_trial"]) == (0, 10000, True)
    longer = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/extension-pricing")
    assert longer["first_session_discount"] is None
    assert not any(tier["is_first_session_discount"] or tier["is_free_trial"] for tier in longer["tiers"])
    # A pending payment that holds the discount does not hide it: a new payment takes its place.
    await house.said(201, CUSTOMER, ani, "POST", PAYMENTS, {"duration_minutes": 5})
    again = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/pricing")
    assert again["tiers"][0]["price"] == 0


async def test_support_needs_no_token(house: Reception) -> None:
    """Handles come from the settings in force."""
    answer = await house.public.get("/api/shared/support")
    assert (answer.status_code, answer.json()) == (200, {"handles": {}})


# ---------------------------------------------------------------------- paying


async def test_payment_life(house: Reception) -> None:
    """Create, read, list, confirm, repeat: the object of the contract each time."""
    ani = await house.customer()
    new = await house.said(201, CUSTOMER, ani, "POST", PAYMENTS, {"duration_minutes": 5})
    assert " ".join(new) == PAYMENT_KEYS
    assert (new["status"], new["amount"], new["currency"], new["refund"]) == ("pending", 10000, "IDR", None)
    assert new["created_at"].endswith("Z")
    one = f"{PAYMENTS}/{new['id']}"
    assert await house.said(200, CUSTOMER, ani, "GET", one) == new
    assert await house.said(200, CUSTOMER, ani, "GET", PAYMENTS) == {"rows": [new], "total": 1}
    confirmed = await house.said(200, CUSTOMER, ani, "POST", f"{one}/confirm")
    assert confirmed["status"] == "confirmed"
    assert await house.said(200, CUSTOMER, ani, "POST", f"{one}/confirm") == confirmed
    refused = await house.said(409, CUSTOMER, ani, "POST", f"{one}/cancel")
    assert (refused["code"], refused["state"]) == ("INVALID_STATE", "confirmed")
    taken = await house.said(409, CUSTOMER, ani, "POST", PAYMENTS, {"duration_minutes": 5})
    assert (taken["code"], taken["payment_session_id"]) == ("ALREADY_ACTIVE", new["id"])


async def test_payment_refusals(house: Reception) -> None:
    """Unknown tiers, unknown mitras, and extensions of nothing have their codes."""
    ani = await house.customer()

    async def code(status: int, body: object) -> str:
        return str((await house.said(status, CUSTOMER, ani, "POST", PAYMENTS, body))["code"])

    assert await code(422, {"duration_minutes": 7}) == "UNKNOWN_TIER"
    assert await code(422, {"duration_minutes": 5, "tier_id": str(uuid4())}) == "UNKNOWN_TIER"
    assert await code(422, {"duration_minutes": 5, "mode": "call"}) == "UNKNOWN_TIER"
    assert await code(404, {"duration_minutes": 5, "targeted_mitra_id": str(uuid4())}) == "NOT_FOUND"
    assert await code(409, {"duration_minutes": 5, "is_extension": True}) == "SESSION_NOT_ACTIVE"
    sari = await house.mitra()
    both = {"duration_minutes": 5, "is_extension": True, "targeted_mitra_id": str(sari)}
    assert await code(422, both) == "VALIDATION_ERROR"
    assert (await house.said(200, CUSTOMER, ani, "GET", PAYMENTS))["total"] == 0


async def test_pages(house: Reception) -> None:
    """A list has its part and its whole."""
    ani = await house.customer()
    for _ in range(3):
        await house.said(201, CUSTOMER, ani, "POST", PAYMENTS, {"duration_minutes": 5})
    page = await house.said(200, CUSTOMER, ani, "GET", f"{PAYMENTS}?limit=1&offset=1")
    assert (len(page["rows"]), page["total"]) == (1, 3)
    assert page["rows"][0]["status"] == "abandoned"


# ---------------------------------------------------------------------- an evening


async def test_an_evening(house: Reception) -> None:
    """Pay, search, be offered, accept, talk, end: every object on the way, seen from both sides."""
    ani, sari = await house.customer("Ani"), await house.mitra("Sari")
    paid = await house.paid(ani)
    request = await house.said(201, CUSTOMER, ani, "POST", REQUESTS, {"payment_session_id": paid})
    assert " ".join(request) == REQUEST_KEYS
    assert (request["kind"], request["status"], request["fallback_available"]) == (
        "general",
        "pending",
        False,
    )
    assert await house.said(200, CUSTOMER, ani, "GET", f"{REQUESTS}/{request['id']}") == request
    assert await house.said(201, CUSTOMER, ani, "POST", REQUESTS, {"payment_session_id": paid}) == request

    searching = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/active")
    assert list(searching) == ["session", "pairing_request", "payment_session", "extension"]
    assert searching["pairing_request"] == request
    assert searching["payment_session"]["id"] == paid

    offers = await house.said(200, MITRA, sari, "GET", OFFERS)
    assert offers["total"] == 1
    [offer] = offers["rows"]
    names = "id kind customer duration_minutes topic_sensitivity deadline_at seconds_left"
    assert " ".join(offer) == names
    assert (offer["id"], offer["customer"]) == (request["id"], {"display_name": "Ani"})
    assert 55 <= offer["seconds_left"] <= 60

    won = await house.said(200, MITRA, sari, "POST", f"{OFFERS}/{request['id']}/accept")
    assert list(won) == ["session_id", "pairing_request_id", "session"]
    session = won["session"]
    assert " ".join(session) == SESSION_KEYS
    assert session["customer"] == {"id": str(ani), "display_name": "Ani"}
    assert session["mitra"] == {"id": str(sari), "display_name": "Sari"}
    assert 295 <= session["seconds_left"] <= 300
    repeated = await house.said(200, MITRA, sari, "POST", f"{OFFERS}/{request['id']}/accept")
    assert repeated["session_id"] == won["session_id"]

    talking = await house.said(200, MITRA, sari, "GET", "/api/mitra/chat/active")
    assert list(talking) == ["status", "offers", "sessions", "extensions"]
    assert [one["id"] for one in talking["sessions"]] == [won["session_id"]]
    assert talking["status"]["active_sessions"] == 1
    mine = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/active")
    assert mine["session"]["id"] == won["session_id"]
    assert mine["payment_session"]["status"] == "consumed"

    refused = await house.said(409, MITRA, sari, "POST", f"/api/mitra/chat/sessions/{won['session_id']}/end")
    assert refused["code"] in {"INVALID_STATE", "SESSION_NOT_ACTIVE"}
    ended = await house.said(
        200, CUSTOMER, ani, "POST", f"/api/client/chat/sessions/{won['session_id']}/end", {}
    )
    assert (ended["status"], ended["end_reason"], ended["seconds_left"]) == ("ended", "customer_ended", 0)


async def test_target_away(house: Reception) -> None:
    """A target who is offline: the payment has failed, and others are there to fall back on."""
    ani, sari = await house.customer(), await house.mitra(online=False)
    paid = await house.paid(ani, targeted_mitra_id=str(sari))
    wish = {"payment_session_id": paid, "mitra_id": str(sari)}
    alone = await house.said(409, CUSTOMER, ani, "POST", f"{REQUESTS}/returning", wish)
    assert (alone["code"], alone["reason"]) == ("TARGETED_MITRA_OFFLINE", "targeted_mitra_offline")
    assert alone["fallback_available"] is False
    tini = await house.mitra("Tini")
    failed = await house.said(200, CUSTOMER, ani, "GET", f"{REQUESTS}/{alone['pairing_request_id']}")
    assert (failed["status"], failed["fallback_available"]) == ("auto_rejected", True)
    assert failed["targeted_mitra"] == {"id": str(sari), "display_name": "Sari"}
    current = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/active")
    assert current["pairing_request"] == failed
    assert current["payment_session"]["refund"] == "due"
    again = await house.said(201, CUSTOMER, ani, "POST", f"{REQUESTS}/{paid}/fallback-to-blast")
    assert (again["kind"], again["payment_session_id"]) == ("general", paid)
    [offer] = (await house.said(200, MITRA, tini, "GET", OFFERS))["rows"]
    assert offer["id"] == again["id"]
    declined = await house.said(200, MITRA, tini, "POST", f"{OFFERS}/{again['id']}/decline")
    assert declined == {"id": again["id"], "status": "declined"}
    over = await house.said(200, CUSTOMER, ani, "GET", f"{REQUESTS}/{again['id']}")
    assert over["cause_tag"] == "all_mitras_rejected"


async def test_only_the_target_is_there(house: Reception) -> None:
    """The target does not count as somebody to fall back on."""
    ani, sari = await house.customer(), await house.mitra()
    paid = await house.paid(ani, targeted_mitra_id=str(sari))
    wish = {"payment_session_id": paid, "mitra_id": str(sari)}
    asked = await house.said(201, CUSTOMER, ani, "POST", f"{REQUESTS}/returning", wish)
    await house.said(200, MITRA, sari, "POST", f"{OFFERS}/{asked['id']}/decline")
    failed = await house.said(200, CUSTOMER, ani, "GET", f"{REQUESTS}/{asked['id']}")
    assert (failed["cause_tag"], failed["fallback_available"]) == ("targeted_mitra_rejected", False)
    await house.mitra("Tini")
    assert (await house.said(200, CUSTOMER, ani, "GET", f"{REQUESTS}/{asked['id']}"))["fallback_available"]
    house.services.availability.eligible = None
    unknown = await house.said(200, CUSTOMER, ani, "GET", f"{REQUESTS}/{asked['id']}")
    assert unknown["fallback_available"] is False


async def test_cancelled_search(house: Reception) -> None:
    """A search given up: the payment has failed by its customer's wish; doing it again changes nothing."""
    ani = await house.customer()
    paid = await house.paid(ani)
    await house.said(201, CUSTOMER, ani, "POST", REQUESTS, {"payment_session_id": paid})
    cancelled = await house.said(
        200, CUSTOMER, ani, "POST", f"{REQUESTS}/cancel", {"payment_session_id": paid}
    )
    assert (cancelled["status"], cancelled["cause_tag"]) == ("failed_pairing", "customer_cancelled")
    again = await house.said(200, CUSTOMER, ani, "POST", f"{REQUESTS}/cancel", {"payment_session_id": paid})
    assert again["version"] == cancelled["version"]


# ---------------------------------------------------------------------- the mitra


async def test_mitra_on_and_off(house: Reception) -> None:
    """The status in every answer; a heartbeat of somebody offline is refused."""
    sari = await house.mitra(online=False)
    status = await house.said(200, MITRA, sari, "GET", "/api/mitra/status")
    assert status == {
        "is_online": False,
        "last_heartbeat_at": None,
        "heartbeat_cadence_seconds": 30,
        "active_sessions": 0,
        "max_customers": 3,
    }
    refused = await house.said(409, MITRA, sari, "POST", "/api/mitra/heartbeat")
    assert refused["code"] == "MITRA_OFFLINE"
    on = await house.said(200, MITRA, sari, "PUT", "/api/mitra/status", {"is_online": True})
    assert on["is_online"]
    beaten = await house.said(200, MITRA, sari, "POST", "/api/mitra/heartbeat")
    assert beaten["last_heartbeat_at"] > on["last_heartbeat_at"]
    assert [mitra_id for mitra_id, _ in house.services.beats.heard] == [sari]
    off = await house.said(200, MITRA, sari, "PUT", "/api/mitra/status", {"is_online": False})
    assert not off["is_online"]


# ---------------------------------------------------------------------- whose is whose


async def test_what_belongs_to_others(house: Reception) -> None:
    """Somebody else's payment, request and chat are 403, what does not exist is 404; nothing changes."""
    ani, budi, sari = await house.customer("Ani"), await house.customer("Budi"), await house.mitra()
    paid = await house.paid(ani)
    request = await house.said(201, CUSTOMER, ani, "POST", REQUESTS, {"payment_session_id": paid})
    won = await house.said(200, MITRA, sari, "POST", f"{OFFERS}/{request['id']}/accept")
    chat = won["session_id"]
    tini = await house.mitra("Tini")

    def of(payment: str, search: str, session: str) -> list[tuple[UserType, UUID, str, str, Any]]:
        given = {"payment_session_id": payment}
        return [
            (CUSTOMER, budi, "GET", f"{PAYMENTS}/{payment}", None),
            (CUSTOMER, budi, "POST", f"{PAYMENTS}/{payment}/confirm", None),
            (CUSTOMER, budi, "POST", f"{PAYMENTS}/{payment}/cancel", None),
            (CUSTOMER, budi, "POST", REQUESTS, given),
            (CUSTOMER, budi, "POST", f"{REQUESTS}/returning", {**given, "mitra_id": str(sari)}),
            (CUSTOMER, budi, "POST", f"{REQUESTS}/cancel", given),
            (CUSTOMER, budi, "POST", f"{REQUESTS}/{payment}/fallback-to-blast", None),
            (CUSTOMER, budi, "GET", f"{REQUESTS}/{search}", None),
            (CUSTOMER, budi, "POST", f"/api/client/chat/sessions/{session}/end", None),
            (MITRA, tini, "POST", f"/api/mitra/chat/sessions/{session}/end", None),
        ]

    before = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/active")
    for kind, who, method, path, body in of(paid, request["id"], chat):
        assert (await house.said(403, kind, who, method, path, body))["code"] == "FORBIDDEN"
    nothing = str(uuid4())
    for kind, who, method, path, body in of(nothing, nothing, nothing):
        assert (await house.said(404, kind, who, method, path, body))["code"] == "NOT_FOUND"
    for answer in ("accept", "decline"):
        refused = await house.said(404, MITRA, tini, "POST", f"{OFFERS}/{nothing}/{answer}")
        assert refused["code"] == "NOT_FOUND"
    after = await house.said(200, CUSTOMER, ani, "GET", "/api/client/chat/active")
    assert after["session"]["version"] == before["session"]["version"]
    assert after["payment_session"] == before["payment_session"]
