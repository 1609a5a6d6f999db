"""Races for one request: many accept, somebody cancels, the window ends, somebody leaves. Two instances.

Whatever the order, an outcome that the domain knows comes about; nothing deadlocks, nothing is a 5xx.
"""

import random

import pytest

from support.evening import House, together
from support.people import Customer
from support.races import Staff, due_in, no_accidents, played

pytestmark = [pytest.mark.anyio, pytest.mark.race]

INSTANCES = 2
SETTINGS = {
    "max_customers_per_mitra": 20,
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 600,
}


async def test_eight_mitras_accept(house: House, rounds: int) -> None:
    """Eight accept at once: one wins, seven hear that it is taken, and there is one chat and one charge."""
    mitras = await house.mitras(8)

    async def play(ayu: Customer) -> tuple[str, ...]:
        request = await ayu.searches()
        answers = await together(*[mitra.accept(request) for mitra in mitras])
        no_accidents(answers)
        (won,) = [answer.body["session_id"] for answer in answers if answer.status == 200]
        assert (await ayu.end(won)).ok()["status"] == "ended"
        return tuple(sorted(answer.code for answer in answers))

    assert await played(house, rounds, play) == {(*["ALREADY_TAKEN"] * 7, "OK"): rounds}
    charges = "SELECT count(*) FROM customer_transactions WHERE kind = 'session'"
    assert await house.value(charges) == await house.value("SELECT count(*) FROM chat_sessions")


async def test_the_same_mitra_accepts_twice(house: House, rounds: int) -> None:
    """Both taps of a hasty thumb, on two instances, get the same chat."""
    (budi,) = await house.mitras(1)

    async def play(ayu: Customer) -> bool:
        request = await ayu.searches()
        answers = await together(*[budi.via(one).accept(request) for one in house.instances * 2])
        sessions = {answer.ok()["session_id"] for answer in answers}
        (won,) = sessions
        (await ayu.end(won)).ok()
        return True

    assert await played(house, rounds, play) == {True: rounds}


async def test_accept_against_cancel(house: House, rounds: int) -> None:
    """Either the chat begins and the cancellation names it, or it is cancelled and the accept is told."""
    staff = Staff(await house.mitras(6))

    async def play(ayu: Customer) -> str:
        async with staff.one() as budi:
            request = await ayu.searches()
            payment = {"id": request["payment_session_id"]}
            first, second = house.instances
            accepted, cancelled = await together(
                budi.via(first).accept(request), ayu.via(second).give_up(payment)
            )
        no_accidents([accepted, cancelled])
        after = await ayu.payment(payment)
        if accepted.status == 200:
            assert cancelled.refused("INVALID_STATE")["session_id"] == accepted.body["session_id"]
            assert after["status"] == "consumed"
            (await ayu.end(accepted.body["session_id"])).ok()
            return "accepted"
        accepted.refused("REQUEST_CLOSED")
        assert cancelled.ok()["cause_tag"] == "customer_cancelled"
        assert (after["status"], after["refund"]) == ("failed_pairing", "due")
        return "cancelled"

    outcomes = await played(house, rounds, play)
    assert set(outcomes) == {"accepted", "cancelled"}, "a race in which one side always wins is none"


async def test_accept_against_the_window(house: House, rounds: int) -> None:
    """Accepted before the end by the database's clock, or not at all."""
    staff = Staff(await house.mitras(6))
    chance = random.Random(7)

    async def play(ayu: Customer) -> str:
        async with staff.one() as budi:
            request = await ayu.searches()
            await due_in(house, request, chance.uniform(0, 25))
            answer = await budi.accept(request)
        no_accidents([answer])
        if answer.status == 200:
            (await ayu.end(answer.body["session_id"])).ok()
            return "accepted"
        answer.refused("REQUEST_CLOSED")
        after = await ayu.request(request)
        assert (after["status"], after["cause_tag"]) == ("expired", "no_mitra_available")
        return "expired"

    outcomes = await played(house, rounds, play)
    assert set(outcomes) == {"accepted", "expired"}


async def test_accept_against_going_offline(house: House, rounds: int) -> None:
    """Who accepts is online at that commit; whoever was quicker to leave hears so."""
    staff = Staff(await house.mitras(6, online=False))

    async def play(ayu: Customer) -> str:
        async with staff.one() as budi:
            await budi.comes()
            request = await ayu.searches()
            first, second = house.instances
            accepted, left = await together(
                budi.via(first).accept(request), budi.via(second).switch(online=False)
            )
            assert not left.ok()["is_online"]
        no_accidents([accepted])
        if accepted.status == 200:
            (await ayu.end(accepted.body["session_id"])).ok()
            return "accepted"
        assert accepted.code in ("MITRA_OFFLINE", "REQUEST_CLOSED"), accepted.body
        (await ayu.give_up({"id": request["payment_session_id"]})).ok()
        return "left"

    outcomes = await played(house, rounds, play)
    assert set(outcomes) == {"accepted", "left"}


async def test_one_mitra_two_requests_one_place(house: House, rounds: int) -> None:
    """Two accepts of one mitra, one place left: one chat, and the other hears that it is full."""
    async with house.having(max_customers_per_mitra=1):
        staff = Staff(await house.mitras(6))

        async def play(ayu: Customer) -> tuple[str, ...]:
            (other,) = await house.customers(1)
            async with staff.one() as budi:
                requests = await together(ayu.searches(), other.searches())
                answers = await together(
                    *[
                        budi.via(one).accept(request)
                        for one, request in zip(house.instances, requests, strict=True)
                    ]
                )
                no_accidents(answers)
                for customer, request, answer in zip((ayu, other), requests, answers, strict=True):
                    if answer.status == 200:
                        assert answer.body["session"]["status"] == "active"
                        (await customer.end(answer.body["session_id"])).ok()
                    else:
                        (await customer.give_up({"id": request["payment_session_id"]})).ok()
            return tuple(sorted(answer.code for answer in answers))

        assert await played(house, rounds, play) == {("AT_CAPACITY", "OK"): rounds}


async def test_the_cap_is_lowered_while_chats_run(house: House) -> None:
    """What runs goes on; nothing new is accepted above the new cap."""
    (budi,) = await house.mitras(1)
    customers = await house.customers(3)
    first, second, third = [await customer.searches() for customer in customers]
    chats = [await budi.accepts(first), await budi.accepts(second)]
    async with house.having(max_customers_per_mitra=1):
        (await budi.accept(third)).refused("AT_CAPACITY")
        assert (await budi.get("/api/mitra/status"))["active_sessions"] == 2
        (await customers[0].end(chats[0]["id"])).ok()
        (await budi.accept(third)).refused("AT_CAPACITY")
        (await customers[1].end(chats[1]["id"])).ok()
        chat = await budi.accepts(third)
        (await customers[2].end(chat["id"])).ok()
