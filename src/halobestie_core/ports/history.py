"""Who changed what, and when, as a port: the histories of prices and of settings. Changes nothing."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.ports.store import Named


class ChangeKind(StrEnum):
    """What became of a row; ``deactivated`` and ``reactivated`` where nothing else changed."""

    CREATED = "created"
    UPDATED = "updated"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    REORDERED = "reordered"


@frozen
class Place:
    """A place in a history: the row at it was shown already. ``id`` is of the history row."""

    at: datetime
    id: UUID | int


@frozen
class PriceChanged:
    """One version of a tier (``tier_id``) or of a promotion (``key``), and the one before.

    ``changed_by`` is an operator, named by e-mail, or None: the installation itself.
    """

    id: UUID
    tier_id: UUID | None
    key: str | None
    at: datetime
    changed_by: Named | None
    change_kind: ChangeKind
    before: object
    after: object


@frozen
class SettingChanged:
    """One value of a setting, and the one before; ``changed_by`` as above."""

    id: int
    key: str
    at: datetime
    changed_by: Named | None
    change_kind: ChangeKind
    before: object
    after: object


class Histories(Protocol):
    """Both histories, the newest first; ``before`` is the place of the last row that was shown."""

    async def prices(self, before: Place | None, limit: int) -> Sequence[PriceChanged]:
        """Return a page of what became of tiers and promotions."""
        ...

    async def settings(self, before: Place | None, limit: int) -> Sequence[SettingChanged]:
        """Return a page of what became of settings."""
        ...
