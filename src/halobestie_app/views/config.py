"""The settings as an operator sees them: each with its bounds and its words. Knows no author."""

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve, frozen

from halobestie_core.ports.config import Stored
from halobestie_core.settings import SETTINGS, Setting, Settings


@frozen
class ConfigRow:
    """One setting; ``type`` is ``int``, ``bool``, ``choice`` or ``json``."""

    key: str
    value: object
    type_: str
    default: object
    min_: int | None
    max_: int | None
    choices: tuple[str, ...] | None
    label: str
    description: str
    updated_at: datetime


@frozen
class ConfigRows:
    """Every setting there is."""

    rows: tuple[ConfigRow, ...]
    total: int


@frozen
class MitraPing:
    """What a mitra's heartbeat is held against; the cadence is fixed by the deployment."""

    require_ping: bool
    stale_after_seconds: int
    heartbeat_cadence_seconds: int


def config_row(stored: Stored, cadence: int) -> ConfigRow:
    """Show a setting; ``cadence`` in seconds bounds the threshold from below."""
    setting = _bounded(SETTINGS[stored.key], cadence)
    return ConfigRow(
        key=stored.key,
        value=stored.value,
        type_=setting.type,
        default=setting.default,
        min_=setting.min,
        max_=setting.max,
        choices=setting.choices,
        label=setting.label,
        description=setting.description,
        updated_at=stored.updated_at,
    )


def config_rows(stored: Iterable[Stored], cadence: int) -> ConfigRows:
    """Show the settings of the keys that this version knows."""
    rows = tuple(config_row(one, cadence) for one in stored if one.key in SETTINGS)
    return ConfigRows(rows, len(rows))


def mitra_ping(settings: Settings, cadence: int) -> MitraPing:
    """Show the three values that belong together."""
    return MitraPing(settings.mitra_require_ping, settings.mitra_stale_after_seconds, cadence)


def _bounded(setting: Setting, cadence: int) -> Setting:
    return evolve(setting, min=cadence) if setting.key == "mitra_stale_after_seconds" else setting
