"""Stories of being forgotten: on one's own wish, by an operator, from the command line. Two instances."""

from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql

from support.evening import House
from support.people import Customer, Json, Mitra
from support.sockets import Socket
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SHUT_OUT = 4403
NOBODY = "Akun dihapus"
ME = "/api/shared/me"


async def talked(house: House, customer: Customer, mitra: Mitra) -> tuple[Json, Socket]:
    """A chat in which both said something; gives the customer's socket too."""
    session = await mitra.accepts(await customer.searches())
    sockets = [await person.connects() for person in (customer, mitra)]
    for number, socket in enumerate(sockets):
        id_ = str(uuid4())
        await socket.send(
            "message", session_id=session["id"], client_message_id=id_, text=f"Marker said {number}"
        )
        await socket.until("message_ack", client_message_id=id_)
    return session, sockets[0]


async def everywhere(house: House) -> str:
    """Every row of every table, as text."""
    tables = await house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found: list[str] = []
    for table in tables:
        query = sql.SQL("SELECT t::text AS row FROM {} t").format(sql.Identifier(table["tablename"]))
        cursor = await house.sql.execute(query)
        found += [str(row["row"]) for row in await cursor.fetchall()]
    return "\n".join(found)


async def is_erased(house: House, who: Any) -> None:  # noqa: ANN401  a customer or a mitra
    """They are, soon."""

    async def so() -> bool:
        done = "SELECT count(*) FROM erasures WHERE subject_id = %s AND step = 'done'"
        return bool(await house.value(done, who.id))

    await eventually(so, seconds=40, what="not erased")


async def test_a_customer_leaves_in_a_chat(house: House) -> None:
    """They are logged out at once, and forgotten when the chat is over; the mitra's own words stay."""
    ayu = await house.customer("Marker Ayu")
    budi = (await house.mitra("Budi")).via(house.instances[1])
    await budi.comes()
    session, socket = await talked(house, ayu, budi)
    await budi.leaves()
    assert (await ayu.ask("DELETE", ME)).ok(202) is None
    (await ayu.ask("GET", ME)).refused("UNAUTHENTICATED", 401)
    assert await socket.closed() == SHUT_OUT
    assert "Marker Ayu" in await everywhere(house)

    boss = await house.operator()
    (await boss.ask("POST", f"/internal/sessions/{session['id']}/end", {"reason": "they left"})).ok()
    await is_erased(house, ayu)
    assert "Marker Ayu" not in await everywhere(house)
    page = await budi.get(f"/api/shared/chat/{session['id']}/messages")
    assert [row["text"] for row in page["rows"]] == [None, "Marker said 1"]
    (past,) = (await budi.get("/api/mitra/chat/history"))["rows"]
    assert past["customer"] == {"id": ayu.id, "display_name": NOBODY}
    assert not [line for one in house.instances for line in one.logged if "Marker" in line]
    house.command("audit", "verify")  # its status says that nothing differs


async def test_an_operator_has_a_customer_forgotten(house: House) -> None:
    """With a reason, which is kept with the author; once more is the same; nobody is not found."""
    boss, ayu = await house.operator(), await house.customer("Marker Cita")
    payment = await ayu.pays(12)
    path = f"/internal/customers/{ayu.id}/erase"
    (await boss.ask("POST", path, {"reason": "  "})).refused("VALIDATION_ERROR", 422)
    key = {"headers": {"Idempotency-Key": "erase-cita"}}
    for _ in range(2):
        told = (await boss.ask("POST", path, {"reason": "a letter"}, **key)).ok(202)
        assert told == {"customer_id": ayu.id, "state": "waiting"}
    (await ayu.ask("GET", ME)).refused("UNAUTHENTICATED", 401)
    await house.rows(
        "UPDATE payment_sessions SET expires_at = expires_at - span, wake_at = wake_at - span"
        " FROM (SELECT interval '1 hour' AS span) AS by WHERE id = %s",
        payment["id"],
    )
    await is_erased(house, ayu)
    for _ in range(2):
        assert (await boss.ask("POST", path, {"reason": "a letter"})).ok(202)["state"] == "erased"
    assert await house.rows(
        "SELECT step, actor_id::text, reason FROM erasures WHERE subject_id = %s ORDER BY id", ayu.id
    ) == [
        {"step": "asked", "actor_id": boss.id, "reason": "a letter"},
        {"step": "done", "actor_id": None, "reason": None},
    ]
    assert "Marker Cita" not in await everywhere(house)
    (failure,) = await boss.failures(payment)
    assert failure["customer"]["display_name"] == NOBODY, "what is owed is still owed"
    (await boss.ask("POST", f"/internal/customers/{uuid4()}/erase", {"reason": "who"})).refused(
        "NOT_FOUND", 404
    )
    (await ayu.ask("POST", path, {"reason": "mine"})).refused("UNAUTHENTICATED", 401)


async def test_a_mitra_leaves(house: House) -> None:
    """Nothing is offered to them from then on, and the phone is free for another account."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Marker Budi")
    phone = await house.value("SELECT phone FROM mitras WHERE id = %s", budi.id)
    await budi.comes()
    await ayu.searches()
    assert len(await budi.offers()) == 1
    assert (await budi.ask("DELETE", ME)).ok(202) is None
    await is_erased(house, budi)
    found = await everywhere(house)
    assert "Marker Budi" not in found
    assert phone not in found
    url = f"{house.first.public}/api/mitra/auth/otp"
    (await house.ask("POST", f"{url}/request", {"phone": phone})).ok(202)


async def test_from_the_command_line(house: House) -> None:
    """``halobestie erase`` does it at once where nothing is open; the servers notice within seconds."""
    ayu = await house.customer("Marker Dewi")
    said = house.command("erase", "--customer", ayu.id, "--reason", "asked on paper")
    assert said == f"customer {ayu.id} is erased\n"
    assert "Marker Dewi" not in await everywhere(house)

    async def out() -> bool:
        return (await ayu.ask("GET", ME)).status == 401

    await eventually(out, seconds=5, what="still let in")
