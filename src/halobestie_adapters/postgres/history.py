"""The `Histories` port on PostgreSQL: who changed which price or setting. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, final
from uuid import UUID

from psycopg.rows import kwargs_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.history import ChangeKind, Place, PriceChanged, SettingChanged
from halobestie_core.ports.store import Named

Q: Final = load("history")


def _author(changed_by: UUID | None, email: str | None) -> Named | None:
    return None if changed_by is None or email is None else Named(changed_by, email)


def _price(
    *,
    changed_by: UUID | None,
    email: str | None,
    change_kind: str,
    **columns: Any,  # noqa: ANN401 - passed on by name, checked there
) -> PriceChanged:
    return PriceChanged(changed_by=_author(changed_by, email), change_kind=ChangeKind(change_kind), **columns)


def _setting(
    *,
    changed_by: UUID | None,
    email: str | None,
    change_kind: str,
    **columns: Any,  # noqa: ANN401 - as above
) -> SettingChanged:
    return SettingChanged(
        changed_by=_author(changed_by, email), change_kind=ChangeKind(change_kind), **columns
    )


@final
class PostgresHistories:
    """Both histories."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def prices(self, before: Place | None, limit: int) -> Sequence[PriceChanged]:
        """A page of what became of tiers and promotions. Raises StoreUnavailable."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_price))
            await cursor.execute(Q.prices, _given(before, limit))
            return await cursor.fetchall()

    async def settings(self, before: Place | None, limit: int) -> Sequence[SettingChanged]:
        """A page of what became of settings. Raises StoreUnavailable."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_setting))
            await cursor.execute(Q.settings, _given(before, limit))
            return await cursor.fetchall()


def _given(before: Place | None, limit: int) -> dict[str, object]:
    return {
        "at": None if before is None else before.at,
        "id": None if before is None else before.id,
        "limit": limit,
    }


__all__ = ["PostgresHistories"]
