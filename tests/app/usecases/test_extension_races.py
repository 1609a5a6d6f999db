"""Races for one extension: answers, silence, the end of the chat, in every pair; two requests; what runs out.

Eight connections wait behind a barrier in every round. Whatever the order, each caller is told what fits with
what became of the extension, and every invariant holds afterwards.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import combinations, cycle, permutations
from typing import Any, Final
from uuid import UUID

import pytest
from attrs import frozen
from psycopg.sql import SQL

from halobestie_adapters.postgres.pool import connection
from halobestie_app.problems import Problem
from halobestie_app.usecases import chats, clock
from halobestie_core.extension import Extension
from halobestie_core.ports.agenda import Due
from support.desk import Office
from support.extending import Talk, talking
from support.waiting import eventually

pytestmark = pytest.mark.anyio

CONTENDERS: Final = 8
SIDES: Final = ("accept", "reject", "time", "end")
POLICIES: Final = (("auto_approve", True), ("auto_reject", True), ("auto_approve", False))
"""What silence means, and whether the mitra has a socket."""


@pytest.fixture(autouse=True)
async def prepared_desk(desk: Office) -> None:
    """Nobody is stale while rounds are played."""
    desk.change(mitra_stale_after_seconds=3600)


@frozen
class Round:
    """One extension that is fought for."""

    talk: Talk
    asked: Extension

    async def does(self, side: str) -> str:
        """Do what one side does; gives ``OK`` or the code of the refusal."""
        desk, talk = self.talk.office.desk, self.talk
        match side:
            case "accept":
                return await said(talk.answer(self.asked, accepted=True))
            case "reject":
                return await said(talk.answer(self.asked, accepted=False))
            case "end":
                return await said(chats.end_by_customer(desk, talk.customer, talk.session_id))
            case _:
                return await said(clock.fire(desk, Due("extension", self.asked.id)))

    async def settles(self) -> Extension:
        """See to it that the clock has looked once the window was over."""
        over = SQL("SELECT clock_timestamp() >= deadline_at FROM session_extensions WHERE id = %s")

        async def resolved() -> bool:
            if not (await self.talk.now(self.asked)).is_pending:
                return True
            ((late,),) = await self.talk.office.sql(over, self.asked.id)
            if late:
                await self.does("time")
            return False

        await eventually(resolved)
        return await self.talk.now(self.asked)


async def said(doing: Awaitable[object]) -> str:
    """``OK``, or why not."""
    try:
        await doing
    except Problem as refused:
        return refused.code.value
    return "OK"


async def behind_a_barrier(*doing: Callable[[], Awaitable[str]]) -> list[str]:
    """Let all begin at once; what each heard."""
    barrier = asyncio.Barrier(len(doing))

    async def one(do: Callable[[], Awaitable[str]]) -> str:
        await barrier.wait()
        return await do()

    return await asyncio.gather(*map(one, doing))


async def together(fought: Round, sides: Sequence[str], chance: random.Random) -> list[tuple[str, str]]:
    """Every side as often as eight connections allow, mixed; who did what, and what they heard.

    One of the sides is held up a little, so that the shorter way to the lock does not always win.
    """
    slower, delay = chance.choice(sides), chance.uniform(0, 0.01)

    async def does(side: str) -> str:
        await asyncio.sleep(delay if side == slower else 0)
        return await fought.does(side)

    mixed = [side for side, _ in zip(cycle(sides), range(CONTENDERS), strict=False)]
    heard = await behind_a_barrier(*[partial(does, side) for side in mixed])
    return list(zip(mixed, heard, strict=True))


def fits(heard: Sequence[tuple[str, str]], became: Extension) -> None:
    """Everybody was told what is so."""
    status = became.status.value
    good = {
        "accept": status == "accepted",
        "reject": status in {"rejected", "timeout"},
        "time": True,
        "end": True,
    }
    for side, code in heard:
        assert code == ("OK" if good[side] else "EXTENSION_RESOLVED"), (side, code, status)
    if status == "cancelled":
        assert "end" in dict(heard)


async def charged(fought: Round, became: Extension) -> None:
    """A charge or a refund, never both, never twice."""
    ledger = await fought.talk.ledger(became.payment_session_id)
    assert ledger == [("extension" if became.status == "accepted" else "refund_due", became.requested_price)]


async def prepared(desk: Office, count: int) -> list[Talk]:
    """Chats, begun a few at a time."""
    listeners = [await desk.mitra() for _ in range(1 + count // desk.settings.max_customers_per_mitra)]
    hands = asyncio.Semaphore(CONTENDERS)

    async def one(number: int) -> Talk:
        async with hands:
            return await talking(desk, listeners[number % len(listeners)])

    return await asyncio.gather(*map(one, range(count)))


def _was_a_race(name: object, outcomes: Counter[Any]) -> None:
    """A race in which one side always wins is none."""
    print(f"{name}: {dict(outcomes)}")  # noqa: T201  shown by `pytest -rP`
    assert len(outcomes) > 1, outcomes


@pytest.mark.race
@pytest.mark.parametrize("sides", list(combinations(SIDES, 2)), ids=" and ".join)
async def test_two_sides(desk: Office, sides: tuple[str, str], rounds: int) -> None:
    """Each pair, many at once: one decision, one charge or one refund, and nobody is told otherwise."""
    chance = random.Random(11)
    talks = await prepared(desk, rounds if "end" in sides else 1)
    outcomes: Counter[str] = Counter()
    for number in range(rounds):
        policy, reachable = POLICIES[number % len(POLICIES)]
        desk.change(extension_default_action_on_timeout=policy)
        talk = talks[number % len(talks)]
        desk.sockets.here = set()
        if reachable:
            talk.connects()
        fought = Round(talk, await talk.asks(5))
        if "time" in sides:
            await talk.over(fought.asked, timedelta(milliseconds=chance.uniform(-5, 20)))
        heard = await together(fought, sides, chance)
        became = await fought.settles()
        if "time" not in sides:
            assert not became.via_timeout
            assert became.status != "timeout"
        fits(heard, became)
        await charged(fought, became)
        outcomes[became.status.value] += 1
    _was_a_race(sides, outcomes)


@pytest.mark.parametrize("first, second", list(permutations(SIDES, 2)))
@pytest.mark.parametrize("reachable", [True, False])
async def test_forced_orders(desk: Office, first: str, second: str, reachable: bool) -> None:
    """Both wait for the customer's lock, in this order: what the first one did, the second finds."""
    talk = await talking(desk)
    if reachable:
        talk.connects()
    fought = Round(talk, await talk.asks(5))
    late = "time" in (first, second)
    if late:
        await talk.over(fought.asked)
    waiting = SQL(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    tasks = []
    async with connection(desk.pool) as holder, holder.transaction():
        lock = SQL("SELECT FROM customers WHERE id = %s FOR NO KEY UPDATE")
        await holder.execute(lock, [talk.customer])
        for queued, side in enumerate((first, second), start=1):
            tasks.append(asyncio.create_task(fought.does(side)))

            async def waits(count: int = queued) -> bool:
                ((found,),) = await desk.sql(waiting)
                return bool(found >= count)

            await eventually(waits)
    heard = [(first, await tasks[0]), (second, await tasks[1])]
    became = await talk.now(fought.asked)
    if first == "end":
        assert became.status == "cancelled"
    elif late:
        assert became.status == ("accepted" if reachable else "timeout")
    else:
        assert became.status == {"accept": "accepted", "reject": "rejected"}[first]
    fits(heard, became)
    await charged(fought, became)


@pytest.mark.race
async def test_two_requests(desk: Office, rounds: int) -> None:
    """Two tabs with a payment each: one extension; the same payment hears of it, the other that one waits."""
    (talk,) = await prepared(desk, 1)
    winners: Counter[str] = Counter()
    for _ in range(rounds):
        one, two = await talk.more(5), await talk.more(5)

        async def ask(payment_id: UUID) -> str:
            return f"{payment_id} {await said(talk.ask(payment_id))}"

        mixed = [one.id, two.id] * (CONTENDERS // 2)
        heard = await behind_a_barrier(*[partial(ask, payment_id) for payment_id in mixed])
        current = await desk.desk.reads.customer_active(talk.customer)
        assert current.extension is not None
        won = current.extension.extension
        lost = two if won.payment_session_id == one.id else one
        assert Counter(heard) == {
            f"{won.payment_session_id} OK": CONTENDERS // 2,
            f"{lost.id} EXTENSION_PENDING": CONTENDERS // 2,
        }
        assert (await talk.payment(lost.id)).held_by is None
        await talk.answer(won, accepted=False)
        winners["one" if lost is two else "two"] += 1
    _was_a_race("two requests", winners)


@pytest.mark.race
async def test_asking_while_the_paid_time_runs_out(desk: Office, rounds: int) -> None:
    """Asked from active or from closing, it is asked; the clock never closes what is paused."""
    chance = random.Random(12)
    (talk,) = await prepared(desk, 1)
    remaining: Counter[bool] = Counter()
    for _ in range(rounds):
        paid = await talk.more(5)
        await talk.runs_out(timedelta(milliseconds=chance.uniform(0, 25)))

        async def ask(payment_id: UUID = paid.id) -> str:
            return await said(talk.ask(payment_id))

        async def look() -> str:
            return await said(clock.fire(desk.desk, Due("chat", talk.session_id)))

        heard = await behind_a_barrier(*[ask, look] * (CONTENDERS // 2))
        assert set(heard) == {"OK"}
        chat = await talk.chat()
        assert chat.status == "extending"
        assert chat.remaining is not None
        remaining[chat.remaining > timedelta(0)] += 1
        current = await desk.desk.reads.customer_active(talk.customer)
        assert current.extension is not None
        await talk.answer(current.extension.extension, accepted=True)
    _was_a_race("paid time", remaining)


@pytest.mark.race
async def test_asking_while_the_payment_runs_out(desk: Office, rounds: int) -> None:
    """Held in time, its own deadline counts no more; too late, it fails and is owed back, once."""
    chance = random.Random(13)
    (talk,) = await prepared(desk, 1)
    outcomes: Counter[str] = Counter()
    soon = SQL(
        "UPDATE payment_sessions SET expires_at = d, wake_at = d"
        " FROM (SELECT clock_timestamp() + %s AS d) AS soon WHERE id = %s"
    )
    for _ in range(rounds):
        paid = await talk.more(5)
        await desk.sql(soon, timedelta(milliseconds=chance.uniform(-2, 20)), paid.id)

        async def ask(payment_id: UUID = paid.id) -> str:
            return await said(talk.ask(payment_id))

        async def look(payment_id: UUID = paid.id) -> str:
            await clock.fire(desk.desk, Due("payment", payment_id))
            return "looked"

        heard = set(await behind_a_barrier(*[ask, look] * (CONTENDERS // 2)))
        current = await desk.desk.reads.customer_active(talk.customer)
        if current.extension is None:
            assert heard == {"PAYMENT_EXPIRED", "looked"}
            assert await talk.ledger(paid.id) == [("refund_due", paid.amount)]
        else:
            assert heard == {"OK", "looked"}
            await talk.answer(current.extension.extension, accepted=True)
        outcomes["held" if current.extension else "lapsed"] += 1
    _was_a_race("payment", outcomes)


@pytest.mark.race
async def test_asking_while_the_chat_ends(desk: Office, rounds: int) -> None:
    """Asked first, it is cancelled with the chat and its money owed; else the money is still there."""
    outcomes: Counter[str] = Counter()
    for talk in await prepared(desk, rounds):
        paid = await talk.more(5)

        async def ask(talk: Talk = talk, payment_id: UUID = paid.id) -> str:
            return await said(talk.ask(payment_id))

        async def end(talk: Talk = talk) -> str:
            await chats.end_by_customer(desk.desk, talk.customer, talk.session_id)
            return "ended"

        heard = set(await behind_a_barrier(*[ask, end] * (CONTENDERS // 2)))
        after = await talk.payment(paid.id)
        assert heard <= {"OK", "SESSION_NOT_ACTIVE", "ended"}
        if "OK" in heard:
            assert (after.status, after.cause_tag) == ("failed_pairing", "customer_cancelled")
        else:
            assert (after.status, after.held_by) == ("confirmed", None)
        outcomes[after.status.value] += 1
    _was_a_race("chat's end", outcomes)


@pytest.mark.race
async def test_the_policy_changes_at_the_end(desk: Office, rounds: int) -> None:
    """One of the two policies decides, the one that is recorded with the move, and only once."""
    (talk,) = await prepared(desk, 1)
    talk.connects()
    chance = random.Random(14)
    outcomes: Counter[str] = Counter()
    for number in range(rounds):
        before, after = ("auto_approve", "auto_reject") if number % 2 else ("auto_reject", "auto_approve")
        desk.change(extension_default_action_on_timeout=before)
        fought = Round(talk, await talk.asks(5))
        await talk.over(fought.asked)

        async def change(to: str = after) -> str:
            await asyncio.sleep(chance.uniform(0, 0.008))
            desk.change(extension_default_action_on_timeout=to)
            return "changed"

        fires = [partial(fought.does, "time")] * (CONTENDERS - 1)
        await behind_a_barrier(change, *fires)
        became = await talk.now(fought.asked)
        policy = (await talk.facts(fought.asked))["policy"]
        assert became.status == ("accepted" if policy == "auto_approve" else "timeout")
        await charged(fought, became)
        outcomes["before" if policy == before else "after"] += 1
    _was_a_race("policy", outcomes)
