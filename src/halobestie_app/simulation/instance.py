"""One instance of the server: the real desk and the real workers, on lines to what all instances share.

What it holds in memory is lost with it. It knows no person who uses it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from attrs import define, field

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.ids import Uuid7
from halobestie_adapters.memory import (
    MemoryAgenda,
    MemoryConfigStore,
    MemoryConnections,
    MemoryFrameBus,
    MemoryFrameOutbox,
    MemoryHeartbeats,
    MemoryInbox,
    MemoryInvoiceBook,
    MemoryInvoices,
    MemoryMessages,
    MemoryNudges,
    MemoryReads,
    MemoryStore,
    Tables,
)
from halobestie_adapters.xendit import notices
from halobestie_app.simulation.gateway import GatewayLine
from halobestie_app.simulation.lines import (
    ConfigLine,
    OutboxLine,
    Plug,
    Saved,
    StoreLine,
    Wrote,
    line,
    messages_line,
)
from halobestie_app.simulation.loop import NumberedTask
from halobestie_app.simulation.redis import BusLine, ConnectionsLine
from halobestie_app.simulation.weather import Fault, Weather
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.setting_aside import Aside
from halobestie_app.usecases.settings import LiveSettings
from halobestie_app.usecases.talking import Talking
from halobestie_app.usecases.till import Till
from halobestie_app.usecases.webhooks import Door, digests
from halobestie_app.workers.deadlines import Deadlines
from halobestie_app.workers.heartbeats import CollectedBeats
from halobestie_app.workers.inbox import InboxWorker
from halobestie_app.workers.invoices import InvoiceErrands
from halobestie_app.workers.later import LaterCommands
from halobestie_app.workers.reconciler import Reconciler
from halobestie_app.workers.relay import Relay
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.notify import Topic

T = TypeVar("T")
Run = Callable[[asyncio.Event], Coroutine[Any, Any, None]]

TOKEN: Final = "the-token-of-the-simulation"  # noqa: S105 - it opens nothing
CADENCE: Final = 5
HERE: ContextVar["Instance | None"] = ContextVar("here", default=None)
"""The instance whose work is being done."""


@define
class Outside:
    """What all instances share: one database, one Redis, one gateway (or the one for development)."""

    tables: Tables
    weather: Weather
    saved: Saved
    wrote: Wrote
    began: Callable[[], None]
    bus: MemoryFrameBus
    outbox: MemoryFrameOutbox
    connections: MemoryConnections
    nudges: MemoryNudges
    invoices: MemoryInvoices | None


class Build(Protocol):
    """How an instance is put together; the tests of the simulation build some that are wrong."""

    def __call__(self, instance: "Instance") -> Desk:
        """Return its desk."""
        ...


@define(eq=False)
class Instance:
    """Started, stopped, killed, and started again."""

    name: str
    outside: Outside
    skew: float
    build: Build
    plug: Plug = field(init=False)
    new_id: Uuid7 = field(init=False)
    desk: Desk = field(init=False)
    beats: CollectedBeats = field(init=False)
    settings: LiveSettings = field(init=False)
    talking: Talking = field(init=False)
    door: Door | None = field(init=False, default=None)
    connections: ConnectionsLine = field(init=False)
    is_up: bool = field(init=False, default=False)
    hearing: list[Callable[[Moved], None]] = field(init=False, factory=list)
    relay: Relay = field(init=False)
    _stop: asyncio.Event = field(init=False)
    _tasks: dict[int, NumberedTask[Any]] = field(init=False, factory=dict)

    # -- life and death --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin with an empty head."""
        outside = self.outside
        self.plug, self._stop, self.is_up = Plug(outside.weather), asyncio.Event(), True
        self.new_id = Uuid7(self._clock_ms, outside.weather.chance.getrandbits)
        self.connections = ConnectionsLine(outside.connections, self.plug, lambda: outside.bus.is_up, {})
        store = ConfigLine(MemoryConfigStore(outside.tables), self.plug)
        self.settings = LiveSettings(store, CADENCE, self._nudge_settings)
        self.desk = self.build(self)
        heartbeats = line(MemoryHeartbeats(outside.tables), self.plug)
        self.beats = CollectedBeats(heartbeats, outside.nudges, lambda: self.desk.house)
        messages = messages_line(MemoryMessages(outside.tables), self.plug, outside.wrote)
        self.talking = Talking(messages, self.desk.reads, lambda: self._nudge(self.relay.nudge))
        self.hearing = []
        for run in self._loops():
            self._begin(run(self._stop))

    async def stop(self) -> None:
        """End in good order: what is in hand is finished, if it ends soon."""
        self.is_up = False
        self._stop.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=10)
        self.kill()

    def kill(self) -> None:
        """Die between two awaits. Nothing here does anything any more; its transactions are rolled back."""
        self.is_up = False
        self.plug.pulled = True
        for task in list(self._tasks.values()):
            task.cancel()

    def begin(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Begin something that dies with this instance."""
        before = HERE.set(self)
        try:
            return asyncio.get_running_loop().create_task(work)
        finally:
            HERE.reset(before)

    def adopt(self, task: NumberedTask[Any]) -> None:
        """Hold a task that was begun here."""
        self._tasks[task.number] = task
        task.add_done_callback(lambda _: self._tasks.pop(task.number, None))

    # -- what it is made of ----------------------------------------------------------------------------------

    def saved(self, moved: Moved) -> None:
        """Tell this instance's workers of a commit."""
        for hear in self.hearing:
            self._nudge(partial(hear, moved))

    def _nudge(self, call: Callable[[], None]) -> None:
        """Nudge a worker, unless nudges are lost tonight."""
        weather = self.outside.weather
        if weather.strikes(Fault.NUDGES_LOST, 0.85):
            return
        if weather.strikes(Fault.NUDGES_LOST, 0.5):
            asyncio.get_running_loop().call_later(weather.chance.uniform(0.0, 3.0), call)
        else:
            call()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a worker; it is held with everything that was begun here."""
        _ = self.begin(work)

    def _loops(self) -> Sequence[Run]:
        outside, desk = self.outside, self.desk
        agenda = line(MemoryAgenda(outside.tables), self.plug)
        deadlines, later = Deadlines(desk, agenda), LaterCommands(desk, agenda)
        self.relay = relay = Relay(OutboxLine(outside.outbox, self.plug), BusLine(outside.bus, self.plug))
        self.hearing += [
            deadlines.saved,
            later.saved,
            lambda moved: relay.nudge() if moved.effects else None,
        ]
        outside.nudges.subscribe(Topic.DEADLINE, later.wake)
        runs: list[Run] = [self._settle_in, deadlines.run, later.run, relay.run, self.beats.run]
        if desk.till is None:
            return runs
        inbox = desk.till.aside.inbox
        applying = InboxWorker(desk, desk.till, inbox, notices.read, lambda _reason: None)
        errands = InvoiceErrands(desk, desk.till)
        self.hearing.append(errands.saved)
        tokens = digests((TOKEN,))
        self.door = Door(inbox, notices.read, tokens, self.new_id, applying.nudge, lambda _how: None)
        return [*runs, applying.run, errands.run, Reconciler(desk, desk.till).run]

    async def _settle_in(self, stop: asyncio.Event) -> None:
        await self.settings.run(stop)

    async def _nudge_settings(self) -> None:
        """The other instances look by themselves, a few seconds later."""

    def _clock_ms(self) -> int:
        now = self.outside.tables.clock.now.timestamp()
        return int((now + self.skew) * 1000)


def honest(instance: Instance) -> Desk:
    """Return a desk as the wiring would make it."""
    outside, plug = instance.outside, instance.plug
    tables = outside.tables
    store = MemoryStore(tables, instance.new_id)
    return Desk(
        store=StoreLine(store, plug, outside.began, outside.saved),
        reads=line(MemoryReads(tables), plug),
        gateway=DevelopmentGateway() if outside.invoices is None else outside.invoices,
        connections=instance.connections,
        settings=instance.settings,
        cadence=CADENCE,
        new_id=instance.new_id,
        saved=instance.saved,
        till=None if outside.invoices is None else _till(instance, outside.invoices),
    )


def _till(instance: Instance, invoices: MemoryInvoices) -> Till:
    plug, tables = instance.plug, instance.outside.tables
    inbox = line(MemoryInbox(tables), plug)
    book = line(MemoryInvoiceBook(tables), plug)
    return Till(GatewayLine(invoices, plug), book, aside=Aside(inbox, instance.new_id))


__all__ = ["CADENCE", "HERE", "TOKEN", "Build", "Instance", "Outside", "honest"]
