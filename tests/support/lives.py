"""A life: a place with all that use cases need, in which one thing is done after the other. Knows no chance.

What is outside of the place (sockets, the gateway and its pages) is in memory for each life, and has the
place's clock.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from halobestie_adapters.errors import Conflict, StaleWrite
from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.memory import MemoryConnections, MemoryInvoices, Tables
from halobestie_adapters.xendit import notices
from halobestie_app.problems import Problem
from halobestie_app.simulation.watch import row_of
from halobestie_app.usecases import clock
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.setting_aside import Aside
from halobestie_app.usecases.settings import LiveSettings, Wish
from halobestie_app.usecases.talking import Talking
from halobestie_app.usecases.till import Till
from halobestie_app.usecases.webhooks import Door, digests
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.agenda import LaterRow
from halobestie_core.ports.identity import Operator
from halobestie_core.settings import SETTINGS, Settings, changed
from halobestie_core.wire import to_wire
from support.places import Place, ids, later

CADENCE: Final = 30
CUSTOMERS: Final = tuple(UUID(int=0xC00 + n) for n in range(3))
MITRAS: Final = tuple(UUID(int=0xA00 + n) for n in range(4))
OPERATOR: Final = UUID(int=0xD00)

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
    """One place with a desk in it. ``billed``: people pay on the pages of a gateway, which tells by webhook.

    ``settings``: those in force. ``taken``: how often each row of the tables was. ``brought``: so many of the
    gateway's deliveries were.
    """

    place: Place
    settings: Settings
    billed: bool = False
    heard: list[UUID] = field(factory=list)
    taken: Counter[str] = field(factory=Counter)
    brought: int = 0
    outside: Tables = field(factory=Tables)
    connections: MemoryConnections = field(init=False)
    invoices: MemoryInvoices = field(init=False)
    desk: Desk = field(init=False)
    door: Door = field(init=False)
    talking: Talking = field(init=False)
    live: LiveSettings = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Build the desk, and what stands beside it."""
        new_id, place = ids(1 << 50), self.place
        self.connections = MemoryConnections(self.outside)
        self.invoices = MemoryInvoices(self.outside.clock)
        till = Till(self.invoices, place.book, aside=Aside(place.inbox, new_id))
        self.desk = Desk(
            store=place.store,
            reads=place.reads,
            gateway=self.invoices if self.billed else DevelopmentGateway(),
            connections=self.connections,
            settings=lambda: self.settings,
            cadence=CADENCE,
            new_id=new_id,
            saved=self._saved,
            till=till if self.billed else None,
        )
        self.door = Door(
            place.inbox, notices.read, digests(("token",)), new_id, lambda: None, lambda _how: None
        )
        self.talking = Talking(place.messages, place.reads, lambda: None)
        self.live = LiveSettings(place.config, CADENCE, self._nudged)

    async def begin(self) -> None:
        """Let everybody exist; all mitras are online."""
        await self.open()
        for customer_id in CUSTOMERS:
            await self.place.customer(customer_id, f"customer {customer_id.int:x}")
        for mitra_id in MITRAS:
            await self.place.mitra(mitra_id, f"mitra {mitra_id.int:x}", online=True)

    async def open(self) -> None:
        """Let the operator exist, and set what is not as it is everywhere."""
        async with self.place.identity.unit() as unit:
            await unit.add_operator(Operator(OPERATOR, "ops@halobestie.example", "", disabled=False))
        wishes = [
            Wish(key, to_wire(getattr(self.settings, key)), "$.value")
            for key in SETTINGS
            if getattr(self.settings, key) != getattr(Settings(), key)
        ]
        if wishes:
            await self.live.change(wishes, OPERATOR)

    async def turn(self, key: str, value: object) -> None:
        """Have the operator turn one of the settings."""
        await self.live.change((Wish(key, value, "$.value"),), OPERATOR)
        self.settings = changed(self.settings, {key: value}, CADENCE)

    async def do(self, act: Act) -> object:
        """Do one thing, an instant after the one before; return what came of it, refusals as data."""
        await later(self.place, seconds=0.001)
        self.outside.clock.now = self.place.now
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

    def _saved(self, moved: Moved) -> None:
        self.taken.update(row for move in moved.moves if (row := row_of(move)) is not None)

    async def _nudged(self) -> None:
        """Nobody else has to look."""


async def run_later(life: Life, row: LaterRow) -> object:
    """Run one later command as the worker would."""
    fields = {name: UUID(value) for name, value in row.fields.items() if value and name.endswith("_id")}
    match row.command:
        case "offer":
            return await clock.offer(life.desk, fields["request_id"], fields["mitra_id"], row.id)
        case "look_again":
            await life.place.agenda.withdraw_gone(fields["request_id"])
            waves = row.fields.get("whom") != "everybody"
            return await clock.look_again(life.desk, fields["request_id"], row.id, waves=waves)
        case "withdraw":
            detail = row.fields["detail"]
            return await clock.withdraw(life.desk, fields["request_id"], fields["mitra_id"], detail, row.id)
        case "end_chat":
            return await clock.end_chat(life.desk, fields["session_id"], "mitra_blocked", row.id)
        case _:
            await life.place.agenda.fan_out(row)
            return row.command
