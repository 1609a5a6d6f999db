"""Puts the parts together: the one module that picks concrete adapters. Decides nothing.

Built in one direction: stores, then what use cases share, then listeners and loops. Everything that is news
goes through ``saved``, called after each commit; it nudges whoever carries the news on, and none of them is
needed for it to be true.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from attrs import frozen
from starlette.types import ASGIApp

from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.agenda import PostgresAgenda
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_adapters.postgres.history import PostgresHistories
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.presence_reads import PostgresPictures
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_adapters.postgres.pushes import PostgresDevices, PostgresPushOutbox
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.postgres.unit import PostgresStore
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.picture import RedisPicture
from halobestie_adapters.redis.registry import RedisConnections
from halobestie_app.environment import Environment, Role
from halobestie_app.http import health, internal, public, returning
from halobestie_app.http import metrics as scraping
from halobestie_app.http.listener import Extras, make_app
from halobestie_app.http.principal import Bearers
from halobestie_app.server import Background
from halobestie_app.services import Services
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.settings import LiveSettings
from halobestie_app.usecases.talking import Talking
from halobestie_app.wiring.auditing import auditing
from halobestie_app.wiring.back_office import back_office, mitras
from halobestie_app.wiring.failures import failure_desk
from halobestie_app.wiring.money import counter, gateway, till
from halobestie_app.wiring.observing import counted, looking, observed, sweeping, watching
from halobestie_app.wiring.once import chores, once
from halobestie_app.wiring.outside import cipher, push_sender
from halobestie_app.wiring.people import chores as identity_chores
from halobestie_app.wiring.people import id_tokens, identity, operators, otp_sender, revocations, shuts_out
from halobestie_app.wiring.pricing import phone_hashes
from halobestie_app.wiring.probes import migrations, postgres
from halobestie_app.workers.availability import AvailabilityBoard, touches
from halobestie_app.workers.deadlines import Deadlines
from halobestie_app.workers.heartbeats import CollectedBeats
from halobestie_app.workers.housekeeping import Housekeeping
from halobestie_app.workers.later import LaterCommands
from halobestie_app.workers.notices import Notices
from halobestie_app.workers.pushes import Pushes
from halobestie_app.workers.relay import Relay
from halobestie_app.workers.revocations import Revocations
from halobestie_app.ws.clocks import Clocks
from halobestie_app.ws.company import Company
from halobestie_app.ws.delivery import Delivery
from halobestie_app.ws.endpoint import SocketEndpoint
from halobestie_app.ws.frames import Renderer
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.leases import Leases
from halobestie_app.ws.protocol import SERVED_BY
from halobestie_app.ws.snapshot import Snapshots
from halobestie_app.ws.talk import Talk
from halobestie_core.flow.availability import House
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.notify import Topic

POOL_SIZE: Final = 12
"""Connections of one instance: enough for the loops and a burst of commands on a few cores."""


@frozen
class Parts:
    """A whole server, not yet listening.

    An application per listener, loops, and what to do when it is time to go.
    """

    services: Services
    apps: Mapping[Role, ASGIApp]
    sockets: Mapping[Role, Mapping[str, Any]]
    background: tuple[Background, ...]
    drain: Callable[[], Awaitable[None]]


@asynccontextmanager
async def assembled(
    env: Environment, database_url: str, valkey_url: str, roles: frozenset[Role] = frozenset(Role)
) -> AsyncIterator[Parts]:
    """Build a server on two stores, and close what was opened when it is over.

    The database must be migrated.
    """
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_pool(database_url, POOL_SIZE))
        link = RedisLink(valkey_url)
        stack.push_async_callback(link.aclose)
        passwords = Argon2Passwords()
        stack.callback(passwords.close)
        sender = await otp_sender(env, stack)

        bus = RedisBus(link)
        settings = LiveSettings(
            PostgresConfigStore(pool), env.mitra_heartbeat_cadence_seconds, _nudging(bus, Topic.CONFIG)
        )
        await settings.refresh()
        bus.subscribe(Topic.CONFIG, settings.look_soon)

        def house() -> House:
            return House.of(settings(), env.mitra_heartbeat_cadence_seconds)

        gone = await revocations(pool, bus)
        board = AvailabilityBoard(PostgresPictures(pool), RedisPicture(link), bus, house)
        beats = CollectedBeats(PostgresHeartbeats(pool), bus, house)
        remembered = await phone_hashes(env, pool)
        outbox, reads, connections = (
            PostgresFrameOutbox(pool),
            PostgresReads(pool, remembered),
            RedisConnections(link),
        )
        relay = Relay(outbox, bus)
        metrics = observed(pool)
        listeners_of_news: list[Callable[[Moved], None]] = [metrics.moved]

        def saved(moved: Moved) -> None:
            for hear in listeners_of_news:
                hear(moved)

        takes_money, invoices = await gateway(env, stack)
        desk = Desk(
            store=PostgresStore(pool, phone_hash=remembered),
            reads=reads,
            gateway=takes_money,
            connections=connections,
            settings=settings,
            cadence=env.mitra_heartbeat_cadence_seconds,
            new_id=uuid7,
            saved=saved,
            till=till(invoices, pool, metrics),
        )
        money = counter(env, pool, desk, metrics)
        agenda = PostgresAgenda(pool)
        deadlines, later = Deadlines(desk, agenda), LaterCommands(desk, agenda)
        bus.subscribe(Topic.DEADLINE, later.wake)
        listeners_of_news += [
            deadlines.saved,
            later.saved,
            lambda moved: relay.nudge() if moved.effects else None,
            lambda moved: bus.publish(Topic.PRESENCE) if touches(moved) else None,
            lambda moved: gone.tell() if shuts_out(moved) else None,
            money.saved,
        ]
        push_outbox, devices = PostgresPushOutbox(pool), PostgresDevices(pool)
        sender_of_pushes = await push_sender(env, stack, metrics)
        pushes = Pushes(
            push_outbox, devices, sender_of_pushes, connections, Notices(reads), count=metrics.pushed
        )
        listeners_of_news.append(pushes.saved)
        talking = Talking(PostgresMessages(pool, cipher(env)), reads, relay.nudge)
        services = Services(
            desk=desk,
            once=once(env, pool, metrics.replayed),
            identity=identity(env, pool, sender, gone.ended, await id_tokens(env, stack)),
            operators=operators(env, pool, passwords, gone.ended),
            talking=talking,
            availability=board,
            beats=beats,
            devices=devices,
            settings=settings,
            prices=PostgresPrices(pool),
            histories=PostgresHistories(pool),
            environment=env,
            metrics=metrics,
            **looking(pool, metrics, house),
            failures=failure_desk(pool, desk),
            mitras=mitras(pool, desk),
            back_office=back_office(pool),
            audits=auditing(pool),
            inbox=money.inbox,
            door=money.door,
        )
        hub = Hub(gone.has)
        gone.on_news(hub.close_logins)
        counted(hub, metrics)
        renderer = Renderer(reads, board, settings, desk.cadence)
        talk, company = Talk(hub, talking), Company(hub, bus, talking, connections)
        clocks = Clocks(hub, reads, reads.live_chats)
        delivery = Delivery(
            hub,
            bus,
            outbox,
            talk.writing(renderer.render),
            reads.offered,
            carry=talk.carry,
            after=clocks.after,
        )
        leases = Leases(hub, connections)
        sockets = SocketEndpoint(
            hub,
            services.identity.log_ins.tokens,
            Snapshots(reads, board, settings, desk.cadence).of,
            revoked=gone.refuses,
            origins=env.cors_origins_public,
            seen=push_outbox.acknowledge,
            talk=talk,
            company=company,
            timed=metrics,
        )
        unconfigured = ("push",) if env.firebase_service_account_path is None else ()
        gate = health.Gate(postgres(pool), migrations(pool), link.probe, unconfigured, gone.condition)
        apps = _apps(env, services, gate, sockets, gone)
        loops: list[Background] = [bus.run, board.run, beats.run, relay.run, settings.run, gone.run]
        loops += money.loops(roles)
        if Role.PUBLIC in roles:
            loops += [hub.run, delivery.run, leases.run, clocks.run]
        loops += watching(pool, services.reports, metrics, roles)
        if Role.WORKER in roles:
            sweeper = Housekeeping([*chores(pool), *sweeping(pool), *identity_chores(pool)])
            loops += [deadlines.run, later.run, pushes.run, sweeper.run]

        async def drain() -> None:
            gate.stop()
            services.streams.drain()
            await hub.drain()

        yield Parts(
            services,
            {role: apps[role] for role in apps if role in roles},
            {Role.PUBLIC: SERVED_BY},
            tuple(loops),
            drain,
        )


def _apps(
    env: Environment, services: Services, gate: health.Gate, sockets: SocketEndpoint, gone: Revocations
) -> dict[Role, ASGIApp]:
    outside = Extras(
        mounted=(*sockets.routes(), *returning.ROUTES),
        origins=env.cors_origins_public,
        watch=services.metrics.watching("public"),
        strict_transport=env.production,
    )
    inside = Extras(
        mounted=scraping.routes(services.metrics),
        origins=env.cors_origins_internal,
        watch=services.metrics.watching("internal"),
        strict_transport=env.production,
    )
    people = Bearers(services.identity.log_ins.tokens, gone.refuses)
    staff = Bearers(services.operators.log_ins.tokens, gone.refuses)
    return {
        Role.PUBLIC: make_app(public.PUBLIC, public.ROUTES, services, people, gate, outside),
        Role.INTERNAL: make_app(internal.INTERNAL, internal.ROUTES, services, staff, gate, inside),
    }


def _nudging(bus: RedisBus, topic: Topic) -> Callable[[], Awaitable[None]]:
    async def nudge() -> None:
        bus.publish(topic)

    return nudge
