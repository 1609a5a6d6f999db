"""Evenings on a real database, step by step, for tests that look at what each step does."""

from collections.abc import Callable
from uuid import UUID

from attrs import define, field
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.unit import Cost, PostgresStore
from halobestie_core import pairing
from halobestie_core.flow import OpenPairing, RecordCapture, decide, pricing
from halobestie_core.flow.availability import House
from halobestie_core.flow.decide import Moved, Verdict
from halobestie_core.flow.effects import Capture
from halobestie_core.payment import Create
from halobestie_core.ports.store import Actor, Loaded, Look, Scope
from halobestie_core.words import ActorType, Mode, Provider

HOUSE = House(cap=3, stale_after_seconds=4500, require_ping=True)


@define
class Stage:
    """A customer and some mitras; ids are made when first asked for. ``costs`` is what each command cost."""

    pool: AsyncConnectionPool
    conn: AsyncConnection[TupleRow]
    customer: UUID = field(factory=uuid7)
    payment: UUID = field(factory=uuid7)
    request: UUID = field(factory=uuid7)
    session: UUID = field(factory=uuid7)
    mitras: list[UUID] = field(factory=list)
    costs: list[Cost] = field(factory=list)

    @property
    def store(self) -> PostgresStore:
        """The store, watched."""
        return PostgresStore(self.pool, watch=self.costs.append)

    async def people(self, mitras: int) -> None:
        """Let a customer and so many mitras, all online, exist."""
        await self.conn.execute(
            "INSERT INTO customers (id, display_name) VALUES (%s, 'Ayu')", [self.customer]
        )
        self.mitras = [uuid7() for _ in range(mitras)]
        await self.conn.execute(
            "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)"
            " SELECT id, '+62' || place, 'Sari', true, now()"
            " FROM unnest(%s::uuid[]) WITH ORDINALITY AS m (id, place)",
            [self.mitras],
        )

    async def do(
        self,
        scope: Scope,
        wish: Callable[[Loaded], object],
        *,
        done: int | None = None,
        by: UUID | None = None,
    ) -> Verdict:
        """Perform one command as the use cases do."""
        actor = Actor(ActorType.SYSTEM) if by is None else Actor(ActorType.MITRA, by)
        async with self.store.unit(scope) as unit:
            verdict = decide(unit.loaded.evening, wish(unit.loaded), unit.loaded.now)
            if isinstance(verdict, Moved):
                await unit.save(verdict, actor, done=done)
            elif done is not None:
                await unit.dismiss(done)
        return verdict

    async def create(self) -> Verdict:
        """A payment of five minutes, at its price."""
        return await self.do(Scope(customer_id=self.customer, prices=True), self.begun)

    def begun(self, loaded: Loaded) -> Create:
        """Return the wish for it."""
        quote = pricing.quote(loaded.tiers, loaded.promotion, loaded.buyer, mode=Mode.CHAT, minutes=5)
        return Create(
            self.payment,
            self.customer,
            quote.price,
            Mode.CHAT,
            5,
            is_extension=False,
            is_first_session_discount=False,
            timeout_minutes=20,
            price_source_id=quote.price_source_id,
            targeted_mitra_id=self.mitras[0],
            provider=Provider.DEVELOPMENT,
        )

    async def confirm(self) -> Verdict:
        """The money arrives."""

        def captured(loaded: Loaded) -> RecordCapture:
            invoice = str(self.payment)
            money = Capture(Provider.DEVELOPMENT, invoice, self.payment, 10_000, "IDR", loaded.now)
            return RecordCapture(money, first=not loaded.captured, matches=True, timeout_minutes=20)

        return await self.do(Scope(customer_id=self.customer, payment_id=self.payment), captured)

    @property
    def searching(self) -> Scope:
        """What opening a search concerns."""
        return Scope(customer_id=self.customer, payment_id=self.payment, searching=True, look=Look(HOUSE))

    async def search(self) -> Verdict:
        """A blast to everybody."""
        return await self.do(
            self.searching, lambda loaded: OpenPairing(self.request, 60, mitra_ids=loaded.eligible)
        )

    async def accept(self, mitra_id: UUID) -> Verdict:
        """One of them takes it."""

        def take(loaded: Loaded) -> pairing.Accept:
            live_chats = 0 if loaded.mitra is None else loaded.mitra.live_chats
            return pairing.Accept(mitra_id, self.session, online=True, live_chats=live_chats, cap=HOUSE.cap)

        return await self.do(Scope(request_id=self.request, mitra_id=mitra_id), take, by=mitra_id)

    async def open_search(self, mitras: int) -> None:
        """Everything up to an open search."""
        await self.people(mitras)
        for step in (self.create, self.confirm, self.search):
            assert isinstance(await step(), Moved)

    async def talk(self) -> None:
        """Everything up to a chat."""
        await self.open_search(3)
        assert isinstance(await self.accept(self.mitras[0]), Moved)
