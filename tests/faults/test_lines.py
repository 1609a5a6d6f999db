"""Latency, resets and black holes between the servers and everything they talk to, while people talk."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from support.faults import Row
from support.line import Line
from support.rig import Rig

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(14_400)]

TROUBLED: Final = 2.0
"""Seconds of trouble, each time."""
LATENCY: Final = 0.05
RESETS: Final = 10
"""How often all connections are cut, in that time."""


Manner = Callable[[Line], Awaitable[None]]


async def slow(line: Line) -> None:
    """Everything takes longer."""
    line.slow(LATENCY)
    await asyncio.sleep(TROUBLED)


async def shaken(line: Line) -> None:
    """Every connection is cut, again and again."""
    for _ in range(RESETS):
        line.shake()
        await asyncio.sleep(TROUBLED / RESETS)


async def stalled(line: Line) -> None:
    """Nothing comes through, and nobody says so."""
    line.stall()
    await asyncio.sleep(TROUBLED)


@pytest.mark.parametrize("manner", [slow, shaken, stalled], ids=lambda manner: str(manner.__name__))
@pytest.mark.parametrize("where", ["postgres", "redis", "gateway", "fcm"])
async def test_a_bad_line(
    rig: Rig,
    faulted: Callable[[str], Row],
    fault_rounds: int,
    where: str,
    manner: Callable[[Line], Awaitable[None]],
) -> None:
    """People go on as far as it lets them, and all is well soon after it is."""
    row, line = faulted(f"{where}_{manner.__name__}"), rig.line(where)
    async with rig.crowded(row) as crowd:
        for _ in range(fault_rounds):
            await manner(line)
            line.mend()
            healed = time.monotonic()
            await crowd.evenings()
            await rig.drained()
            row.took("converged, after", time.monotonic() - healed)
            row.broken += await rig.house.complaints(eventual=False)
            row.rounds += 1
