"""Stories of shutting somebody out: blocks, log-outs, stolen tokens, operators who go. Two instances."""

import asyncio
import time
from functools import partial

import pytest
import redis
from attrs import define

from support.evening import House
from support.people import PASSWORD, Answer, Json, Mitra, Person
from support.sockets import Socket
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 300,
    "returning_chat_confirmation_timeout_seconds": 60,
    "extension_timeout_seconds": 60,
}
PROMISED = 5.0
"""Seconds within which nothing of somebody who was shut out works any more."""
SHUT_OUT = 4403


@define
class LogIn:
    """A mitra with everything that one log-in gives, and a socket at each instance."""

    mitra: Mitra
    refresh_token: str
    sockets: list[Socket]

    def at(self, house: House) -> list[Mitra]:
        """The same log-in, once per instance."""
        return [self.mitra.via(instance) for instance in house.instances]

    async def refresh(self, house: House) -> Answer:
        """Use the refresh token."""
        url = f"{house.instances[-1].public}/api/shared/auth/refresh"
        return await house.ask("POST", url, {"refresh_token": self.refresh_token})

    async def connected(self, house: House) -> "LogIn":
        """Have a socket at each instance."""
        self.sockets = [await one.connects() for one in self.at(house)]
        return self


async def code_verified(house: House, phone: str) -> Answer:
    """Log in with a new code."""
    url = f"{house.first.public}/api/mitra/auth/otp"
    seen = sum(f"phone={phone} " in line for line in house.first.printed)
    (await house.ask("POST", f"{url}/request", {"phone": phone})).ok(202)
    code = await asyncio.to_thread(house.first.code_for, phone, seen)
    return await house.ask("POST", f"{url}/verify", {"phone": phone, "code": code})


async def logs_in(house: House, phone: str) -> LogIn:
    """Have a log-in."""
    tokens = (await code_verified(house, phone)).ok()
    mitra = Mitra(house, house.first, tokens["user"]["id"], tokens["access_token"])
    return LogIn(mitra, tokens["refresh_token"], [])


def flushed(house: House) -> None:
    """Redis forgets everything."""
    with redis.Redis.from_url(house.valkey_url) as client:
        client.flushdb()


async def is_refused(person: Person, path: str) -> None:
    """From some moment within what is promised, this token is no token."""

    async def refused() -> bool:
        return (await person.ask("GET", path)).code == "UNAUTHENTICATED"

    await eventually(refused, seconds=PROMISED, what=f"{path} still works")


async def are_shut_out(house: House, log_in: LogIn) -> None:
    """Tokens, sockets, messages, new sockets, refreshes: nothing works, at either instance, within 5 s."""
    began = time.monotonic()
    await asyncio.gather(*(is_refused(one, "/api/mitra/status") for one in log_in.at(house)))
    for socket in log_in.sockets:
        assert await socket.closed(PROMISED) == SHUT_OUT
    assert time.monotonic() - began < PROMISED
    for instance in house.instances:
        socket = await Socket.dialled(instance.public, log_in.mitra.token)
        assert await socket.closed() == 4401
    (await log_in.refresh(house)).refused("UNAUTHENTICATED", 401)


async def hears(socket: Socket, type_: str, **members: Json) -> Json:
    """A frame within what is promised."""
    return await socket.until(type_, seconds=PROMISED, **members)


async def test_a_mitra_is_blocked_in_the_middle_of_everything(house: House) -> None:
    """Two chats, one paused for more time, an open offer, a returning request: all end as they must."""
    boss = await house.operator()
    phone = await house.registers("Budi")
    budi = await logs_in(house, phone)
    await budi.mitra.comes()
    ayu, bima, cita, dewi = [await house.customer(name) for name in ("Ayu", "Bima", "Cita", "Dewi")]
    talk = await budi.mitra.accepts(await ayu.searches())
    paused = await budi.mitra.accepts(await bima.searches())
    extension = await bima.asks_more(paused)
    request = await cita.searches()
    returning = await dewi.asks_again(budi.mitra)
    assert {offer["id"] for offer in await budi.mitra.offers()} == {request["id"], returning["id"]}
    await budi.connected(house)
    away = house.instances[1]
    ayus, bimas, dewis = [await one.via(away).connects() for one in (ayu, bima, dewi)]

    flushed(house)
    row = (await boss.via(away).ask("PATCH", f"/internal/mitras/{budi.mitra.id}", {"blocked": True})).ok()
    flushed(house)
    assert (row["blocked"], row["is_online"]) == (True, False)
    await are_shut_out(house, budi)

    await hears(ayus, "session_ended", session_id=talk["id"], end_reason="operator_ended")
    await hears(bimas, "session_ended", session_id=paused["id"], end_reason="operator_ended")
    rejected = await hears(dewis, "returning_chat_rejected", pairing_request_id=returning["id"])
    assert rejected["cause_tag"] == "targeted_mitra_offline"
    assert (await dewi.request(returning))["cause_detail"] == "blocked"
    await eventually(partial(_withdrawn, house, request["id"], budi.mitra.id), seconds=PROMISED)
    assert (await cita.request(request))["status"] == "pending"
    assert (await house.moves(extension["id"]))[-1] == "cancel > cancelled (operator_ended)"
    money = await bima.payment({"id": extension["payment_session_id"]})
    assert (money["status"], money["cause_tag"], money["refund"]) == (
        "failed_pairing",
        "operator_ended",
        "due",
    )
    told = await house.value(
        """
        SELECT array_agg(DISTINCT payload ->> 'frame') FROM outbox
        WHERE kind = 'frame' AND audience ->> 'mitra' = %s AND created_at >= %s::timestamptz""",
        budi.mitra.id,
        row["blocked_at"],
    )
    assert {"presence", "session_ended", "chat_request_closed"} <= set(told)
    by = await house.rows(
        "SELECT command, actor_type, actor_id::text FROM transitions"
        " WHERE machine = 'presence' AND aggregate_id = %s ORDER BY version DESC LIMIT 1",
        budi.mitra.id,
    )
    assert by == [{"command": "block", "actor_type": "cc_user", "actor_id": boss.id}]

    again = (await boss.ask("PATCH", f"/internal/mitras/{budi.mitra.id}", {"blocked": True})).ok()
    assert (again["version"], again["blocked_at"], again["live_chats"]) == (
        row["version"],
        row["blocked_at"],
        0,
    )
    (await code_verified(house, phone)).refused("FORBIDDEN", 403)
    await comes_back(house, boss, budi, phone)
    await cita.give_up({"id": request["payment_session_id"]})


async def comes_back(house: House, boss: Person, before: LogIn, phone: str) -> None:
    """Let in again: offline, with a new log-in; what was ended stays so."""
    path = f"/internal/mitras/{before.mitra.id}"
    row = (await boss.ask("PATCH", path, {"blocked": False})).ok()
    assert (row["blocked"], row["blocked_at"], row["is_online"]) == (False, None, False)
    assert (await boss.ask("PATCH", path, {"blocked": False})).ok()["version"] == row["version"]
    after = await logs_in(house, phone)
    assert not (await after.mitra.get("/api/mitra/status"))["is_online"]
    await after.mitra.comes()
    await after.mitra.leaves()
    await is_refused(before.mitra, "/api/mitra/status")
    (await before.refresh(house)).refused("UNAUTHENTICATED", 401)


async def _withdrawn(house: House, request_id: str, mitra_id: str) -> bool:
    answers = await house.rows(
        "SELECT answer FROM pairing_answers WHERE pairing_request_id = %s AND mitra_id = %s",
        request_id,
        mitra_id,
    )
    return [row["answer"] for row in answers] == ["withdrawn"]


async def test_a_block_while_redis_forgets(house: House) -> None:
    """A block without a word through Redis: the list is read anyway."""
    boss, phone = await house.operator(), await house.registers("Budi")
    budi = await (await logs_in(house, phone)).connected(house)
    stop = asyncio.Event()

    async def forgets() -> None:
        while not stop.is_set():
            await asyncio.to_thread(flushed, house)

    forgetting = asyncio.create_task(forgets())
    try:
        (await boss.ask("PATCH", f"/internal/mitras/{budi.mitra.id}", {"blocked": True})).ok()
        await are_shut_out(house, budi)
    finally:
        stop.set()
        await forgetting


async def test_logging_out(house: House) -> None:
    """Every socket and token of that log-in ends, at both instances; another of the same mitra goes on."""
    phone = await house.registers("Budi")
    phone_of_his, tablet = [await logs_in(house, phone) for _ in range(2)]
    await phone_of_his.connected(house)
    other = await tablet.mitra.via(house.instances[1]).connects()
    assert (await phone_of_his.mitra.ask("POST", "/api/shared/auth/logout")).status == 204
    (await phone_of_his.mitra.ask("GET", "/api/mitra/status")).refused("UNAUTHENTICATED", 401)
    await are_shut_out(house, phone_of_his)
    (await phone_of_his.mitra.ask("POST", "/api/shared/auth/logout")).refused("UNAUTHENTICATED", 401)
    for one in tablet.at(house):
        await one.get("/api/mitra/status")
    await other.send("ping")
    await other.until("pong")


async def test_a_stolen_refresh_token(house: House) -> None:
    """Used twice, it ends the whole family: tokens and sockets too."""
    budi = await (await logs_in(house, await house.registers("Budi"))).connected(house)
    await house.rows(
        "UPDATE auth_sessions SET rotated_at = rotated_at - interval '1 hour' WHERE user_id = %s",
        budi.mitra.id,
    )
    renewed = (await budi.refresh(house)).ok()
    await house.rows(
        "UPDATE auth_sessions SET rotated_at = rotated_at - interval '1 hour' WHERE user_id = %s",
        budi.mitra.id,
    )
    (await budi.refresh(house)).refused("UNAUTHENTICATED", 401)
    budi.mitra.token = renewed["access_token"]
    await are_shut_out(house, budi)


async def test_an_operator_is_disabled(house: House) -> None:
    """By the command line: the token is none within 5 s, no log-in begins until they are enabled."""
    boss = await house.operator()
    email = await house.value("SELECT email FROM cc_users WHERE id = %s", boss.id)
    work: list[tuple[list[str], str, int]] = [
        (["disable"], PASSWORD, 401),
        (["enable"], PASSWORD, 200),
        (["reset-password"], "another long password", 200),
    ]
    url = f"{house.first.internal}/internal/auth/login"
    for words, password, status in work:
        await asyncio.to_thread(house.command, "operator", *words, "--email", email, input_=f"{password}\n")
        await asyncio.gather(
            *(is_refused(boss.via(instance), "/internal/config") for instance in house.instances)
        )
        answer = await house.ask("POST", url, {"email": email, "password": password})
        assert answer.status == status
        if status == 200:
            boss.token = answer.body["access_token"]
            await boss.get("/internal/config")
    (await house.ask("POST", url, {"email": email, "password": PASSWORD})).refused("UNAUTHENTICATED", 401)
    kinds = await house.rows(
        "SELECT change_kind, changed_by FROM operator_changes WHERE subject_id = %s ORDER BY id", boss.id
    )
    assert [row["change_kind"] for row in kinds] == ["created", "disabled", "enabled", "password_changed"]
    assert {row["changed_by"] for row in kinds} == {None}
