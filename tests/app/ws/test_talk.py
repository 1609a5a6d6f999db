"""Two who talk over real sockets, on two instances with one database and one Redis between them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from attrs import define, field
from psycopg.sql import SQL
from starlette.applications import Starlette

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres.migrations import migrate
from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.redis.bus import RedisBus
from halobestie_adapters.redis.connection import RedisLink
from halobestie_adapters.redis.registry import RedisConnections
from halobestie_app.usecases import chats, pairings
from halobestie_app.usecases.talking import Talking
from halobestie_app.workers.relay import Relay
from halobestie_app.ws.clocks import Clocks
from halobestie_app.ws.company import Company
from halobestie_app.ws.delivery import Delivery
from halobestie_app.ws.endpoint import SocketEndpoint
from halobestie_app.ws.frames import Renderer
from halobestie_app.ws.hub import Hub
from halobestie_app.ws.leases import Leases
from halobestie_app.ws.snapshot import Snapshots
from halobestie_app.ws.talk import Talk
from halobestie_core.ports.presence import User
from halobestie_core.words import TopicSensitivity, UserType
from support.killing import paused
from support.listening import PlainTokens
from support.socketing import served, token
from support.sockets import Socket
from support.talking import Chat, Parlour, parlour
from support.waiting import eventually

pytestmark = pytest.mark.anyio

MARKER = "rahasiakuSATU"


class Unknown:
    """Nobody knows who is there."""

    def count(self) -> int | None:
        """Nobody knows."""
        return None

    def is_eligible(self, _: UUID) -> bool | None:
        """Nobody knows."""
        return None


@define
class Place:
    """One instance, put together as the wiring does it."""

    base: str
    bus: RedisBus
    relay: Relay
    clocks: Clocks
    revoked: set[UUID]

    async def up(self) -> None:
        """Wait until frames reach it over the bus."""

        async def so() -> bool:
            return self.bus.is_up

        await eventually(so, what="the bus does not come up")


@asynccontextmanager
async def place(room: Parlour, valkey_url: str, namespace: str) -> AsyncIterator[Place]:
    """Open an instance."""
    link = RedisLink(valkey_url, namespace=namespace, seconds=5)
    stop = asyncio.Event()
    revoked: set[UUID] = set()
    bus, hub, outbox = RedisBus(link), Hub(revoked.__contains__), PostgresFrameOutbox(room.office.pool)
    reads, connections = PostgresReads(room.office.pool), RedisConnections(link)
    relay = Relay(outbox, bus)
    talking = Talking(room.messages, reads, relay.nudge)
    talk, company = Talk(hub, talking), Company(hub, bus, talking, connections)
    clocks = Clocks(hub, reads, reads.live_chats)
    renderer = Renderer(reads, Unknown(), lambda: room.office.settings, 30)
    delivery = Delivery(
        hub, bus, outbox, talk.writing(renderer.render), reads.offered, carry=talk.carry, after=clocks.after
    )
    endpoint = SocketEndpoint(
        hub,
        PlainTokens(),
        Snapshots(reads, Unknown(), lambda: room.office.settings, 30).of,
        revoked=revoked.__contains__,
        talk=talk,
        company=company,
    )
    runs = (bus.run, relay.run, delivery.run, hub.run, Leases(hub, connections).run)
    loops = [asyncio.create_task(run(stop)) for run in runs]
    async with served(Starlette(routes=list(endpoint.routes()))) as base:
        opened = Place(base, bus, relay, clocks, revoked)
        await opened.up()
        yield opened
        await hub.drain()
    stop.set()
    await asyncio.gather(*loops)
    await link.aclose()


@define
class House:
    """Two instances, people who talk, and their sockets."""

    room: Parlour
    places: Sequence[Place]
    sockets: list[Socket] = field(factory=list)

    async def socket(self, who: User, place: int = 0) -> Socket:
        """A socket that has had its snapshot."""
        opened = await Socket.dialled(self.places[place].base, token(who))
        self.sockets.append(opened)
        await opened.until("snapshot")
        return opened

    async def resumed(self, who: User, chats: dict[UUID, int], place: int = 0) -> Socket:
        """A socket that has said how far it is, and was answered."""
        opened = await self.socket(who, place)
        await resume(opened, chats)
        return opened

    async def begun(self, customer: User, mitra: User) -> Chat:
        """A chat of these two, of whom everybody is told."""
        desk = self.room.office.desk
        paid = await self.room.office.paid(customer.id)
        request = await pairings.open_general(desk, customer.id, paid.payment.id, TopicSensitivity.NORMAL)
        seen, _ = await pairings.accept(desk, mitra.id, request.request.id)
        self.places[0].relay.nudge()
        return Chat(seen.session.id, customer, mitra)

    async def said(self, who: User, chat: Chat, text: str) -> None:
        """Say something past every socket; the nearest instance is told."""
        await self.room.said(who, chat, text)
        self.places[0].relay.nudge()


@pytest.fixture
async def house(database_url: str, valkey_url: str) -> AsyncIterator[House]:
    """Two instances."""
    namespace = uuid4().hex
    async with (
        parlour(database_url, connections=10) as room,
        place(room, valkey_url, namespace) as one,
        place(room, valkey_url, namespace) as other,
    ):
        opened = House(room, (one, other))
        yield opened
        for socket in opened.sockets:
            await socket.close()


@pytest.fixture
async def chat(house: House) -> Chat:
    """Two who have just met."""
    return await house.room.chat()


async def resume(socket: Socket, chats: dict[UUID, int]) -> None:
    """Say how far one is and wait for the answer."""
    await socket.send("resume", chats={str(chat): seq for chat, seq in chats.items()})
    await socket.until("resumed")


def seqs(socket: Socket) -> list[int]:
    """The numbers of the messages that came, in order."""
    return [frame["message"]["seq"] for frame in socket.frames if frame["type"] == "message"]


async def has(socket: Socket, *expected: int) -> None:
    """Wait until exactly these messages came, in this order."""

    async def so() -> bool:
        return seqs(socket) == [*expected]

    await eventually(so, what=f"expected {expected}, came {seqs(socket)}")


async def say(socket: Socket, chat: Chat, text: str, id_: UUID | None = None) -> dict[str, Any]:
    """Say something, and wait for the acknowledgement."""
    message_id = str(id_ or uuid4())
    await socket.send("message", session_id=str(chat.id), client_message_id=message_id, text=text)
    return await socket.until("message_ack", client_message_id=message_id)


# ---------------------------------------------------------------------- saying


async def test_said_on_one_instance_heard_on_the_other(house: House, chat: Chat) -> None:
    """A message is acknowledged to whoever said it, and comes to every socket of both sides."""
    mine, mine_too = await house.resumed(chat.customer, {}), await house.resumed(chat.customer, {}, 1)
    theirs = await house.resumed(chat.mitra, {}, 1)
    ack = await say(mine, chat, "halo kak 🌿")
    assert (ack["session_id"], ack["seq"]) == (str(chat.id), 1)
    for socket in (mine, mine_too, theirs):
        frame = await socket.until("message", session_id=str(chat.id))
        assert set(frame) == {"type", "at", "session_id", "message"}
        message = frame["message"]
        assert set(message) == {"seq", "sender", "client_message_id", "text", "sent_at"}
        assert (message["seq"], message["sender"], message["text"]) == (1, "customer", "halo kak 🌿")
    assert (await say(theirs, chat, "halo"))["seq"] == 2
    await mine.until("message", session_id=str(chat.id))


async def test_a_resend_over_another_socket(house: House, chat: Chat) -> None:
    """A client that lost the acknowledgement says it again elsewhere, and gets the same number."""
    first, id_ = await house.resumed(chat.customer, {}), uuid4()
    ack = await say(first, chat, "halo", id_)
    await first.close()
    second = await house.resumed(chat.customer, {chat.id: 0}, 1)
    assert await say(second, chat, "halo", id_) == ack
    await has(second, 1)
    await second.send("message", session_id=str(chat.id), client_message_id=str(id_), text="hai")
    error = await second.until("error", client_message_id=str(id_))
    assert error["code"] == "INVALID_STATE"


async def test_refused(house: House, chat: Chat) -> None:
    """What cannot be said is answered with its code and its id, and nothing of it is kept."""
    other = await house.room.chat()
    mine, stranger = await house.resumed(chat.customer, {}), await house.resumed(other.mitra, {}, 1)

    async def refused(socket: Socket, session_id: UUID, text: object = "halo") -> str:
        id_ = str(uuid4())
        await socket.send("message", session_id=str(session_id), client_message_id=id_, text=text)
        return str((await socket.until("error", client_message_id=id_))["code"])

    assert await refused(stranger, chat.id) == "FORBIDDEN"
    assert await refused(mine, uuid4()) == "NOT_FOUND"
    for wrong in ("", "x" * 4001, "a\0b", 7, None):
        assert await refused(mine, chat.id, wrong) == "VALIDATION_ERROR"
    asked = await house.room.pauses(chat)
    assert await refused(mine, chat.id) == "SESSION_PAUSED"
    await house.room.goes_on(chat, asked)
    await chats.end_by_customer(house.room.office.desk, chat.customer.id, chat.id)
    assert await refused(mine, chat.id) == "SESSION_NOT_ACTIVE"
    assert await house.room.texts(chat) == []


async def test_logged_out(house: House, chat: Chat) -> None:
    """Whoever was logged out says nothing more, before anybody has looked at their socket."""
    mine = await house.resumed(chat.customer, {})
    house.places[0].revoked.add(chat.customer.id)  # in these tests a log-in has its person's id
    await mine.send("message", session_id=str(chat.id), client_message_id=str(uuid4()), text="halo")
    assert await mine.closed() == 4403
    assert await house.room.texts(chat) == []


# ---------------------------------------------------------------------- resuming


async def test_resume(house: House, chat: Chat) -> None:
    """A client that says how far it is gets every later message in order, and only then what is new."""
    for number in range(1, 131):
        await house.room.said(chat.customer, chat, str(number))
    socket = await house.socket(chat.mitra)
    await socket.send("resume", chats={str(chat.id): 7})
    await house.said(chat.customer, chat, "live")
    await socket.until("resumed", seconds=20)
    await has(socket, *range(8, 132))
    types = [frame["type"] for frame in socket.frames]
    assert types.index("resumed") >= types.index("message") + 123, "all that was missed came before"


async def test_without_resume(house: House, chat: Chat) -> None:
    """A client that says nothing gets, after two seconds, what came since it connected and nothing older."""
    await house.room.said(chat.customer, chat, "lama")
    socket = await house.socket(chat.mitra)
    loop = asyncio.get_running_loop()
    since = loop.time()
    await house.said(chat.customer, chat, "baru")
    await has(socket, 2)
    assert loop.time() - since > 1.5
    await house.said(chat.customer, chat, "lagi")
    await has(socket, 2, 3)
    assert socket.count("resumed") == 0


async def test_resume_of_other_peoples_chats(house: House, chat: Chat) -> None:
    """Somebody else's chat, one that does not exist, and wild numbers bring nothing and break nothing."""
    await house.room.said(chat.customer, chat, MARKER)
    other = await house.room.chat()
    socket = await house.socket(other.mitra)
    await resume(socket, {chat.id: 0, uuid4(): 3, other.id: 2**52, chat.customer.id: -5})
    await house.said(other.customer, other, "halo")
    await has(socket, 1)
    assert MARKER not in str(socket.frames)


async def test_resumed_again(house: House, chat: Chat) -> None:
    """A client may ask again on the same socket; what has left there once does not leave again."""
    await house.room.said(chat.customer, chat, "satu")
    socket = await house.resumed(chat.mitra, {chat.id: 0})
    await resume(socket, {chat.id: 0})
    await house.said(chat.customer, chat, "dua")
    await has(socket, 1, 2)
    await resume(socket, {chat.id: 0})
    await house.said(chat.customer, chat, "tiga")
    await has(socket, 1, 2, 3)


async def test_resumed_late(house: House, chat: Chat) -> None:
    """Who says how far they are when live messages have already left gets the others, and none twice."""
    for text in ("satu", "dua"):
        await house.room.said(chat.customer, chat, text)
    socket = await house.socket(chat.mitra)
    await house.said(chat.customer, chat, "tiga")
    await has(socket, 3)
    await resume(socket, {chat.id: 2})
    await has(socket, 3)
    await resume(socket, {chat.id: 0})
    await has(socket, 3, 1, 2)
    await house.said(chat.customer, chat, "empat")
    await has(socket, 3, 1, 2, 4)


async def test_a_frame_that_never_came(house: House, chat: Chat) -> None:
    """When a row of the outbox is lost, the next message brings what it would have brought."""
    socket = await house.resumed(chat.mitra, {chat.id: 0})
    for statement in (
        "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.sent_at := now(); RETURN NEW; END'",  # noqa: E501  one statement
        "CREATE TRIGGER gone BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION gone()",
    ):
        await house.room.office.sql(SQL(statement))
    await house.room.said(chat.customer, chat, "satu")
    await house.room.office.sql(SQL("DROP TRIGGER gone ON outbox"))
    await house.said(chat.customer, chat, "dua")
    await has(socket, 1, 2)


async def test_a_long_absence_and_a_slow_reader(house: House, chat: Chat) -> None:
    """Much that was missed comes at the pace of the client, who is not closed for it."""
    long = "x" * 4000
    async with asyncio.TaskGroup() as group:
        for _ in range(120):
            group.create_task(house.room.said(chat.customer, chat, long))
    socket = await house.resumed(chat.mitra, {chat.id: 0})
    await has(socket, *range(1, 121))


# ---------------------------------------------------------------------- company


async def test_typing_and_reading(house: House, chat: Chat) -> None:
    """The other side hears that one types and how far one has read, on any instance; nobody else does."""
    other = await house.room.chat()
    mine, theirs = await house.resumed(chat.customer, {}), await house.resumed(chat.mitra, {}, 1)
    stranger = await house.resumed(other.customer, {}, 1)
    await mine.send("typing", session_id=str(chat.id))
    frame = await theirs.until("typing", session_id=str(chat.id))
    assert set(frame) == {"type", "at", "session_id"}
    await say(mine, chat, "halo")
    await theirs.send("read", session_id=str(chat.id), seq=1)
    assert (await mine.until("read", session_id=str(chat.id)))["seq"] == 1
    await theirs.send("read", session_id=str(chat.id), seq=1)
    for kind in ("typing", "read"):
        members = {"seq": 1} if kind == "read" else {}
        await stranger.send(kind, session_id=str(chat.id), **members)
        assert (await stranger.until("error"))["code"] == "FORBIDDEN"
    await stranger.send("focus", session_id=str(chat.id))
    assert (await stranger.until("error"))["code"] == "FORBIDDEN"
    await mine.send("ping")
    await mine.until("pong")
    assert mine.count("typing") == 0
    assert theirs.count("read") == 0
    assert mine.count("read") == 1, "a mark that does not move is not news"
    assert not {frame["type"] for frame in stranger.frames} & {"typing", "read", "peer", "message"}


async def test_peers(house: House, chat: Chat) -> None:
    """Each side hears whether the other looks at the chat, is elsewhere, or is gone; on any instance."""

    async def hears(socket: Socket, state: str) -> None:
        frame = await socket.until("peer", session_id=str(chat.id), state=state)
        assert set(frame) == {"type", "at", "session_id", "state"}

    mine = await house.resumed(chat.customer, {})
    await mine.send("focus", session_id=str(chat.id))
    await hears(mine, "away")
    theirs = await house.resumed(chat.mitra, {}, 1)
    await hears(mine, "online")
    await hears(theirs, "here")
    await theirs.send("focus", session_id=str(chat.id))
    await hears(mine, "here")
    second = await house.resumed(chat.mitra, {}, 0)
    await hears(mine, "online")
    await hears(mine, "here")
    await theirs.send("focus", session_id=None)
    await hears(mine, "online")
    await theirs.close()
    await second.close()
    await hears(mine, "away")


@pytest.mark.parametrize("at", [0, 1])
async def test_peers_of_a_chat_that_begins_later(house: House, at: int) -> None:
    """Who was connected before the chat began hears of the other side too, whatever they show."""
    ayu = User(UserType.CUSTOMER, await house.room.office.customer())
    sari = User(UserType.MITRA, await house.room.office.mitra())
    mine, theirs = await house.socket(ayu), await house.socket(sari, at)
    mine_too = await house.socket(ayu, 1)
    chat = await house.begun(ayu, sari)
    for socket in (mine, mine_too, theirs):
        await socket.until("paired")
        await socket.until("peer", session_id=str(chat.id), state="online")
    await theirs.close()
    for socket in (mine, mine_too):
        await socket.until("peer", session_id=str(chat.id), state="away")
    again = await house.socket(sari, at)
    for socket in (mine, mine_too, again):
        await socket.until("peer", session_id=str(chat.id), state="online")
    await mine.close()
    await mine_too.send("focus", session_id=str(chat.id))
    await again.until("peer", session_id=str(chat.id), state="here")
    await mine_too.close()
    await again.until("peer", session_id=str(chat.id), state="away")


@pytest.mark.parametrize("at", [0, 1])
async def test_nobody_is_told_of_once_the_chat_is_over(house: House, at: int) -> None:
    """Whoever looks away from a chat that has ended, or goes, the other side hears nothing of it."""
    ayu = User(UserType.CUSTOMER, await house.room.office.customer())
    sari = User(UserType.MITRA, await house.room.office.mitra())
    theirs = await house.socket(sari, at)
    looks, goes = await house.socket(ayu), await house.socket(ayu, 1)
    chat = await house.begun(ayu, sari)
    other = await house.room.chat(sari.id)
    beside = await house.socket(other.customer)
    for socket in (looks, goes):
        await socket.send("focus", session_id=str(chat.id))
        await socket.until("peer", session_id=str(chat.id))
    await beside.send("focus", session_id=str(other.id))
    await theirs.until("peer", session_id=str(chat.id), state="here")
    await chats.end_by_customer(house.room.office.desk, ayu.id, chat.id)
    house.places[0].relay.nudge()
    for socket in (looks, goes, theirs):
        await socket.until("session_ended")
    for socket in (looks, goes):
        await socket.send("focus")
        await socket.send("focus", session_id=str(chat.id))
        await socket.send("typing", session_id=str(chat.id))
        await socket.send("ping")
        await socket.until("pong")
        await socket.close()
    # What is said of the chat that goes on leaves later on the same ways than what was said of the other.
    await beside.send("focus", session_id=None)
    await theirs.until("peer", session_id=str(other.id), state="online")
    ended = [frame["type"] for frame in theirs.frames].index("session_ended")
    late = [frame for frame in theirs.frames[ended:] if frame["type"] in {"peer", "typing"}]
    assert {frame["session_id"] for frame in late} == {str(other.id)}


async def test_company_ends_with_the_chat(house: House, chat: Chat) -> None:
    """In a chat that has ended nobody types, and nobody looks on."""
    mine, theirs = await house.resumed(chat.customer, {}), await house.resumed(chat.mitra, {}, 1)
    await chats.end_by_customer(house.room.office.desk, chat.customer.id, chat.id)
    house.places[0].relay.nudge()
    await theirs.until("session_ended")
    await mine.send("typing", session_id=str(chat.id))
    await mine.send("focus", session_id=str(chat.id))
    await mine.send("ping")
    await mine.until("pong")
    await theirs.send("ping")
    await theirs.until("pong")
    # That somebody came, while the chat lived, may be told late; that they look on would be news of now.
    assert (theirs.count("typing"), theirs.count("peer", state="here")) == (0, 0)


# ---------------------------------------------------------------------- clocks


async def test_session_timers(house: House, chat: Chat) -> None:
    """At every change, and whenever it is time, both sides get the time that is left with the whole chat."""
    mine, theirs = await house.resumed(chat.customer, {}), await house.resumed(chat.mitra, {}, 1)
    for socket, at in ((mine, 0), (theirs, 1)):
        await house.places[at].clocks.tell()
        timer = await socket.until("session_timer", session_id=str(chat.id))
        assert set(timer) == {"type", "at", "session_id", "expires_at", "seconds_left", "session"}
        assert 295 <= timer["seconds_left"] <= 300
        assert timer["session"]["version"] == 1
    asked = await house.room.pauses(chat)
    house.places[0].relay.nudge()
    for socket, change in ((mine, "session_paused"), (theirs, "extension_request")):
        await socket.until(change)
        timer = await socket.until("session_timer", session_id=str(chat.id))
        assert timer["session"]["status"] == "extending"
    await house.room.goes_on(chat, asked)
    await chats.end_by_customer(house.room.office.desk, chat.customer.id, chat.id)
    house.places[0].relay.nudge()
    for socket in (mine, theirs):
        await socket.until("session_resumed")
        await socket.until("session_ended")
        timer = await socket.until("session_timer", session_id=str(chat.id))
        assert (timer["seconds_left"], timer["session"]["status"]) == (0, "ended")


# ---------------------------------------------------------------------- without Redis


@pytest.mark.faults
async def test_without_redis(own_stores: EmbeddedStores) -> None:
    """With Redis gone, what is said still reaches the other instance in about a second, in order and once."""
    await migrate(own_stores.database_url)
    async with (
        parlour(own_stores.database_url, connections=10) as room,
        place(room, own_stores.valkey_url, "x") as one,
        place(room, own_stores.valkey_url, "x") as other,
    ):
        house = House(room, (one, other))
        chat = await room.chat()
        mine, theirs = await house.resumed(chat.customer, {}), await house.resumed(chat.mitra, {}, 1)
        for number in range(1, 4):
            await say(mine, chat, str(number))
        await has(theirs, 1, 2, 3)
        with paused(own_stores):
            for number in range(4, 9):
                await say(mine, chat, str(number))
            await has(theirs, *range(1, 9))
            await has(mine, *range(1, 9))
        for socket in house.sockets:
            await socket.close()
