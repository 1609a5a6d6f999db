"""Races of who is there and of settings: heartbeats, sweeps, late joiners, caps and windows that change.

Forced orders of the sides that share no lock stand here too; the others in `test_race_orders`.
"""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import pytest
from psycopg.sql import SQL

from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_app.usecases import chats, clock, pairings, presence
from halobestie_app.workers.deadlines import Deadlines
from halobestie_core.pairing import PairingRequest
from halobestie_core.ports.agenda import Due
from halobestie_core.words import TopicSensitivity
from support.contest import (
    CONTENDERS,
    Side,
    behind_a_barrier,
    in_turn,
    mixed,
    paused,
    pausing,
    queued,
    said,
    waits,
    was_a_race,
)
from support.desk import Office
from support.scenes import targeted

pytestmark = pytest.mark.anyio

LONG: Final = timedelta(hours=1)
ONLINE = SQL("SELECT is_online FROM mitras WHERE id = %s")
MOVES = SQL("SELECT count(*) FROM transitions WHERE aggregate_id = %s")
AWAY = SQL("UPDATE mitras SET last_heartbeat_at = last_heartbeat_at - interval '1 day'")
SILENT = SQL("UPDATE mitras SET last_heartbeat_at = clock_timestamp() - %s WHERE id = %s")
FACTS = SQL(
    "SELECT (facts ->> 'live_chats')::int, (facts ->> 'cap')::int FROM transitions"
    " WHERE machine = 'pairing' AND to_state = 'accepted' AND aggregate_id = %s"
)


# ---------------------------------------------------------------------- heartbeat/stale, two sweepers


async def heard(desk: Office, mitra: UUID) -> None:
    """A heartbeat of this moment is written."""
    ((now,),) = await desk.sql(SQL("SELECT clock_timestamp()"))
    await PostgresHeartbeats(desk.pool).write({mitra: now}, desk.desk.house)


async def is_online(desk: Office, mitra: UUID) -> bool:
    """Whether they are online by their row."""
    ((online,),) = await desk.sql(ONLINE, mitra)
    return bool(online)


@pytest.mark.parametrize("way", ["in turn", "paused"])
@pytest.mark.parametrize("first", ["heartbeat", "sweep"])
async def test_heartbeat_and_sweep_in_order(desk: Office, way: str, first: str) -> None:
    """A heartbeat that landed wins, one that comes after the sweep changes nothing; neither waits long."""
    budi = await desk.mitra(silent_for=LONG)
    beat, sweep = partial(heard, desk, budi), partial(clock.fire, desk.desk, Due("presence", budi))
    sides: tuple[Side, Side] = (beat, sweep) if first == "heartbeat" else (sweep, beat)
    if way == "in turn":
        assert await in_turn(*sides) == ["OK", "OK"]
    else:
        assert await paused(desk, *sides, ("transitions", "mitras")) == ["OK", "OK"]
    assert await is_online(desk, budi) == (first == "heartbeat")
    assert await desk.sql(MOVES, budi) == [(0 if first == "heartbeat" else 1,)]


async def test_heartbeat_against_stale(desk: Office, rounds: int) -> None:
    """Whoever is heard of in time stays online, whoever was swept is offline once and knows it."""
    chance, outcomes = random.Random(1), Counter[str]()
    for _ in range(rounds):
        budi = await desk.mitra(silent_for=LONG)
        answers = await mixed(
            chance,
            {
                "beat": partial(heard, desk, budi),
                "sweep": partial(clock.fire, desk.desk, Due("presence", budi)),
            },
        )
        assert {code for _, code in answers} == {"OK"}
        online, ((moves,),) = await is_online(desk, budi), await desk.sql(MOVES, budi)
        assert moves == (0 if online else 1)
        told = "OK" if online else "MITRA_OFFLINE"
        assert await said(presence.heartbeat(desk.desk, desk.beats, budi)) == told
        outcomes["online" if online else "offline"] += 1
    was_a_race(outcomes)


async def test_many_sweepers(desk: Office, rounds: int) -> None:
    """Eight instances look at what is due at the same moment: each deadline fires once."""
    budi = await desk.mitra()
    for _ in range(rounds):
        late = await desk.paid(await desk.customer())
        await desk.age("payment", late.payment.id, LONG)
        await desk.sql(SILENT, LONG, budi)
        ((before,),) = await desk.sql(MOVES, budi)
        sweepers = [Deadlines(desk.desk, desk.agenda) for _ in range(CONTENDERS)]
        assert set(await behind_a_barrier(*[one.once for one in sweepers])) == {"OK"}
        assert not await is_online(desk, budi)
        ((after,),) = await desk.sql(MOVES, budi)
        lapsed = await desk.desk.reads.payment(late.payment.id)
        assert lapsed is not None
        assert (after - before, lapsed.payment.cause_tag) == (1, "payment_session_expired")
        assert await desk.sql(MOVES, late.payment.id) == [(3,)], "created, confirmed, failed"
        await presence.switch(desk.desk, desk.beats, budi, online=True)


# ---------------------------------------------------------------------- decline/late joiner


@pytest.mark.parametrize("way", ["in turn", "paused"])
@pytest.mark.parametrize("first", ["decline", "join"])
async def test_the_last_decline_and_a_late_joiner_in_order(desk: Office, way: str, first: str) -> None:
    """Who had come before the last no is asked; who has not committed yet, or comes after it, is too late."""
    budi, late = await desk.mitra(), await desk.mitra(online=False)
    request = (await desk.searching()).request
    decline = partial(pairings.decline, desk.desk, budi, request.id)
    join = partial(presence.switch, desk.desk, desk.beats, late, online=True)
    sides: tuple[Side, Side] = (decline, join) if first == "decline" else (join, decline)
    answers = await (in_turn(*sides) if way == "in turn" else paused(desk, *sides))
    assert answers == ["OK", "OK"]
    goes_on = (first, way) == ("join", "in turn")
    assert await status_of(desk, request.id) == ("pending" if goes_on else "rejected")
    assert await is_online(desk, late)


async def status_of(desk: Office, request_id: UUID) -> str:
    """How a request stands."""
    found = await desk.desk.reads.request(request_id)
    assert found is not None
    return found.request.status.value


async def test_the_last_decline_against_a_late_joiner(desk: Office, rounds: int) -> None:
    """All have said no, by the facts recorded with it; or it goes on with whoever came in time."""
    chance, outcomes = random.Random(2), Counter[str]()
    for _ in range(rounds):
        await desk.sql(AWAY)
        budi, late = await desk.mitra(), await desk.mitra(online=False)
        request = (await desk.searching()).request
        answers = await mixed(
            chance,
            {
                "decline": partial(pairings.decline, desk.desk, budi, request.id),
                "join": partial(presence.switch, desk.desk, desk.beats, late, online=True),
            },
        )
        assert {code for _, code in answers} <= {"OK", "REQUEST_CLOSED"}
        became = await status_of(desk, request.id)
        if became == "pending":
            asked = request.customer_id, request.payment_session_id
            await pairings.cancel_search(desk.desk, *asked)
        outcomes[became] += 1
    assert set(outcomes) <= {"pending", "rejected"}
    was_a_race(outcomes)


# ---------------------------------------------------------------------- targeted, and its fallback


async def test_a_targeted_request_and_its_fallback(desk: Office, rounds: int) -> None:
    """Accept, decline, time-out, fallback and cancel at the end of the window: one attempt, one end."""
    chance, outcomes = random.Random(3), Counter[str]()
    soon = SQL(
        "UPDATE pairing_requests SET deadline_at = d, wake_at = d FROM"
        " (SELECT clock_timestamp() + %s AS d) AS soon WHERE status = 'pending' AND kind = 'returning'"
    )
    for _ in range(rounds):
        await desk.sql(AWAY)
        scene = await targeted(desk)
        await desk.sql(soon, timedelta(milliseconds=chance.uniform(-5, 15)))
        names = ["decline", "time-out", "fallback", "cancel", "accept"]
        answers = await mixed(chance, {name: scene.sides[name] for name in names})
        assert {code for _, code in answers} <= {"OK", "REQUEST_CLOSED", "INVALID_STATE", "ALREADY_ACTIVE"}
        became = await scene.stands()
        if became.startswith("confirmed"):
            await scene.sides["cancel"]()
        assert became.count("pending") <= 1
        outcomes[became] += 1
    was_a_race(outcomes)
    assert len(outcomes) >= 3, f"a race that mostly ends one way is none: {outcomes}"


# ---------------------------------------------------------------------- caps and windows that change


async def test_the_cap_is_lowered_while_one_accepts(desk: Office) -> None:
    """An accept that was judged by the old cap is recorded with it; the next one is refused."""
    desk.change(max_customers_per_mitra=2)
    budi = await desk.mitra()
    one, two, three = [(await desk.searching()).request for _ in range(3)]
    await pairings.accept(desk.desk, budi, one.id)
    async with pausing(desk) as goes_on:
        second = asyncio.create_task(said(pairings.accept(desk.desk, budi, two.id)))
        await waits(desk, 1)
        desk.change(max_customers_per_mitra=1)
        third = asyncio.create_task(said(pairings.accept(desk.desk, budi, three.id)))
        await waits(desk, 2)
        await goes_on()
        assert [await second, await third] == ["OK", "AT_CAPACITY"]
    assert await desk.sql(FACTS, two.id) == [(1, 2)]


async def test_the_cap_is_lowered_while_chats_run(desk: Office, rounds: int) -> None:
    """Seven accept while the cap falls from two to one: each was below the cap it was judged by."""
    chance, outcomes = random.Random(4), Counter[int]()
    desk.change(mitra_stale_after_seconds=3600, pairing_blast_timeout_seconds=600)
    budi = await desk.mitra()
    asked: list[PairingRequest] = []

    async def about_now(do: Side) -> None:
        await asyncio.sleep(chance.uniform(0, 0.03))
        await do()

    async def lower() -> None:
        desk.change(max_customers_per_mitra=1)

    for _ in range(rounds):
        desk.change(max_customers_per_mitra=2)
        asked += [(await desk.searching()).request for _ in range(CONTENDERS - 1 - len(asked))]
        accepts = [partial(pairings.accept, desk.desk, budi, one.id) for one in asked]
        sides: list[Side] = [lower, *accepts]
        answers = await behind_a_barrier(*[partial(about_now, do) for do in sides])
        assert {*answers} <= {"OK", "AT_CAPACITY"}
        taken = [one for one, code in zip(asked, answers[1:], strict=True) if code == "OK"]
        facts = [(await desk.sql(FACTS, one.id))[0] for one in taken]
        assert sorted(live for live, _ in facts) == list(range(len(taken)))
        assert all(live < cap for live, cap in facts)
        for one in taken:
            found = await desk.desk.reads.request(one.id)
            assert found is not None
            assert found.request.session_id is not None
            await chats.end_by_customer(desk.desk, one.customer_id, found.request.session_id)
            asked.remove(one)
        outcomes[len(taken)] += 1
    was_a_race(outcomes)


SHORT, LONGER = {"pairing_blast_timeout_seconds": 30}, {"pairing_blast_timeout_seconds": 90}


async def window(desk: Office, request_id: UUID) -> float:
    """How long a request is asked around, in seconds."""
    ((span,),) = await desk.sql(
        SQL("SELECT extract(epoch FROM deadline_at - created_at) FROM pairing_requests WHERE id = %s"),
        request_id,
    )
    return float(span)


async def test_a_window_keeps_its_length(desk: Office) -> None:
    """A search that has not committed while the setting changes has the window it began with, for good."""
    who = await desk.customer()
    paid = (await desk.paid(who)).payment.id
    desk.change(**SHORT)

    async def change() -> None:
        desk.change(**LONGER)

    search = partial(pairings.open_general, desk.desk, who, paid, TopicSensitivity.NORMAL)
    assert await paused(desk, search, change) == ["OK", "OK"]
    active = await desk.desk.reads.customer_active(who)
    assert active.request is not None
    request = active.request.request
    assert await window(desk, request.id) == pytest.approx(30, abs=2)
    assert await queued(
        desk, "customers", who, partial(clock.fire, desk.desk, Due("pairing", request.id))
    ) == ["OK"]
    assert await status_of(desk, request.id) == "pending"
    assert await window(desk, request.id) == pytest.approx(30, abs=2)


async def test_the_window_is_changed_while_searches_open(desk: Office, rounds: int) -> None:
    """Two searches, tapped thrice, open while the setting changes: each has one window, and keeps it."""
    chance, outcomes = random.Random(5), Counter[int]()
    customers = [await desk.customer() for _ in range(2)]
    for number in range(rounds):
        before, after = (SHORT, LONGER) if number % 2 else (LONGER, SHORT)
        desk.change(**before)
        paid = [(await desk.paid(who)).payment.id for who in customers]
        opened: set[UUID] = set()

        async def change(to: dict[str, Any] = after) -> None:
            await asyncio.sleep(chance.uniform(0, 0.02))
            desk.change(**to)

        async def search(who: UUID, payment_id: UUID, into: set[UUID] = opened) -> None:
            await asyncio.sleep(chance.uniform(0, 0.02))
            seen = await pairings.open_general(desk.desk, who, payment_id, TopicSensitivity.NORMAL)
            into.add(seen.request.id)

        searches = [partial(search, who, payment) for who, payment in zip(customers, paid, strict=True)]
        assert set(await behind_a_barrier(change, *searches * 3)) == {"OK"}
        assert len(opened) == len(customers)
        spans = {request: await window(desk, request) for request in opened}
        desk.change(**before)
        for who, payment_id in zip(customers, paid, strict=True):
            await pairings.cancel_search(desk.desk, who, payment_id)
        for request, span in spans.items():
            assert await window(desk, request) == span
            outcomes[round(span / 30)] += 1
    assert set(outcomes) == {1, 3}
