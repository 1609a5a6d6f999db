"""Races around the beginning and the end of a search: two starts, two fallbacks, last declines, expiry."""

import random

import pytest

from support.evening import House, together
from support.people import Customer
from support.races import Staff, no_accidents, played

pytestmark = [pytest.mark.anyio, pytest.mark.race]

INSTANCES = 2
SETTINGS = {
    "max_customers_per_mitra": 20,
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 600,
    "returning_chat_confirmation_timeout_seconds": 300,
}
SOON = """
UPDATE payment_sessions SET expires_at = d, wake_at = d
FROM (SELECT clock_timestamp() + %s * interval '1 millisecond' AS d) AS soon WHERE id = %s"""


async def test_two_starts_at_once(house: House, rounds: int) -> None:
    """The same search twice is one search; a general and a returning one at once: one of them."""
    (budi,) = await house.mitras(1)

    async def play(ayu: Customer) -> tuple[str, ...]:
        payment = await ayu.pays(mitra=budi)
        first, second = house.instances
        answers = await together(
            ayu.via(first).search(payment),
            ayu.via(second).search(payment),
            ayu.via(second).ask_again(payment, budi),
        )
        no_accidents(answers)
        started = {answer.body["id"] for answer in answers if answer.status == 201}
        assert len(started) == 1, "one open request"
        refusals = [answer.body for answer in answers if answer.status != 201]
        assert all(body["pairing_request_id"] in started for body in refusals)
        (await ayu.give_up(payment)).ok()
        return tuple(sorted(answer.code for answer in answers))

    outcomes = await played(house, rounds, play)
    assert set(outcomes) <= {("ALREADY_ACTIVE", "OK", "OK"), ("ALREADY_ACTIVE", "ALREADY_ACTIVE", "OK")}


async def test_two_payments_at_once(house: House) -> None:
    """The later one abandons the earlier; one is left."""

    async def play(ayu: Customer) -> tuple[str, ...]:
        answers = await together(*[ayu.via(one).pay(5) for one in house.instances * 2])
        ids = [answer.ok(201)["id"] for answer in answers]
        states = sorted([(await ayu.payment({"id": id_}))["status"] for id_ in ids])
        return tuple(states)

    assert await played(house, 100, play) == {("abandoned", "abandoned", "abandoned", "pending"): 100}


async def test_the_last_two_declines_together(house: House, rounds: int) -> None:
    """Whoever is last ends the search, once, at once."""
    mitras = await house.mitras(2)

    async def play(ayu: Customer) -> str:
        request = await ayu.searches()
        answers = await together(*[mitra.decline(request) for mitra in mitras])
        assert [answer.ok()["status"] for answer in answers] == ["declined", "declined"]
        return str((await ayu.request(request))["cause_tag"])

    assert await played(house, rounds, play) == {"all_mitras_rejected": rounds}


async def test_fallback_twice(house: House, rounds: int) -> None:
    """Two taps on *Chat dengan bestie lain*: one search on the same money."""
    staff = Staff(await house.mitras(6))

    async def play(ayu: Customer) -> int:
        async with staff.one() as budi:
            request = await ayu.asks_again(budi)
            (await budi.decline(request)).ok()
            payment = {"id": request["payment_session_id"]}
            answers = await together(*[ayu.via(one).fall_back(payment) for one in house.instances])
            ids = {answer.ok(201)["id"] for answer in answers}
            (await ayu.give_up(payment)).ok()
        return len(ids)

    assert await played(house, rounds, play) == {1: rounds}


async def test_opening_against_expiry(house: House, rounds: int) -> None:
    """Either the search holds the payment, or the payment has failed and the caller is told."""
    chance = random.Random(7)

    async def play(ayu: Customer) -> str:
        payment = await ayu.pays()
        await house.rows(SOON, chance.uniform(0, 20), payment["id"])
        answer = await ayu.search(payment)
        no_accidents([answer])
        after = await ayu.payment(payment)
        if answer.status == 201:
            assert after["status"] == "confirmed"
            assert (await ayu.request(answer.body))["status"] == "pending"
            (await ayu.give_up(payment)).ok()
            return "held"
        answer.refused("PAYMENT_EXPIRED")
        assert (after["status"], after["cause_tag"]) == ("failed_pairing", "payment_session_expired")
        return "expired"

    outcomes = await played(house, rounds, play)
    assert set(outcomes) == {"held", "expired"}


async def test_confirming_against_expiry(house: House, rounds: int) -> None:
    """Paid in time or expired: the money and the state agree."""
    chance = random.Random(7)

    async def play(ayu: Customer) -> str:
        payment = (await ayu.pay()).ok(201)
        await house.rows(SOON, chance.uniform(0, 20), payment["id"])
        answer = await ayu.confirm(payment)
        no_accidents([answer])
        if answer.status == 200:
            (await ayu.give_up(payment)).ok()
            return "confirmed"
        answer.refused("PAYMENT_EXPIRED")
        assert (await ayu.payment(payment))["status"] == "expired"
        return "expired"

    outcomes = await played(house, rounds, play)
    assert set(outcomes) == {"confirmed", "expired"}
