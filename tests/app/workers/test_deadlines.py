"""Deadlines are rows: whoever looks fires them, once, and none early."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.sql import SQL

from halobestie_adapters.postgres.invariants import check
from halobestie_app.usecases import pairings
from halobestie_app.workers.deadlines import Deadlines
from halobestie_core.payment import PaymentStatus
from support.desk import Office

pytestmark = pytest.mark.anyio
LONG = timedelta(hours=3)


async def _fired(desk: Office) -> None:
    """Look until nothing is due."""
    loop = Deadlines(desk.desk, desk.agenda)
    async with asyncio.timeout(20):
        while await loop.once() == 0.0:
            pass


async def _sound(desk: Office) -> None:
    async with desk.pool.connection() as conn:
        assert await check(conn, eventual=False) == []


async def test_nothing_fires_early(desk: Office) -> None:
    """A row whose time has not come is left alone, and says how long one may sleep."""
    request = await desk.searching()
    loop = Deadlines(desk.desk, desk.agenda)
    assert 0 < await loop.once() <= 0.5
    seen = await desk.desk.reads.request(request.request.id)
    assert seen is not None
    assert seen.request.is_open


async def test_a_search_whose_window_is_over_fails_its_payment(desk: Office) -> None:
    """Nobody accepted: the request expires, the payment is due for a refund, with its cause."""
    request = await desk.searching()
    await desk.age("pairing", request.request.id, LONG)
    await _fired(desk)
    seen = await desk.desk.reads.payment(request.request.payment_session_id)
    assert seen is not None
    assert (seen.payment.status, seen.payment.cause_tag) == ("failed_pairing", "no_mitra_available")
    assert seen.payment.fallback_open
    await _sound(desk)


async def test_an_unused_payment_lapses_and_a_held_one_does_not(desk: Office) -> None:
    """While a search uses the money, the search's own deadline decides."""
    idle = await desk.paid(await desk.customer())
    held = await desk.searching()
    await desk.age("payment", idle.payment.id, LONG)
    await desk.sql(
        SQL("UPDATE payment_sessions SET expires_at = expires_at - %s WHERE id = %s"),
        LONG,
        held.request.payment_session_id,
    )
    await _fired(desk)
    lapsed = await desk.desk.reads.payment(idle.payment.id)
    kept = await desk.desk.reads.payment(held.request.payment_session_id)
    assert lapsed is not None
    assert kept is not None
    assert (lapsed.payment.status, lapsed.payment.cause_tag) == ("failed_pairing", "payment_session_expired")
    assert kept.payment.status is PaymentStatus.CONFIRMED
    await _sound(desk)


@pytest.mark.unsound("moves deadlines by hand", "h4_time_adds_up", "t2_no_chat_was_cut_short")
async def test_a_chat_closes_and_then_ends(desk: Office) -> None:
    """Paid time is over: a grace for goodbyes, then the end, and the mitra's place is free again."""
    mitra = await desk.mitra()
    request = await desk.searching()
    session = (await pairings.accept(desk.desk, mitra, request.request.id))[0].session
    await desk.age("chat", session.id, LONG)
    desk.change(closure_grace_seconds=0)
    await _fired(desk)
    seen = await desk.desk.reads.session(session.id)
    found = await desk.desk.reads.mitra(mitra)
    assert seen is not None
    assert found is not None
    assert (seen[0].session.status, seen[0].session.end_reason) == ("ended", "time_up")
    assert found[0].live_chats == 0


async def test_the_next_wave_goes_out_after_a_third_of_the_window(desk: Office) -> None:
    """With a wave size, the least busy are asked first, the others later, nobody twice."""
    mitras = [await desk.mitra() for _ in range(3)]
    desk.change(pairing_wave_size=2)
    request = (await desk.searching()).request
    assert request.next_wave_at is not None
    assert len(await desk.desk.reads.offered(request.id, None)) == 2
    desk.change(pairing_wave_size=0)  # a window that has begun keeps its waves
    await desk.sql(
        SQL(
            "UPDATE pairing_requests SET next_wave_at = next_wave_at - %s, wake_at = wake_at - %s"
            " WHERE id = %s"
        ),
        timedelta(seconds=25),
        timedelta(seconds=25),
        request.id,
    )
    await _fired(desk)
    assert sorted(await desk.desk.reads.offered(request.id, 1)) != sorted(mitras)
    assert sorted(await desk.desk.reads.offered(request.id, None)) == sorted(mitras)
    await _sound(desk)


async def test_a_silent_mitra_is_taken_offline_but_not_one_who_was_heard_first(desk: Office) -> None:
    """The sweep looks again under the lock: a heartbeat that landed meanwhile wins."""
    silent = await desk.mitra(silent_for=timedelta(seconds=60))
    heard = await desk.mitra(silent_for=timedelta(seconds=60))
    peeked = await desk.agenda.stale(desk.desk.house, 10)
    assert {one.id for one in peeked} == {silent, heard}
    await desk.sql(SQL("UPDATE mitras SET last_heartbeat_at = clock_timestamp() WHERE id = %s"), heard)
    await _fired(desk)
    rows = await desk.sql(SQL("SELECT id, is_online FROM mitras"))
    assert dict(rows) == {silent: False, heard: True}
    desk.change(mitra_require_ping=False)
    assert await desk.agenda.stale(desk.desk.house, 10) == ()


async def test_two_instances_fire_each_deadline_once(desk: Office) -> None:
    """Both peek at the same rows; the log of moves shows one firing each."""
    requests = [await desk.searching() for _ in range(40)]
    for one in requests:
        await desk.age("pairing", one.request.id, LONG)
    async with asyncio.timeout(60):
        await asyncio.gather(_fired(desk), _fired(desk))
    fired = await desk.sql(
        SQL("SELECT count(*), count(DISTINCT aggregate_id) FROM transitions WHERE to_state = 'expired'")
    )
    assert fired == [(len(requests), len(requests))]
    await _sound(desk)


@pytest.mark.unsound("takes a move out of a log", "m1_moves_follow_each_other")
async def test_one_row_that_cannot_be_decided_keeps_nobody_waiting(desk: Office) -> None:
    """A defect in one row is logged and tried again later; the others fire."""
    broken, sound = await desk.searching(), await desk.searching()
    await desk.sql(
        SQL(
            "UPDATE payment_sessions SET held_by = NULL, wake_at = expires_at, version = version + 1"
            " WHERE id = %s"
        ),
        broken.request.payment_session_id,
    )
    for one in (broken, sound):
        await desk.age("pairing", one.request.id, LONG)
    loop = Deadlines(desk.desk, desk.agenda)
    async with asyncio.timeout(20):
        while await loop.once() == 0.0:
            pass
    left = await desk.desk.reads.request(sound.request.id)
    assert left is not None
    assert not left.request.is_open
