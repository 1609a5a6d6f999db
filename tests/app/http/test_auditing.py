"""The log over HTTP: an aggregate's timeline with its verdict, and the tables with their traffic."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from halobestie_adapters.ids import uuid7
from halobestie_core.atlas.machines import MACHINES
from halobestie_core.machine import Row
from halobestie_core.machine.chart.export import export
from halobestie_core.words import UserType
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

OPERATOR, CUSTOMER, MITRA = UserType.OPERATOR, UserType.CUSTOMER, UserType.MITRA
AUDIT = "/internal/audit"
WORDS = "rahasia sekali"
COLUMNS = [
    *("version", "at", "machine", "from_state", "to_state", "command", "event", "cause_tag"),
    *("actor", "facts", "fingerprint", "previous_hash", "hash"),
]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Reception]:
    """Both listeners."""
    async with reception(database_url) as opened:
        yield opened


@pytest.fixture
async def boss(house: Reception) -> UUID:
    """An operator."""
    return await house.operator()


async def talked(house: Reception) -> dict[str, Any]:
    """A chat that ended, and the ids of all that it was made of."""
    ani, sari = await house.customer(), await house.mitra()
    paid = await house.paid(ani)
    wish = {"payment_session_id": paid}
    request = await house.said(201, CUSTOMER, ani, "POST", "/api/client/chat-requests", wish)
    accept = f"/api/mitra/chat-requests/{request['id']}/accept"
    won = await house.said(200, MITRA, sari, "POST", accept)
    end = f"/api/client/chat/sessions/{won['session_id']}/end"
    await house.said(200, CUSTOMER, ani, "POST", end, {"closing_message": WORDS})
    return {"ani": ani, "sari": sari, "payment": paid, "pairing": request["id"], "chat": won["session_id"]}


async def test_a_timeline(house: Reception, boss: UUID) -> None:
    """Every move in order, who made it and what the guards saw, chained and verified."""
    made = await talked(house)
    told = await house.said(200, OPERATOR, boss, "GET", f"{AUDIT}/payment/{made['payment']}")
    assert (told["aggregate"], told["id"], told["next"]) == ("payment", made["payment"], None)
    assert told["verification"] == {
        "verdict": "verified",
        "checked": 4,
        "first_difference": None,
        "other_versions": 0,
    }
    rows = told["rows"]
    assert [list(row) for row in rows] == [COLUMNS] * 4
    assert [(row["version"], row["command"], row["to_state"]) for row in rows] == [
        (1, "create", "pending"),
        (2, "confirm", "confirmed"),
        (3, "hold", "confirmed"),
        (4, "consume", "consumed"),
    ]
    assert rows[0]["actor"] == {"type": "customer", "id": str(made["ani"]), "display_name": "Ani"}
    assert rows[3]["actor"] == {"type": "mitra", "id": str(made["sari"]), "display_name": "Sari"}
    assert rows[0]["facts"]["amount"] == 10000
    assert [row["previous_hash"] for row in rows] == [None, *(row["hash"] for row in rows[:-1])]


@pytest.mark.parametrize(
    "name, machine",
    [("payment_sessions", "payment"), ("pairing_requests", "pairing"), ("chat_sessions", "chat")],
)
async def test_the_tables_names_will_do(house: Reception, boss: UUID, name: str, machine: str) -> None:
    """An aggregate may be asked for by the name of its table; it answers by its own."""
    made = await talked(house)
    told = await house.said(200, OPERATOR, boss, "GET", f"{AUDIT}/{name}/{made[machine]}")
    assert told["aggregate"] == machine
    assert told["verification"]["verdict"] == "verified"


async def test_no_words_and_no_phones(house: Reception, boss: UUID) -> None:
    """What people wrote, and how they are called up, is in no timeline."""
    made = await talked(house)
    for kind, phone in (("payment", ""), ("pairing", ""), ("chat", "+62")):
        answer = await house.ask(OPERATOR, boss, "GET", f"{AUDIT}/{kind}/{made[kind]}")
        assert WORDS not in answer.text
        assert phone == "" or phone not in answer.text


async def test_pages(house: Reception, boss: UUID) -> None:
    """A page names the next; the verdict is that of the whole on each."""
    made = await talked(house)
    path, seen, cursor = f"{AUDIT}/payment/{made['payment']}?limit=3", [], ""
    for more in (True, False):
        told = await house.said(200, OPERATOR, boss, "GET", path + cursor)
        seen += [row["version"] for row in told["rows"]]
        assert told["verification"]["checked"] == 4
        assert (told["next"] is not None) is more
        cursor = f"&cursor={told['next']}"
    assert seen == [1, 2, 3, 4]


@pytest.mark.unsound("plants what is to be shown")
async def test_what_was_touched_is_shown(house: Reception, boss: UUID) -> None:
    """A row that was changed by hand is told by what differs first."""
    made = await talked(house)
    await house.run(b"ALTER TABLE payment_sessions DISABLE TRIGGER USER")
    await house.run(b"UPDATE payment_sessions SET amount = 1 WHERE id = %s", made["payment"])
    told = await house.said(200, OPERATOR, boss, "GET", f"{AUDIT}/payment/{made['payment']}")
    assert told["verification"] == {
        "verdict": "broken",
        "checked": 4,
        "first_difference": f"payment {made['payment']}: the row's amount is 1, its moves make it 10000",
        "other_versions": 0,
    }
    assert len(told["rows"]) == 4


async def test_a_mitra_who_never_moved(house: Reception, boss: UUID) -> None:
    """Registered and nothing else: no line, and verified."""
    mitra = await house.mitra(online=False)
    await house.run(b"UPDATE mitras SET last_heartbeat_at = NULL WHERE id = %s", mitra)
    told = await house.said(200, OPERATOR, boss, "GET", f"{AUDIT}/mitras/{mitra}")
    assert (told["rows"], told["verification"]["verdict"]) == ([], "verified")


@pytest.mark.parametrize("kind", ["payment", "pairing", "chat", "extension", "presence", "unicorn"])
async def test_what_there_is_not(house: Reception, boss: UUID, kind: str) -> None:
    """Unknown ids and unknown kinds are 404."""
    told = await house.said(404, OPERATOR, boss, "GET", f"{AUDIT}/{kind}/{uuid7()}")
    assert told["code"] == "NOT_FOUND"


@pytest.mark.parametrize("query", ["cursor=x", "cursor=-1", "limit=0", "limit=201"])
async def test_pages_that_are_none(house: Reception, boss: UUID, query: str) -> None:
    """A cursor of somebody else's and a page without size are refused."""
    await house.said(422, OPERATOR, boss, "GET", f"{AUDIT}/payment/{uuid7()}?{query}")


async def test_the_tables_with_their_traffic(house: Reception, boss: UUID) -> None:
    """The tables as machines.json has them, each row with how often it was taken until now."""
    await talked(house)
    told = await house.said(200, OPERATOR, boss, "GET", f"{AUDIT}/machines")
    assert told["complete"] is True
    assert told["elsewhere"] == []
    for shown, machine in zip(told["machines"], MACHINES, strict=True):
        plain = {name: value for name, value in shown.items() if name != "opened"}
        plain["rows"] = [{n: v for n, v in row.items() if n != "count"} for row in shown["rows"]]
        assert plain == export(machine)
    taken = {
        (shown["name"], row["command"], row["to"]): row["count"]
        for shown in told["machines"]
        for row in shown["rows"]
        if row["count"]
    }
    assert taken == {
        ("payment", "confirm", "confirmed"): 1,
        ("payment", "hold", "confirmed"): 1,
        ("payment", "consume", "consumed"): 1,
        ("pairing", "accept", "accepted"): 1,
        ("chat", "end", "ended"): 1,
        ("presence", "go_online", "online"): 1,
    }
    assert {shown["name"]: shown["opened"] for shown in told["machines"]} == {
        "payment": 1,
        "pairing": 1,
        "chat": 1,
        "extension": 0,
        "presence": 0,
    }


async def test_causes_that_commands_carry(house: Reception, boss: UUID) -> None:
    """A row whose cause comes with its command counts for every cause."""
    ani = await house.customer()
    for _ in range(2):
        paid = await house.paid(ani)
        cancel = {"payment_session_id": paid}
        await house.said(200, CUSTOMER, ani, "POST", "/api/client/chat-requests/cancel", cancel)
    told = await house.said(200, OPERATOR, boss, "GET", f"{AUDIT}/machines")
    rows = [row for row in told["machines"][0]["rows"] if row["event"] == "payment_failed"]
    assert [(row["command"], row["cause"], row["count"]) for row in rows] == [("fail", "carried", 2)]


@pytest.mark.unsound(
    "makes up moves of another day", "m1_only_moves_of_the_tables", "m1_rows_agree_with_their_moves"
)
async def test_edges_of_another_day(house: Reception, boss: UUID) -> None:
    """What was taken once and is in no table any more is not lost."""
    await house.run(
        b"INSERT INTO transitions (machine, aggregate_id, version, to_state, command, event, actor_type, at,"
        b" facts, body, fingerprint, hash) VALUES ('payment', gen_random_uuid(), 1, 'pending', 'dream',"
        b" 'payment_dreamt', 'system', now(), '{}', '{}', '0123456789abcdef', sha256('{}'))"
    )
    told = await house.said(200, OPERATOR, boss, "GET", f"{AUDIT}/machines")
    assert told["elsewhere"] == [
        {
            "machine": "payment",
            "from_state": None,
            "command": "dream",
            "to_state": "pending",
            "event": "payment_dreamt",
            "cause_tag": None,
            "count": 1,
        }
    ]


def test_rows_that_are_one_edge() -> None:
    """Each row is an edge, but where only guards tell rows apart; those share their count."""
    shared = [
        (machine.name, row.command.__name__)
        for machine in MACHINES
        for row in machine.rows
        if [_edge(other) for other in machine.rows].count(_edge(row)) > 1
    ]
    assert shared == [("extension", "Accept")] * 2


def _edge(row: Row) -> tuple[object, ...]:
    return row.source, row.command, row.target, row.event, row.cause


@pytest.mark.parametrize("path", ["machines", f"payment/{UUID(int=7)}"])
async def test_for_operators_alone(house: Reception, path: str) -> None:
    """Nobody else is answered."""
    assert (await house.internal.get(f"{AUDIT}/{path}")).status_code == 401
    assert (await house.public.get(f"{AUDIT}/{path}")).status_code == 404
