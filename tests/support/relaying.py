"""One instance's way of frames, from the outbox to sockets that only remember. Knows no server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from attrs import define, field
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_app.workers.relay import Relay
from halobestie_app.ws.delivery import Delivery
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.session import Session
from halobestie_app.ws.socket import Socket
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.presence import User
from support.waiting import eventually


@define
class Instance:
    """One instance; `heard` is what each of its users was sent, `offered` who was offered a request."""

    link: RedisLink
    bus: RedisBus
    hub: Hub
    relay: Relay
    offered: list[UUID]
    delivery: Delivery
    heard: dict[User, list[str]] = field(factory=dict)

    def joins(self, user: User) -> Socket:
        """A socket of this user, which hears everything."""
        mine = self.heard.setdefault(user, [])

        async def send(text: str) -> None:
            mine.append(text)

        async def end(_: int, __: str) -> None:
            pass

        socket = Socket(Session(lambda _, __: None, 0), send, end)
        self.hub.opened(socket)
        self.hub.joined(socket, user)
        return socket

    async def hears(self, user: User, rows: Sequence[int], *, seconds: float = 10) -> None:
        """Wait until this user heard exactly these rows, in this order."""
        expected = [str(row) for row in rows]

        async def so() -> bool:
            return self.heard[user] == expected

        await eventually(so, seconds=seconds, what=f"expected {expected}, heard {self.heard[user]}")

    async def up(self) -> None:
        """Wait until frames reach this instance over the bus."""

        async def so() -> bool:
            return self.bus.is_up

        await eventually(so, what="the bus does not come up")


@asynccontextmanager
async def instance(
    pool: AsyncConnectionPool, valkey_url: str, namespace: str, *, seconds: float = 5, relays: bool = True
) -> AsyncIterator[Instance]:
    """An instance that runs; with `relays`, it also carries rows from the outbox to the bus."""
    link = RedisLink(valkey_url, namespace=namespace, seconds=seconds)
    bus, hub, outbox = RedisBus(link), Hub(), PostgresFrameOutbox(pool)
    offered: list[UUID] = []

    async def render(row: OutboxFrame) -> str:
        return str(row.id)

    async def shown(_: UUID, __: int | None) -> Sequence[UUID]:
        return offered

    delivery = Delivery(hub, bus, outbox, render, shown)
    relay = Relay(outbox, bus)
    stop = asyncio.Event()
    work = [bus.run, delivery.run, *([relay.run] if relays else [])]
    tasks = [asyncio.create_task(one(stop)) for one in work]
    try:
        yield Instance(link, bus, hub, relay, offered, delivery)
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await link.aclose()
