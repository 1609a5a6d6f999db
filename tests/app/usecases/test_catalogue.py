"""What is for sale, on a real database: two operators at once, and a history that tells everything."""

import asyncio
import random
from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

import pytest
from attrs import define, evolve, field
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.history import PostgresHistories
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import catalogue
from halobestie_app.usecases.catalogue import NewTier, Placed, StalePriceError, TierThereError, version
from halobestie_core.ports.catalogue import Catalogue, PromotionRow, TierRow
from halobestie_core.ports.history import ChangeKind, PriceChanged
from halobestie_core.words import Mode
from support.desk import Office, office

pytestmark = pytest.mark.anyio


@define
class Shop:
    """Prices, two operators, and what is behind them."""

    office: Office
    ayu: UUID
    budi: UUID
    prices: PostgresPrices = field(init=False)
    histories: PostgresHistories = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.prices = PostgresPrices(self.office.pool)
        self.histories = PostgresHistories(self.office.pool)

    async def tier(self, minutes: int) -> TierRow:
        """A tier of chats as it stands."""
        return next(
            row
            for row in (await self.prices.catalogue()).tiers
            if (row.mode, row.minutes) == (Mode.CHAT, minutes)
        )

    async def changes(self) -> Sequence[PriceChanged]:
        """The whole history, the oldest first."""
        return list(reversed(await self.histories.prices(None, 10_000)))


async def opened(desk: Office) -> Shop:
    """A shop with two operators."""
    ids = [uuid7(), uuid7()]
    for operator_id in ids:
        await desk.sql(
            SQL("INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, '')"),
            operator_id,
            f"{operator_id}@example.org",
        )
    return Shop(desk, *ids)


@pytest.fixture
async def shop(desk: Office) -> Shop:
    """The shop of one test."""
    return await opened(desk)


async def outcome(work: Awaitable[TierRow | Catalogue]) -> TierRow | Catalogue | Problem:
    """What an edit came to."""
    try:
        return await work
    except Problem as problem:
        return problem


# ---------------------------------------------------------------------- two operators at once


async def test_two_operators_change_one_tier(shop: Shop, rounds: int) -> None:
    """From the same version one wins; the other hears STALE_WRITE with the row of the winner."""
    for number in range(rounds):
        seen = await shop.tier(12)
        cheap, dear = await asyncio.gather(
            *(
                outcome(catalogue.change(shop.prices, who, seen.id, version(seen), price=price))
                for who, price in ((shop.ayu, 20_000 + number), (shop.budi, 40_000 + number))
            )
        )
        won, lost = (cheap, dear) if isinstance(cheap, TierRow) else (dear, cheap)
        assert isinstance(won, TierRow)
        assert isinstance(lost, StalePriceError)
        assert (lost.code, list(lost.lost)) == (Code.STALE_WRITE, [won])
        assert await shop.tier(12) == won
    told = [row for row in await shop.changes() if row.changed_by is not None]
    assert len(told) == rounds
    assert {row.changed_by.id for row in told if row.changed_by} == {shop.ayu, shop.budi}


async def test_two_operators_change_the_promotion(shop: Shop, rounds: int) -> None:
    """The same for the promotion."""
    for number in range(rounds):
        seen = version((await shop.prices.catalogue()).promotion)
        answers = await asyncio.gather(
            *(
                outcome(catalogue.change_promotion(shop.prices, who, seen, {"price": price + number}))
                for who, price in ((shop.ayu, 1_000), (shop.budi, 5_000))
            )
        )
        (won,) = [answer for answer in answers if isinstance(answer, Catalogue)]
        (lost,) = [answer for answer in answers if isinstance(answer, StalePriceError)]
        assert list(lost.lost) == [won.promotion]
    assert len([row for row in await shop.changes() if row.key and row.changed_by]) == rounds


async def test_two_operators_add_the_same_tier(shop: Shop, rounds: int) -> None:
    """One adds it, the other hears that it is there."""
    for number in range(min(rounds, 300)):
        wanted = NewTier(Mode.CALL, 1 + number, 5_000)
        answers = await asyncio.gather(
            *(outcome(catalogue.add(shop.prices, who, wanted, uuid7())) for who in (shop.ayu, shop.budi))
        )
        (won,) = [answer for answer in answers if isinstance(answer, TierRow)]
        (lost,) = [answer for answer in answers if isinstance(answer, TierThereError)]
        assert (lost.code, lost.tier) == (Code.TIER_EXISTS, won)


async def test_an_order_against_a_price(shop: Shop, rounds: int) -> None:
    """Whoever puts tiers in order while another changes a price of one: one of them has lost."""
    for number in range(rounds):
        tiers = [row for row in (await shop.prices.catalogue()).tiers if row.is_active]
        placed = [Placed(row.id, version(row)) for row in reversed(tiers)]
        ordered, priced = await asyncio.gather(
            outcome(catalogue.reorder(shop.prices, shop.ayu, Mode.CHAT, placed)),
            outcome(
                catalogue.change(
                    shop.prices, shop.budi, tiers[0].id, version(tiers[0]), price=30_000 + number
                )
            ),
        )
        assert isinstance(ordered, StalePriceError) != isinstance(priced, StalePriceError)


async def test_the_same_wish_of_two(shop: Shop) -> None:
    """Two who want the same of the same version both have it, by one change."""
    seen = await shop.tier(12)
    answers = await asyncio.gather(
        *(
            catalogue.change(shop.prices, who, seen.id, version(seen), price=31_000)
            for who in (shop.ayu, shop.budi)
        )
    )
    assert answers[0] == answers[1]
    assert len([row for row in await shop.changes() if row.changed_by is not None]) == 1


async def test_a_wish_that_was_overtaken(shop: Shop) -> None:
    """Heard before counts only for the version before the present: whoever saw an older one has lost."""
    first = await shop.tier(12)
    second = await catalogue.change(shop.prices, shop.ayu, first.id, version(first), price=31_000)
    third = await catalogue.change(shop.prices, shop.ayu, first.id, version(second), price=32_000)
    last = await catalogue.change(shop.prices, shop.ayu, first.id, version(third), price=31_000)
    late = await outcome(catalogue.change(shop.prices, shop.budi, first.id, version(first), price=31_000))
    assert isinstance(late, StalePriceError)
    assert list(late.lost) == [last]


# ---------------------------------------------------------------------- the history tells everything

EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(list(Mode)), st.integers(1, 8), st.integers(1, 9)),
        st.tuples(st.just("price"), st.integers(0, 9), st.integers(1, 3)),
        st.tuples(st.just("place"), st.integers(0, 9), st.integers(0, 5)),
        st.tuples(st.sampled_from(["remove", "bring back"]), st.integers(0, 9)),
        st.tuples(st.just("order"), st.sampled_from(list(Mode)), st.integers(0, 99)),
        st.tuples(
            st.just("promotion"),
            st.fixed_dictionaries(
                {},
                optional={
                    "is_active": st.booleans(),
                    "price": st.integers(0, 2),
                    "minutes": st.integers(1, 3),
                    "label": st.sampled_from(["Halo", "Gratis"]),
                    "requires_phone": st.booleans(),
                },
            ),
        ),
    ),
    max_size=12,
)


async def edited(shop: Shop, edit: tuple[Any, ...]) -> None:
    """Make one edit, or be refused."""
    now = await shop.prices.catalogue()
    some = now.tiers[edit[1] % len(now.tiers)] if isinstance(edit[1], int) else now.tiers[0]
    seen = version(some)
    match edit:
        case ("add", mode, minutes, price):
            work: Any = catalogue.add(shop.prices, shop.ayu, NewTier(mode, minutes, price), uuid7())
        case ("price", _, price):
            work = catalogue.change(shop.prices, shop.ayu, some.id, seen, price=price)
        case ("place", _, place):
            work = catalogue.change(shop.prices, shop.budi, some.id, seen, sort_order=place)
        case ("remove", _):
            work = catalogue.deactivate(shop.prices, shop.ayu, some.id, seen)
        case ("bring back", _):
            work = catalogue.reactivate(shop.prices, shop.budi, some.id, None)
        case ("order", mode, chance):
            items = [Placed(row.id, version(row)) for row in now.tiers if row.is_active and row.mode is mode]
            random.Random(chance).shuffle(items)
            work = catalogue.reorder(shop.prices, shop.budi, mode, items)
        case _:
            work = catalogue.change_promotion(shop.prices, shop.ayu, version(now.promotion), edit[1])
    assert not isinstance(await outcome(work), StalePriceError), "nobody else is here"


def replayed(changes: Sequence[PriceChanged]) -> dict[object, Any]:
    """What stands, by the history alone; each change must begin where the one before it ended."""
    rows: dict[object, Any] = {}
    for change in changes:
        about = change.tier_id or change.key
        assert change.before == rows.get(about), "a change begins where the one before it ended"
        assert (change.change_kind is ChangeKind.CREATED) == (change.before is None)
        assert change.before != change.after, "a change changes something"
        switched = change.change_kind in {ChangeKind.DEACTIVATED, ChangeKind.REACTIVATED}
        if change.before is not None:
            differing = {key for key in change.after if change.after[key] != change.before[key]}  # type: ignore[attr-defined, index]  # JSON
            assert (differing == {"is_active"}) == switched
            if change.change_kind is ChangeKind.REORDERED:
                assert differing == {"sort_order"}
        rows[about] = change.after
    return rows


def said(row: TierRow | PromotionRow) -> dict[str, Any]:
    """A row as its history tells it."""
    shown = {
        name: getattr(row, name)
        for name in (field.name for field in row.__attrs_attrs__)
        if name not in {"updated_at", "earlier_at"}
    }
    shown["mode"] = str(row.mode)
    return shown | ({"id": str(row.id)} if isinstance(row, TierRow) else {"key": "first_session_discount"})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_the_history_replays_to_what_stands(database_url: str, edits: list[tuple[Any, ...]]) -> None:
    """Whatever was edited in whatever order, the history alone gives the present table, instants included."""

    async def story() -> None:
        async with office(database_url, connections=2) as desk:
            shop = await opened(desk)
            for edit in edits:
                await edited(shop, edit)
            changes, now = await shop.changes(), await shop.prices.catalogue()
            standing: dict[object, TierRow | PromotionRow] = {tier.id: tier for tier in now.tiers}
            standing["first_session_discount"] = now.promotion
            assert replayed(changes) == {about: said(row) for about, row in standing.items()}
            last = {change.tier_id or change.key: change.at for change in changes}
            assert last == {about: row.updated_at for about, row in standing.items()}
            assert [change.at for change in changes] == sorted(change.at for change in changes)

    asyncio.run(story())


async def test_what_is_evolved_is_what_is_read(shop: Shop) -> None:
    """The row that an edit answers is the row that is read afterwards."""
    seen = await shop.tier(5)
    after = await catalogue.change(shop.prices, shop.ayu, seen.id, version(seen), price=11_000)
    assert after == await shop.tier(5)
    assert after == evolve(seen, price=11_000, updated_at=after.updated_at, earlier_at=seen.updated_at)
