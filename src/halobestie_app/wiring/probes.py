"""What readiness asks of PostgreSQL. Knows no listener."""

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.migrations import pending
from halobestie_adapters.postgres.pool import connection
from halobestie_app.http import health


def postgres(pool: AsyncConnectionPool) -> health.Probe:
    """Whether it answers."""

    async def probe() -> str | None:
        async with connection(pool) as conn:
            await conn.execute("SELECT 1")
        return None

    return probe


def migrations(pool: AsyncConnectionPool) -> health.Probe:
    """Whether it is up to date."""

    async def probe() -> str | None:
        async with connection(pool) as conn:
            missing = await pending(conn)
        return f"Migrations are missing: {', '.join(missing)}." if missing else None

    return probe
