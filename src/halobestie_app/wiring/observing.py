"""What is looked at while the server runs: the pool, sockets, the outbox, the dashboard. Decides nothing."""

import asyncio
from collections.abc import Callable
from typing import Final, TypedDict

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.reports import PostgresCounting, PostgresReports
from halobestie_app.environment import Role
from halobestie_app.http.events import Streams
from halobestie_app.metrics import OUTBOX_KINDS, Metrics
from halobestie_app.server import Background
from halobestie_app.workers.counting import Counts
from halobestie_app.workers.dashboard import SharedDashboard
from halobestie_app.workers.housekeeping import Chore
from halobestie_app.workers.loop import Loop
from halobestie_app.ws.hub import Hub
from halobestie_core.flow.availability import House
from halobestie_core.ports.reports import Reports

OUTBOX_SECONDS: Final = 5.0


def observed(pool: AsyncConnectionPool) -> Metrics:
    """Make what counts; it shows the pool at each scrape."""
    metrics = Metrics()

    def of_pool(name: str) -> float:
        return float(pool.get_stats().get(name, 0))

    metrics.show("pool_size", "Connections to PostgreSQL.", lambda: of_pool("pool_size"))
    metrics.show("pool_available", "Connections nobody uses.", lambda: of_pool("pool_available"))
    metrics.show("pool_waiting", "Who waits for a connection.", lambda: of_pool("requests_waiting"))
    return metrics


def counted(hub: Hub, metrics: Metrics) -> None:
    """Show the sockets of a hub at each scrape."""
    metrics.show("sockets_open", "Sockets, before and after their token.", lambda: float(len(hub)))


class Looking(TypedDict):
    """What operators look at, by the names of `Services`."""

    reports: Reports
    dashboard: SharedDashboard
    streams: Streams


def looking(pool: AsyncConnectionPool, metrics: Metrics, house: Callable[[], House]) -> Looking:
    """Make what operators look at; figures go by the rules that ``house`` gives at that moment."""
    reports, streams = PostgresReports(pool), Streams()
    metrics.show("streams_open", "Operators who follow the dashboard.", lambda: float(len(streams)))
    board = SharedDashboard(lambda: reports.dashboard(house()))
    return Looking(reports=reports, dashboard=board, streams=streams)


def sweeping(pool: AsyncConnectionPool) -> list[Chore]:
    """Say what of the counts is to be swept."""
    return [Chore("counts", PostgresCounting(pool).prune)]


def watching(
    pool: AsyncConnectionPool, reports: Reports, metrics: Metrics, roles: frozenset[Role]
) -> list[Background]:
    """Make the work behind what is looked at."""
    keeping = [Counts(PostgresCounting(pool)).run] if Role.WORKER in roles else []
    return [OutboxAges(reports, metrics).run, *keeping]


class OutboxAges:
    """Looks every few seconds at what has waited longest, so that a scrape waits for nobody."""

    def __init__(self, reports: Reports, metrics: Metrics) -> None:
        self._reports = reports
        self._metrics = metrics
        self._loop = Loop("outbox ages", self.look, OUTBOX_SECONDS)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        await self._loop.run(stop)

    async def look(self) -> None:
        """Look once. Raises StoreUnavailable."""
        ages = await self._reports.outbox_ages()
        for kind in OUTBOX_KINDS:
            self._metrics.outbox_age(kind, ages.get(kind, 0.0))
