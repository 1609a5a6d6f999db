"""Prices that change while people pay, with a book of every version; and the law of what payments cost (M8).

An edit is one step in which nobody else has a turn: that it waits for whoever has read the old price is shown
on PostgreSQL.
"""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Final
from uuid import UUID

from attrs import define, evolve, field, frozen

from halobestie_adapters.memory import Tables
from halobestie_app.simulation.weather import likely
from halobestie_core.flow.pricing import Promotion, Tier
from halobestie_core.payment import PaymentSession
from halobestie_core.words import Mode

PROMOTED: Final = (0, 4_000)
TIERED: Final = (5_000, 10_000, 12_500, 99_000)


@frozen
class Version:
    """How a tier (the promotion has no ``tier``) stood from ``since`` on, until its next version."""

    tier: UUID | None
    since: datetime
    mode: Mode
    minutes: int
    price: int
    is_active: bool


@define
class PriceBook:
    """Every version that there was, by its id."""

    tables: Tables
    versions: dict[UUID, Version] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._write_down()

    def edit(self, chance: Random, version_id: UUID) -> None:
        """Change one price, or take something off the list, or put it there again."""
        tables = self.tables
        if tables.promotion is not None and likely(chance, 0.3):
            price, active = chance.choice(PROMOTED), likely(chance, 0.8)
            tables.promotion = evolve(tables.promotion, price=price, is_active=active, source_id=version_id)
        else:
            one = chance.choice(tables.tiers)
            alone = all(not tier.is_active for tier in tables.tiers if tier.id != one.id)
            active = alone or likely(chance, 0.8)
            edited = evolve(one, price=chance.choice(TIERED), is_active=active, source_id=version_id)
            tables.tiers = tuple(edited if tier.id == one.id else tier for tier in tables.tiers)
        self._write_down()

    def wrong(self) -> Iterator[str]:
        """M8: mode, minutes and amount are those of a version in force when the payment began."""
        for paid in self.tables.payments:
            if paid.price_source_id is None or (version := self.versions.get(paid.price_source_id)) is None:
                yield f"M8: payment {paid.id} of {paid.amount} has its price from nowhere"
                continue
            asked = (paid.mode, paid.duration_minutes, paid.amount, paid.is_first_session_discount)
            if asked != (version.mode, version.minutes, version.price, version.tier is None):
                yield f"M8: payment {paid.id} is {asked} by {version}"
            if not version.is_active or not self._in_force(version, paid):
                yield f"M8: payment {paid.id} was begun at {paid.created_at} by {version}"

    def _in_force(self, version: Version, paid: PaymentSession) -> bool:
        """Whether it stood at that moment; of two that met in one, either did."""
        since = [one.since for one in self.versions.values() if one.tier == version.tier]
        later = any(version.since < one < paid.created_at for one in since)
        return version.since <= paid.created_at and not later

    def _write_down(self) -> None:
        for one in self.tables.tiers:
            self._note(one, one.id)
        if self.tables.promotion is not None:
            self._note(self.tables.promotion, None)

    def _note(self, one: Tier | Promotion, tier: UUID | None) -> None:
        version = Version(tier, self.tables.clock.now, one.mode, one.minutes, one.price, one.is_active)
        self.versions.setdefault(one.source_id, version)


__all__ = ["PriceBook"]
