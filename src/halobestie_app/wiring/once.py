"""Puts together what commands with a key need. Knows no command."""

from collections.abc import Callable, Sequence

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.identity.keys import KeyRing, keyed_hash
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.idempotency import PostgresIdempotencyKeys
from halobestie_app.environment import Environment
from halobestie_app.http.once import Once
from halobestie_app.workers.housekeeping import Chore


def once(env: Environment, pool: AsyncConnectionPool, replayed: Callable[[], None]) -> Once:
    """Make what keyed routes share; both listeners have one, for callers of different kinds never meet."""
    ring = KeyRing([secret.reveal().encode() for secret in env.auth_jwt_secret]).derived(
        "requests with a key"
    )

    def seal(request: bytes) -> Sequence[bytes]:
        return tuple(keyed_hash(key, request) for key in ring.all)

    return Once(PostgresIdempotencyKeys(pool), seal, uuid7, replayed)


def chores(pool: AsyncConnectionPool) -> list[Chore]:
    """Say what of this is to be swept."""
    return [Chore("idempotency keys", PostgresIdempotencyKeys(pool).purge)]
