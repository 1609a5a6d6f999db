"""Time and workers by chance: mitras come and go, deadlines fire, rows of the outbox are carried."""

from collections.abc import Sequence

from attrs import define

from halobestie_app.usecases import clock, presence
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.push import Outcome
from support.chance import Choice, Kind
from support.lives import MITRAS, Act, Beats, Life, run_later
from support.places import later

SHORT = (0.5, 1, 3, 7, 7, 15, 20, 21)
LONG = (45, 60, 130, 301, 1200)


@define
class Working(Choice):
    """What nobody asks for."""

    def kinds(self) -> Sequence[Kind]:
        """Always."""
        return (
            (5, True, self._switch),
            (4, True, self._beat),
            (2.5, True, self._wait),
            (5, True, self._wait_until),
            (6, True, self._clock),
            (12 if self.tables.unsent("later") else 1, True, self._later),
            (1.5, True, self._relay),
            (1, True, self._push),
        )

    def _switch(self) -> Act:
        away = [one for one in MITRAS if not self.tables.mitras[one].listener.presence.is_online]
        mitra, online = self.random.choice(MITRAS), self.often(0.7)
        if away and self.often(0.6):
            mitra, online = self.random.choice(away), True
        return lambda life: presence.switch(life.desk, Beats(life), mitra, online=online)

    def _beat(self) -> Act:
        mitra = self.random.choice(MITRAS)
        return lambda life: presence.heartbeat(life.desk, Beats(life), mitra)

    def _wait(self) -> Act:
        seconds = self.random.choice(SHORT if self.often(0.9) else LONG)

        async def wait(life: Life) -> None:
            await later(life.place, seconds=seconds)

        return wait

    def _wait_until(self) -> Act:
        """Until something is due, or a moment before or after; seldom so long as payments wait."""
        tables = self.tables
        soon = (tables.requests, tables.chats, tables.extensions)
        shelves = (*soon, tables.payments) if self.often(0.15) else soon
        waiting = [[one.wake_at for one in shelf if one.wake_at is not None] for shelf in shelves]
        first = sorted(self.one(wakes for wakes in waiting if wakes) or ())[:1]
        return self.until(first, late=(-0.001, 0.0, 0.0, 2.0))

    def _clock(self) -> Act:
        async def fire(life: Life) -> object:
            peek = await life.place.agenda.peek(100, deep=True)
            stale = sorted(await life.place.agenda.stale(life.desk.house, 10), key=lambda due: due.id)
            dues = sorted([*peek.due, *stale], key=_order)
            return peek.next_in, [await clock.fire(life.desk, due) for due in dues]

        return fire

    def _later(self) -> Act:
        async def run(life: Life) -> object:
            rows = await life.place.agenda.take_later(5)
            return [(row, await run_later(life, row)) for row in rows]

        return run

    def _relay(self) -> Act:
        limit = self.random.choice((3, 50))

        async def send(life: Life) -> object:
            async with life.place.outbox.claimed(limit) as claim:
                return claim

        return send

    def _push(self) -> Act:
        """Send what waits: it reaches a device, or there is none."""
        outcome = self.random.choice((Outcome.SENT, Outcome.NOBODY))

        async def send(life: Life) -> object:
            rows = await life.place.pushes.take(5)
            return [(row, await life.place.pushes.settle(row, outcome)) for row in rows]

        return send


def _order(due: Due) -> tuple[str, object]:
    return due.machine, due.id
