"""Heartbeats and pictures: who was heard of, who may be offered a request."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core.ports.store import Actor, Scope
from halobestie_core.presence import GoOffline
from halobestie_core.words import ActorType
from support.places import Place, later
from support.steps import HOUSE, NOBODY, SARI, TINI, do, talk

pytestmark = pytest.mark.anyio


async def heard(place: Place, mitra_id: UUID) -> object:
    """When a mitra was last heard of."""
    [row] = [row for row in (await place.rows())["mitras"] if row["id"] == mitra_id]
    return row["last_heartbeat_at"]


async def test_heartbeats_are_written(house: Place) -> None:
    """Those of mitras who are online; strangers and the offline are passed over."""
    await do(house, Scope(mitra_id=TINI), lambda _: GoOffline(), Actor(ActorType.MITRA, TINI))
    await later(house, seconds=9)
    written = await house.heartbeats.write(dict.fromkeys((SARI, TINI, NOBODY), house.now), HOUSE)
    assert (written.busy, written.revived) == (frozenset(), 0)
    assert await heard(house, SARI) == house.now
    assert await heard(house, TINI) == house.now - timedelta(seconds=9)


async def test_the_clock_is_never_turned_back(house: Place) -> None:
    """A heartbeat that was overtaken changes nothing."""
    await house.heartbeats.write({SARI: house.now - timedelta(seconds=30)}, HOUSE)
    assert await heard(house, SARI) == house.now


async def test_who_is_held_is_tried_again(house: Place) -> None:
    """A mitra whose row somebody holds is reported, and nobody is waited for."""
    async with house.store.unit(Scope(mitra_id=SARI)):
        written = await house.heartbeats.write(dict.fromkeys((SARI, TINI), house.now), HOUSE)
    assert written.busy == {SARI}


async def test_who_was_stale_is_offered_what_is_open(house: Place) -> None:
    """Heard of again after too long: as if they had just come online, once."""
    await later(house, seconds=46)
    for revived in (1, 0):
        assert (await house.heartbeats.write({SARI: house.now}, HOUSE)).revived == revived
    [row] = (await house.rows())["outbox"]
    assert row["payload"] == {"command": "mitra_became_eligible", "mitra_id": str(SARI)}


async def test_nobody_is_stale_without_pings(house: Place) -> None:
    """Where pings are not required, nobody is revived."""
    await later(house, seconds=46)
    relaxed = evolve(HOUSE, require_ping=False)
    assert (await house.heartbeats.write({SARI: house.now}, relaxed)).revived == 0


async def test_the_picture(house: Place) -> None:
    """The eligible mitras, in order, as of now."""
    picture = await house.pictures.picture(HOUSE)
    assert picture.as_of == house.now
    assert picture.packed == b"".join(sorted(one.bytes for one in (SARI, TINI)))
    await talk(house)
    assert SARI not in await house.pictures.picture(evolve(HOUSE, cap=1))
    await later(house, seconds=46)
    assert len(await house.pictures.picture(HOUSE)) == 0
    assert len(await house.pictures.picture(evolve(HOUSE, require_ping=False))) == 2
