"""What is for sale: operators add, change, take away, bring back and order tiers, and set the promotion.

Whoever changes a row says which version of it they saw. If that is not the present one they have lost
(`StalePriceError`) and nothing is changed, unless the very command was heard before: the version that they
saw is the one before the present, which is as they wish.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from attrs import evolve, frozen

from halobestie_adapters.errors import Busy
from halobestie_app import log
from halobestie_app.problems import Code, Problem
from halobestie_core.ports.catalogue import (
    UNWRITTEN,
    Catalogue,
    CatalogueUnit,
    Change,
    Prices,
    PromotionRow,
    Row,
    TierRow,
)
from halobestie_core.ports.history import ChangeKind
from halobestie_core.wire import to_wire
from halobestie_core.words import Mode

T = TypeVar("T")
RowT = TypeVar("RowT", TierRow, PromotionRow)

TRIES: Final = 4
"""How often an edit asks for the tables before it gives up."""
PAUSE: Final = 0.1
"""Seconds between two tries: whoever had to wait behind the first one is served in between."""

_log = log.get(__name__)


class StalePriceError(Problem):
    """Somebody else changed it meanwhile; ``lost`` is how those rows stand now, among the others."""

    def __init__(self, lost: Sequence[Row], catalogue: Catalogue) -> None:
        super().__init__(Code.STALE_WRITE, "Somebody else changed this price meanwhile.")
        self.lost = lost
        self.catalogue = catalogue


class TierThereError(Problem):
    """These minutes are for sale already, or were once; ``tier`` is the row."""

    def __init__(self, tier: TierRow) -> None:
        code, what = (
            (Code.TIER_EXISTS, "are for sale already")
            if tier.is_active
            else (Code.TIER_INACTIVE, "were for sale once; bring that tier back instead")
        )
        super().__init__(code, f"{tier.minutes} minutes of {tier.mode} {what}.", id=tier.id)
        self.tier = tier


@frozen
class NewTier:
    """What is to be sold; without ``sort_order`` it comes last."""

    mode: Mode
    minutes: int
    price: int
    sort_order: int | None = None


@frozen
class Placed:
    """A tier at its place in a new order, and the version of it that its author saw."""

    id: UUID
    seen: str


def version(row: Row) -> str:
    """Name the version of a row: what its editor has to send back. It means nothing to anybody else."""
    return str(to_wire(row.updated_at))


async def add(prices: Prices, author: UUID, wanted: NewTier, tier_id: UUID) -> TierRow:
    """Sell a new block of minutes; one that has this id already is the answer. Raises `TierThereError`."""

    async def work(unit: CatalogueUnit) -> TierRow:
        same_mode = [tier for tier in unit.seen.tiers if tier.mode is wanted.mode]
        for tier in same_mode:
            if tier.id == tier_id:  # by an earlier try, whose answer was lost
                return tier
            if tier.minutes == wanted.minutes:
                raise TierThereError(tier)
        last = max((tier.sort_order for tier in same_mode), default=0)
        order = last + 1 if wanted.sort_order is None else wanted.sort_order
        new = TierRow(
            id=tier_id,
            mode=wanted.mode,
            minutes=wanted.minutes,
            price=wanted.price,
            sort_order=order,
            is_active=True,
            updated_at=UNWRITTEN,
        )
        return await _one(unit, ChangeKind.CREATED, None, new, author)

    return await _settled(prices, work)


async def change(
    prices: Prices,
    author: UUID,
    tier_id: UUID,
    seen: str,
    *,
    price: int | None = None,
    sort_order: int | None = None,
) -> TierRow:
    """Change what a tier costs or where it stands; what it is does not change. Raises `Problem`."""
    given = {"price": price, "sort_order": sort_order}
    wish = {name: value for name, value in given.items() if value is not None}
    return await _edited(prices, author, tier_id, seen, ChangeKind.UPDATED, wish)


async def deactivate(prices: Prices, author: UUID, tier_id: UUID, seen: str) -> TierRow:
    """Take a tier away; its row stays. Raises `Problem`."""
    return await _edited(prices, author, tier_id, seen, ChangeKind.DEACTIVATED, {"is_active": False})


async def reactivate(prices: Prices, author: UUID, tier_id: UUID, seen: str | None) -> TierRow:
    """Bring a tier back, as it was. Without ``seen``, whatever version that is. Raises `Problem`."""
    return await _edited(prices, author, tier_id, seen, ChangeKind.REACTIVATED, {"is_active": True})


async def reorder(prices: Prices, author: UUID, mode: Mode, items: Sequence[Placed]) -> Catalogue:
    """Put the tiers of a mode in order; each active one must be named. Give everything as it stands then.

    Inactive ones may be named too: whoever shows them orders them. Raises `Problem`; an order that was made
    before one of its tiers was taken away is stale.
    """

    async def work(unit: CatalogueUnit) -> Catalogue:
        known = {tier.id: tier for tier in unit.seen.tiers if tier.mode is mode}
        named = {item.id for item in items}
        if len(named) < len(items) or not named <= known.keys():
            raise _wrong("$.items", f"must name each active tier of {mode} once")
        changes: list[Change] = []
        lost: list[Row] = []
        for place, item in enumerate(items, 1):
            tier = known[item.id]
            try:
                after = _judged(unit.seen, tier, item.seen, {"sort_order": place})
            except StalePriceError as stale:
                lost += stale.lost
            else:
                if after is not None:
                    changes.append(Change(ChangeKind.REORDERED, after, tier))
        if lost:
            raise StalePriceError(lost, unit.seen)
        if any(tier.is_active and tier.id not in named for tier in known.values()):
            raise _wrong("$.items", f"must name each active tier of {mode} once")
        if not changes:
            return unit.seen
        rows = cast("Sequence[TierRow]", await unit.save(changes, author))
        _told(changes, author)
        now = {row.id: row for row in rows}
        tiers = [now.get(tier.id, tier) for tier in unit.seen.tiers]
        tiers.sort(key=lambda tier: (tier.mode, tier.sort_order, tier.minutes))
        return evolve(unit.seen, tiers=tuple(tiers))

    return await _settled(prices, work)


async def change_promotion(prices: Prices, author: UUID, seen: str, wish: dict[str, Any]) -> Catalogue:
    """Change the first-session discount; ``wish`` names fields of `PromotionRow`. Raises `Problem`.

    It may name minutes that nobody sells: then it waits until somebody does.
    """

    async def work(unit: CatalogueUnit) -> Catalogue:
        before = unit.seen.promotion
        after = _judged(unit.seen, before, seen, wish)
        if after is None:
            return unit.seen
        row = await _one(unit, _kind(before, after), before, after, author)
        return evolve(unit.seen, promotion=row)

    return await _settled(prices, work)


def applies(catalogue: Catalogue) -> bool:
    """Whether the promotion can be had at all: it is active, and an active tier has its mode and minutes."""
    promotion = catalogue.promotion
    return promotion.is_active and any(
        tier.is_active and (tier.mode, tier.minutes) == (promotion.mode, promotion.minutes)
        for tier in catalogue.tiers
    )


async def _edited(
    prices: Prices, author: UUID, tier_id: UUID, seen: str | None, kind: ChangeKind, wish: dict[str, Any]
) -> TierRow:
    async def work(unit: CatalogueUnit) -> TierRow:
        before = next((tier for tier in unit.seen.tiers if tier.id == tier_id), None)
        if before is None:
            raise Problem(Code.NOT_FOUND, "There is no such tier.")
        after = _judged(unit.seen, before, version(before) if seen is None else seen, wish)
        if after is None:
            return before
        return await _one(unit, kind, before, after, author)

    return await _settled(prices, work)


def _judged(catalogue: Catalogue, row: RowT, seen: str, wish: dict[str, Any]) -> RowT | None:
    """Give the row as it is to stand; None if it stands so already. Raises `StalePriceError`."""
    after = evolve(row, **wish)
    if seen == version(row):
        return None if after == row else after
    heard_before = row.earlier_at is not None and seen == to_wire(row.earlier_at)
    if heard_before and after == row:
        return None
    raise StalePriceError([row], catalogue)


def _kind(before: PromotionRow, after: PromotionRow) -> ChangeKind:
    """Say what became of the promotion: switched, if nothing else changed."""
    if before.is_active == after.is_active or evolve(before, is_active=after.is_active) != after:
        return ChangeKind.UPDATED
    return ChangeKind.REACTIVATED if after.is_active else ChangeKind.DEACTIVATED


async def _one(unit: CatalogueUnit, kind: ChangeKind, before: RowT | None, after: RowT, author: UUID) -> RowT:
    wanted = Change(kind, after, before)
    (row,) = await unit.save([wanted], author)
    _told([wanted], author)
    return cast("RowT", row)  # a row comes back as what it went in


def _told(changes: Sequence[Change], author: UUID) -> None:
    _log.info("prices changed", user_id=str(author), kind=changes[0].kind.value, count=len(changes))


async def _settled(prices: Prices, work: Callable[[CatalogueUnit], Awaitable[T]]) -> T:
    """Do it, and if somebody kept the tables too long look again and do it then. Raises `Busy` in the end."""
    tries = 1
    while True:
        try:
            async with prices.unit() as unit:
                return await work(unit)
        except Busy:
            if tries == TRIES:
                raise
        tries += 1
        await asyncio.sleep(PAUSE)


def _wrong(path: str, message: str) -> Problem:
    errors = [{"path": path, "message": message}]
    return Problem(Code.VALIDATION_ERROR, f"{path.removeprefix('$.')} {message}.", errors=errors)
