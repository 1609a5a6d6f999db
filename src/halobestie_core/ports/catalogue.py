"""What is for sale, as operators keep it: tiers and the promotion, as a port. Knows no rule."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Final, Protocol, TypeAlias
from uuid import UUID

from attrs import frozen

from halobestie_core.ports.history import ChangeKind
from halobestie_core.words import Mode

UNWRITTEN: Final = datetime.min.replace(tzinfo=UTC)
"""The instant of a row that is yet to be written; the store's clock sets it."""


@frozen
class TierRow:
    """One block of minutes, active or not. ``price`` is whole rupiah.

    ``updated_at`` is when this version came into force, ``earlier_at`` when the one before it did.
    """

    id: UUID
    mode: Mode
    minutes: int
    price: int
    sort_order: int
    is_active: bool
    updated_at: datetime
    earlier_at: datetime | None = None


@frozen
class PromotionRow:
    """The first-session discount, active or not; instants as of a tier."""

    is_active: bool
    mode: Mode
    minutes: int
    price: int
    label: str
    requires_phone: bool
    updated_at: datetime
    earlier_at: datetime | None = None


Row: TypeAlias = TierRow | PromotionRow


@frozen
class Change:
    """A row as it is to stand; the instants in it are the store's to set. ``before``: as it stands."""

    kind: ChangeKind
    after: Row
    before: Row | None = None


@frozen
class Catalogue:
    """Everything at one moment: every tier by mode, order and minutes, and the promotion."""

    tiers: tuple[TierRow, ...]
    promotion: PromotionRow


class CatalogueUnit(Protocol):
    """One change under way: nobody else changes any price meanwhile."""

    @property
    def seen(self) -> Catalogue:
        """What stands under the lock."""
        ...

    async def save(self, changes: Sequence[Change], author: UUID) -> Sequence[Row]:
        """Write each with its history row, and commit; return the rows as they stand now, in the same order.

        A price that is being paid at this moment is let finish first, and who comes later sees the new one.
        Raises the store's `Busy` if that takes too long, and then nothing was written.
        """
        ...


class Prices(Protocol):
    """Where what is for sale is kept."""

    async def catalogue(self) -> Catalogue:
        """Return everything, inactive tiers too."""
        ...

    def unit(self) -> AbstractAsyncContextManager[CatalogueUnit]:
        """Open a change; leaving it without ``save`` changes nothing. Raises the store's `Busy`."""
        ...
