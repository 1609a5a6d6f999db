"""Long lives, led in memory and on PostgreSQL at once: the same answers, and the same rows at the end."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_adapters.memory import Tables
from halobestie_adapters.postgres.invariants import check
from halobestie_app.simulation.floors import OUT_OF_REACH, RARE
from halobestie_app.simulation.watch import edges
from halobestie_core.extension import ExtensionStatus
from halobestie_core.ports.presence import User
from halobestie_core.ports.reads import ChatInfo
from halobestie_core.settings import Settings
from halobestie_core.words import UserType
from support.chances import Chance
from support.lives import CUSTOMERS, MITRAS, Life
from support.places import MemoryPlace, Place
from support.postgres_places import PostgresPlace

pytestmark = pytest.mark.anyio

HOUSES = {
    1: Settings(),
    2: Settings(pairing_wave_size=1, max_customers_per_mitra=1),
    3: Settings(mitra_require_ping=False, max_customers_per_mitra=2),
    4: Settings(pairing_wave_size=2, mitra_stale_after_seconds=120),
    5: Settings(extension_timeout_seconds=30, closure_grace_seconds=20),
}
BILLED = frozenset({4})
"""In these lives people pay on the pages of a gateway that tells by webhook."""
STEPS = 700
LEAST = Counter(payment=7, pairing=4, chat=5, extension=2, presence=4)
"""So many different rows of each table are taken in any of these lives."""
EXTENDED = 3
"""So many extensions come to an end in any of them."""
ENDS = (
    (ExtensionStatus.ACCEPTED, False),
    (ExtensionStatus.ACCEPTED, True),
    (ExtensionStatus.REJECTED, False),
    (ExtensionStatus.TIMEOUT, False),
    (ExtensionStatus.CANCELLED, False),
)
SAID = {
    "messages": 60,
    "last words": 2,
    "settled": 10,
    "settings": 10,
    "webhooks applied": 5,
    "webhooks aside": 2,
    "captures": 50,
}
SELDOM = frozenset(row for row in RARE if not row.startswith("extension")) | {
    "payment: failed_pairing --tick [fallback open, its time over]--> failed_pairing"
}
"""Rows that these few lives may miss, though the nights of the simulation take them."""
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def begun(seed: int, place: Place) -> Life:
    """One life at its beginning."""
    life = Life(place, HOUSES[seed], billed=seed in BILLED)
    await life.begin()
    await place.promote(UUID(int=0xB0), price=0 if seed % 2 else 2500)
    return life


@pytest.mark.parametrize("seed", HOUSES)
async def test_the_same_life(seed: int, on_postgres: PostgresPlace) -> None:
    """Whatever happens, both answer alike, show alike and hold the same rows, hashes included."""
    memory = MemoryPlace()
    lives = [await begun(seed, memory), await begun(seed, on_postgres)]
    chance = Chance(memory.tables, Random(seed), billed=seed in BILLED)
    for step in range(STEPS):
        act = chance.next()
        here, there = [await life.do(act) for life in lives]
        assert here == there, f"step {step}"
        if step % 25 == 0:
            await _show_alike(*lives)
    await _all_shown_alike(memory, on_postgres)
    await _all_else_alike(memory, on_postgres)
    assert _by_machine(lives[0].taken) >= LEAST
    assert lives[0].taken == lives[1].taken
    assert sum(not one.is_pending for one in memory.tables.extensions) >= EXTENDED
    here_rows, there_rows = await memory.rows(), await on_postgres.rows()
    for table, rows in here_rows.items():
        assert rows == there_rows[table], table
    broken = await check(on_postgres.conn, eventual=False)
    assert broken == [], [(one.name, one.rows[:2]) for one in broken]


async def test_they_are_full_lives() -> None:
    """Together these lives take every row that is not out of reach, and see extensions end in every way."""
    met, said = Counter[str](), Counter[str]()
    ends = Counter[tuple[ExtensionStatus, bool]]()
    for seed in HOUSES:
        memory = MemoryPlace()
        life = await begun(seed, memory)
        chance = Chance(memory.tables, Random(seed), billed=life.billed)
        for _ in range(STEPS):
            await life.do(chance.next())
        met += life.taken
        ends.update((one.status, one.via_timeout) for one in memory.tables.extensions)
        said.update(_counted(memory.tables))
    assert set(edges()) - set(met) - set(OUT_OF_REACH) <= SELDOM
    for end in ENDS:
        assert ends[end] >= 3, (end, ends)
    for what, least in SAID.items():
        assert said[what] >= least, said


def _counted(tables: Tables) -> dict[str, int]:
    """How often happened what no table of a machine tells."""
    deliveries = tables.deliveries.values()
    return {
        "messages": sum(map(len, tables.messages.values())),
        "last words": len(tables.closing_messages),
        "settled": sum(kept.action is not None for kept in tables.failures),
        "settings": len(tables.config),
        "webhooks applied": sum(row.applied_at is not None for row in deliveries),
        "webhooks aside": sum(row.quarantined_at is not None for row in deliveries),
        "captures": len(tables.captures),
    }


def _by_machine(taken: Counter[str]) -> Counter[str]:
    """How many different rows of each table were taken."""
    return Counter(row.partition(":")[0] for row in taken)


async def _all_shown_alike(memory: MemoryPlace, there: PostgresPlace) -> None:
    """Everything that can be read by an id, and of an id that nobody has."""
    tables, nothing = memory.tables, UUID(int=0xFFFF)
    chats, requests = [one.id for one in tables.chats], [one.id for one in tables.requests]
    ids: dict[str, Iterable[UUID]] = {
        "payment": [one.id for one in tables.payments],
        "request": requests,
        "session": chats,
        "chat_info": chats,
        "extension": [one.id for one in tables.extensions],
        "mitra": tables.mitras,
    }
    for read, known in ids.items():
        for id_ in (*known, nothing):
            one, other = [await getattr(place.reads, read)(id_) for place in (memory, there)]
            assert _timeless(one) == _timeless(other), (read, id_)
    for request_id in (*requests, nothing):
        for wave in (None, 1, 2):
            one, other = [await place.reads.offered(request_id, wave) for place in (memory, there)]
            assert set(one) == set(other)
            assert len(one) == len(other)


async def _words(place: Place, who: User, chat_id: UUID) -> object:
    """What one side of a chat is given of it."""
    page = await place.messages.page(who, chat_id, 0, 1000)
    missed = await place.messages.missed(who, {chat_id: 1}, 5)
    return page, missed, await place.messages.history(who, None, 3)


async def _all_else_alike(memory: MemoryPlace, there: PostgresPlace) -> None:
    """What other ports keep: words, the book of invoices, deliveries, settings."""
    tables = memory.tables
    for chat in tables.chats:
        for who in (User(UserType.CUSTOMER, chat.customer_id), User(UserType.MITRA, chat.mitra_id)):
            here, other = [await _words(place, who, chat.id) for place in (memory, there)]
            assert here == other
        assert await memory.messages.closing(chat.id) == await there.messages.closing(chat.id)
    for paid in tables.payments:
        assert await memory.book.of_payment(paid.id) == await there.book.of_payment(paid.id)
    assert await memory.inbox.page((), 999, 0) == await there.inbox.page((), 999, 0)
    assert await memory.config.stored() == await there.config.stored()
    watched = [await place.book.watched("", 999) for place in (memory, there)]
    assert watched[0] == watched[1]


def _timeless(seen: Any) -> Any:  # noqa: ANN401  whatever is read
    """Without the moment of reading, which is each place's own."""
    if isinstance(seen, tuple):
        return seen[0]
    return evolve(seen, now=NOON) if isinstance(seen, ChatInfo) else seen


async def _show_alike(here: Life, there: Life) -> None:
    for customer in CUSTOMERS:
        for read in ("customer_active", "prices"):
            one = await getattr(here.place.reads, read)(customer)
            assert one == await getattr(there.place.reads, read)(customer)
        mine, total = await here.place.reads.payments(customer, 50, 0)
        assert (list(mine), total) == await there.place.reads.payments(customer, 50, 0)
    for mitra in MITRAS:
        assert await here.place.reads.mitra_active(mitra) == await there.place.reads.mitra_active(mitra)
    house = here.desk.house
    assert await here.place.pictures.picture(house) == await there.place.pictures.picture(house)
