"""A blast to a thousand mitras online: one wave, and an accept that costs what it costs with three."""

import pytest

from support.evening import House, together
from support.people import Customer, Mitra
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 1
SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 600}
MANY = 1000
SIZES = (
    "SELECT cardinality(mitra_ids) AS size FROM pairing_waves WHERE pairing_request_id = %s ORDER BY number"
)
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


async def rows_everywhere(house: House) -> dict[str, int]:
    """How many rows every table has."""
    tables = [row["tablename"] for row in await house.rows(TABLES)]
    count = "SELECT count(*) FROM {}"
    return {name: await house.value(count.format(name)) for name in tables}


async def quiet(house: House) -> None:
    """Wait until nothing is left to be carried out."""

    async def sent() -> bool:
        return bool(await house.value("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0)

    await eventually(sent)


async def cost(house: House, ayu: Customer, mitras: list[Mitra]) -> tuple[dict[str, int], dict[str, int]]:
    """The rows that a search and its accept add, table by table."""
    payment = await ayu.pays()
    await quiet(house)
    before = await rows_everywhere(house)
    request = await ayu.searches(payment)
    opened = await rows_everywhere(house)
    session = await mitras[0].accepts(request)
    accepted = await rows_everywhere(house)
    (await mitras[1].accept(request)).refused("ALREADY_TAKEN")
    (await ayu.end(session["id"])).ok()
    await quiet(house)
    sizes = await house.rows(SIZES, request["id"])
    assert [row["size"] for row in sizes] == [len(mitras)], "one wave, of everybody"
    return added(before, opened), added(opened, accepted)


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """The tables that grew, and by how much."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


async def test_a_thousand_cost_what_three_cost(house: House) -> None:
    """The same rows are written for three and for a thousand, by the search and by the accept."""
    three = await house.mitras(3)
    few = await cost(house, await house.customer(), three)
    many = [*three, *await house.mitras(MANY - 3)]
    await quiet(house)
    assert await cost(house, await house.customer(), many) == few
    assert few[0]["pairing_waves"] == 1
    assert "pairing_answers" not in few[0]
    assert few[1]["pairing_answers"] == 1


async def test_late_joiners_and_returners(house: House) -> None:
    """Whoever comes online, or gets a free place, or comes back, while the search is open, is offered it."""
    thousand = await house.mitras(MANY)
    ayu, other = await house.customer("Ayu"), await house.customer("Other")
    async with house.having(max_customers_per_mitra=1):
        busy = thousand[0]
        session = await busy.accepts(await other.searches())
        late, returner = await house.mitra("Late"), thousand[1]
        lates, busys, returners = await together(late.connects(), busy.connects(), returner.connects())
        request = await ayu.searches()
        await returners.until("chat_request", id=request["id"])
        assert not await late.offers()
        assert not await busy.offers()
        (row,) = await house.rows(SIZES, request["id"])
        assert row["size"] == MANY - 1

        await late.comes()
        await lates.until("chat_request", id=request["id"])
        (await other.end(session["id"])).ok()
        await busys.until("chat_request", id=request["id"])
        await returner.leaves()
        await returners.until("chat_request_closed", id=request["id"], reason="withdrawn")
        await returner.comes()
        await returners.until("chat_request", id=request["id"])
        session = await late.accepts(request)
        for socket in (busys, returners):
            await socket.until("chat_request_closed", id=request["id"], reason="taken")
        assert [row["size"] for row in await house.rows(SIZES, request["id"])][1:] == [1, 1, 1]
        (await ayu.end(session["id"])).ok()
