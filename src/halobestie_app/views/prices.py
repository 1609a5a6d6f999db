"""The price list as one customer sees it. Knows no payment: the amount is computed again when one is made."""

from uuid import UUID

from attrs import frozen

from halobestie_core.flow.pricing import Quote, quotes
from halobestie_core.ports.reads import Prices
from halobestie_core.words import Mode


@frozen
class TierPrice:
    """One block of minutes: what this customer pays, and what it costs otherwise, in whole rupiah."""

    id: UUID
    minutes: int
    price: int
    list_price: int
    label: str | None
    is_first_session_discount: bool
    is_free_trial: bool


@frozen
class FirstSessionDiscount:
    """The promotion that this customer may have now."""

    minutes: int
    price: int
    label: str


@frozen
class PriceList:
    """What is for sale in one mode."""

    mode: Mode
    tiers: tuple[TierPrice, ...]
    first_session_discount: FirstSessionDiscount | None


def price_list(prices: Prices, mode: Mode, *, is_extension: bool = False) -> PriceList:
    """Show the active tiers in their order; an extension never has a promotion."""
    shown = quotes(prices.tiers, prices.promotion, prices.buyer, mode, is_extension=is_extension)
    discounts = (
        FirstSessionDiscount(quote.tier.minutes, quote.price, quote.label)
        for quote in shown
        if quote.is_first_session_discount and quote.label is not None
    )
    return PriceList(mode, tuple(_tier(quote) for quote in shown), next(discounts, None))


def _tier(quote: Quote) -> TierPrice:
    return TierPrice(
        id=quote.tier.id,
        minutes=quote.tier.minutes,
        price=quote.price,
        list_price=quote.tier.price,
        label=quote.label,
        is_first_session_discount=quote.is_first_session_discount,
        is_free_trial=quote.is_free_trial,
    )
