"""The operators' routes over tiers and the first-session promotion. Holds no rule of its own."""

from collections.abc import Awaitable
from typing import Any, Final
from uuid import UUID

import attrs
from attrs import field, frozen
from attrs.validators import and_, ge, le, max_len, min_len, optional

from halobestie_app.http.body import invalid
from halobestie_app.http.route import OPERATORS, Call, Plain, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import catalogue
from halobestie_app.usecases.catalogue import NewTier, Placed, StalePriceError, TierThereError
from halobestie_app.views import catalogue as views
from halobestie_core.ports.catalogue import TierRow
from halobestie_core.words import Mode

MOST_MINUTES: Final = 1_440
"""A day."""
MOST_RUPIAH: Final = 100_000_000
"""A slip of the finger adds a zero or two, not this many."""
MOST_TIERS: Final = 500
LONGEST_LABEL: Final = 80
"""Characters."""

_minutes: Final = and_(ge(1), le(MOST_MINUTES))
_price: Final = and_(ge(1), le(MOST_RUPIAH))
_place: Final = and_(ge(0), le(1_000_000))

# ---------------------------------------------------------------------- what comes in


@frozen
class TierWanted:
    """A block of minutes to sell; without ``sort_order`` it comes last."""

    mode: Mode
    minutes: int = field(validator=_minutes)
    price: int = field(validator=_price)
    sort_order: int | None = field(default=None, validator=optional(_place))


@frozen
class TierChange:
    """A new price or place, and the version of the row that its author saw. What a tier is stays."""

    updated_at: str
    price: int | None = field(default=None, validator=optional(_price))
    sort_order: int | None = field(default=None, validator=optional(_place))


@frozen
class Version:
    """The version of the row that its author saw."""

    updated_at: str


@frozen
class MaybeVersion:
    """The version of the row that its author saw, if that matters to them."""

    updated_at: str | None = None


@frozen
class TierPlaced:
    """A tier at its place in the list."""

    id: UUID
    updated_at: str


@frozen
class NewOrder:
    """Every active tier of a mode, and any others of it, in the order in which they are to be shown."""

    mode: Mode
    items: tuple[TierPlaced, ...] = field(validator=max_len(MOST_TIERS))


@frozen
class PromotionChange:
    """Any part of the promotion, and the version of it that its author saw."""

    updated_at: str
    is_active: bool | None = None
    mode: Mode | None = None
    minutes: int | None = field(default=None, validator=optional(_minutes))
    price: int | None = field(default=None, validator=optional(and_(ge(0), le(MOST_RUPIAH))))
    label: str | None = field(default=None, validator=optional(and_(min_len(1), max_len(LONGEST_LABEL))))
    requires_phone: bool | None = None


# ---------------------------------------------------------------------- tiers


async def list_tiers(call: Plain) -> views.Tiers:
    """Everything that is or was for sale."""
    return views.tiers(await call.services.prices.catalogue())


async def add_tier(call: Call[TierWanted, None]) -> views.Tier:
    """More to choose from."""
    wanted = call.body
    new = NewTier(wanted.mode, wanted.minutes, wanted.price, wanted.sort_order)
    return await _tier(catalogue.add(call.services.prices, call.caller.user_id, new, call.new_id()))


async def change_tier(call: Call[TierChange, None]) -> views.Tier:
    """Another price, another place."""
    wish = call.body
    return await _tier(
        catalogue.change(
            call.services.prices,
            call.caller.user_id,
            call.path["id"],
            wish.updated_at,
            price=wish.price,
            sort_order=wish.sort_order,
        )
    )


async def remove_tier(call: Call[None, Version]) -> views.Tier:
    """No longer for sale; what was paid stays paid."""
    services, author = call.services, call.caller.user_id
    return await _tier(catalogue.deactivate(services.prices, author, call.path["id"], call.query.updated_at))


async def bring_tier_back(call: Call[MaybeVersion, None]) -> views.Tier:
    """For sale again, as it was."""
    services, author = call.services, call.caller.user_id
    return await _tier(catalogue.reactivate(services.prices, author, call.path["id"], call.body.updated_at))


async def reorder_tiers(call: Call[NewOrder, None]) -> views.Tiers:
    """The order in which they are shown; answers the tiers of the mode."""
    wish = call.body
    items = [Placed(item.id, item.updated_at) for item in wish.items]
    try:
        now = await catalogue.reorder(call.services.prices, call.caller.user_id, wish.mode, items)
    except StalePriceError as stale:
        shown = views.tiers(stale.catalogue).rows
        lost = {row.id for row in stale.lost if hasattr(row, "id")}
        stale.members["current"] = [row for row in shown if row.id in lost]
        raise
    return views.tiers(now, wish.mode)


async def _tier(work: Awaitable[TierRow]) -> views.Tier:
    try:
        return views.tier(await work)
    except TierThereError as there:
        there.members["current"] = views.tier(there.tier)
        raise
    except StalePriceError as stale:
        (row,) = stale.lost
        stale.members["current"] = next(
            shown for shown in views.tiers(stale.catalogue).rows if shown.id == getattr(row, "id", None)
        )
        raise


# ---------------------------------------------------------------------- the promotion


async def read_promotion(call: Plain) -> views.Promotion:
    """As it stands."""
    return views.promotion(await call.services.prices.catalogue())


async def change_promotion(call: Call[PromotionChange, None]) -> views.Promotion:
    """Change part of it."""
    sent = attrs.asdict(call.body, recurse=False)
    seen = str(sent.pop("updated_at"))
    wish: dict[str, Any] = {name: value for name, value in sent.items() if value is not None}
    if not wish.get("label", "x").strip():
        raise invalid([{"path": "$.label", "message": "must not be blank"}])
    try:
        return views.promotion(
            await catalogue.change_promotion(call.services.prices, call.caller.user_id, seen, wish)
        )
    except StalePriceError as stale:
        stale.members["current"] = views.promotion(stale.catalogue)
        raise


# ---------------------------------------------------------------------- the table

_TIERS: Final = "/internal/pricing/tiers"
_PROMOTION: Final = f"/internal/pricing/promotions/{views.FIRST_SESSION}"
_EDIT: Final = (Code.NOT_FOUND, Code.STALE_WRITE, Code.UNAVAILABLE)

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", _TIERS, list_tiers, "Every tier, inactive ones too", OPERATORS, views.Tiers),
    Route(
        "POST",
        _TIERS,
        add_tier,
        "Sell a block of minutes",
        OPERATORS,
        views.Tier,
        status=201,
        body=TierWanted,
        problems=(Code.TIER_EXISTS, Code.TIER_INACTIVE, Code.UNAVAILABLE),
        keyed=True,
    ),
    Route(
        "POST",
        f"{_TIERS}/reorder",
        reorder_tiers,
        "Put the active tiers of a mode in order",
        OPERATORS,
        views.Tiers,
        body=NewOrder,
        problems=(Code.STALE_WRITE, Code.UNAVAILABLE),
        keyed=True,
    ),
    Route(
        "PATCH",
        f"{_TIERS}/{{id}}",
        change_tier,
        "Change a tier's price or place",
        OPERATORS,
        views.Tier,
        body=TierChange,
        problems=_EDIT,
    ),
    Route(
        "DELETE",
        f"{_TIERS}/{{id}}",
        remove_tier,
        "Take a tier away; it can be brought back",
        OPERATORS,
        views.Tier,
        query=Version,
        problems=_EDIT,
    ),
    Route(
        "POST",
        f"{_TIERS}/{{id}}/reactivate",
        bring_tier_back,
        "Bring a tier back",
        OPERATORS,
        views.Tier,
        body=MaybeVersion,
        problems=_EDIT,
        keyed=True,
    ),
    Route("GET", _PROMOTION, read_promotion, "The first-session discount", OPERATORS, views.Promotion),
    Route(
        "PATCH",
        _PROMOTION,
        change_promotion,
        "Change the first-session discount",
        OPERATORS,
        views.Promotion,
        body=PromotionChange,
        problems=(Code.STALE_WRITE, Code.UNAVAILABLE),
    ),
)
