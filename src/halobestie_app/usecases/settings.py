"""Settings: what is in force in this process, and how an operator changes it. Knows no database.

In force at once where a change was taken; elsewhere as soon as a nudge says that there is one, and without
nudges after a few seconds, because everybody looks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.problems import Code, Problem
from halobestie_core.errors import SettingError
from halobestie_core.flow.house import admits_more
from halobestie_core.ports.config import ConfigStore, Stored
from halobestie_core.settings import SETTINGS, Settings, changed
from halobestie_core.wire import FieldError, to_wire

LOOK_EVERY: Final = 5.0
"""Seconds between two looks when nobody nudges."""
USUAL_CADENCE: Final = 30
"""Seconds between two heartbeats, as long as the environment says nothing else."""

_log = log.get(__name__)


@frozen
class Wish:
    """One key to change. ``seen_at`` is when the row that its author saw was written; None: whatever stands.

    ``path`` is where the value stood in the request.
    """

    key: str
    value: object
    path: str
    seen_at: datetime | None = None


class LiveSettings:
    """The settings in force, kept fresh; call it to have them."""

    def __init__(self, store: ConfigStore, cadence: int, nudge: Callable[[], Awaitable[None]]) -> None:
        """Keep what ``store`` holds; until the first `refresh` the defaults are in force.

        ``cadence`` is the heartbeat cadence in seconds; ``nudge`` tells the other processes to look now, and
        does not raise.
        """
        self.cadence: Final = cadence
        self._store = store
        self._nudge = nudge
        self._stored: dict[str, Stored] = {}
        self._current = Settings()
        # The defaults belong together, and a warning that everybody gets is read by nobody.
        self._warned = Settings().mitra_stale_after_seconds if cadence == USUAL_CADENCE else None
        self._look = asyncio.Event()

    def __call__(self) -> Settings:
        """Give the settings in force."""
        return self._current

    @property
    def stored(self) -> Sequence[Stored]:
        """The rows behind them, of the keys that this version knows, in their order."""
        return [self._stored[key] for key in SETTINGS if key in self._stored]

    async def refresh(self) -> None:
        """Look now. Raises what the store raises; what was in force stays so."""
        self._take(await self._store.stored())

    def look_soon(self) -> None:
        """Somebody changed something: `follow` looks at once."""
        self._look.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Stay fresh until ``stop`` is set."""
        following = asyncio.create_task(self.follow())
        try:
            await stop.wait()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def follow(self, every: float = LOOK_EVERY) -> None:
        """Stay fresh until cancelled."""
        while True:
            try:
                async with asyncio.timeout(every):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            try:
                await self.refresh()
            except StoreError as failure:
                _log.warning("settings not read", error=type(failure).__name__)

    async def change(self, wishes: Sequence[Wish], author: UUID) -> None:
        """Change all or nothing; in force here when this returns. Raises `Problem`."""
        values = self._judged(wishes)
        async with self._store.unit() as unit:
            _refuse_stale(wishes, unit.stored)
            before = read(unit.stored.values())
            new = {
                key: value
                for key, value in values.items()
                if key not in unit.stored or unit.stored[key].value != value
            }
            if not new:
                self._take(unit.stored.values())
                return
            after = changed(before, new, self.cadence)
            written = await unit.save(new, author, house_changed=admits_more(before, after))
        self._take(written)
        _log.info("settings changed", user_id=str(author), key=",".join(new))
        await self._nudge()

    def _judged(self, wishes: Sequence[Wish]) -> Mapping[str, object]:
        """Give the values as they are stored, or refuse with every error there is."""
        values: dict[str, object] = {}
        errors: list[FieldError] = []
        for wish in wishes:
            try:
                settings = changed(Settings(), {wish.key: wish.value}, self.cadence)
            except SettingError as wrong:
                errors.append({"path": wish.path, "message": str(wrong)})
            else:
                values[wish.key] = to_wire(getattr(settings, wish.key))
        if errors:
            raise Problem(Code.VALIDATION_ERROR, errors[0]["message"], errors=errors)
        return values

    def _take(self, rows: Iterable[Stored]) -> None:
        """Put rows in force; one that was read before it changed does not come back."""
        for row in rows:
            known = self._stored.get(row.key)
            if known is None or known.updated_at < row.updated_at:
                self._stored[row.key] = row
        self._current = read(self._stored.values())
        threshold = self._current.mitra_stale_after_seconds
        if threshold < 2 * self.cadence and threshold != self._warned:
            # Below twice the cadence one lost heartbeat takes a mitra offline; below the cadence each would,
            # and therefore the cadence is what counts. Said at the first look, too: the cadence may be new.
            _log.warning("heartbeats are given little time", key="mitra_stale_after_seconds", count=threshold)
        self._warned = threshold


def read(rows: Iterable[Stored]) -> Settings:
    """Give the settings that rows hold; a key or value that this version does not know counts as the default.

    Two versions may run side by side, so what is unknown is no error.
    """
    settings = Settings()
    for row in rows:
        if row.key not in SETTINGS:
            continue
        try:
            settings = changed(settings, {row.key: row.value}, cadence_seconds=1)
        except SettingError:
            _log.warning("a stored setting is not usable", key=row.key)
    return settings


def _refuse_stale(wishes: Iterable[Wish], stored: Mapping[str, Stored]) -> None:
    """Refuse with the present rows when one of them is not the one that its author saw."""
    lost = [
        stored[wish.key]
        for wish in wishes
        if wish.seen_at is not None and wish.key in stored and stored[wish.key].updated_at != wish.seen_at
    ]
    if lost:
        raise StaleSettingsError(lost)


class StaleSettingsError(Problem):
    """Somebody else changed one of the settings meanwhile; ``lost`` is how those stand now."""

    def __init__(self, lost: Sequence[Stored]) -> None:
        names = ", ".join(row.key for row in lost)
        super().__init__(Code.STALE_WRITE, f"Changed meanwhile: {names}.")
        self.lost = lost
