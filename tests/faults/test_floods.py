"""Deadlines, sockets, dawdlers and nonsense by the thousand, on three instances, while people talk."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from support.evening import at_once
from support.faults import Row
from support.noise import Noisy
from support.people import Customer, Json
from support.rawhttp import Bent, dawdled, status_of
from support.rig import CONVERGED, Rig, rigged
from support.server import Instance
from support.sockets import Socket
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(14_400)]
Faulted = Callable[[str], Row]


@pytest.fixture(scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    """Three instances without lines."""
    async with rigged(tmp_path_factory.mktemp("rig"), lined=False) as built:
        yield built


HANDS: Final = 24
"""How many do something at the same time."""


# --------------------------------------------------------------------------------------------- deadlines

SOON = """
UPDATE payment_sessions p SET expires_at = d.at, wake_at = d.at
FROM (SELECT id, clock_timestamp() + interval '1500 milliseconds' + random() * %s * interval '1 second' AS at
      FROM unnest(%s::uuid[]) AS given (id)) AS d
WHERE p.id = d.id"""
PENDING = "SELECT count(*) FROM payment_sessions WHERE id = ANY(%s) AND status = 'pending'"
LATE = """
SELECT extract(epoch FROM t.at - p.expires_at)::float8 AS late FROM payment_sessions p
JOIN transitions t ON t.aggregate_id = p.id AND t.to_state = 'expired' WHERE p.id = ANY(%s)"""


@pytest.mark.parametrize("killing", [False, True], ids=["in peace", "killed"])
async def test_deadlines(rig: Rig, faulted: Faulted, fault_rounds: int, *, killing: bool) -> None:
    """A thousand a second are due: none early, each once; also when an instance dies that fires them."""
    row = faulted("deadlines_and_a_kill" if killing else "deadlines")
    number = min(10_000, 300 * fault_rounds)
    span = max(1.0, number / 1000)
    async with rig.crowded(row):
        people = await rig.house.customers(number)
        begun = await at_once([partial(begins, one) for one in people], HANDS)
        ids = [UUID(payment["id"]) for payment in begun]
        await rig.house.rows(SOON, span, ids)
        if killing:
            await asyncio.sleep(1.5 + span / 2)  # in the midst of them
            await asyncio.to_thread(rig.house.instances[-1].kill)

        async def none_waits() -> bool:
            return bool(await rig.house.value(PENDING, ids) == 0)

        await eventually(none_waits, seconds=span + CONVERGED, what="deadlines were not fired")
        late = [found["late"] for found in await rig.house.rows(LATE, ids)]
        if len(late) != number or min(late) < 0:
            row.broken.append(f"{number} were due, {len(late)} fired, {sum(one < 0 for one in late)} early")
        row.took("late", *late)
        row.rounds = number
        if killing:
            await rig.restarted(rig.house.instances[-1:])


async def begins(who: Customer) -> Json:
    """Begin a payment that nobody pays."""
    return (await who.pay(5)).ok(201)


# ------------------------------------------------------------------------------------------ idle sockets

AWAY_MEANWHILE: Final = 20
"""To so many something happens while they are not connected."""


async def test_idle_sockets(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """All are dropped at once and come back at once, to where they were; nothing that happened is missed."""
    row = faulted("idle_sockets")
    row.rounds = number = min(10_000, 300 * fault_rounds)
    people = await rig.house.customers(number)
    before = sum(map(resident_kb, rig.house.instances))
    sockets = await at_once([partial(joins, one) for one in people], HANDS)
    row.count("KB each", round((sum(map(resident_kb, rig.house.instances)) - before) / number))
    for socket in sockets:
        socket.cut()
    meanwhile = await at_once([partial(begins, one) for one in people[:AWAY_MEANWHILE]], HANDS)
    begun = time.monotonic()
    back = await at_once([partial(joins, one) for one in people], HANDS)
    row.took("all resumed, after", time.monotonic() - begun)
    for socket, payment in zip(back, meanwhile, strict=False):
        if (socket.snapshot["payment_session"] or {}).get("id") != payment["id"]:
            row.broken.append(f"payment {payment['id']} was missed")
    await at_once([socket.close for socket in [*sockets, *back]], HANDS)
    await rig.judged(row)


async def joins(who: Customer) -> Socket:
    """Come as far as an idle socket comes."""
    socket = await Socket.opened(who.at.public, who.token)
    await socket.send("resume")
    await socket.until("resumed", seconds=CONVERGED)
    return socket


def resident_kb(instance: Instance) -> int:
    """The resident memory of a server; 0 where the system does not say."""
    status = Path(f"/proc/{instance.pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


# ---------------------------------------------------------------------------------------------- dawdlers


PEACE: Final = 4.0
"""Seconds of what it is like without them."""


async def test_slow_clients(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """Whoever dawdles is sent away; people notice nothing."""
    row = faulted("slow_clients")
    row.rounds = number = min(1_000, 100 * fault_rounds)
    async with rig.crowded(row) as crowd:
        ports = itertools.cycle(rig.house.instances)
        answers = crowd.figures.answers
        await crowd.passes(PEACE)
        row.took("a request before", *answers)
        at = len(answers)
        lasted = await asyncio.gather(
            *(dawdled(instance.public, kind) for instance, kind in zip(ports, range(number), strict=False))
        )
        row.took("a request meanwhile", *answers[at:])
        row.took("closed, after", *lasted)


# ---------------------------------------------------------------------------------------------- nonsense


async def test_malformed_input(rig: Rig, faulted: Faulted, fault_rounds: int) -> None:
    """Whatever comes is answered with a refusal, or not at all; people notice nothing."""
    row = faulted("malformed")
    number = min(100_000, 1_000 * fault_rounds)
    async with rig.crowded(row) as crowd:
        trouble = sum(len(one.trouble()) for one in rig.house.instances)
        people = await rig.house.customers(HANDS)
        share = number // HANDS + 1
        await asyncio.gather(
            *(nonsense(rig, row, who, Random(seed), share) for seed, who in enumerate(people))
        )
        said = [line for one in rig.house.instances for line in one.trouble()][trouble:]
        row.broken += said
        assert all(one.is_running for one in rig.house.instances)
        await crowd.evenings()


async def nonsense(rig: Rig, row: Row, who: Customer, chance: Random, number: int) -> None:
    """Half of it over HTTP, half over sockets."""
    bent, sent = Bent(chance, who.token), 0
    noisy = Noisy(chance, (UUID(int=7), uuid4()), (who.token, "nobody"))
    while sent < number:
        at = chance.choice(rig.house.instances)
        for _ in range(50):
            status = await status_of(at.public, bent.next())
            row.count(f"answers of {status}" if status else "answers with no word")
            if status is not None and status >= 500:
                row.broken.append(f"answered with {status}")
        sent += 50 + await shouts(who.via(at), noisy, chance)
    row.rounds += sent


async def shouts(who: Customer, noisy: Noisy, chance: Random) -> int:
    """Send nonsense on one socket until the server has enough of it."""
    socket = await Socket.opened(who.at.public, who.token)
    sent = 0
    try:
        for _ in range(50):
            text = noisy.next().text
            raw = b"\x00\xff" if text is None else text.encode("utf-8", "surrogatepass")
            await socket.send_raw(raw, is_text=text is not None)
            sent += 1
        socket.scribble(chance.randbytes(40))
        await socket.closed()
    except (ConnectionClosed, TimeoutError):
        pass
    socket.cut()
    await socket.close()
    return sent
