"""Sockets of the public listener: who holds them, what is written to them, how long a lease lasts."""

from attrs import frozen

from halobestie_app.environment import Role
from halobestie_app.server import Background
from halobestie_app.usecases.talking import Talking
from halobestie_app.wiring.ground import Ground
from halobestie_app.wiring.observing import counted
from halobestie_app.ws.clocks import Clocks
from halobestie_app.ws.company import Company
from halobestie_app.ws.delivery import Delivery
from halobestie_app.ws.endpoint import SocketEndpoint
from halobestie_app.ws.frames import Renderer
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.leases import Leases
from halobestie_app.ws.snapshot import Snapshots
from halobestie_app.ws.talk import Talk
from halobestie_core.ports.identity import Tokens


@frozen
class Sockets:
    """What serves them, and what works beside."""

    hub: Hub
    endpoint: SocketEndpoint
    delivery: Delivery
    leases: Leases
    clocks: Clocks

    def loops(self, roles: frozenset[Role]) -> tuple[Background, ...]:
        """Return what works on them where the public listener runs."""
        if Role.PUBLIC not in roles:
            return ()
        return (self.hub.run, self.delivery.run, self.leases.run, self.clocks.run)


def sockets(ground: Ground, tokens: Tokens, talking: Talking) -> Sockets:
    """Put them together; log-ins that end close theirs."""
    hub = Hub(ground.gone.has)
    ground.gone.on_news(hub.close_logins)
    counted(hub, ground.metrics)
    reads, board, bus = ground.reads, ground.board, ground.bus
    talk, company = Talk(hub, talking), Company(hub, bus, talking, ground.connections)
    clocks = Clocks(hub, reads, reads.live_chats)
    renderer = Renderer(reads, board, ground.settings, ground.cadence)
    delivery = Delivery(
        hub,
        bus,
        ground.outbox,
        talk.writing(renderer.render),
        reads.offered,
        carry=talk.carry,
        after=clocks.after,
    )
    endpoint = SocketEndpoint(
        hub,
        tokens,
        Snapshots(reads, board, ground.settings, ground.cadence).of,
        revoked=ground.gone.refuses,
        origins=ground.env.cors_origins_public,
        seen=ground.pushes.acknowledge,
        talk=talk,
        company=company,
        timed=ground.metrics,
        rates=ground.rates,
    )
    return Sockets(hub, endpoint, delivery, Leases(hub, ground.connections), clocks)
