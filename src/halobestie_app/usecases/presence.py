"""Presence: a mitra switches on and off, and is heard of. Knows no socket."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import evolve

from halobestie_app.usecases import refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.perform import perform
from halobestie_core import presence
from halobestie_core.flow.availability import Listener
from halobestie_core.ports.presence import Beats
from halobestie_core.ports.store import Actor, Loaded, Scope
from halobestie_core.reasons import Reason
from halobestie_core.words import ActorType

NEARLY: Final = timedelta(seconds=3)
"""Who is this near to the threshold is not left to the next batch."""


async def switch(desk: Desk, beats: Beats, mitra_id: UUID, *, online: bool) -> Listener:
    """Go online or offline. Going online when online already counts as a heartbeat."""
    wish = presence.GoOnline() if online else presence.GoOffline()
    outcome = await perform(
        desk, Scope(mitra_id=mitra_id), lambda loaded: _of(loaded, wish), Actor(ActorType.MITRA, mitra_id)
    )
    if outcome.refused is not None:
        raise refusals.problem(outcome.refused)
    here = outcome.evening.mitra
    if here is None or outcome.loaded.mitra is None:
        raise refusals.not_found("mitra")
    if online and outcome.moved is None:
        await _heard(desk, beats, outcome.loaded.mitra, outcome.loaded.now)
        here = evolve(here, last_heartbeat_at=outcome.loaded.now)
    return evolve(outcome.loaded.mitra, presence=here)


async def block(desk: Desk, operator_id: UUID, mitra_id: UUID, *, blocked: bool) -> None:
    """Shut a mitra out, or let them in again; as they stand already is a repeat.

    Log-ins end in the same transaction. Offers, returning requests and chats follow in commands for later.
    """
    wish = presence.Block() if blocked else presence.Unblock()
    actor = Actor(ActorType.OPERATOR, operator_id)
    outcome = await perform(desk, Scope(mitra_id=mitra_id), lambda loaded: _of(loaded, wish), actor)
    if outcome.refused is not None:
        raise refusals.problem(outcome.refused)


async def heartbeat(desk: Desk, beats: Beats, mitra_id: UUID) -> Listener:
    """Hear of a mitra. One read tells whether they are online and what time it is.

    The write goes with the next batch.
    """
    found = await desk.reads.mitra(mitra_id)
    if found is None:
        raise refusals.not_found("mitra")
    listener, now = found
    verdict = presence.PRESENCE.decide(listener.presence, presence.Heartbeat(now), now)
    if not hasattr(verdict, "after"):
        raise refusals.told(Reason.MITRA_OFFLINE, listener.presence)
    await _heard(desk, beats, listener, now)
    return evolve(listener, presence=verdict.moved())


async def _heard(desk: Desk, beats: Beats, listener: Listener, now: datetime) -> None:
    """Take a heartbeat. It waits for the next batch, except where "heard" would not be true that long."""
    beats.add(listener.id, now)
    if not desk.house.is_here(listener.presence, now + NEARLY):
        await beats.write()


def _of(loaded: Loaded, wish: object) -> object:
    if loaded.mitra is None:
        raise refusals.not_found("mitra")
    return wish
