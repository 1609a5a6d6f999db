"""The store's promises, kept by both: locks in order, everything or nothing, the version decided on."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_adapters.errors import Busy, Conflict, RuleBroken, StaleWrite
from halobestie_core import chat, pairing, payment, presence
from halobestie_core.flow import FallBackToBlast, OpenPairing, RecordCapture, decide, pricing
from halobestie_core.flow.decide import Moved
from halobestie_core.machine import Ignored
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.store import CLOCK, SYSTEM, Actor, Loaded, Look, Named, Scope
from halobestie_core.words import ActorType, Party
from support.places import Place, later
from support.steps import (
    AYU,
    BIMA,
    CHAT,
    HOUSE,
    NOBODY,
    OF_AYU,
    PAYMENT,
    REQUEST,
    SARI,
    TINI,
    captured,
    create,
    do,
    look,
    pay,
    search,
    talk,
)

pytestmark = pytest.mark.anyio


# -- loading -------------------------------------------------------------------------------------------------


async def test_an_unknown_payment_is_an_empty_evening(house: Place) -> None:
    """What does not exist loads as nothing, and locks nobody."""
    loaded = await look(house, Scope(payment_id=NOBODY))
    assert loaded == Loaded(house.now, loaded.evening)
    assert loaded.evening.payment is None


async def test_what_a_new_payment_needs(house: Place) -> None:
    """The creating transaction shows the customer, their open payment, the prices and the buyer."""
    await do(house, Scope(customer_id=AYU, prices=True), create)
    loaded = await look(house, Scope(customer_id=AYU, prices=True))
    assert loaded.customer == Named(AYU, "Ayu")
    assert loaded.evening.payment is not None
    assert loaded.evening.payment.id == PAYMENT
    assert sorted(tier.minutes for tier in loaded.tiers) == [5, 12, 60]
    assert loaded.promotion is not None
    assert loaded.buyer == pricing.Buyer()


async def test_captured_and_failure_come_with_a_payment(house: Place) -> None:
    """A payment that is addressed comes with whether money was recorded, and with its open failure."""
    await search(house)
    await later(house, seconds=61)
    await do(house, Scope(request_id=REQUEST), lambda _: pairing.TimeUp(), CLOCK)
    loaded = await look(house, Scope(payment_id=PAYMENT))
    assert loaded.captured
    assert loaded.evening.failure is not None
    assert loaded.evening.failure.amount == 10_000
    assert loaded.customer == Named(AYU, "Ayu")


async def test_money_that_does_not_fit_is_no_first_capture(house: Place) -> None:
    """A wrong amount is recorded as surplus, and the right one that follows still confirms the payment."""
    await do(house, Scope(customer_id=AYU, prices=True), create)

    def too_little(loaded: Loaded) -> RecordCapture:
        whole = captured(loaded, "wrong")
        return evolve(whole, capture=evolve(whole.capture, amount=9_000))

    addressed = Scope(customer_id=AYU, payment_id=PAYMENT)
    await do(house, addressed, too_little)
    assert not (await look(house, addressed)).captured
    await do(house, addressed, captured)
    assert (await look(house, addressed)).captured
    rows = await house.rows()
    assert [row["status"] for row in rows["payment_sessions"]] == ["confirmed"]
    [failure] = rows["pairing_failures"]
    assert (failure["cause_tag"], failure["amount"]) == ("payment_mismatch", 9_000)


async def test_searching_finds_what_is_open(house: Place) -> None:
    """The open request and the live chat come with the customer, named or found through the payment."""
    await search(house)
    by_name = await look(house, Scope(customer_id=AYU, payment_id=PAYMENT, searching=True))
    by_payment = await look(house, Scope(payment_id=PAYMENT, searching=True))
    assert by_name == by_payment
    assert by_name.evening.open_request is not None
    assert by_name.evening.live_chat is None


async def test_searching_finds_the_last_request_of_the_payment(house: Place) -> None:
    """With nothing open, the payment's newest request is there; a live chat is too."""
    await talk(house)
    loaded = await look(house, Scope(customer_id=AYU, payment_id=PAYMENT, searching=True))
    assert loaded.evening.request is not None
    assert loaded.evening.request.id == REQUEST
    assert loaded.evening.live_chat is not None


async def test_a_request_comes_with_its_payment_waves_and_answers(house: Place) -> None:
    """Who answers a request sees the payment it searches with and every entry."""
    await search(house)
    await do(
        house,
        Scope(request_id=REQUEST),
        lambda _: pairing.Decline(TINI, eligible_left=False),
        Actor(ActorType.MITRA, TINI),
    )
    loaded = await look(house, Scope(request_id=REQUEST, mitra_id=SARI))
    request = loaded.evening.request
    assert request is not None
    assert [set(wave.mitra_ids) for wave in request.waves] == [{SARI, TINI}]
    assert [answer.mitra_id for answer in request.answers] == [TINI]
    assert loaded.evening.payment is not None
    assert (loaded.mitra_name, loaded.mitra and loaded.mitra.live_chats) == ("Sari", 0)


async def test_a_session_comes_with_its_mitra(house: Place) -> None:
    """A chat that is addressed brings its mitra's presence and load, if asked."""
    await talk(house)
    loaded = await look(house, Scope(session_id=CHAT, mitra_of_session=True))
    assert loaded.evening.chat is not None
    assert loaded.mitra is not None
    assert (loaded.mitra.id, loaded.mitra.live_chats) == (SARI, 1)
    assert (await look(house, Scope(session_id=CHAT))).mitra is None


async def test_somebody_elses_payment_is_loaded_for_who_asks(house: Place) -> None:
    """The customer named is locked, and the row is loaded whoever owns it: the caller compares."""
    await pay(house)
    loaded = await look(house, Scope(customer_id=BIMA, payment_id=PAYMENT))
    assert loaded.customer == Named(BIMA, "Bima")
    assert loaded.evening.payment is not None
    assert loaded.evening.payment.customer_id == AYU


@pytest.mark.parametrize("limit, found", [(0, {SARI, TINI}), (1, {TINI})])
async def test_eligible_mitras(house: Place, limit: int, found: set[UUID]) -> None:
    """All eligible mitras, or the least busy first."""
    await talk(house)
    loaded = await look(house, Scope(customer_id=BIMA, look=Look(HOUSE, limit)))
    assert loaded.eligible == found


async def test_full_silent_and_offline_mitras_are_not_eligible(house: Place) -> None:
    """At the cap, silent for too long, or switched off: not eligible."""
    await talk(house)
    full = evolve(HOUSE, cap=1)
    assert (await look(house, Scope(look=Look(full)))).eligible == {TINI}
    await later(house, seconds=46)
    assert (await look(house, Scope(look=Look(HOUSE)))).eligible == set()
    assert (await look(house, Scope(look=Look(evolve(HOUSE, require_ping=False))))).eligible == {SARI, TINI}
    await do(house, Scope(mitra_id=TINI), lambda _: presence.GoOffline(), Actor(ActorType.MITRA, TINI))
    assert (await look(house, Scope(look=Look(evolve(HOUSE, require_ping=False))))).eligible == {SARI}


async def test_unoffered_are_those_who_never_had_it_or_had_it_withdrawn(house: Place) -> None:
    """Whoever was offered it is not looked for again, until the offer was withdrawn."""
    await search(house)
    unoffered = Scope(request_id=REQUEST, look=Look(HOUSE, unoffered_of=REQUEST))
    assert (await look(house, unoffered)).eligible == set()
    await later(house, seconds=1)
    await do(house, Scope(request_id=REQUEST), lambda _: pairing.Withdraw(TINI, gone=True), SYSTEM)
    assert (await look(house, unoffered)).eligible == {TINI}
    await later(house, seconds=1)
    await do(house, unoffered, lambda loaded: pairing.Offer(loaded.eligible), SYSTEM)
    assert (await look(house, unoffered)).eligible == set()


# -- saving --------------------------------------------------------------------------------------------------


async def test_leaving_without_saving_changes_nothing(house: Place) -> None:
    """A decision that is not saved never was, with or without an error."""
    before = await house.rows()
    async with house.store.unit(Scope(customer_id=AYU, prices=True)) as unit:
        assert isinstance(decide(unit.loaded.evening, create(unit.loaded), unit.loaded.now), Moved)
    with pytest.raises(ZeroDivisionError):
        async with house.store.unit(Scope(customer_id=AYU, prices=True)):
            raise ZeroDivisionError
    assert await house.rows() == before


@pytest.mark.unsound("moves a version by hand", "m1_rows_agree_with_their_moves")
async def test_a_stale_decision_is_refused_whole(house: Place) -> None:
    """A row that moved on since it was decided on: nothing at all is written."""
    await pay(house)
    async with house.store.unit(Scope(customer_id=AYU, payment_id=PAYMENT)) as unit:
        verdict = decide(
            unit.loaded.evening, OpenPairing(REQUEST, 60, mitra_ids=frozenset({SARI})), unit.loaded.now
        )
        assert isinstance(verdict, Moved)
    await house.bump(PAYMENT)
    before = await house.rows()
    with pytest.raises(StaleWrite):
        async with house.store.unit(Scope(customer_id=AYU, payment_id=PAYMENT)) as unit:
            await unit.save(verdict, OF_AYU)
    assert await house.rows() == before


async def test_a_second_open_payment_is_a_conflict(house: Place) -> None:
    """The unique rules hold whatever was decided, and say which it was."""
    async with house.store.unit(Scope(customer_id=AYU, prices=True)) as unit:
        second = decide(unit.loaded.evening, create(unit.loaded, UUID(int=0xD9)), unit.loaded.now)
        assert isinstance(second, Moved)
    await pay(house)
    before = await house.rows()
    with pytest.raises(Conflict) as refused:
        async with house.store.unit(Scope(customer_id=AYU)) as unit:
            await unit.save(second, OF_AYU)
    assert refused.value.constraint == "payment_sessions_one_open_per_customer"
    assert await house.rows() == before


async def test_an_id_is_used_once(house: Place) -> None:
    """A row whose id is known is a mistake of the program."""
    async with house.store.unit(Scope(customer_id=BIMA, prices=True)) as unit:
        again = decide(unit.loaded.evening, create(unit.loaded, customer_id=BIMA), unit.loaded.now)
        assert isinstance(again, Moved)
    await pay(house)
    with pytest.raises(RuleBroken):
        async with house.store.unit(Scope(customer_id=BIMA)) as unit:
            await unit.save(again, OF_AYU)


async def test_a_failed_save_is_seen_where_it_is_made(house: Place) -> None:
    """The error comes out of ``save`` itself, so that a caller can catch it there."""
    await pay(house)
    async with house.store.unit(Scope(customer_id=AYU, payment_id=PAYMENT)) as unit:
        verdict = decide(unit.loaded.evening, captured(unit.loaded, "again"), unit.loaded.now)
        assert isinstance(verdict, Moved)
        twice = evolve(verdict, records=(*verdict.records, *verdict.records))
        with pytest.raises(Conflict):
            await unit.save(twice, OF_AYU)


async def test_a_unit_is_saved_once(house: Place) -> None:
    """After its commit a unit is over."""
    async with house.store.unit(Scope(customer_id=AYU, prices=True)) as unit:
        verdict = decide(unit.loaded.evening, create(unit.loaded), unit.loaded.now)
        assert isinstance(verdict, Moved)
        await unit.save(verdict, OF_AYU)
        with pytest.raises(LookupError, match="over"):
            await unit.save(verdict, OF_AYU)
    assert len((await house.rows())["payment_sessions"]) == 1


async def test_an_accept_writes_all_of_it(house: Place) -> None:
    """The winner's place, the charge, the chat, the log and the news are there together."""
    await talk(house)
    rows = await house.rows()
    assert [row["live_chats"] for row in rows["mitras"] if row["id"] == SARI] == [1]
    assert [(row["kind"], row["amount"]) for row in rows["customer_transactions"]] == [("session", 10_000)]
    assert [row["status"] for row in rows["chat_sessions"]] == ["active"]
    assert [row["payload"]["frame"] for row in rows["outbox"] if row["kind"] == "frame"] == [  # type: ignore[index] # JSON
        "payment_confirmed",
        "chat_request",
        "paired",
        "paired",
        "chat_request_closed",
    ]


async def test_a_fallback_supersedes_and_reverses(house: Place) -> None:
    """The same money is in use again: the failure leaves the queue and the refund is taken back."""
    await search(house)
    await later(house, seconds=61)
    await do(house, Scope(request_id=REQUEST), lambda _: pairing.TimeUp(), CLOCK)
    scope = Scope(customer_id=AYU, payment_id=PAYMENT, searching=True, look=Look(HOUSE))
    await do(house, scope, lambda _: FallBackToBlast(UUID(int=0xD8), 60))
    rows = await house.rows()
    assert [row["kind"] for row in rows["customer_transactions"]] == ["refund_due", "refund_reversed"]
    [failure] = rows["pairing_failures"]
    assert failure["superseded_at"] == house.now
    assert {row["failure_id"] for row in rows["customer_transactions"]} == {failure["id"]}


async def test_an_end_frees_the_place(house: Place) -> None:
    """The mitra's place is free, and somebody is told to offer what is open."""
    await talk(house)
    await do(house, Scope(session_id=CHAT, mitra_of_session=True), lambda _: chat.End(Party.CUSTOMER))
    rows = await house.rows()
    assert [row["live_chats"] for row in rows["mitras"] if row["id"] == SARI] == [0]
    told = {"command": "mitra_became_eligible", "mitra_id": str(SARI)}
    assert told in [row["payload"] for row in rows["outbox"]]


async def test_a_heartbeat_that_landed_is_never_turned_back(house: Place) -> None:
    """Going online writes the later of its own instant and what is there."""
    async with house.store.unit(Scope(mitra_id=SARI)) as unit:
        verdict = decide(unit.loaded.evening, presence.GoOffline(), unit.loaded.now)
        assert isinstance(verdict, Moved)
    heard = house.now + timedelta(seconds=9)
    await house.heartbeats.write({SARI: heard}, HOUSE)
    async with house.store.unit(Scope(mitra_id=SARI)) as unit:
        await unit.save(verdict, Actor(ActorType.MITRA, SARI))
    assert [row["last_heartbeat_at"] for row in (await house.rows())["mitras"] if row["id"] == SARI] == [
        heard
    ]


async def test_done_marks_the_row_it_came_from(house: Place) -> None:
    """A later command and its row of the outbox are dealt with together; so is one with nothing to do."""
    await search(house)
    [row] = [row for row in (await house.rows())["outbox"] if row["kind"] == "later"]
    number = row["id"]
    assert isinstance(number, int)
    async with house.store.unit(Scope(request_id=REQUEST)) as unit:
        verdict = decide(unit.loaded.evening, pairing.Offer(frozenset()), unit.loaded.now)
        assert isinstance(verdict, Ignored)
        await unit.dismiss(number)
    assert [row["sent_at"] for row in (await house.rows())["outbox"] if row["id"] == number] == [house.now]


# -- locks ---------------------------------------------------------------------------------------------------


async def test_one_at_a_time_per_customer(house: Place) -> None:
    """Two who pay at once: the second sees what the first wrote."""

    async def twice(number: int) -> PaymentStatus:
        scope = Scope(customer_id=AYU, prices=True)
        moved = await do(house, scope, lambda loaded: create(loaded, UUID(int=0xD1 + number)))
        assert moved.after.payment is not None
        return moved.after.payment.status

    assert list(await asyncio.gather(twice(0), twice(1))) == [PaymentStatus.PENDING] * 2
    statuses = sorted(str(row["status"]) for row in (await house.rows())["payment_sessions"])
    assert statuses == ["abandoned", "pending"]


@pytest.mark.parametrize(
    "held, wanted",
    [
        (Scope(customer_id=AYU), Scope(customer_id=AYU)),
        (Scope(mitra_id=SARI), Scope(customer_id=AYU, mitra_id=SARI)),
        (Scope(payment_id=PAYMENT), Scope(customer_id=AYU)),
        (Scope(session_id=CHAT, mitra_of_session=True), Scope(mitra_id=SARI)),
        (Scope(session_id=CHAT, mitra_of_session=True), Scope(request_id=REQUEST)),
    ],
)
async def test_a_lock_is_not_waited_for_for_ever(house: Place, held: Scope, wanted: Scope) -> None:
    """Who waits for the customer or the mitra of somebody's open transaction is told that it is busy."""
    await talk(house)
    async with house.store.unit(held):
        with pytest.raises(Busy):
            await look(house, wanted)
    await look(house, wanted)


async def test_others_are_not_waited_for(house: Place) -> None:
    """Another customer's command, with another mitra, goes on meanwhile."""
    await talk(house)
    async with house.store.unit(Scope(session_id=CHAT, mitra_of_session=True)):
        assert (await look(house, Scope(customer_id=BIMA, mitra_id=TINI))).mitra is not None


async def test_nothing_is_born_of_its_own_end(house: Place) -> None:
    """Who would put a payment aside and bear it again under its own id is refused, whoever decided so."""
    begun = await do(house, Scope(customer_id=AYU, prices=True), create)
    async with house.store.unit(Scope(customer_id=AYU, payment_id=PAYMENT)) as unit:
        aside = decide(unit.loaded.evening, payment.Abandon(), unit.loaded.now)
        assert isinstance(aside, Moved)
        with pytest.raises(StaleWrite):
            await unit.save(evolve(aside, moves=(*aside.moves, *begun.moves)), OF_AYU)
    rows = await house.rows()
    assert [row["status"] for row in rows["payment_sessions"]] == ["pending"]
    assert len(rows["transitions"]) == 1
