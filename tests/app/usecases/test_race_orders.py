"""Races in forced orders, on a real database: A before B, B before A, A paused before its commit.

However an order is forced, it comes to what the same two commands come to one after the other. What that is
stands in `support.race_orders`.
"""

import asyncio
from datetime import timedelta
from typing import Final

import pytest
from psycopg.sql import SQL

from halobestie_app.usecases import clock, pairings
from halobestie_core.ports.agenda import Due
from support.contest import in_turn, paused, pausing, queued, said, waits
from support.desk import Office
from support.race_orders import ORDERS
from support.scenes import Scene
from support.waiting import eventually

pytestmark = pytest.mark.anyio

NOBODY_ELSE: Final = SQL("UPDATE mitras SET last_heartbeat_at = last_heartbeat_at - interval '1 day'")
"""Mitras of earlier scenes are not eligible in later ones."""
WAYS: Final = ("in turn", "queued", "paused")


@pytest.mark.parametrize("race", ORDERS)
async def test_forced_orders(desk: Office, race: str, subtests: pytest.Subtests) -> None:
    """However two commands are made to meet, it is as if they had come one after the other."""
    for order in ORDERS[race]:
        for way in WAYS if order.commits else WAYS[:2]:
            with subtests.test(order=str(order), way=way):
                await desk.sql(NOBODY_ELSE)
                scene = await order.scene(desk)
                assert await meet(desk, scene, order.sides, way) == list(order.heard)
                assert await scene.stands() == order.stands


async def meet(desk: Office, scene: Scene, names: tuple[str, str], way: str) -> list[str]:
    """Let two sides of a scene meet; what each heard."""
    first, second = (scene.sides[name] for name in names)
    match way:
        case "in turn":
            return await in_turn(first, second)
        case "queued":
            return await queued(desk, *scene.row, first, second)
        case _:
            return await paused(desk, first, second, scene.writes)


async def test_an_accept_paused_beyond_the_window(desk: Office) -> None:
    """Decided in time and committed after the end: it counts, and the clock, which waited for it, sees it."""
    budi = await desk.mitra()
    request = (await desk.searching()).request
    soon = SQL(
        "UPDATE pairing_requests SET deadline_at = d, wake_at = d"
        " FROM (SELECT clock_timestamp() + %s AS d) AS soon"
    )
    over = SQL("SELECT clock_timestamp() > deadline_at FROM pairing_requests")
    async with pausing(desk) as goes_on:
        await desk.sql(soon, timedelta(milliseconds=400))
        accept = asyncio.create_task(said(pairings.accept(desk.desk, budi, request.id)))
        await waits(desk, 1)

        async def is_over() -> bool:
            return await desk.sql(over) == [(True,)]

        assert not await is_over(), "the machine is too slow for this test"
        await eventually(is_over)
        tick = asyncio.create_task(said(clock.fire(desk.desk, Due("pairing", request.id))))
        await waits(desk, 2)
        await goes_on()
        assert [await accept, await tick] == ["OK", "OK"]
    found = await desk.desk.reads.request(request.id)
    assert found is not None
    assert found.request.status == "accepted"


def test_every_order_both_ways() -> None:
    """Whatever two sides meet in the table meet in both orders."""
    for race, orders in ORDERS.items():
        met = {(order.scene, order.sides) for order in orders}
        assert {(scene, sides[::-1]) for scene, sides in met} == met, race
