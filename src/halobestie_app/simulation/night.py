"""One night of the town: it begins, goes wrong, heals, and is judged. The same seed is the same night."""

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final

from attrs import define, field, frozen

from halobestie_adapters.memory import Tables
from halobestie_adapters.memory.clock import SEVEN_IN_THE_EVENING
from halobestie_app.simulation import endings, laws
from halobestie_app.simulation.deliveries import wrong_money_moves_nothing
from halobestie_app.simulation.founding import TIERS, found, people_of
from halobestie_app.simulation.instance import HERE, Build, honest
from halobestie_app.simulation.loop import NumberedTask, Stuck, VirtualLoop
from halobestie_app.simulation.overheard import overheard
from halobestie_app.simulation.town import Town
from halobestie_app.simulation.verdicts import heard
from halobestie_app.simulation.weather import Fault, Weather, likely

STEPS: Final = 800
"""Transactions of one night; then it closes."""
ROUNDS: Final = 60
"""Of people awake for a while; a night in which little happens ends after so many."""
JUDGED_EVERY: Final = 40
SETTLED: Final = 4.0
"""Seconds after a start within which all that had waited is sent."""


@frozen
class Report:
    """What came of a night; without breaches all is well. ``fingerprint``: of all rows and the trace.

    ``refusals``: by what was said, and by the state and command that a table refused.
    """

    seed: int
    steps: int
    turns: int
    seconds: float
    faults: tuple[Fault, ...]
    fingerprint: str
    breaches: tuple[str, ...]
    taken: Counter[str]
    refusals: Counter[str]
    trace: tuple[str, ...]


def night(
    seed: int, build: Build = honest, *, steps: int = STEPS, faults: frozenset[Fault] | None = None
) -> Report:
    """Play one night. ``faults``: instead of those that the seed draws; ``build``: how instances are made."""
    with _alone(seed):
        return _Night(seed, build, steps, faults).play()


@define
class _Night:
    seed: int
    build: Build
    most: int
    faults: frozenset[Fault] | None
    steps: int = 0
    breaches: list[str] = field(factory=list)
    refused: Counter[str] = field(factory=Counter)
    town: Town = field(init=False)

    def play(self) -> Report:
        chance = Random(self.seed)  # noqa: S311 - a night is repeatable
        tables = Tables(tiers=TIERS)
        loop = VirtualLoop(chance, lambda now: _pass(tables, now), _adopted)
        loop.set_exception_handler(self._unhandled)
        try:
            asyncio.set_event_loop(loop)
            with overheard(self.breaches), heard(self.refused):
                loop.run_until_complete(self._evening(chance, tables))
        except Stuck as stuck:
            self.breaches.append(f"stuck: {stuck}")
        finally:
            asyncio.set_event_loop(None)
            loop.close()
        watch = self.town.watch
        return Report(
            seed=self.seed,
            steps=self.steps,
            turns=loop.turns,
            seconds=loop.time(),
            faults=tuple(sorted(self.town.outside.weather.faults)),
            fingerprint=_digest(tables, watch.trace),
            breaches=(*self.breaches, *watch.breaches),
            taken=watch.taken,
            refusals=self.town.refusals + self.refused,
            trace=tuple(watch.trace),
        )

    # -- the night -------------------------------------------------------------------------------------------

    async def _evening(self, chance: Random, tables: Tables) -> None:
        weather = Weather.of(chance) if self.faults is None else Weather(chance, self.faults)
        town = self.town = found(chance, tables, weather, self.build, self._began)
        for instance in town.instances:
            instance.start()
        town.awake.set()
        people = [asyncio.create_task(one.live()) for one in people_of(town)]
        try:
            for _ in range(ROUNDS):
                if not self._goes_on():
                    break
                awake = chance.uniform(2.0, 12.0)
                await asyncio.sleep(awake)
                if awake > SETTLED:
                    self.breaches.extend(endings.prompt(town))
                if likely(chance, 0.5):
                    await self._sleep(self._how_long())
            town.outside.weather.heal()
            town.is_open = False
            await self._wake()
            await asyncio.wait(people, timeout=60.0)
            if not self.breaches and not town.watch.breaches:
                await self._judge()
        finally:
            for one in people:
                one.cancel()
            await asyncio.wait(people)
            for instance in town.instances:
                instance.kill()
            await asyncio.sleep(1.0)
        for one in people:
            if not one.cancelled() and one.exception() is not None:
                self.breaches.append(f"somebody met {one.exception()!r}")

    def _goes_on(self) -> bool:
        return self.steps < self.most and not (self.breaches or self.town.watch.breaches)

    async def _sleep(self, seconds: float) -> None:
        """Nobody does anything for a while; every instance is stopped, or killed, and time passes."""
        town = self.town
        town.awake.clear()
        for instance in town.instances:
            if town.outside.weather.strikes(Fault.CRASH, 0.5):
                instance.kill()
            else:
                await instance.stop()
        await asyncio.sleep(seconds)
        self._paid_meanwhile()
        await self._wake()

    def _how_long(self) -> float:
        """Often until something falls due, so that whoever is awake first decides."""
        chance, tables = self.town.chance, self.town.tables
        asked = [one.deadline_at for one in tables.extensions if one.is_pending]
        if asked and likely(chance, 0.8):
            late = chance.uniform(-0.1, 1.0)
            return max(0.1, (chance.choice(asked) - tables.clock.now).total_seconds() + late)
        shelves = (tables.payments, tables.requests, tables.chats, tables.extensions)
        wakes = (one.wake_at for shelf in shelves for one in shelf if one.wake_at is not None)
        left = sorted((at - tables.clock.now).total_seconds() for at in wakes)
        if left and likely(chance, 0.7):
            return max(0.1, chance.choice(left[:4]) + chance.uniform(-1.0, 1.0))
        return chance.choice((0.5, 5.0, 20.0, 62.0, 125.0, 301.0))

    def _paid_meanwhile(self) -> None:
        """The gateway's pages stay open when the server sleeps."""
        gateway, chance = self.town.outside.invoices, self.town.chance
        if gateway is None or not self.town.is_open:
            return
        for invoice in gateway.invoices[-6:]:
            if likely(chance, 0.3):
                gateway.pay(invoice.id, after_all=True)

    async def _wake(self) -> None:
        for instance in self.town.instances:
            if not instance.is_up:
                instance.start()
        self.town.awake.set()

    async def _judge(self) -> None:
        """Faults are over and nobody asks any more: see that all is well soon, and at last."""
        town = self.town
        town.outside.bus.is_up = True
        if town.outside.invoices is not None:
            town.outside.invoices.is_away = False
        await asyncio.sleep(7.0)
        self.breaches.extend(endings.soon(town))
        self._check()
        for _ in range(4):
            await self._sleep(610.0)
            await asyncio.sleep(3.0)
        self.breaches.extend(endings.at_last(town))
        self._check()

    def _began(self) -> None:
        self.steps += 1
        if self.steps % JUDGED_EVERY == 0:
            self._check()

    def _check(self) -> None:
        if not self.breaches:
            self.breaches.extend(laws.broken(self.town.tables))
            self.breaches.extend(self.town.watch.words.lost())
            self.breaches.extend(self.town.prices.wrong())
            outside = self.town.outside
            self.breaches.extend(wrong_money_moves_nothing(outside.tables, outside.invoices))

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.breaches.append(f"nobody handled: {context.get('message')} {context.get('exception')!r}")


def _adopted(task: NumberedTask[Any]) -> None:
    here = HERE.get()
    if here is not None:
        here.adopt(task)


def _pass(tables: Tables, now: float) -> None:
    tables.clock.now = SEVEN_IN_THE_EVENING + timedelta(seconds=now)


def _digest(tables: Tables, trace: list[str]) -> str:
    hashed = sha256()
    shelves = (tables.payments, tables.requests, tables.chats, tables.extensions)
    for shelf in (*shelves, tables.captures, tables.failures, tables.ledger):
        for row in shelf:
            hashed.update(repr(row).encode())
    kept = (tables.mitras, tables.outbox, tables.invoices, tables.deliveries, tables.config)
    said = (dict(tables.messages), tables.read_marks)
    for rows in (*kept, *said, tables.moves, trace):
        hashed.update(repr(rows).encode())
    return hashed.hexdigest()


@contextmanager
def _alone(seed: int) -> Iterator[None]:
    """Nothing but the seed decides: the chance of the process is put aside, and when rubbish is removed."""
    before, collecting = random.getstate(), gc.isenabled()
    random.seed(seed)
    gc.disable()
    try:
        yield
    finally:
        random.setstate(before)
        if collecting:
            gc.enable()


__all__ = ["STEPS", "Report", "night"]
