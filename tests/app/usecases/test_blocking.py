"""Races around a block and around an operator's end of a chat, on a real database.

Whatever the order: a blocked mitra is offline, holds no log-in, keeps no chat, and one operator is on record.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_app.problems import Problem
from halobestie_app.usecases import chats, pairings, presence
from halobestie_app.workers.later import LaterCommands
from halobestie_core.words import UserType
from support.desk import Office
from support.extending import talking
from support.identity import Kit, kit
from support.waiting import eventually

pytestmark = pytest.mark.anyio

MITRA = SQL("SELECT is_online, blocked_at IS NOT NULL, version, live_chats FROM mitras WHERE id = %s")
BLOCKS = SQL(
    "SELECT actor_type, actor_id FROM transitions"
    " WHERE machine = 'presence' AND aggregate_id = %s AND command = 'block'"
)
ENDS = SQL(
    "SELECT actor_type, actor_id, facts ->> 'reason' FROM transitions"
    " WHERE machine = 'chat' AND aggregate_id = %s AND to_state = 'ended'"
)
LOG_INS = SQL("SELECT count(*) FROM auth_sessions WHERE user_id = %s AND revoked_at IS NULL")


@pytest.fixture(autouse=True)
async def prepared_desk(desk: Office) -> None:
    """Nobody is stale while rounds are played."""
    desk.change(mitra_stale_after_seconds=3600)


@asynccontextmanager
async def later_commands(desk: Office) -> AsyncIterator[LaterCommands]:
    """Commands for later are run, as a worker does."""
    stop, worker = asyncio.Event(), LaterCommands(desk.desk, desk.agenda)
    working = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await working


async def said(doing: Awaitable[object]) -> str:
    """``OK``, or the code of the refusal."""
    try:
        await doing
    except Problem as refused:
        return refused.code.value
    return "OK"


async def mixed(
    chance: random.Random, *doing: tuple[str, Callable[[], Awaitable[object]]]
) -> Counter[tuple[str, str]]:
    """Let all begin at once, one of them held up a little; who heard what."""
    barrier = asyncio.Barrier(len(doing))
    slower, delay = chance.choice([name for name, _ in doing]), chance.uniform(0, 0.01)

    async def one(name: str, do: Callable[[], Awaitable[object]]) -> tuple[str, str]:
        await barrier.wait()
        await asyncio.sleep(delay if name == slower else 0)
        return name, await said(do())

    return Counter(await asyncio.gather(*(one(name, do) for name, do in doing)))


def was_a_race(outcomes: Counter[Any]) -> None:
    """A race in which one side always wins is none."""
    print(dict(outcomes))  # noqa: T201  shown by `pytest -rP`
    assert len(outcomes) > 1, outcomes


async def is_shut_out(desk: Office, mitra: UUID, operators: set[UUID]) -> None:
    """Offline and blocked, by one operator."""
    ((online, blocked, version, _),) = await desk.sql(MITRA, mitra)
    assert (online, blocked, version) == (False, True, 2)
    ((actor_type, actor),) = await desk.sql(BLOCKS, mitra)
    assert actor_type == "cc_user"
    assert actor in operators


@pytest.mark.race
async def test_block_and_accept(desk: Office, rounds: int) -> None:
    """An accept before the block is a chat that ends; one after it is refused; nobody keeps a place."""
    chance, outcomes = random.Random(7), Counter[str]()
    bosses = {uuid7() for _ in range(4)}
    async with later_commands(desk) as worker:
        for _ in range(rounds):
            mitra = await desk.mitra()
            request = (await desk.searching()).request
            accept = partial(pairings.accept, desk.desk, mitra, request.id)
            block = [partial(presence.block, desk.desk, boss, mitra, blocked=True) for boss in bosses]
            heard = await mixed(chance, *[("accept", accept)] * 4, *[("block", one) for one in block])
            assert heard["block", "OK"] == len(bosses)
            assert not {code for name, code in heard if name == "accept"} - {
                "OK",
                "MITRA_OFFLINE",
                "NOT_FOUND",
                "REQUEST_CLOSED",
            }, heard
            await is_shut_out(desk, mitra, bosses)
            worker.wake()
            await eventually(partial(_is_free, desk, mitra))
            found = await desk.desk.reads.request(request.id)
            assert found is not None
            won = found.request.session_id
            assert (won is not None) == (heard["accept", "OK"] > 0)
            if won is not None:
                assert await desk.sql(ENDS, won) == [("system", None, "mitra_blocked")]
            else:
                asked = found.request
                await pairings.cancel_search(desk.desk, asked.customer_id, asked.payment_session_id)
            outcomes["refused" if won is None else "accepted"] += 1
    was_a_race(outcomes)


async def _is_free(desk: Office, mitra: UUID) -> bool:
    ((_, _, _, live_chats),) = await desk.sql(MITRA, mitra)
    ((waiting,),) = await desk.sql(
        SQL("SELECT count(*) FROM outbox WHERE kind = 'later' AND sent_at IS NULL")
    )
    return bool(live_chats == 0 and waiting == 0)


@pytest.mark.race
async def test_block_and_heartbeat(desk: Office, rounds: int) -> None:
    """However a heartbeat comes, on its way or just written, nobody blocked is online again."""
    chance, outcomes = random.Random(8), Counter[Any]()
    boss = uuid7()
    beats = PostgresHeartbeats(desk.pool)
    for _ in range(rounds):
        mitra = await desk.mitra()
        ((now,),) = await desk.sql(SQL("SELECT clock_timestamp()"))
        heartbeat = partial(presence.heartbeat, desk.desk, desk.beats, mitra)
        online = partial(presence.switch, desk.desk, desk.beats, mitra, online=True)
        write = partial(beats.write, {mitra: now}, desk.desk.house)
        block = partial(presence.block, desk.desk, boss, mitra, blocked=True)
        heard = await mixed(
            chance,
            *[("heartbeat", heartbeat)] * 2,
            *[("online", online)] * 2,
            *[("write", write)] * 2,
            *[("block", block)] * 2,
        )
        assert heard["block", "OK"] == 2
        assert not {code for name, code in heard} - {"OK", "MITRA_OFFLINE", "FORBIDDEN"}, heard
        await beats.write({mitra: now}, desk.desk.house)
        await is_shut_out(desk, mitra, {boss})
        assert await said(heartbeat()) == "MITRA_OFFLINE"
        assert await said(online()) == "FORBIDDEN"
        outcomes[heard["heartbeat", "OK"] + heard["online", "OK"]] += 1
    was_a_race(outcomes)


@pytest.mark.race
async def test_operators_and_the_customer_end_a_chat(desk: Office, rounds: int) -> None:
    """One end is on record, with its author; an operator who was second hears the same, or how it ended."""
    chance, outcomes = random.Random(9), Counter[str]()
    bosses = {uuid7(): f"reason {number}" for number in range(3)}
    listeners = [await desk.mitra() for _ in range(2)]
    for number in range(rounds):
        talk = await talking(desk, listeners[number % 2])
        end = [
            partial(chats.end_by_operator, desk.desk, boss, talk.session_id, reason)
            for boss, reason in bosses.items()
        ]
        goodbye = partial(chats.end_by_customer, desk.desk, talk.customer, talk.session_id)
        heard = await mixed(chance, *[("operator", one) for one in end], *[("customer", goodbye)] * 2)
        ((actor_type, actor, reason),) = await desk.sql(ENDS, talk.session_id)
        if actor_type == "cc_user":
            assert bosses[actor] == reason
            assert heard == {("operator", "OK"): 3, ("customer", "SESSION_NOT_ACTIVE"): 2}
        else:
            assert (actor_type, actor, reason) == ("customer", talk.customer, None)
            assert heard == {("operator", "INVALID_STATE"): 3, ("customer", "OK"): 2}
        outcomes[actor_type] += 1
    was_a_race(outcomes)


@pytest.fixture
async def made(database_url: str) -> AsyncIterator[Kit]:
    """Identity on the same database."""
    async with kit(database_url, connections=6) as opened:
        yield opened


@pytest.mark.race
async def test_block_and_log_in(desk: Office, made: Kit, rounds: int) -> None:
    """Whether a code, a refresh or the block is first, no log-in of somebody blocked lives."""
    chance, outcomes = random.Random(10), Counter[Any]()
    boss = uuid7()
    for number in range(rounds):
        phone = f"+62812{number:08}"
        who = await made.identity.add_mitra(phone, "Sari")
        await made.identity.request_code(UserType.MITRA, phone, f"address {number}")
        before = await made.identity.verify_mitra(phone, made.codes(phone)[-1])
        await made.identity.request_code(UserType.MITRA, phone, f"address {number}")
        verify = partial(made.identity.verify_mitra, phone, made.codes(phone)[-1])
        renew = partial(made.identity.log_ins.renew, before.refresh_token)
        block = partial(presence.block, desk.desk, boss, who.id, blocked=True)
        heard = await mixed(chance, ("verify", verify), *[("renew", renew)] * 2, *[("block", block)] * 2)
        assert heard["block", "OK"] == 2
        assert await desk.sql(LOG_INS, who.id) == [(0,)]
        assert await said(renew()) == "UNAUTHENTICATED"
        outcomes[tuple(sorted(name for name, code in heard if code == "OK"))] += 1
    was_a_race(outcomes)
