"""Pushes that wait in the outbox, and the devices they go to. Knows neither carrier nor words.

Rows are leased, not locked: a carrier may take seconds, and no transaction may be open so long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, final
from uuid import UUID

import orjson
from psycopg.rows import kwargs_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import Busy
from halobestie_adapters.framing import pushed
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.presence import User
from halobestie_core.ports.push import MOST_DEVICES, Device, Outcome, Platform, Result, Settled, Waiting
from halobestie_core.words import UserType

Q: Final = load("push")

_TRIES: Final = 5


def _waiting(
    id: int,  # noqa: A002 - the column's name
    audience: Mapping[str, Any],
    payload: Mapping[str, Any],
    created_at: datetime,
    now: datetime,
    attempts: int,
) -> Waiting:
    return Waiting(id, pushed(audience, payload), created_at, now, attempts)


def _device(installation_id: str, user_type: str, user_id: UUID, platform: str, fcm_token: str) -> Device:
    return Device(installation_id, User(UserType(user_type), user_id), Platform(platform), fcm_token)


@final
class PostgresPushOutbox:
    """`PushOutbox` on a pool; each call is one round trip. Raises the store's errors."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def take(self, limit: int) -> Sequence[Waiting]:
        """Take rows that are due, the oldest first, for 6.5 seconds."""
        async with connection(self._pool) as conn:
            cursor = conn.cursor(row_factory=kwargs_row(_waiting))
            await cursor.execute(Q.take_pushes, {"limit": limit})
            return await cursor.fetchall()

    async def put_off(self, row_id: int, seconds: float) -> None:
        """Leave a row for later."""
        async with connection(self._pool) as conn:
            await conn.execute(Q.put_off, {"row_id": row_id, "seconds": seconds})

    async def note(self, row_id: int, results: Collection[Result]) -> None:
        """Write results down, and hold the row for as long as `take` does."""
        listed = [
            {"installation_id": one.installation_id, "fate": one.fate, "after": one.after} for one in results
        ]
        async with connection(self._pool) as conn, conn.pipeline():
            given = {"row_id": row_id, "results": orjson.dumps(listed).decode()}
            await conn.execute(Q.note_results, given)
            await conn.execute(Q.hold_on, {"row_id": row_id})

    async def settle(self, row: Waiting, otherwise: Outcome) -> Settled:
        """End a round; a row that somebody else ended meanwhile stays as it is."""
        given = {"row_id": row.id, "looked_at": row.now, "otherwise": otherwise.value}
        async with connection(self._pool) as conn:
            cursor = await conn.execute(Q.settle_push, given)
            found = await cursor.fetchone()
        if found is None:
            return Settled(otherwise)
        outcome, next_in = found
        return Settled(None, max(0.0, next_in)) if outcome is None else Settled(Outcome(outcome))

    async def finish(self, row_id: int, outcome: Outcome) -> None:
        """End a row whatever waits."""
        async with connection(self._pool) as conn, conn.pipeline():
            await conn.execute(Q.nobody_waits, {"row_id": row_id})
            await conn.execute(Q.finish_push, {"row_id": row_id, "outcome": outcome.value})

    async def skip(self, row_ids: Collection[int]) -> None:
        """End rows, many at once, that nobody needs after all."""
        async with connection(self._pool) as conn:
            await conn.execute(Q.skip_pushes, {"row_ids": [*row_ids]})

    async def acknowledge(self, user: User, frame: str, object_id: UUID) -> bool:
        """Mark the push of a frame that was seen as not needed."""
        stream = f"push:{user.type}:{user.id}"
        async with connection(self._pool) as conn:
            given = {"stream": stream, "frame": frame, "object_id": str(object_id)}
            cursor = await conn.execute(Q.acknowledge, given)
            return cursor.rowcount > 0


@final
class PostgresDevices:
    """`Devices` on a pool. Raises the store's errors."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def put(self, device: Device, login: UUID) -> None:
        """Give an installation to its user: one transaction, one round trip."""
        given = {
            "installation_id": device.installation_id,
            "user_type": device.user.type.value,
            "user_id": device.user.id,
            "token": device.token,
            "platform": device.platform.value,
            "login_id": login,
            "most": MOST_DEVICES,
        }
        for left in reversed(range(_TRIES)):
            try:
                async with connection(self._pool) as conn, conn.pipeline(), conn.transaction():
                    await conn.execute(Q.lock_token, given)
                    await conn.execute(Q.take_token_away, given)
                    await conn.execute(Q.put_device, given)
                    await conn.execute(Q.keep_newest, given)
                return
            except Busy:  # two apps that exchange tokens at this very moment hold each other up
                if not left:
                    raise

    async def forget(self, user: User, installation_id: str) -> None:
        """Remove an installation of this user."""
        given = {"installation_id": installation_id, "user_type": user.type.value, "user_id": user.id}
        async with connection(self._pool) as conn:
            await conn.execute(Q.forget_device, given)

    async def of(self, users: Collection[User], row: Waiting) -> Sequence[Device]:
        """The devices of users at which a row has something to do now."""
        found: list[Device] = []
        async with connection(self._pool) as conn:
            for kind, ids in _by_type(users):
                cursor = conn.cursor(row_factory=kwargs_row(_device))
                given = {"user_type": kind, "user_ids": ids, "row_id": row.id, "looked_at": row.now}
                await cursor.execute(Q.devices_of, given)
                found += await cursor.fetchall()
        return found

    async def drop(self, device: Device) -> None:
        """Remove a device that is no more."""
        given = {"installation_id": device.installation_id, "token": device.token}
        async with connection(self._pool) as conn:
            await conn.execute(Q.drop_device, given)


def _by_type(users: Iterable[User]) -> list[tuple[str, list[UUID]]]:
    ordered = sorted(users, key=lambda user: user.type)
    return [
        (kind.value, [user.id for user in some]) for kind, some in groupby(ordered, lambda user: user.type)
    ]
