"""Servers that are wrong in one thing each: what a simulation is worth shows in whether it finds them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from attrs import define, evolve

from halobestie_adapters.memory import MemoryFrameOutbox, MemoryInbox, Tables
from halobestie_adapters.memory.loading import Looking
from halobestie_adapters.memory.rows import DeliveryRow
from halobestie_adapters.memory.unit import MemoryUnit
from halobestie_app.simulation.gateway import GatewayLine
from halobestie_app.simulation.instance import Instance, honest
from halobestie_app.simulation.lines import Plug, StoreLine
from halobestie_app.simulation.redis import ConnectionsLine
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.till import Till
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from halobestie_core.ports.notify import Claim
from halobestie_core.ports.presence import User
from halobestie_core.ports.store import Loaded, Scope, Unit
from halobestie_core.ports.webhooks import Notice

Anything: TypeAlias = Any
"""What is handed on unread."""


@define
class _Lockless:
    """Reads without a lock, and hopes."""

    tables: Tables
    new_id: Callable[[], UUID]

    @asynccontextmanager
    async def unit(self, scope: Scope) -> AsyncIterator[MemoryUnit]:
        """Wait for nobody."""
        loaded = Looking(self.tables, scope).loaded()
        yield MemoryUnit(self.tables, loaded, self.new_id, AsyncExitStack())


def lockless(instance: Instance) -> Desk:
    """A desk that reads a status without its lock."""
    outside = instance.outside
    store: Any = _Lockless(outside.tables, instance.new_id)
    return evolve(honest(instance), store=StoreLine(store, instance.plug, outside.began, outside.saved))


@define
class _OwnClock:
    """Knows what time it is without asking the database."""

    store: Any
    skew: timedelta

    @asynccontextmanager
    async def unit(self, scope: Scope) -> AsyncIterator[Unit]:
        """Judge by its own clock."""
        async with self.store.unit(scope) as unit:
            yield _Clocked(unit, evolve(unit.loaded, now=unit.loaded.now + self.skew))


@define
class _Clocked:
    unit: Any
    loaded: Loaded

    async def save(self, *given: Anything, **named: Anything) -> None:
        """As it is."""
        await self.unit.save(*given, **named)

    async def dismiss(self, done: int) -> None:
        """As it is."""
        await self.unit.dismiss(done)


def own_clock(instance: Instance) -> Desk:
    """A desk that judges deadlines by the clock of its machine."""
    desk = honest(instance)
    return evolve(desk, store=_OwnClock(desk.store, timedelta(seconds=instance.skew)))


@define
class _Blinkered:
    """Never sees who is left."""

    store: Any

    @asynccontextmanager
    async def unit(self, scope: Scope) -> AsyncIterator[Unit]:
        """Whoever was not asked yet is not there."""
        async with self.store.unit(scope) as unit:
            left = scope.look is not None and scope.look.unoffered_of is not None
            yield _Clocked(unit, evolve(unit.loaded, eligible=frozenset()) if left else unit.loaded)


def blinkered(instance: Instance) -> Desk:
    """A desk that does not look whether anybody is left who could be asked."""
    desk = honest(instance)
    return evolve(desk, store=_Blinkered(desk.store))


@define
class _Sure:
    """Takes "nobody knows" for yes."""

    line: ConnectionsLine

    async def is_connected(self, user: User) -> bool:
        """Always sure."""
        return await self.line.is_connected(user) is not False

    def __getattr__(self, name: str) -> Anything:
        return getattr(self.line, name)


def sure_of_sockets(instance: Instance) -> Desk:
    """A desk that thinks people are connected when nobody knows."""
    sure: Any = _Sure(instance.connections)
    return evolve(honest(instance), connections=sure)


@define
class Gullible(GatewayLine):
    """Believes what a webhook said."""

    tables: Tables

    async def get(self, invoice_id: str) -> Invoice | None:
        """What stands in a body counts."""
        found = await GatewayLine.get(self, invoice_id)
        if found is None or found.status is InvoiceStatus.PAID:
            return found
        notices = (row.notice for row in self.tables.deliveries.values())
        paid = (one for one in notices if one is not None and one.status is InvoiceStatus.PAID)
        if not any(one.invoice_id == invoice_id for one in paid):
            return found
        return evolve(found, status=InvoiceStatus.PAID, said="PAID", paid_amount=found.amount)


def gullible(instance: Instance) -> Desk:
    """A till that does not ask the gateway whether a body is true."""
    invoices = instance.outside.invoices
    if invoices is None:
        return honest(instance)
    return _with(instance, invoices=Gullible(invoices, instance.plug, instance.outside.tables))


@define
class Generous(GatewayLine):
    """Thinks that what was paid is what was asked for."""

    async def get(self, invoice_id: str) -> Invoice | None:
        """A sum is a sum."""
        found = await GatewayLine.get(self, invoice_id)
        if found is None or found.status is not InvoiceStatus.PAID:
            return found
        return evolve(found, paid_amount=found.amount)


def generous(instance: Instance) -> Desk:
    """A till that does not look how much was paid."""
    invoices = instance.outside.invoices
    return (
        honest(instance) if invoices is None else _with(instance, invoices=Generous(invoices, instance.plug))
    )


class Forgetful:
    """An inbox that keeps whatever is brought, however often."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._inbox = MemoryInbox(tables)

    async def keep(self, delivery_id: UUID, body: bytes, notice: Notice | None) -> bool:
        """It is new each time."""
        now = self._tables.clock.now
        self._tables.deliveries[delivery_id] = DeliveryRow(delivery_id, body, notice, now, now)
        return True

    def __getattr__(self, name: str) -> Anything:
        return getattr(self._inbox, name)


class _Asleep:
    """A book in which nothing is ever due."""

    def __init__(self, book: Anything) -> None:
        self._book = book

    async def due(self, *_given: Anything, **_named: Anything) -> list[Any]:
        """Nothing."""
        return []

    def __getattr__(self, name: str) -> Anything:
        return getattr(self._book, name)


def never_looks(instance: Instance) -> Desk:
    """A server that waits for webhooks, and never asks by itself."""
    till = honest(instance).till
    return honest(instance) if till is None else _with(instance, book=_Asleep(till.book))


def _with(instance: Instance, **parts: Anything) -> Desk:
    desk = honest(instance)
    till = desk.till
    if till is None:
        return desk
    return evolve(desk, till=Till(**{name: parts.get(name, getattr(till, name)) for name in _TILL}))


_TILL = ("invoices", "book", "rhythm", "count", "aside")


@define
class Eager:
    """An outbox that marks frames as sent before they are."""

    outbox: MemoryFrameOutbox
    plug: Plug

    @asynccontextmanager
    async def claimed(self, limit: int) -> AsyncIterator[Claim]:
        """Done, whatever comes."""
        async with self.outbox.claimed(limit) as claim:
            pass
        await self.plug.there()
        yield claim


__all__ = [
    "Eager",
    "Forgetful",
    "Generous",
    "Gullible",
    "blinkered",
    "generous",
    "gullible",
    "lockless",
    "never_looks",
    "own_clock",
    "sure_of_sockets",
]
