"""Identity put together on one database as the wiring does it, with codes that can be read. Knows no test."""

import asyncio
import io
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import argon2
import pytest
from attrs import frozen
from psycopg.sql import SQL, Composed
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.identity.codes import HashedCodes
from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.identity.otp import PrintedOtp
from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_adapters.identity.phones import E164Phones
from halobestie_adapters.identity.refresh import SealedRefreshTokens
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.identity import PostgresIdentityStore
from halobestie_adapters.postgres.pool import make_pool
from halobestie_app.problems import Problem
from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.identity_budgets import limits
from halobestie_app.usecases.log_ins import LoggedIn, LogIns
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_core.ports.identity import Audience, Person

LIMITS: Final = limits(production=False, daily_cap=100_000)
PUBLIC_KEY, INTERNAL_KEY = b"public key of the tests, 32 bytes", b"internal key of the tests, 32 byt"


@frozen
class Kit:
    """The use cases, and what a test looks at or turns: the paper codes are printed on, the tables."""

    identity: Identity
    operators: OperatorAccounts
    pool: AsyncConnectionPool
    paper: io.StringIO

    def codes(self, phone: str) -> list[str]:
        """The codes that were sent to a phone, oldest first."""
        return re.findall(rf"phone={re.escape(phone)} code=(\d{{6}})", self.paper.getvalue())

    async def sql(self, query: SQL | Composed, *values: object) -> list[tuple[object, ...]]:
        """Run one statement and give its rows, if it has any."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query, values)
            return await cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def kit(database_url: str, *, connections: int = 2) -> AsyncIterator[Kit]:
    """Everything on one database; passwords are hashed weakly, because tests hash many."""
    public, internal = KeyRing([PUBLIC_KEY]), KeyRing([INTERNAL_KEY])
    paper = io.StringIO()
    passwords = Argon2Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    async with make_pool(database_url, connections) as pool:
        store = PostgresIdentityStore(pool)
        identity = Identity(
            store,
            LogIns(store, JwtTokens(public, Audience.PUBLIC), SealedRefreshTokens(public), uuid7),
            HashedCodes(public),
            E164Phones(),
            PrintedOtp(paper),
            uuid7,
            LIMITS,
        )
        operators = OperatorAccounts(
            store,
            LogIns(store, JwtTokens(internal, Audience.INTERNAL), SealedRefreshTokens(internal), uuid7),
            HashedCodes(internal),
            passwords,
            uuid7,
            LIMITS,
        )
        try:
            yield Kit(identity, operators, pool, paper)
        finally:
            passwords.close()


async def refused(awaitable: Awaitable[object]) -> Problem:
    """The problem that a use case raises."""
    with pytest.raises(Problem) as caught:
        await awaitable
    return caught.value


def person(logged_in: LoggedIn) -> Person:
    """Who logged in, on the public listener."""
    assert isinstance(logged_in.who, Person)
    return logged_in.who


async def together(calls: Sequence[Callable[[], Awaitable[object]]]) -> list[object]:
    """Begin all at one moment; what each gives, or the problem it raises."""
    barrier = asyncio.Barrier(len(calls))

    async def one(call: Callable[[], Awaitable[object]]) -> object:
        await barrier.wait()
        try:
            return await call()
        except Problem as problem:
            return problem

    return list(await asyncio.gather(*(one(call) for call in calls)))


def codes_of(outcomes: Sequence[object]) -> Counter[str]:
    """How often each code was answered, and how often all was well."""
    return Counter(each.code if isinstance(each, Problem) else "ok" for each in outcomes)
