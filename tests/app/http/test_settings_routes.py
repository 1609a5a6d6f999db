"""The settings over HTTP: all or nothing, the lock, the history, in force at once."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from halobestie_core.settings import SETTINGS
from halobestie_core.words import UserType
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

OPERATOR = UserType.OPERATOR
CONFIG = "/internal/config"
PING = "/internal/config/mitra-ping"
BELOW = "stale_after_seconds must be a number >= heartbeat cadence (30s)"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Reception]:
    """Both listeners."""
    async with reception(database_url) as opened:
        yield opened


@pytest.fixture
async def boss(house: Reception) -> UUID:
    """An operator."""
    return await house.operator()


async def rows(house: Reception, boss: UUID) -> dict[str, dict[str, Any]]:
    """The settings by key."""
    shown = await house.said(200, OPERATOR, boss, "GET", CONFIG)
    return {row["key"]: row for row in shown["rows"]}


async def histories(house: Reception) -> list[tuple[Any, ...]]:
    """What was changed by somebody."""
    found = await house.run(
        b"SELECT key, before, after, changed_by FROM app_config_history"
        b" WHERE changed_by IS NOT NULL ORDER BY id"
    )
    return await found.fetchall()


async def commands(house: Reception) -> list[Mapping[str, str]]:
    """What was left to be done later."""
    found = await house.run(
        b"SELECT payload FROM outbox WHERE kind = 'later' AND stream = 'house' ORDER BY id"
    )
    return [row[0] for row in await found.fetchall()]


async def test_every_setting_is_shown(house: Reception, boss: UUID) -> None:
    """Each with its bounds and its words; the threshold is bounded by the cadence of the day."""
    shown = await house.said(200, OPERATOR, boss, "GET", CONFIG)
    assert shown["total"] == len(SETTINGS)
    names = "key value type default min max choices label description updated_at"
    assert {" ".join(row) for row in shown["rows"]} == {names}
    by_key = {row["key"]: row for row in shown["rows"]}
    assert list(by_key) == list(SETTINGS)
    assert by_key["mitra_stale_after_seconds"]["min"] == 30
    assert by_key["extension_default_action_on_timeout"]["choices"] == ["auto_approve", "auto_reject"]
    assert by_key["mitra_require_ping"]["value"] is True


async def test_change(house: Reception, boss: UUID) -> None:
    """What was sent is changed, in force here at once, and others are nudged; one history row per key."""
    seen = await rows(house, boss)
    wish = {
        "pairing_blast_timeout_seconds": {
            "value": 30,
            "updated_at": seen["pairing_blast_timeout_seconds"]["updated_at"],
        },
        "support_handles_json": {
            "value": {"whatsapp": "+62811"},
            "updated_at": seen["support_handles_json"]["updated_at"],
        },
    }
    answer = await house.said(200, OPERATOR, boss, "PATCH", CONFIG, wish)
    by_key = {row["key"]: row for row in answer["rows"]}
    assert by_key["pairing_blast_timeout_seconds"]["value"] == 30
    assert (
        by_key["pairing_blast_timeout_seconds"]["updated_at"]
        > seen["pairing_blast_timeout_seconds"]["updated_at"]
    )
    assert house.services.settings().pairing_blast_timeout_seconds == 30
    assert (await house.public.get("/api/shared/support")).json() == {"handles": {"whatsapp": "+62811"}}
    assert house.nudges == [None]
    assert await histories(house) == [
        ("pairing_blast_timeout_seconds", 60, 30, boss),
        ("support_handles_json", {}, {"whatsapp": "+62811"}, boss),
    ]
    assert await commands(house) == []


async def test_stale_write(house: Reception, boss: UUID) -> None:
    """Who saw an older row changes nothing, not even the other key, and is shown how it stands."""
    seen = await rows(house, boss)
    key, other = "closure_grace_seconds", "extension_timeout_seconds"
    first = {key: {"value": 10, "updated_at": seen[key]["updated_at"]}}
    await house.said(200, OPERATOR, boss, "PATCH", CONFIG, first)
    second = {
        key: {"value": 20, "updated_at": seen[key]["updated_at"]},
        other: {"value": 20, "updated_at": seen[other]["updated_at"]},
    }
    refused = await house.said(409, OPERATOR, boss, "PATCH", CONFIG, second)
    assert refused["code"] == "STALE_WRITE"
    [current] = refused["current"]
    now = await rows(house, boss)
    assert current == now[key]
    assert (now[key]["value"], now[other]["value"]) == (10, 10)
    assert len(await histories(house)) == 1


@pytest.mark.parametrize(
    "key, value, said",
    [
        ("pairing_blast_timeout_seconds", 4, "must be between 5 and 600"),
        ("pairing_blast_timeout_seconds", 601, "must be between 5 and 600"),
        ("pairing_blast_timeout_seconds", "60", "must be a whole number"),
        ("pairing_blast_timeout_seconds", 60.0, "must be a whole number"),
        ("pairing_blast_timeout_seconds", True, "must be a whole number"),
        ("pairing_blast_timeout_seconds", None, "must be a whole number"),
        ("mitra_require_ping", "yes", "must be true or false"),
        ("extension_default_action_on_timeout", "auto", "must be one of"),
        ("support_handles_json", {"phone": "1"}, "not phone"),
        ("support_handles_json", [], "must be a JSON object"),
        ("mitra_stale_after_seconds", 29, BELOW),
        ("mitra_stale_after_seconds", "soon", BELOW),
    ],
)
async def test_values_out_of_bounds(house: Reception, boss: UUID, key: str, value: object, said: str) -> None:
    """A value that a key cannot have is 422, says what is allowed, and changes nothing."""
    seen = await rows(house, boss)
    wish = {key: {"value": value, "updated_at": seen[key]["updated_at"]}}
    refused = await house.said(422, OPERATOR, boss, "PATCH", CONFIG, wish)
    assert refused["code"] == "VALIDATION_ERROR"
    assert said in refused["detail"]
    assert refused["errors"][0]["path"] == f"$.{key}.value"
    assert said in refused["errors"][0]["message"]
    assert await rows(house, boss) == seen


async def test_all_errors_at_once(house: Reception, boss: UUID) -> None:
    """Two wrong values are two errors, and the right one beside them is not taken."""
    seen = await rows(house, boss)
    wish = {
        key: {"value": value, "updated_at": seen[key]["updated_at"]}
        for key, value in {
            "closure_grace_seconds": 5,
            "extension_timeout_seconds": 1,
            "max_customers_per_mitra": 99,
        }.items()
    }
    refused = await house.said(422, OPERATOR, boss, "PATCH", CONFIG, wish)
    assert [error["path"] for error in refused["errors"]] == [
        "$.extension_timeout_seconds.value",
        "$.max_customers_per_mitra.value",
    ]
    assert await rows(house, boss) == seen


@pytest.mark.parametrize(
    "body, path",
    [
        ({"speed": {"value": 1, "updated_at": "2026-01-01T00:00:00Z"}}, "$.speed"),
        ({"closure_grace_seconds": 5}, "$.closure_grace_seconds"),
        ({"closure_grace_seconds": {"value": 5}}, "$.closure_grace_seconds.updated_at"),
        (
            {"closure_grace_seconds": {"value": 5, "updated_at": "yesterday"}},
            "$.closure_grace_seconds.updated_at",
        ),
        (
            {"closure_grace_seconds": {"value": 5, "updated_at": "2026-01-01T00:00:00Z", "by": "me"}},
            "$.closure_grace_seconds.by",
        ),
    ],
)
async def test_malformed_changes(house: Reception, boss: UUID, body: object, path: str) -> None:
    """Unknown keys and malformed members are 422."""
    refused = await house.said(422, OPERATOR, boss, "PATCH", CONFIG, body)
    assert refused["errors"][0]["path"] == path


async def test_nothing_new(house: Reception, boss: UUID) -> None:
    """The value that is there already, or no value at all, writes nothing and nudges nobody."""
    seen = await rows(house, boss)
    key = "closure_grace_seconds"
    same = {key: {"value": 60, "updated_at": seen[key]["updated_at"]}}
    await house.said(200, OPERATOR, boss, "PATCH", CONFIG, same)
    await house.said(200, OPERATOR, boss, "PATCH", CONFIG, {})
    assert await rows(house, boss) == seen
    assert await histories(house) == []
    assert house.nudges == []


async def test_more_may_be_asked(house: Reception, boss: UUID) -> None:
    """A cap that rises leaves the command that offers what is open; one that falls does not."""
    for value, expected in ((5, 1), (2, 1), (3, 2)):
        seen = await rows(house, boss)
        key = "max_customers_per_mitra"
        wish = {key: {"value": value, "updated_at": seen[key]["updated_at"]}}
        await house.said(200, OPERATOR, boss, "PATCH", CONFIG, wish)
        assert await commands(house) == [{"command": "house_changed"}] * expected


async def test_mitra_ping(house: Reception, boss: UUID) -> None:
    """The three values; part of them is changed without a lock; the cadence may be sent back as it is."""
    shown = await house.said(200, OPERATOR, boss, "GET", PING)
    assert shown == {"require_ping": True, "stale_after_seconds": 45, "heartbeat_cadence_seconds": 30}
    changed = await house.said(200, OPERATOR, boss, "PATCH", PING, {"stale_after_seconds": 90})
    assert changed == {**shown, "stale_after_seconds": 90}
    assert await house.said(200, OPERATOR, boss, "PATCH", PING, changed) == changed
    assert house.services.settings().mitra_stale_after_seconds == 90
    assert await commands(house) == [{"command": "house_changed"}]
    off = await house.said(200, OPERATOR, boss, "PATCH", PING, {"require_ping": False})
    assert off["require_ping"] is False
    assert len(await histories(house)) == 2


@pytest.mark.parametrize("value", [29, 0, -1, "45", 45.5, True, None, []])
async def test_threshold_below_the_cadence(house: Reception, boss: UUID, value: object) -> None:
    """Not a number, or below the cadence: the sentence of the contract, in both places."""
    refused = await house.said(422, OPERATOR, boss, "PATCH", PING, {"stale_after_seconds": value})
    assert refused["detail"] == BELOW
    assert refused["errors"] == [{"path": "$.stale_after_seconds", "message": BELOW}]


@pytest.mark.parametrize(
    "body, path",
    [
        ({"require_ping": None}, "$.require_ping"),
        ({"require_ping": "no"}, "$.require_ping"),
        ({"heartbeat_cadence_seconds": 10}, "$.heartbeat_cadence_seconds"),
        ({"stale": 1}, "$.stale"),
    ],
)
async def test_other_wrong_pings(house: Reception, boss: UUID, body: object, path: str) -> None:
    """Neither null nor another cadence nor an unknown member is taken."""
    refused = await house.said(422, OPERATOR, boss, "PATCH", PING, body)
    assert refused["errors"][0]["path"] == path


async def test_for_operators_only(house: Reception) -> None:
    """Nobody else reads or changes settings."""
    ani = await house.customer()
    for method in ("GET", "PATCH"):
        for path in (CONFIG, PING):
            answer = await house.internal.request(
                method, path, headers={"Authorization": f"Bearer customer.{ani}.60"}
            )
            assert answer.status_code == 403
            assert (await house.internal.request(method, path)).status_code == 401
