"""A test rig: three instances, their own stores, and a line to everything they talk to. Knows no fault.

    crowd -> instances -> line -> PostgreSQL, Redis, the gateway's stand-in, FCM's stand-in

Tests look at the stores past the lines.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx2
import redis
from attrs import frozen
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import dict_row

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres.migrations import migrate
from halobestie_adapters.postgres.roles import make_login
from halobestie_app.fakes.serving import FcmPlace, fcm_served
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from support.crowd import Crowd
from support.evening import House
from support.faults import INSTANCES, Row
from support.line import DatabaseLine, Line
from support.people import Mitra
from support.road import Road
from support.server import Instance
from support.waiting import eventually

SETTINGS: Final = {
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 600,
    "returning_chat_confirmation_timeout_seconds": 300,
    "extension_timeout_seconds": 5,  # no operator can make it shorter
    "max_customers_per_mitra": 20,
}
"""Nobody's patience ends while something is broken, but for a mitra's who is asked for more minutes."""
CONVERGED: Final = 30.0
"""Seconds after which what has not come right counts as broken; how long it took is a figure."""
LAST: Final = "SELECT coalesce(max(id), 0) FROM outbox"
UNSENT: Final = """
SELECT count(*) FROM outbox WHERE sent_at IS NULL AND id <= %s AND kind = ANY(%s)"""
AT_ONCE: Final = ["frame", "later"]
"""What leaves the outbox without being waited for."""
OVERDUE: Final = """
WITH due AS (SELECT clock_timestamp() + %s * interval '1 second' AS at)
UPDATE payment_sessions SET expires_at = due.at, wake_at = due.at FROM due WHERE id = %s
RETURNING expires_at"""
UNAVAILABLE: Final = 503
"""The one answer above 499 that is right, while a store is away."""
FIRED: Final = (
    "SELECT extract(epoch FROM at)::float8 FROM transitions WHERE aggregate_id = %s AND actor_type = 'clock'"
)
EDGES: Final = """
SELECT count(*) FROM (
    SELECT DISTINCT machine, from_state, command, to_state FROM transitions WHERE id > %s
) AS edges"""
MOVED: Final = "SELECT coalesce(max(id), 0) FROM transitions"
NOW: Final = "SELECT extract(epoch FROM clock_timestamp())::float8"


@frozen
class Rig:
    """All of it; whatever is broken here is broken for nobody else."""

    house: House
    stores: EmbeddedStores
    xendit: XenditPlace
    fcm: FcmPlace
    postgres: DatabaseLine
    redis: Line
    gateway: Road
    pushes: Road

    def line(self, where: str) -> Line:
        """The line to one of them, by name."""
        lines = {"postgres": self.postgres, "redis": self.redis, "gateway": self.gateway, "fcm": self.pushes}
        return lines[where]

    @asynccontextmanager
    async def crowded(self, row: Row, size: int = 5) -> AsyncIterator[Crowd]:
        """Have people live here, each at least one evening before and after; then everything is judged."""
        crowd = Crowd(self.house, self.xendit, row.name, size)
        pushed, moved = len(self.fcm.fake.asked), await self.house.value(MOVED)
        try:
            async with crowd.living():
                await crowd.evenings(size)
                yield crowd
                await crowd.evenings(size)
        except Exception as error:
            row.broken += await self._in_spite_of(error, row, crowd)
            raise
        await self.house.goes_home()
        await self.judged(row)
        row.broken += await crowd.kept()
        row.count("evenings", crowd.ended)
        row.count("edges", await self.house.value(EDGES, moved))
        row.count("pushes", len(self.fcm.fake.asked) - pushed)
        row.took("a request", *crowd.figures.answers)
        row.took("a message to the other socket", *crowd.figures.heard)
        if crowd.figures.unanswered:
            row.count("requests without an answer", crowd.figures.unanswered)
        for status, times in crowd.figures.statuses.items():
            if status >= 500:
                row.count(f"answers of {status}", times)
                if status != UNAVAILABLE:
                    said = [line for one in self.house.instances for line in one.log(status=status)]
                    row.broken.append(f"{times} times somebody was answered {status}: {said[-times:]}")

    async def _in_spite_of(self, error: Exception, row: Row, crowd: Crowd) -> list[str]:
        """Judge a round that failed, as far as that can be done; the first error is the one that counts."""
        try:
            async with asyncio.timeout(3 * CONVERGED):
                for line in (self.postgres, self.redis, self.gateway, self.pushes):
                    line.mend()
                await self.restarted([one for one in self.house.instances if not one.is_running])
                await self.looks_again()
                await self.house.goes_home()
                await self.judged(row)
                return await crowd.kept()
        except Exception as other:  # noqa: BLE001  whatever it is, it must not hide the first
            error.add_note(f"And this could not be judged: {other!r}")
            return []

    async def judged(self, row: Row) -> None:
        """Every invariant: of those that hold in the end, how soon."""
        row.broken += await self.house.complaints(eventual=False)
        begun = time.monotonic()
        while left := await self.house.complaints():
            if time.monotonic() - begun > CONVERGED:
                row.broken += left
                break
            await asyncio.sleep(0.05)

    async def drained(self, row: Row | None = None) -> None:
        """Wait until everything is sent that is there now; notes how long that took, for pushes apart.

        A push waits two seconds for its frame's acknowledgment, and longer if whoever was sending it died.
        """
        begun, last = time.monotonic(), await self.house.value(LAST)
        for what, kinds in (("outbox drained", AT_ONCE), ("pushes too, after", [*AT_ONCE, "push"])):

            async def nothing(kinds: list[str] = kinds) -> bool:
                return bool(await self.house.value(UNSENT, last, kinds) == 0)

            await eventually(nothing, seconds=CONVERGED, what="news are left in the outbox")
            if row is not None:
                row.took(what, time.monotonic() - begun)

    async def looks_again(self) -> None:
        """Connect again for looking behind the scenes, as soon as PostgreSQL takes connections."""
        await self.house.sql.close()

        async def connected() -> bool:
            try:
                self.house.sql = await AsyncConnection.connect(
                    self.stores.database_url, autocommit=True, row_factory=dict_row
                )
            except OperationalError:
                return False
            return True

        await eventually(connected, seconds=CONVERGED, what="PostgreSQL takes no connections")

    # ------------------------------------------------------------------------------------------ instances

    async def restarted(self, instances: Sequence[Instance]) -> float:
        """Start them; gives how long it took until the last took work."""
        begun = time.monotonic()
        for instance in instances:
            instance.start()
        await asyncio.gather(*(asyncio.to_thread(instance.wait) for instance in instances))
        if instances:
            self.xendit.fake.hooks.url = f"{instances[0].public}/api/webhooks/xendit"
        return time.monotonic() - begun

    async def due(self, seconds: float) -> "Due":
        """A payment that nobody pays, and whose time is over so soon."""
        [ayu] = await self.house.customers(1)
        running = next(one for one in self.house.instances if one.is_running)
        payment = (await ayu.via(running).pay(5)).ok(201)
        at = await self.house.value(OVERDUE, seconds, payment["id"])
        return Due(payment["id"], at.timestamp())

    async def lateness(self, due: "Due", ready: float = 0.0) -> float:
        """Wait until a deadline was fired; gives how late, or how long after ``ready``."""

        async def fired() -> bool:
            return bool(await self.house.rows(FIRED, UUID(due.payment)))

        await eventually(fired, seconds=CONVERGED, what="a deadline was not fired")
        at = float(await self.house.value(FIRED, UUID(due.payment)))
        assert at >= due.at, "a deadline was fired early"
        return at - max(due.at, ready)

    async def now(self) -> float:
        """PostgreSQL's time."""
        return float(await self.house.value(NOW))

    # --------------------------------------------------------------------------------------------- people

    async def answers(self, who: Mitra, instances: Sequence[Instance] | None = None) -> float:
        """Wait until every instance carries out a command; gives how long that took."""
        begun = time.monotonic()
        for instance in instances or self.house.instances:

            async def well(at: Instance = instance) -> bool:
                try:
                    return (await who.via(at).heartbeat()).status == 200
                except httpx2.TransportError:
                    return False

            await eventually(well, seconds=CONVERGED, what="an instance carries out no command")
        return time.monotonic() - begun

    def flush(self) -> None:
        """Let Redis forget everything."""
        with redis.Redis.from_url(self.stores.valkey_url) as client:
            client.flushall()


@frozen
class Due:
    """A payment and its deadline, in seconds of PostgreSQL's clock."""

    payment: str
    at: float


@asynccontextmanager
async def rigged(folder: Path, *, lined: bool = True) -> AsyncIterator[Rig]:
    """Build one, on stores that keep what they were told, as in earnest.

    Without lines, and with the development gateway, for what is measured in milliseconds: the process that
    carries the lines and is the gateway is busy being the crowd.
    """
    async with AsyncExitStack() as stack:
        stores = await asyncio.to_thread(EmbeddedStores(folder / "stores").start)
        stack.push_async_callback(asyncio.to_thread, stores.close)
        await migrate(stores.database_url)
        await make_login(stores.database_url)
        xendit = await stack.enter_async_context(xendit_served())
        fcm = await stack.enter_async_context(fcm_served(folder))
        xendit.fake.hooks.retries = (0.5,) * 200
        postgres = await stack.enter_async_context(DatabaseLine(stores.database_url))
        valkey = await stack.enter_async_context(Line(stores.valkey_url))
        gateway = await stack.enter_async_context(Road(xendit.url))
        pushes = await stack.enter_async_context(Road(fcm.url))
        house = House(
            postgres.url if lined else stores.database_url, valkey.url if lined else stores.valkey_url, folder
        )
        rig = Rig(house, stores, xendit, fcm, postgres, valkey, gateway, pushes)
        stack.push_async_callback(house.close)
        told = {**fcm.variables}
        if lined:
            told |= {**xendit.variables, "XENDIT_BASE_URL": gateway.url, "FCM_BASE_URL": pushes.url}
        await house.opened(INSTANCES, **told)
        await house.settings(**SETTINGS)
        await house.sql.close()
        house.database_url = stores.database_url
        await rig.looks_again()
        xendit.tell(house.first.public, "/api/webhooks/xendit")
        yield rig
