"""Settings are changed by operators: all or nothing, seen by whom, in force where and when."""

import pytest

from support.evening import House
from support.people import Json, Operator
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS: dict[str, Json] = {}
DEFAULTS = {
    "payment_session_timeout_minutes": 20,
    "pairing_blast_timeout_seconds": 60,
    "pairing_wave_size": 0,
    "returning_chat_confirmation_timeout_seconds": 20,
    "extension_timeout_seconds": 10,
    "extension_default_action_on_timeout": "auto_approve",
    "closure_grace_seconds": 60,
    "max_customers_per_mitra": 3,
    "mitra_require_ping": True,
    "mitra_stale_after_seconds": 45,
    "support_handles_json": {},
}
WRONG: dict[str, tuple[Json, ...]] = {
    "payment_session_timeout_minutes": (0, 1441, 1.5, "20", None, True),
    "pairing_blast_timeout_seconds": (4, 601),
    "pairing_wave_size": (-1, 10001),
    "returning_chat_confirmation_timeout_seconds": (4, 301),
    "extension_timeout_seconds": (4, 121),
    "extension_default_action_on_timeout": ("auto", "", None, 1),
    "closure_grace_seconds": (-1, 901),
    "max_customers_per_mitra": (0, 21),
    "mitra_require_ping": ("true", 1, None),
    "mitra_stale_after_seconds": (29, 0, -1, "45", 30.5),
    "support_handles_json": ("{", [], 1, {"phone": "x"}),
}
HISTORY = "SELECT count(*) FROM app_config_history"


async def rows(operator: Operator) -> dict[str, Json]:
    """Every setting, by its key."""
    answer = await operator.get("/internal/config")
    assert answer["total"] == len(answer["rows"]) == len(DEFAULTS)
    return {row["key"]: row for row in answer["rows"]}


async def test_the_defaults(house: House) -> None:
    """A new house has every setting at its default, with bounds and words for the control center."""
    found = await rows(await house.operator())
    assert {key: row["value"] for key, row in found.items()} == DEFAULTS
    assert all(row["label"] and row["description"] for row in found.values())
    assert (found["pairing_blast_timeout_seconds"]["min"], found["pairing_blast_timeout_seconds"]["max"]) == (
        5,
        600,
    )
    assert found["extension_default_action_on_timeout"]["choices"] == ["auto_approve", "auto_reject"]


async def test_wrong_values(house: House) -> None:
    """A value of another type or out of bounds changes nothing, not even what was right beside it."""
    operator = await house.operator()
    before, history = await rows(operator), await house.value(HISTORY)
    for key, values in WRONG.items():
        for value in values:
            right = (
                {"closure_grace_seconds": 77} if key != "closure_grace_seconds" else {"pairing_wave_size": 7}
            )
            problem = (await operator.change(**{key: value}, **right)).refused("VALIDATION_ERROR", 422)
            assert problem["errors"][0]["path"].startswith(f"$.{key}"), problem
    body = {"no_such_key": {"value": 1, "updated_at": "2026-01-01T00:00:00Z"}}
    (await operator.ask("PATCH", "/internal/config", body)).refused("VALIDATION_ERROR", 422)
    assert await rows(operator) == before
    assert await house.value(HISTORY) == history


async def test_the_threshold_of_silence(house: House) -> None:
    """Never below the cadence, on both routes, in the same words."""
    operator = await house.operator()
    sentence = "stale_after_seconds must be a number >= heartbeat cadence (30s)"
    for answer in (
        await operator.ask("PATCH", "/internal/config/mitra-ping", {"stale_after_seconds": 29}),
        await operator.ask("PATCH", "/internal/config/mitra-ping", {"stale_after_seconds": "soon"}),
        await operator.change(mitra_stale_after_seconds=29),
    ):
        problem = answer.refused("VALIDATION_ERROR", 422)
        assert (problem["detail"], problem["errors"][0]["message"]) == (sentence, sentence)
    changed = (await operator.ask("PATCH", "/internal/config/mitra-ping", {"stale_after_seconds": 90})).ok()
    assert changed == {"require_ping": True, "stale_after_seconds": 90, "heartbeat_cadence_seconds": 30}
    assert await operator.get("/internal/config/mitra-ping") == changed
    (await operator.change(mitra_stale_after_seconds=45)).ok()


async def test_somebody_else_was_quicker(house: House) -> None:
    """A change of a row that has changed meanwhile is refused with the row as it is, and changes nothing."""
    first, second = await house.operator(), await house.operator()
    seen = await rows(first)
    (await second.change(closure_grace_seconds=30)).ok()
    body = {
        key: {"value": value, "updated_at": seen[key]["updated_at"]}
        for key, value in {"closure_grace_seconds": 90, "pairing_wave_size": 5}.items()
    }
    problem = (await first.ask("PATCH", "/internal/config", body)).refused("STALE_WRITE")
    assert "30" in str(problem["current"])
    after = await rows(first)
    assert (after["closure_grace_seconds"]["value"], after["pairing_wave_size"]["value"]) == (30, 0)
    (await first.change(closure_grace_seconds=60)).ok()
    author = """
        SELECT changed_by FROM app_config_history WHERE key = 'closure_grace_seconds'
        ORDER BY id DESC LIMIT 2"""
    assert [str(row["changed_by"]) for row in await house.rows(author)] == [first.id, second.id]


async def test_in_force_everywhere(house: House) -> None:
    """At once where it was changed, soon at the other instance; a window that began keeps its length."""
    operator, ayu = await house.operator(), await house.customer()
    other = ayu.via(house.instances[1])
    old = (await ayu.search(await ayu.pays())).ok(201)
    (await operator.change(pairing_blast_timeout_seconds=33)).ok()
    new = await house.customer()
    assert (await new.searches())["timeout_seconds"] == 33
    assert (await ayu.request(old))["timeout_seconds"] == 60

    async def arrived() -> bool:
        once_more = (await house.customer()).via(other.at)
        request = await once_more.searches()
        (await once_more.give_up({"id": request["payment_session_id"]})).ok()
        return bool(request["timeout_seconds"] == 33)

    await eventually(arrived, seconds=2)
    for customer in (ayu, new):
        active = await customer.active()
        (await customer.give_up(active["payment_session"])).ok()
    (await operator.change(pairing_blast_timeout_seconds=60)).ok()
