"""What looks into the log, put together."""

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.auditing import PostgresAudits
from halobestie_adapters.postgres.reports import PostgresReports
from halobestie_app.usecases.auditing import Auditing


def auditing(pool: AsyncConnectionPool) -> Auditing:
    """Make what operators look into the log with."""
    return Auditing(PostgresAudits(pool), PostgresReports(pool))
