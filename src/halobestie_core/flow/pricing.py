"""Prices: which tiers a customer sees, and what one payment costs. The server alone computes amounts.

Knows no table of a database: tiers and the promotion arrive as they stood in the creating transaction.
"""

from collections.abc import Iterable
from uuid import UUID

from attrs import frozen

from halobestie_core.errors import UnknownTierError
from halobestie_core.words import Mode


@frozen
class Tier:
    """One block of minutes for sale. ``source_id`` is the version of it that is live (a history row)."""

    id: UUID
    mode: Mode
    minutes: int
    price: int
    sort_order: int
    source_id: UUID
    is_active: bool = True


@frozen
class Promotion:
    """``first_session_discount`` as it stands."""

    mode: Mode
    minutes: int
    price: int
    label: str
    requires_phone: bool
    is_active: bool
    source_id: UUID


@frozen
class Buyer:
    """What pricing must know of a customer.

    ``had_session``: has a consumed payment that is not an extension's. ``discount_reserved``: a live
    payment holds the discount. ``phone_claimed``: their phone spent or reserved it under any account.
    """

    had_session: bool = False
    discount_reserved: bool = False
    phone_verified: bool = False
    phone_claimed: bool = False


@frozen
class Quote:
    """What one block of minutes costs this customer; ``price_source_id`` names the version it came from."""

    tier: Tier
    price: int
    label: str | None
    is_first_session_discount: bool
    price_source_id: UUID

    @property
    def is_free_trial(self) -> bool:
        """Whether the promotion makes it free."""
        return self.is_first_session_discount and self.price == 0


def eligible_for(promotion: Promotion | None, buyer: Buyer) -> bool:
    """Return whether this customer may have the promotion now."""
    return (
        promotion is not None
        and promotion.is_active
        and not buyer.had_session
        and not buyer.discount_reserved
        and not buyer.phone_claimed
        and (buyer.phone_verified or not promotion.requires_phone)
    )


def quotes(
    tiers: Iterable[Tier],
    promotion: Promotion | None,
    buyer: Buyer,
    mode: Mode,
    *,
    is_extension: bool = False,
) -> tuple[Quote, ...]:
    """Return every active tier of a mode with this customer's price, in order; extensions at full price."""
    discount = promotion if not is_extension and eligible_for(promotion, buyer) else None
    shown = sorted(
        (t for t in tiers if t.is_active and t.mode is mode), key=lambda t: (t.sort_order, t.minutes)
    )
    return tuple(_quote(tier, discount) for tier in shown)


def quote(
    tiers: Iterable[Tier],
    promotion: Promotion | None,
    buyer: Buyer,
    *,
    mode: Mode,
    minutes: int,
    tier_id: UUID | None = None,
    is_extension: bool = False,
) -> Quote:
    """Return the price of one block of minutes; raise :class:`UnknownTierError` if no active tier matches."""
    for offer in quotes(tiers, promotion, buyer, mode, is_extension=is_extension):
        if offer.tier.minutes == minutes and tier_id in {None, offer.tier.id}:
            return offer
    raise UnknownTierError(mode, minutes)


def _quote(tier: Tier, discount: Promotion | None) -> Quote:
    if discount is not None and (discount.mode, discount.minutes) == (tier.mode, tier.minutes):
        return Quote(tier, discount.price, discount.label, True, discount.source_id)  # noqa: FBT003 - a field's value
    return Quote(tier, tier.price, None, False, tier.source_id)  # noqa: FBT003 - a field's value
