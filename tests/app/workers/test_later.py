"""Commands that cross customers: durable, one per customer concerned, looked at again under the locks."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.sql import SQL

from halobestie_app.usecases import chats, pairings, presence
from halobestie_app.workers.later import LaterCommands
from halobestie_core.words import TopicSensitivity
from support.desk import Office

pytestmark = pytest.mark.anyio
HOUSE_CHANGED = """
INSERT INTO outbox (kind, stream, audience, payload)
VALUES ('later', 'house', '{}', '{"command": "house_changed"}') RETURNING id"""
UNSENT = SQL("SELECT count(*) FROM outbox WHERE kind = 'later' AND sent_at IS NULL")


async def _run(desk: Office) -> None:
    """Run what was left for later, until nothing is."""
    stop = asyncio.Event()
    worker = LaterCommands(desk.desk, desk.agenda)
    task = asyncio.create_task(worker.run(stop))
    try:
        async with asyncio.timeout(20):
            while (await desk.sql(UNSENT))[0][0]:
                worker.wake()
                await asyncio.sleep(0.01)
    finally:
        stop.set()
        await task


async def _offered(desk: Office, request_id: object) -> set[object]:
    rows = await desk.sql(
        SQL("SELECT unnest(mitra_ids) FROM pairing_waves WHERE pairing_request_id = %s"), request_id
    )
    return {row[0] for row in rows}


async def test_a_mitra_who_comes_online_is_offered_every_open_blast(desk: Office) -> None:
    """One command per customer; a returning request for somebody else is none of theirs."""
    late = await desk.mitra(online=False)
    first, second = await desk.searching(), await desk.searching()
    await presence.switch(desk.desk, desk.beats, late, online=True)
    await _run(desk)
    assert await _offered(desk, first.request.id) == {late}
    assert await _offered(desk, second.request.id) == {late}


async def test_a_mitra_who_is_gone_again_is_not_offered_it(desk: Office) -> None:
    """A later command looks at presence again; what was true when it was written may not be."""
    late = await desk.mitra(online=False)
    request = await desk.searching()
    await presence.switch(desk.desk, desk.beats, late, online=True)
    await presence.switch(desk.desk, desk.beats, late, online=False)
    await _run(desk)
    assert await _offered(desk, request.request.id) == set()


async def test_whoever_comes_while_a_request_opens_is_offered_it(desk: Office) -> None:
    """The request looks again after its own commit: the gap between its look and its commit is covered."""
    request = await desk.searching()
    late = await desk.mitra()  # came online in the gap: no command of their own tells of it
    await _run(desk)
    assert await _offered(desk, request.request.id) == {late}


async def test_a_freed_place_brings_the_open_requests(desk: Office) -> None:
    """Below capacity again after a chat: what is open is offered."""
    desk.change(max_customers_per_mitra=1)
    mitra = await desk.mitra()
    busy = await desk.searching()
    session, _ = await pairings.accept(desk.desk, mitra, busy.request.id)
    waiting = await desk.searching()
    await _run(desk)
    assert await _offered(desk, waiting.request.id) == set()
    await chats.end_by_customer(desk.desk, session.session.customer_id, session.session.id)
    await _run(desk)
    assert await _offered(desk, waiting.request.id) == {mitra}


async def test_going_offline_withdraws_offers_and_fails_the_waiting_target(desk: Office) -> None:
    """A blast goes on without them; a request for them alone fails at once, with its cause."""
    target, other = await desk.mitra(), await desk.mitra()
    blast = await desk.searching()
    customer = await desk.customer()
    paid = await desk.paid(customer, target)
    asked = await pairings.open_returning(
        desk.desk, customer, paid.payment.id, target, TopicSensitivity.NORMAL
    )
    await presence.switch(desk.desk, desk.beats, target, online=False)
    await _run(desk)
    answers = await desk.sql(
        SQL("SELECT mitra_id, answer FROM pairing_answers WHERE pairing_request_id = %s"), blast.request.id
    )
    assert answers == [(target, "withdrawn")]
    failed = await desk.desk.reads.request(asked.request.id)
    assert failed is not None
    assert (failed.request.status, failed.request.cause_tag) == ("auto_rejected", "targeted_mitra_offline")
    accepted, _ = await pairings.accept(desk.desk, other, blast.request.id)
    assert accepted.session.mitra_id == other


async def test_a_returned_mitra_is_offered_again(desk: Office) -> None:
    """Withdrawn is not declined."""
    mitra = await desk.mitra()
    blast = await desk.searching()
    await presence.switch(desk.desk, desk.beats, mitra, online=False)
    await _run(desk)
    await presence.switch(desk.desk, desk.beats, mitra, online=True)
    await _run(desk)
    accepted, _ = await pairings.accept(desk.desk, mitra, blast.request.id)
    assert accepted.session.mitra_id == mitra


async def test_a_shut_out_mitra_leaves_their_chats(desk: Office) -> None:
    """Each live chat is ended as an operator's doing, one command each."""
    mitra = await desk.mitra()
    sessions = [
        (await pairings.accept(desk.desk, mitra, (await desk.searching()).request.id))[0] for _ in range(2)
    ]
    await desk.sql(
        SQL(
            "INSERT INTO outbox (kind, stream, audience, payload) VALUES"
            " ('later', 'x', '{}', jsonb_build_object('command', 'mitra_shut_out', 'mitra_id', %s::uuid))"
        ),
        mitra,
    )
    await _run(desk)
    rows = await desk.sql(SQL("SELECT id, end_reason FROM chat_sessions"))
    assert dict(rows) == {one.session.id: "operator_ended" for one in sessions}


async def test_a_command_whose_instance_died_is_taken_again(desk: Office) -> None:
    """Taken is not done: after a moment it is anybody's again, and running it twice changes nothing more."""
    late = await desk.mitra(online=False)
    request = await desk.searching()
    await presence.switch(desk.desk, desk.beats, late, online=True)
    taken = await desk.agenda.take_later(10)
    assert taken
    assert await desk.agenda.take_later(10) == []
    await desk.sql(
        SQL("UPDATE outbox SET next_attempt_at = next_attempt_at - %s WHERE kind = 'later'"),
        timedelta(minutes=5),
    )
    await _run(desk)
    assert await _offered(desk, request.request.id) == {late}


@pytest.mark.unsound("switches presence by hand", "m1_rows_agree_with_their_moves")
async def test_who_leaves_while_a_blast_opens_is_withdrawn(desk: Office) -> None:
    """Their leaving found no offer yet, and the opening did not see them leave: the second look does."""
    mitra = await desk.mitra()
    blast = await desk.searching()
    await desk.sql(SQL("UPDATE mitras SET is_online = false, version = version + 1 WHERE id = %s"), mitra)
    await _run(desk)
    answers = await desk.sql(
        SQL("SELECT mitra_id, answer FROM pairing_answers WHERE pairing_request_id = %s"), blast.request.id
    )
    assert answers == [(mitra, "withdrawn")]


async def test_a_second_look_leaves_waves_alone(desk: Office) -> None:
    """With a wave size, whoever comes late by the thousand still waits for a wave."""
    desk.change(pairing_wave_size=1)
    await desk.mitra()
    blast = await desk.searching()
    await desk.mitra()
    await _run(desk)
    assert len(await _offered(desk, blast.request.id)) == 1


async def test_who_may_be_asked_only_now_is_asked_whatever_the_waves(desk: Office) -> None:
    """A raised cap: no wave would come for those whom it lets in."""
    desk.change(pairing_wave_size=1, max_customers_per_mitra=1)
    mitra = await desk.mitra()
    busy = await desk.searching()
    await pairings.accept(desk.desk, mitra, busy.request.id)
    waiting = await desk.searching()
    await _run(desk)
    assert await _offered(desk, waiting.request.id) == set()
    desk.change(pairing_wave_size=1, max_customers_per_mitra=2)
    await desk.sql(SQL(HOUSE_CHANGED))
    await _run(desk)
    assert await _offered(desk, waiting.request.id) == {mitra}


async def test_a_chat_that_ends_leaves_nothing_useless_behind(desk: Office) -> None:
    """A mitra who sees every open request already is offered none of them again."""
    mitra = await desk.mitra()
    session, _ = await pairings.accept(desk.desk, mitra, (await desk.searching()).request.id)
    waiting = await desk.searching()
    await _run(desk)
    await chats.end_by_customer(desk.desk, session.session.customer_id, session.session.id)
    await _run(desk)
    offers = SQL("SELECT count(*) FROM outbox WHERE payload ->> 'command' = 'offer'")
    assert await _offered(desk, waiting.request.id) == {mitra}
    assert await desk.sql(offers) == [(0,)]
