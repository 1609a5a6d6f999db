"""The operators' routes over the settings. Holds no rule of its own."""

from datetime import datetime
from enum import Enum
from typing import Any, Final, cast

import attrs
from attrs import field, frozen

from halobestie_app.http.route import OPERATORS, Call, Plain, Route
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases.settings import LiveSettings, StaleSettingsError, Wish
from halobestie_app.views.config import ConfigRows, MitraPing, config_row, config_rows, mitra_ping
from halobestie_core.settings import SETTINGS

# ---------------------------------------------------------------------- what comes in


@frozen
class ConfigChange:
    """A new value, and the ``updated_at`` of the row that its author saw."""

    value: object
    updated_at: datetime


ConfigChanges: Final[type[Any]] = attrs.make_class(
    "ConfigChanges",
    {key: field(default=None, type=cast("type", ConfigChange | None)) for key in SETTINGS},
    frozen=True,
    class_body={"__doc__": "Any of the settings; all are changed, or none."},
)


class Absent(Enum):
    """A member that was not sent, which null is not."""

    ABSENT = "absent"


def _maybe() -> Any:  # noqa: ANN401  whatever was sent is judged by the settings' own rules
    return field(factory=lambda: Absent.ABSENT)


@frozen
class MitraPingChange:
    """Any part of the three; the cadence may be sent back as it is."""

    require_ping: object = _maybe()
    stale_after_seconds: object = _maybe()
    heartbeat_cadence_seconds: object = _maybe()


_PINGS: Final = {"require_ping": "mitra_require_ping", "stale_after_seconds": "mitra_stale_after_seconds"}

# ---------------------------------------------------------------------- the settings


async def read_config(call: Plain) -> ConfigRows:
    """Every setting, as it stands in the store now."""
    live = call.services.settings
    await live.refresh()
    return config_rows(live.stored, live.cadence)


async def change_config(call: Call[Any, None]) -> ConfigRows:
    """Change all or nothing of what was sent."""
    live = call.services.settings
    wishes = [
        Wish(key, change.value, f"$.{key}.value", change.updated_at)
        for key in SETTINGS
        if (change := getattr(call.body, key)) is not None
    ]
    await _change(live, wishes, call)
    return config_rows(live.stored, live.cadence)


async def read_mitra_ping(call: Plain) -> MitraPing:
    """The three values that belong together."""
    live = call.services.settings
    await live.refresh()
    return mitra_ping(live(), live.cadence)


async def change_mitra_ping(call: Call[MitraPingChange, None]) -> MitraPing:
    """Change part of them, whatever stood before."""
    live = call.services.settings
    cadence = call.body.heartbeat_cadence_seconds
    if cadence not in (Absent.ABSENT, live.cadence):
        message = f"is fixed by the deployment ({live.cadence})"
        errors = [{"path": "$.heartbeat_cadence_seconds", "message": message}]
        raise Problem(Code.VALIDATION_ERROR, f"heartbeat_cadence_seconds {message}", errors=errors)
    wishes = [
        Wish(key, value, f"$.{name}")
        for name, key in _PINGS.items()
        if (value := getattr(call.body, name)) is not Absent.ABSENT
    ]
    await _change(live, wishes, call)
    return mitra_ping(live(), live.cadence)


async def _change(live: LiveSettings, wishes: list[Wish], call: Call[Any, None]) -> None:
    try:
        await live.change(wishes, call.caller.user_id)
    except StaleSettingsError as stale:
        stale.members["current"] = [config_row(row, live.cadence) for row in stale.lost]
        raise


# ---------------------------------------------------------------------- the table

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/internal/config", read_config, "Every setting", OPERATORS, ConfigRows),
    Route(
        "PATCH",
        "/internal/config",
        change_config,
        "Change settings: all that are sent, or none",
        OPERATORS,
        ConfigRows,
        body=ConfigChanges,
        problems=(Code.STALE_WRITE,),
    ),
    Route(
        "GET",
        "/internal/config/mitra-ping",
        read_mitra_ping,
        "What heartbeats are held against",
        OPERATORS,
        MitraPing,
    ),
    Route(
        "PATCH",
        "/internal/config/mitra-ping",
        change_mitra_ping,
        "Change what heartbeats are held against",
        OPERATORS,
        MitraPing,
        body=MitraPingChange,
    ),
)
