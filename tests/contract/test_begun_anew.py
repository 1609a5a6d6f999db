"""A new payment after a search that is over while no clock has come by: the use case, at either place."""

from uuid import UUID

import pytest

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.memory import MemoryConnections, Tables
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import pairings, payments
from halobestie_app.usecases.desk import Desk
from halobestie_core.causes import Cause
from halobestie_core.flow.decide import Moved
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.idempotency import Attempt
from halobestie_core.settings import Settings
from halobestie_core.words import TopicSensitivity
from support.places import Place, ids, later
from support.steps import AYU, SARI

pytestmark = pytest.mark.anyio

NORMAL = TopicSensitivity.NORMAL
FIVE, TWELVE = payments.NewPayment(5), payments.NewPayment(12)
VERSION = UUID(int=0xB9)


def a_desk(house: Place, saved: list[Moved]) -> Desk:
    """A desk at this place; the development gateway has all money."""
    return Desk(
        store=house.store,
        reads=house.reads,
        gateway=DevelopmentGateway(),
        connections=MemoryConnections(Tables()),
        settings=Settings,
        cadence=30,
        new_id=ids(1 << 50),
        saved=saved.append,
    )


@pytest.fixture
def saved() -> list[Moved]:
    """Everything that the desk has saved."""
    return []


@pytest.fixture
def desk(house: Place, saved: list[Moved]) -> Desk:
    """The desk of one test."""
    return a_desk(house, saved)


async def searching(desk: Desk, wanted: payments.NewPayment) -> UUID:
    """Ayu pays and asks everybody, or whom she wants; gives the payment."""
    paid = (await payments.create(desk, AYU, wanted)).payment.id
    await payments.confirm(desk, AYU, paid)
    if wanted.targeted_mitra_id is None:
        await pairings.open_general(desk, AYU, paid, NORMAL)
    else:
        await pairings.open_returning(desk, AYU, paid, wanted.targeted_mitra_id, NORMAL)
    return paid


@pytest.mark.parametrize(
    "target, becomes, cause",
    [
        (None, "expired", Cause.NO_MITRA_AVAILABLE),
        (SARI, "auto_rejected", Cause.TARGETED_MITRA_TIMEOUT),
    ],
    ids=["anybody", "one"],
)
async def test_a_search_that_is_over_is_closed_first(
    house: Place, desk: Desk, saved: list[Moved], target: UUID | None, becomes: str, cause: Cause
) -> None:
    """One transaction ends the search, owes its money back, and begins the new payment."""
    old = await searching(desk, payments.NewPayment(5, targeted_mitra_id=target))
    await later(house, seconds=61)
    begun = await payments.create(desk, AYU, TWELVE)
    assert begun.payment.status is PaymentStatus.PENDING
    assert [type(event).__name__ for move in saved[-1].moves for event in move.events] == [
        "PairingFailed",
        "PaymentFailed",
        "FallbackClosed",
        "PaymentCreated",
    ]
    seen = await desk.reads.payment(old)
    assert seen is not None
    assert (seen.payment.status, seen.payment.fallback_open) == (PaymentStatus.FAILED_PAIRING, False)
    rows = await house.rows()
    assert [row["status"] for row in rows["pairing_requests"]] == [becomes]
    assert [(row["kind"], row["amount"]) for row in rows["customer_transactions"]] == [("refund_due", 10_000)]
    assert [row["cause_tag"] for row in rows["pairing_failures"]] == [cause]


async def test_a_search_in_time_is_not(house: Place, desk: Desk, saved: list[Moved]) -> None:
    """The customer hears which search they have, and it goes on."""
    old = await searching(desk, FIVE)
    await later(house, seconds=59)
    before = len(saved)
    with pytest.raises(Problem) as refused:
        await payments.create(desk, AYU, TWELVE)
    active = await desk.reads.customer_active(AYU)
    assert active.request is not None
    assert refused.value.code is Code.ALREADY_ACTIVE
    assert refused.value.members["pairing_request_id"] == active.request.request.id
    assert active.request.request.payment_session_id == old
    assert len(saved) == before


async def test_its_discount_is_free_again(house: Place, desk: Desk) -> None:
    """What a failed search was promised goes to the payment that follows, in the same transaction."""
    await house.promote(VERSION, 0)
    old = await searching(desk, FIVE)
    await later(house, seconds=61)
    again = await payments.create(desk, AYU, FIVE)
    assert again.payment.id != old
    assert (again.payment.is_first_session_discount, again.payment.amount) == (True, 0)


async def test_a_second_try_finds_the_first(house: Place, desk: Desk, saved: list[Moved]) -> None:
    """Under one id a payment is begun once, also by a try that looked too early to see the other's."""
    attempt = Attempt(UUID(int=0xE1), again=False)
    first = await payments.create(desk, AYU, FIVE, attempt)
    assert (await payments.create(desk, AYU, FIVE, attempt)) == first
    assert len(saved) == 1
    assert [row["status"] for row in (await house.rows())["payment_sessions"]] == ["pending"]
