"""Stories of commands sent twice under one key: done once, answered alike, by whichever server is asked."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from support.evening import House, together
from support.people import Customer, Json, Person
from support.races import held, played
from support.server import Instance
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {
    "max_customers_per_mitra": 20,
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 600,
    "returning_chat_confirmation_timeout_seconds": 300,
}
PAYMENTS = "/api/client/payment-sessions"
SEARCHES = "/api/client/chat-requests"
MARKER = "selamat-tinggal-RAHASIA"
LEASE_OVER = "UPDATE idempotency_keys SET leased_until = clock_timestamp() WHERE caller_id = %s"
A_DAY_LATER = "UPDATE idempotency_keys SET created_at = created_at - interval '24 hours' WHERE caller_id = %s"
CLAIMED = "SELECT count(*) FROM idempotency_keys WHERE caller_id = %s"


async def send(who: Person, key: str, path: str, body: Json = None) -> httpx2.Response:
    """A command with a key."""
    base = who.at.internal if path.startswith("/internal") else who.at.public
    headers = {"Authorization": f"Bearer {who.token}", "Idempotency-Key": key}
    options = {} if body is None else {"json": body}
    return await who.house.http.post(base + path, headers=headers, **options)


def replayed(answer: httpx2.Response) -> bool:
    """Whether it was said before."""
    return answer.headers.get("idempotency-replayed") == "true"


async def three_times(who: Any, path: str, body: Json = None) -> Json:  # noqa: ANN401  any person
    """Send a command, and twice more: here and at the other server; all answers are the first."""
    key = uuid4().hex
    first = await send(who, key, path, body)
    for at in who.house.instances:
        again = await send(who.via(at), key, path, body)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert replayed(again)
        assert not replayed(first)
    return first.json()


async def created(house: House, customer: Customer) -> list[str]:
    """The ids of a customer's payments."""
    query = "SELECT id::text FROM payment_sessions WHERE customer_id = %s ORDER BY created_at"
    return [row["id"] for row in await house.rows(query, customer.id)]


# ---------------------------------------------------------------------- repeats


async def test_an_evening_said_three_times(house: House) -> None:
    """Every command of an evening, each sent three times, on both servers: one evening."""
    ayu, budi = await house.customer(), await (await house.mitra()).comes()
    payment = await three_times(ayu, PAYMENTS, {"duration_minutes": 12})
    confirmed = await three_times(ayu, f"{PAYMENTS}/{payment['id']}/confirm")
    assert confirmed["status"] == "confirmed"
    request = await three_times(ayu, SEARCHES, {"payment_session_id": payment["id"]})
    session = await budi.accepts(request)
    more = (await ayu.pays_more(12))["id"]
    extensions = f"/api/client/chat/sessions/{session['id']}/extensions"
    extension = await three_times(ayu, extensions, {"extension_payment_session_id": more})
    (await budi.respond(extension, accepted=True)).ok()
    goodbye = {"closing_message": MARKER}
    ended = await three_times(ayu, f"/api/client/chat/sessions/{session['id']}/end", goodbye)
    assert ended["status"] == "ended"
    assert await created(house, ayu) == [payment["id"], more]
    assert await house.states(payment["id"]) == ["pending", "confirmed", "confirmed", "consumed"]


async def test_a_second_chance_said_three_times(house: House) -> None:
    """A target who is away, a fallback, giving up: each sent three times, each happens once."""
    ayu, budi = await house.customer(), await house.mitra()
    payment = await ayu.pays(mitra=budi)
    wanted = {"payment_session_id": payment["id"], "mitra_id": budi.id}
    refusal = await three_times(ayu, f"{SEARCHES}/returning", wanted)
    assert refusal["code"] == "TARGETED_MITRA_OFFLINE"
    await house.mitras(1)
    request = await three_times(ayu, f"{SEARCHES}/{payment['id']}/fallback-to-blast")
    assert request["kind"] == "general"
    given_up = await three_times(ayu, f"{SEARCHES}/cancel", {"payment_session_id": payment["id"]})
    assert given_up["cause_tag"] == "customer_cancelled"
    asked = "SELECT count(*) FROM pairing_requests WHERE customer_id = %s"
    assert await house.value(asked, ayu.id) == 2
    pending = (await ayu.pay(5)).ok(201)
    assert (await three_times(ayu, f"{PAYMENTS}/{pending['id']}/cancel"))["status"] == "abandoned"


async def test_operators_too(house: House) -> None:
    """What an operator creates is created once; somebody else's key of the same name is another's."""
    ani, dewi = await house.operator(), await house.operator()
    tier = {"mode": "chat", "minutes": 77, "price": 77_000}
    made = await three_times(ani, "/internal/pricing/tiers", tier)
    key = uuid4().hex
    other = await send(ani, key, "/internal/pricing/tiers", {**tier, "minutes": 78})
    refused = await send(dewi, key, "/internal/pricing/tiers", tier)
    assert (other.status_code, refused.status_code, refused.json()["code"]) == (201, 409, "TIER_EXISTS")
    assert await house.value("SELECT count(*) FROM pricing_tiers WHERE id = %s", made["id"]) == 1


async def test_no_text_is_kept(house: House) -> None:
    """What somebody said goes neither into the key's hash in the clear nor into its answer."""
    ayu, budi = await house.customer(), await (await house.mitra()).comes()
    session = await budi.accepts(await ayu.searches())
    path = f"/api/client/chat/sessions/{session['id']}/end"
    assert (await send(ayu, "bye", path, {"closing_message": MARKER})).status_code == 200
    other = await send(ayu, "bye", path, {"closing_message": MARKER.lower()})
    assert other.json()["code"] == "IDEMPOTENCY_MISMATCH", "it does count for what was said"
    assert await house.value(CLAIMED, ayu.id) == 1
    leaks = "SELECT count(*) FROM idempotency_keys k WHERE k::text ILIKE %s"
    assert await house.value(leaks, f"%{MARKER}%") == 0


async def test_two_customers_one_key(house: House) -> None:
    """A key says nothing outside of its caller's commands."""
    ayu, bima = await house.customer("Ayu"), await house.customer("Bima")
    first = await send(ayu, "same", PAYMENTS, {"duration_minutes": 12})
    second = await send(bima, "same", PAYMENTS, {"duration_minutes": 5})
    assert (first.status_code, second.status_code, replayed(second)) == (201, 201, False)
    assert await created(house, ayu) == [first.json()["id"]]
    assert await created(house, bima) == [second.json()["id"]]


async def test_after_a_day(house: House) -> None:
    """The key is known for a day; then the same request is a new one."""
    ayu = await house.customer()
    first = await send(ayu, "k", PAYMENTS, {"duration_minutes": 12})
    mismatch = await send(ayu, "k", PAYMENTS, {"duration_minutes": 5})
    assert (mismatch.status_code, mismatch.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    await house.rows(A_DAY_LATER, ayu.id)
    second = await send(ayu, "k", PAYMENTS, {"duration_minutes": 5})
    assert (second.status_code, replayed(second)) == (201, False)
    assert await created(house, ayu) == [first.json()["id"], second.json()["id"]]


async def test_a_refusal_stays(house: House) -> None:
    """What was refused is refused again, when it would be possible by now; another key is another try."""
    ayu = await house.customer()
    payment = (await ayu.pay(12)).ok(201)
    body = {"payment_session_id": payment["id"]}
    early = await send(ayu, "k", SEARCHES, body)
    assert (early.status_code, early.json()["code"]) == (409, "INVALID_STATE")
    (await ayu.confirm(payment)).ok()
    again = await send(ayu, "k", SEARCHES, body)
    assert (again.status_code, again.content, replayed(again)) == (409, early.content, True)
    assert (await send(ayu, "another", SEARCHES, body)).status_code == 201
    (await ayu.give_up(payment)).ok()


# ---------------------------------------------------------------------- trouble


async def test_while_the_first_runs(house: House) -> None:
    """A repeat that comes too early hears so at once, at either server, and the first goes on."""
    ayu = await house.customer()
    wanted = {"duration_minutes": 12}
    async with held(house, ayu) as queued:
        first = asyncio.create_task(send(ayu, "k", PAYMENTS, wanted))
        await queued(1)
        loop = asyncio.get_running_loop()
        for at in house.instances:
            before = loop.time()
            early = await send(ayu.via(at), "k", PAYMENTS, wanted)
            assert (early.status_code, early.json()["code"]) == (409, "IN_PROGRESS")
            assert early.headers["retry-after"] == "1"
            assert loop.time() - before < 1
    assert (await first).status_code == 201
    assert replayed(await send(ayu, "k", PAYMENTS, wanted))
    assert await created(house, ayu) == [(await first).json()["id"]]


async def test_a_503_is_no_answer(house: House) -> None:
    """Whoever was told to try again may, and is served."""
    house.expected_trouble = '"status":503'  # as asked for here; the log stays
    ayu = await house.customer()
    wanted = {"duration_minutes": 12}
    async with held(house, ayu):
        busy = await send(ayu, "k", PAYMENTS, wanted)
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    second = await send(ayu.via(house.instances[1]), "k", PAYMENTS, wanted)
    assert (second.status_code, replayed(second)) == (201, False)
    assert await created(house, ayu) == [second.json()["id"]]


@pytest.mark.faults
async def test_killed_before_the_commit(house: House) -> None:
    """The server that was at it is gone: its lease runs out, and the next try does it."""
    ayu, second = await house.customer(), house.instances[1]
    wanted = {"duration_minutes": 12}
    async with held(house, ayu) as queued:
        first = asyncio.create_task(send(ayu.via(second), "k", PAYMENTS, wanted))
        await queued(1)
        second.kill()
        with pytest.raises(httpx2.TransportError):
            await first
    assert (await send(ayu, "k", PAYMENTS, wanted)).json()["code"] == "IN_PROGRESS"
    await house.rows(LEASE_OVER, ayu.id)
    answer = await send(ayu, "k", PAYMENTS, wanted)
    assert answer.status_code == 201
    assert await created(house, ayu) == [answer.json()["id"]]
    house.started()


@pytest.mark.faults
async def test_killed_after_the_commit(house: House) -> None:
    """It was done, and nobody was told: the next try finds what was done, and does nothing."""
    ayu, second = await house.customer(), house.instances[1]
    wanted = {"duration_minutes": 12}
    async with held(house, ayu) as queued:
        first = asyncio.create_task(send(ayu.via(second), "k", PAYMENTS, wanted))
        await queued(1)
        blocking = house.sql.transaction()
        await blocking.__aenter__()
        await house.rows("LOCK TABLE idempotency_keys IN SHARE MODE")  # no answer can be kept
    try:
        await eventually(lambda: _any(house, ayu))
        second.kill()
        with pytest.raises(httpx2.TransportError):
            await first
    finally:
        await blocking.__aexit__(None, None, None)
    (done,) = await created(house, ayu)
    assert await house.value("SELECT status IS NULL FROM idempotency_keys WHERE caller_id = %s", ayu.id)
    await house.rows(LEASE_OVER, ayu.id)
    answer = await send(ayu, "k", PAYMENTS, wanted)
    assert (answer.status_code, answer.json()["id"], answer.json()["version"]) == (201, done, 1)
    assert replayed(await send(ayu, "k", PAYMENTS, wanted))
    assert await created(house, ayu) == [done]
    house.started()


async def _any(house: House, customer: Customer) -> bool:
    return bool(await created(house, customer))


# ---------------------------------------------------------------------- races


def one_answer(answers: Sequence[httpx2.Response]) -> str:
    """The id that all answers agree on; whoever was told nothing was told that it runs."""
    said = {answer.content for answer in answers if answer.status_code == 201}
    early = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert set(early) <= {"IN_PROGRESS"}, early
    assert len(said) == 1
    assert [replayed(answer) for answer in answers if answer.status_code == 201].count(False) == 1
    return str(next(answer for answer in answers if answer.status_code == 201).json()["id"])


@pytest.mark.race
async def test_one_key_at_two_servers(house: House, rounds: int) -> None:
    """Four at once under one key, on two servers: one payment, one search, one answer each."""
    await house.mitras(1)

    async def at_both(ayu: Customer, path: str, body: Json) -> str:
        places: list[Instance] = house.instances * 2
        return one_answer(await together(*[send(ayu.via(at), path, path, body) for at in places]))

    async def play(ayu: Customer) -> bool:
        payment = await at_both(ayu, PAYMENTS, {"duration_minutes": 12})
        assert await created(house, ayu) == [payment]
        (await ayu.confirm({"id": payment})).ok()
        request = await at_both(ayu, SEARCHES, {"payment_session_id": payment})
        asked = await house.rows("SELECT id::text FROM pairing_requests WHERE customer_id = %s", ayu.id)
        assert [row["id"] for row in asked] == [request]
        (await ayu.give_up({"id": payment})).ok()
        return True

    assert await played(house, rounds, play) == {True: rounds}
