"""Founds a town by chance: how many live there, on how many instances, by which settings. Plays nothing."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final, Protocol
from uuid import UUID

from attrs import evolve

from halobestie_adapters.memory import (
    MemoryConnections,
    MemoryFrameBus,
    MemoryFrameOutbox,
    MemoryInvoices,
    MemoryNudges,
    Tables,
)
from halobestie_adapters.memory.tables import PROMOTION, SEED
from halobestie_app.simulation.customers import Customer
from halobestie_app.simulation.instance import Build, Instance, Outside
from halobestie_app.simulation.mitras import Mitra
from halobestie_app.simulation.operators import CHOICES, Operator
from halobestie_app.simulation.outsiders import Carrier, Stranger, Troubles
from halobestie_app.simulation.prices import PriceBook
from halobestie_app.simulation.town import Town
from halobestie_app.simulation.voices import Voice
from halobestie_app.simulation.watch import Watch
from halobestie_app.simulation.weather import Fault, Weather, likely
from halobestie_core.ports.config import Stored
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType

TIERS: Final = tuple(evolve(tier, minutes=minutes) for tier, minutes in zip(SEED, (1, 2, 5), strict=True))
"""Short ones, so that a night sees the end of chats."""
MOST_SKEW: Final = 90.0


class Somebody(Protocol):
    """Whoever lives there, or comes by."""

    async def live(self) -> None:
        """Until the town closes."""
        ...


def found(chance: Random, tables: Tables, weather: Weather, build: Build, began: Callable[[], None]) -> Town:
    """Return a town in which nothing has begun."""
    watch, bus = Watch(tables), MemoryFrameBus()
    outside = Outside(
        tables=tables,
        weather=weather,
        saved=watch.saved,
        wrote=watch.words.written,
        began=began,
        bus=bus,
        outbox=MemoryFrameOutbox(tables),
        connections=MemoryConnections(tables),
        nudges=MemoryNudges(),
        invoices=MemoryInvoices(tables.clock) if likely(chance, 0.5) else None,
    )
    customers = tuple(UUID(int=0xC00 + n) for n in range(chance.randint(2, 8)))
    mitras = tuple(UUID(int=0xA00 + n) for n in range(chance.randint(2, 4)))
    town = Town(chance, outside, watch, customers, mitras, (UUID(int=0xD00), UUID(int=0xD01)))
    bus.on_frames(town.hear)
    _people_exist(town)
    town.prices = PriceBook(tables)
    now = tables.clock.now
    tables.config |= {key: Stored(key, chance.choice(CHOICES[key]), now) for key in sorted(CHOICES)}
    for number in range(chance.randint(2, 3)):
        skew = chance.uniform(-MOST_SKEW, MOST_SKEW) if weather.has(Fault.SKEW) else 0.0
        town.instances.append(Instance(f"server {number}", outside, skew, build))
    return town


def _people_exist(town: Town) -> None:
    tables, chance = town.tables, town.chance
    for customer_id in town.customers:
        tables.add_customer(customer_id, f"customer {customer_id.int:x}")
    for mitra_id in town.mitras:
        tables.add_mitra(mitra_id, f"mitra {mitra_id.int:x}", online=likely(chance, 0.7))
    if likely(chance, 0.6):
        price = chance.choice((0, 4_000))
        tables.promotion = evolve(PROMOTION, minutes=2, is_active=True, requires_phone=False, price=price)


def people_of(town: Town) -> Iterator[Somebody]:
    """Yield everybody, with tempers of their own."""
    chance = town.chance
    yield from (Customer(town, one, chance.choice((0.1, 0.5, 1.5))) for one in town.customers)
    for one in town.mitras:
        yield Mitra(town, one, chance.choice((0.3, 0.9, 1.0)), chance.choice((0.03, 0.3, 1.0)))
    yield from (Voice(town, User(UserType.CUSTOMER, one)) for one in town.customers)
    yield from (Voice(town, User(UserType.MITRA, one)) for one in town.mitras)
    yield from (Operator(town, one) for one in town.operators)
    yield from (Carrier(town), Stranger(town), Troubles(town))


__all__ = ["TIERS", "Somebody", "found", "people_of"]
