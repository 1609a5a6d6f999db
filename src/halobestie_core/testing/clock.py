"""Time for a world: what waits, what the clock asks of it, and the *later* commands that were left for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from attrs import frozen

from halobestie_core import extension, pairing
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.deadlines import chat_clock, pairing_clock, payment_clock
from halobestie_core.flow.decide import Verdict
from halobestie_core.flow.effects import LookAgain, MitraBecameEligible, MitraShutOut, MitraWentAway
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.testing.world import World
from halobestie_core.words import Party, RequestKind


@frozen
class Waiting:
    """One snapshot that waits for the clock."""

    machine: str
    id: UUID
    wake_at: datetime


def waiting(world: World) -> tuple[Waiting, ...]:
    """Return everything that waits, the earliest first."""
    shelves: Mapping[str, Mapping[UUID, PaymentSession | PairingRequest | ChatSession | Extension]] = {
        "payment": world.payments,
        "pairing": world.requests,
        "chat": world.chats,
        "extension": world.extensions,
    }
    found = [
        Waiting(name, item.id, item.wake_at)
        for name, shelf in shelves.items()
        for item in shelf.values()
        if item.wake_at is not None
    ]
    return tuple(sorted(found, key=lambda item: (item.wake_at, item.machine, item.id)))


def wake(world: World, item: Waiting) -> Verdict:
    """Have the clock look at one snapshot now, whether or not it is due."""
    match item.machine:
        case "payment":
            return world.wish(payment_clock(), world.evening(payment_id=item.id))
        case "chat":
            grace = world.settings.closure_grace_seconds
            return world.wish(chat_clock(grace), world.evening(chat_id=item.id))
        case "extension":
            return world.of_extension(extension.TimeUp, item.id)
        case _:
            command = pairing_clock(world.requests[item.id], world.now) or pairing.TimeUp()
            if isinstance(command, pairing.NextWave):
                command = pairing.NextWave(world.next_wave(item.id))
            return world.of_request(command, item.id)


def pass_time(world: World, seconds: float) -> None:
    """Let time pass; nothing is woken."""
    world.now += timedelta(seconds=seconds)


def run_clock(world: World, until: datetime | None = None) -> int:
    """Wake whatever is due, each at its own time, until nothing is; return how many were woken.

    ``until``: go on to this instant (``now`` by default, so that only what is overdue fires, and fires now).
    """
    end = world.now if until is None else until
    woken = 0
    while due := [item for item in waiting(world) if item.wake_at <= end]:
        world.now = max(world.now, due[0].wake_at)
        wake(world, due[0])
        woken += 1
    world.now = max(world.now, end)
    return woken


def deliver(world: World) -> Verdict | None:
    """Carry out the oldest *later* command, with the facts of now; ``None`` if nobody is concerned."""
    if not world.later:
        return None
    command, request = world.later.pop(0), world.evening().open_request
    match command:
        case MitraBecameEligible(mitra_id=mitra_id):
            return None if request is None else world.offer(mitra_id)
        case LookAgain():
            return None if request is None else world.offer(*world.eligible())
        case MitraWentAway(mitra_id=mitra_id, detail=detail):
            if request is None:
                return None
            if request.kind is RequestKind.GENERAL:
                return world.withdraw(mitra_id)
            concerned = request.targeted_mitra_id == mitra_id
            return world.target_unavailable(mitra_id, detail) if concerned else None
        case MitraShutOut(mitra_id=mitra_id):
            live = world.evening().live_chat
            return world.end(Party.OPERATOR) if live is not None and live.mitra_id == mitra_id else None
        case _:
            assert_never(command)
