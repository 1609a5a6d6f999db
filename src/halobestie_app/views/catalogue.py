"""What is for sale, as an operator sees it, and its history. Knows no customer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_app.usecases.catalogue import applies, version
from halobestie_app.views.people import Person, person
from halobestie_core.ports.catalogue import Catalogue, PromotionRow, TierRow
from halobestie_core.ports.history import ChangeKind, PriceChanged, SettingChanged
from halobestie_core.words import Mode

FIRST_SESSION: Final = "first_session_discount"
"""The one promotion there is."""


@frozen
class Tier:
    """One block of minutes, in whole rupiah; ``updated_at`` names this version of it and is sent back."""

    id: UUID
    mode: Mode
    minutes: int
    price: int
    sort_order: int
    is_active: bool
    updated_at: str


@frozen
class Tiers:
    """Every tier there is, those that are not for sale now too."""

    rows: tuple[Tier, ...]
    total: int


@frozen
class Promotion:
    """The first-session discount; ``applies``: it is active, and so is a tier of its mode and minutes."""

    key: str
    is_active: bool
    mode: Mode
    minutes: int
    price: int
    label: str
    requires_phone: bool
    applies: bool
    updated_at: str


@frozen
class PriceChange:
    """One change of a tier (``tier_id``) or of the promotion (``key``); no author: the installation."""

    at: datetime
    changed_by: Person | None
    change_kind: ChangeKind
    tier_id: UUID | None
    key: str | None
    before: object
    after: object


@frozen
class PriceChanges:
    """A page of the history of prices, the newest first."""

    rows: tuple[PriceChange, ...]
    next: str | None


@frozen
class SettingChange:
    """One change of a setting; no author: the installation."""

    at: datetime
    changed_by: Person | None
    change_kind: ChangeKind
    key: str
    before: object
    after: object


@frozen
class SettingChanges:
    """A page of the history of settings, the newest first."""

    rows: tuple[SettingChange, ...]
    next: str | None


def tier(row: TierRow) -> Tier:
    """Show a tier."""
    return Tier(row.id, row.mode, row.minutes, row.price, row.sort_order, row.is_active, version(row))


def tiers(catalogue: Catalogue, mode: Mode | None = None) -> Tiers:
    """Show all tiers, or those of one mode."""
    rows = tuple(tier(row) for row in catalogue.tiers if mode in {None, row.mode})
    return Tiers(rows, len(rows))


def promotion(catalogue: Catalogue) -> Promotion:
    """Show the promotion, and whether anybody can have it."""
    row: PromotionRow = catalogue.promotion
    return Promotion(
        key=FIRST_SESSION,
        is_active=row.is_active,
        mode=row.mode,
        minutes=row.minutes,
        price=row.price,
        label=row.label,
        requires_phone=row.requires_phone,
        applies=applies(catalogue),
        updated_at=version(row),
    )


def price_changes(page: Sequence[PriceChanged], following: str | None) -> PriceChanges:
    """Show a page."""
    rows = (
        PriceChange(row.at, _author(row), row.change_kind, row.tier_id, row.key, row.before, row.after)
        for row in page
    )
    return PriceChanges(tuple(rows), following)


def setting_changes(page: Sequence[SettingChanged], following: str | None) -> SettingChanges:
    """Show a page."""
    rows = (
        SettingChange(row.at, _author(row), row.change_kind, row.key, row.before, row.after) for row in page
    )
    return SettingChanges(tuple(rows), following)


def _author(row: PriceChanged | SettingChanged) -> Person | None:
    return None if row.changed_by is None else person(row.changed_by)
