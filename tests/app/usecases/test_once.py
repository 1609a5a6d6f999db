"""Commands tried again under one key, while the try before may still be at it. On a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import extensions, pairings, payments
from halobestie_app.usecases.once import once
from halobestie_core.ports.idempotency import Attempt
from halobestie_core.words import TopicSensitivity
from support.desk import Office, office

pytestmark = pytest.mark.anyio

ROUNDS = 60
NORMAL = TopicSensitivity.NORMAL


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Office]:
    """A desk; afterwards everything that must hold still does."""
    async with office(database_url, connections=8) as opened:
        yield opened


Tries = Callable[[Attempt], Awaitable[Any]]


async def both(send: Tries) -> list[Any]:
    """Let two tries of one key run at once; neither may know how far the other is."""
    attempt = Attempt(uuid7(), again=True)
    return list(await asyncio.gather(send(attempt), send(attempt)))


async def count(house: Office, table: str, customer_id: UUID) -> int:
    """How many of these a customer has."""
    queries = {
        "payments": SQL("SELECT count(*) FROM payment_sessions WHERE customer_id = %s"),
        "requests": SQL("SELECT count(*) FROM pairing_requests WHERE customer_id = %s"),
    }
    ((found,),) = await house.sql(queries[table], customer_id)
    return int(found)


async def test_two_tries_of_a_payment(house: Office) -> None:
    """Whoever comes second finds the first one's, however close behind; there is one."""
    for _ in range(ROUNDS):
        customer = await house.customer()
        wanted = payments.NewPayment(12)
        first, second = await both(lambda at: payments.create(house.desk, customer, wanted, at))  # noqa: B023
        assert first.payment.id == second.payment.id
        assert await count(house, "payments", customer) == 1


async def test_two_tries_of_a_search(house: Office) -> None:
    """One search."""
    for _ in range(ROUNDS):
        customer = await house.customer()
        paid = (await house.paid(customer)).payment.id
        first, second = await both(
            lambda at: pairings.open_general(house.desk, customer, paid, NORMAL, at)  # noqa: B023
        )
        assert first.request.id == second.request.id
        assert await count(house, "requests", customer) == 1


async def test_two_tries_of_asking_somebody_who_is_away(house: Office) -> None:
    """Both hear the same refusal, about one request, and the payment has failed once."""
    away = await house.mitra(online=False)
    for _ in range(ROUNDS):
        customer = await house.customer()
        paid = (await house.paid(customer, away)).payment.id

        async def refusal(attempt: Attempt) -> Problem:
            with pytest.raises(pairings.TargetUnavailableError) as refused:
                await pairings.open_returning(house.desk, customer, paid, away, NORMAL, attempt)  # noqa: B023
            return refused.value

        first, second = await both(refusal)
        assert first.members["pairing_request_id"] == second.members["pairing_request_id"]
        assert first.members["reason"] == second.members["reason"]
        assert await count(house, "requests", customer) == 1


async def test_somebody_elses_id(house: Office) -> None:
    """An id that is somebody else's is nobody's answer."""
    theirs = await house.searching()
    mine = await house.customer()
    attempt = Attempt(theirs.request.id, again=True)
    with pytest.raises(Problem) as refused:
        await pairings.open_general(house.desk, mine, theirs.request.payment_session_id, NORMAL, attempt)
    assert refused.value.code is Code.FORBIDDEN
    stray = Attempt(theirs.request.payment_session_id, again=True)
    with pytest.raises(Problem) as unknown:
        await extensions.ask(house.desk, mine, uuid7(), extensions.Wanted(uuid7()), stray)
    assert unknown.value.code is Code.NOT_FOUND


class Shelf:
    """Where things are looked for; counts how often."""

    def __init__(self, *found: str | None) -> None:
        self.found = list(found)

    async def look(self, _: UUID) -> str | None:
        """The next thing found."""
        return self.found.pop(0)


async def made() -> str:
    """Make it."""
    return "made"


async def refused() -> str:
    """Do not."""
    raise Problem(Code.ALREADY_ACTIVE, "No.")


async def test_a_first_try_looks_nowhere() -> None:
    """Without a key, or at its first try, there is nothing to be found."""
    empty = Shelf()
    assert await once(None, empty.look, made) == "made"
    assert await once(Attempt(uuid7()), empty.look, made) == "made"
    with pytest.raises(Problem):
        await once(Attempt(uuid7()), empty.look, refused)


async def test_a_later_try_looks_first() -> None:
    """What is there is the answer; else it is made."""
    again = Attempt(uuid7(), again=True)
    assert await once(again, Shelf("there").look, made) == "there"
    assert await once(again, Shelf(None).look, made) == "made"


async def test_a_later_try_that_is_refused_looks_again() -> None:
    """It may have been refused for what the other try has done in between, or for a reason of its own."""
    again = Attempt(uuid7(), again=True)
    assert await once(again, Shelf(None, "there by now").look, refused) == "there by now"
    with pytest.raises(Problem):
        await once(again, Shelf(None, None).look, refused)
