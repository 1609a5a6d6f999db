"""A storm of payments and of news about them, on two servers: every rupiah is where it belongs.

The small form, which `make test` runs, has 1,000 payments and 5,000 deliveries. `make storm` runs the large
one: 20,000 payments and 100,000 deliveries, a thousand payments at a time. Nothing else differs.
"""

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from random import Random
from uuid import UUID

import pytest

from halobestie_app.fakes.xendit_books import Bill
from halobestie_app.fakes.xendit_hooks import Plan as Sending
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from support.evening import House
from support.faults import Row
from support.money import books_agree, dealt_with
from support.people import Json
from support.storm import PER_PAYMENT, REASONS, Kind, Lie, Life, Plan, kinds_of, planned
from support.storming import Storm, new_client
from support.waiting import eventually

INSTANCES = 2
SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "payment_session_timeout_minutes": 600,  # what is paid in time stays confirmed to the end of a long storm
    "max_customers_per_mitra": 20,
}
PAYMENTS = int(os.environ.get("STORM_PAYMENTS", "1000"))
pytestmark = [pytest.mark.anyio, pytest.mark.storm, pytest.mark.timeout(900 + PAYMENTS // 2)]

WAVE = 1000
SPAN = 24.0
"""Seconds in which everything happens to the payments of one wave."""
SETTLED = 120.0
"""Seconds within which everything is settled when the storm is over."""
PAUSE = 0.1
PATIENT = 8
"""Payments that are used for a chat in the end, and as many that are given up."""

LATE = ("failed_pairing", "late_payment")
ENDS: Mapping[Kind, frozenset[tuple[str, str | None]]] = {
    Kind.IN_TIME: frozenset({("confirmed", None)}),
    Kind.AROUND: frozenset({("confirmed", None), LATE}),
    Kind.LATE: frozenset({LATE}),
    Kind.NEVER: frozenset({("expired", None)}),
    Kind.PAID_THEN_LEFT: frozenset({("confirmed", None), LATE}),
    Kind.LEFT_THEN_PAID: frozenset({LATE}),
    Kind.TWICE: frozenset({("confirmed", None)}),
    Kind.OTHER_SUM: frozenset({("expired", None)}),
    Kind.OTHER_CURRENCY: frozenset({("expired", None)}),
}
"""How a payment of each kind may stand when all is settled: status and cause."""
SURPLUS = {
    Kind.TWICE: "duplicate_payment",
    Kind.OTHER_SUM: "payment_mismatch",
    Kind.OTHER_CURRENCY: "payment_mismatch",
}
"""Kinds with money that their payment did not ask for, and as what that is owed back."""
TIME_GOES_BY = """
UPDATE webhook_inbox
SET received_at = received_at - interval '5 minutes', attempts = attempts + 4, next_attempt_at = now()
WHERE applied_at IS NULL AND quarantined_at IS NULL"""
IN_HAND = """
SELECT count(*) FROM payment_invoices
WHERE looked_at > now() - interval '20 seconds'
  AND next_look_at - looked_at BETWEEN interval '19.9 seconds' AND interval '20.1 seconds'"""
"""Looks that somebody took and has not ended: a lease is of twenty seconds, every next look later."""
LOOK = "UPDATE payment_invoices SET next_look_at = now() WHERE next_look_at IS NOT NULL"


@pytest.fixture(scope="module")
async def xendit() -> AsyncIterator[XenditPlace]:
    """The stand-in; the storm sends what there is to send."""
    async with xendit_served() as place:
        place.fake.hooks.plan = Sending(drop=True)
        yield place


@pytest.fixture(scope="module")
def variables(xendit: XenditPlace) -> Mapping[str, str]:
    """What the servers are told."""
    return xendit.variables


async def test_a_storm(house: House, xendit: XenditPlace, faulted: Callable[[str], Row]) -> None:
    """1,000 payments, 5,000 deliveries (`make storm`: 20,000, 100,000): every invariant of money holds."""
    house.expected_trouble = ("a webhook is put aside", "an invoice is not what it should be")
    plans = []
    began = time.monotonic()
    async with new_client() as posts:
        storm = Storm(house, xendit, Random("weather"), posts)
        for first in range(0, PAYMENTS, WAVE):
            plan = planned(min(WAVE, PAYMENTS - first), f"storm {first}", SPAN, INSTANCES)
            plans.append(plan)
            await storm.begin(plan.lives)
            await storm.rage(plan)
    raged = time.monotonic() - began
    await settles(house, plans)
    took = time.monotonic() - began
    lives = [life for plan in plans for life in plan.lives]
    told(storm, plans, raged, took)
    await how_soon(house)
    row = faulted("webhooks")
    row.rounds = len(storm.took)
    row.took("answered", *storm.took)
    row.count("payments", PAYMENTS)

    assert len(storm.took) == sum(plan.deliveries for plan in plans) == PAYMENTS * PER_PAYMENT
    assert storm.answers == {200: PAYMENTS * PER_PAYMENT - storm.lies[Lie.TOKEN], 401: storm.lies[Lie.TOKEN]}
    await each_payment_stands_right(house, lives)
    await books_agree(house, xendit)
    await every_sum_is_right(house, lives, storm)
    await applied_once(house)
    await put_aside_rightly(house, storm, lives)
    await counted(house, storm)
    await used(house, lives)


async def test_reconciling_finds_nothing_more(house: House) -> None:
    """After the storm the gateway is asked about everything once more: nothing was missed."""
    assert await house.value("SELECT count(*) FROM payment_captures") > 0
    lines = (await asyncio.to_thread(house.command, "reconcile")).splitlines()
    findings = {line.split(maxsplit=1)[1] for line in lines if line.strip()[:1].isdigit()}
    assert findings <= {"not paid"}, lines


# ------------------------------------------------------------------------------------------------ settling


async def settles(house: House, plans: Sequence[Plan]) -> None:
    """Wait until nobody has anything left to do, letting that time go by which waits for nothing else."""
    ended = [UUID(life.payment["id"]) for plan in plans for life in plan.lives if life.ends is not None]

    async def count(statement: str, *parameters: object) -> int:
        await asyncio.sleep(PAUSE)  # to count among so many is work, and others are working
        return int(await house.value(statement, *parameters))

    async def over() -> bool:
        left = "SELECT count(*) FROM payment_sessions WHERE id = ANY(%s) AND status = 'pending'"
        return await count(left, ended) == 0

    async def errands() -> bool:
        return await count("SELECT count(*) FROM outbox WHERE kind = 'invoice' AND sent_at IS NULL") == 0

    async def looked() -> bool:
        return await count("SELECT count(*) FROM payment_invoices WHERE next_look_at <= now()") == 0

    async def put_down() -> bool:
        return await count(IN_HAND) == 0

    await eventually(over, seconds=SETTLED, what="payments do not run out")
    await eventually(errands, seconds=SETTLED, what="errands are left")
    await house.rows(TIME_GOES_BY)
    await dealt_with(house, SETTLED)
    await house.rows(LOOK)
    await eventually(looked, seconds=SETTLED + PAYMENTS / 50, what="invoices are not looked at")
    await eventually(put_down, seconds=SETTLED, what="a look is not over")
    await eventually(errands, seconds=SETTLED, what="errands are left")


# ------------------------------------------------------------------------------------------------- judging


async def each_payment_stands_right(house: House, lives: Sequence[Life]) -> None:
    """M1, M2, M3: each stands as what happened to it allows; what is confirmed was confirmed once."""
    rows = await house.rows("SELECT id, status, cause_tag FROM payment_sessions")
    stands = {str(row["id"]): (row["status"], row["cause_tag"]) for row in rows}
    assert len(stands) == len(lives) == PAYMENTS
    wrong = [
        (life.kind, life.payment["id"], stands[life.payment["id"]])
        for life in lives
        if stands[life.payment["id"]] not in ENDS[life.kind]
    ]
    assert not wrong, wrong[:10]
    came_to = Counter(f"{life.kind}: {stands[life.payment['id']][0]}" for life in lives)
    print(f"came to: {dict(sorted(came_to.items()))}")  # noqa: T201  shown by `pytest -rP`
    around = {stands[life.payment["id"]][0] for life in lives if life.kind is Kind.AROUND}
    assert around == {"confirmed", "failed_pairing"}, "the storm was not around the end of anything"
    twice = await house.rows(
        """
        SELECT aggregate_id, count(*) FROM transitions
        WHERE machine = 'payment' AND to_state IN ('confirmed', 'failed_pairing')
        GROUP BY aggregate_id HAVING count(*) > 1"""
    )
    assert not twice, twice[:10]


async def every_sum_is_right(house: House, lives: Sequence[Life], storm: Storm) -> None:
    """M6, M7: owed back, by its reason, and confirmed are what the storm knows to have been paid."""
    stands = {
        str(row["id"]): row["status"] for row in await house.rows("SELECT id, status FROM payment_sessions")
    }
    expected: dict[str, int] = defaultdict(int)
    for life in lives:
        if stands[life.payment["id"]] != "expired":
            expected[stands[life.payment["id"]]] += life.payment["amount"]
        expected["captured"] += _paid(life.bills)
        if life.kind in SURPLUS:
            asked_for = 0 if life.kind is not Kind.TWICE else life.payment["amount"]
            expected[SURPLUS[life.kind]] += _paid(life.bills) - asked_for
    expected["captured"] += _paid(storm.strays)
    expected["payment_mismatch"] += _paid(storm.strays)
    found = {
        "captured": await house.value("SELECT sum(amount) FROM payment_captures"),
        "confirmed": await house.value("SELECT sum(amount) FROM payment_sessions WHERE status = 'confirmed'"),
    }
    owed = await house.rows(
        """
        SELECT f.cause_tag, sum(t.amount) AS owed FROM customer_transactions t
        JOIN pairing_failures f ON f.id = t.failure_id WHERE t.kind = 'refund_due' GROUP BY 1"""
    )
    causes = {row["cause_tag"]: row["owed"] for row in owed}
    found |= {"failed_pairing": causes.pop("late_payment"), **causes}
    assert {name: int(value) for name, value in found.items()} == dict(expected)
    assert expected["captured"] == sum(
        expected[name] for name in ("confirmed", "failed_pairing", "duplicate_payment", "payment_mismatch")
    )
    print(f"rupiah: {dict(expected)}")  # noqa: T201  shown by `pytest -rP`


def _paid(bills: Iterable[Bill]) -> int:
    return sum(bill.paid_amount for bill in bills if bill.is_paid)


async def applied_once(house: House) -> None:
    """M9: one row per invoice and status, however often it was delivered; one capture per invoice."""
    twice = await house.rows(
        """
        SELECT provider_invoice_id, provider_status, count(*) FROM webhook_inbox
        WHERE provider_invoice_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1"""
    )
    assert not twice, twice[:10]
    captured = await house.rows(
        """
        SELECT c.payment_session_id, count(*) FROM payment_captures c
        WHERE NOT EXISTS (SELECT FROM pairing_failures f WHERE f.capture_id = c.id)
        GROUP BY 1 HAVING count(*) > 1"""
    )
    assert not captured, captured[:10]


async def put_aside_rightly(house: House, storm: Storm, lives: Sequence[Life]) -> None:
    """What is put aside is a lie, or money that the gateway itself reports otherwise; no true news is."""
    mismatched = {life.bills[0].id for life in lives if life.kind in (Kind.OTHER_SUM, Kind.OTHER_CURRENCY)}
    strays = {bill.id for bill in storm.strays}
    rows = await house.rows(
        """
        SELECT provider_invoice_id AS invoice, provider_status AS status, quarantine_reason AS reason
        FROM webhook_inbox WHERE quarantined_at IS NOT NULL"""
    )
    found = Counter(row["reason"] for row in rows)
    assert found["not_json"] == storm.lies[Lie.NOISE]
    made_up = {invoice for (invoice, _), lies in storm.lied.items() if Lie.INVOICE in lies}
    assert made_up <= {row["invoice"] for row in rows}, "an invoice that nobody has was believed in"
    for row in rows:
        allowed = {
            reason for lie in storm.lied.get((row["invoice"], row["status"]), ()) for reason in REASONS[lie]
        }
        if row["invoice"] in mismatched:
            # The gateway's own word; and by it, of an invoice in dollars, every body disagrees.
            allowed |= {"payment_mismatch", "amount_mismatch", "currency_mismatch"}
        if row["invoice"] in strays:
            allowed |= {"unknown_payment"}
        assert row["reason"] in allowed or row["reason"] == "not_json", (row, allowed)
    print(f"put aside: {dict(found)}")  # noqa: T201  shown by `pytest -rP`


async def counted(house: House, storm: Storm) -> None:
    """The metrics say how many came with a wrong token, how many were kept, and how many put aside."""
    sums: Counter[str] = Counter()
    for instance in house.instances:
        text = (await house.http.get(f"{instance.internal}/metrics")).text
        for line in text.splitlines():
            if line.startswith(
                ("halobestie_webhooks_received_total", "halobestie_webhook_quarantined_total")
            ):
                name, value = line.rsplit(maxsplit=1)
                sums[name.split("{")[0] if "quarantined" in name else name] += round(float(value))
    received = "halobestie_webhooks_received_total"
    assert sums[f'{received}{{result="wrong_token"}}'] == storm.lies[Lie.TOKEN]
    kept = await house.value("SELECT count(*) FROM webhook_inbox")
    assert sums[f'{received}{{result="kept"}}'] == kept
    assert sums[f'{received}{{result="known"}}'] == storm.answers[200] - kept
    aside = await house.value("SELECT count(*) FROM webhook_inbox WHERE quarantined_at IS NOT NULL")
    assert sums["halobestie_webhook_quarantined_total"] == aside


async def used(house: House, lives: Sequence[Life]) -> None:
    """M4, M5: what was paid is good for a chat, which charges it, or is owed back when it is given up."""
    paid = [life for life in lives if life.kind is Kind.IN_TIME][-2 * PATIENT :]
    (budi,) = await house.mitras(1)
    for life in paid[:PATIENT]:
        chat = await budi.accepts(await life.who.searches(life.payment))
        (await life.who.end(chat["id"])).ok()
    for life in paid[PATIENT:]:
        (await life.who.give_up(life.payment)).ok()
    charged = await house.value("SELECT sum(amount) FROM customer_transactions WHERE kind = 'session'")
    assert charged == sum(life.payment["amount"] for life in paid[:PATIENT])


def told(storm: Storm, plans: Sequence[Plan], raged: float, took: float) -> None:
    """Say what was measured; shown by `pytest -rP`."""
    lines: list[Json] = [
        f"{PAYMENTS} payments: {dict(sum(map(kinds_of, plans), Counter()))}",
        f"{len(storm.took)} deliveries in {raged:.0f} s, settled after {took:.0f} s; pace {storm.pace:.1f}",
        f"lies: { {lie.value: count for lie, count in sorted(storm.lies.items())} }",
        f"begun without a page: {storm.without_page}",
        f"too late to leave: {dict(storm.refused)}",
        *(f"answered, p{share:g}: {storm.quantile(share / 100):.1f} ms" for share in (50, 90, 99, 99.9, 100)),
    ]
    print("\n".join(map(str, lines)))  # noqa: T201  shown by `pytest -rP`


async def how_soon(house: House) -> None:
    """Say how long deliveries waited to be applied that were applied at the first try."""
    [row] = await house.rows(
        """
        SELECT count(*) AS count, percentile_cont(ARRAY[0.5, 0.9, 0.99, 1])
            WITHIN GROUP (ORDER BY extract(epoch FROM applied_at - received_at)) AS seconds
        FROM webhook_inbox WHERE applied_at IS NOT NULL AND attempts = 1"""
    )
    waits = ", ".join(f"{seconds:.2f} s" for seconds in row["seconds"])
    print(f"{row['count']} applied at the first try; p50, p90, p99, p100: {waits}")  # noqa: T201  as above
