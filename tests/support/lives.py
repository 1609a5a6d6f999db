"""Long lives by seeded chance: use cases, clocks and later commands. The same seed, the same life.

What is done next is chosen by what a place in memory shows; whoever leads another place through the same life
does the same there and compares.
"""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Final
from uuid import UUID

from attrs import define, field, frozen

from halobestie_adapters.errors import Conflict, StaleWrite
from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.memory import MemoryConnections, Tables
from halobestie_app.problems import Problem
from halobestie_app.usecases import chats, clock, pairings, payments, presence
from halobestie_app.usecases.desk import Desk
from halobestie_core.ports.agenda import Due, LaterRow
from halobestie_core.settings import Settings
from halobestie_core.words import TopicSensitivity
from support.places import Place, ids, later

CADENCE: Final = 30
CUSTOMERS: Final = tuple(UUID(int=0xC00 + n) for n in range(3))
MITRAS: Final = tuple(UUID(int=0xA00 + n) for n in range(4))
MINUTES: Final = (5, 12, 60)

Act = Callable[["Life"], Awaitable[object]]


@frozen
class Beats:
    """Heartbeats written at once: there is no batch to wait for."""

    life: "Life"

    def add(self, mitra_id: UUID, _at: object) -> None:
        """Remember to write it."""
        self.life.heard.append(mitra_id)

    async def write(self) -> None:
        """Nothing waits."""


@define
class Life:
    """One place with a desk in it."""

    place: Place
    settings: Settings
    heard: list[UUID] = field(factory=list)
    desk: Desk = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Build the desk."""
        self.desk = Desk(
            store=self.place.store,
            reads=self.place.reads,
            gateway=DevelopmentGateway(),
            connections=MemoryConnections(Tables()),  # nobody has a socket
            settings=lambda: self.settings,
            cadence=CADENCE,
            new_id=ids(1 << 50),
            saved=lambda _moved: None,
        )

    async def begin(self) -> None:
        """Let everybody exist; all mitras are online."""
        for customer_id in CUSTOMERS:
            await self.place.customer(customer_id, f"customer {customer_id.int:x}")
        for mitra_id in MITRAS:
            await self.place.mitra(mitra_id, f"mitra {mitra_id.int:x}", online=True)

    async def do(self, act: Act) -> object:
        """Do one thing, an instant after the one before; return what came of it, refusals as data."""
        await later(self.place, seconds=0.001)
        try:
            came = await act(self)
        except Problem as problem:
            return problem.code, problem.detail, problem.members
        except (StaleWrite, Conflict) as error:
            return type(error).__name__
        if self.heard:
            heard, self.heard = self.heard, []
            await self.place.heartbeats.write(dict.fromkeys(heard, self.place.now), self.desk.house)
        return came


@define
class Chance:
    """Chooses what is done next, by what there is."""

    tables: Tables
    random: Random

    def next(self) -> Act:
        """Return one thing to do."""
        tables = self.tables
        searching = any(request.is_open for request in tables.requests)
        usable = any(paid.is_open for paid in tables.payments)
        talking = any(chat.is_live for chat in tables.chats)
        # What makes no sense now is done all the same, now and then.
        kinds: list[tuple[int, bool, Callable[[], Act]]] = [
            (10, True, self._pay),
            (12, usable, self._confirm),
            (14, usable, self._search),
            (5, usable, self._search_again),
            (3, usable, self._give_up),
            (2, usable, self._go_back),
            (5, usable, self._fall_back),
            (14, searching, self._accept),
            (12, searching, self._decline),
            (5, talking, self._end),
            (9, True, self._switch),
            (8, True, self._wait),
            (10, True, self._clock),
            (10, True, self._later),
        ]
        weights = [weight if sensible else 1 for weight, sensible, _ in kinds]
        [(_, _, make)] = self.random.choices(kinds, weights)
        return make()

    def _one(self, items: Any, otherwise: UUID) -> Any:  # noqa: ANN401 - a choice among anything
        found = list(items)
        return self.random.choice(found) if found else otherwise

    def _payment(self) -> tuple[UUID, UUID]:
        """Mostly an open payment with its customer; at times an old one, or somebody else's."""
        paid = list(self.tables.payments)
        open_ones = [one for one in paid if one.is_open] if self.random.random() < 0.8 else paid
        if not open_ones:
            return CUSTOMERS[0], UUID(int=1)
        one = self.random.choice(open_ones)
        theirs = self.random.random() < 0.05
        return self.random.choice(CUSTOMERS) if theirs else one.customer_id, one.id

    def _pay(self) -> Act:
        customer, target = self.random.choice(CUSTOMERS), None
        if self.random.random() < 0.4:
            target = self.random.choice(MITRAS)
        wanted = payments.NewPayment(self.random.choice(MINUTES), targeted_mitra_id=target)
        return lambda life: payments.create(life.desk, customer, wanted)

    def _confirm(self) -> Act:
        customer, paid = self._payment()
        return lambda life: payments.confirm(life.desk, customer, paid)

    def _go_back(self) -> Act:
        customer, paid = self._payment()
        return lambda life: payments.cancel(life.desk, customer, paid)

    def _search(self) -> Act:
        customer, paid = self._payment()
        return lambda life: pairings.open_general(life.desk, customer, paid, TopicSensitivity.NORMAL)

    def _search_again(self) -> Act:
        customer, paid = self._payment()
        payment = self.tables.payments.get(paid)
        target = None if payment is None else payment.targeted_mitra_id
        mitra = target or MITRAS[0]
        topic = TopicSensitivity.SENSITIVE
        return lambda life: pairings.open_returning(life.desk, customer, paid, mitra, topic)

    def _give_up(self) -> Act:
        customer, paid = self._payment()
        return lambda life: pairings.cancel_search(life.desk, customer, paid)

    def _fall_back(self) -> Act:
        customer, paid = self._payment()
        return lambda life: pairings.fall_back(life.desk, customer, paid)

    def _request(self) -> UUID:
        some = [one for one in self.tables.requests if one.is_open or self.random.random() < 0.1]
        found: UUID = self._one((one.id for one in some), UUID(int=2))
        return found

    def _accept(self) -> Act:
        mitra, request = self.random.choice(MITRAS), self._request()
        return lambda life: pairings.accept(life.desk, mitra, request)

    def _decline(self) -> Act:
        mitra, request = self.random.choice(MITRAS), self._request()
        return lambda life: pairings.decline(life.desk, mitra, request)

    def _end(self) -> Act:
        chat = self._one(self.tables.chats, UUID(int=3))
        if isinstance(chat, UUID):
            return lambda life: chats.end_by_customer(life.desk, CUSTOMERS[0], chat)
        if self.random.random() < 0.5:
            return lambda life: chats.end_by_customer(life.desk, chat.customer_id, chat.id)
        return lambda life: chats.end_by_mitra(life.desk, chat.mitra_id, chat.id)

    def _switch(self) -> Act:
        mitra, online = self.random.choice(MITRAS), self.random.random() < 0.75
        return lambda life: presence.switch(life.desk, Beats(life), mitra, online=online)

    def _wait(self) -> Act:
        seconds = self.random.choice((0.5, 1, 3, 7, 7, 15, 20, 21, 45, 60, 130, 301, 1200))

        async def wait(life: Life) -> None:
            await later(life.place, seconds=seconds)

        return wait

    def _clock(self) -> Act:
        async def fire(life: Life) -> object:
            peek = await life.place.agenda.peek(100, deep=True)
            stale = sorted(await life.place.agenda.stale(life.desk.house, 10), key=lambda due: due.id)
            dues = sorted([*peek.due, *stale], key=_order)
            return peek.next_in, [await clock.fire(life.desk, due) for due in dues]

        return fire

    def _later(self) -> Act:
        async def run(life: Life) -> object:
            rows = await life.place.agenda.take_later(5)
            return [(row, await run_later(life, row)) for row in rows]

        return run


def _order(due: Due) -> tuple[str, UUID]:
    return due.machine, due.id


async def run_later(life: Life, row: LaterRow) -> object:
    """Run one later command as the worker would."""
    fields = {name: UUID(value) for name, value in row.fields.items() if value and name.endswith("_id")}
    match row.command:
        case "offer":
            return await clock.offer(life.desk, fields["request_id"], fields["mitra_id"], row.id)
        case "look_again":
            return await clock.look_again(life.desk, fields["request_id"], row.id)
        case "withdraw":
            detail = row.fields["detail"]
            return await clock.withdraw(life.desk, fields["request_id"], fields["mitra_id"], detail, row.id)
        case "end_chat":
            return await clock.end_chat(life.desk, fields["session_id"], "mitra_blocked", row.id)
        case _:
            await life.place.agenda.fan_out(row)
            return row.command
