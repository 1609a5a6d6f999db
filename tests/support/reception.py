"""Both listeners over a real PostgreSQL, with neither Redis nor loops: only what is asked happens.

Availability and heartbeats are plain lists here, so that a test says who is there.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
from attrs import define, field
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.history import PostgresHistories
from halobestie_adapters.postgres.inbox import PostgresInbox
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_adapters.postgres.pushes import PostgresDevices
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.postgres.unit import PostgresStore
from halobestie_app.http import internal, public
from halobestie_app.usecases.auditing import Auditing
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.failures import FailureDesk
from halobestie_app.usecases.settings import LiveSettings
from halobestie_app.usecases.talking import Talking
from halobestie_app.usecases.webhooks import Door
from halobestie_app.wiring.auditing import auditing
from halobestie_app.wiring.failures import failure_desk
from halobestie_core.words import UserType
from support.desk import Sockets
from support.listening import client, serving, token
from support.talking import CIPHER

CADENCE = 30


@define
class Board:
    """Who is eligible, or that nobody knows."""

    eligible: set[UUID] | None = field(factory=set)

    def count(self) -> int | None:
        """How many."""
        return None if self.eligible is None else len(self.eligible)

    def is_eligible(self, mitra_id: UUID) -> bool | None:
        """Whether this one is."""
        return None if self.eligible is None else mitra_id in self.eligible


@define
class Beats:
    """Heartbeats that came."""

    heard: list[tuple[UUID, datetime]] = field(factory=list)

    def add(self, mitra_id: UUID, at: datetime) -> None:
        """One more."""
        self.heard.append((mitra_id, at))

    async def write(self) -> None:
        """Nothing waits."""


@define
class Services:
    """What the endpoints of these tests work with."""

    desk: Desk
    settings: LiveSettings
    availability: Board
    beats: Beats
    sockets: Sockets
    devices: PostgresDevices
    talking: Talking
    failures: FailureDesk
    prices: PostgresPrices
    histories: PostgresHistories
    inbox: PostgresInbox
    audits: Auditing
    door: Door | None = None


@define
class Reception:
    """The two listeners, and hands on what is behind them."""

    services: Services
    public: httpx2.AsyncClient
    internal: httpx2.AsyncClient
    conn: AsyncConnection[TupleRow]
    nudges: list[None]

    async def run(self, statement: bytes, *values: object) -> AsyncCursor[TupleRow]:
        """Change or look at the database by hand."""
        return await self.conn.execute(statement, values)

    async def customer(self, name: str = "Ani") -> UUID:
        """Somebody new."""
        customer_id = uuid7()
        await self.run(b"INSERT INTO customers (id, display_name) VALUES (%s, %s)", customer_id, name)
        return customer_id

    async def mitra(self, name: str = "Sari", *, online: bool = True) -> UUID:
        """A mitra, by default online and on the board."""
        mitra_id = uuid7()
        await self.run(
            b"INSERT INTO mitras (id, phone, display_name) VALUES (%s, %s, %s)", mitra_id, str(mitra_id), name
        )
        if online:
            answer = await self.ask(UserType.MITRA, mitra_id, "PUT", "/api/mitra/status", {"is_online": True})
            assert answer.status_code == 200, answer.text
            if self.services.availability.eligible is not None:
                self.services.availability.eligible.add(mitra_id)
        return mitra_id

    async def operator(self) -> UUID:
        """An operator."""
        operator_id = uuid7()
        await self.run(
            b"INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, '')",
            operator_id,
            f"{operator_id}@example.org",
        )
        return operator_id

    async def ask(
        self, kind: UserType, who: UUID, method: str, path: str, body: object = None
    ) -> httpx2.Response:
        """One request of somebody."""
        listener = self.internal if kind is UserType.OPERATOR else self.public
        given: dict[str, Any] = {} if body is None else {"json": body}
        return await listener.request(method, path, headers=token(kind, who), **given)

    async def said(
        self, status: int, kind: UserType, who: UUID, method: str, path: str, body: object = None
    ) -> Mapping[str, Any]:
        """One request of somebody, and its answer, which must have this status."""
        answer = await self.ask(kind, who, method, path, body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def paid(self, customer_id: UUID, **wanted: object) -> str:
        """The id of a payment of five minutes, confirmed."""
        wish = {"duration_minutes": 5, **wanted}
        new = await self.said(
            201, UserType.CUSTOMER, customer_id, "POST", "/api/client/payment-sessions", wish
        )
        path = f"/api/client/payment-sessions/{new['id']}/confirm"
        await self.said(200, UserType.CUSTOMER, customer_id, "POST", path)
        return str(new["id"])


@asynccontextmanager
async def reception(database_url: str) -> AsyncIterator[Reception]:
    """Open both listeners on a migrated database."""
    async with make_pool(database_url, 4) as pool, _clients(pool) as opened:
        yield opened


@asynccontextmanager
async def _clients(pool: AsyncConnectionPool) -> AsyncIterator[Reception]:
    nudges: list[None] = []

    async def nudge() -> None:
        nudges.append(None)

    settings = LiveSettings(PostgresConfigStore(pool), CADENCE, nudge)
    await settings.refresh()
    sockets = Sockets()
    desk = Desk(
        store=PostgresStore(pool),
        reads=PostgresReads(pool),
        gateway=DevelopmentGateway(),
        connections=sockets,
        settings=settings,
        cadence=CADENCE,
        new_id=uuid7,
        saved=lambda _moved: None,
    )
    talking = Talking(PostgresMessages(pool, CIPHER), desk.reads, lambda: None)
    services = Services(
        desk,
        settings,
        Board(),
        Beats(),
        sockets,
        PostgresDevices(pool),
        talking,
        failures=failure_desk(pool, desk),
        prices=PostgresPrices(pool),
        histories=PostgresHistories(pool),
        inbox=PostgresInbox(pool),
        audits=auditing(pool),
    )
    async with (
        client(serving(*public.ROUTES, services=services)) as outside,
        client(serving(*internal.ROUTES, services=services)) as inside,
        pool.connection() as conn,
    ):
        yield Reception(services, outside, inside, conn, nudges)
