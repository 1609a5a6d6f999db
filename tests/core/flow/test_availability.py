"""Availability: online, fresh, below the cap, not blocked; the least busy first."""

from datetime import timedelta

import pytest
from attrs import evolve

from halobestie_core import MitraPresence, PresenceStatus, Settings
from halobestie_core.flow.availability import House, Listener, eligible, wave
from halobestie_core.testing import World

NOW = World().now
ID = World().new_id()
HOUSE = House(cap=3, stale_after_seconds=45, require_ping=True)
HERE = MitraPresence(ID, PresenceStatus.ONLINE, NOW)


@pytest.mark.parametrize(
    "presence, live_chats, may",
    [
        (HERE, 0, True),
        (HERE, 2, True),
        (HERE, 3, False),
        (evolve(HERE, status=PresenceStatus.OFFLINE), 0, False),
        (evolve(HERE, blocked_at=NOW), 0, False),
        (evolve(HERE, last_heartbeat_at=NOW - timedelta(seconds=45)), 0, True),
        (evolve(HERE, last_heartbeat_at=NOW - timedelta(seconds=46)), 0, False),
        (evolve(HERE, last_heartbeat_at=None), 0, False),
    ],
)
def test_who_may_be_offered_a_request(presence: MitraPresence, live_chats: int, may: bool) -> None:
    """Older than the threshold is stale; at the cap is full."""
    listener = Listener(presence, live_chats)
    assert HOUSE.is_eligible(listener, NOW) is may
    assert eligible([listener], HOUSE, NOW) == ((ID,) if may else ())


def test_without_pings_nobody_is_stale() -> None:
    """The switch alone decides then, and no heartbeat is too old."""
    house = evolve(HOUSE, require_ping=False)
    assert house.is_here(evolve(HERE, last_heartbeat_at=None), NOW)
    assert house.heard_since(NOW) is None
    assert HOUSE.heard_since(NOW) == NOW - timedelta(seconds=45)


def test_the_threshold_is_never_below_the_cadence() -> None:
    """A cadence raised by the environment counts, whatever the stored setting says."""
    settings = Settings(mitra_stale_after_seconds=10)
    assert House.of(settings, 30) == House(cap=3, stale_after_seconds=30, require_ping=True)
    assert House.of(settings, 5).stale_after_seconds == 10


def test_the_least_busy_come_first() -> None:
    """Ties are broken by id, so that the order is the same everywhere."""
    world = World.of(3)
    first, second, third = world.mitras
    world.busy = {first: 2, third: 1, second: 1}
    assert world.eligible() == (second, third, first)
    assert wave(world.eligible(), 2) == {second, third}
    assert wave(world.eligible(), 0) == {first, second, third}
