"""An evening as the sockets of both sides see it: everything real but the server around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from attrs import define, evolve
from starlette.applications import Starlette

from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_app.usecases import chats, pairings, payments
from halobestie_app.usecases.desk import Desk
from halobestie_app.workers.relay import Relay
from halobestie_app.ws.delivery import Delivery
from halobestie_app.ws.endpoint import SocketEndpoint
from halobestie_app.ws.frames import Renderer
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.snapshot import Snapshots
from halobestie_core.ports.presence import User
from halobestie_core.words import TopicSensitivity, UserType
from support.desk import Office, office
from support.listening import PlainTokens
from support.socketing import served, token
from support.sockets import Socket
from support.waiting import eventually

pytestmark = pytest.mark.anyio


class Unknown:
    """An availability that knows nothing."""

    def count(self) -> int | None:
        """Nobody knows."""
        return None

    def is_eligible(self, _: UUID) -> bool | None:
        """Nobody knows."""
        return None


@define
class House:
    """A desk whose news reach the sockets."""

    office: Office
    desk: Desk
    base: str

    async def socket(self, kind: UserType, user_id: UUID) -> tuple[Socket, dict[str, object]]:
        """A socket of somebody, and its snapshot."""
        socket = await Socket.dialled(self.base, token(User(kind, user_id)))
        return socket, await socket.until("snapshot")


@pytest.fixture
async def house(database_url: str, valkey_url: str) -> AsyncIterator[House]:
    """One instance, put together as the wiring does it."""
    link = RedisLink(valkey_url, namespace=uuid4().hex, seconds=5)
    stop = asyncio.Event()
    async with office(database_url) as opened:
        bus, hub, outbox, reads = RedisBus(link), Hub(), PostgresFrameOutbox(opened.pool), opened.desk.reads
        relay = Relay(outbox, bus)
        renderer = Renderer(reads, Unknown(), lambda: opened.settings, 30)
        delivery = Delivery(hub, bus, outbox, renderer.render, reads.offered)
        snapshots = Snapshots(reads, Unknown(), lambda: opened.settings, 30)
        endpoint = SocketEndpoint(hub, PlainTokens(), snapshots.of)
        loops = [asyncio.create_task(run(stop)) for run in (bus.run, relay.run, delivery.run, hub.run)]

        async def up() -> bool:
            return bus.is_up

        await eventually(up)
        async with served(Starlette(routes=list(endpoint.routes()))) as base:
            yield House(opened, evolve(opened.desk, saved=lambda _: relay.nudge()), base)
            await hub.drain()
        stop.set()
        await asyncio.gather(*loops)
    await link.aclose()


async def test_a_whole_evening(house: House) -> None:
    """Each side sees its part of it, in order; a socket that comes late finds all in its snapshot."""
    desk = house.desk
    ayu, sari, tini = await house.office.customer(), await house.office.mitra(), await house.office.mitra()
    customer, nothing = await house.socket(UserType.CUSTOMER, ayu)
    assert {name: nothing[name] for name in nothing if name not in ("type", "at")} == {
        "session": None,
        "pairing_request": None,
        "payment_session": None,
        "extension": None,
    }
    winner, _ = await house.socket(UserType.MITRA, sari)
    loser, _ = await house.socket(UserType.MITRA, tini)

    begun = await payments.create(desk, ayu, payments.NewPayment(5))
    await payments.confirm(desk, ayu, begun.payment.id)
    confirmed = await customer.until("payment_confirmed")
    assert confirmed["payment"]["status"] == "confirmed"

    request = await pairings.open_general(desk, ayu, begun.payment.id, TopicSensitivity.NORMAL)
    for mitra in (winner, loser):
        card = await mitra.until("chat_request", id=str(request.request.id))
        assert card["customer"] == {"display_name": "Ayu"}
    late, snapshot = await house.socket(UserType.MITRA, tini)
    assert [offer["id"] for offer in snapshot["offers"]] == [str(request.request.id)]  # type: ignore[attr-defined]  # JSON

    paired, _ = await pairings.accept(desk, sari, request.request.id)
    for side in (customer, winner):
        frame = await side.until("paired", session_id=str(paired.session.id))
        assert frame["session"]["status"] == "active"
    for socket in (loser, late):
        await socket.until("chat_request_closed", id=str(request.request.id), reason="taken")

    again, snapshot = await house.socket(UserType.CUSTOMER, ayu)
    assert snapshot["session"]["id"] == str(paired.session.id)  # type: ignore[index]  # JSON
    await chats.end_by_customer(desk, ayu, paired.session.id)
    for side in (customer, again, winner):
        await side.until("session_ended", end_reason="customer_ended")
    assert winner.count("chat_request_closed") == 0
    assert [frame["type"] for frame in loser.frames] == [
        "ready",
        "snapshot",
        "chat_request",
        "chat_request_closed",
    ]
    for socket in (customer, winner, loser, late, again):
        with contextlib.suppress(OSError):
            await socket.close()
