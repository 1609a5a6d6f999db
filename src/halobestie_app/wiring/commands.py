"""How commands are performed, and who hears of every commit. None of them is needed for it to be true."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from attrs import frozen

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.agenda import PostgresAgenda
from halobestie_adapters.postgres.pushes import PostgresDevices
from halobestie_adapters.postgres.unit import PostgresStore
from halobestie_app.environment import Role
from halobestie_app.server import Background
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.till import RHYTHM, Rhythm
from halobestie_app.wiring.ground import Ground
from halobestie_app.wiring.money import Counter, counter, gateway, till
from halobestie_app.wiring.outside import push_sender
from halobestie_app.wiring.people import shuts_out
from halobestie_app.workers.availability import touches
from halobestie_app.workers.deadlines import Deadlines
from halobestie_app.workers.later import LaterCommands
from halobestie_app.workers.notices import Notices
from halobestie_app.workers.pushes import Pushes
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.notify import Topic


@frozen
class Commands:
    """The desk, and the workers that use it."""

    desk: Desk
    money: Counter
    deadlines: Deadlines
    later: LaterCommands
    pushes: Pushes

    def loops(self, roles: frozenset[Role]) -> tuple[Background, ...]:
        """Return what works on them in these roles."""
        if Role.WORKER not in roles:
            return self.money.loops(roles)
        return (*self.money.loops(roles), self.deadlines.run, self.later.run, self.pushes.run)


async def commands(ground: Ground, stack: AsyncExitStack, rhythm: Rhythm = RHYTHM) -> Commands:
    """Put together the desk, and let everybody concerned hear of what it saves. Raises `BadVariable`."""
    hearing: list[Callable[[Moved], None]] = []

    def saved(moved: Moved) -> None:
        for hear in hearing:
            hear(moved)

    takes_money, invoices = await gateway(ground.env, stack)
    desk = Desk(
        store=PostgresStore(ground.pool, phone_hash=ground.phone_hash),
        reads=ground.reads,
        gateway=takes_money,
        connections=ground.connections,
        settings=ground.settings,
        cadence=ground.cadence,
        new_id=uuid7,
        saved=saved,
        till=till(invoices, ground.pool, ground.metrics, rhythm),
    )
    agenda = PostgresAgenda(ground.pool)
    made = Commands(
        desk,
        counter(ground.env, ground.pool, desk, ground.metrics),
        Deadlines(desk, agenda),
        LaterCommands(desk, agenda),
        Pushes(
            ground.pushes,
            PostgresDevices(ground.pool),
            await push_sender(ground.env, stack, ground.metrics),
            ground.connections,
            Notices(ground.reads),
            count=ground.metrics.pushed,
        ),
    )
    ground.bus.subscribe(Topic.DEADLINE, made.later.wake)
    hearing += [
        ground.metrics.moved,
        made.deadlines.saved,
        made.later.saved,
        made.money.saved,
        made.pushes.saved,
        lambda moved: ground.relay.nudge() if moved.effects else None,
        lambda moved: ground.bus.publish(Topic.PRESENCE) if touches(moved) else None,
        lambda moved: ground.gone.tell() if shuts_out(moved) else None,
    ]
    return made
