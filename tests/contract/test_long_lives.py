"""Long lives, led in memory and on PostgreSQL at once: the same answers, and the same rows at the end."""

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_adapters.postgres.invariants import check
from halobestie_core.ports.reads import ChatInfo
from halobestie_core.settings import Settings
from support.lives import CUSTOMERS, MITRAS, Chance, Life
from support.places import MemoryPlace
from support.postgres_places import PostgresPlace

pytestmark = pytest.mark.anyio

HOUSES = {
    1: Settings(),
    2: Settings(pairing_wave_size=1, max_customers_per_mitra=1),
    3: Settings(mitra_require_ping=False, max_customers_per_mitra=2),
    4: Settings(pairing_wave_size=2, mitra_stale_after_seconds=120, payment_session_timeout_minutes=5),
}
STEPS = 250
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("seed", HOUSES)
async def test_the_same_life(seed: int, on_postgres: PostgresPlace) -> None:
    """Whatever happens, both answer alike, show alike and hold the same rows, hashes included."""
    memory = MemoryPlace()
    lives = [Life(memory, HOUSES[seed]), Life(on_postgres, HOUSES[seed])]
    chance = Chance(memory.tables, Random(seed))
    for life in lives:
        await life.begin()
        await life.place.promote(UUID(int=0xB0), price=0 if seed % 2 else 2500)
    for step in range(STEPS):
        act = chance.next()
        here, there = [await life.do(act) for life in lives]
        assert here == there, f"step {step}"
        if step % 25 == 0:
            await _show_alike(*lives)
    await _all_shown_alike(memory, on_postgres)
    assert len(memory.tables.moves) > STEPS / 4
    here_rows, there_rows = await memory.rows(), await on_postgres.rows()
    for table, rows in here_rows.items():
        assert rows == there_rows[table], table
    assert await check(on_postgres.conn, eventual=False) == []


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
