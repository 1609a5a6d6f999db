"""What each command costs, exactly: a number that changes is a decision, not an accident.

Rows are counted twice: by the store, and by triggers on every table. Round trips are counted by the store,
and by a door in front of the server, which hears also what use cases ask beside their transaction.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from attrs import define, field, frozen
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.ids import uuid7
from halobestie_adapters.memory import MemoryConnections, Tables
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.postgres.unit import Cost, PostgresStore
from halobestie_app.problems import Problem
from halobestie_app.usecases import chats, clock, pairings, payments, presence
from halobestie_app.usecases.desk import Desk
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.store import Scope
from halobestie_core.settings import Settings
from halobestie_core.words import TopicSensitivity
from support.tapped import Tap, tapped

pytestmark = pytest.mark.anyio

NORMAL: Final = TopicSensitivity.NORMAL

COUNTING: Final = """
CREATE UNLOGGED TABLE counted (name text, kind text);
CREATE FUNCTION count_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO counted VALUES (TG_TABLE_NAME, TG_OP);
    RETURN NULL;
END
$$;
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'counted' LOOP
        EXECUTE format('CREATE TRIGGER zz_counted AFTER INSERT OR UPDATE OR DELETE ON %I'
                       ' FOR EACH ROW EXECUTE FUNCTION count_row()', t);
    END LOOP;
END
$$;
"""


@frozen
class Price:
    """What one command may cost.

    ``trips``: all waits for the server, those of reads before or after the transaction included.
    ``statements`` and ``rows``: of the transaction. ``locks``: in their order.
    """

    trips: int
    statements: int
    rows: int
    locks: tuple[str, ...]


C: Final = ("customer",)
M: Final = ("mitra",)
CM: Final = ("customer", "mitra")

PRICES: Final[Mapping[str, Price]] = {
    # in this order: trips, statements, rows, locks
    "create a payment": Price(2, 12, 2, C),
    "create a payment for a mitra": Price(3, 12, 2, C),
    "create a payment instead of a pending one": Price(2, 14, 5, C),
    "create a payment after a search that is over": Price(2, 18, 12, C),
    "confirm": Price(3, 9, 4, C),
    "confirm again": Price(3, 5, 0, C),
    "abandon": Price(2, 8, 3, C),
    "open a general search, 3 eligible": Price(2, 15, 8, C),
    "open a general search, 1000 eligible": Price(2, 15, 8, C),
    "open a returning search": Price(2, 15, 7, CM),
    "accept, 3 offered": Price(2, 15, 13, CM),
    "accept, 1000 offered": Price(2, 15, 13, CM),
    "accept again": Price(3, 7, 0, CM),
    "accept too late": Price(2, 7, 0, CM),
    "decline, others left": Price(2, 10, 3, C),
    "decline, the last": Price(2, 14, 9, C),
    "cancel a search": Price(2, 15, 8, C),
    "time-out of a search": Price(2, 12, 8, C),
    "time-out that is not due": Price(2, 6, 0, C),
    "fall back": Price(2, 17, 10, C),
    "end a chat": Price(2, 10, 6, CM),
    "a chat's time is up": Price(2, 9, 4, CM),
    "a chat's goodbye is over": Price(2, 10, 6, CM),
    "go online": Price(2, 5, 3, M),
    "go online again": Price(2, 2, 0, M),
    "go offline": Price(2, 5, 4, M),
    "a payment's time is up": Price(2, 8, 3, C),
    "a payment's time is not up": Price(2, 5, 0, C),
    "offer to a late joiner": Price(2, 12, 6, CM),
    "withdraw an offer": Price(2, 12, 5, CM),
    "look again, nobody new": Price(2, 8, 1, C),
}


@define
class House:
    """A desk behind the door, and somebody who counts."""

    pool: AsyncConnectionPool
    conn: AsyncConnection[TupleRow]
    tap: Tap
    settings: Settings = field(factory=Settings)
    costs: list[Cost] = field(factory=list)

    @property
    def desk(self) -> Desk:
        """The desk, watched."""
        return Desk(
            store=PostgresStore(self.pool, watch=self.costs.append),
            reads=PostgresReads(self.pool),
            gateway=DevelopmentGateway(),
            connections=MemoryConnections(Tables()),
            settings=lambda: self.settings,
            cadence=4000,
            new_id=uuid7,
            saved=lambda _moved: None,
        )

    async def costs_of(self, command: Callable[[Desk], Awaitable[object]]) -> Price:
        """Perform one command and return what it cost, having counted everything twice."""
        await self.conn.execute("TRUNCATE counted")
        self.costs.clear()
        before = self.tap.round_trips
        with suppress(Problem):
            await command(self.desk)
        trips = self.tap.round_trips - before
        [cost] = self.costs
        counted = await self.counted()
        assert counted.total() == cost.rows_written, counted
        assert cost.round_trips == 2
        return Price(trips, len(cost.statements), cost.rows_written, tuple(cost.locks))

    async def counted(self) -> Counter[str]:
        """How many rows were written, by table."""
        cursor = await self.conn.execute("SELECT name, count(*) FROM counted GROUP BY name")
        return Counter(dict(await cursor.fetchall()))

    # -- what must be there before ---------------------------------------------------------------------------

    async def customer(self) -> UUID:
        """A customer."""
        customer_id = uuid7()
        await self.conn.execute("INSERT INTO customers (id, display_name) VALUES (%s, 'Ayu')", [customer_id])
        return customer_id

    async def mitras(self, count: int, *, online: bool = True) -> list[UUID]:
        """So many mitras."""
        made = [uuid7() for _ in range(count)]
        await self.conn.execute(
            "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)"
            " SELECT id, '+' || id, 'Sari', %s, now() FROM unnest(%s::uuid[]) AS m (id)",
            [online, made],
        )
        return made

    async def everybody_goes_home(self) -> None:
        """Nobody was heard of for ages."""
        await self.conn.execute("UPDATE mitras SET last_heartbeat_at = '2000-01-01'")

    async def begun(self, target: UUID | None = None) -> tuple[UUID, UUID]:
        """A pending payment and its customer."""
        customer = await self.customer()
        wanted = payments.NewPayment(5, targeted_mitra_id=target)
        return customer, (await payments.create(self.desk, customer, wanted)).payment.id

    async def paid(self, target: UUID | None = None) -> tuple[UUID, UUID]:
        """A confirmed payment and its customer."""
        customer, payment = await self.begun(target)
        await payments.confirm(self.desk, customer, payment)
        return customer, payment

    async def searching(self) -> tuple[UUID, UUID, UUID]:
        """An open blast: customer, payment, request."""
        customer, payment = await self.paid()
        return (
            customer,
            payment,
            (await pairings.open_general(self.desk, customer, payment, NORMAL)).request.id,
        )

    async def talking(self) -> tuple[UUID, UUID]:
        """A chat, and its customer."""
        [mitra] = await self.mitras(1)
        customer, _, request = await self.searching()
        seen, _ = await pairings.accept(self.desk, mitra, request)
        return customer, seen.session.id

    async def age(self, table: str, row_id: UUID, *columns: str) -> None:
        """Move a row's deadline, and what it is counted from, into the past."""
        hour = timedelta(hours=1)
        for column in (*columns, "wake_at"):
            query = SQL("UPDATE {} SET {} = {} - %s WHERE id = %s")
            name = Identifier(column)
            await self.conn.execute(query.format(Identifier(table), name, name), [hour, row_id])

    async def row(self, query: str) -> int:
        """The number of a row of the outbox, to be dealt with."""
        found = await (await self.conn.execute(query.encode())).fetchone()
        assert found is not None
        return int(found[0])


@pytest.fixture
async def house(database_url: str, conn: AsyncConnection[TupleRow]) -> AsyncIterator[House]:
    """A house with one connection, on which every statement has been used before."""
    async with tapped(database_url) as tap, make_pool(tap.url, 1) as pool:
        made = House(pool, conn, tap)
        await conn.execute(SQL(COUNTING))
        yield made


Measured = Callable[[House], Awaitable[Price]]


async def create(house: House) -> Price:
    """With nothing open."""
    customer = await house.customer()
    return await house.costs_of(lambda desk: payments.create(desk, customer, payments.NewPayment(5)))


async def create_targeted(house: House) -> Price:
    """The mitra is locked too."""
    customer, [mitra] = await house.customer(), await house.mitras(1)
    wanted = payments.NewPayment(5, targeted_mitra_id=mitra)
    return await house.costs_of(lambda desk: payments.create(desk, customer, wanted))


async def create_again(house: House) -> Price:
    """A pending one is abandoned."""
    customer, _ = await house.begun()
    return await house.costs_of(lambda desk: payments.create(desk, customer, payments.NewPayment(12)))


async def create_after_search(house: House) -> Price:
    """The clock has not come by yet: the search is closed here, and its money is owed back."""
    await house.mitras(3)
    customer, _, request = await house.searching()
    await house.age("pairing_requests", request, "deadline_at")
    return await house.costs_of(lambda desk: payments.create(desk, customer, payments.NewPayment(12)))


async def confirm(house: House) -> Price:
    """The gateway has the money."""
    customer, payment = await house.begun()
    return await house.costs_of(lambda desk: payments.confirm(desk, customer, payment))


async def confirm_again(house: House) -> Price:
    """A declared repeat."""
    customer, payment = await house.paid()
    return await house.costs_of(lambda desk: payments.confirm(desk, customer, payment))


async def abandon(house: House) -> Price:
    """Back before paying."""
    customer, payment = await house.begun()
    return await house.costs_of(lambda desk: payments.cancel(desk, customer, payment))


def search(mitras: int) -> Measured:
    """A blast to so many."""

    async def measure(house: House) -> Price:
        await house.mitras(mitras)
        customer, payment = await house.paid()
        price = await house.costs_of(lambda desk: pairings.open_general(desk, customer, payment, NORMAL))
        assert (await house.counted())["pairing_waves"] == 1
        return price

    return measure


async def search_again(house: House) -> Price:
    """One mitra is asked again."""
    [mitra] = await house.mitras(1)
    customer, payment = await house.paid(mitra)
    return await house.costs_of(lambda desk: pairings.open_returning(desk, customer, payment, mitra, NORMAL))


def accept(mitras: int) -> Measured:
    """One of so many takes it."""

    async def measure(house: House) -> Price:
        winner, *_ = await house.mitras(mitras)
        _, _, request = await house.searching()
        return await house.costs_of(lambda desk: pairings.accept(desk, winner, request))

    return measure


async def accept_again(house: House) -> Price:
    """The winner repeats it, and is answered with the chat."""
    winner, *_ = await house.mitras(3)
    _, _, request = await house.searching()
    await pairings.accept(house.desk, winner, request)
    return await house.costs_of(lambda desk: pairings.accept(desk, winner, request))


async def accept_late(house: House) -> Price:
    """Somebody else was first."""
    winner, other, _ = await house.mitras(3)
    _, _, request = await house.searching()
    await pairings.accept(house.desk, winner, request)
    return await house.costs_of(lambda desk: pairings.accept(desk, other, request))


def decline(mitras: int) -> Measured:
    """One of so many says no."""

    async def measure(house: House) -> Price:
        mitra, *_ = await house.mitras(mitras)
        _, _, request = await house.searching()
        return await house.costs_of(lambda desk: pairings.decline(desk, mitra, request))

    return measure


async def cancel(house: House) -> Price:
    """The customer gives up while searching."""
    await house.mitras(3)
    customer, payment, _ = await house.searching()
    return await house.costs_of(lambda desk: pairings.cancel_search(desk, customer, payment))


async def time_out(house: House) -> Price:
    """Nobody came."""
    await house.mitras(3)
    _, _, request = await house.searching()
    await house.age("pairing_requests", request, "deadline_at")
    return await house.costs_of(lambda desk: clock.fire(desk, Due("pairing", request)))


async def no_time_out(house: House) -> Price:
    """The window is open."""
    _, _, request = await house.searching()
    return await house.costs_of(lambda desk: clock.fire(desk, Due("pairing", request)))


async def fall_back(house: House) -> Price:
    """The same money, once more."""
    await house.mitras(3)
    customer, payment, request = await house.searching()
    await house.age("pairing_requests", request, "deadline_at")
    await clock.fire(house.desk, Due("pairing", request))
    return await house.costs_of(lambda desk: pairings.fall_back(desk, customer, payment))


async def end(house: House) -> Price:
    """The customer ends it."""
    customer, session = await house.talking()
    return await house.costs_of(lambda desk: chats.end_by_customer(desk, customer, session))


async def time_up(house: House) -> Price:
    """Into closing."""
    _, session = await house.talking()
    await house.age("chat_sessions", session, "started_at", "expires_at")
    return await house.costs_of(lambda desk: clock.fire(desk, Due("chat", session)))


async def goodbye(house: House) -> Price:
    """Out of closing."""
    _, session = await house.talking()
    await house.age("chat_sessions", session, "started_at", "expires_at")
    await clock.fire(house.desk, Due("chat", session))
    await house.age("chat_sessions", session, "closing_until")
    return await house.costs_of(lambda desk: clock.fire(desk, Due("chat", session)))


class NoBeats:
    """Heartbeats that nobody writes."""

    def add(self, mitra_id: UUID, at: object) -> None:
        """Forget it."""

    async def write(self) -> None:
        """Nothing waits."""


def switch(*, before: bool, online: bool) -> Measured:
    """A mitra switches."""

    async def measure(house: House) -> Price:
        [mitra] = await house.mitras(1, online=before)
        return await house.costs_of(lambda desk: presence.switch(desk, NoBeats(), mitra, online=online))

    return measure


async def payment_over(house: House) -> Price:
    """Pending, overdue."""
    _, payment = await house.begun()
    await house.age("payment_sessions", payment, "expires_at")
    return await house.costs_of(lambda desk: clock.fire(desk, Due("payment", payment)))


async def payment_not_over(house: House) -> Price:
    """Pending, in time."""
    _, payment = await house.begun()
    return await house.costs_of(lambda desk: clock.fire(desk, Due("payment", payment)))


LATER = "SELECT id FROM outbox WHERE kind = 'later' AND sent_at IS NULL ORDER BY id LIMIT 1"


async def late_joiner(house: House) -> Price:
    """Came online after the blast."""
    await house.mitras(2)
    _, _, request = await house.searching()
    [late], number = await house.mitras(1), await house.row(LATER)
    return await house.costs_of(lambda desk: clock.offer(desk, request, late, number))


async def withdraw(house: House) -> Price:
    """Went offline with an offer."""
    [mitra, _] = await house.mitras(2)
    _, _, request = await house.searching()
    await presence.switch(house.desk, NoBeats(), mitra, online=False)
    number = await house.row(LATER)
    return await house.costs_of(lambda desk: clock.withdraw(desk, request, mitra, None, number))


async def look_again(house: House) -> Price:
    """Everybody has it already."""
    await house.mitras(2)
    _, _, request = await house.searching()
    number = await house.row(LATER)
    return await house.costs_of(lambda desk: clock.look_again(desk, request, number))


COMMANDS: Final[Mapping[str, Measured]] = {
    "create a payment": create,
    "create a payment for a mitra": create_targeted,
    "create a payment instead of a pending one": create_again,
    "create a payment after a search that is over": create_after_search,
    "confirm": confirm,
    "confirm again": confirm_again,
    "abandon": abandon,
    "open a general search, 3 eligible": search(3),
    "open a general search, 1000 eligible": search(1000),
    "open a returning search": search_again,
    "accept, 3 offered": accept(3),
    "accept, 1000 offered": accept(1000),
    "accept again": accept_again,
    "accept too late": accept_late,
    "decline, others left": decline(3),
    "decline, the last": decline(1),
    "cancel a search": cancel,
    "time-out of a search": time_out,
    "time-out that is not due": no_time_out,
    "fall back": fall_back,
    "end a chat": end,
    "a chat's time is up": time_up,
    "a chat's goodbye is over": goodbye,
    "go online": switch(before=False, online=True),
    "go online again": switch(before=True, online=True),
    "go offline": switch(before=True, online=False),
    "a payment's time is up": payment_over,
    "a payment's time is not up": payment_not_over,
    "offer to a late joiner": late_joiner,
    "withdraw an offer": withdraw,
    "look again, nobody new": look_again,
}


WARM_UP: Final = 2
"""The driver prepares a read at its second use, and that once costs a round trip of its own."""


@pytest.mark.unsound("ends a grace by hand", "t2_no_chat_was_cut_short")
@pytest.mark.parametrize("command", PRICES)
async def test_what_it_costs(house: House, command: str) -> None:
    """Exactly this many waits, statements and rows, and these locks in this order."""
    for _ in range(WARM_UP):
        await COMMANDS[command](house)
        await house.everybody_goes_home()
    assert await COMMANDS[command](house) == PRICES[command]


@pytest.mark.parametrize("command", ["open a general search, {} eligible", "accept, {} offered"])
def test_a_crowd_costs_nothing(command: str) -> None:
    """A blast to a thousand, and the accept of one of them, cost what they cost with three."""
    assert PRICES[command.format(3)] == PRICES[command.format(1000)]


def test_every_command_is_priced() -> None:
    """What is measured has a price, and what has a price is measured."""
    assert set(COMMANDS) == set(PRICES)


async def test_an_unused_scope_costs_nothing(house: House) -> None:
    """Whoever asks for nothing waits for the clock alone."""
    async with house.desk.store.unit(Scope()) as unit:
        assert unit.loaded.customer is None
    assert house.costs[-1].statements == ["clock"]
