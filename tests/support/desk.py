"""A desk on a real database, without a server: use cases as the wiring puts them together. Knows no test."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from attrs import define, field
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.ids import uuid7
from halobestie_adapters.phone_hashes import PhoneHash, PhoneHashes
from halobestie_adapters.postgres.agenda import PostgresAgenda
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.postgres.unit import PostgresStore
from halobestie_app.usecases import pairings, payments
from halobestie_app.usecases.desk import Desk
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.gateway import Gateway
from halobestie_core.ports.presence import User
from halobestie_core.ports.reads import PaymentSeen, RequestSeen
from halobestie_core.settings import Settings, changed
from halobestie_core.words import TopicSensitivity


class Beats:
    """Heartbeats that a test may look at."""

    def __init__(self) -> None:
        self.taken: list[tuple[UUID, datetime]] = []
        self.written = 0

    def add(self, mitra_id: UUID, at: datetime) -> None:
        """Take one."""
        self.taken.append((mitra_id, at))

    async def write(self) -> None:
        """Count that somebody could not wait."""
        self.written += 1


@define
class Sockets:
    """Who has a socket, or that nobody knows; counts how often it was asked."""

    here: set[User] | None = field(factory=set)
    asked: int = 0

    async def hold(self, users: Collection[User]) -> None:
        """Say that these are here."""
        if self.here is not None:
            self.here |= set(users)

    async def drop(self, users: Collection[User]) -> None:
        """Say that these are gone."""
        if self.here is not None:
            self.here -= set(users)

    async def is_connected(self, user: User) -> bool | None:
        """Whether this one is here."""
        self.asked += 1
        return None if self.here is None else user in self.here

    async def which_connected(self, users: Collection[User]) -> frozenset[User] | None:
        """Which of these are here."""
        return None if self.here is None else frozenset(self.here.intersection(users))


@define
class Office:
    """A desk with what tests need beside it; ``settings`` may be replaced at any time."""

    pool: AsyncConnectionPool
    settings: Settings = field(factory=Settings)
    saved: list[Moved] = field(factory=list)
    gateway: Gateway = field(factory=DevelopmentGateway)
    beats: Beats = field(factory=Beats)
    sockets: Sockets = field(factory=Sockets)
    phone_hash: PhoneHash = field(factory=lambda: PhoneHashes(b"a key for tests alone, of 32 bytes"))

    @property
    def desk(self) -> Desk:
        """The desk; every use sees the settings of its moment."""
        return Desk(
            store=PostgresStore(self.pool, phone_hash=self.phone_hash),
            reads=PostgresReads(self.pool, self.phone_hash),
            gateway=self.gateway,
            connections=self.sockets,
            settings=lambda: self.settings,
            cadence=30,
            new_id=uuid7,
            saved=self.saved.append,
        )

    @property
    def agenda(self) -> PostgresAgenda:
        """What is due, and what was left for later."""
        return PostgresAgenda(self.pool)

    def change(self, **values: object) -> None:
        """Change settings from now on."""
        self.settings = changed(self.settings, values, cadence_seconds=1)

    async def sql(self, query: SQL | Composed, *values: object) -> list[TupleRow]:
        """Run one statement and give its rows, if it has any."""
        async with self.pool.connection() as conn:
            cursor = await conn.execute(query, values)
            return await cursor.fetchall() if cursor.description else []

    async def customer(self) -> UUID:
        """A new customer."""
        customer_id = uuid7()
        await self.sql(SQL("INSERT INTO customers (id, display_name) VALUES (%s, 'Ayu')"), customer_id)
        return customer_id

    async def mitra(self, *, online: bool = True, silent_for: timedelta = timedelta(0)) -> UUID:
        """A new mitra, online unless said otherwise, last heard of so long ago."""
        mitra_id = uuid7()
        query = SQL(
            "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)"
            " VALUES (%s, %s, 'Sari', %s, clock_timestamp() - %s)"
        )
        await self.sql(query, mitra_id, f"+62{mitra_id.int % 10**11:011}", online, silent_for)
        return mitra_id

    async def paid(self, customer_id: UUID, target: UUID | None = None) -> PaymentSeen:
        """A confirmed payment."""
        wanted = payments.NewPayment(5, targeted_mitra_id=target)
        begun = await payments.create(self.desk, customer_id, wanted)
        return await payments.confirm(self.desk, customer_id, begun.payment.id)

    async def searching(self) -> RequestSeen:
        """An open general request of a new customer."""
        customer_id = await self.customer()
        paid = await self.paid(customer_id)
        return await pairings.open_general(self.desk, customer_id, paid.payment.id, TopicSensitivity.NORMAL)

    async def age(self, table: str, row_id: UUID, by: timedelta) -> None:
        """Move the deadline of a row, and nothing else, nearer by ``by``."""
        await self.sql(SQL(_AGE[table]), by, by, row_id)


_AGE = {
    "payment": "UPDATE payment_sessions SET expires_at = expires_at - %s, wake_at = wake_at - %s"
    " WHERE id = %s",
    "pairing": "UPDATE pairing_requests SET deadline_at = deadline_at - %s, wake_at = wake_at - %s"
    " WHERE id = %s",
    "chat": "UPDATE chat_sessions SET expires_at = expires_at - %s, wake_at = wake_at - %s WHERE id = %s",
}


@asynccontextmanager
async def office(database_url: str, *, connections: int = 6) -> AsyncIterator[Office]:
    """Everything on one database."""
    async with make_pool(database_url, connections) as pool:
        yield Office(pool)
