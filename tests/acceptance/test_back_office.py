"""Stories of operators beside money: mitras they keep, chats they look at and end, doors that stay shut."""

import json
from functools import partial
from typing import Any

import pytest

from halobestie_adapters.ids import uuid7
from support.evening import House, together
from support.misuse import Operation, operations
from support.people import Answer, Customer, Json, Mitra, Operator, Person
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {"mitra_stale_after_seconds": 3600, "extension_timeout_seconds": 60}
ROW = (
    "id phone display_name is_online is_connected blocked blocked_at last_heartbeat_at live_chats"
    " max_customers created_at version"
)
LIVE = (
    "id status mode topic_sensitivity customer mitra started_at expires_at closing_until seconds_left"
    " ended_at end_reason version mitra_reachable customer_connected pending_extension"
)
WAITING = "extension_id duration_minutes price requested_at expires_at timeout_seconds default_action"
CHANGES = """
SELECT change_kind, changed_by::text, before, after FROM operator_changes
WHERE subject_type = 'mitra' AND subject_id = %s ORDER BY id"""
END = """
SELECT actor_type, actor_id::text, facts ->> 'reason' AS reason FROM transitions
WHERE machine = 'chat' AND aggregate_id = %s AND to_state = 'ended'"""


@pytest.fixture(scope="module")
async def boss(house: House) -> Operator:
    """Whoever looks."""
    return await house.operator()


def named(row: Json) -> str:
    """The names of an object's members."""
    return " ".join(row)


# ---------------------------------------------------------------------- mitras


async def register(boss: Operator, phone: str, name: str) -> Answer:
    """Register a mitra."""
    return await boss.ask("POST", "/internal/mitras", {"phone": phone, "display_name": name})


async def found(boss: Operator, query: str) -> list[str]:
    """The names found."""
    return [row["display_name"] for row in (await boss.get(f"/internal/mitras?{query}"))["rows"]]


async def test_registering_a_mitra(house: House, boss: Operator) -> None:
    """Once, however the phone is spelled; the same again is the same, another name a conflict."""
    kept = (await register(boss, "+62 811-2222-0001", " Wulan ")).ok(201)
    assert named(kept) == ROW
    assert (kept["phone"], kept["display_name"], kept["version"]) == ("+6281122220001", "Wulan", 1)
    assert (kept["is_online"], kept["is_connected"], kept["blocked"]) == (False, False, False)
    assert (await register(boss, "+6281122220001", "Wulan")).ok(201) == kept
    other = (await register(boss, "+6281122220001", "Sari")).refused("INVALID_STATE")
    assert other["state"] == "registered"
    assert other["mitra"] == {"id": kept["id"], "display_name": "Wulan"}
    assert await house.rows(CHANGES, kept["id"]) == [
        {"change_kind": "created", "changed_by": boss.id, "before": None, "after": {"display_name": "Wulan"}}
    ]
    for phone, name in (("0811222", "Ani"), ("+1 202 555 0100", "Ani"), ("+6281122220002", "\u200b ")):
        (await register(boss, phone, name)).refused("VALIDATION_ERROR", 422)


async def test_two_register_the_same(house: House, boss: Operator) -> None:
    """At two instances at once: one mitra, one row of history."""
    answers = await together(
        *[register(boss.via(instance), "+6281122220009", "Yuni") for instance in house.instances * 4]
    )
    ids = {answer.ok(201)["id"] for answer in answers}
    assert len(ids) == 1
    assert len(await house.rows(CHANGES, ids.pop())) == 1


async def test_renaming_a_mitra(house: House, boss: Operator) -> None:
    """Seen everywhere at once; one row of history per change, with its author; none for none."""
    kept = (await register(boss, "+6281122220003", "Tini")).ok(201)
    path = f"/internal/mitras/{kept['id']}"
    after = (await boss.ask("PATCH", path, {"display_name": "Tini W."})).ok()
    assert after == kept | {"display_name": "Tini W."}
    assert (await boss.ask("PATCH", path, {"display_name": "Tini W."})).ok() == after
    assert (await boss.ask("PATCH", path, {})).ok() == after
    assert (await house.rows(CHANGES, kept["id"]))[1:] == [
        {
            "change_kind": "renamed",
            "changed_by": boss.id,
            "before": {"display_name": "Tini"},
            "after": {"display_name": "Tini W."},
        }
    ]
    (await boss.ask("PATCH", path, {"display_name": "x" * 41})).refused("VALIDATION_ERROR", 422)
    (await boss.ask("PATCH", path, {"phone": "+6281122220004"})).refused("VALIDATION_ERROR", 422)
    nobody = f"/internal/mitras/{uuid7()}"
    for change in ({"display_name": "Tini"}, {"blocked": True}, {}):
        (await boss.ask("PATCH", nobody, change)).refused("NOT_FOUND", 404)


async def test_finding_mitras(house: House, boss: Operator) -> None:
    """By part of a name in any case, by part of a phone however spelled, by how they stand, page by page."""
    for number, name in enumerate(("Zulfa A_1", "zulfa b%2", "Zulfa C")):
        (await register(boss, f"+628133333000{number}", name)).ok(201)
    assert await found(boss, "q=ZULFA") == ["Zulfa A_1", "zulfa b%2", "Zulfa C"]
    assert await found(boss, "q=b%25") == ["zulfa b%2"]
    assert await found(boss, "q=a_") == ["Zulfa A_1"]
    for spelled in ("0813-3333-0001", "%2B62%20813%203333%200001", "6281333330001", "333330001"):
        assert await found(boss, f"q={spelled}") == ["zulfa b%2"]
    rows = await boss.get("/internal/mitras?q=zulfa&limit=1&offset=1")
    assert ([row["display_name"] for row in rows["rows"]], rows["total"]) == (["zulfa b%2"], 3)
    (blocked,) = (await boss.get("/internal/mitras?q=Zulfa%20C"))["rows"]
    (await boss.ask("PATCH", f"/internal/mitras/{blocked['id']}", {"blocked": True})).ok()
    assert await found(boss, "q=zulfa&state=blocked") == ["Zulfa C"]
    assert await found(boss, "q=zulfa&state=offline,online") == ["Zulfa A_1", "zulfa b%2"]
    budi = await (await house.mitra("Zulfan")).comes()
    assert await found(boss, "q=zulfa&state=online") == ["Zulfan"]
    await budi.connects()

    async def connected() -> bool:
        ((row),) = (await boss.get("/internal/mitras?q=zulfan"))["rows"]
        return bool(row["is_connected"])

    await eventually(connected)
    (await boss.ask("GET", "/internal/mitras?state=gone")).refused("VALIDATION_ERROR", 422)


# ---------------------------------------------------------------------- chats that go on


async def talking(house: House) -> tuple[Customer, Mitra, Json]:
    """Two who talk, at two instances."""
    ayu, budi = await house.customer(), (await house.mitra()).via(house.instances[1])
    await budi.comes()
    return ayu, budi, await budi.accepts(await ayu.searches())


async def shown(boss: Operator, session: Json, query: str = "") -> Json | None:
    """One chat as operators see it, if they do."""
    rows = (await boss.get(f"/internal/sessions?limit=200{query}"))["rows"]
    return next((row for row in rows if row["id"] == session["id"]), None)


async def test_chats_that_go_on(house: House, boss: Operator) -> None:
    """Who talks and who can be reached, what is waited for, and not a word of what is said."""
    ayu, budi, session = await talking(house)
    secret = f"marker {uuid7()}"
    said = {"client_message_id": str(uuid7()), "text": secret}
    (await ayu.ask("POST", f"/api/shared/chat/{session['id']}/messages", said)).ok(201)
    row = await shown(boss, session, "&mitra_reachable=false")
    assert row is not None
    assert named(row) == LIVE
    assert (row["customer"], row["mitra"]) == (session["customer"], session["mitra"])
    assert (row["mitra_reachable"], row["customer_connected"]) == (False, False)
    assert row["pending_extension"] is None
    his, hers = await budi.connects(), await ayu.connects()
    await eventually(partial(_reached, boss, session))
    assert await shown(boss, session, "&mitra_reachable=false") is None
    seen = await shown(boss.via(house.instances[1]), session)
    assert seen is not None
    assert seen["customer_connected"] is True
    extension = await ayu.asks_more(session)
    seen = await shown(boss, session)
    assert seen is not None
    assert named(seen["pending_extension"]) == WAITING
    assert (seen["status"], seen["pending_extension"]["extension_id"]) == ("extending", extension["id"])
    (await budi.respond(extension, accepted=False)).ok()
    await budi.leaves()
    assert (await shown(boss, session, "&mitra_reachable=false") or {})["mitra_reachable"] is False
    assert secret not in json.dumps(await boss.get("/internal/sessions"))
    total = (await boss.get("/internal/sessions?limit=1"))["total"]
    (await ayu.end(session["id"])).ok()
    assert await shown(boss, session) is None
    assert (await boss.get("/internal/sessions?limit=1"))["total"] == total - 1
    for socket in (his, hers):
        await socket.close()


async def _reached(boss: Operator, session: Json) -> bool:
    row = await shown(boss, session, "&mitra_reachable=true")
    return row is not None and bool(row["customer_connected"])


async def test_ending_a_chat(house: House, boss: Operator) -> None:
    """Both hear that an operator ended it; the reason is on record with its author, and nowhere else."""
    ayu, budi, session = await talking(house)
    hers, his = await ayu.connects(), await budi.connects()
    extension = await ayu.asks_more(session)
    reason, path = f"  unkind words {uuid7()} ", f"/internal/sessions/{session['id']}/end"
    ended = (await boss.ask("POST", path, {"reason": reason})).ok()
    assert (ended["status"], ended["end_reason"]) == ("ended", "operator_ended")
    for socket in (hers, his):
        await socket.until("session_ended", session_id=session["id"], end_reason="operator_ended")
    by = [{"actor_type": "cc_user", "actor_id": boss.id, "reason": reason.strip()}]
    assert await house.rows(END, session["id"]) == by
    assert (await boss.ask("POST", path, {"reason": "again"})).ok() == ended
    other = await house.operator()
    assert (await other.via(house.instances[1]).ask("POST", path, {"reason": "me too"})).ok() == ended
    assert await house.rows(END, session["id"]) == by
    assert (await house.moves(extension["id"]))[-1] == "cancel > cancelled (operator_ended)"
    money = await ayu.payment({"id": extension["payment_session_id"]})
    assert (money["status"], money["cause_tag"]) == ("failed_pairing", "operator_ended")
    heard: list[Any] = [*hers.frames, *his.frames]
    for person, whose in ((ayu, "client"), (budi, "mitra")):
        heard += [
            await person.get(f"/api/{whose}/chat/history"),
            await person.get(f"/api/{whose}/chat/active"),
            await person.get(f"/api/shared/chat/{session['id']}/info"),
        ]
    assert "unkind" not in json.dumps(heard)


async def test_ends_that_are_refused(house: House, boss: Operator) -> None:
    """What ended otherwise stays so; no reason, none of words, too long a one; a chat that is none."""
    ayu, _, session = await talking(house)
    path = f"/internal/sessions/{session['id']}/end"
    for body in ({}, {"reason": ""}, {"reason": " \n "}, {"reason": "x" * 501}, {"reason": None}):
        (await boss.ask("POST", path, body)).refused("VALIDATION_ERROR", 422)
    (await ayu.end(session["id"])).ok()
    said = (await boss.ask("POST", path, {"reason": "x" * 500})).refused("INVALID_STATE")
    assert (said["state"], said["allowed"], said["end_reason"]) == ("ended", [], "customer_ended")
    nothing = f"/internal/sessions/{uuid7()}/end"
    (await boss.ask("POST", nothing, {"reason": "why not"})).refused("NOT_FOUND", 404)


# ---------------------------------------------------------------------- doors


async def documents(house: House) -> list[Operation]:
    """Every operation of both listeners that asks for a token."""
    bases = (house.first.public, house.first.internal)
    both = [operations((await house.ask("GET", f"{base}/openapi.json")).ok()) for base in bases]
    return [one for each in both for one in each if one.kinds]


async def ended(house: House, kind: str) -> Person:
    """Somebody who has just logged out."""
    if kind == "cc_user":
        boss = await house.operator()
        login = "UPDATE auth_sessions SET revoked_at = now(), revoked_reason = 'logout' WHERE user_id = %s"
        await house.rows(login, boss.id)
        return boss
    person: Person = await house.customer() if kind == "customer" else await house.mitra()
    assert (await person.ask("POST", "/api/shared/auth/logout")).status == 204
    return person


async def test_no_route_takes_a_token_of_an_ended_log_in(house: House) -> None:
    """Every route of both listeners, at both instances: 401, whatever else is asked."""
    people = {kind: await ended(house, kind) for kind in ("customer", "mitra", "cc_user")}
    me = "/api/shared/me"
    for kind, path in (("customer", me), ("mitra", me), ("cc_user", "/internal/config")):
        for instance in house.instances:
            await eventually(partial(_is_out, people[kind].via(instance), path), seconds=5)
    told = []
    for operation in await documents(house):
        for kind in operation.kinds:
            for instance in house.instances:
                answer = await people[kind].via(instance).ask(operation.method, operation.filled)
                if (answer.status, answer.code) != (401, "UNAUTHENTICATED"):
                    told.append(f"{operation} by a {kind}: {answer}")
    assert not told, "\n".join(told)


async def _is_out(person: Person, path: str) -> bool:
    return (await person.ask("GET", path)).status == 401
