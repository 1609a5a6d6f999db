"""A price is edited while payments are made: each was made at a price in force at that very moment (M8)."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

import pytest
from psycopg.sql import SQL

from halobestie_adapters.errors import Busy
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.invariants import check
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_app.usecases import catalogue, payments
from halobestie_app.usecases.catalogue import version
from halobestie_core.ports.catalogue import TierRow
from halobestie_core.ports.store import Scope
from halobestie_core.words import Mode
from support.desk import Office
from support.waiting import eventually

pytestmark = pytest.mark.anyio

T = TypeVar("T")


@pytest.fixture
def prices(desk: Office) -> PostgresPrices:
    """What is for sale."""
    return PostgresPrices(desk.pool)


@pytest.fixture
async def boss(desk: Office) -> UUID:
    """An operator."""
    operator_id = uuid7()
    insert = "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, 'boss@example.org', '')"
    await desk.sql(SQL(insert), operator_id)
    return operator_id


async def tier(prices: PostgresPrices) -> TierRow:
    """The tier of twelve minutes."""
    return next(row for row in (await prices.catalogue()).tiers if row.minutes == 12)


async def dearer(prices: PostgresPrices, boss: UUID) -> TierRow:
    """Raise its price by one rupiah."""
    seen = await tier(prices)
    return await catalogue.change(prices, boss, seen.id, version(seen), price=seen.price + 1)


async def pays(desk: Office, customer_id: UUID) -> int:
    """Make a payment of twelve minutes; its amount."""
    return (await payments.create(desk.desk, customer_id, payments.NewPayment(12))).payment.amount


async def is_sound(desk: Office) -> None:
    """Every invariant holds."""
    async with desk.pool.connection() as conn:
        assert [str(violation) for violation in await check(conn, eventual=False)] == []


async def waiting(desk: Office, count: int) -> None:
    """Wait until so many wait for a lock."""

    async def queued() -> bool:
        found = await desk.sql(
            SQL(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
        return bool(found[0][0] >= count)

    await eventually(queued, seconds=5, what=f"nobody waits as number {count}")


async def about_now(chance: random.Random, work: Awaitable[T]) -> T:
    """Do it a little later or not, so that a race has no favourite."""
    await asyncio.sleep(chance.uniform(0, 0.015))
    return await work


async def timed(work: Awaitable[T]) -> tuple[float, T]:
    """How many seconds it took."""
    began = monotonic()
    result = await work
    return monotonic() - began, result


async def test_pricing_edit_against_payment_creation(
    desk: Office, prices: PostgresPrices, boss: UUID, rounds: int
) -> None:
    """Five customers pay while the price is raised: the old price or the new one, as their time says."""
    paid: Counter[str] = Counter()
    chance = random.Random(7)
    customers = [await desk.customer() for _ in range(5)]
    for _ in range(rounds):
        before = (await tier(prices)).price
        *amounts, _ = await asyncio.gather(
            *(about_now(chance, pays(desk, customer)) for customer in customers), dearer(prices, boss)
        )
        assert {*amounts} <= {before, before + 1}
        paid.update("old" if amount == before else "new" for amount in amounts)
    print(f"{rounds} rounds: {dict(paid)}")  # noqa: T201  shown by `pytest -rP`
    assert set(paid) == {"old", "new"}, "a race in which one side always wins is none"
    await is_sound(desk)


async def test_promotion_edit_against_payment_creation(
    desk: Office, prices: PostgresPrices, boss: UUID, rounds: int
) -> None:
    """The promotion is switched and changed while new customers pay: theirs was in force, or none was."""
    kinds: Counter[tuple[bool, int]] = Counter()
    chance = random.Random(8)
    free: dict[str, Any] = {"requires_phone": False, "minutes": 12, "price": 1, "is_active": True}
    seen = await catalogue.change_promotion(prices, boss, version((await prices.catalogue()).promotion), free)
    for number in range(rounds):
        customers = [await desk.customer() for _ in range(2)]
        wish = {"is_active": False} if number % 3 == 2 else {"is_active": True, "price": number % 3 + 1}
        edit = asyncio.create_task(catalogue.change_promotion(prices, boss, version(seen.promotion), wish))
        amounts = await asyncio.gather(*(about_now(chance, pays(desk, customer)) for customer in customers))
        seen = await edit
        kinds.update((amount < 10_000, amount) for amount in amounts)
    assert {discounted for discounted, _ in kinds} == {True, False}
    await is_sound(desk)


async def test_an_edit_waits_for_who_read_the_price(desk: Office, prices: PostgresPrices, boss: UUID) -> None:
    """A payment that was priced but is not committed yet: the edit's time is after its commit."""
    customer_id = await desk.customer()
    async with desk.desk.store.unit(Scope(customer_id=customer_id, prices=True)) as unit:
        edit = asyncio.create_task(dearer(prices, boss))
        await waiting(desk, 1)
        decided_at = unit.loaded.now
    after = await edit
    assert after.updated_at > decided_at
    await is_sound(desk)


@pytest.mark.unsound("edits a tier by hand", "a4_tiers_are_their_history", "m8_price_has_a_source")
async def test_who_pays_waits_for_the_edit(desk: Office, prices: PostgresPrices, boss: UUID) -> None:
    """An edit that is not committed yet: whoever pays meanwhile waits, and pays the new price."""
    customer_id = await desk.customer()
    async with desk.pool.connection() as conn, conn.transaction():
        await conn.execute("LOCK TABLE pricing_tiers, pricing_promotions IN ACCESS EXCLUSIVE MODE")
        buying = asyncio.create_task(pays(desk, customer_id))
        await waiting(desk, 1)
        await conn.execute("UPDATE pricing_tiers SET price = price + 7 WHERE minutes = 12")
    assert await buying == (25_000 + 7)


async def test_an_edit_that_cannot_have_the_lock(desk: Office, prices: PostgresPrices, boss: UUID) -> None:
    """Somebody reads prices for long: the edit gives up and changes nothing; others are hardly kept."""
    seen = await prices.catalogue()
    customer_id = await desk.customer()
    async with desk.pool.connection() as conn, conn.transaction():
        await conn.execute("SELECT FROM pricing_tiers")
        edit = asyncio.create_task(timed(dearer(prices, boss)))
        await waiting(desk, 1)
        kept, shown = await timed(desk.desk.reads.prices(customer_id))
        assert len(shown.tiers) == 3
        assert kept < 1.5, "whoever looks at prices waits behind the edit for half a second at most"
        with pytest.raises(Busy):
            await edit
    assert await prices.catalogue() == seen
    assert (await dearer(prices, boss)).price == 25_001


async def test_edits_and_payments_do_not_deadlock(desk: Office, prices: PostgresPrices, boss: UUID) -> None:
    """Edits of everything, payments and price lists at once: all of them come through."""
    customers = [await desk.customer() for _ in range(4)]

    async def edits() -> None:
        for number in range(30):
            await dearer(prices, boss)
            promotion = (await prices.catalogue()).promotion
            await catalogue.change_promotion(prices, boss, version(promotion), {"price": number})
            tiers = [row for row in (await prices.catalogue()).tiers if row.mode is Mode.CHAT]
            placed = [catalogue.Placed(row.id, version(row)) for row in reversed(tiers)]
            await catalogue.reorder(prices, boss, Mode.CHAT, placed)

    async def buys(customer_id: UUID) -> None:
        for _ in range(40):
            await pays(desk, customer_id)
            await desk.desk.reads.prices(customer_id)

    await asyncio.gather(edits(), *map(buys, customers))
    await is_sound(desk)
