"""What is looked at while the server runs: the pool, sockets, the outbox. Decides nothing."""

from psycopg_pool import AsyncConnectionPool

from halobestie_app.metrics import Metrics
from halobestie_app.ws.hub import Hub


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
