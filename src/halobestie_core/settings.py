"""The operator-tunable settings: each key with its type, bounds, default and the words an operator reads.

Deploy-fixed settings (ports, secrets, the heartbeat cadence) are not here; the cadence is an argument
where it matters.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import evolve, frozen

from halobestie_core.errors import SettingError
from halobestie_core.words import TimeoutPolicy

SUPPORT_HANDLES: Final = frozenset({"whatsapp", "instagram", "email"})
LONGEST_HANDLE: Final = 200
_NO_HANDLES: Final[Mapping[str, str]] = MappingProxyType({})


@frozen
class Settings:
    """All tunable settings at one moment. A window that has begun keeps the length it began with."""

    payment_session_timeout_minutes: int = 20
    pairing_blast_timeout_seconds: int = 60
    pairing_wave_size: int = 0
    returning_chat_confirmation_timeout_seconds: int = 20
    extension_timeout_seconds: int = 10
    extension_default_action_on_timeout: TimeoutPolicy = TimeoutPolicy.AUTO_APPROVE
    closure_grace_seconds: int = 60
    max_customers_per_mitra: int = 3
    mitra_require_ping: bool = True
    mitra_stale_after_seconds: int = 45
    support_handles_json: Mapping[str, str] = _NO_HANDLES

    def stale_after(self, cadence_seconds: int) -> int:
        """Return the threshold in force: never less than the cadence of the day."""
        return max(self.mitra_stale_after_seconds, cadence_seconds)


@frozen
class Setting:
    """What is known of one key. ``type`` is ``int``, ``bool``, ``choice`` or ``json``."""

    key: str
    type: str
    default: object
    label: str
    description: str
    min: int | None = None
    max: int | None = None
    choices: tuple[str, ...] | None = None

    def checked(self, value: object) -> object:
        """Return ``value`` as :class:`Settings` holds it; :class:`SettingError` says what is allowed."""
        if self.type == "int":
            return self._number(value)
        if self.type == "bool":
            if not isinstance(value, bool):
                raise SettingError(self.key, "must be true or false")
            return value
        if self.type == "choice":
            if value not in (self.choices or ()):
                raise SettingError(self.key, f"must be one of {', '.join(self.choices or ())}")
            return TimeoutPolicy(str(value))
        return self._handles(value)

    def _number(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingError(self.key, "must be a whole number")
        if (self.min is not None and value < self.min) or (self.max is not None and value > self.max):
            raise SettingError(self.key, f"must be between {self.min} and {self.max}")
        return value

    def _handles(self, value: object) -> dict[str, str]:
        handles = _parsed(self.key, value)
        unknown = sorted(set(handles) - SUPPORT_HANDLES)
        if unknown:
            raise SettingError(self.key, f"knows whatsapp, instagram and email, not {', '.join(unknown)}")
        wrong = [name for name, handle in handles.items() if not _is_handle(handle)]
        if wrong:
            raise SettingError(
                self.key,
                f"wants one line of at most {LONGEST_HANDLE} characters for {', '.join(sorted(wrong))}",
            )
        return {name: str(handle) for name, handle in handles.items()}


def _is_handle(handle: object) -> bool:
    """One printable line: a NUL or half a surrogate pair could not even be stored."""
    return isinstance(handle, str) and len(handle) <= LONGEST_HANDLE and handle.isprintable()


def _parsed(key: str, value: object) -> dict[str, object]:
    """Take the JSON object itself, or its text (what a plain form field sends)."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):  # a text of brackets alone is deep enough
            raise SettingError(key, "must be a JSON object") from None
    if not isinstance(value, dict):
        raise SettingError(key, "must be a JSON object")
    return value


def _window(key: str, default: int, least: int, most: int, label: str, description: str) -> Setting:
    return Setting(key, "int", default, label, description, least, most)


SETTINGS: Final[Mapping[str, Setting]] = {
    setting.key: setting
    for setting in (
        _window(
            "payment_session_timeout_minutes", 20, 1, 1440,
            "Batas waktu sesi pembayaran (menit)",
            "Berapa lama pelanggan boleh membayar, lalu berapa lama uang yang sudah dibayar boleh dipakai.",
        ),
        _window(
            "pairing_blast_timeout_seconds", 60, 5, 600,
            "Waktu mencari bestie (detik)",
            "Berapa lama permintaan umum terbuka untuk semua bestie yang tersedia.",
        ),
        _window(
            "pairing_wave_size", 0, 0, 10000,
            "Ukuran gelombang tawaran",
            "0 berarti semua sekaligus; selain itu, sebanyak ini per gelombang, yang paling longgar dahulu.",
        ),
        _window(
            "returning_chat_confirmation_timeout_seconds", 20, 5, 300,
            "Waktu konfirmasi Curhat lagi (detik)",
            "Berapa lama bestie yang dituju boleh menjawab.",
        ),
        _window(
            "extension_timeout_seconds", 10, 5, 120,
            "Waktu menjawab perpanjangan (detik)",
            "Berapa lama bestie boleh menjawab permintaan perpanjangan.",
        ),
        Setting(
            "extension_default_action_on_timeout", "choice", TimeoutPolicy.AUTO_APPROVE.value,
            "Bila perpanjangan tidak dijawab",
            "Disetujui otomatis (hanya bila bestie dapat dihubungi) atau ditolak otomatis.",
            choices=tuple(policy.value for policy in TimeoutPolicy),
        ),
        _window(
            "closure_grace_seconds", 60, 0, 900,
            "Waktu pamit (detik)",
            "Berapa lama kedua pihak masih bisa menulis setelah waktu berbayar habis.",
        ),
        _window(
            "max_customers_per_mitra", 3, 1, 20,
            "Pelanggan serentak per bestie",
            "Berapa percakapan yang boleh berjalan bersamaan pada satu bestie.",
        ),
        Setting(
            "mitra_require_ping", "bool", default=True,
            label="Wajibkan tanda hidup",
            description="Bila aktif, bestie yang tidak mengirim tanda hidup dianggap offline.",
        ),
        _window(
            "mitra_stale_after_seconds", 45, 1, 86400,
            "Ambang offline (detik)",
            "Berapa lama tanpa tanda hidup sampai bestie dianggap offline; tidak kurang dari iramanya.",
        ),
        Setting(
            "support_handles_json", "json", {},
            "Kontak bantuan",
            "Kontak yang dilihat pelanggan: whatsapp, instagram, email.",
        ),
    )
}  # fmt: skip


def changed(settings: Settings, values: Mapping[str, object], cadence_seconds: int) -> Settings:
    """Return the settings with ``values`` applied, all or nothing.

    Raises :class:`SettingError` for an unknown key, a value out of bounds, or a threshold below the cadence.
    """
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in SETTINGS:
            raise SettingError(key, "is not a setting")
        if key == "mitra_stale_after_seconds":
            checked[key] = _threshold(value, cadence_seconds)
        else:
            checked[key] = SETTINGS[key].checked(value)
    return evolve(settings, **checked)


def from_stored(values: Mapping[str, object]) -> Settings:
    """Return the settings a database holds.

    Not an error here: a threshold below the cadence of the day (it counts as the cadence), and a key that
    only another version knows, since two of them may run side by side.
    """
    ours = {key: value for key, value in values.items() if key in SETTINGS}
    return changed(Settings(), ours, cadence_seconds=1)


def _threshold(value: object, cadence_seconds: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < cadence_seconds:
        problem = f"must be a number >= heartbeat cadence ({cadence_seconds}s)"
        raise SettingError("stale_after_seconds", problem)
    return SETTINGS["mitra_stale_after_seconds"]._number(value)  # noqa: SLF001 - the same module's own bound
