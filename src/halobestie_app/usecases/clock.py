"""What the clock and the past ask for: deadlines, stale mitras, commands for later. Knows no loop.

Whoever calls has only peeked. Everything is looked at again under the ordinary locks, by the ordinary
commands, so it does not matter how many instances ask, or how often: exactly one finds something to do.
"""

from uuid import UUID

from halobestie_app.usecases import extensions
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.perform import Done, perform
from halobestie_core import chat, pairing, payment, presence
from halobestie_core.flow import deadlines
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.store import CLOCK, SYSTEM, Loaded, Scope
from halobestie_core.words import Party


async def fire(desk: Desk, due: Due) -> Done:
    """Let the clock look at one due row."""
    match due.machine:
        case "payment":
            return await perform(desk, Scope(payment_id=due.id), _tick, CLOCK)
        case "pairing":
            return await _search(desk, due)
        case "chat":
            grace = desk.settings().closure_grace_seconds
            scope = Scope(session_id=due.id, mitra_of_session=True)
            return await perform(desk, scope, lambda _loaded: deadlines.chat_clock(grace), CLOCK)
        case "extension":
            return await extensions.time_up(desk, due.id)
        case "presence":
            return await sweep(desk, due.id)
    msg = f"no clock for {due.machine}"
    raise ValueError(msg)


async def _search(desk: Desk, due: Due) -> Done:
    look = desk.look(limit=due.wave_size, unoffered_of=due.id) if due.wave_size else None

    def look_at(loaded: Loaded) -> pairing.TimeUp | pairing.NextWave:
        request = loaded.evening.request
        if request is None:
            msg = f"no request {due.id}"
            raise LookupError(msg)
        asked = deadlines.pairing_clock(request, loaded.now)
        return pairing.NextWave(loaded.eligible) if isinstance(asked, pairing.NextWave) else pairing.TimeUp()

    return await perform(desk, Scope(request_id=due.id, look=look), look_at, CLOCK)


async def sweep(desk: Desk, mitra_id: UUID) -> Done:
    """Take a mitra offline who was not heard of for too long; a heartbeat that landed first wins."""
    house = desk.house
    stale = presence.Stale(require_ping=house.require_ping, stale_after_seconds=house.stale_after_seconds)
    return await perform(desk, Scope(mitra_id=mitra_id), lambda _loaded: stale, CLOCK)


# -- later commands ------------------------------------------------------------------------------------------


async def offer(desk: Desk, request_id: UUID, mitra_id: UUID, done: int) -> Done:
    """Offer one open request to one mitra, if they are (still) eligible."""
    house = desk.house

    def show(loaded: Loaded) -> pairing.Offer:
        able = loaded.mitra is not None and house.is_eligible(loaded.mitra, loaded.now)
        return pairing.Offer(frozenset({mitra_id}) if able else frozenset())

    return await perform(desk, Scope(request_id=request_id, mitra_id=mitra_id), show, SYSTEM, done=done)


async def look_again(desk: Desk, request_id: UUID, done: int, *, waves: bool = True) -> Done:
    """Offer one open blast to everybody eligible who was not offered it; ``waves`` have their own time."""

    def show(loaded: Loaded) -> pairing.Offer:
        request = loaded.evening.request
        at_once = request is not None and (request.wave_size == 0 or not waves)
        return pairing.Offer(loaded.eligible if at_once else frozenset())

    look = desk.look(unoffered_of=request_id)
    return await perform(desk, Scope(request_id=request_id, look=look), show, SYSTEM, done=done)


async def withdraw(desk: Desk, request_id: UUID, mitra_id: UUID, detail: str | None, done: int) -> Done:
    """Take back a mitra's offer, or fail the returning request waiting for them, if still away."""
    house = desk.house

    def take_back(loaded: Loaded) -> pairing.Withdraw | pairing.TargetUnavailable:
        gone = loaded.mitra is None or not house.is_here(loaded.mitra.presence, loaded.now)
        request = loaded.evening.request
        if request is not None and request.targeted_mitra_id == mitra_id:
            return pairing.TargetUnavailable(gone=gone, at_capacity=False, at_start=False, detail=detail)
        return pairing.Withdraw(mitra_id, gone=gone)

    return await perform(desk, Scope(request_id=request_id, mitra_id=mitra_id), take_back, SYSTEM, done=done)


async def end_chat(desk: Desk, session_id: UUID, reason: str, done: int) -> Done:
    """End one live chat of a mitra who was shut out."""
    return await perform(
        desk,
        Scope(session_id=session_id, mitra_of_session=True),
        lambda _loaded: chat.End(Party.OPERATOR, reason),
        SYSTEM,
        done=done,
    )


def _tick(_loaded: Loaded) -> payment.Tick:
    return deadlines.payment_clock()
