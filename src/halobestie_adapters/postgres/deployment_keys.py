"""Keys that belong to a database, kept in it and wrapped by the deployment's. Knows no use of them."""

from __future__ import annotations

from typing import Final

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_core.ports.cipher import CannotOpen
from halobestie_core.ports.wrapping import KeyWrap, Wrapped

Q: Final = load("deployment_keys", "keep", "kept", "lock_all", "rewrap")


async def kept_key(pool: AsyncConnectionPool, wrap: KeyWrap, name: str) -> bytes | None:
    """Give the key of this name, which is drawn when it is first asked for, by whoever is quickest.

    None if it was wrapped by a key that the deployment no longer has. Raises StoreUnavailable.
    """
    async with connection(pool) as conn:
        cursor = conn.cursor(row_factory=dict_row)
        found = await (await cursor.execute(Q.kept, {"name": name})).fetchone()
        if found is None:
            new = wrap.new(name)
            given = {"name": name, "key_id": new.key_id, "wrapped_key": new.wrapped_key}
            await conn.execute(Q.keep, given)
            found = await (await cursor.execute(Q.kept, {"name": name})).fetchone()
    if found is None:
        return None
    try:
        return wrap.unwrapped(Wrapped(name, found["key_id"], bytes(found["wrapped_key"])))
    except CannotOpen:
        return None


async def rewrap(pool: AsyncConnectionPool, wrap: KeyWrap) -> int:
    """Wrap every key by the newest of the deployment's; give how many none of those opens.

    Raises StoreUnavailable, Busy.
    """
    lost = 0
    async with connection(pool) as conn, conn.transaction():
        cursor = conn.cursor(row_factory=dict_row)
        await cursor.execute(Q.lock_all)
        for row in await cursor.fetchall():
            try:
                anew = wrap.rewrapped(Wrapped(row["name"], row["key_id"], bytes(row["wrapped_key"])))
            except CannotOpen:
                lost += 1
                continue
            if anew is not None:
                given = {"name": anew.name, "key_id": anew.key_id, "wrapped_key": anew.wrapped_key}
                await conn.execute(Q.rewrap, given)
    return lost


__all__ = ["kept_key", "rewrap"]
