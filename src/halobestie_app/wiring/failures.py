"""The operators' queue of failed money, put together. Decides nothing."""

from collections.abc import Collection

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.identity.phones import INDONESIA, E164Phones
from halobestie_adapters.postgres.failures import PostgresFailures
from halobestie_adapters.postgres.stories import PostgresStories
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.failures import FailureDesk


def failure_desk(
    pool: AsyncConnectionPool, desk: Desk, calling_codes: Collection[int] = (INDONESIA,)
) -> FailureDesk:
    """Make the use cases of failed money; ``calling_codes`` are those of people's phones."""
    return FailureDesk(desk, PostgresFailures(pool), PostgresStories(pool), E164Phones(calling_codes))
