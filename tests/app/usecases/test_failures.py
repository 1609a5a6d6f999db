"""Acting on failed money of every kind: late, twice, not ours, nobody's; once each, and the books agree."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.sql import SQL

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.identity.phones import E164Phones
from halobestie_adapters.ids import uuid7
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import clock, pairings, payments
from halobestie_app.usecases.collecting import Collected, collect
from halobestie_app.usecases.failures import AlreadyActionedError, FailureDesk, sought
from halobestie_app.wiring.failures import failure_desk
from halobestie_core.causes import Cause
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.failures import FailureSeen, Id, NameBegins, Phone, Wanted
from halobestie_core.ports.reads import PaymentSeen
from halobestie_core.words import OperatorAction, TopicSensitivity
from support.collecting import OVER, PRICE, Billed, Elsewhere, billed
from support.desk import Office

pytestmark = pytest.mark.anyio

REFUNDED, CREDITED, NOTHING = OperatorAction
TOLD = SQL(
    "SELECT count(*) FROM outbox WHERE kind = 'frame' AND payload ->> 'frame' = 'payment_updated'"
    " AND payload ->> 'payment_session_id' = %s"
)


@pytest.fixture
async def queue(desk: Office) -> FailureDesk:
    """The queue; money is taken elsewhere."""
    desk.gateway = Elsewhere()
    return failure_desk(desk.pool, desk.desk)


@pytest.fixture
async def rini(desk: Office) -> UUID:
    """An operator."""
    return await operator(desk)


async def operator(desk: Office) -> UUID:
    """One more operator."""
    operator_id = uuid7()
    await desk.sql(
        SQL("INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, '')"),
        operator_id,
        f"{operator_id}@example.org",
    )
    return operator_id


async def rows(queue: FailureDesk, wanted: Wanted | None = None) -> Sequence[FailureSeen]:
    """What is in the queue."""
    page, total = await queue.failures.page(wanted or Wanted(), 200, 0)
    assert total == len(page)
    return page


async def ledger(desk: Office) -> list[tuple[Any, ...]]:
    """Every line of the ledger in order: kind, amount, whether it has a customer."""
    return await desk.sql(
        SQL("SELECT kind, amount, customer_id IS NOT NULL FROM customer_transactions ORDER BY at, id")
    )


async def told(desk: Office, one: Billed) -> int:
    """How often the customer was told that their payment changed."""
    [(count,)] = await desk.sql(TOLD, str(one.payment.id))
    return int(count)


async def seen(desk: Office, one: Billed) -> PaymentSeen:
    """The payment as its customer sees it."""
    return await payments.owned(desk.desk, one.customer, one.payment.id)


@pytest.mark.parametrize("action", OperatorAction)
async def test_late_money(desk: Office, queue: FailureDesk, rini: UUID, action: OperatorAction) -> None:
    """Paid after the deadline: one row, one debt, and what was done is the payment's own."""
    one = await billed(desk)
    await desk.age("payment", one.payment.id, OVER)
    await clock.fire(desk.desk, Due("payment", one.payment.id))
    assert await collect(desk.desk, one.invoice(), payment_id=one.payment.id) is Collected.LATE
    [row] = await rows(queue)
    assert (row.cause_tag, row.amount, row.fallback_until) == (Cause.LATE_PAYMENT, PRICE, None)
    before = await told(desk, one)
    acted = await queue.act(rini, row.id, action, None)
    assert (acted.operator_action, acted.note) == (action, None)
    assert (await seen(desk, one)).operator_action is action
    assert await told(desk, one) == before + 1
    kinds = {REFUNDED: "refunded", CREDITED: "credited", NOTHING: "retained"}
    assert await ledger(desk) == [("refund_due", PRICE, True), (kinds[action], PRICE, True)]


async def test_surplus_money(desk: Office, queue: FailureDesk, rini: UUID) -> None:
    """Money beyond a payment's own is dealt with by itself; the payment and its use are left alone."""
    one = await billed(desk)
    await collect(desk.desk, one.invoice(1), payment_id=one.payment.id)
    await collect(desk.desk, one.invoice(2), payment_id=one.payment.id)
    await collect(desk.desk, one.invoice(3, paid_amount=PRICE - 1), payment_id=one.payment.id)
    odd, twice = await rows(queue)
    assert (twice.cause_tag, twice.amount) == (Cause.DUPLICATE_PAYMENT, PRICE)
    assert (odd.cause_tag, odd.amount) == (Cause.PAYMENT_MISMATCH, PRICE - 1)
    assert {row.payment_session_id for row in (odd, twice)} == {one.payment.id}
    before = await seen(desk, one)
    await queue.act(rini, twice.id, REFUNDED, None)
    await queue.act(rini, odd.id, CREDITED, "diganti kredit")
    assert await seen(desk, one) == before
    assert [entry[:2] for entry in await ledger(desk)] == [
        ("refund_due", PRICE),
        ("refund_due", PRICE - 1),
        ("refunded", PRICE),
        ("credited", PRICE - 1),
    ]
    assert [row.operator_action for row in await rows(queue)] == [CREDITED, REFUNDED]


async def test_nobodys_money(desk: Office, queue: FailureDesk, rini: UUID) -> None:
    """Money that is for none of our payments has nobody to tell, and is dealt with all the same."""
    one = await billed(desk)
    stray = one.invoice(external_id="somebody else's order")
    assert await collect(desk.desk, stray, payment_id=None) is Collected.FOREIGN
    [row] = await rows(queue)
    assert (row.payment_session_id, row.customer, row.fallback_until) == (None, None, None)
    acted = await queue.act(rini, row.id, REFUNDED, "dikembalikan ke pengirim")
    assert acted.actioned_by is not None
    assert acted.actioned_by.id == rini
    again = await queue.act(await operator(desk), row.id, REFUNDED, "again")
    assert again == acted
    with pytest.raises(AlreadyActionedError) as refused:
        await queue.act(rini, row.id, NOTHING, None)
    assert refused.value.row == acted
    assert await ledger(desk) == [("refund_due", PRICE, False), ("refunded", PRICE, False)]


async def test_unknown_row(queue: FailureDesk, rini: UUID) -> None:
    """There is nothing to act on."""
    with pytest.raises(Problem) as refused:
        await queue.act(rini, uuid4(), REFUNDED, None)
    assert refused.value.code is Code.NOT_FOUND


async def test_operators_race_for_nobodys_money(desk: Office, queue: FailureDesk) -> None:
    """Nobody's row has no customer to lock: still one of eight operators wins, the rest see their record."""
    one = await billed(desk)
    team = [await operator(desk) for _ in range(8)]
    wins: Counter[OperatorAction] = Counter()

    async def tries(who: UUID, row: FailureSeen, action: OperatorAction) -> FailureSeen:
        try:
            return await queue.act(who, row.id, action, str(who))
        except AlreadyActionedError as refused:
            return refused.row

    for number in range(40):
        stray = one.invoice(number, external_id="somebody else's order")
        await collect(desk.desk, stray, payment_id=None)
        row, *_ = await rows(queue, Wanted())
        asked = list(zip(team, cycle(OperatorAction), strict=False))
        answers = await asyncio.gather(*[tries(who, row, action) for who, action in asked])
        assert len(set(answers)) == 1
        [record, *_] = answers
        assert record.actioned_by is not None
        assert record.note == str(record.actioned_by.id)
        assert (record.actioned_by.id, record.operator_action) in set(asked)
        wins[record.operator_action or NOTHING] += 1
    assert len(await ledger(desk)) == 80
    assert sum(wins.values()) == 40


async def test_fallback_first_then_action(desk: Office, queue: FailureDesk, rini: UUID) -> None:
    """A fallback that came first leaves the operator nothing; when it fails too, its own row is open."""
    customer, target = await desk.customer(), await desk.mitra(online=False)
    desk.gateway = DevelopmentGateway()
    paid = await desk.paid(customer, target)
    with pytest.raises(pairings.TargetUnavailableError):
        await pairings.open_returning(desk.desk, customer, paid.payment.id, target, TopicSensitivity.NORMAL)
    [first] = await rows(queue)
    await pairings.fall_back(desk.desk, customer, paid.payment.id)
    with pytest.raises(Problem) as refused:
        await queue.act(rini, first.id, REFUNDED, None)
    assert (refused.value.code, refused.value.members["state"]) == (Code.INVALID_STATE, "superseded")
    await pairings.cancel_search(desk.desk, customer, paid.payment.id)
    second, _ = await rows(queue)
    await queue.act(rini, second.id, REFUNDED, None)


@pytest.mark.parametrize(
    "text, expected",
    [
        (None, None),
        ("  ", None),
        ("0190163d-8694-739b-aea5-966c26f8ad91", Id(UUID("0190163d-8694-739b-aea5-966c26f8ad91"))),
        ("+62 812-3456-7890", Phone("+6281234567890")),
        ("(0812) 3456 7890", NameBegins("(0812) 3456 7890")),
        ("0812 3456 7890", Phone("+6281234567890")),
        ("62 812 3456 7890", Phone("+6281234567890")),
        ("0812", NameBegins("0812")),
        ("000000000000", NameBegins("000000000000")),
        (" Ayu ", NameBegins("Ayu")),
    ],
)
def test_what_is_sought(text: str | None, expected: object) -> None:
    """Ids, phones as people here write them, and names are told apart."""
    assert sought(text, E164Phones()) == expected


def test_phones_of_elsewhere_are_sought() -> None:
    """With their calling code, where such people are served; elsewhere a name may begin so."""
    assert sought("+65 8123 4567", E164Phones((62, 65))) == Phone("+6581234567")
    assert sought("+65 8123 4567", E164Phones()) == NameBegins("+65 8123 4567")
    assert sought("0812 3456 7890", E164Phones((62, 65))) == Phone("+6281234567890")
