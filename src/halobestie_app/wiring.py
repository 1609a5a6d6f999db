"""Puts the parts together: the one module that picks concrete adapters. Decides nothing.

Built in one direction: stores, then what use cases share, then listeners and loops. Everything that is news
goes through ``saved``, called after each commit; it nudges whoever carries the news on, and none of them is
needed for it to be true.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from attrs import frozen
from psycopg_pool import AsyncConnectionPool
from starlette.types import ASGIApp

from halobestie_adapters.crypto.chat import AesChatCipher, BadChatKeys
from halobestie_adapters.fcm.account import BadServiceAccount, ServiceAccount
from halobestie_adapters.fcm.sender import FcmSender
from halobestie_adapters.fcm.sender import new_client as fcm_client
from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.identity.codes import HashedCodes
from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.identity.otp import HttpOtp, PrintedOtp, new_client
from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_adapters.identity.phones import E164Phones
from halobestie_adapters.identity.refresh import SealedRefreshTokens
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.agenda import PostgresAgenda
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_adapters.postgres.identity import PostgresIdentityStore
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_adapters.postgres.migrations import pending
from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.postgres.pool import connection, make_pool
from halobestie_adapters.postgres.presence_reads import PostgresPictures
from halobestie_adapters.postgres.pushes import PostgresDevices, PostgresPushOutbox
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.postgres.unit import PostgresStore
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.picture import RedisPicture
from halobestie_adapters.redis.registry import RedisConnections
from halobestie_app.environment import BadVariable, Environment, OtpProvider, Role
from halobestie_app.http import health, internal, public
from halobestie_app.http.listener import Extras, make_app
from halobestie_app.http.principal import Bearers
from halobestie_app.server import Background
from halobestie_app.services import Services
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.log_ins import LogIns
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_app.usecases.settings import LiveSettings
from halobestie_app.usecases.talking import Talking
from halobestie_app.workers.availability import AvailabilityBoard, touches
from halobestie_app.workers.deadlines import Deadlines
from halobestie_app.workers.heartbeats import CollectedBeats
from halobestie_app.workers.later import LaterCommands
from halobestie_app.workers.notices import Notices
from halobestie_app.workers.pushes import LoggedPushes, Pushes
from halobestie_app.workers.relay import Relay
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
from halobestie_core.ports.identity import Audience, OtpSender
from halobestie_core.ports.notify import Topic
from halobestie_core.ports.push import PushSender

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


def identity(env: Environment, pool: AsyncConnectionPool, sender: OtpSender | None) -> Identity:
    """Make the use cases of customers and mitras; without ``sender`` no codes are sent."""
    keys = KeyRing([secret.reveal().encode() for secret in env.auth_jwt_secret])
    store = PostgresIdentityStore(pool)
    log_ins = LogIns(store, JwtTokens(keys, Audience.PUBLIC), SealedRefreshTokens(keys), uuid7)
    return Identity(store, log_ins, HashedCodes(keys), E164Phones(), sender, uuid7)


def operators(env: Environment, pool: AsyncConnectionPool, passwords: Argon2Passwords) -> OperatorAccounts:
    """Make the use cases of operators' accounts."""
    keys = KeyRing([secret.reveal().encode() for secret in env.auth_jwt_secret_internal])
    store = PostgresIdentityStore(pool)
    log_ins = LogIns(store, JwtTokens(keys, Audience.INTERNAL), SealedRefreshTokens(keys), uuid7)
    return OperatorAccounts(store, log_ins, HashedCodes(keys), passwords, uuid7)


def cipher(env: Environment) -> AesChatCipher:
    """Make the cipher of what people write. Raises `BadVariable`."""
    try:
        return AesChatCipher([secret.reveal().encode() for secret in env.chat_encryption_keys])
    except BadChatKeys as wrong:
        raise BadVariable("CHAT_ENCRYPTION_KEYS", str(wrong)) from None


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
        sender = await _otp_sender(env, stack)

        bus = RedisBus(link)
        settings = LiveSettings(
            PostgresConfigStore(pool), env.mitra_heartbeat_cadence_seconds, _nudging(bus, Topic.CONFIG)
        )
        await settings.refresh()
        bus.subscribe(Topic.CONFIG, settings.look_soon)

        def house() -> House:
            return House.of(settings(), env.mitra_heartbeat_cadence_seconds)

        board = AvailabilityBoard(PostgresPictures(pool), RedisPicture(link), bus, house)
        beats = CollectedBeats(PostgresHeartbeats(pool), bus, house)
        outbox, reads, connections = PostgresFrameOutbox(pool), PostgresReads(pool), RedisConnections(link)
        relay = Relay(outbox, bus)
        listeners_of_news: list[Callable[[Moved], None]] = []

        def saved(moved: Moved) -> None:
            for hear in listeners_of_news:
                hear(moved)

        desk = Desk(
            store=PostgresStore(pool),
            reads=reads,
            gateway=DevelopmentGateway(),
            connections=connections,
            settings=settings,
            cadence=env.mitra_heartbeat_cadence_seconds,
            new_id=uuid7,
            saved=saved,
        )
        agenda = PostgresAgenda(pool)
        deadlines, later = Deadlines(desk, agenda), LaterCommands(desk, agenda)
        bus.subscribe(Topic.DEADLINE, later.wake)
        listeners_of_news += [
            deadlines.saved,
            later.saved,
            lambda moved: relay.nudge() if moved.effects else None,
            lambda moved: bus.publish(Topic.PRESENCE) if touches(moved) else None,
        ]
        push_outbox, devices = PostgresPushOutbox(pool), PostgresDevices(pool)
        push_sender = await _push_sender(env, stack)
        pushes = Pushes(push_outbox, devices, push_sender, connections, Notices(reads))
        listeners_of_news.append(pushes.saved)
        talking = Talking(PostgresMessages(pool, cipher(env)), reads, relay.nudge)
        services = Services(
            desk=desk,
            identity=identity(env, pool, sender),
            operators=operators(env, pool, passwords),
            talking=talking,
            availability=board,
            beats=beats,
            devices=devices,
            settings=settings,
            environment=env,
        )
        hub = Hub()
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
            origins=env.cors_origins_public,
            seen=push_outbox.acknowledge,
            talk=talk,
            company=company,
        )
        unconfigured = ("push",) if env.firebase_service_account_path is None else ()
        gate = health.Gate(_postgres(pool), _migrations(pool), link.probe, unconfigured)
        apps = _apps(env, services, gate, sockets)
        loops: list[Background] = [bus.run, board.run, beats.run, relay.run, settings.run]
        if Role.PUBLIC in roles:
            loops += [hub.run, delivery.run, leases.run, clocks.run]
        if Role.WORKER in roles:
            loops += [deadlines.run, later.run, pushes.run]

        async def drain() -> None:
            gate.stop()
            await hub.drain()

        yield Parts(
            services,
            {role: apps[role] for role in apps if role in roles},
            {Role.PUBLIC: SERVED_BY},
            tuple(loops),
            drain,
        )


def _apps(
    env: Environment, services: Services, gate: health.Gate, sockets: SocketEndpoint
) -> dict[Role, ASGIApp]:
    outside = Extras(
        mounted=sockets.routes(), origins=env.cors_origins_public, strict_transport=env.production
    )
    inside = Extras(origins=env.cors_origins_internal, strict_transport=env.production)
    people = Bearers(services.identity.log_ins.tokens)
    staff = Bearers(services.operators.log_ins.tokens)
    return {
        Role.PUBLIC: make_app(public.PUBLIC, public.ROUTES, services, people, gate, outside),
        Role.INTERNAL: make_app(internal.INTERNAL, internal.ROUTES, services, staff, gate, inside),
    }


async def _otp_sender(env: Environment, stack: AsyncExitStack) -> OtpSender | None:
    if env.otp_provider is OtpProvider.DEVELOPMENT:
        return PrintedOtp()
    if (
        env.otp_provider is OtpProvider.HTTP
        and env.otp_http_url is not None
        and env.otp_http_token is not None
    ):
        client = await stack.enter_async_context(new_client())
        return HttpOtp(client, env.otp_http_url, env.otp_http_token.reveal())
    return None


async def _push_sender(env: Environment, stack: AsyncExitStack) -> PushSender:
    """FCM, or the log where no service account is set up. Raises `BadVariable`."""
    path = env.firebase_service_account_path
    if path is None:
        return LoggedPushes()
    try:
        account = ServiceAccount.read(path)
    except BadServiceAccount as wrong:
        raise BadVariable("FIREBASE_SERVICE_ACCOUNT_PATH", str(wrong)) from None
    return FcmSender(await stack.enter_async_context(fcm_client()), env.fcm_base_url, account)


def _nudging(bus: RedisBus, topic: Topic) -> Callable[[], Awaitable[None]]:
    async def nudge() -> None:
        bus.publish(topic)

    return nudge


def _postgres(pool: AsyncConnectionPool) -> health.Probe:
    async def probe() -> str | None:
        async with connection(pool) as conn:
            await conn.execute("SELECT 1")
        return None

    return probe


def _migrations(pool: AsyncConnectionPool) -> health.Probe:
    async def probe() -> str | None:
        async with connection(pool) as conn:
            missing = await pending(conn)
        return f"Migrations are missing: {', '.join(missing)}." if missing else None

    return probe
