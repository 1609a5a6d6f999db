"""What operators need beside money and settings, put together."""

from collections.abc import Collection

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.identity.phones import E164Phones
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.back_office import PostgresBackOffice
from halobestie_adapters.postgres.identity import PostgresIdentityStore
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.mitras import Mitras


def back_office(pool: AsyncConnectionPool) -> PostgresBackOffice:
    """Make what operators look at."""
    return PostgresBackOffice(pool)


def mitras(pool: AsyncConnectionPool, desk: Desk, calling_codes: Collection[int]) -> Mitras:
    """Make the use cases of mitras as operators keep them; ``calling_codes`` are those of their phones."""
    phones = E164Phones(calling_codes)
    return Mitras(desk, PostgresIdentityStore(pool), back_office(pool), phones, uuid7)
