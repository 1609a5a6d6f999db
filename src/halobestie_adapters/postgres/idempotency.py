"""Keys of commands that may come twice, on PostgreSQL: one statement, one round trip, no open transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, final
from uuid import UUID

from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.idempotency import (
    KEPT,
    Claim,
    Claimed,
    Different,
    FirstAnswer,
    KeyOf,
    Running,
)

Q: Final = load("idempotency", "claim", "look", "keep", "release", "purge")


@final
class PostgresIdempotencyKeys:
    """The keys; one connection is borrowed per call. Raises the store's errors."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def claim(self, of: KeyOf, hashes: Sequence[bytes], effect_id: UUID, lease: timedelta) -> Claimed:
        """Begin a try: one round trip; two where the key is known."""
        given = {**_pk(of), "hashes": list(hashes)}
        more = {"hash": hashes[0], "effect_id": effect_id, "lease": lease, "kept": KEPT}
        async with connection(self._pool) as conn:
            mine: TupleRow | None = await (await conn.execute(Q.claim, given | more)).fetchone()
            if mine is not None:
                return Claim(of, mine[0], mine[1])
            known = await (await conn.execute(Q.look, given)).fetchone()
        if known is None:  # purged at this very moment; the next request finds it as good as new
            return Running()
        same, status, answer = known
        if not same:
            return Different()
        return Running() if status is None else _answer(status, answer)

    async def keep(self, claim: Claim, answer: FirstAnswer) -> None:
        """End a try with its answer."""
        said = Jsonb({"headers": dict(answer.headers), "body": answer.body})
        given = {**_try(claim), "status": answer.status, "answer": said}
        async with connection(self._pool) as conn:
            await conn.execute(Q.keep, given)

    async def release(self, claim: Claim) -> None:
        """End a try without an answer."""
        async with connection(self._pool) as conn:
            await conn.execute(Q.release, _try(claim))

    async def purge(self, limit: int) -> int:
        """Forget the oldest."""
        async with connection(self._pool) as conn:
            return (await conn.execute(Q.purge, {"limit": limit, "kept": KEPT})).rowcount


def _pk(of: KeyOf) -> dict[str, object]:
    return {"caller_type": of.caller.type.value, "caller_id": of.caller.id, "key": of.key}


def _try(claim: Claim) -> dict[str, object]:
    return {**_pk(claim.of), "effect_id": claim.effect_id, "tries": claim.tries}


def _answer(status: int, answer: Mapping[str, Any]) -> FirstAnswer:
    return FirstAnswer(status, answer["body"], answer["headers"])
