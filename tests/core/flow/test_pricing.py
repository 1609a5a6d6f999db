"""Prices: the tiers a customer sees, who may have the promotion, and what no extension ever gets."""

from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core import Mode, UnknownTierError
from halobestie_core.flow.pricing import Buyer, Promotion, Quote, Tier, eligible_for, quote, quotes
from halobestie_core.testing import CHEAPER, PROMOTION, TIERS

NEW = Buyer(phone_verified=True)


def of(minutes: int, buyer: Buyer = NEW, promotion: Promotion | None = PROMOTION) -> Quote:
    """Quote one block of minutes."""
    return quote(TIERS, promotion, buyer, mode=Mode.CHAT, minutes=minutes)


def test_the_promotion_replaces_its_tiers_price() -> None:
    """Same mode and minutes; the version it came from is the promotion's."""
    first = of(12)
    assert (first.price, first.label, first.is_free_trial) == (0, "Gratis", True)
    assert first.price_source_id == PROMOTION.source_id
    assert first.tier.price == 20_000
    assert [(of(n).price, of(n).label, of(n).is_free_trial) for n in (5, 60)] == [
        (10_000, None, False),
        (75_000, None, False),
    ]
    assert of(5).price_source_id == of(5).tier.source_id


def test_a_promotion_that_costs_something_is_no_free_trial() -> None:
    """Only amount 0 by promotion is shown as *Gratis*."""
    first = of(12, promotion=CHEAPER)
    assert (first.price, first.is_first_session_discount, first.is_free_trial) == (4_000, True, False)


@pytest.mark.parametrize(
    "buyer, may",
    [
        (NEW, True),
        (Buyer(), False),
        (evolve(NEW, had_session=True), False),
        (evolve(NEW, discount_reserved=True), False),
        (evolve(NEW, phone_claimed=True), False),
    ],
)
def test_who_may_have_the_promotion(buyer: Buyer, may: bool) -> None:
    """A customer without a session yet, nothing reserved, with a verified phone that was not used for it."""
    asks_for_a_phone = evolve(PROMOTION, requires_phone=True)
    assert eligible_for(asks_for_a_phone, buyer) is may


def test_a_promotion_may_ask_for_no_phone_or_be_away() -> None:
    """Without the requirement anybody new may have it; switched off or absent nobody may."""
    assert eligible_for(PROMOTION, Buyer())
    assert not eligible_for(evolve(PROMOTION, is_active=False), NEW)
    assert not eligible_for(None, NEW)


@pytest.mark.parametrize("bent", [{"minutes": 13}, {"mode": Mode.CALL}])
def test_a_promotion_without_its_tier_changes_nothing(bent: dict[str, object]) -> None:
    """It discounts the tier of the same mode and minutes, or none."""
    promotion = evolve(PROMOTION, **bent)  # type: ignore[arg-type] # one field each
    assert not any(item.is_first_session_discount for item in quotes(TIERS, promotion, NEW, Mode.CHAT))


def test_extensions_pay_the_full_price() -> None:
    """Whoever asks."""
    offered = quotes(TIERS, PROMOTION, NEW, Mode.CHAT, is_extension=True)
    assert [item.price for item in offered] == [10_000, 20_000, 75_000]


def test_tiers_are_shown_in_order_and_only_if_active() -> None:
    """By sort order, then minutes; another mode's and inactive ones are not for sale."""
    five, twelve, sixty = TIERS
    shelf = (sixty, evolve(twelve, sort_order=0), five, _call(), evolve(five, minutes=6, is_active=False))
    assert [item.tier.minutes for item in quotes(shelf, None, NEW, Mode.CHAT)] == [5, 12, 60]


def _call() -> Tier:
    return Tier(UUID(int=7), Mode.CALL, 5, 1, 0, UUID(int=8))


@pytest.mark.parametrize("minutes, tier_id", [(13, None), (12, TIERS[0].id)])
def test_an_unknown_tier(minutes: int, tier_id: UUID | None) -> None:
    """No such block of minutes, or an id that is not its own."""
    with pytest.raises(UnknownTierError, match=f"no active tier sells {minutes} minutes of chat") as unknown:
        quote(TIERS, None, NEW, mode=Mode.CHAT, minutes=minutes, tier_id=tier_id)
    assert (unknown.value.mode, unknown.value.minutes) == ("chat", minutes)


def test_a_tier_may_be_named() -> None:
    """The id of the block asked for is welcome."""
    assert quote(TIERS, None, NEW, mode=Mode.CHAT, minutes=5, tier_id=TIERS[0].id).price == 10_000
