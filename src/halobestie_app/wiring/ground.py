"""What everything stands on: the stores, the bus, settings, and what is known of people at this moment."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

from attrs import frozen
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.phone_hashes import PhoneHashes
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.heartbeats import PostgresHeartbeats
from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.presence_reads import PostgresPictures
from halobestie_adapters.postgres.pushes import PostgresPushOutbox
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.picture import RedisPicture
from halobestie_adapters.redis.registry import RedisConnections
from halobestie_app.environment import Environment
from halobestie_app.http.budgets import Rates
from halobestie_app.metrics import Metrics
from halobestie_app.server import Background
from halobestie_app.usecases.settings import LiveSettings
from halobestie_app.wiring.limits import counting
from halobestie_app.wiring.observing import observed
from halobestie_app.wiring.people import revocations
from halobestie_app.wiring.pricing import phone_hashes
from halobestie_app.workers.availability import AvailabilityBoard
from halobestie_app.workers.heartbeats import CollectedBeats
from halobestie_app.workers.relay import Relay
from halobestie_app.workers.revocations import Revocations
from halobestie_core.flow.availability import House
from halobestie_core.ports.notify import Topic

POOL_SIZE: Final = 12
"""Connections of one instance: enough for the loops and a burst of commands on a few cores."""


@frozen
class Ground:
    """Opened stores and what is kept fresh from them. ``gone``: log-ins that have ended."""

    env: Environment
    pool: AsyncConnectionPool
    link: RedisLink
    bus: RedisBus
    settings: LiveSettings
    gone: Revocations
    board: AvailabilityBoard
    beats: CollectedBeats
    outbox: PostgresFrameOutbox
    pushes: PostgresPushOutbox
    relay: Relay
    reads: PostgresReads
    connections: RedisConnections
    metrics: Metrics
    phone_hash: PhoneHashes
    rates: Rates

    @property
    def cadence(self) -> int:
        """Seconds between a mitra's heartbeats."""
        return self.env.mitra_heartbeat_cadence_seconds

    def house(self) -> House:
        """The rules of eligibility in force now."""
        return House.of(self.settings(), self.cadence)

    @property
    def loops(self) -> tuple[Background, ...]:
        """What keeps it fresh, whatever the role."""
        return (
            self.bus.run,
            self.board.run,
            self.beats.run,
            self.relay.run,
            self.settings.run,
            self.gone.run,
        )


async def ground(env: Environment, database_url: str, valkey_url: str, stack: AsyncExitStack) -> Ground:
    """Open both stores, and close them with the stack. The database must be migrated."""
    pool = await stack.enter_async_context(make_pool(database_url, POOL_SIZE))
    link = RedisLink(valkey_url)
    stack.push_async_callback(link.aclose)
    bus = RedisBus(link)
    cadence = env.mitra_heartbeat_cadence_seconds
    settings = LiveSettings(PostgresConfigStore(pool), cadence, _nudging(bus, Topic.CONFIG))
    await settings.refresh()
    bus.subscribe(Topic.CONFIG, settings.look_soon)

    def house() -> House:
        return House.of(settings(), cadence)

    outbox, remembered = PostgresFrameOutbox(pool), await phone_hashes(env, pool)
    return Ground(
        env=env,
        pool=pool,
        link=link,
        bus=bus,
        settings=settings,
        gone=await revocations(pool, bus),
        board=AvailabilityBoard(PostgresPictures(pool), RedisPicture(link), bus, house),
        beats=CollectedBeats(PostgresHeartbeats(pool), bus, house),
        outbox=outbox,
        pushes=PostgresPushOutbox(pool),
        relay=Relay(outbox, bus),
        reads=PostgresReads(pool, remembered),
        connections=RedisConnections(link),
        metrics=observed(pool),
        phone_hash=remembered,
        rates=counting(env, link),
    )


def _nudging(bus: RedisBus, topic: Topic) -> Callable[[], Awaitable[None]]:
    async def nudge() -> None:
        bus.publish(topic)

    return nudge
