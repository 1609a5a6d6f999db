"""What is for sale, over HTTP: every code, the lock, the histories, and what customers see of it."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from halobestie_core.words import UserType
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

OPERATOR = UserType.OPERATOR
TIERS = "/internal/pricing/tiers"
PROMOTION = "/internal/pricing/promotions/first_session_discount"
PRICES = "/internal/pricing/history"
SETTINGS = "/internal/config/history"
NEVER = "2020-01-01T00:00:00Z"

Row = Mapping[str, Any]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Reception]:
    """Both listeners."""
    async with reception(database_url) as opened:
        yield opened


@pytest.fixture
async def boss(house: Reception) -> UUID:
    """An operator."""
    return await house.operator()


async def tiers(house: Reception, boss: UUID) -> dict[int, Row]:
    """The tiers of chats, by their minutes."""
    shown = await house.said(200, OPERATOR, boss, "GET", TIERS)
    assert shown["total"] == len(shown["rows"])
    return {row["minutes"]: row for row in shown["rows"] if row["mode"] == "chat"}


async def history(house: Reception, boss: UUID, path: str = PRICES) -> list[Row]:
    """What operators changed, the latest first."""
    rows = (await house.said(200, OPERATOR, boss, "GET", path))["rows"]
    return [row for row in rows if row["changed_by"] is not None]


# ---------------------------------------------------------------------- tiers


async def test_tiers_are_shown(house: Reception, boss: UUID) -> None:
    """Each with exactly its members, in the order of modes and places."""
    shown = await house.said(200, OPERATOR, boss, "GET", TIERS)
    assert shown["total"] == 3
    assert {" ".join(row) for row in shown["rows"]} == {
        "id mode minutes price sort_order is_active updated_at"
    }
    assert [(row["minutes"], row["price"]) for row in shown["rows"]] == [
        (5, 10_000),
        (12, 25_000),
        (60, 99_000),
    ]


async def test_a_tier_is_added(house: Reception, boss: UUID) -> None:
    """It comes last, is for sale at once, and has its history row with author."""
    body = {"mode": "chat", "minutes": 30, "price": 55_000}
    new = await house.said(201, OPERATOR, boss, "POST", TIERS, body)
    assert (new["minutes"], new["price"], new["sort_order"], new["is_active"]) == (30, 55_000, 4, True)
    assert (await tiers(house, boss))[30] == new
    ani = await house.customer()
    shown = await house.said(200, UserType.CUSTOMER, ani, "GET", "/api/client/chat/pricing")
    assert [(tier["minutes"], tier["price"]) for tier in shown["tiers"]][-1] == (30, 55_000)
    (row,) = await history(house, boss)
    assert row["change_kind"] == "created"
    assert row["tier_id"] == new["id"]
    assert row["before"] is None
    assert row["after"] == {key: value for key, value in new.items() if key != "updated_at"}
    assert row["changed_by"] == {"id": str(boss), "display_name": f"{boss}@example.org"}


async def test_a_tier_is_changed(house: Reception, boss: UUID) -> None:
    """A new price is a new version; the repeat of the same command changes nothing and is answered alike."""
    seen = (await tiers(house, boss))[12]
    path, wish = f"{TIERS}/{seen['id']}", {"price": 27_000, "updated_at": seen["updated_at"]}
    after = await house.said(200, OPERATOR, boss, "PATCH", path, wish)
    assert after == {**seen, "price": 27_000, "updated_at": after["updated_at"]}
    assert after["updated_at"] > seen["updated_at"]
    assert await house.said(200, OPERATOR, boss, "PATCH", path, wish) == after
    again = {"price": 27_000, "updated_at": after["updated_at"]}
    assert await house.said(200, OPERATOR, boss, "PATCH", path, again) == after
    (row,) = await history(house, boss)
    assert (row["change_kind"], row["before"]["price"], row["after"]["price"]) == ("updated", 25_000, 27_000)


@pytest.mark.parametrize("seen", [NEVER, "", "yesterday", "1", "\N{SNOWMAN}"])
async def test_a_stale_change_of_a_tier(house: Reception, boss: UUID, seen: str) -> None:
    """Whoever saw another version hears how the row stands, and nothing is changed."""
    row = (await tiers(house, boss))[12]
    answer = await house.said(
        409, OPERATOR, boss, "PATCH", f"{TIERS}/{row['id']}", {"price": 1, "updated_at": seen}
    )
    assert answer["code"] == "STALE_WRITE"
    assert answer["current"] == row
    assert (await tiers(house, boss))[12] == row
    assert await history(house, boss) == []


@pytest.mark.parametrize(
    "wish",
    [
        {"price": 1},
        {"updated_at": None, "price": 1},
        {"updated_at": 5, "price": 1},
        {"updated_at": NEVER, "price": 0},
        {"updated_at": NEVER, "price": 100_000_001},
        {"updated_at": NEVER, "price": 1.5},
        {"updated_at": NEVER, "price": True},
        {"updated_at": NEVER, "sort_order": -1},
        {"updated_at": NEVER, "minutes": 12},
        {"updated_at": NEVER, "mode": "chat"},
        {"updated_at": NEVER, "is_active": False},
    ],
)
async def test_a_wrong_change_of_a_tier(house: Reception, boss: UUID, wish: Row) -> None:
    """What a tier is stays, its price has bounds, and the version seen is needed."""
    row = (await tiers(house, boss))[12]
    answer = await house.said(422, OPERATOR, boss, "PATCH", f"{TIERS}/{row['id']}", wish)
    assert answer["code"] == "VALIDATION_ERROR"
    assert await history(house, boss) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mode": "chat", "minutes": 0, "price": 1},
        {"mode": "chat", "minutes": 1_441, "price": 1},
        {"mode": "chat", "minutes": 30, "price": 0},
        {"mode": "chat", "minutes": 30},
        {"mode": "letter", "minutes": 30, "price": 1},
        {"mode": "chat", "minutes": 30, "price": 1, "is_active": True},
    ],
)
async def test_a_wrong_tier(house: Reception, boss: UUID, body: Row) -> None:
    """What cannot be sold is refused."""
    assert (await house.said(422, OPERATOR, boss, "POST", TIERS, body))["code"] == "VALIDATION_ERROR"


async def test_the_edges_can_be_sold(house: Reception, boss: UUID) -> None:
    """A minute for a rupiah, a day for a hundred million; calls beside chats."""
    for minutes, price in ((1, 1), (1_440, 100_000_000)):
        body = {"mode": "call", "minutes": minutes, "price": price, "sort_order": 0}
        new = await house.said(201, OPERATOR, boss, "POST", TIERS, body)
        assert (new["minutes"], new["price"], new["sort_order"]) == (minutes, price, 0)


async def test_a_tier_is_taken_away_and_brought_back(house: Reception, boss: UUID) -> None:
    """It is no longer sold but not forgotten; to sell it anew is to bring it back."""
    seen = (await tiers(house, boss))[60]
    path = f"{TIERS}/{seen['id']}"
    gone = await house.said(200, OPERATOR, boss, "DELETE", f"{path}?updated_at={seen['updated_at']}")
    assert gone == {**seen, "is_active": False, "updated_at": gone["updated_at"]}
    assert await house.said(200, OPERATOR, boss, "DELETE", f"{path}?updated_at={seen['updated_at']}") == gone
    assert await house.said(200, OPERATOR, boss, "DELETE", f"{path}?updated_at={gone['updated_at']}") == gone
    ani = await house.customer()
    shown = await house.said(200, UserType.CUSTOMER, ani, "GET", "/api/client/chat/pricing")
    assert 60 not in [tier["minutes"] for tier in shown["tiers"]]
    refused = await house.ask(
        UserType.CUSTOMER, ani, "POST", "/api/client/payment-sessions", {"duration_minutes": 60}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "UNKNOWN_TIER")

    body = {"mode": "chat", "minutes": 60, "price": 88_000}
    answer = await house.said(409, OPERATOR, boss, "POST", TIERS, body)
    assert (answer["code"], answer["id"], answer["current"]) == ("TIER_INACTIVE", seen["id"], gone)
    back = await house.said(200, OPERATOR, boss, "POST", f"{path}/reactivate")
    assert back == {**seen, "updated_at": back["updated_at"]}
    assert await house.said(200, OPERATOR, boss, "POST", f"{path}/reactivate", {}) == back
    answer = await house.said(409, OPERATOR, boss, "POST", TIERS, body)
    assert (answer["code"], answer["id"], answer["current"]) == ("TIER_EXISTS", seen["id"], back)
    kinds = [row["change_kind"] for row in await history(house, boss)]
    assert kinds == ["reactivated", "deactivated"]


async def test_a_stale_removal(house: Reception, boss: UUID) -> None:
    """Taking away and bringing back look at the version too, where one is named."""
    row = (await tiers(house, boss))[60]
    path = f"{TIERS}/{row['id']}"
    answer = await house.said(409, OPERATOR, boss, "DELETE", f"{path}?updated_at={NEVER}")
    assert (answer["code"], answer["current"]) == ("STALE_WRITE", row)
    answer = await house.said(409, OPERATOR, boss, "POST", f"{path}/reactivate", {"updated_at": NEVER})
    assert (answer["code"], answer["current"]) == ("STALE_WRITE", row)
    assert (await house.said(422, OPERATOR, boss, "DELETE", path))["code"] == "VALIDATION_ERROR"


async def test_no_such_tier(house: Reception, boss: UUID) -> None:
    """What is not there cannot be changed."""
    path = f"{TIERS}/{uuid4()}"
    wish = {"price": 1, "updated_at": NEVER}
    assert (await house.said(404, OPERATOR, boss, "PATCH", path, wish))["code"] == "NOT_FOUND"
    await house.said(404, OPERATOR, boss, "DELETE", f"{path}?updated_at={NEVER}")
    await house.said(404, OPERATOR, boss, "POST", f"{path}/reactivate")


async def test_only_operators(house: Reception) -> None:
    """Nobody else reads or changes prices here, and the public listener knows none of it."""
    ani = await house.customer()
    headers = {"method": "GET"}
    for path in (TIERS, PROMOTION, PRICES, SETTINGS):
        assert (await house.internal.request(headers["method"], path)).status_code == 401
        assert (await house.ask(UserType.CUSTOMER, ani, "GET", path)).status_code == 404


# ---------------------------------------------------------------------- their order


def order(*rows: Row) -> dict[str, Any]:
    """The wish for this order."""
    return {
        "mode": "chat",
        "items": [{"id": row["id"], "updated_at": row["updated_at"]} for row in rows],
    }


async def test_tiers_are_put_in_order(house: Reception, boss: UUID) -> None:
    """Only those that move get a new version and a history row; customers see the new order."""
    seen = await tiers(house, boss)
    wish = order(seen[5], seen[60], seen[12])
    after = await house.said(200, OPERATOR, boss, "POST", f"{TIERS}/reorder", wish)
    assert [row["minutes"] for row in after["rows"]] == [5, 60, 12]
    assert [row["sort_order"] for row in after["rows"]] == [1, 2, 3]
    now = await tiers(house, boss)
    assert now[5] == seen[5]
    assert now[60]["updated_at"] > seen[60]["updated_at"]
    assert {row["tier_id"] for row in await history(house, boss)} == {seen[60]["id"], seen[12]["id"]}
    assert {row["change_kind"] for row in await history(house, boss)} == {"reordered"}
    assert await house.said(200, OPERATOR, boss, "POST", f"{TIERS}/reorder", wish) == after
    ani = await house.customer()
    shown = await house.said(200, UserType.CUSTOMER, ani, "GET", "/api/client/chat/pricing")
    assert [tier["minutes"] for tier in shown["tiers"]] == [5, 60, 12]


async def test_a_stale_order(house: Reception, boss: UUID) -> None:
    """One row that somebody else changed is enough: nothing is moved, and that row is shown."""
    seen = await tiers(house, boss)
    change = {"price": 11_000, "updated_at": seen[5]["updated_at"]}
    now = await house.said(200, OPERATOR, boss, "PATCH", f"{TIERS}/{seen[5]['id']}", change)
    wish = order(seen[60], seen[12], seen[5])
    answer = await house.said(409, OPERATOR, boss, "POST", f"{TIERS}/reorder", wish)
    assert (answer["code"], answer["current"]) == ("STALE_WRITE", [now])
    assert [row["change_kind"] for row in await history(house, boss)] == ["updated"]


async def test_a_wrong_order(house: Reception, boss: UUID) -> None:
    """Each active tier of the mode once, and nothing that is none of its tiers."""
    seen = await tiers(house, boss)
    strange = {**seen[5], "id": str(uuid4())}
    await house.said(
        200, OPERATOR, boss, "DELETE", f"{TIERS}/{seen[60]['id']}?updated_at={seen[60]['updated_at']}"
    )
    for rows in (
        [],
        [seen[5]],
        [seen[5], seen[5], seen[12]],
        [seen[5], seen[12], strange],
    ):
        answer = await house.said(422, OPERATOR, boss, "POST", f"{TIERS}/reorder", order(*rows))
        assert answer["errors"] == [{"path": "$.items", "message": "must name each active tier of chat once"}]
    lacking = {"mode": "chat", "items": [{"id": seen[5]["id"]}]}
    await house.said(422, OPERATOR, boss, "POST", f"{TIERS}/reorder", lacking)
    after = await house.said(200, OPERATOR, boss, "POST", f"{TIERS}/reorder", order(seen[12], seen[5]))
    assert [row["minutes"] for row in after["rows"] if row["is_active"]] == [12, 5]


async def test_an_order_with_what_is_not_for_sale(house: Reception, boss: UUID) -> None:
    """Who did not see that a tier was taken away has lost; who did may give it a place for its return."""
    seen = await tiers(house, boss)
    gone = await house.said(
        200, OPERATOR, boss, "DELETE", f"{TIERS}/{seen[60]['id']}?updated_at={seen[60]['updated_at']}"
    )
    stale = order(seen[60], seen[12], seen[5])
    answer = await house.said(409, OPERATOR, boss, "POST", f"{TIERS}/reorder", stale)
    assert (answer["code"], answer["current"]) == ("STALE_WRITE", [gone])
    wish = order(gone, seen[12], seen[5])
    after = await house.said(200, OPERATOR, boss, "POST", f"{TIERS}/reorder", wish)
    assert [row["minutes"] for row in after["rows"]] == [60, 12, 5]
    assert [row["is_active"] for row in after["rows"]] == [False, True, True]
    ani = await house.customer()
    shown = await house.said(200, UserType.CUSTOMER, ani, "GET", "/api/client/chat/pricing")
    assert [tier["minutes"] for tier in shown["tiers"]] == [12, 5]


# ---------------------------------------------------------------------- the promotion


async def test_the_promotion_is_shown(house: Reception, boss: UUID) -> None:
    """With every member, and whether anybody can have it."""
    shown = await house.said(200, OPERATOR, boss, "GET", PROMOTION)
    assert {key: value for key, value in shown.items() if key != "updated_at"} == {
        "key": "first_session_discount",
        "is_active": False,
        "mode": "chat",
        "minutes": 5,
        "price": 0,
        "label": "Sesi pertama gratis",
        "requires_phone": True,
        "applies": False,
    }


async def test_the_promotion_is_changed(house: Reception, boss: UUID) -> None:
    """Switched is a kind of its own when nothing else changed; each change has its row."""
    seen = await house.said(200, OPERATOR, boss, "GET", PROMOTION)
    for wish in (
        {"is_active": True},
        {"is_active": False},
        {"is_active": True, "price": 3_000},
        {"label": "Halo!", "requires_phone": False},
    ):
        change = {**wish, "updated_at": seen["updated_at"]}
        after = await house.said(200, OPERATOR, boss, "PATCH", PROMOTION, change)
        assert after == {
            **seen,
            **wish,
            "applies": after["is_active"],
            "updated_at": after["updated_at"],
        }
        assert await house.said(200, OPERATOR, boss, "PATCH", PROMOTION, change) == after
        seen = after
    rows = await history(house, boss)
    assert [row["change_kind"] for row in rows] == ["updated", "updated", "deactivated", "reactivated"]
    assert {row["key"] for row in rows} == {"first_session_discount"}
    assert rows[0]["after"] == {
        key: value for key, value in seen.items() if key not in {"updated_at", "applies"}
    }
    assert rows[0]["before"] == rows[1]["after"]


async def test_a_promotion_for_minutes_that_nobody_sells(house: Reception, boss: UUID) -> None:
    """It may be prepared beforehand; the answer says that nobody can have it yet."""
    seen = await house.said(200, OPERATOR, boss, "GET", PROMOTION)
    wish = {"is_active": True, "minutes": 7, "updated_at": seen["updated_at"]}
    after = await house.said(200, OPERATOR, boss, "PATCH", PROMOTION, wish)
    assert (after["is_active"], after["applies"]) == (True, False)
    await house.said(201, OPERATOR, boss, "POST", TIERS, {"mode": "chat", "minutes": 7, "price": 14_000})
    assert (await house.said(200, OPERATOR, boss, "GET", PROMOTION))["applies"] is True


async def test_a_stale_change_of_the_promotion(house: Reception, boss: UUID) -> None:
    """Whoever saw another version hears how it stands."""
    seen = await house.said(200, OPERATOR, boss, "GET", PROMOTION)
    answer = await house.said(409, OPERATOR, boss, "PATCH", PROMOTION, {"price": 1, "updated_at": NEVER})
    assert (answer["code"], answer["current"]) == ("STALE_WRITE", seen)
    assert await history(house, boss) == []


@pytest.mark.parametrize(
    "wish",
    [
        {"price": 1},
        {"updated_at": NEVER, "price": -1},
        {"updated_at": NEVER, "minutes": 0},
        {"updated_at": NEVER, "label": ""},
        {"updated_at": NEVER, "label": "   "},
        {"updated_at": NEVER, "label": "x" * 81},
        {"updated_at": NEVER, "is_active": 1},
        {"updated_at": NEVER, "key": "another"},
    ],
)
async def test_a_wrong_change_of_the_promotion(house: Reception, boss: UUID, wish: Row) -> None:
    """What it may hold has bounds."""
    assert (await house.said(422, OPERATOR, boss, "PATCH", PROMOTION, wish))["code"] == "VALIDATION_ERROR"


# ---------------------------------------------------------------------- histories


async def test_the_history_of_prices_in_pages(house: Reception, boss: UUID) -> None:
    """Tiers and promotion together, the latest first, in pages that neither repeat nor leave out a row."""
    for number in range(3):
        body = {"mode": "call", "minutes": 10 + number, "price": 1_000}
        await house.said(201, OPERATOR, boss, "POST", TIERS, body)
        seen = await house.said(200, OPERATOR, boss, "GET", PROMOTION)
        wish = {"price": number + 1, "updated_at": seen["updated_at"]}
        await house.said(200, OPERATOR, boss, "PATCH", PROMOTION, wish)
    whole = (await house.said(200, OPERATOR, boss, "GET", PRICES))["rows"]
    assert [row["key"] is None for row in whole[:6]] == [False, True] * 3
    assert {" ".join(row) for row in whole} == {"at changed_by change_kind tier_id key before after"}
    assert [row["changed_by"] for row in whole[6:]] == [None] * 4
    assert [row["at"] for row in whole] == sorted((row["at"] for row in whole), reverse=True)
    paged: list[Row] = []
    path = f"{PRICES}?limit=3"
    while True:
        page = await house.said(200, OPERATOR, boss, "GET", path)
        paged += page["rows"]
        if page["next"] is None:
            break
        path = f"{PRICES}?limit=3&cursor={page['next']}"
    assert paged == whole


async def test_the_history_of_settings(house: Reception, boss: UUID) -> None:
    """Which key, from what to what, by whom; what the installation set has no author."""
    shown = await house.said(200, OPERATOR, boss, "GET", "/internal/config")
    seen = {row["key"]: row["updated_at"] for row in shown["rows"]}
    for value in (4, 5):
        wish = {"max_customers_per_mitra": {"value": value, "updated_at": seen["max_customers_per_mitra"]}}
        after = await house.said(200, OPERATOR, boss, "PATCH", "/internal/config", wish)
        seen = {row["key"]: row["updated_at"] for row in after["rows"]}
    first = await house.said(200, OPERATOR, boss, "GET", f"{SETTINGS}?limit=2")
    assert [(row["key"], row["before"], row["after"]) for row in first["rows"]] == [
        ("max_customers_per_mitra", 4, 5),
        ("max_customers_per_mitra", 3, 4),
    ]
    assert {row["changed_by"]["id"] for row in first["rows"]} == {str(boss)}
    rest = await house.said(200, OPERATOR, boss, "GET", f"{SETTINGS}?cursor={first['next']}")
    assert rest["next"] is None
    assert len(rest["rows"]) == len(seen)
    assert {(row["change_kind"], row["changed_by"]) for row in rest["rows"]} == {("created", None)}


async def test_a_cursor_of_somebody_else(house: Reception, boss: UUID) -> None:
    """What is no place in this history is refused."""
    cursor = (await house.said(200, OPERATOR, boss, "GET", f"{PRICES}?limit=1"))["next"]
    for path in (f"{PRICES}?cursor=xyz", f"{SETTINGS}?cursor={cursor}", f"{SETTINGS}?cursor=%F0%9F%98%80"):
        assert (await house.said(422, OPERATOR, boss, "GET", path))["code"] == "VALIDATION_ERROR"
