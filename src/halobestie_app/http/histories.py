"""The operators' routes over who changed what: prices and settings. Holds no rule of its own."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import field, frozen
from attrs.validators import and_, ge, le, max_len, optional

from halobestie_app.http.body import invalid
from halobestie_app.http.route import OPERATORS, Call, Route
from halobestie_app.views import catalogue as views
from halobestie_core.ports.history import Place, PriceChanged, SettingChanged

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_INSTANT: Final = 8
_UUID: Final = 16
_NUMBER: Final = 8


@frozen
class HistoryQuery:
    """Which page of a history: the first, or the one that the last one named."""

    cursor: str | None = field(default=None, validator=optional(max_len(200)))
    limit: int = field(default=50, validator=and_(ge(1), le(200)))


async def price_history(call: Call[None, HistoryQuery]) -> views.PriceChanges:
    """What became of tiers and of the promotion."""
    limit = call.query.limit
    found = await call.services.histories.prices(_place(call.query.cursor, _UUID), limit + 1)
    return views.price_changes(found[:limit], _next(found, limit))


async def setting_history(call: Call[None, HistoryQuery]) -> views.SettingChanges:
    """What became of settings."""
    limit = call.query.limit
    found = await call.services.histories.settings(_place(call.query.cursor, _NUMBER), limit + 1)
    return views.setting_changes(found[:limit], _next(found, limit))


def _next(found: Sequence[PriceChanged | SettingChanged], limit: int) -> str | None:
    """A place as text that means nothing to anybody else; None where nothing follows."""
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    ticks = ((last.at - _EPOCH) // _TICK).to_bytes(_INSTANT, "big")
    which = last.id.bytes if isinstance(last.id, UUID) else last.id.to_bytes(_NUMBER, "big")
    return base64.urlsafe_b64encode(ticks + which).decode()


def _place(cursor: str | None, size: int) -> Place | None:
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        at, which = _EPOCH + int.from_bytes(raw[:_INSTANT], "big") * _TICK, raw[_INSTANT:]
        if len(which) != size:
            raise ValueError("another history's")
        number = int.from_bytes(which, "big")
        if size == _NUMBER and number >= 2**63:
            raise ValueError("no number of ours")
        return Place(at, UUID(bytes=which) if size == _UUID else number)
    except (UnicodeEncodeError, binascii.Error, ValueError, OverflowError):
        raise invalid([{"path": "$.cursor", "message": "is none of ours"}]) from None


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/internal/pricing/history",
        price_history,
        "Who changed which price, the latest first",
        OPERATORS,
        views.PriceChanges,
        query=HistoryQuery,
    ),
    Route(
        "GET",
        "/internal/config/history",
        setting_history,
        "Who changed which setting, the latest first",
        OPERATORS,
        views.SettingChanges,
        query=HistoryQuery,
    ),
)
