"""A whole evening in memory: a customer pays, three mitras are asked, one declines, one accepts, they talk.

The store locks and loads, `decide` decides, the store saves: the server does nothing else. Swap `MemoryStore`
for `PostgresStore` and the same evening is kept in PostgreSQL.
"""

import asyncio
from collections.abc import Callable

from halobestie_adapters.ids import uuid7
from halobestie_adapters.memory import MemoryStore, Tables
from halobestie_core import Mode, Moved, OpenPairing, Provider, RecordCapture, Settings, decide
from halobestie_core.chat import TimeUp
from halobestie_core.flow.availability import House
from halobestie_core.flow.effects import Capture
from halobestie_core.pairing import Accept, Decline
from halobestie_core.payment import Create
from halobestie_core.ports.store import SYSTEM, Loaded, Look, Scope

tables, settings = Tables(), Settings()
store, house = MemoryStore(tables), House.of(settings, cadence_seconds=30)
ayu = tables.add_customer(uuid7(), "Ayu")
sari, tini, wati = (tables.add_mitra(uuid7(), name, online=True) for name in ("Sari", "Tini", "Wati"))
paid, request, talk = uuid7(), uuid7(), uuid7()


async def do(scope: Scope, wish: Callable[[Loaded], object]) -> None:
    """Lock and load what the scope names, decide the wish on it, save everything that follows from it."""
    async with store.unit(scope) as unit:
        verdict = decide(unit.loaded.evening, wish(unit.loaded), unit.loaded.now)
        assert isinstance(verdict, Moved), verdict
        await unit.save(verdict, SYSTEM)
    for move in verdict.moves:
        happened = " ".join(type(event).__name__ for event in move.events)
        print(f"{move.at:%H:%M:%S}  {happened:16}  {type(move.after).__name__} {move.after.status}")


def takes_it(seen: Loaded) -> Accept:
    """Tini says yes, with the facts that the locks showed."""
    assert seen.mitra is not None
    return Accept(tini, talk, house.is_here(seen.mitra.presence, seen.now), seen.mitra.live_chats, house.cap)


def has_the_money(seen: Loaded) -> RecordCapture:
    """The gateway took 10,000 rupiah."""
    money = Capture(Provider.DEVELOPMENT, "invoice 1", paid, 10_000, "IDR", seen.now)
    return RecordCapture(money, first=not seen.captured, matches=True, timeout_minutes=20)


async def main() -> None:
    """From the first rupiah to the last goodbye."""
    pay = Create(paid, ayu, 10_000, Mode.CHAT, 5, False, False, 20, provider=Provider.DEVELOPMENT)  # noqa: FBT003 - in order
    await do(Scope(customer_id=ayu, prices=True), lambda _: pay)
    await do(Scope(customer_id=ayu, payment_id=paid), has_the_money)
    search = Scope(customer_id=ayu, payment_id=paid, searching=True, look=Look(house))
    await do(search, lambda seen: OpenPairing(request, 60, mitra_ids=seen.eligible))

    tables.clock.advance(seconds=8)
    await do(Scope(request_id=request), lambda _: Decline(sari, eligible_left=False))
    tables.clock.advance(seconds=3)
    await do(Scope(request_id=request, mitra_id=tini), takes_it)

    chat = Scope(session_id=talk, mitra_of_session=True)
    tables.clock.advance(minutes=5)
    await do(chat, lambda _: TimeUp(settings.closure_grace_seconds))
    tables.clock.advance(seconds=60)
    await do(chat, lambda _: TimeUp(settings.closure_grace_seconds))

    print("ledger:", *(f"{entry.kind} {entry.amount}" for entry in tables.ledger))
    print("log:", len(tables.moves), "moves, each hashed onto the one before it")
    print("told:", *(row.out.payload["frame"] for row in tables.outbox.values() if row.out.kind == "frame"))


asyncio.run(main())
