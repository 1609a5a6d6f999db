"""Settings as they are kept: a change is whole or not at all, and instants grow."""

import asyncio
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from support.places import Place
from support.postgres_places import PostgresPlace

pytestmark = pytest.mark.anyio

AUTHOR = UUID(int=0xE1)


async def _author(conn: AsyncConnection[TupleRow]) -> None:
    await conn.execute(
        "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, 'a@halobestie.example', '')", [AUTHOR]
    )


@pytest.fixture
async def office(place: Place) -> Place:
    """A place with an operator."""
    if isinstance(place, PostgresPlace):
        await _author(place.conn)
    return place


async def test_a_change(office: Place) -> None:
    """What is written is there, with its instant, and comes back from the change itself."""
    async with office.config.unit() as unit:
        assert dict(unit.stored) == {}
        written = await unit.save({"b": 7, "a": {"x": [1]}}, AUTHOR, house_changed=False)
    assert [(one.key, one.value) for one in written] == [("b", 7), ("a", {"x": [1]})]
    kept = await office.config.stored()
    assert [(one.key, one.value) for one in kept] == [("a", {"x": [1]}), ("b", 7)]
    assert (await office.rows())["outbox"] == []


async def test_leaving_without_saving(office: Place) -> None:
    """Nothing is changed."""
    async with office.config.unit():
        pass
    assert list(await office.config.stored()) == []


async def test_instants_grow(office: Place) -> None:
    """Two changes at one instant of the clock can be told apart."""
    seen = []
    for value in (1, 2):
        async with office.config.unit() as unit:
            [written] = await unit.save({"a": value}, AUTHOR, house_changed=False)
            seen.append(written.updated_at)
    assert seen[0] < seen[1]
    async with office.config.unit() as unit:
        assert unit.stored["a"].updated_at == seen[1]


async def test_a_changed_house_is_told(office: Place) -> None:
    """What is open is soon offered to those who may be asked now."""
    async with office.config.unit() as unit:
        await unit.save({"max_customers_per_mitra": 5}, AUTHOR, house_changed=True)
    [row] = (await office.rows())["outbox"]
    assert (row["kind"], row["stream"], row["payload"]) == ("later", "house", {"command": "house_changed"})


async def test_one_change_at_a_time(office: Place) -> None:
    """The second sees what the first wrote."""

    async def add() -> None:
        async with office.config.unit() as unit:
            before = unit.stored["a"].value if "a" in unit.stored else 0
            assert isinstance(before, int)
            await unit.save({"a": before + 1}, AUTHOR, house_changed=False)

    await asyncio.gather(add(), add(), add())
    [kept] = await office.config.stored()
    assert kept.value == 3
