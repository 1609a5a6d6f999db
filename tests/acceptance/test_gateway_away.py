"""The gateway goes away in every manner while people begin, pay, leave and run out of time; then it is back.

The servers ask it every second instead of every ten to thirty (see `support.hasty`); nothing else is hurried.
Then PostgreSQL goes away while webhooks come.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from attrs import define
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from halobestie_app.fakes.xendit_books import as_webhook
from halobestie_app.fakes.xendit_hooks import Plan
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from halobestie_app.fakes.xendit_troubles import Mode
from support.evening import House, together
from support.line import DatabaseLine
from support.money import PATH, becomes, bill_of, books_agree, dealt_with, post
from support.people import Customer, Json
from support.server import HASTY, new_database
from support.stores import Stores
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(400)]

MANNERS = (Mode.DOWN, Mode.HANG, Mode.RESET, Mode.SLOW, Mode.LOST)
TOO_SLOW = 6.0
"""Seconds: longer than anybody waits for the gateway."""
BACK = 90.0
"""Seconds in which everything is made good when the gateway is back: the longest pause is a minute."""
FATES = ("pays", "pays, and its time is over", "its time is over", "pays, and leaves", "leaves")
RUN_OUT = "UPDATE payment_sessions SET expires_at = now(), wake_at = now() WHERE id = %s"


@define
class Person:
    """Somebody with a payment that was begun before the trouble, or in it."""

    customer: Customer
    payment: Json
    fate: str = "begins"


@pytest.fixture
async def xendit() -> AsyncIterator[XenditPlace]:
    """The stand-in, which tries again soon."""
    async with xendit_served() as place:
        place.fake.hooks.retries = (0.5,) * 200
        yield place


@pytest.fixture
async def line(
    stores: Stores, postgres_admin: psycopg.Connection, database_template: str
) -> AsyncIterator[DatabaseLine]:
    """The servers' line to a database of their own."""
    with new_database(stores, postgres_admin, database_template) as database_url:
        async with DatabaseLine(database_url) as opened:
            yield opened


@pytest.fixture
async def house(
    line: DatabaseLine, xendit: XenditPlace, valkey_url: str, tmp_path: Path
) -> AsyncIterator[House]:
    """Two hasty servers."""
    opened = House(line.url, valkey_url, tmp_path)
    opened.program = HASTY
    try:
        await opened.opened(2, **xendit.variables)
        await opened.settings(mitra_stale_after_seconds=3600)
        await opened.sql.close()
        opened.database_url = line.beyond  # the tests look at it past the line
        opened.sql = await AsyncConnection.connect(line.beyond, autocommit=True, row_factory=dict_row)
        xendit.fake.hooks.url = opened.first.public + PATH
        yield opened
    finally:
        for instance in opened.instances:
            await asyncio.to_thread(instance.close)  # its line and its gateway are carried by this very loop
        await opened.close()


async def test_away_and_back(house: House, xendit: XenditPlace) -> None:
    """Down, silent, cut off, slow, deaf; both servers killed meanwhile: nothing is lost, and all settles."""
    house.expected_trouble = "an invoice is not what it should be"
    people = [
        Person(one, (await one.pay()).ok(201)) for one in await house.customers(len(MANNERS) * len(FATES))
    ]
    waiting, begun = list(people), list[Person]()
    opened = 0
    for number, manner in enumerate(MANNERS):
        xendit.fake.well()
        xendit.fake.trouble(manner, seconds=TOO_SLOW)
        begun += await begin(house, 3)
        for fate in FATES:
            await befalls(house, xendit, waiting.pop(), fate)
        answers = await together(*(one.customer.ask("GET", payment_path(one)) for one in people[:4]))
        assert {answer.status for answer in answers} == {200}, "nobody is refused a look"
        opened += (await breakers(house)).count("1.0")
        if manner is Mode.DOWN:
            said = await asyncio.to_thread(house.command, "reconcile", status=1)
            assert "not asked about: the gateway is away" in said
        if number in (1, 2):
            await killed(house, xendit, number - 1)
    for one in begun[:5]:  # some of them pay as soon as there is a page, or leave before there is one
        await befalls(house, xendit, one, "leaves")
    xendit.fake.well()
    back = time.monotonic()
    await all_settled(house, xendit, [*people, *begun])
    print(f"settled {time.monotonic() - back:.1f} s after it was back; open breakers seen: {opened}")  # noqa: T201  shown by `pytest -rP`
    assert opened, "no breaker ever opened"
    await eventually(partial(closed, house), seconds=BACK, what="a breaker stays open")
    said = await asyncio.to_thread(house.command, "reconcile")
    assert {line.split(maxsplit=1)[1] for line in said.splitlines() if line.strip()[:1].isdigit()} <= {
        "not paid",
        "payments without an invoice",  # whoever left before there was one
    }


@pytest.mark.parametrize("manner", ["cut", "stall"])
async def test_postgres_away_while_webhooks_come(
    house: House, xendit: XenditPlace, line: DatabaseLine, manner: str
) -> None:
    """What cannot be kept is answered with 503 within five seconds, comes again, and is booked once."""
    house.expected_trouble = '"status":503'
    people = [Person(one, (await one.pay()).ok(201)) for one in await house.customers(12)]
    getattr(line, manner)()
    for one in people:
        xendit.fake.pay(bill_of(xendit, one.payment).id, plan=Plan(copies=2))
    began = time.monotonic()
    answer = await post(house, xendit, as_webhook(bill_of(xendit, people[0].payment)), at=1)
    assert answer.refused("UNAVAILABLE", 503)
    assert time.monotonic() - began < 5

    async def refused() -> bool:
        return len(xendit.fake.hooks.attempts) >= 2 * len(people)

    await eventually(refused, seconds=30, what="the stand-in does not come again")
    assert {one.answer for one in xendit.fake.hooks.attempts} == {503}
    line.mend()
    await asyncio.wait_for(xendit.fake.hooks.settled(), 60)
    await dealt_with(house, seconds=30)
    ids = [UUID(one.payment["id"]) for one in people]
    stands = await house.rows("SELECT DISTINCT status FROM payment_sessions WHERE id = ANY(%s)", ids)
    assert stands == [{"status": "confirmed"}]
    assert Counter(one.answer for one in xendit.fake.hooks.attempts)[200] == 2 * len(people)
    await books_agree(house, xendit)


# ------------------------------------------------------------------------------------------------- people


async def begin(house: House, count: int) -> list[Person]:
    """Begin payments while nobody can make an invoice: they are begun all the same, in time."""
    customers = await house.customers(count)
    began = time.monotonic()
    payments = [answer.ok(201) for answer in await together(*(one.pay() for one in customers))]
    assert time.monotonic() - began < 8, "who begins a payment does not wait for ever"
    return [Person(*pair) for pair in zip(customers, payments, strict=True)]


async def befalls(house: House, xendit: XenditPlace, person: Person, fate: str) -> None:
    """Let it happen; people pay on the gateway's page, whatever its API does."""
    person.fate = fate
    if fate.startswith("pays"):
        xendit.fake.pay(bill_of(xendit, person.payment).id)
    if fate.endswith("over"):
        await house.rows(RUN_OUT, person.payment["id"])
    if fate.endswith("leaves"):
        (await person.customer.back_out(person.payment)).ok()


def payment_path(person: Person) -> str:
    """Where one looks at it."""
    return f"/api/client/payment-sessions/{person.payment['id']}"


async def killed(house: House, xendit: XenditPlace, number: int) -> None:
    """End one instance by ``kill -9``, and start it again, elsewhere."""
    await asyncio.to_thread(house.instances[number].kill)
    await asyncio.to_thread(house.started)
    xendit.fake.hooks.url = house.first.public + PATH


# ------------------------------------------------------------------------------------------------- settling


async def all_settled(house: House, xendit: XenditPlace, people: list[Person]) -> None:
    """Wait for what each fate has to come to."""
    deadline = time.monotonic() + BACK
    for one in people:
        left = max(1.0, deadline - time.monotonic())
        match one.fate:
            case "pays":
                await becomes(one.customer, one.payment, "confirmed", left)
            case "pays, and its time is over" | "pays, and leaves":
                owed = await becomes(one.customer, one.payment, "failed_pairing", left)
                assert (owed["cause_tag"], owed["refund"]) == ("late_payment", "due")
            case "its time is over":
                await becomes(one.customer, one.payment, "expired", left)
            case "leaves":
                await becomes(one.customer, one.payment, "abandoned", left)
            case _:
                await eventually(partial(has_page, one), seconds=left, what="no page")
    await eventually(
        partial(no_errands, house), seconds=max(1.0, deadline - time.monotonic()), what="errands"
    )
    await dealt_with(house, max(1.0, deadline - time.monotonic()))
    for one in people:
        bills = xendit.fake.books.named(one.payment["id"])
        unpaid = [bill.status for bill in bills if not bill.is_paid]
        usable = unpaid.count("PENDING")
        assert usable == (1 if one.fate == "begins" else 0), (one.fate, unpaid)
    await books_agree(house, xendit)


async def has_page(person: Person) -> bool:
    """Whether it can be paid, by the database: who looks through the API too often is sent away."""
    url = "SELECT xendit_invoice_url FROM payment_sessions WHERE id = %s"
    return bool(await person.customer.house.value(url, person.payment["id"]))


async def no_errands(house: House) -> bool:
    """Whether everything that was to be asked of the gateway was asked."""
    left = "SELECT count(*) FROM outbox WHERE kind = 'invoice' AND sent_at IS NULL"
    return bool(await house.value(left) == 0)


async def breakers(house: House) -> list[str]:
    """The gauges of the gateway's breaker, one per instance."""
    found: list[str] = []
    for instance in house.instances:
        text = (await house.http.get(f"{instance.internal}/metrics")).text
        found += [row.split()[-1] for row in text.splitlines() if 'breaker_open{of="xendit"}' in row]
    assert len(found) == len(house.instances)
    return found


async def closed(house: House) -> bool:
    """Whether both instances ask again as usual."""
    return set(await breakers(house)) == {"0.0"}
