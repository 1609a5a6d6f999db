"""Availability: who may be offered a request now. Knows neither where presence is kept nor who asks."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from attrs import frozen

from halobestie_core.presence import MitraPresence
from halobestie_core.settings import Settings


@frozen
class Listener:
    """A mitra as eligibility sees them: presence and how many chats they have."""

    presence: MitraPresence
    live_chats: int

    @property
    def id(self) -> UUID:
        """The mitra's id."""
        return self.presence.id


@frozen
class House:
    """The rules of eligibility in force, from the settings of this moment and the deployment's cadence."""

    cap: int
    stale_after_seconds: int
    require_ping: bool

    @classmethod
    def of(cls, settings: Settings, cadence_seconds: int) -> "House":
        """Return the rules that these settings make; the threshold is never below the cadence."""
        return cls(
            settings.max_customers_per_mitra,
            settings.stale_after(cadence_seconds),
            settings.mitra_require_ping,
        )

    def is_here(self, presence: MitraPresence, now: datetime) -> bool:
        """Return whether the mitra is online, fresh and not blocked, whatever their load."""
        fresh = presence.is_fresh(now, self.stale_after_seconds, require_ping=self.require_ping)
        return presence.is_online and fresh and not presence.is_blocked

    def is_eligible(self, listener: Listener, now: datetime) -> bool:
        """Return whether this mitra may be offered a request."""
        return self.is_here(listener.presence, now) and listener.live_chats < self.cap

    def heard_since(self, now: datetime) -> datetime | None:
        """Return the oldest heartbeat that is still fresh; ``None`` where pings are not required."""
        return now - timedelta(seconds=self.stale_after_seconds) if self.require_ping else None


def eligible(listeners: Iterable[Listener], house: House, now: datetime) -> tuple[UUID, ...]:
    """Return the eligible mitras, least busy first (ties by id, so that the order is the same everywhere)."""
    able = [listener for listener in listeners if house.is_eligible(listener, now)]
    return tuple(item.id for item in sorted(able, key=lambda item: (item.live_chats, item.id)))


def wave(eligible_ids: Iterable[UUID], wave_size: int) -> frozenset[UUID]:
    """Return the first ``wave_size`` of the eligible ones, or all of them when it is 0."""
    ordered = tuple(eligible_ids)
    return frozenset(ordered if wave_size == 0 else ordered[:wave_size])
